//! What lies in the directory, in the repository or in the config is not as one would wish: the user whose
//! the directory is wants more rights than it has, a commit holds what it should not, people do two
//! things at once.

use super::scene::Yard;
use crate::poll::{self, secs};

impl Yard {
    /// Changes words of the config.
    pub(super) fn reword(&self, from: &str, to: &str) {
        let text = std::fs::read_to_string(self.desk.config()).unwrap();
        assert!(text.contains(from), "{from}: {text}");
        self.desk.configure(&text.replace(from, to));
    }

    fn as_app(&self, script: &str) -> String {
        self.host.sh(&format!(
            "cat >/home/script <<'END'\n{script}\nEND\nrunuser -u app -- sh /home/script"
        ))
    }
}

#[test]
fn a_directory_is_roots_only_where_nobody_else_can_say_which_one_it_is() {
    let yard = Yard::new("ak-whose");
    yard.host.unit("web.service", "[Service]\nUser=app\nExecStart=/bin/sleep inf");
    yard.desk.append(
        "[[env.service]]\nname = \"web\"\nunit = \"web.service\"\ndirectory = \"/home/app/web\"\n\
         deploy = { strategy = \"script\", script = \"id -un >/tmp/who; sh ./go\", free = 1 }\n",
    );
    yard.as_app("mkdir /tmp/web ~/web 2>/dev/null; cd; echo true >web/go");
    assert_eq!(yard.desk.act(&["deploy", "web", "--soak", "1s"]).code, 0);
    assert_eq!(yard.host.sh("cat /tmp/who; rm /tmp/who"), "app");
    // Root's, and everybody may write there.
    yard.as_app("cd; mv web mine; ln -s /tmp web; echo 'id -un >/tmp/root' >/tmp/go");
    let said = yard.desk.run(&["deploy", "web", "--plan"]);
    assert_eq!(said.code, 1, "{said:?}");
    assert!(said.err.contains("may be changed by others than root"), "{said:?}");
    // A name that goes on in another line names no owner.
    yard.as_app("cd; rm web; mkdir -p \"$(printf 'x\\ndeploy.owner root\\ny')/web\"; ln -s x*/web web; echo true >web/go");
    let text = std::fs::read_to_string(yard.desk.config()).unwrap();
    let text = text.replace(
        "strategy = \"script\", script = \"id -un >/tmp/who; sh ./go\"",
        "strategy = \"rsync\", from = \"dist\"",
    );
    yard.desk.configure(&text);
    std::fs::create_dir(yard.desk.path("config/dist")).unwrap();
    std::fs::write(yard.desk.path("config/dist/file"), "one").unwrap();
    let said = yard.desk.run(&["deploy", "web", "--plan", "--json"]);
    assert!(!said.out.contains("own=root"), "{said:?}");
}

#[test]
fn what_only_root_may_read_is_not_read_for_a_release() {
    let yard = Yard::new("ak-reads");
    assert_eq!(yard.desk.act(&["deploy", "rel"]).code, 0);
    yard.host.sh("echo topsecret >/srv/key; chmod 600 /srv/key");
    yard.as_app("rm /srv/rel/current/REVISION; ln -s /srv/key /srv/rel/current/REVISION");
    let said = yard.desk.run(&["deploy", "rel", "--plan"]);
    assert!(!format!("{said:?}").contains("topsecret"), "{said:?}");
    yard.as_app("rm /srv/rel/current/REVISION; mkfifo /srv/rel/current/REVISION");
    let before = std::time::Instant::now();
    let said = yard.desk.run(&["deploy", "rel", "--plan"]);
    assert!(said.code == 0 && before.elapsed() < secs(45), "{said:?}");
}

#[test]
fn what_runs_is_deployed_once_more_and_loses_nothing() {
    let yard = Yard::new("ak-again");
    assert_eq!(yard.desk.act(&["deploy", "tree"]).code, 0);
    let one = yard.commit();
    yard.push("two", "echo two >version");
    assert_eq!(yard.desk.act(&["deploy", "tree"]).code, 0);
    assert_eq!(yard.desk.act(&["rollback", "tree"]).code, 0);
    let said = yard.desk.act(&["deploy", "tree", "--revision", &one]);
    assert_eq!(yard.host.sh("cat /srv/tree/out/built || :"), one, "{said:?}");
    assert_eq!(said.code, 0, "{said:?}");
    yard.is_clean();
}

#[test]
fn a_link_in_a_commit_leads_to_nothing_that_is_shared() {
    let yard = Yard::new("ak-shared");
    yard.reword(
        "strategy = \"release\",",
        "strategy = \"release\", shared = [\"storage/uploads\"],",
    );
    yard.as_app("mkdir -p /srv/rel/shared/storage/uploads; echo precious >/srv/rel/shared/storage/uploads/photo");
    assert_eq!(yard.desk.act(&["deploy", "rel"]).code, 0);
    yard.push("link", "ln -s ../../shared/storage storage");
    let said = yard.desk.act(&["deploy", "rel"]);
    assert_eq!(yard.host.sh("cat /srv/rel/shared/storage/uploads/photo"), "precious", "{said:?}");
    assert_eq!(said.code, 1, "{said:?}");
    yard.is_clean();
}

#[test]
fn neither_a_release_that_runs_nor_one_of_those_that_are_kept_is_tidied_up() {
    let yard = Yard::new("ak-keep");
    yard.reword("strategy = \"release\",", "strategy = \"release\", keep = 3,");
    let mut commits = Vec::new();
    for number in ["one", "two", "three"] {
        yard.push(number, &format!("echo {number} >version; date >>file"));
        assert_eq!(yard.desk.act(&["deploy", "rel"]).code, 0);
        commits.push(yard.commit());
    }
    for _ in 0..2 {
        for to in [&commits[0], &commits[2]] {
            assert_eq!(yard.desk.act(&["rollback", "rel", "--to", to]).code, 0);
        }
    }
    assert_eq!(yard.host.sh("ls /srv/rel/releases | wc -l"), "3", "three are kept, however often");
    // A worker of an old one is still at it.
    yard.reword("keep = 3,", "keep = 1,");
    let runs = yard.host.sh("readlink -f /srv/rel/current");
    yard.host.sh(&format!("systemd-run --quiet --uid=app --working-directory={runs} sleep 1000"));
    for number in ["four", "five", "six"] {
        yard.push(number, &format!("echo {number} >version"));
        assert_eq!(yard.desk.act(&["deploy", "rel"]).code, 0);
    }
    assert_eq!(yard.host.sh(&format!("cat {runs}/version")), "three");
    assert_eq!(
        yard.host.sh("ls /srv/rel/releases | wc -l"),
        "3",
        "the new one, the one before, and that"
    );
}

#[test]
fn a_build_that_prints_without_end_does_not_fill_the_disk() {
    let yard = Yard::new("ak-flood");
    yard.reword("free = 1, build", "free = 1, timeout = \"8s\", build");
    yard.reword("test ! -e broken", "test ! -e broken; yes; test ! -e broken");
    let said = yard.desk.run(&["deploy", "rel", "--confirm", &yard.desk.hash(&["deploy", "rel"])]);
    assert_eq!(said.code, 1, "{:.2000}", said.err);
    let size: u64 = yard.host.sh("cat /var/lib/quarterdeck/ops/*/log | wc -c").parse().unwrap();
    assert!(size < 4 << 30, "{size}");
    let end = yard.host.sh("grep -a -o 'quarterdeck: .*' /var/lib/quarterdeck/ops/*/log || :");
    assert!(end.contains("printed more than"), "{end}");
    yard.is_clean();
}

#[test]
fn another_branch_that_ends_alike_is_not_the_one_that_is_wanted() {
    let yard = Yard::new("ak-branch");
    let main = yard.commit();
    yard.as_app(
        "cd ~/src && git checkout -q -b stranger && echo evil >version && git commit -q -a -m evil && \
         git push -q origin HEAD:refs/heads/a/refs/heads/main HEAD:refs/heads/z HEAD:refs/tags/x/refs/tags/v1 2>&1; \
         git checkout -q main; git tag v1 && git push -q origin refs/tags/v1; cd /srv/tree && git fetch -q",
    );
    let plan = yard.desk.page(&["deploy", "tree", "--revision", "v1"]);
    assert!(plan.contains(&main), "{plan}");
    let plan = yard.desk.page(&["deploy", "tree"]);
    assert!(plan.contains(&main), "{plan}");
    assert!(plan.contains("is what is there already"), "{plan}");
}

#[test]
fn what_somebody_changes_while_it_is_built_is_not_lost() {
    let yard = Yard::new("ak-hand");
    yard.reword("test ! -e broken", "touch /tmp/builds; sleep 4; test ! -e broken");
    assert_eq!(yard.desk.act(&["deploy", "tree"]).code, 0);
    yard.host.sh("rm /tmp/builds");
    yard.push("two", "echo two >version");
    let mut console = yard.desk.begin(&["deploy", "tree"]);
    poll::until("it is built", secs(30), || {
        if yard.host.sh("ls /tmp/builds 2>/dev/null || :").is_empty() {
            Err("no".to_owned())
        } else {
            Ok(())
        }
    });
    yard.as_app("echo hotfix >/srv/tree/version");
    assert_eq!(console.wait().unwrap().code(), Some(1));
    assert_eq!(yard.host.sh("cat /srv/tree/version"), "hotfix");
    yard.is_clean();
}

#[test]
fn a_health_check_that_answers_without_end_does_not_fill_the_disk() {
    let yard = Yard::new("ak-endless");
    yard.push(
        "endless",
        "cat >server.py <<'PY'\nimport http.server, os\nclass H(http.server.BaseHTTPRequestHandler):\n    \
         def do_GET(s):\n        s.send_response(200)\n        s.end_headers()\n        \
         while True: s.wfile.write(b'x' * 1000000)\n    def log_message(s, *a):\n        pass\n\
         http.server.ThreadingHTTPServer(('127.0.0.1', int(os.environ['PORT'])), H).serve_forever()\nPY",
    );
    let mut console = yard.desk.begin(&["deploy", "rel"]);
    let mut most = 0;
    while console.try_wait().unwrap().is_none() {
        let size = yard
            .host
            .sh("cat /var/lib/quarterdeck/ops/*/body 2>/dev/null | head -c 500000000 | wc -c");
        most = most.max(size.parse::<u64>().unwrap());
    }
    assert!(most < 20_000_000, "{most}");
}

#[test]
fn of_two_services_in_one_directory_one_is_deployed_at_a_time() {
    let yard = Yard::new("ak-two");
    yard.reword("test ! -e broken", "touch /tmp/builds; sleep 6; test ! -e broken");
    yard.host.unit("twin.service", "[Service]\nUser=app\nExecStart=/bin/sleep inf");
    yard.desk.append(
        "[[env.service]]\nname = \"twin\"\nunit = \"twin.service\"\ndirectory = \"/srv/tree\"\n\
         deploy = { strategy = \"git\", ref = \"main\", free = 1 }\n",
    );
    yard.push("two", "echo two >version");
    let hash = yard.desk.hash(&["deploy", "twin"]);
    let mut console = yard.desk.begin(&["deploy", "tree", "--soak", "1s"]);
    poll::until("it is built", secs(30), || {
        let built = yard.host.sh("ls /tmp/builds 2>/dev/null || :");
        if built.is_empty() { Err(built) } else { Ok(()) }
    });
    let said = yard.desk.run(&["deploy", "twin", "--confirm", &hash]);
    assert!(format!("{said:?}").contains("being deployed to by somebody else"), "{said:?}");
    assert!(console.wait().unwrap().success());
    assert_eq!(yard.answer("tree"), "two");
    let hash = yard.desk.hash(&["deploy", "twin"]);
    assert_eq!(yard.desk.run(&["deploy", "twin", "--confirm", &hash]).code, 0);
    yard.is_clean();
}

#[test]
fn a_branch_is_deployed_though_there_is_a_tag_of_its_name_and_words_are_only_words() {
    let yard = Yard::new("ak-words");
    assert_eq!(yard.desk.act(&["deploy", "rel"]).code, 0);
    yard.as_app("cd ~/src && git tag main && git push -q origin refs/tags/main && git tag -d main");
    yard.push(
        "\x1b]0;owned\x07 $(touch /tmp/owned) `touch /tmp/owned`; touch /tmp/owned",
        "echo two >version; touch -- '--upload-pack=touch x' \"$(printf 'a\\nb')\" '$(touch owned)'; \
         git config user.name \"$(printf 'ana \\033[2J')\"; git checkout -q -B main",
    );
    let plan = yard.desk.run(&["deploy", "rel", "--plan"]);
    assert!(plan.code == 0 && !plan.out.contains('\x1b'), "{plan:?}");
    let said = yard.desk.act(&["deploy", "rel"]);
    assert_eq!(said.code, 0, "{said:?}");
    assert_eq!(yard.answer("rel"), "two");
    assert_eq!(yard.host.sh("ls /tmp/owned 2>/dev/null || :"), "");
    yard.is_clean();
}

#[test]
fn a_power_cut_while_the_tree_is_moved_is_taken_back() {
    let yard = Yard::new("ak-power");
    assert_eq!(yard.desk.act(&["deploy", "tree"]).code, 0);
    let one = yard.commit();
    // The same commit: what was built is put aside as well.
    yard.push("two", "echo two >version");
    for revision in [&*one, "main"] {
        yard.host.sh("cat >/usr/local/bin/git <<'END'\n#!/bin/sh\n\
             case \"$*\" in *'reset --hard'*) touch /tmp/now; sync; sleep 100 ;; esac\nexec /usr/bin/git \"$@\"\nEND\n\
             chmod 755 /usr/local/bin/git; rm -f /tmp/now");
        let mut console = yard.desk.begin(&["deploy", "tree", "--revision", revision]);
        poll::until("it is moved", secs(30), || {
            let moved = yard.host.sh("ls /tmp/now 2>/dev/null || :");
            if moved.is_empty() { Err(moved) } else { Ok(()) }
        });
        console.kill().unwrap();
        console.wait().unwrap();
        crate::lab::lab(&["reset", yard.host.name()]);
        yard.host.sh("rm /usr/local/bin/git; systemctl start tree rel || :");
        let op = yard.host.sh("ls /var/lib/quarterdeck/ops | tail -n 1");
        let said = yard.desk.run(&[
            "ops",
            "recover",
            op.get(..26).unwrap(),
            "--undo",
            "--confirm",
            op.get(20..26).unwrap(),
        ]);
        assert_eq!(said.code, 1, "{said:?}");
        assert_eq!(yard.host.sh("cat /srv/tree/out/built"), one, "{said:?}");
        assert_eq!(yard.answer("tree"), "one");
        yard.is_clean();
    }
}

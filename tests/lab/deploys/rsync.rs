//! The strategy `rsync`: a directory of the operator's machine is sent beside what runs, and taken over.

use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::PathBuf;
use std::process::{Child, Command};

use super::scene::{DYING, SERVER, orphan};
use crate::desk::Desk;
use crate::lab::Host;
use crate::poll::{self, secs};

/// A host with a service in a directory, and what comes on the desk.
pub(super) struct Quay {
    pub(super) host: Host,
    pub(super) desk: Desk,
}

impl Quay {
    pub(super) fn new(name: &str) -> Self {
        Self::with(name, "")
    }

    fn with(name: &str, more: &str) -> Self {
        let host = Host::boot(name);
        host.sh(&format!(
            "useradd -m app && install -d -o app /srv/api /srv/api/data && cd /srv/api && \
             cat >server.py <<'END'\n{SERVER}END\n\
             echo zero >version && mkdir old && echo x >old/file && mkdir empty && chmod 705 empty && \
             echo precious >data/db && echo noise >a.log && chown -R app . && touch -d 2020-01-01 version server.py"
        ));
        host.unit(
            "api.service",
            "[Service]\nUser=app\nEnvironment=PORT=8083 PYTHONDONTWRITEBYTECODE=1\n\
             WorkingDirectory=/srv/api\nExecStart=/usr/bin/python3 server.py\n\
             [Install]\nWantedBy=multi-user.target",
        );
        let desk = Desk::with(&Self::config(host.name(), more));
        let quay = Self { host, desk };
        fs::create_dir(quay.dist("")).unwrap();
        quay.write("server.py", SERVER);
        quay.write("version", "one\n");
        quay
    }

    fn config(host: &str, more: &str) -> String {
        format!(
            "[[env]]\nname = \"lab\"\ntier = \"staging\"\n\
             [[env.host]]\nname = \"{host}\"\nssh = \"{host}\"\n\
             [[env.service]]\nname = \"api\"\nunit = \"api.service\"\ndirectory = \"/srv/api\"\n\
             data = [\"/srv/api/data\"]\nsoak = \"2s\"\n\
             health = [{{ http = \"http://127.0.0.1:8083/\", expect = 200 }}]\n\
             deploy = {{ strategy = \"rsync\", from = \"dist\", exclude = [\"*.log\"], deletions = 5, \
             free = 1{more} }}\n"
        )
    }

    pub(super) fn dist(&self, name: &str) -> PathBuf {
        self.desk.path("config/dist").join(name)
    }

    pub(super) fn write(&self, name: &str, text: &str) {
        fs::write(self.dist(name), text).unwrap();
    }

    /// A big file is on its way, so many kilobytes of it are there.
    fn sending(&self, kilobytes: u64) -> Child {
        fs::File::create(self.dist("big")).unwrap().set_len(1_000_000_000).unwrap();
        // As for people: they are told how far it is.
        let hash = self.desk.hash(&["deploy", "api"]);
        let child = self.desk.command(&["deploy", "api", "--confirm", &hash]).spawn().unwrap();
        poll::until("it is on its way", secs(30), || {
            let there =
                self.host.sh("du -sk /srv/.quarterdeck-api.service/incoming 2>/dev/null || :");
            let came = there.split_whitespace().next().and_then(|number| number.parse().ok());
            if came.unwrap_or(0) > kilobytes { Ok(()) } else { Err(there) }
        });
        child
    }

    pub(super) fn answer(&self) -> String {
        poll::until("it answers", secs(10), || {
            match self.host.sh("curl -s http://127.0.0.1:8083/ || :").as_str() {
                "" => Err(String::new()),
                said => Ok(said.to_owned()),
            }
        })
    }

    /// A sum of all there is: names, kinds, modes, owners, times of files, contents.
    fn sum(&self) -> String {
        self.host.sh("cd /srv/api && { find . -type d -printf '%p %m %u\\0'; \
             find . ! -type d -printf '%p %y %m %u %T@ %l\\0'; } | LC_ALL=C sort -z | sha256sum && \
             find . -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum")
    }

    /// Nothing is claimed, and nothing of what was sent lies about.
    pub(super) fn is_clean(&self) {
        let left = self
            .host
            .sh("ls -d /var/lib/quarterdeck/subjects/*/claim /srv/.quarterdeck-*/incoming/* \
             /srv/.quarterdeck-*/before/* 2>/dev/null || :");
        assert_eq!(left, "");
        assert_eq!(self.host.sh("find /srv/api -name '.~tmp~'"), "");
        assert_eq!(self.host.sh("cat /srv/api/data/db /srv/api/a.log"), "precious\nnoise");
    }

    pub(super) fn release(&self) -> String {
        self.host.sh("cat /var/lib/quarterdeck/subjects/api.service/releases")
    }
}

#[test]
fn a_directory_is_copied_in_place_and_one_goes_back() {
    let quay = Quay::new("rs-copy");
    let said = quay.desk.run(&["deploy", "api", "--plan"]);
    assert_eq!(said.code, 0, "{said:?}");
    assert!(said.out.contains("0 new, 2 changed, 3 deleted"), "{}", said.out);
    assert!(said.out.contains("- old/file"), "{}", said.out);
    let said = quay.desk.act(&["deploy", "api"]);
    assert_eq!(said.code, 0, "{said:?}");
    assert_eq!(quay.answer(), "one");
    assert_eq!(quay.host.sh("ls -A /srv/api"), "a.log\ndata\nserver.py\nversion");
    let one = quay.sum();
    quay.is_clean();

    fs::create_dir_all(quay.dist("web/deep")).unwrap();
    quay.write("web/deep/page", "hello\n");
    quay.write("version", "two\n");
    let said = quay.desk.act(&["deploy", "api"]);
    assert_eq!(said.code, 0, "{said:?}");
    assert_eq!(quay.answer(), "two");
    assert_eq!(quay.host.sh("stat -c %U /srv/api/web/deep/page"), "app");
    let plan = quay.desk.run(&["deploy", "api", "--plan"]);
    assert!(plan.out.contains("is what is there already"), "{plan:?}");

    let said = quay.desk.act(&["rollback", "api"]);
    assert_eq!(said.code, 0, "{said:?}");
    assert_eq!(quay.answer(), "one");
    assert_eq!(quay.sum(), one);
    let said = quay.desk.run(&["rollback", "api", "--plan"]);
    assert!(said.err.contains("nothing to go back to"), "{said:?}");
    quay.is_clean();
}

#[test]
fn a_bad_one_is_taken_back_by_the_host_byte_by_byte_though_the_console_is_dead() {
    let quay = Quay::new("rs-bad");
    quay.write("server.py", &format!("{DYING}{SERVER}"));
    quay.write("added", "new\n");
    fs::create_dir(quay.dist("old")).unwrap();
    quay.write("old/file", "other\n");
    fs::set_permissions(quay.dist("version"), fs::Permissions::from_mode(0o640)).unwrap();
    // Only its mode differs: rsync changes that in place.
    quay.write("mode", "same\n");
    fs::set_permissions(quay.dist("mode"), fs::Permissions::from_mode(0o755)).unwrap();
    quay.host.sh("cd /srv/api && echo same >mode && chmod 600 mode && chown app mode");
    let stamp = fs::metadata(quay.dist("mode")).unwrap().modified().unwrap();
    let stamp = stamp.duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    quay.host.sh(&format!("touch -d @{stamp} /srv/api/mode"));
    let before = quay.sum();
    let console = quay.desk.begin(&["deploy", "api", "--soak", "120s"]);
    let log = orphan(&quay.host, console, || {
        assert_eq!(quay.host.sh("cat /srv/api/added"), "new", "the bad one is there for now");
    });
    assert!(log.contains(", after it was healthy"), "{log}");
    assert_eq!(quay.sum(), before);
    assert_eq!(quay.answer(), "zero");
    assert!(quay.release().contains(" reverted "), "{}", quay.release());
    quay.is_clean();
}

#[test]
fn what_deletes_too_much_or_cannot_be_compared_is_refused() {
    let quay = Quay::new("rs-cap");
    quay.host.sh("cd /srv/api && mkdir lots && touch lots/1 lots/2 lots/3 && chown -R app lots");
    let said = quay.desk.run(&["deploy", "api", "--plan"]);
    assert_ne!(said.code, 0, "{said:?}");
    assert!(said.err.contains("would delete 7") && said.err.contains("lots/"), "{said:?}");
    for name in ["server.py", "version"] {
        fs::remove_file(quay.dist(name)).unwrap();
    }
    let said = quay.desk.run(&["deploy", "api", "--plan"]);
    assert!(said.err.contains("there is nothing in"), "{said:?}");
    fs::remove_dir(quay.dist("")).unwrap();
    let said = quay.desk.run(&["deploy", "api", "--plan"]);
    assert!(said.err.contains("no such directory"), "{said:?}");
    fs::create_dir(quay.dist("")).unwrap();
    quay.write("version", "one\n");
    quay.host.sh("sed -i '1i echo hello from the shell' /home/ops/.bashrc");
    let said = quay.desk.run(&["deploy", "api", "--plan"]);
    assert!(said.code != 0 && said.err.contains("start files"), "{said:?}");
    quay.host.sh("sed -i 1d /home/ops/.bashrc; mv /usr/bin/rsync /usr/bin/rsync.off");
    let said = quay.desk.run(&["deploy", "api", "--plan"]);
    assert!(said.err.contains("the host has no rsync"), "{said:?}");
    assert_eq!(quay.answer(), "zero");
}

#[test]
fn a_link_that_is_cut_while_it_is_sent_changes_nothing() {
    let quay = Quay::new("rs-cut");
    let before = quay.sum();
    let child = quay.sending(200_000);
    quay.host.lab("cut", &[]);
    std::thread::sleep(secs(12));
    quay.host.lab("heal", &[]);
    let said = child.wait_with_output().unwrap();
    let text = String::from_utf8_lossy(&said.stdout).into_owned();
    assert_eq!(said.status.code(), Some(1), "{text} {}", String::from_utf8_lossy(&said.stderr));
    assert!(String::from_utf8_lossy(&said.stderr).contains(" % sent"), "its progress was told");
    assert_eq!(quay.sum(), before);
    assert_eq!(quay.answer(), "zero");
    assert_eq!(quay.host.sh("ls /var/lib/quarterdeck/ops | wc -l"), "0", "no runner was started");
    quay.is_clean();
    fs::remove_file(quay.dist("big")).unwrap();
    assert_eq!(quay.desk.act(&["deploy", "api"]).code, 0);
    assert_eq!(quay.answer(), "one");
}

#[test]
fn what_has_changed_since_the_plan_on_either_side_is_another_plan() {
    let quay = Quay::new("rs-drift");
    let planned = quay.desk.hash(&["deploy", "api"]);
    // Of another length: a time is compared by its second, as rsync tells it.
    quay.write("version", "sixth\n");
    let said = quay.desk.run(&["deploy", "api", "--confirm", &planned]);
    assert_eq!(said.code, 75, "{said:?}");
    let planned = quay.desk.hash(&["deploy", "api"]);
    // It would be overwritten anyway, and is not what was looked at.
    quay.host.sh("echo hotfix >>/srv/api/version");
    let said = quay.desk.run(&["deploy", "api", "--confirm", &planned]);
    assert_eq!(said.code, 75, "{said:?}");
    assert_eq!(quay.host.sh("tail -n 1 /srv/api/version"), "hotfix");
    // What is neither taken nor deleted does not make it another one.
    let planned = quay.desk.hash(&["deploy", "api"]);
    quay.host.sh("echo more >>/srv/api/b.log; echo more >>/srv/api/data/more");
    let said = quay.desk.run(&["deploy", "api", "--confirm", &planned]);
    assert_eq!(said.code, 0, "{said:?}");
    assert_eq!(quay.answer(), "sixth");
}

#[test]
fn names_are_names_whatever_they_are() {
    let quay = Quay::new("rs-names");
    let names: [&[u8]; 7] =
        [b"-rf", b"a b", b"a'b\"c$(touch pwned)", b"line\nfeed", b"\xff\xe4", b"\x1b[2Jx", b"*"];
    for name in names {
        let path = quay.dist("").join(std::ffi::OsStr::from_bytes(name));
        fs::write(&path, name).unwrap();
    }
    symlink("/etc/passwd", quay.dist("link")).unwrap();
    let said = quay.desk.run(&["deploy", "api", "--plan"]);
    assert!(!said.out.contains('\u{1b}'), "{said:?}");
    let said = quay.desk.act(&["deploy", "api"]);
    assert_eq!(said.code, 0, "{said:?}");
    let there = quay
        .host
        .sh("cd /srv/api && ls -A | wc -l; readlink link; ls pwned /home/*/pwned 2>&1 || :");
    assert!(there.contains("/etc/passwd") && there.contains("No such file"), "{there}");
    let local = Command::new("sh")
        .args(["-c", "cd \"$0\" && find . -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum -z | sha256sum"])
        .arg(quay.dist(""))
        .output()
        .unwrap();
    let remote = quay.host.sh(
        "cd /srv/api && find . -type f ! -path './data/*' ! -name '*.log' -print0 | LC_ALL=C sort -z | \
         xargs -0 sha256sum -z | sha256sum",
    );
    assert_eq!(String::from_utf8_lossy(&local.stdout).trim(), remote);
    for name in names {
        fs::remove_file(quay.dist("").join(std::ffi::OsStr::from_bytes(name))).unwrap();
    }
    fs::remove_file(quay.dist("link")).unwrap();
    // Gone there as well, and back again.
    quay.write("version", "two\n");
    let config = Quay::config(quay.host.name(), "").replace("deletions = 5", "deletions = 9");
    quay.desk.configure(&config);
    assert_eq!(quay.desk.act(&["deploy", "api"]).code, 0);
    assert_eq!(quay.host.sh("ls -A /srv/api"), "a.log\ndata\nserver.py\nversion");
    assert_eq!(quay.desk.act(&["rollback", "api"]).code, 0);
    let again = quay.host.sh(
        "cd /srv/api && find . -type f ! -path './data/*' ! -name '*.log' -print0 | LC_ALL=C sort -z | \
         xargs -0 sha256sum -z | sha256sum",
    );
    assert_eq!(again, remote);
    quay.is_clean();
}

#[test]
fn what_the_build_makes_is_taken_over_and_what_is_not_named_is_left() {
    let quay = Quay::with(
        "rs-build",
        ", paths = [\"server.py\", \"version\", \"src/\"], built = [\"out\"], \
         build = \"test ! -e src/broken || exit 7; mkdir out && cat src/* >out/all\"",
    );
    fs::create_dir(quay.dist("src")).unwrap();
    quay.write("src/a", "a\n");
    quay.write("other", "not taken\n");
    let said = quay.desk.act(&["deploy", "api"]);
    assert_eq!(said.code, 0, "{said:?}");
    assert_eq!(
        quay.host.sh("cat /srv/api/out/all; ls /srv/api"),
        "a\na.log\ndata\nempty\nold\nout\nserver.py\nsrc\nversion"
    );
    let run = quay.host.sh("systemctl show --value -p InvocationID api");
    let before = quay.sum();
    quay.write("src/broken", "");
    let said = quay.desk.act(&["deploy", "api"]);
    assert_eq!(said.code, 1, "{said:?}");
    assert!(said.json.to_string().contains("the build failed"), "{said:?}");
    assert_eq!(quay.sum(), before);
    assert_eq!(quay.host.sh("systemctl show --value -p InvocationID api"), run);
    fs::remove_file(quay.dist("src/broken")).unwrap();
    quay.write("src/a", "b\n");
    assert_eq!(quay.desk.act(&["deploy", "api"]).code, 0);
    assert_eq!(quay.host.sh("cat /srv/api/out/all"), "b");
    assert_eq!(quay.desk.act(&["rollback", "api"]).code, 0);
    assert_eq!(quay.host.sh("cat /srv/api/out/all"), "a");
    quay.is_clean();
}

#[test]
fn code_goes_up_from_another_environment_and_never_down() {
    let quay = Quay::new("rs-env");
    let host = quay.host.name();
    quay.host.sh(
        "useradd -m dev && install -d -o dev -m 700 /srv/dev && cd /srv/dev && cp -a /srv/api/server.py . && \
         mkdir data own .git && echo dev >version && echo secret >data/db && echo secret >own/x && \
         chown -R dev . && chmod 600 version",
    );
    quay.host.unit("dev.service", "[Service]\nExecStart=/bin/sleep infinity");
    let env = |name: &str, tier: &str, unit: &str, directory: &str, more: &str| {
        format!(
            "[[env]]\nname = \"{name}\"\ntier = \"{tier}\"\n\
             [[env.host]]\nname = \"{host}\"\nssh = \"{host}\"\n\
             [[env.service]]\nname = \"api\"\nunit = \"{unit}.service\"\n\
             directory = \"{directory}\"\nsoak = \"1s\"\n{more}\n"
        )
    };
    let from = |name: &str| {
        format!(
            "deploy = {{ strategy = \"rsync\", from = {{ env = \"{name}\" }}, exclude = [\"*.log\"], free = 1 }}"
        )
    };
    let up = format!("data = [\"/srv/api/data\"]\n{}", from("lower"));
    let down = format!("data = [\"/srv/dev/data\", \"/srv/dev/own\"]\n{}", from("upper"));
    let lower = env("lower", "development", "dev", "/srv/dev", &down);
    quay.desk.configure(&format!("{}{lower}", env("upper", "staging", "api", "/srv/api", &up)));

    let said = quay.desk.act(&["deploy", "api", "--env", "upper"]);
    assert_eq!(said.code, 0, "{said:?}");
    assert_eq!(quay.answer(), "dev");
    assert_eq!(quay.host.sh("ls -A /srv/api"), "a.log\ndata\nserver.py\nversion");
    assert_eq!(quay.host.sh("stat -c '%U %a' /srv/api/version"), "app 600");
    quay.is_clean();

    let planned = quay.desk.hash(&["deploy", "api", "--env", "upper"]);
    quay.host.sh("echo newest >/srv/dev/version");
    let said = quay.desk.run(&["deploy", "api", "--env", "upper", "--confirm", &planned]);
    assert_eq!(said.code, 75, "{said:?}");

    let said = quay.desk.run(&["deploy", "api", "--env", "lower", "--plan"]);
    assert_ne!(said.code, 0, "{said:?}");
    assert!(said.err.contains("code goes up"), "{said:?}");
    assert_eq!(quay.host.sh("cat /srv/dev/version"), "newest");
}

#[test]
fn whoever_leaves_while_it_is_sent_leaves_nothing_behind() {
    let quay = Quay::new("rs-leave");
    let before = quay.sum();
    let child = quay.sending(100_000);
    let interrupted = Command::new("kill").args(["-INT", &child.id().to_string()]).status();
    assert!(interrupted.unwrap().success());
    let said = child.wait_with_output().unwrap();
    assert_eq!(said.status.code(), Some(3), "{said:?}");
    poll::until("nothing is sent any more", secs(10), || {
        let left = quay.host.sh("pgrep -a rsync || :");
        if left.is_empty() { Ok(()) } else { Err(left) }
    });
    assert_eq!(quay.sum(), before);
    quay.is_clean();
    fs::remove_file(quay.dist("big")).unwrap();
    assert_eq!(quay.desk.act(&["deploy", "api"]).code, 0);
    assert_eq!(quay.answer(), "one");
}

/// What only one machine has does not go to production unless somebody says so.
#[test]
fn what_is_in_no_commit_or_on_no_remote_is_not_sent_to_production() {
    let quay = Quay::new("rs-commits");
    let git = |script: &str| {
        let mut command = Command::new("sh");
        command.args(["-ec", script]).current_dir(quay.dist("")).env_clear();
        command.envs(quay.desk.environment());
        for name in ["AUTHOR_NAME", "AUTHOR_EMAIL", "COMMITTER_NAME", "COMMITTER_EMAIL"] {
            command.env(format!("GIT_{name}"), "ana");
        }
        assert!(command.status().unwrap().success(), "{script}");
    };
    git("git init -q -b main && git add version && git commit -qm one");
    let plan = |skip: &[&str]| {
        let said = quay.desk.run(&[&["deploy", "api", "--plan"], skip].concat());
        (said.code, said.out + &said.err)
    };
    let (code, said) = plan(&[]);
    assert!(code == 0 && said.contains("1 files in it are in no commit, and 1 commits"), "{said}");
    quay.desk.configure(
        &Quay::config(quay.host.name(), "").replace("tier = \"staging\"", "tier = \"production\""),
    );
    let (code, said) = plan(&[]);
    assert!(code != 0 && said.contains("--skip git` goes on"), "{said}");
    let (code, said) = plan(&["--skip", "git"]);
    assert!(code == 0 && said.contains("left out, `--skip git`: "), "{said}");
    git("git add . && git commit -qm two && git init -q --bare ../origin.git && \
         git remote add origin ../origin.git && git push -q origin main");
    let (code, said) = plan(&[]);
    assert!(code == 0 && said.contains("all of it is committed and pushed"), "{said}");
    assert!(!said.contains(".git/"), "the repository itself is not sent: {said}");
}

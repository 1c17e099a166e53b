//! The way back: where it leads nowhere, where it fails itself, and who may take it.

use serde_json::Value;

use super::scene::{DYING, SERVER, Yard};
use crate::poll::{self, secs};

/// The names of the releases that are there.
fn releases(yard: &Yard) -> Vec<String> {
    let list = yard.host.sh("ls /srv/rel/releases 2>/dev/null || :");
    list.lines().map(str::to_owned).collect()
}

#[test]
fn one_does_not_go_back_to_what_is_not_there_any_more() {
    let yard = Yard::new("re-gone");
    assert_eq!(yard.desk.act(&["deploy", "rel"]).code, 0);
    let one = yard.commit();
    let first = yard.host.sh("readlink /srv/rel/current");
    yard.push("two", "echo two >version");
    assert_eq!(yard.desk.act(&["deploy", "rel"]).code, 0);
    assert_eq!(releases(&yard).len(), 2);
    // Somebody has tidied up by hand.
    yard.host.sh(&format!("rm -r /srv/rel/{first}"));
    let said = yard.desk.run(&["rollback", "rel", "--plan"]);
    assert_eq!(said.code, 1, "{said:?}");
    for words in ["there is nothing to go back to", "no other is kept there"] {
        assert!(said.err.contains(words), "{words}: {said:?}");
    }
    let short = one.get(..10).unwrap();
    let said = yard.desk.run(&["rollback", "rel", "--to", short, "--plan"]);
    assert_eq!(said.code, 1, "{said:?}");
    let words = format!("{short} was tidied up: deploy it again with `--revision`");
    assert!(said.err.contains(&words), "{said:?}");
    // Which is what remains.
    assert_eq!(yard.desk.act(&["deploy", "rel", "--revision", &one]).code, 0);
    assert_eq!(yard.answer("rel"), "one");
    yard.is_clean();

    // It is gone between the plan and its confirmation: that is not the plan any more.
    yard.push("three", "echo three >version");
    assert_eq!(yard.desk.act(&["deploy", "rel"]).code, 0);
    let hash = yard.desk.hash(&["rollback", "rel"]);
    let run = yard.run_of("rel");
    yard.host.sh("cd /srv/rel/releases && ls | grep -v \"$(basename \"$(readlink ../current)\")\" | xargs rm -r --");
    let said = yard.desk.run(&["rollback", "rel", "--confirm", &hash]);
    assert!(matches!(said.code, 1 | 75), "{said:?}");
    assert_eq!((yard.answer("rel").as_str(), yard.run_of("rel")), ("three", run));

    // What runs has lost its own directory: nobody says that the host would go back to it.
    yard.host.sh("rm -r \"$(readlink -f /srv/rel/current)\"");
    yard.push("bad", &Yard::dies());
    yard.host.sh("touch /run/die");
    let plan = yard.desk.page(&["deploy", "rel"]);
    assert!(plan.contains("is not there any more: if this fails, nothing serves"), "{plan}");
    let said = yard.desk.act(&["deploy", "rel"]);
    assert_eq!(said.code, 2, "{:#}", said.json);
    assert_eq!(
        said.json["hosts"][0]["detail"].as_str().unwrap().split(' ').next(),
        Some("undo-failed")
    );
}

#[test]
fn a_way_back_that_fails_is_said_with_what_remains_and_nobody_goes_on_unseen() {
    let yard = Yard::new("re-undo");
    // What the second writes the first cannot read.
    let old = format!("import os\nif os.path.exists('/srv/rel/new'): os._exit(4)\n{SERVER}");
    yard.push("one", &format!("cat >server.py <<'PY'\n{old}PY"));
    assert_eq!(yard.desk.act(&["deploy", "rel"]).code, 0);
    let first = yard.host.sh("readlink /srv/rel/current");
    let new = format!("open('/srv/rel/new', 'w').close()\n{DYING}{SERVER}");
    yard.push("two", &format!("echo two >version; cat >server.py <<'PY'\n{new}PY"));
    yard.host.sh("touch /run/die");
    let said = yard.desk.act(&["deploy", "rel"]);
    assert_eq!((said.code, &said.json["outcome"]), (2, &"failed".into()), "{:#}", said.json);
    assert_eq!(said.json["hosts"][0]["detail"], "undo-failed 50 1", "{:#}", said.json);
    let output = said.json["hosts"][0]["output"].to_string();
    assert!(output.contains("not healthy: it failed: exit-code"), "{output}");
    // What could be taken back is: the first is the current one, and what was staged is gone.
    assert_eq!(yard.host.sh("readlink /srv/rel/current"), first);
    assert_eq!(releases(&yard).len(), 1);
    // Nobody acts on it before somebody has looked.
    for verb in ["deploy", "restart"] {
        let said = yard.desk.run(&[verb, "rel", "--plan"]);
        assert_eq!(said.code, 75, "{said:?}");
        assert!(said.err.contains("taking back failed: look at the host"), "{said:?}");
    }
    // What it says of that is what helps.
    let remains: Vec<&str> = said.json["hosts"][0]["remains"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(Value::as_str)
        .collect();
    assert_eq!(remains.len(), 2, "{remains:?}");
    let command = |text: &str| text.split('`').nth(1).unwrap().to_owned();
    let again = command(remains[0]);
    assert!(
        yard.host.sh(&format!("({again}) >/dev/null 2>&1 && echo done || echo fails")) == "fails"
    );
    yard.host.sh("rm /run/die /srv/rel/new");
    yard.host.sh(&again);
    assert_eq!(yard.answer("rel"), "one");
    let thaw = command(remains[1]);
    let words: Vec<&str> = thaw.split(' ').skip(1).collect();
    assert_eq!(words, ["ops", "thaw", "rel.service"]);
    assert_eq!(yard.desk.run(&words).code, 0);
    assert_eq!(yard.desk.act(&["restart", "rel"]).code, 0);
    yard.is_clean();
}

#[test]
fn nobody_goes_back_while_it_is_deployed() {
    let yard = Yard::new("re-while");
    assert_eq!(yard.desk.act(&["deploy", "rel"]).code, 0);
    yard.push("two", "echo two >version");
    assert_eq!(yard.desk.act(&["deploy", "rel"]).code, 0);
    let hash = yard.desk.hash(&["rollback", "rel"]);
    yard.push("three", "echo three >version");
    let console = yard.desk.begin(&["deploy", "rel", "--soak", "20s"]);
    poll::until("the third is watched", secs(60), || {
        let events = yard.host.sh("cat \"$(ls -d /var/lib/quarterdeck/ops/* | tail -n 1)/events\"");
        let watched = events.contains(" 50 start") && !events.contains(" end ");
        if watched { Ok(()) } else { Err(events) }
    });
    for how in [&["--plan"][..], &["--confirm", &hash]] {
        let said = yard.desk.run(&[&["rollback", "rel"], how].concat());
        assert_eq!(said.code, 75, "{said:?}");
        assert!(said.err.contains("deploy rel"), "{said:?}");
    }
    let ended = console.wait_with_output().unwrap();
    let json: Value = serde_json::from_slice(&ended.stdout).unwrap();
    assert_eq!(json["outcome"], "succeeded", "{json:#}");
    assert_eq!(yard.answer("rel"), "three");
    // Afterwards it is another plan than the one that was made before.
    let said = yard.desk.run(&["rollback", "rel", "--confirm", &hash]);
    assert_eq!(said.code, 75, "{said:?}");
    assert_eq!(yard.desk.act(&["rollback", "rel"]).code, 0);
    assert_eq!(yard.answer("rel"), "two");
    yard.is_clean();
}

#[test]
fn a_first_deploy_that_fails_leaves_nothing_and_does_not_say_otherwise() {
    let yard = Yard::new("re-first");
    let said = yard.desk.run(&["rollback", "rel", "--plan"]);
    assert!(said.code == 1 && said.err.contains("nothing to go back to"), "{said:?}");
    yard.push("bad", &Yard::dies());
    yard.host.sh("touch /run/die");
    let plan = yard.desk.page(&["deploy", "rel"]);
    assert!(
        plan.contains("nothing is deployed there yet: if it fails, the service is stopped"),
        "{plan}"
    );
    assert!(!plan.contains("goes back by itself"), "{plan}");
    let said = yard.desk.act(&["deploy", "rel"]);
    assert_eq!((said.code, &said.json["outcome"]), (1, &"undone".into()), "{:#}", said.json);
    assert_eq!(yard.host.sh("ls -A /srv/rel/releases; readlink /srv/rel/current || :"), "");
    assert_ne!(yard.host.sh("systemctl is-active rel || :"), "active");
    // It was never healthy: nobody goes back to it, and nobody is told that it is there.
    let said = yard.desk.run(&["rollback", "rel", "--plan"]);
    assert!(said.code == 1 && said.err.contains("nothing to go back to"), "{said:?}");
    let reading = yard.desk.status();
    assert!(reading.service("rel")["deployed"].is_null(), "{:#}", reading.service("rel"));
    let plan = yard.desk.page(&["deploy", "rel"]);
    assert!(plan.contains("already, and was taken back"), "{plan}");
    // The second one is as good as a first.
    yard.host.sh("rm /run/die");
    yard.push("good", "git checkout -q HEAD~1 -- server.py; echo two >version");
    assert_eq!(yard.desk.act(&["deploy", "rel"]).code, 0);
    assert_eq!(yard.answer("rel"), "two");
    yard.is_clean();
}

#[test]
fn who_goes_back_to_what_does_not_live_any_more_is_told_and_does_not_go_around() {
    let yard = Yard::new("re-circle");
    let old = format!("import os\nif os.path.exists('/srv/rel/new'): os._exit(4)\n{SERVER}");
    yard.push("one", &format!("cat >server.py <<'PY'\n{old}PY"));
    assert_eq!(yard.desk.act(&["deploy", "rel"]).code, 0);
    let first = yard.host.sh("readlink /srv/rel/current");
    let new = format!("open('/srv/rel/new', 'w').close()\n{SERVER}");
    yard.push("two", &format!("echo two >version; cat >server.py <<'PY'\n{new}PY"));
    assert_eq!(yard.desk.act(&["deploy", "rel"]).code, 0);
    let two = yard.commit();
    let plan = yard.desk.page(&["rollback", "rel"]);
    assert!(plan.contains("if the old one fails as well, all stays as it is"), "{plan}");
    let said = yard.desk.act(&["rollback", "rel"]);
    assert_eq!((said.code, &said.json["outcome"]), (2, &"failed".into()), "{:#}", said.json);
    assert_eq!(yard.host.sh("readlink /srv/rel/current"), first, "it stays as it is");
    assert_ne!(yard.host.sh("systemctl is-active rel || :"), "active");
    // Whoever wants the newer one again says so.
    let said = yard.desk.run(&["rollback", "rel", "--plan"]);
    assert!(said.code == 1 && said.err.contains("`--to` goes to another one"), "{said:?}");
    assert_eq!(yard.desk.act(&["rollback", "rel", "--to", &two]).code, 0);
    assert_eq!(yard.answer("rel"), "two");
    yard.is_clean();
}

#[test]
fn a_disk_that_has_no_room_or_no_more_names_while_it_is_staged_changes_nothing() {
    let yard = Yard::new("re-full");
    yard.reword("test ! -e broken", "sh ./fill && test ! -e broken");
    yard.push("none", "echo exit 0 >fill");
    // A disk of its own, so that it can be full.
    yard.host
        .sh("mount -t tmpfs -o size=24m,nr_inodes=600,mode=755,uid=$(id -u app) tmpfs /srv/rel");
    assert_eq!(yard.desk.act(&["deploy", "rel"]).code, 0);
    let run = yard.run_of("rel");
    let current = yard.host.sh("readlink /srv/rel/current");
    let used = "df --output=used,iused /srv/rel | tail -n 1";
    for (number, fill) in [
        // The build says so, or does not care.
        "exec dd if=/dev/zero of=big bs=64k",
        "dd if=/dev/zero of=big bs=64k; dd if=/dev/zero of=small bs=1; exit 0",
        "seq 9999 | xargs touch; exit 0",
    ]
    .into_iter()
    .enumerate()
    {
        yard.push(&format!("fills {number}"), &format!("echo '{fill}' >fill"));
        let said = yard.desk.act(&["deploy", "rel"]);
        assert_eq!((said.code, &said.json["outcome"]), (1, &"undone".into()), "{:#}", said.json);
        let output = said.json["hosts"][0]["output"].to_string();
        assert!(output.contains("No space left on device"), "{output}");
        assert_eq!(yard.answer("rel"), "one");
        assert_eq!(
            (yard.run_of("rel"), yard.host.sh("readlink /srv/rel/current")),
            (run.clone(), current.clone())
        );
        assert_eq!(releases(&yard).len(), 1, "{}", yard.host.sh(used));
    }
    yard.push("good", "echo exit 0 >fill; echo two >version");
    assert_eq!(yard.desk.act(&["deploy", "rel"]).code, 0);
    assert_eq!(yard.answer("rel"), "two");
    yard.is_clean();
}

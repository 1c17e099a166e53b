//! Who may act: one at a time, and nobody can break what lives.

use serde_json::Value;

use super::scene::{Scene, WEB};
use crate::poll::{self, secs};

/// What is typed to name it.
fn suffix(op: &str) -> &str {
    op.get(20..).expect("a name has 26 characters")
}

#[test]
fn of_two_operators_in_the_same_moment_one_acts() {
    let scene = Scene::new("ac-two");
    let hash = scene.desk.hash(&["action", "slow", WEB]);
    let spawn = || {
        scene.desk.command(&["action", "slow", WEB, "--json", "--confirm", &hash]).spawn().unwrap()
    };
    let all: Vec<_> = (0..4).map(|_| spawn()).collect();
    let mut codes: Vec<i32> = all
        .into_iter()
        .map(|child| child.wait_with_output().unwrap().status.code().unwrap())
        .collect();
    codes.sort_unstable();
    assert_eq!(codes, [0, 75, 75, 75]);
    assert_eq!(scene.host.sh("cat /root/trace"), "began\nended", "it was done once");
    scene.nothing_is_left();
}

#[test]
fn what_lives_cannot_be_broken_and_what_died_is_recovered_by_name() {
    let scene = Scene::new("ac-break");
    let child = scene.desk.begin(&["action", "slow", WEB]);
    let op = scene.wait_running();
    let suffix = suffix(&op);
    for what in ["--undo", "--release"] {
        let said = scene.desk.run(&["ops", "recover", &op, what, "--confirm", suffix]);
        assert_eq!(said.code, 75, "{said:?}");
    }
    scene.host.wait_for_log("middle");
    // A second operator sees whose it is.
    let said = scene.desk.run(&["restart", WEB, "--plan"]);
    assert_eq!(said.code, 75, "{said:?}");
    assert!(said.err.contains("action slow") || said.err.contains("slow web"), "{said:?}");
    scene.host.sh(&format!("kill -9 {}", scene.host.runner()));
    let ended = child.wait_with_output().unwrap();
    assert_eq!(ended.status.code(), Some(3), "it is not known");
    let newest = scene.newest();
    assert_eq!(newest["verdict"], "crashed", "{newest:#}");
    // With systemd the step dies with its runner.
    assert_eq!(scene.host.sh("cat /root/trace"), "began");
    let wrong = scene.desk.run(&["ops", "recover", &op, "--undo", "--confirm", "WWWWWW"]);
    assert_eq!(wrong.code, 64, "{wrong:?}");
    let said = scene.desk.run(&["ops", "recover", &op, "--undo", "--confirm", suffix]);
    assert_eq!(said.code, 1, "{said:?}");
    assert_eq!(scene.host.sh("cat /root/trace"), "began\nundone");
    assert_eq!(scene.newest()["outcome"], "undone");
    // No undo of an undo.
    let said = scene.desk.run(&["ops", "recover", &op, "--undo", "--confirm", suffix]);
    assert_eq!(said.code, 0, "{said:?}");
    assert_eq!(scene.host.sh("cat /root/trace"), "began\nundone");
    scene.nothing_is_left();
}

#[test]
fn a_number_that_another_process_has_meanwhile_is_not_the_runner() {
    let scene = Scene::new("ac-pid");
    let child = scene.desk.begin(&["action", "slow", WEB]);
    let op = scene.wait_running();
    // Its number lives on as somebody else: another start.
    scene.host.sh(&format!(
        "kill -9 {}; cd \"$(ls -d /var/lib/quarterdeck/ops/* | tail -n 1)\" && \
         read -r pid start boot mode <owner && echo \"1 $start $boot $mode\" >owner",
        scene.host.runner()
    ));
    drop(child.wait_with_output().unwrap());
    assert_eq!(scene.newest()["verdict"], "crashed");
    // And after a boot whatever it says is another boot's.
    scene.host.sh("cd \"$(ls -d /var/lib/quarterdeck/ops/* | tail -n 1)\" && \
         read -r pid start boot mode <owner && \
         read -r x x x x x x x x x x x x x x x x x x x x x real x </proc/1/stat && \
         echo \"1 $real another-boot $mode\" >owner");
    assert_eq!(scene.newest()["verdict"], "rebooted");
    let said = scene.desk.run(&["ops", "recover", &op, "--release", "--confirm", suffix(&op)]);
    assert_eq!(said.code, 0, "{said:?}");
    scene.nothing_is_left();
}

#[test]
fn a_freeze_holds_everybody_until_it_is_lifted() {
    let scene = Scene::new("ac-freeze");
    let hash = scene.desk.hash(&["restart", WEB]);
    let said = scene.desk.run(&["ops", "freeze", WEB, "--reason", "the auditors are here"]);
    assert_eq!(said.code, 0, "{said:?}");
    for arguments in [&["restart", WEB, "--plan"][..], &["restart", WEB, "--confirm", &hash]] {
        let said = scene.desk.run(arguments);
        assert_eq!(said.code, 75, "{said:?}");
        assert!(said.err.contains("the auditors are here"), "{said:?}");
    }
    let listed: Value =
        serde_json::from_str(&scene.desk.run(&["ops", "list", "--json"]).out).unwrap();
    assert_eq!(listed["freezes"][0]["reason"], "the auditors are here");
    assert_eq!(scene.desk.run(&["ops", "thaw", WEB]).code, 0);
    // The host's own account has both, with the reason.
    let account = scene.host.sh("cat /var/lib/quarterdeck/audit.jsonl");
    let lines = account.lines().map(serde_json::from_str).collect::<Result<Vec<Value>, _>>();
    let lines = lines.unwrap_or_else(|error| panic!("{error}: {account}"));
    let deeds: Vec<&str> = lines.iter().filter_map(|line| line["ev"].as_str()).collect();
    assert_eq!(deeds, ["frozen", "thawed"], "{account}");
    assert_eq!(lines[0]["about"], "the auditors are here");
    scene.desk.act(&["restart", WEB, "--soak", "1s"]).ok();
}

#[test]
fn one_host_that_is_taken_leaves_all_others_as_they_are() {
    let hosts = ["ac-all1", "ac-all2"].map(crate::lab::Host::boot);
    for host in &hosts {
        host.unit("worker.service", "[Service]\nExecStart=/bin/sleep 1000");
    }
    let names: Vec<&str> = hosts.iter().map(crate::lab::Host::name).collect();
    let desk = crate::desk::Desk::with(&crate::desk::config(&names, &["worker"]));
    let plan = desk.run(&["restart", "worker", "--plan", "--json"]);
    let plan: Value = serde_json::from_str(&plan.out).unwrap();
    // Taken between the plan and its confirmation, on the second host only.
    hosts[1].sh(
        "mkdir -p /var/lib/quarterdeck/subjects/worker.service/claim; \
         cd /var/lib/quarterdeck/subjects/worker.service/claim; \
         printf 'op=01KAN3C5Q2ABCDEFGHJKMNPQRS000\\noperator=bo@desk\\nwhat=restart worker\\n' >claim",
    );
    let run = hosts[0].sh("systemctl show --value -p InvocationID worker");
    let said = desk.run(&["restart", "worker", "--confirm", plan["hash"].as_str().unwrap()]);
    assert_eq!(said.code, 75, "{said:?}");
    assert!(said.err.contains("bo@desk"), "{said:?}");
    assert_eq!(hosts[0].sh("systemctl show --value -p InvocationID worker"), run);
    poll::until("the first is free", secs(5), || {
        let left =
            hosts[0].sh("ls -d /var/lib/quarterdeck/subjects/*/claim 2>/dev/null || echo none");
        if left == "none" { Ok(()) } else { Err(left) }
    });
}

#[test]
fn recovering_kills_nobody_else_and_loses_no_evidence() {
    let scene = Scene::new("ac-evidence");
    scene.unit("mute", "ExecStart=/bin/sleep 1000");
    scene.host.sh("systemctl start mute");
    let ops = "\"$(ls -d /var/lib/quarterdeck/ops/* | tail -n 1)\"";
    let child = scene.desk.begin(&["action", "slow", WEB]);
    let op = scene.wait_running();
    scene.host.wait_for_log("begin");
    scene.host.sh(&format!("kill -9 {}", scene.host.runner()));
    drop(child.wait_with_output().unwrap());
    // The number of its last step is somebody else's by now.
    let innocent = scene.host.sh("systemctl show --value -p MainPID mute");
    scene.host.sh(&format!(
        "cd {ops} && read -r pid start boot <session && echo \"{innocent} $start $boot\" >session"
    ));
    // Several at once: one does it.
    let undo = ["ops", "recover", &op, "--undo", "--confirm", suffix(&op)];
    let recover = || scene.desk.command(&undo).spawn().unwrap();
    let all: Vec<_> = (0..4).map(|_| recover()).collect();
    for child in all {
        drop(child.wait_with_output().unwrap());
    }
    assert_eq!(scene.newest()["outcome"], "undone");
    assert_eq!(scene.host.sh("cat /root/trace"), "began\nundone", "it was taken back once");
    assert_eq!(scene.host.sh("systemctl show --value -p MainPID mute"), innocent);
    scene.nothing_is_left();
}

#[test]
fn what_was_half_written_is_read_on_the_safe_side() {
    let scene = Scene::new("ac-half");
    let subject = "/var/lib/quarterdeck/subjects/web.service";
    // A claim that a power cut left without a word is nobody's.
    scene.desk.act(&["restart", WEB, "--soak", "1s"]).ok();
    scene.host.sh(&format!("mkdir {subject}/claim && : >{subject}/claim/claim"));
    scene.desk.act(&["restart", WEB, "--soak", "1s"]).ok();
    scene.host.sh(&format!("mkdir {subject}/claim"));
    scene.desk.act(&["restart", WEB, "--soak", "1s"]).ok();
    // A freeze without its reason is one.
    scene.host.sh(&format!(": >{subject}/freeze"));
    assert_eq!(scene.desk.run(&["restart", WEB, "--plan"]).code, 75);
    assert_eq!(scene.desk.run(&["ops", "thaw", WEB]).code, 0);
    // What somebody else may write is not run as root.
    let hash = scene.desk.hash(&["restart", WEB]);
    scene.host.sh("chown ops /var/lib/quarterdeck/ops");
    let said = scene.desk.run(&["restart", WEB, "--confirm", &hash]);
    assert_eq!(said.code, 1, "{said:?}");
    assert!(said.out.contains("only root may write"), "{said:?}");
    scene.host.sh("chown root /var/lib/quarterdeck/ops");
    // Another name of a unit is not another lock.
    scene.host.sh("ln -s web.service /etc/systemd/system/www.service; systemctl daemon-reload");
    let config = Scene::config(scene.host.name())
        .replace("unit = \"web.service\"", "unit = \"www.service\"");
    scene.desk.configure(&config);
    let said = scene.desk.run(&["restart", WEB, "--plan"]);
    assert!(said.code == 1 && said.err.contains("another name of web.service"), "{said:?}");
}

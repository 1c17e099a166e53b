//! Acting on real hosts: what was confirmed is done, once, by nobody else's leave, and what goes wrong
//! on the way leaves a service up on old or new, or says so.

mod audit;
mod console;
mod faults;
mod kills;
mod locks;
mod passwords;
mod rollouts;
mod scene;
mod seed;
mod surroundings;

use scene::{Scene, WEB};
use serde_json::Value;

use crate::poll::{self, secs};

#[test]
fn a_service_is_stopped_started_and_restarted_and_each_is_proved() {
    let scene = Scene::new("ac-verbs");
    let run = scene.run_of(WEB);
    let json = scene.desk.act(&["restart", WEB, "--soak", "1s"]).ok();
    assert_eq!(json["outcome"], "succeeded", "{json:#}");
    let states: Vec<&Value> =
        json["hosts"][0]["steps"].as_array().unwrap().iter().map(|step| &step["state"]).collect();
    assert_eq!(states, ["done", "done", "done"], "{json:#}");
    assert_ne!(scene.run_of(WEB), run, "it is another run");

    scene.desk.act(&["stop", WEB]).ok();
    assert_eq!(scene.state(WEB), "inactive");
    let again = scene.desk.run(&["stop", WEB, "--plan"]);
    assert_eq!(again.code, 1, "{again:?}");
    assert!(again.err.contains("does not run"), "{again:?}");
    scene.desk.act(&["start", WEB, "--soak", "1s"]).ok();
    assert_eq!(scene.state(WEB), "active");

    scene.desk.act(&["disable", WEB]).ok();
    assert_eq!(scene.host.sh(&format!("systemctl is-enabled {WEB} || :")), "disabled");
    scene.desk.act(&["enable", WEB]).ok();
    scene.desk.act(&["kill", WEB, "--signal", "HUP"]).ok();
    scene.desk.act(&["daemon-reload", WEB]).ok();

    scene.audit_is_whole();
    scene.nothing_is_left();
}

#[test]
fn a_plan_is_run_only_as_it_was_shown() {
    let scene = Scene::new("ac-stale");
    let hash = scene.desk.hash(&["restart", WEB]);
    // Somebody else was faster.
    scene.host.sh(&format!("systemctl restart {WEB}"));
    let run = scene.run_of(WEB);
    let stale = scene.desk.run(&["restart", WEB, "--confirm", &hash]);
    assert_eq!(stale.code, 75, "{stale:?}");
    assert!(stale.err.contains("stale"), "{stale:?}");
    // A unit file that was changed since is another plan too.
    let hash = scene.desk.hash(&["restart", WEB]);
    scene.host.sh(&format!("echo '# edited' >>/etc/systemd/system/{WEB}.service"));
    let edited = scene.desk.run(&["restart", WEB, "--confirm", &hash]);
    assert_eq!(edited.code, 75, "{edited:?}");
    assert_eq!(scene.run_of(WEB), run, "nothing was done");
    // Without a terminal and without a hash nothing is done either.
    let asked = scene.desk.run(&["restart", WEB]);
    assert_eq!(asked.code, 64, "{asked:?}");
    assert!(asked.err.contains("--confirm"), "{asked:?}");
    assert_eq!(scene.run_of(WEB), run, "nothing was done");
    scene.nothing_is_left();
}

#[test]
fn what_comes_up_and_is_not_healthy_is_taken_back() {
    let scene = Scene::new("ac-gate");
    // Never up: it starts and answers nothing.
    scene.unit("mute", "ExecStart=/bin/sleep 1000");
    let said = scene.desk.act(&["start", "mute", "--soak", "1s"]);
    assert_eq!(said.code, 1, "{said:?}");
    assert_eq!(said.json["outcome"], "undone", "{:#}", said.json);
    assert_eq!(scene.state("mute"), "inactive");
    // It crashes at once, and systemd starts it again and again.
    scene.unit("crash", "ExecStart=/bin/sh -c 'sleep 0.2; exit 3'\nRestart=always\nRestartSec=1");
    let said = scene.desk.act(&["start", "crash"]);
    assert_eq!((said.code, &said.json["outcome"]), (1, &"undone".into()), "{:#}", said.json);
    assert_eq!(scene.state("crash"), "inactive");
    // Healthy, then dead while it is watched.
    scene.unit("brief", "ExecStart=/bin/sh -c 'sleep 4; exit 1'");
    let said = scene.desk.act(&["start", "brief", "--soak", "20s"]);
    assert_eq!((said.code, &said.json["outcome"]), (1, &"undone".into()), "{:#}", said.json);
    let output = said.json["hosts"][0]["output"].to_string();
    assert!(output.contains("after it was healthy"), "{output}");
    // So is what systemd has started again by then: the words are of the run that ended.
    scene.unit(
        "crash",
        "ExecStart=/bin/sh -c 'sleep 4; echo no setting FOO; exit 3'\nRestart=on-failure",
    );
    let said = scene.desk.act(&["start", "crash", "--soak", "20s"]);
    assert_eq!((said.code, &said.json["outcome"]), (1, &"undone".into()), "{:#}", said.json);
    let output = said.json["hosts"][0]["output"].to_string();
    // It may be looked at before it is started again, or afterwards.
    let said = ["it ended, and systemd started it again", "it crashed: exit-code"];
    assert!(said.iter().any(|words| output.contains(words)), "{output}");
    for words in ["no setting FOO", "status=3"] {
        assert!(output.contains(words), "{words}: {output}");
    }
    // A restart cannot be taken back: it says so.
    let said = scene.desk.act(&["restart", "brief", "--soak", "20s"]);
    assert_eq!((said.code, &said.json["outcome"]), (2, &"failed".into()), "{:#}", said.json);
    scene.nothing_is_left();
}

#[test]
fn without_rights_it_says_what_is_missing() {
    let host = crate::lab::Host::boot_as("ac-rights", &["--kind", "no-rights"]);
    let config = crate::desk::config(&[host.name()], &["cron"])
        .replace(&format!("ssh = \"{}\"", host.name()), &format!("ssh = \"ops2@{}\"", host.name()));
    let desk = crate::desk::Desk::with(&config);
    let said = desk.run(&["restart", "cron", "--plan"]);
    assert_eq!(said.code, 1, "{said:?}");
    assert!(said.err.contains("it needs root"), "{said:?}");
    assert_eq!(host.sh("ls -d /var/lib/quarterdeck 2>/dev/null || echo none"), "none");
}

#[test]
fn a_rollout_goes_batch_by_batch_and_stops_at_the_first_failure() {
    let hosts = ["ac-roll1", "ac-roll2", "ac-roll3"].map(crate::lab::Host::boot);
    let names: Vec<&str> = hosts.iter().map(crate::lab::Host::name).collect();
    for (place, host) in hosts.iter().enumerate() {
        host.unit("worker.service", "[Service]\nExecStart=/bin/sleep 1000");
        if place == 1 {
            // From now on it does not start there.
            host.sh(
                "sed -i s/sleep/slept/ /etc/systemd/system/worker.service; systemctl daemon-reload",
            );
        }
    }
    let desk = crate::desk::Desk::with(&crate::desk::config(&names, &["worker"]));
    let run = |host: &crate::lab::Host| host.sh("systemctl show --value -p InvocationID worker");
    let before: Vec<String> = hosts.iter().map(run).collect();
    let scene = desk.act(&["restart", "worker", "--batch", "1", "--soak", "1s"]);
    assert_eq!(scene.code, 2, "{scene:?}");
    let outcomes: Vec<&Value> =
        scene.json["hosts"].as_array().unwrap().iter().map(|host| &host["outcome"]).collect();
    assert_eq!(outcomes, ["succeeded", "failed", "not-begun"], "{:#}", scene.json);
    assert_ne!(run(&hosts[0]), before[0]);
    assert_eq!(run(&hosts[2]), before[2], "the third was not touched");
    for host in &hosts {
        let claims =
            host.sh("ls -d /var/lib/quarterdeck/subjects/*/claim 2>/dev/null || echo none");
        assert_eq!(claims, "none", "{}", host.name());
    }
}

#[test]
fn cancel_takes_effect_at_the_next_border_and_what_was_done_is_taken_back() {
    let scene = Scene::new("ac-cancel");
    let child = scene.desk.begin(&["action", "slow", WEB]);
    let op = scene.wait_running();
    scene.host.wait_for_log("middle");
    let said = scene.desk.run(&["ops", "cancel", &op]);
    assert_eq!(said.code, 0, "{said:?}");
    let ended = child.wait_with_output().unwrap();
    let json: Value = serde_json::from_slice(&ended.stdout).unwrap();
    assert_eq!(ended.status.code(), Some(1), "{json:#}");
    assert_eq!(json["outcome"], "undone", "{json:#}");
    // The step was not interrupted, and then taken back.
    assert_eq!(scene.host.sh("cat /root/trace"), "began\nended\nundone");
    poll::until("nothing is left", secs(5), || scene.is_clean());
}

#[test]
fn one_setting_takes_nothing_away_that_another_has_set() {
    let scene = Scene::new("ac-dropin");
    scene.desk.act(&["drop-in", WEB, "--set", "Nice=5"]).ok();
    scene.desk.act(&["drop-in", WEB, "--set", "CPUWeight=50"]).ok();
    let show = "systemctl show -p Nice -p CPUWeight web | sort | paste -sd ' '";
    assert_eq!(scene.host.sh(show), "CPUWeight=50 Nice=5");
    // The same one again says what it is instead of.
    let json = scene.desk.act(&["drop-in", WEB, "--set", "Nice=7"]).ok();
    assert!(json["hosts"][0]["output"].to_string().contains("Nice=5"), "{json:#}");
    assert_eq!(scene.host.sh(show), "CPUWeight=50 Nice=7");
    // What systemd does not know is no success, and leaves nothing.
    let said = scene.desk.act(&["drop-in", WEB, "--set", "ReadWritePathz=/x"]);
    assert_eq!((said.code, &said.json["outcome"]), (1, &"undone".into()), "{said:?}");
    let files = scene.host.sh("ls /etc/systemd/system/web.service.d | paste -sd ' '");
    assert_eq!(files, "50-quarterdeck-CPUWeight.conf 50-quarterdeck-Nice.conf");
    scene.nothing_is_left();
}

//! Whatever is killed, in whatever moment: the operation is recoverable and correctly classified, and
//! its service is as before or as wanted, never neither unnoticed.

use super::scene::Scene;
use crate::poll::{self, secs};

/// Moments of an operation: what its runner has written last, and how long after.
const MOMENTS: [(&str, &str); 8] = [
    ("10 start", "0"),
    ("10 done", "0"),
    ("20 start", "0"),
    ("20 start", "0.7"),
    ("20 done", "0"),
    ("30 start", "0"),
    ("30 start", "1"),
    ("30 done", "0"),
];

const SLOW: &str = "brief";

fn scene(name: &str) -> Scene {
    let scene = Scene::new(name);
    scene.unit(SLOW, "ExecStartPre=/bin/sleep 1.5\nExecStart=/bin/sleep 1000");
    scene
}

/// Begins to start a service, and waits on the host for the moment, then does this there.
fn at(scene: &Scene, (event, after): (&str, &str), then: &str) -> std::process::Child {
    scene.host.sh(&format!(
        "systemctl stop {SLOW}; systemctl reset-failed {SLOW} 2>/dev/null; rm -rf /var/lib/quarterdeck/ops"
    ));
    let child = scene.desk.begin(&["start", SLOW, "--soak", "2s"]);
    scene.host.sh(&format!(
        "timeout 30 sh -c 'until grep -q \" {event}\" /var/lib/quarterdeck/ops/*/events 2>/dev/null; \
         do :; done' && sleep {after}; {then}"
    ));
    child
}

/// Once its runner is gone: it succeeded and the service is up, or it is taken back by its name and
/// the service is down as before.
fn recovers(scene: &Scene, moment: (&str, &str), wanted: &[&str]) {
    let newest = poll::until("its runner is gone", secs(40), || {
        let newest = scene.newest();
        if newest["verdict"] == "running" { Err(format!("{newest:#}")) } else { Ok(newest) }
    });
    if newest["outcome"] == "succeeded" {
        // What was up before the power was cut is not started by a boot: nobody enabled it.
        let booted = wanted.contains(&"rebooted");
        let state = if booted { "inactive" } else { "active" };
        assert_eq!(scene.state(SLOW), state, "{moment:?}: {newest:#}");
    } else {
        let verdict = newest["verdict"].as_str().unwrap();
        assert!(wanted.contains(&verdict), "{moment:?}: {newest:#}");
        // Nobody acts on it until somebody has looked.
        let second = scene.desk.run(&["start", SLOW, "--plan"]);
        assert_eq!(second.code, 75, "{moment:?}: {second:?}");
        let op = newest["operation"].as_str().unwrap();
        let suffix = op.get(20..).unwrap();
        let said = scene.desk.run(&["ops", "recover", op, "--undo", "--confirm", suffix]);
        assert_eq!(said.code, 1, "{moment:?}: {said:?}");
        assert_eq!(scene.newest()["outcome"], "undone", "{moment:?}");
        // One that was stopped in the midst of its start has failed.
        let state = scene.state(SLOW);
        assert!(matches!(&*state, "inactive" | "failed"), "{moment:?}: {state}");
    }
    poll::until("nothing is left", secs(5), || scene.is_clean());
}

#[test]
fn the_runner_killed_at_every_border_and_within_every_step() {
    let scene = scene("ak-runner");
    for moment in MOMENTS {
        let child = at(
            &scene,
            moment,
            "cut -d ' ' -f 1 /var/lib/quarterdeck/ops/*/owner | xargs -r kill -9 || :",
        );
        let code = child.wait_with_output().unwrap().status.code();
        assert!(matches!(code, Some(0 | 3)), "{moment:?}: {code:?}");
        recovers(&scene, moment, &["crashed", "orphaned"]);
    }
}

#[test]
fn the_host_cut_off_its_power_at_every_border_and_within_every_step() {
    let scene = scene("ak-host");
    for moment in MOMENTS {
        let mut child = at(&scene, moment, ":");
        scene.host.lab("reset", &[]);
        // The console does not wait for what it cannot know: it says what the host says.
        let code = poll::until("the console has its answer", secs(60), || {
            child.try_wait().unwrap().ok_or_else(|| "it waits".to_owned())
        });
        assert!(matches!(code.code(), Some(0 | 3)), "{moment:?}: {code:?}");
        recovers(&scene, moment, &["rebooted"]);
    }
}

#[test]
fn the_console_killed_at_every_border_and_within_every_step() {
    let scene = scene("ak-console");
    for moment in MOMENTS {
        let mut child = at(&scene, moment, ":");
        child.kill().unwrap();
        drop(child.wait());
        recovers(&scene, moment, &[]);
    }
}

#[test]
fn the_connection_killed_at_every_border_and_within_every_step() {
    let scene = scene("ak-link");
    for moment in MOMENTS {
        let child = at(&scene, moment, "pkill -9 -f '[s]shd: ops' || :");
        for pid in super::faults::ssh_pids(&scene) {
            super::faults::kill_nine(pid);
        }
        let ended = child.wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&ended.stdout).into_owned();
        assert_eq!(ended.status.code(), Some(0), "{moment:?}: {said}");
        recovers(&scene, moment, &[]);
    }
}

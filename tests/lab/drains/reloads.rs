//! nginx that does not read its files again: what it was told of is put back, and what it still goes by is
//! said.

use serde_json::Value;

use super::{FILE, Scene, outcomes, output};
use crate::act::Act;
use crate::poll::{self, secs};

/// An nginx in front of the real one, which does this first.
fn in_front(scene: &Scene, first: &str) {
    scene.balancer.sh(&format!(
        "cat >/usr/local/sbin/nginx <<'END'\n#!/bin/sh\n{first}\nexec /usr/sbin/nginx \"$@\"\nEND\n\
         chmod +x /usr/local/sbin/nginx"
    ));
}

#[test]
fn a_reload_that_fails_takes_nobody_out_and_begins_nothing() {
    let scene = Scene::new("load", 2, "", "");
    let before = scene.pool();
    let runs = [scene.run_of(0), scene.run_of(1)];
    let untouched = |said: &Act, why: &str| {
        assert_eq!((said.code, &said.json["outcome"]), (1, &"undone".into()), "{:#}", said.json);
        assert_eq!(outcomes(&said.json), ["not-begun", "not-begun", "undone"], "{:#}", said.json);
        assert!(output(&said.json, 2).contains(why), "{:#}", said.json);
        assert_eq!(scene.pool(), before);
        assert_eq!([scene.run_of(0), scene.run_of(1)], runs, "nothing was restarted");
        scene.serves_all();
        scene.nothing_is_left();
    };
    // The signal cannot be sent: what is drained is sound, and `nginx -t` says so.
    in_front(
        &scene,
        &format!(
            "if [ \"$1\" = -s ] && grep -q ' down;' {FILE}; then echo 'nginx: [alert] kill failed' >&2; exit 1; fi"
        ),
    );
    untouched(&scene.desk.act(&["restart", "api"]), "[alert] kill failed");
    scene.balancer.sh("rm /usr/local/sbin/nginx");

    // nginx reads its files and stays with the old ones: another program has a port that they ask for,
    // which `nginx -t` does not find out. When it has read them last is known to the second.
    scene
        .balancer
        .sh("setsid -f python3 -m http.server --bind 0.0.0.0 8099 >/dev/null 2>&1 </dev/null; \
         sleep 2; echo 'server { listen 8099; }' >/etc/nginx/sites-enabled/late; nginx -t");
    poll::until("the port is taken", secs(10), || {
        match scene.balancer.sh("ss -Hltn 'sport = :8099'").as_str() {
            "" => Err(String::new()),
            _ => Ok(()),
        }
    });
    let plan = scene.desk.plan(&["restart", "api"]);
    assert!(plan.to_string().contains("/etc/nginx/sites-enabled/late"), "{plan:#}");
    scene.begin_load();
    let said = scene.desk.act(&["restart", "api"]);
    let (good, bad) = scene.end_load();
    untouched(&said, "nginx began no new workers within 10 s");
    assert!(output(&said.json, 2).contains("goes by what it read before"), "{:#}", said.json);
    assert_eq!(bad, Vec::<String>::new(), "of {good:?}");
    scene.balancer.sh("rm /etc/nginx/sites-enabled/late; nginx -t");
    scene.desk.act(&["restart", "api"]).ok();
    assert_eq!(scene.pool(), before);
    scene.nothing_is_left();
}

#[test]
fn what_breaks_while_it_is_drained_is_said_and_ends_the_rollout() {
    let scene = Scene::new("broken", 2, "", "");
    let before = scene.pool();
    let second = scene.run_of(1);
    scene.slow(0, 3);
    scene.begin_load();
    let child = scene.desk.begin(&["restart", "api"]);
    scene.wait_held();
    // A colleague edits something else meanwhile, and has not finished.
    scene.balancer.sh("echo 'nonsense;' >/etc/nginx/sites-enabled/broken");
    let ended = child.wait_with_output().unwrap();
    let (good, bad) = scene.end_load();
    let json: Value = serde_json::from_slice(&ended.stdout).unwrap();
    assert_eq!(ended.status.code(), Some(2), "{json:#}");
    assert_eq!(outcomes(&json), ["succeeded", "not-begun", "failed"], "{json:#}");
    assert_eq!(bad, Vec::<String>::new(), "of {good:?}");
    assert_eq!(scene.run_of(1), second);
    // The file is as it was, nginx does not go by it yet, and both are said.
    assert_eq!(scene.pool(), before);
    assert!(output(&json, 2).contains("what is put back there is not yet in force"), "{json:#}");
    let remains = json["hosts"][2]["remains"].to_string();
    assert!(remains.contains("13.undo") && remains.contains("ops thaw nginx.service"), "{json:#}");
    assert_eq!(scene.desk.run(&["restart", "api", "--plan"]).code, 75, "it is frozen");
    // Once that is mended, what it says is what brings all back.
    scene.balancer.sh("rm /etc/nginx/sites-enabled/broken");
    let again = json["hosts"][2]["remains"][0].as_str().unwrap().split('`').nth(1).unwrap();
    scene.balancer.sh(again);
    scene.serves_all();
    assert_eq!(scene.desk.run(&["ops", "thaw", "nginx.service"]).code, 0);
    scene.desk.act(&["restart", "api"]).ok();
    assert_eq!(scene.pool(), before);
    scene.nothing_is_left();
}

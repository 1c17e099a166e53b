//! The account on this side: written before anything is asked, proved when it is read.

use serde_json::Value;

use super::scene::{Scene, WEB};
use crate::poll::{self, secs};

/// What `events --actions --json` says, and its exit code.
fn account(scene: &Scene) -> (i32, Value) {
    let said = scene.desk.run(&["events", "--actions", "--json"]);
    (said.code, serde_json::from_str(&said.out).unwrap_or_else(|e| panic!("{e}: {said:?}")))
}

fn deeds(json: &Value) -> Vec<&str> {
    json["actions"].as_array().unwrap().iter().map(|line| line["ev"].as_str().unwrap()).collect()
}

#[test]
fn what_was_done_is_accounted_for_here_and_a_changed_line_shows() {
    let scene = Scene::new("ro-audit");
    let json = scene.desk.act(&["restart", WEB, "--soak", "1s"]).ok();
    let reason = "release party, password=hunter2";
    assert_eq!(scene.desk.run(&["ops", "freeze", WEB, "--reason", reason]).code, 0);
    assert_eq!(scene.desk.run(&["ops", "thaw", WEB]).code, 0);
    let child = scene.desk.begin(&["action", "slow", WEB]);
    let op = scene.wait_running();
    assert_eq!(scene.desk.run(&["ops", "cancel", &op]).code, 0);
    assert_eq!(child.wait_with_output().unwrap().status.code(), Some(1));

    // Who leaves what goes on says so: no outcome follows here.
    let child = scene.desk.begin(&["action", "slow", WEB]);
    scene.wait_running();
    let pid = child.id().to_string();
    assert!(std::process::Command::new("kill").args(["-INT", &pid]).status().unwrap().success());
    assert_eq!(child.wait_with_output().unwrap().status.code(), Some(3));

    let (code, all) = account(&scene);
    assert_eq!((code, &all["whole"]), (0, &Value::Bool(true)), "{all:#}");
    let expected = [
        "intent", "outcome", "freeze", "answer", "thaw", "answer", "intent", "cancel", "answer",
        "outcome", "intent", "leave",
    ];
    assert_eq!(deeds(&all), expected, "{all:#}");
    let (intent, outcome) = (&all["actions"][0], &all["actions"][1]);
    assert_eq!(intent["op"], json["operation"]);
    assert_eq!(intent["plan"], json["plan"]);
    assert_eq!(outcome["outcome"], "succeeded");
    assert_eq!(all["actions"][9]["outcome"], "undone", "{all:#}");
    let path = scene.desk.path("state/quarterdeck/audit.jsonl");
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(!text.contains("hunter2"), "{text}");
    assert!(text.contains("password=[redacted]"), "{text}");
    let shown = scene.desk.run(&["events", "--actions"]);
    assert_eq!((shown.code, shown.out.lines().count()), (0, 12), "{shown:?}");

    // Somebody makes it look better than it was.
    std::fs::write(&path, text.replace("undone", "succeeded").replace("thaw", "draw")).unwrap();
    let (code, all) = account(&scene);
    assert_eq!((code, &all["broken"]["line"]), (1, &6.into()), "{all:#}");
    let shown = scene.desk.run(&["events", "--actions"]);
    assert_eq!(shown.code, 1);
    assert!(shown.err.contains("is broken at line 6"), "{shown:?}");
    poll::until("it ends by itself", secs(20), || scene.is_clean());
}

#[test]
fn what_cannot_be_written_down_is_not_done_where_it_is_dear() {
    let scene = Scene::new("ro-mute");
    // Root writes to every file, but not to a folder.
    std::fs::create_dir_all(scene.desk.path("state/quarterdeck/audit.jsonl")).unwrap();
    let run = scene.run_of(WEB);
    let config = Scene::config(scene.host.name());
    scene.desk.configure(&config.replace("\"staging\"", "\"production\""));
    let hash = scene.desk.hash(&["restart", WEB]);
    let said = scene.desk.run(&["restart", WEB, "--confirm", &hash]);
    assert_eq!(said.code, 1, "{said:?}");
    assert!(said.out.contains("cannot be written"), "{said:?}");
    assert_eq!(scene.run_of(WEB), run, "nothing was done");
    assert_eq!(scene.desk.run(&["ops", "freeze", WEB, "--reason", "stop"]).code, 0, "safer");
    assert_eq!(scene.desk.run(&["ops", "thaw", WEB]).code, 1, "not safer");
    // Elsewhere it is only told.
    scene.desk.configure(&config);
    assert_eq!(scene.desk.run(&["ops", "thaw", WEB]).code, 0);
    let arguments = ["restart", WEB, "--soak", "1s"];
    let hash = scene.desk.hash(&arguments);
    let said = scene.desk.run(&[&arguments[..], &["--confirm", &hash]].concat());
    assert_eq!(said.code, 0, "{said:?}");
    assert!(said.err.contains("cannot be written"), "{said:?}");
    assert_ne!(scene.run_of(WEB), run);
    scene.nothing_is_left();
}

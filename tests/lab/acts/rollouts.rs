//! Rollouts of the config over real hosts.

use serde_json::Value;

use crate::act::Act;
use crate::desk::Desk;
use crate::lab::Host;

#[test]
fn no_batch_begins_when_too_few_would_serve() {
    let hosts = ["ro-serve1", "ro-serve2", "ro-serve3"].map(Host::boot);
    for host in &hosts {
        host.unit("worker.service", "[Service]\nExecStart=/bin/sleep 1000");
    }
    let names: Vec<&str> = hosts.iter().map(Host::name).collect();
    let config = crate::desk::config(&names, &["worker"]);
    let way = "rollout = { canary = 1, batch = 1, min_available = \"60%\" }\nsoak = \"1s\"\n";
    let desk = Desk::with(&format!("{config}{way}"));
    let run = |host: &Host| host.sh("systemctl show --value -p InvocationID worker");
    let before: Vec<String> = hosts.iter().map(run).collect();
    let halted = |said: &Act| said.json["halted"].as_str().unwrap_or_default().to_owned();

    // Two of three have to serve, and one of those that would stay is down. It is no target, and its
    // host is asked all the same.
    hosts[2].sh("systemctl stop worker");
    let said = desk.act(&["restart", "worker", "--host", names[0]]);
    assert_eq!(said.code, 1, "{said:?}");
    assert!(halted(&said).contains("1 of 3 would serve worker"), "{said:?}");
    assert!(halted(&said).contains("ro-serve3: it is inactive"), "{said:?}");
    assert_eq!(run(&hosts[0]), before[0], "it was not touched");
    // Who means it says so.
    let said = desk.act(&["restart", "worker", "--host", names[0], "--min-available", "0"]);
    assert_eq!(said.code, 0, "{said:?}");
    let after = run(&hosts[0]);
    assert_ne!(after, before[0]);

    hosts[2].sh("systemctl start worker");
    let said = desk.act(&["restart", "worker"]);
    assert_eq!(said.code, 0, "{said:?}");
    assert_eq!(said.json["halted"], Value::Null);
    assert_ne!(run(&hosts[0]), after);
    for host in &hosts {
        let claims =
            host.sh("ls -d /var/lib/quarterdeck/subjects/*/claim 2>/dev/null || echo none");
        assert_eq!(claims, "none", "{}", host.name());
    }
}

#[test]
fn a_console_that_dies_between_batches_leaves_a_pause_that_is_recovered() {
    let hosts = ["ro-gone1", "ro-gone2"].map(Host::boot);
    for host in &hosts {
        host.unit("worker.service", "[Service]\nExecStart=/bin/sleep 1000");
    }
    let names: Vec<&str> = hosts.iter().map(Host::name).collect();
    let config = crate::desk::config(&names, &["worker"]);
    let way = "rollout = { batch = 1, wait = \"10m\" }\nsoak = \"1s\"\n";
    let desk = Desk::with(&format!("{config}{way}"));
    let run = |host: &Host| host.sh("systemctl show --value -p InvocationID worker");
    let before: Vec<String> = hosts.iter().map(run).collect();
    let mut child = desk.begin(&["restart", "worker"]);
    let list = || -> Value {
        let said = desk.run(&["ops", "list", "--json"]);
        serde_json::from_str(&said.out).unwrap_or_else(|e| panic!("{e}: {said:?}"))
    };
    let verdicts = |json: &Value| -> Vec<String> {
        let all = json["operations"].as_array().unwrap();
        let mut words: Vec<String> =
            all.iter().map(|one| one["verdict"].as_str().unwrap().to_owned()).collect();
        words.sort();
        words
    };
    crate::poll::until("the first batch is over", crate::poll::secs(40), || {
        let json = list();
        if verdicts(&json) == ["claimed", "paused"] { Ok(()) } else { Err(format!("{json:#}")) }
    });
    child.kill().unwrap();
    child.wait().unwrap();
    // The claims stay: nobody else begins while a part has the new and a part the old.
    assert_eq!(verdicts(&list()), ["claimed", "paused"]);
    let taken = desk.run(&["restart", "worker", "--plan"]);
    assert_eq!(taken.code, 75, "{taken:?}");
    assert_ne!(run(&hosts[0]), before[0]);
    assert_eq!(run(&hosts[1]), before[1], "no batch begins by itself");

    let op = list()["operations"][0]["operation"].as_str().unwrap().to_owned();
    let asked = desk.run(&["ops", "recover", &op]);
    assert_eq!(asked.code, 3, "{asked:?}");
    let suffix =
        asked.out.split("--confirm ").nth(1).unwrap().split('`').next().unwrap().to_owned();
    let said = desk.run(&["ops", "recover", &op, "--release", "--confirm", &suffix]);
    assert_eq!(said.code, 0, "{said:?}");
    assert_eq!(verdicts(&list()), ["ended"], "the part that never began is gone with its claim");
    assert_eq!(run(&hosts[1]), before[1]);
    let said = desk.act(&["restart", "worker", "--wait", "0s"]);
    assert_eq!(said.code, 0, "{said:?}");
    let account = desk.run(&["events", "--actions", "--json"]);
    assert_eq!(account.code, 0, "{account:?}");
    let account: Value = serde_json::from_str(&account.out).unwrap();
    let deeds: Vec<&str> = account["actions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|line| line["ev"].as_str().unwrap())
        .collect();
    assert_eq!(
        deeds,
        ["intent", "break", "answer", "break", "answer", "intent", "outcome"],
        "the first has no outcome: its console died"
    );
}

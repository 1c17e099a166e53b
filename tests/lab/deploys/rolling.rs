//! A deploy that goes over several hosts and comes across what it should not: how far it goes, and what
//! becomes of the rest.

use serde_json::Value;

use super::policies::Fleet;
use crate::poll::{self, secs};

/// The word of each host.
fn outcomes(json: &Value) -> Vec<&str> {
    let hosts = json["hosts"].as_array().unwrap_or_else(|| panic!("{json:#}"));
    hosts.iter().map(|host| host["outcome"].as_str().unwrap()).collect()
}

impl Fleet {
    fn run_of(&self, place: usize) -> String {
        self.hosts[place].sh("systemctl show --value -p InvocationID api")
    }

    /// A version lives on this host, or not.
    fn may(&self, place: usize, version: &str, lives: bool) {
        let how = if lives { "rm -f" } else { "touch" };
        self.hosts[place].sh(&format!("{how} /srv/cannot-{version}"));
    }
}

#[test]
fn a_canary_that_fails_is_taken_back_and_nobody_else_is_touched() {
    let fleet = Fleet::new("ro-canary", "canary = 1, batch = 2");
    fleet.may(0, "two", false);
    fleet.may(2, "two", true);
    let before = [fleet.run_of(1), fleet.run_of(2)];
    let act = fleet.desk.act(&["deploy", "api"]);
    assert_eq!(outcomes(&act.json), ["undone", "not-begun", "not-begun"], "{:#}", act.json);
    // Nothing is changed anywhere.
    assert_eq!((act.code, &act.json["outcome"]), (1, &"undone".into()), "{:#}", act.json);
    assert_eq!(fleet.answers(), ["one"; 3]);
    assert_eq!([fleet.run_of(1), fleet.run_of(2)], before);
    fleet.nothing_is_left();
}

#[test]
fn as_many_may_fail_as_the_policy_allows_and_one_more_ends_it() {
    let fleet = Fleet::new("ro-most", "batch = 1, max_failures = 1");
    fleet.may(2, "two", true);
    fleet.may(0, "two", false);
    // One fails, and one may.
    let act = fleet.desk.act(&["deploy", "api"]);
    assert_eq!(outcomes(&act.json), ["undone", "succeeded", "succeeded"], "{:#}", act.json);
    assert_eq!(act.code, 2, "{:#}", act.json);
    assert_eq!(fleet.answers(), ["one", "two", "two"]);
    // A second one is one too many, also where that is in another batch.
    fleet.version("three");
    fleet.bad_from("three");
    fleet.may(0, "three", false);
    fleet.may(1, "three", false);
    let third = fleet.run_of(2);
    let act = fleet.desk.act(&["deploy", "api"]);
    assert_eq!(outcomes(&act.json), ["undone", "undone", "not-begun"], "{:#}", act.json);
    assert_eq!(act.code, 1, "{:#}", act.json);
    assert_eq!(fleet.answers(), ["one", "two", "two"]);
    assert_eq!(fleet.run_of(2), third);
    fleet.nothing_is_left();
}

#[test]
fn a_host_that_is_lost_in_the_second_batch_ends_it_and_is_not_taken_for_well() {
    let fleet = Fleet::new("ro-lost", "batch = 1");
    fleet.may(2, "two", true);
    let third = fleet.run_of(2);
    // There it takes long enough to start that something may happen in the midst of it.
    fleet.hosts[1].sh(
        "mkdir -p /run/systemd/system/api.service.d; \
         printf '[Service]\\nExecStartPre=/bin/sleep 5\\n' >/run/systemd/system/api.service.d/slow.conf; \
         systemctl daemon-reload",
    );
    let child = fleet.desk.begin(&["deploy", "api", "--timeout", "70"]);
    poll::until("the second host is at it", secs(90), || {
        let newest = "$(ls -d /var/lib/quarterdeck/ops/* | tail -n 1)";
        let events = fleet.hosts[1].sh(&format!("cat \"{newest}/events\""));
        let runs = events.contains(" 40 start") && !events.contains(" end ");
        if runs { Ok(()) } else { Err(events) }
    });
    fleet.hosts[1].lab("cut", &[]);
    let ended = child.wait_with_output().unwrap();
    let json: Value = serde_json::from_slice(&ended.stdout).unwrap();
    assert_eq!(outcomes(&json), ["succeeded", "unknown", "not-begun"], "{json:#}");
    assert_eq!(ended.status.code(), Some(3), "{json:#}");
    assert_eq!(fleet.run_of(2), third, "nobody begins it there");
    fleet.hosts[1].lab("heal", &[]);
    // The host went on alone, and says so to whoever asks.
    poll::until("it is over there", secs(60), || {
        let said = fleet.desk.run(&["ops", "list", "--json"]);
        let json: Value = serde_json::from_str(&said.out).unwrap_or_default();
        let all = json["operations"].as_array().cloned().unwrap_or_default();
        let newest = all.iter().find(|one| one["host"].to_string().contains("ro-lost-b"));
        match newest.map(|one| one["outcome"].clone()) {
            Some(outcome) if outcome == "succeeded" => Ok(()),
            _ => Err(said.out),
        }
    });
    assert_eq!(fleet.answers(), ["two", "two", "one"]);
    // Its claim is for somebody to give back, who has looked.
    let taken = fleet.desk.run(&["deploy", "api", "--plan"]);
    assert_eq!(taken.code, 75, "{taken:?}");
    let said = fleet.desk.run(&["ops", "list", "--json"]);
    let json: Value = serde_json::from_str(&said.out).unwrap();
    let op = json["operations"][0]["operation"].as_str().unwrap().to_owned();
    let suffix = op.get(20..26).unwrap();
    let said = fleet.desk.run(&["ops", "recover", &op, "--release", "--confirm", suffix]);
    assert_eq!(said.code, 0, "{said:?}");
    assert_eq!(fleet.desk.act(&["deploy", "api"]).code, 0);
    assert_eq!(fleet.answers(), ["two"; 3]);
    fleet.nothing_is_left();
}

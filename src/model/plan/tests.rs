//! Of plans, permits and confirmations.

use std::sync::Arc;
use std::time::Duration;

use super::*;
use crate::model::ids::InstanceId;
use crate::model::verb::Verb;

fn step(script: &str) -> Step {
    Step {
        number: 20,
        title: "restart".to_owned(),
        change: Change::Reversible,
        script: script.to_owned(),
        undo: Undo::Script("undo".to_owned()),
        limit: Duration::from_secs(60),
        idle: Duration::from_secs(60),
    }
}

fn plan(protected: bool, script: &str, run: &str) -> Plan {
    let host = HostId::new("production", "web1");
    let id = InstanceId { host: host.clone(), service: "api".into() };
    let intent = Intent::new(Verb::Restart, &[id]).unwrap();
    let host = HostPlan {
        host,
        service: "api".into(),
        also: Vec::new(),
        subject: "api.service".into(),
        facts: vec![Fact { name: "run".to_owned(), value: run.to_owned() }],
        seen: Timestamp::from_secs(1),
        warnings: Vec::new(),
        steps: vec![step(script)],
        load: None,
        common: String::new(),
        brings: Vec::new(),
        launcher: Launcher::Systemd(252),
        on_fail: OnFail::Revert,
        freezes: false,
    };
    Plan::seal(intent, Tier::Production, protected, vec![host], Rollout::ALL, Vec::new())
}

fn permit(permits: &Permits, protected: bool) -> Result<Permit, Withheld> {
    permits.permit(&"production".into(), protected, Timestamp::from_secs(100))
}

#[test]
fn the_hash_is_of_what_is_done_and_what_it_rests_on() {
    let one = plan(true, "systemctl restart api", "a");
    assert_eq!(one.hash(), plan(true, "systemctl restart api", "a").hash());
    assert_ne!(one.hash(), plan(true, "systemctl restart api ", "a").hash());
    assert_ne!(one.hash(), plan(true, "systemctl restart api", "b").hash());
    assert_eq!(one.hash().len(), 16);
}

#[test]
fn a_console_that_only_reads_gives_no_permit_whatever_is_unlocked() {
    let mut permits = Permits::read_only();
    let unlocked = Unlocked { reason: "fire".into(), until: Timestamp::from_secs(200) };
    assert_eq!(permits.unlock("production".into(), unlocked), Err(Withheld::ReadOnly));
    assert_eq!(permit(&permits, true), Err(Withheld::ReadOnly));
    assert_eq!(permit(&permits, false), Err(Withheld::ReadOnly));
}

#[test]
fn a_protected_environment_is_open_for_as_long_as_it_was_unlocked() {
    let mut permits = Permits::default();
    assert_eq!(permit(&permits, true), Err(Withheld::Locked));
    assert!(permit(&permits, false).is_ok());
    for (until, open) in [(101, true), (100, false)] {
        let until = Timestamp::from_secs(until);
        let unlocked = Unlocked { reason: "fire".into(), until };
        permits.unlock("production".into(), unlocked).unwrap();
        assert_eq!(permit(&permits, true).is_ok(), open);
    }
    permits.expire(Timestamp::from_secs(100));
    assert_eq!(permits.unlocked(&"production".into()), None);
}

#[test]
fn only_this_very_plan_is_confirmed() {
    let permits = Permits::default();
    let ok = |plan: Plan, how: Confirmation| {
        ConfirmedPlan::new(Arc::new(plan), &how, permit(&permits, false).unwrap())
    };
    let hash = plan(true, "x", "a").hash().to_owned();
    assert!(ok(plan(false, "x", "a"), Confirmation::Key).is_ok());
    assert_eq!(
        ok(plan(true, "x", "a"), Confirmation::Key),
        Err(NotConfirmed::Phrase("api".to_owned()))
    );
    assert!(ok(plan(true, "x", "a"), Confirmation::Typed("api".to_owned())).is_ok());
    assert!(ok(plan(true, "x", "a"), Confirmation::Typed("web".to_owned())).is_err());
    assert!(ok(plan(true, "x", "a"), Confirmation::Hash(hash.clone())).is_ok());
    let drifted = plan(true, "x", "b");
    let now = drifted.hash().to_owned();
    assert_eq!(ok(drifted, Confirmation::Hash(hash)), Err(NotConfirmed::Hash(now)));
}

#[test]
fn a_permit_is_for_its_environment() {
    let permits = Permits::default();
    let other = permits.permit(&"staging".into(), false, Timestamp::from_secs(1)).unwrap();
    let plan = Arc::new(plan(false, "x", "a"));
    assert_eq!(ConfirmedPlan::new(plan, &Confirmation::Key, other), Err(NotConfirmed::OtherEnv));
}

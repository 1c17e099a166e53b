//! Of what a drill covers.

use std::time::Duration;

use super::*;
use crate::model::fleet::Fleet;
use crate::model::ids::{HostId, InstanceId, ServiceName};
use crate::model::plan::{HostPlan, Intent, Launcher, OnFail, Permits, Rollout, Step, Undo};
use crate::model::spec::{EnvSpec, Tier};
use crate::model::time::Timestamp;

fn env(name: &str, tier: Tier) -> Env {
    let mut spec = crate::config::this_machine();
    spec.envs = vec![EnvSpec::new(name, tier)];
    Fleet::new(&spec).envs.remove(0)
}

fn plan(env: &str, verb: Verb, host: &str, subject: &str, change: Change) -> Arc<Plan> {
    let host = HostId::new(env, host);
    let service = ServiceName::new("api");
    let id = InstanceId { host: host.clone(), service: service.clone() };
    let step = Step {
        number: 30,
        title: "put it there".to_owned(),
        change,
        script: ":".to_owned(),
        undo: Undo::NotNeeded,
        limit: Duration::from_secs(1),
        idle: Duration::from_secs(1),
    };
    let host = HostPlan {
        host,
        service,
        also: Vec::new(),
        subject: subject.into(),
        facts: Vec::new(),
        seen: Timestamp::from_secs(1),
        warnings: Vec::new(),
        steps: vec![step],
        load: None,
        common: String::new(),
        brings: Vec::new(),
        launcher: Launcher::Setsid,
        on_fail: OnFail::Revert,
        freezes: false,
    };
    let intent = Intent::new(verb, &[id]).unwrap();
    Arc::new(Plan::seal(intent, Tier::Staging, false, vec![host], Rollout::ALL, Vec::new()))
}

fn deploy(env: &str) -> Arc<Plan> {
    plan(env, Verb::Deploy, "web1", "api.service", Change::Reversible)
}

#[test]
fn there_is_no_drill_of_production_whatever_it_is_called() {
    for (name, tier) in [("staging", Tier::Production), ("prod-eu", Tier::Staging)] {
        let refused = Drill::new(&env(name, tier), deploy(name), None).unwrap_err();
        assert!(refused.contains("nor is anything rehearsed"), "{refused}");
    }
    let staging = env("staging", Tier::Staging);
    assert!(Drill::new(&staging, deploy("staging"), None).is_ok());
    assert!(Drill::new(&staging, deploy("other"), None).is_err());
    let lasting = plan("staging", Verb::Deploy, "web1", "api.service", Change::Irreversible);
    let refused = Drill::new(&staging, lasting, None).unwrap_err();
    assert!(refused.contains("30 put it there"), "{refused}");
}

#[test]
fn it_covers_what_it_names_and_nothing_beside() {
    let staging = env("staging", Tier::Staging);
    let restore = plan("staging", Verb::Restore, "db1", "backup:srv:data", Change::Reversible);
    let drill = Drill::new(&staging, deploy("staging"), Some(restore)).unwrap();
    let permit = |name: &str| {
        Permits::default().permit(&name.into(), false, Timestamp::from_secs(1)).unwrap()
    };
    let hash = Confirmation::Hash(drill.hash().to_owned());
    assert!(ConfirmedDrill::new(drill.clone(), &Confirmation::Key, &permit("staging")).is_err());
    assert!(ConfirmedDrill::new(drill.clone(), &hash, &permit("other")).is_err());
    let other = Confirmation::Hash(deploy("staging").hash().to_owned());
    assert!(ConfirmedDrill::new(drill.clone(), &other, &permit("staging")).is_err());
    let drill = Arc::new(ConfirmedDrill::new(drill, &hash, &permit("staging")).unwrap());
    let of = |verb, host: &str, subject: &str| {
        let plan = plan("staging", verb, host, subject, Change::Reversible);
        let how = Confirmation::Drill(Arc::clone(&drill));
        crate::model::plan::ConfirmedPlan::new(plan, &how, permit("staging")).is_ok()
    };
    assert!(of(Verb::Deploy, "web1", "api.service"));
    assert!(of(Verb::Rollback, "web1", "api.service"));
    assert!(of(Verb::Restore, "db1", "backup:srv:data"));
    assert!(!of(Verb::Restart, "web1", "api.service"));
    assert!(!of(Verb::Rollback, "web2", "api.service"));
    assert!(!of(Verb::Deploy, "web1", "other.service"));
    assert!(!of(Verb::Restore, "web1", "api.service"));
    assert!(!of(Verb::Restore, "db1", "backup:srv:other"));
    assert!(!drill.covers(&plan("other", Verb::Deploy, "web1", "api.service", Change::Reversible)));
}

//! Of plans by which data comes down, and what they ship.

use std::process::Command;

use super::*;
use crate::model::fleet::Env;
use crate::model::ids::HostId;
use crate::model::plan::{Input, Step, Undo};
use crate::model::restore::{BackupLook, SourceLook};
use crate::model::spec::{EnvSpec, FleetSpec, Tier};
use crate::model::sync::{Scrub, SyncFrom, SyncSource, SyncSpec};
use crate::model::verb::Verb;

fn env(name: &str, tier: Tier) -> Env {
    let spec = EnvSpec {
        name: name.into(),
        tier,
        protected: false,
        hosts: Vec::new(),
        services: Vec::new(),
        ports: Vec::new(),
        silences: Vec::new(),
        backups: Arc::default(),
        syncs: Arc::default(),
        windows: Arc::default(),
    };
    let spec = FleetSpec { envs: vec![spec], ..FleetSpec::default() };
    crate::model::fleet::Fleet::new(&spec).envs.remove(0)
}

fn down() -> Downward {
    Downward::new(&env("it's up", Tier::Production), &env("it's down", Tier::Staging)).unwrap()
}

fn target(scrub: Scrub) -> SyncTarget {
    let source = SyncSource {
        machine: "m1".into(),
        real: "/srv/it's data".into(),
        at: "1:2".into(),
        place: "8:1 /srv/it's data".into(),
        size: Some(1000),
        files: Some(44),
        faults: Vec::new(),
    };
    let spec = SyncSpec {
        name: "it's data".into(),
        host: "dev1".into(),
        to: "/srv/it's data".into(),
        from: SyncFrom { env: "it's up".into(), host: None, path: "/srv/it's data".into() },
        scrub,
    };
    let there = BackupLook {
        source: SourceLook {
            kind: "directory".into(),
            at: "1:77".into(),
            real: "/srv/it's data".into(),
            size: Some(500),
            files: Some(4),
            free: Some(100_000),
            ..SourceLook::default()
        },
        gnu: true,
        ..BackupLook::default()
    };
    let sync = SyncLook {
        source: source.clone(),
        owner: "it's dev".into(),
        admits: true,
        there,
        ..SyncLook::default()
    };
    SyncTarget {
        id: InstanceId { host: HostId::new("it's down", "dev1"), service: "it's data".into() },
        ask: SyncAsk {
            spec,
            env: "it's down".into(),
            from: "web1".into(),
            source,
            units: Vec::new(),
        },
        writers: Vec::new(),
        others: Vec::new(),
        look: Look {
            machine: "m2".into(),
            boot: "b".into(),
            root: true,
            tools: ["setsid", "systemd-run"].into_iter().map(Into::into).collect(),
            systemd: Some(252),
            disk: Some(1 << 30),
            sync: Some(Box::new(sync)),
            ..Look::default()
        },
        seen: Timestamp::from_secs(1),
    }
}

fn script() -> Scrub {
    Scrub::Script("echo 'it is done'".into())
}

fn intent(env: &str) -> Intent {
    let phrase = "dev1:/srv/it's data".to_owned();
    let input = Input::Sync { from: "it's up".into(), waived: None, phrase };
    let (services, hosts) = (vec!["it's data".into()], vec!["dev1".into()]);
    Intent { input, ..Intent::of(Verb::Sync, env.into(), services, hosts) }
}

fn planned(target: &SyncTarget) -> Result<Plan, String> {
    let plan = plan(intent("it's down"), &down(), false, target);
    plan.map_err(|mut refusals| refusals.remove(0).1)
}

/// With what a look says otherwise.
fn changed(change: impl FnOnce(&mut SyncLook)) -> SyncTarget {
    let mut target = target(script());
    change(target.look.sync.as_deref_mut().unwrap());
    target
}

#[test]
fn every_script_is_one_that_a_shell_reads_whatever_names_there_are() {
    for scrub in [script(), Scrub::Waived("it's \"nothing\" `id` $(id)".into())] {
        let plan = planned(&target(scrub)).unwrap();
        let host = &plan.hosts[0];
        let undo = |step: &Step| match &step.undo {
            Undo::Script(script) => Some(script.clone()),
            Undo::NotNeeded | Undo::NotPossible(_) => None,
        };
        let undos: Vec<String> = host.steps.iter().filter_map(undo).collect();
        let steps = host.steps.iter().map(|step| &step.script);
        for script in steps.chain(&undos).chain([&host.common]) {
            for shell in ["sh", "bash"] {
                let read = Command::new(shell).args(["-n", "-c", script]).output().unwrap();
                assert!(read.status.success(), "{read:?}\n{script}");
            }
        }
    }
}

#[test]
fn there_is_no_plan_but_of_the_very_environments_that_go_down() {
    let target = target(script());
    for env in ["it's up", "other"] {
        assert!(plan(intent(env), &down(), false, &target).is_err(), "{env}");
    }
    let mut other = target.clone();
    other.id.host = HostId::new("it's up", "dev1");
    assert!(plan(intent("it's down"), &down(), false, &other).is_err());
    let mut other = target.clone();
    other.ask.spec.from.env = "it's down".into();
    assert!(plan(intent("it's down"), &down(), false, &other).is_err());
    let plan = planned(&target).unwrap();
    assert_eq!(plan.tier, Tier::Staging);
}

#[test]
fn it_is_confirmed_by_host_and_path_in_every_environment() {
    let plan = planned(&target(script())).unwrap();
    assert!(plan.is_typed());
    assert_eq!(plan.phrase(), "dev1:/srv/it's data");
}

#[test]
fn the_first_step_asks_the_host_what_it_is_and_nothing_is_stopped_before_the_scrub() {
    let plan = planned(&target(script())).unwrap();
    let steps = &plan.hosts[0].steps;
    assert_eq!(steps[0].number, 10);
    let identity = steps[0].script.find("qd_identity 'it'\\''s down' 'it'\\''s up' 'm1'");
    let same = steps[0].script.find("same 'machine'");
    assert!(identity.is_some() && identity < same, "{}", steps[0].script);
    let place = |words: &str| steps.iter().position(|step| step.script.contains(words));
    assert!(place("QUARTERDECK_DATA") < place("mv -T -- \"$src\""));
    assert!(steps.iter().all(|step| !step.script.contains("web1:") || step.number >= 30));
}

#[test]
fn a_source_that_grows_is_the_same_plan_and_another_one_is_not() {
    let hash = |target: &SyncTarget| planned(target).unwrap().hash().to_owned();
    let first = hash(&target(script()));
    let of = |change: fn(&mut SyncSource)| hash(&changed(|look| change(&mut look.source)));
    assert_eq!(of(|source| source.size = Some(2000)), first);
    assert_ne!(of(|source| source.machine = "m3".into()), first);
    assert_ne!(of(|source| source.at = "1:3".into()), first);
    assert_ne!(hash(&target(Scrub::Script("true".into()))), first);
    assert_ne!(hash(&target(Scrub::Waived("true".into()))), first);
}

#[test]
fn what_stands_against_it_is_said() {
    let why = |change: fn(&mut SyncLook)| planned(&changed(change)).unwrap_err();
    for (said, part) in [
        (why(|look| look.refused.push("it is production".into())), "it is production"),
        (why(|look| look.source.faults.push("gone".into())), "gone"),
        (why(|look| look.admits = false), "did not say that its data may be replaced"),
        (why(|look| look.source.size = None), "how much comes is not known"),
        (why(|look| look.source.files = Some(0)), "no file"),
        (why(|look| look.source.size = Some(60_000)), "twice what comes"),
        (why(|look| look.there.source.free = None), "is not known"),
        (why(|look| look.there.source.kind = "".into()), "install -d -o app"),
        (why(|look| look.there.source.kind = "link".into()), "is no directory"),
        (why(|look| look.there.source.real = "/srv/x".into()), "in truth"),
        (why(|look| look.there.source.mounted = true), "file system of its own"),
        (why(|look| look.owner = "UNKNOWN".into()), "no user that is known"),
        (
            why(|look| (look.owner, look.open) = ("root".into(), "/srv".into())),
            "/srv may be changed",
        ),
        (why(|look| look.there.gnu = false), "no GNU tar"),
        (why(|look| look.there.taken.push("app is frozen".into())), "app is frozen"),
        (why(|look| look.there.writers.push((7, "cp".into(), "/user".into()))), "process 7"),
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }
}

#[test]
fn a_waived_scrub_is_said_with_its_reason() {
    let plan = planned(&target(Scrub::Waived("rooms are public".into()))).unwrap();
    let host = &plan.hosts[0];
    assert!(host.warnings.iter().any(|line| line.contains("is not scrubbed: rooms are public")));
    assert!(host.steps.iter().any(|step| step.title.contains("waived")));
}

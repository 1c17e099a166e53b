//! Of plans and what they ship.

use std::process::Command;

use super::*;
use crate::model::action::{ActionSpec, InputSpec, Run};
use crate::model::check::{CheckSpec, Target as Asked};
use crate::model::deploy::{DeployLook, DeploySpec, Release, ReleaseKind, Strategy, Then};
use crate::model::ids::HostId;
use crate::model::look::{Stranger, UnitLook};
use crate::model::operation::OpId;
use crate::model::plan::{Change, Input, Undo};
use crate::model::verb::Signal;

pub(super) fn unit(properties: &[(&str, &str)]) -> UnitLook {
    let mut all = vec![
        ("LoadState", "loaded"),
        ("ActiveState", "active"),
        ("SubState", "running"),
        ("NRestarts", "0"),
        ("InvocationID", "4f1c"),
        ("UnitFileState", "enabled"),
        ("TimeoutStartUSec", "1min 30s"),
        ("TimeoutStopUSec", "1min 30s"),
    ];
    all.extend_from_slice(properties);
    UnitLook {
        name: "it's api.service".into(),
        properties: all.into_iter().map(|(name, value)| (name.into(), value.into())).collect(),
        files: "1 2".into(),
    }
}

pub(super) fn target(unit: UnitLook) -> Target {
    let tools = ["setsid", "systemd-run", "curl", "bash", "ss", "xargs", "flock"];
    Target {
        id: InstanceId { host: HostId::new("production", "web1"), service: "api".into() },
        kind: Kind::Unit("it's api.service".into()),
        promises: Arc::new(Promises {
            checks: vec![
                CheckSpec::new(Asked::Http("http://127.0.0.1/it's".into())),
                CheckSpec::new(Asked::Tcp("127.0.0.1".into(), 5432)),
                CheckSpec::new(Asked::Command(vec!["pg_isready".into(), "it's".into()])),
            ],
            data: vec!["/srv/it's data".into()],
            ..Promises::default()
        }),
        look: Look {
            machine: "m".into(),
            boot: "b".into(),
            root: true,
            tools: tools.into_iter().map(Into::into).collect(),
            systemd: Some(252),
            disk: Some(1 << 30),
            units: vec![unit],
            stranger: Some(Stranger {
                pid: 68,
                start: 99,
                command: "python3 server.py".into(),
                uid: 0,
                directory: "/srv".into(),
                control_group: "/user.slice/user-0.slice/session-1.scope".into(),
            }),
            ..Look::default()
        },
        seen: Timestamp::from_secs(1),
        notes: Vec::new(),
        warnings: Vec::new(),
    }
}

pub(super) fn planned(verb: Verb, input: Input, target: &Target) -> Result<Plan, String> {
    let mut intent = Intent::new(verb, std::slice::from_ref(&target.id)).unwrap();
    intent.input = input;
    plan(intent, Tier::Production, true, std::slice::from_ref(target), &[], &[])
        .map_err(|refusals| refusals[0].1.clone())
}

fn input(verb: Verb) -> Input {
    match verb {
        Verb::Kill => Input::Signal(Signal::Term),
        Verb::Action => {
            Input::Action(action(), vec![("queue".to_owned(), "it's; rm -rf /".to_owned())])
        }
        Verb::DropIn => Input::DropIn("[Service]\nReadWritePaths=/srv/it's\n".to_owned()),
        _ => Input::None,
    }
}

fn action() -> Arc<ActionSpec> {
    Arc::new(ActionSpec {
        name: "drain".into(),
        doc: "drain a queue".into(),
        run: Run::Argv(vec!["drain-it".into(), "{queue}".into()]),
        undo: Some("fill \"$queue\"".into()),
        services: vec!["api".into()],
        inputs: vec![InputSpec { name: "queue".into(), default: None, choices: Vec::new() }],
        safe: false,
        gate: true,
        user: None,
        timeout: Duration::from_secs(5),
    })
}

#[test]
fn an_input_is_a_value_and_never_a_word_of_the_script() {
    let plan = planned(Verb::Action, input(Verb::Action), &target(unit(&[]))).unwrap();
    let step = &plan.hosts[0].steps[1];
    assert_eq!(step.script, "exec 'drain-it' 'it'\\''s; rm -rf /'\n");
    let Undo::Script(undo) = &step.undo else { panic!("it has an undo") };
    let said = Command::new("sh")
        .args(["-c", &format!("fill() {{ printf '%s' \"$1\"; }}\n{undo}")])
        .output()
        .unwrap();
    assert_eq!(String::from_utf8_lossy(&said.stdout), "it's; rm -rf /");
}

/// A state in which the verb makes sense.
pub(super) fn fitting(verb: Verb) -> Target {
    let mut target = target(match verb {
        Verb::Start => unit(&[("ActiveState", "failed"), ("SubState", "failed")]),
        Verb::Reload => unit(&[("CanReload", "yes")]),
        Verb::ResetFailed => unit(&[("NRestarts", "7")]),
        Verb::Enable => unit(&[("UnitFileState", "disabled")]),
        Verb::Run => unit(&[("Unit", "nightly.service")]),
        _ => unit(&[]),
    });
    if verb == Verb::Run {
        target.kind = Kind::Timer("nightly.timer".into());
    }
    if matches!(verb, Verb::Deploy | Verb::Rollback) {
        deployed(&mut target, release());
    }
    target
}

/// Of a repository into directories.
pub(super) fn release() -> Strategy {
    Strategy::Release {
        repository: "/srv/it's.git".into(),
        reference: "main".into(),
        shared: vec!["it's data".into()],
        keep: 3,
    }
}

/// Something was deployed twice, and a third one is wanted.
pub(super) fn deployed(target: &mut Target, strategy: Strategy) {
    let spec = DeploySpec {
        strategy,
        build: Some("npm ci && echo 'it is'".into()),
        user: None,
        verify: None,
        migration: None,
        then: Then::Restart,
        timeout: Duration::from_secs(900),
        free: 10,
        after: None,
        backup: None,
        rollback_within: None,
    };
    let one = |id: &str, revision: &str, healthy, at| Release {
        id: id.into(),
        revision: revision.into(),
        healthy,
        kind: ReleaseKind::Deploy,
        kept: true,
        at,
        by: "ana".into(),
    };
    target.look.tools.insert("runuser".into());
    target.look.deploy = Some(Box::new(DeployLook {
        owner: "app".into(),
        current: "2222".into(),
        link: "releases/B".into(),
        wanted: "3333".into(),
        from: "/srv/it's.git".into(),
        free: Some(100),
        releases: vec![
            one("C", "2223", false, 9),
            one("B", "2222", true, 5),
            one("A", "1111", true, 1),
        ],
        ..DeployLook::default()
    }));
    let promises = Promises {
        deploy: Some(Arc::new(spec)),
        directory: Some("/srv/it's".into()),
        ..Promises::clone(&target.promises)
    };
    target.promises = Arc::new(promises);
}

/// Shells know it for a script.
pub(super) fn is_read(script: &str, what: &str) {
    for shell in ["sh", "bash"] {
        let read = Command::new(shell).args(["-n", "-c", script]).output().unwrap();
        let said = String::from_utf8_lossy(&read.stderr);
        assert!(read.status.success(), "{what}: {said}\n{script}");
    }
}

#[test]
fn every_script_of_every_verb_is_one_that_a_shell_reads() {
    for verb in Verb::ALL.iter().filter(|verb| !verb.is_of_backup() && **verb != Verb::Sync) {
        let plan = planned(*verb, input(*verb), &fitting(*verb)).unwrap();
        for step in &plan.hosts[0].steps {
            let undo = match &step.undo {
                Undo::Script(script) => Some(script),
                Undo::NotNeeded | Undo::NotPossible(_) => None,
            };
            for script in [&step.script].into_iter().chain(undo) {
                is_read(script, &format!("{verb:?} {}", step.number));
            }
        }
    }
}

#[test]
fn what_changes_something_says_how_it_is_taken_back_or_why_not() {
    for verb in Verb::ALL.iter().filter(|verb| !verb.is_of_backup() && **verb != Verb::Sync) {
        let plan = planned(*verb, input(*verb), &fitting(*verb)).unwrap();
        assert!(plan.change() != Change::ReadOnly, "{verb:?} does something");
        for step in &plan.hosts[0].steps {
            match (step.change, &step.undo) {
                (Change::ReadOnly, Undo::NotNeeded)
                | (Change::Reversible | Change::Additive, Undo::Script(_)) => {}
                (Change::Irreversible, Undo::NotPossible(why)) if !why.is_empty() => {}
                other => panic!("{verb:?} {}: {other:?}", step.number),
            }
        }
    }
}

#[test]
fn what_cannot_be_done_is_refused_with_its_reason() {
    let refused = |verb, properties: &[(&str, &str)]| {
        planned(verb, input(verb), &target(unit(properties))).unwrap_err()
    };
    assert!(refused(Verb::Start, &[]).contains("runs already"));
    assert!(refused(Verb::Stop, &[("ActiveState", "inactive")]).contains("does not run"));
    assert!(refused(Verb::Reload, &[("CanReload", "no")]).contains("ExecReload"));
    assert!(refused(Verb::Enable, &[]).contains("enabled already"));
    assert!(refused(Verb::Enable, &[("UnitFileState", "static")]).contains("static"));
    assert!(refused(Verb::Restart, &[("LoadState", "not-found")]).contains("no such unit"));
    assert!(refused(Verb::Restart, &[("LoadState", "masked")]).contains("masked"));
    assert!(refused(Verb::Restart, &[("RefuseManualStop", "yes")]).contains("RefuseManualStop"));
}

#[test]
fn a_host_that_cannot_hold_an_operation_is_refused() {
    let refused = |change: fn(&mut Look)| {
        let mut target = target(unit(&[]));
        change(&mut target.look);
        planned(Verb::Restart, Input::None, &target).unwrap_err()
    };
    assert!(refused(|look| look.root = false).contains("sudo"));
    assert!(refused(|look| look.file_system = "nfs".into()).contains("excludes nobody"));
    assert!(refused(|look| look.disk = Some(1000)).contains("left"));
    assert!(
        refused(|look| {
            look.tools.remove("setsid");
        })
        .contains("setsid")
    );
}

#[test]
fn a_unit_that_is_restarted_all_the_time_is_not_bound_to_its_run() {
    let names = |properties: &[(&str, &str)]| {
        let plan = planned(Verb::Restart, Input::None, &target(unit(properties))).unwrap();
        plan.hosts[0].facts.iter().map(|fact| fact.name.clone()).collect::<Vec<_>>()
    };
    assert!(names(&[]).contains(&"run".to_owned()));
    assert!(!names(&[("NRestarts", "33")]).contains(&"run".to_owned()));
    assert!(
        !names(&[("ActiveState", "activating"), ("SubState", "auto-restart")])
            .contains(&"run".to_owned())
    );
}

#[test]
fn a_process_of_another_unit_or_of_a_container_is_not_adopted() {
    let refused = |group: &str| {
        let mut target = target(unit(&[]));
        target.look.stranger.as_mut().unwrap().control_group = group.into();
        planned(Verb::Adopt, Input::None, &target)
    };
    assert!(refused("/system.slice/other.service").unwrap_err().contains("other.service"));
    assert!(refused("/system.slice/docker-1.scope").unwrap_err().contains("container"));
    assert!(refused("/user.slice/user-0.slice/session-1.scope").is_ok());
    assert!(refused("/system.slice/cron.service").is_ok());
}

#[test]
fn a_subject_is_one_file_name_and_no_other_s() {
    let of = |text: &str| Kind::Process(text.into()).subject();
    assert_eq!(&*Kind::Unit("a@b\\x2dc.service".into()).subject(), "a@b\\x2dc.service");
    for hostile in ["../../etc/x", "a b", "a;b", "", "ü"] {
        let name = of(hostile);
        assert!(!name.contains(['/', ' ', ';', '\n']), "{name}");
        assert!(!name.starts_with('.') && name.len() < 255);
    }
    assert_ne!(of("a b"), of("a_b"));
}

#[test]
fn what_is_shipped_is_what_was_shown() {
    let plan = planned(Verb::Stop, Input::None, &target(unit(&[]))).unwrap();
    let run = OpId::new(Timestamp::from_secs(1), 7).run(0);
    let files = files(&run, &plan, &plan.hosts[0], "typed", "ana@\"x\"\n");
    let content = |name: &str| {
        files.files.iter().find(|(file, _)| file == name).map(|(_, content)| content.clone())
    };
    assert_eq!(content("20.do").unwrap(), plan.hosts[0].steps[1].script);
    assert!(content("20.undo").is_some());
    assert_eq!(content("order").unwrap().lines().count(), 3);
    let audit = format!("{}}}", content("audit").unwrap().trim_end());
    let audit: serde_json::Value = serde_json::from_str(&audit).unwrap();
    assert_eq!(audit["plan"], plan.hash());
    assert!(content("audit").unwrap().starts_with("{\"ev\":\"@\""));
    let all: String = files.files.iter().map(|(_, content)| content.as_str()).collect();
    assert_eq!(files.sum, crate::model::digest::sha256(all.as_bytes()));
}

#[test]
fn a_span_of_systemd_is_read() {
    for (text, secs) in
        [("1min 30s", 90.0), ("500ms", 0.5), ("infinity", 600.0), ("", 600.0), ("2h", 7200.0)]
    {
        assert_eq!(span(text), Duration::from_secs_f64(secs), "{text}");
    }
}

#[test]
fn what_may_hurt_goes_one_by_one_in_a_protected_environment() {
    let two = |verb: Verb| {
        let mut targets = vec![fitting(verb), fitting(verb)];
        targets[1].id.host = HostId::new("production", "web2");
        let ids: Vec<InstanceId> = targets.iter().map(|target| target.id.clone()).collect();
        let mut intent = Intent::new(verb, &ids).unwrap();
        intent.input = input(verb);
        plan(intent, Tier::Production, true, &targets, &[], &[]).unwrap().batches.len()
    };
    assert_eq!(two(Verb::Restart), 2);
    assert_eq!(two(Verb::Action), 2, "an action of one's own may do anything");
    assert_eq!(two(Verb::Enable), 1);
}

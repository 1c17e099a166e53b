//! Of plans about backups and what they ship.

mod databases;

use std::process::Command;

use super::*;
use crate::model::action::Run;
use crate::model::backup::{
    BackupFacts, Checked, Comparison, Copy, Identity, Integrity, Keep, TimeFrom,
};
use crate::model::ids::HostId;
use crate::model::look::UnitLook;
use crate::model::plan::{Change, Input, Undo};
use crate::model::restore::{Proof, SourceLook, Sum};
use crate::model::spec::Promises;

const NOW: i64 = 1_790_000_000;
const HOUR: i64 = 3600;

fn spec() -> BackupSpec {
    BackupSpec {
        name: "it's data".into(),
        host: "web1".into(),
        source: Some("/srv/it's data".into()),
        database: None,
        way: Way::Files {
            directory: "/srv/it's backups".into(),
            pattern: "data-*.tar.gz".into(),
            folders: false,
        },
        every: Duration::from_secs(6 * 3600),
        grace: Duration::ZERO,
        keep: Some(Keep::Count(2)),
        restore_within: None,
        min_size: None,
        time_from: TimeFrom::Mtime,
        job: None,
        make: None,
    }
}

fn copy(hours: i64) -> Copy {
    let changed = NOW - hours * HOUR;
    let identity = Identity { place: (1, hours.unsigned_abs()), size: 9000, changed };
    Copy { name: format!("data-{hours}.tar.gz").into(), at: changed, size: Some(9000), identity }
}

fn proof(hours: i64) -> Proof {
    let copy = copy(hours);
    let comparison = Comparison {
        sampled: 40,
        copied_files: 44,
        newest_live: Some(NOW - 60),
        ..Comparison::default()
    };
    Proof {
        path: format!("/srv/it's backups/{}", copy.name).into(),
        folder: false,
        state: "1:7 9000 1".into(),
        sum: Sum::Good,
        checked: Checked {
            identity: copy.identity.clone(),
            at: NOW,
            kind: "gzip, tar".into(),
            integrity: Integrity::Good,
            comparison: Ok(comparison),
            size: None,
            twins: Vec::new(),
        },
        copy,
    }
}

fn target(restores: bool) -> BackupTarget {
    let unit = |state: &str| UnitLook {
        name: "it's api.service".into(),
        properties: [
            ("LoadState", "loaded"),
            ("ActiveState", state),
            ("SubState", "running"),
            ("NRestarts", "0"),
        ]
        .into_iter()
        .map(|(name, value)| (name.into(), value.into()))
        .collect(),
        files: "1 2".into(),
    };
    let writer = Writer {
        name: "api".into(),
        unit: "it's api.service".into(),
        promises: Arc::new(Promises::default()),
    };
    let backup = BackupLook {
        facts: BackupFacts {
            taken: NOW,
            copies: vec![copy(2), copy(8), copy(14)],
            ..BackupFacts::default()
        },
        place: "1:2".into(),
        place_free: Some(100_000),
        source: SourceLook {
            kind: "directory".into(),
            at: "1:77".into(),
            real: "/srv/it's data".into(),
            size: Some(1000),
            files: Some(44),
            free: Some(100_000),
            ..SourceLook::default()
        },
        gnu: true,
        proofs: vec![proof(2)],
        ..BackupLook::default()
    };
    BackupTarget {
        id: InstanceId { host: HostId::new("lab", "web1"), service: "it's data".into() },
        ask: BackupAsk {
            spec: Arc::new(spec()),
            restores,
            from: None,
            units: vec!["it's api.service".into()],
        },
        writers: vec![writer],
        others: Vec::new(),
        look: Look {
            machine: "m".into(),
            boot: "b".into(),
            root: true,
            tools: ["setsid", "systemd-run"].into_iter().map(Into::into).collect(),
            systemd: Some(252),
            disk: Some(1 << 30),
            units: vec![unit("active")],
            backup: Some(Box::new(backup)),
            ..Look::default()
        },
        seen: Timestamp::from_secs(1),
        drilled: None,
    }
}

fn planned(target: &BackupTarget) -> Result<Plan, String> {
    let restores = target.ask.restores;
    let phrase = "web1:/srv/it's data".to_owned();
    let verb = if restores { Verb::Restore } else { Verb::Backup };
    let (services, hosts) = (vec!["it's data".into()], vec!["web1".into()]);
    let mut intent = Intent::of(verb, "lab".into(), services, hosts);
    if restores {
        let from = target.ask.from.as_deref().map(str::to_owned);
        intent.input = Input::Restore { from, phrase };
    }
    plan(intent, Tier::Development, false, target)
        .map_err(|refusals| refusals.into_iter().map(|(_, why)| why).collect())
}

/// What is said of a target that is not as it has to be.
fn refused(restores: bool, change: impl FnOnce(&mut BackupTarget, &mut BackupLook)) -> String {
    let mut target = target(restores);
    let mut look = *target.look.backup.take().unwrap();
    change(&mut target, &mut look);
    target.look.backup = Some(Box::new(look));
    planned(&target).unwrap_err()
}

#[test]
fn every_script_is_one_that_shells_read() {
    for target in [target(true), target(false), {
        let mut own = target(false);
        let make = Some(Run::Script("echo \"it's\"".into()));
        own.ask.spec = Arc::new(BackupSpec { make, ..spec() });
        own
    }] {
        reads(&planned(&target).unwrap());
    }
}

/// Shells read all its scripts, and all that changes something can be taken back.
fn reads(plan: &Plan) {
    let host = plan.hosts.first().unwrap();
    let mut scripts = vec![host.common.clone()];
    for step in &host.steps {
        scripts.push(step.script.clone());
        if let Undo::Script(script) = &step.undo {
            scripts.push(script.clone());
        }
        let takes_back = matches!(step.undo, Undo::Script(_));
        let changes = matches!(step.change, Change::Additive | Change::Reversible);
        assert_eq!(takes_back, changes, "{}", step.title);
    }
    for script in scripts {
        for shell in ["dash", "bash"] {
            let read = Command::new(shell).args(["-n", "-c", &script]).output().unwrap();
            assert!(read.status.success(), "{shell}: {read:?}\n{script}");
        }
    }
}

#[test]
fn data_is_replaced_only_with_host_and_path_typed() {
    let plan = planned(&target(true)).unwrap();
    assert!(plan.is_typed() && !plan.protected);
    assert_eq!(plan.phrase(), "web1:/srv/it's data");
    let numbers: Vec<u8> = plan.hosts[0].steps.iter().map(|step| step.number).collect();
    assert_eq!(numbers, [10, 20, 30, 40, 50, 60, 61, 90]);
    assert!(plan.hosts[0].warnings[0].starts_with("discards 1 h 59 min of writes"), "{plan:?}");
    assert!(!planned(&target(false)).unwrap().is_typed());
}

#[test]
fn everybody_locks_the_same_whatever_they_call_it() {
    let mut other = spec();
    other.name = "something else".into();
    assert_eq!(subject(&spec()), subject(&other));
    other.source = Some("/srv/other".into());
    assert_ne!(subject(&spec()), subject(&other));
    assert!(!subject(&spec()).contains(['/', ' ', '\'']));
}

#[test]
fn what_cannot_be_brought_back_is_refused() {
    let source = |change: fn(&mut SourceLook)| refused(true, |_, look| change(&mut look.source));
    assert!(source(|source| source.kind = "link".into()).contains("symbolic link"));
    assert!(source(|source| source.kind = "file".into()).contains("one file"));
    assert!(source(|source| source.mounted = true).contains("file system of its own"));
    assert!(source(|source| source.free = Some(1999)).contains("has to be"));
    assert!(source(|source| source.free = None).contains("not known"));
    assert!(refused(true, |_, look| look.gnu = false).contains("GNU tar"));
    assert!(refused(true, |_, look| look.taken.push("api is frozen".into())).contains("frozen"));
    assert!(refused(true, |_, look| look.proofs.clear()).contains("there is no copy"));
    let stray = (68, "python3".into(), "/user.slice/session-1.scope".into());
    assert!(refused(true, |_, look| look.writers.push(stray)).contains("process 68 (python3"));
    let own = (69, "api".into(), "/system.slice/it's api.service".into());
    let mut with = target(true);
    with.look.backup.as_mut().unwrap().writers.push(own);
    assert!(planned(&with).is_ok());
    let copy = |change: fn(&mut Proof)| refused(true, |_, look| change(&mut look.proofs[0]));
    assert!(copy(|proof| proof.sum = Sum::Bad).contains("checksum"));
    assert!(
        copy(|proof| proof.checked.integrity = Integrity::Corrupt("x".into()))
            .contains("cannot be read")
    );
    assert!(
        copy(|proof| proof.checked.kind = "gzip, pgsql".into())
            .contains("declared with `database`")
    );
    assert!(copy(|proof| proof.copy.at -= 12 * HOUR).contains("not fresh"));
    assert!(
        copy(|proof| proof.checked.comparison.as_mut().unwrap().missing = 30)
            .contains("something else")
    );
}

#[test]
fn what_somebody_names_is_theirs_to_judge_unless_it_cannot_be_read() {
    let mut named = target(true);
    named.ask.from = Some("data-2.tar.gz".into());
    let doubtful = |proof: &mut Proof| {
        proof.copy.at -= 100 * HOUR;
        proof.checked.comparison.as_mut().unwrap().missing = 30;
    };
    doubtful(&mut named.look.backup.as_mut().unwrap().proofs[0]);
    let plan = planned(&named).unwrap();
    let said = plan.hosts[0].warnings.join("\n");
    assert!(said.contains("not fresh") && said.contains("something else"), "{said}");
    let proof = &mut named.look.backup.as_mut().unwrap().proofs[0];
    proof.checked.integrity = Integrity::Empty;
    assert!(planned(&named).unwrap_err().contains("holds nothing"));
}

#[test]
fn a_copy_is_made_only_where_it_can_be_told_to_be_one() {
    let refused = |change: fn(&mut BackupSpec, &mut BackupLook)| {
        refused(false, |target, look| {
            let mut own = spec();
            change(&mut own, look);
            target.ask.spec = Arc::new(own);
        })
    };
    let way = |pattern: &str| Way::Files {
        directory: "/srv/backups".into(),
        pattern: pattern.into(),
        folders: false,
    };
    assert!(refused(|spec, _| spec.source = None).contains("`make"));
    assert!(refused(|_, look| look.place_free = Some(1000)).contains("has to fit"));
    assert!(refused(|_, look| look.source.kind = Box::default()).contains("is not there"));
    assert!(refused(|spec, _| spec.source = Some("/srv".into())).contains("in the source itself"));
    for pattern in ["*.sql.gz", "data.tar.gz", "*-*.tar.gz", "*.tar.gz", "data-?.tar.gz"] {
        let mut target = target(false);
        target.ask.spec = Arc::new(BackupSpec { way: way(pattern), ..spec() });
        assert!(planned(&target).unwrap_err().contains("`make"), "{pattern}");
    }
    let git = Way::Git { directory: "/srv".into() };
    let mut target = target(false);
    target.ask.spec = Arc::new(BackupSpec { way: git, ..spec() });
    assert!(planned(&target).unwrap_err().contains("made by git"));
}

#[test]
fn what_is_let_go_is_named_and_never_what_was_just_made() {
    let plan = planned(&target(false)).unwrap();
    let last = plan.hosts[0].steps.last().unwrap();
    assert_eq!((last.number, last.change), (40, Change::Irreversible));
    assert!(last.script.contains("for one in 'data-8.tar.gz' 'data-14.tar.gz'"), "{}", last.script);
    let mut none = target(false);
    none.ask.spec = Arc::new(BackupSpec { keep: None, ..spec() });
    assert_eq!(planned(&none).unwrap().hosts[0].steps.len(), 2);
}

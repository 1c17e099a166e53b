//! Each rule fires on its own fault, and a good backup has none.

use std::time::Duration;

use crate::doctor::case::{Case, NOW, wall};
use crate::model::backup::{
    BackupFacts, BackupSpec, Checked, Comparison, Copy, Identity, Integrity, Job, JobFacts, Keep,
    Kept, Named, Place, TimeFrom, Way,
};
use crate::model::finding::Finding;
use crate::model::job::{self, JobOrigin, Jobs, LastRun, RunEnd};
use crate::model::path::{PathFacts, PathKind};
use crate::model::rule::Rule;
use crate::model::script::Pruned;
use crate::model::severity::Severity;
use crate::model::spec::Promises;

const HOUR: i64 = 3600;
const SOURCE: &str = "/mnt/c/production/data";
const STALE: &str = "/mnt/c/production-data";

fn spec() -> BackupSpec {
    BackupSpec {
        name: "data".into(),
        host: "h".into(),
        source: Some(SOURCE.into()),
        database: None,
        way: Way::Files { directory: "/b".into(), pattern: "data-*.tar.gz".into(), folders: false },
        every: Duration::from_secs(6 * 3600),
        grace: Duration::from_secs(1800),
        keep: None,
        restore_within: None,
        min_size: None,
        time_from: TimeFrom::Mtime,
        job: None,
        make: None,
    }
}

fn copy(age: i64, size: u64) -> Copy {
    let at = wall(age);
    Copy {
        name: format!("data-{age}.tar.gz").into(),
        at,
        size: Some(size),
        identity: Identity { place: (1, age.unsigned_abs()), size, changed: at },
    }
}

fn checked(copy: &Copy, integrity: Integrity, comparison: Comparison) -> Checked {
    Checked {
        identity: copy.identity.clone(),
        at: wall(60),
        kind: "gzip, tar".into(),
        integrity,
        comparison: Ok(comparison),
        size: None,
        twins: Vec::new(),
    }
}

fn alike() -> Comparison {
    Comparison { live_files: 200, copied_files: 200, sampled: 150, ..Comparison::default() }
}

/// Eight good copies, the newest an hour old and of its source.
fn good() -> BackupFacts {
    let copies: Vec<Copy> = (0..8).map(|n| copy(HOUR + n * 6 * HOUR, 4000)).collect();
    let check = checked(&copies[0], Integrity::Good, alike());
    BackupFacts {
        taken: NOW.as_secs(),
        place: Place::Read,
        device: Some(2),
        count: 8,
        checks: [(check.identity.clone(), check)].into(),
        copies,
        source: Some(PathFacts {
            kind: PathKind::Directory,
            identity: Some((1, 1)),
            ..PathFacts::default()
        }),
        ..BackupFacts::default()
    }
}

fn case(spec: BackupSpec, facts: BackupFacts) -> Case {
    Case::new().backup(spec, facts)
}

fn rules(case: &Case) -> Vec<Rule> {
    case.findings().iter().map(|finding| finding.key.rule).collect()
}

fn found(facts: BackupFacts, rule: Rule) -> Option<Finding> {
    case(spec(), facts).found(rule)
}

fn reads(path: &str, identity: (u64, u64)) -> JobFacts {
    JobFacts {
        script: "/opt/backup.sh".into(),
        changed: Some(wall(90 * 86_400)),
        started_by: "/etc/crontab:3".into(),
        line: "/opt/backup.sh".into(),
        into: "/b/data-….tar.gz".into(),
        reads: vec![Named {
            path: path.into(),
            line: 10,
            text: "cp -r \"$SOURCE_DIR\"/* \"$BACKUP_DIR/\"".into(),
            identity: Some(identity),
        }],
        ..JobFacts::default()
    }
}

fn newest(facts: &mut BackupFacts) -> &mut Checked {
    let identity = facts.copies[0].identity.clone();
    facts.checks.get_mut(&identity).unwrap()
}

#[test]
fn a_good_backup_is_no_finding() {
    assert_eq!(rules(&case(spec(), good())), []);
    let mut facts = good();
    facts.job = Some(reads(SOURCE, (1, 1)));
    assert_eq!(rules(&case(spec(), facts)), []);
}

#[test]
fn a_script_that_reads_the_stale_directory_makes_backups_of_the_wrong_source() {
    let mut facts = good();
    facts.job = Some(reads(STALE, (1, 2)));
    // All of the source has changed since: nothing can be told from what is in it.
    newest(&mut facts).comparison = Ok(Comparison { sampled: 0, ..alike() });
    let wrong = found(facts.clone(), Rule::BackupWrongSource).unwrap();
    assert_eq!(wrong.severity, Severity::Critical);
    assert!(
        wrong.summary.contains(&format!("of {STALE} and not of {SOURCE}")),
        "{}",
        wrong.summary
    );
    let proof = |text: &str| wrong.evidence.iter().any(|line| line.text.contains(text));
    assert!(proof("cp -r") && proof("(reads /mnt/c/production-data)"), "{:#?}", wrong.evidence);
    assert_eq!(wrong.fix[0].command, "sed -n -e 10p '/opt/backup.sh'");

    // A link to the source is the source.
    facts.job = Some(reads(STALE, (1, 1)));
    assert_eq!(found(facts.clone(), Rule::BackupWrongSource), None);
    // What the script says now was not so when the newest was made.
    let mut later = reads(STALE, (1, 2));
    later.changed = Some(wall(60));
    facts.job = Some(later);
    assert_eq!(found(facts, Rule::BackupWrongSource), None);
}

/// The directory of the copies begins with the name of the stale one.
#[test]
fn the_line_to_edit_is_the_one_that_names_it_and_no_other() {
    let script = format!(
        "script /opt/backup.sh\n|#!/bin/sh\n|B={STALE}-backups/x\n|S=\"{STALE}\"\n|cp -r \"$S\"/* $B\n"
    );
    let mut facts = good();
    facts.job = Some(reads(STALE, (1, 2)));
    newest(&mut facts).comparison = Ok(Comparison { sampled: 0, ..alike() });
    let mut case = case(spec(), facts);
    case.host().scripts.see(crate::probe::scripts::examine(&[], &script), NOW);
    let wrong = case.found(Rule::BackupWrongSource).unwrap();
    assert_eq!(wrong.fix[0].command, "sed -n -e 3p '/opt/backup.sh'");
    assert_eq!(wrong.fix[1].note, format!("line 3 of /opt/backup.sh: S=\"{SOURCE}\""));
    assert!(wrong.fix.iter().all(|step| !step.note.contains("-backups")), "{:#?}", wrong.fix);
    assert!(!wrong.evidence.iter().any(|line| line.text.contains("of 0")), "{wrong:#?}");
}

#[test]
fn files_that_have_not_changed_and_are_not_in_it_make_it_of_something_else() {
    // The figures of the incident: 231 files, of which 31 are missing and 3 differ.
    let mut facts = good();
    newest(&mut facts).comparison =
        Ok(Comparison { sampled: 231, missing: 31, different: 3, ..alike() });
    newest(&mut facts).twins = vec![(STALE.into(), alike())];
    let wrong = found(facts.clone(), Rule::BackupWrongSource).unwrap();
    assert!(wrong.summary.contains(STALE), "{}", wrong.summary);
    // One in twenty may be in the midst of being changed.
    newest(&mut facts).comparison = Ok(Comparison { sampled: 200, missing: 5, ..alike() });
    newest(&mut facts).twins.clear();
    assert_eq!(found(facts, Rule::BackupWrongSource), None);
}

#[test]
fn a_copy_that_keeps_times_and_is_older_than_the_source_was_is_of_something_else() {
    let mut facts = good();
    let times = |newest: i64| Comparison {
        newest_copied: Some(newest),
        oldest_copied: Some(wall(90 * 86_400)),
        newest_before: Some(wall(2 * HOUR)),
        ..alike()
    };
    newest(&mut facts).comparison = Ok(times(wall(3 * 86_400)));
    assert!(found(facts.clone(), Rule::BackupWrongSource).is_some());
    newest(&mut facts).comparison = Ok(times(wall(2 * HOUR)));
    assert_eq!(found(facts, Rule::BackupWrongSource), None);
}

#[test]
fn paths_of_a_snapshot_are_believed() {
    let mut restic = spec();
    restic.way = Way::Restic { repository: "/r".into(), password_file: None };
    let mut facts = good();
    newest(&mut facts).comparison = Err("its tool says".into());
    facts.says = vec![STALE.into()];
    assert!(case(restic.clone(), facts.clone()).found(Rule::BackupWrongSource).is_some());
    facts.says = vec!["/mnt/c/production".into()];
    assert_eq!(case(restic, facts).found(Rule::BackupWrongSource), None);
}

#[test]
fn what_cannot_be_read_is_corrupt_and_does_not_count() {
    let mut facts = good();
    newest(&mut facts).integrity = Integrity::Corrupt("gzip: unexpected end of file".into());
    let corrupt = found(facts.clone(), Rule::BackupCorrupt).unwrap();
    assert_eq!(corrupt.severity, Severity::Critical);
    // The one before it is 7 hours old, which is more than 6.5.
    assert!(found(facts, Rule::BackupLate).is_some());
}

#[test]
fn late_is_later_than_promised_with_its_grace() {
    let aged = |age: i64| {
        let mut facts = good();
        facts.copies = vec![copy(age, 4000)];
        facts
    };
    assert!(found(aged(6 * HOUR + 1900), Rule::BackupLate).is_some());
    assert_eq!(found(aged(6 * HOUR + 1700), Rule::BackupLate), None);
}

#[test]
fn none_at_all_is_missing_and_one_that_may_not_be_seen_is_not() {
    let none = BackupFacts { copies: Vec::new(), count: 0, ..good() };
    assert!(found(none, Rule::BackupMissing).is_some());
    let gone = BackupFacts { place: Place::Missing, ..good() };
    assert!(found(gone, Rule::BackupMissing).is_some());
    let denied = BackupFacts { place: Place::Denied, ..good() };
    assert_eq!(found(denied.clone(), Rule::BackupMissing), None);
    assert_eq!(found(denied, Rule::BackupUnverified).unwrap().severity, Severity::Unknown);
}

#[test]
fn half_of_what_is_usual_is_shrunk_and_nothing_is_too_small() {
    let sized = |size: u64| {
        let mut facts = good();
        facts.copies[0] = copy(HOUR, size);
        facts
    };
    assert!(found(sized(1900), Rule::BackupShrunk).is_some());
    assert_eq!(found(sized(2100), Rule::BackupShrunk), None);
    // `gzip </dev/null`
    assert!(found(sized(20), Rule::BackupTooSmall).is_some());
    assert_eq!(found(sized(2100), Rule::BackupTooSmall), None);
}

#[test]
fn what_is_kept_can_never_reach_back_as_far_as_is_asked() {
    let mut thin = spec();
    thin.keep = Some(Keep::Gfs { daily: 7, weekly: 4, monthly: 12 });
    let mut facts = good();
    let mut job = reads(SOURCE, (1, 1));
    job.keeps = Some(Kept { keep: Pruned::Count(30), line: "tail -n +31".into() });
    facts.job = Some(job);
    assert!(case(thin.clone(), facts.clone()).found(Rule::BackupThinRetention).is_some());
    thin.keep = Some(Keep::Count(30));
    assert_eq!(case(thin, facts).found(Rule::BackupThinRetention), None);
}

#[test]
fn copies_on_the_disk_of_their_source_are_told() {
    assert!(found(BackupFacts { device: Some(1), ..good() }, Rule::BackupSameDisk).is_some());
    assert_eq!(found(good(), Rule::BackupSameDisk), None);
}

#[test]
fn one_that_was_not_looked_into_is_not_verified() {
    let facts = BackupFacts { checks: std::collections::BTreeMap::new(), ..good() };
    let pending = found(facts, Rule::BackupUnverified).unwrap();
    assert!(pending.confirm >= Duration::from_secs(60), "its check may not have ended yet");
    assert_eq!(found(good(), Rule::BackupUnverified), None);
    let mut facts = good();
    newest(&mut facts).integrity = Integrity::Unknown("no zstd there".into());
    let unverified = found(facts, Rule::BackupUnverified).unwrap();
    assert_eq!(unverified.severity, Severity::Info);
    assert!(
        unverified.fix[0].command.starts_with("tar -tvf '/b/data-3600.tar.gz'"),
        "{:?}",
        unverified.fix
    );
}

#[test]
fn data_in_production_that_no_backup_covers_is_told() {
    let promises = |path: &str| Promises { data: vec![path.into()], ..Promises::default() };
    let covered = Case::promising(promises("/mnt/c/production/data/x")).backup(spec(), good());
    assert_eq!(covered.found(Rule::BackupUndefined), None);
    let bare = Case::promising(promises("/srv/other")).backup(spec(), good());
    assert!(bare.found(Rule::BackupUndefined).is_some());
}

#[test]
fn a_job_that_failed_or_never_ran_is_told_while_there_are_still_good_copies() {
    let with = |end: Option<RunEnd>, facts: BackupFacts| {
        let mut timed = spec();
        timed.job = Some(Job::Timer("backup.timer".into()));
        let mut run = job::JobFacts::new(JobOrigin::Timer("backup.timer".into()));
        run.seen_since = Some(NOW - Duration::from_secs(86_400));
        run.due = Some(NOW - Duration::from_secs(4 * 3600));
        run.next = Some(NOW + Duration::from_secs(3600));
        run.last = end.map(|end| LastRun { at: NOW - Duration::from_secs(3600), end });
        let mut case = case(timed, facts);
        case.host().jobs.see(Jobs { list: vec![run], ..Jobs::default() }, NOW);
        case.found(Rule::BackupNeverRan)
    };
    assert_eq!(with(Some(RunEnd::Succeeded), good()), None);
    let failed = with(Some(RunEnd::Failed("exit-code".into())), good()).unwrap();
    assert!(failed.summary.contains("failed the last time (exit-code)"), "{}", failed.summary);
    assert!(with(None, good()).unwrap().summary.contains("has never run"));
    let none = BackupFacts { copies: Vec::new(), count: 0, ..good() };
    assert_eq!(with(None, none).unwrap().severity, Severity::Critical);
}

#[test]
fn a_copy_from_the_future_is_of_no_known_age() {
    let mut facts = good();
    facts.copies.insert(0, copy(-1000 * 86_400, 4000));
    let told = found(facts.clone(), Rule::BackupUnverified).unwrap();
    assert!(format!("{told:?}").contains("dated in the future"), "{told:?}");
    assert_eq!(found(facts.clone(), Rule::BackupLate), None, "the one before still counts");
    facts.copies.truncate(1);
    assert_eq!(found(facts, Rule::BackupLate).unwrap().severity, Severity::Critical);
}

//! Which findings follow from others: what is mended first stands first, and its effects say why
//! they are.

mod needs;

use super::patient::Patient;
use crate::model::finding::{Finding, Key, Subject};
use crate::model::rule::Rule;
use crate::model::severity::Severity;

/// Why a service does not stay up, the strongest first: what ends it before its program begins,
/// then what its program runs into.
const CAUSES: &[Rule] = &[
    Rule::UnitNotLoadable,
    Rule::ExecFailed,
    Rule::UserMissing,
    Rule::WorkingDirectoryMissing,
    Rule::NamespacePathMissing,
    Rule::SpawnFailed,
    Rule::ReadOnlyData,
    Rule::OutOfMemory,
    Rule::ForeignPortOwner,
];
/// That it does not stay up, and what else that brings.
const EFFECTS: &[Rule] = &[
    Rule::CrashLoop,
    Rule::StartLimitHit,
    Rule::ServiceFailed,
    Rule::PortNotListening,
    Rule::HealthFailing,
];
/// Those whose sentence says why.
const TOLD: &[Rule] = &[Rule::CrashLoop, Rule::StartLimitHit, Rule::ServiceFailed];
/// What a full or broken disk makes programs say.
const DISK: &[(Rule, &[&str])] = &[
    (Rule::DiskFull, &["No space left on device", "ENOSPC", "rrno 28", "os error 28"]),
    (Rule::DiskReadOnly, &["Read-only file system", "EROFS", "rrno 30", "os error 30"]),
];
/// What follows from a service's not staying up or not listening, where nothing deeper is known.
const DOWN: &[Rule] =
    &[Rule::CrashLoop, Rule::StartLimitHit, Rule::ServiceFailed, Rule::PortNotListening];

/// Notes for each finding which other one it follows from, and leaves out what only says again that
/// a service is down.
pub(super) fn link(patient: &Patient<'_>, findings: &mut Vec<Finding>) {
    explain(patient, findings);
    leave_out(findings);
    super::proxy::follow(patient, findings);
    needs::link(patient, findings);
    down(findings);
    for finding in findings.iter_mut().filter(|finding| finding.key.rule == Rule::CrashLoop) {
        if finding.because.is_none()
            && let Subject::Service(service) = &finding.key.subject
            && let Some(exit) = patient.row(service).and_then(|row| row.instance.last_exit)
        {
            finding.summary = format!("{}, last with {}", finding.summary, exit.label());
        }
    }
}

/// The effects with their causes.
fn explain(patient: &Patient<'_>, findings: &mut [Finding]) {
    for place in 0..findings.len() {
        let Some(Key { rule, subject }) = findings.get(place).map(|finding| &finding.key) else {
            continue;
        };
        if !EFFECTS.contains(rule) {
            continue;
        }
        // No effect is a cause, so that what is changed here is not what is looked for.
        let causes = causes(patient, findings, subject);
        let reasons: Vec<&str> =
            causes.iter().filter_map(|found| found.reason.as_deref()).collect();
        let why = (TOLD.contains(rule) && !reasons.is_empty()).then(|| reasons.join(" and "));
        let cause = causes.first().map(|cause| cause.key.clone());
        let Some(finding) = findings.get_mut(place) else { continue };
        if let Some(why) = why {
            finding.summary = format!("{} because {why}", finding.summary);
        }
        finding.because = finding.because.take().or(cause);
    }
}

/// Leaves out that a service has failed where something else says so.
fn leave_out(findings: &mut Vec<Finding>) {
    let limited = findings.iter().filter(|finding| finding.key.rule == Rule::StartLimitHit);
    let limited: Vec<Subject> = limited.map(|finding| finding.key.subject.clone()).collect();
    findings.retain(|finding| {
        let Key { rule, subject } = &finding.key;
        let explained = finding.because.as_ref().is_some_and(|key| key.subject == *subject)
            || limited.contains(subject);
        *rule != Rule::ServiceFailed || !explained
    });
}

/// Who is down fails its checks.
fn down(findings: &mut [Finding]) {
    for place in 0..findings.len() {
        let Some(found) = findings.get(place) else { continue };
        if found.key.rule != Rule::HealthFailing || found.because.is_some() {
            continue;
        }
        let cause = DOWN.iter().find_map(|rule| {
            let of = |f: &&Finding| f.key.rule == *rule && f.key.subject == found.key.subject;
            findings.iter().find(of)
        });
        let Some(cause) = cause else { continue };
        let because = cause.because.as_ref().unwrap_or(&cause.key).clone();
        let elsewhere = cause.elsewhere.clone();
        if let Some(found) = findings.get_mut(place) {
            found.because = Some(because);
            found.elsewhere = elsewhere;
        }
    }
}

/// What a service's trouble follows from, the strongest first.
fn causes<'f>(patient: &Patient<'_>, known: &'f [Finding], subject: &Subject) -> Vec<&'f Finding> {
    let Subject::Service(service) = subject else { return Vec::new() };
    let own = CAUSES.iter().filter_map(|rule| {
        known.iter().find(|found| {
            found.key.rule == *rule
                && found.key.subject == *subject
                && found.severity == Severity::Critical
        })
    });
    let mut causes: Vec<&Finding> = own.collect();
    let words = patient.row(service).map(|row| row.instance.words.as_slice()).unwrap_or_default();
    for (rule, signs) in DISK {
        let said = words.iter().any(|line| signs.iter().any(|sign| line.text.contains(sign)));
        if said && !causes.iter().any(|cause| cause.key.rule == Rule::ReadOnlyData) {
            causes.extend(known.iter().filter(|found| found.key.rule == *rule));
        }
    }
    causes
}

#[cfg(test)]
mod tests {
    use crate::doctor::case::{Case, directory};
    use crate::model::finding::Finding;
    use crate::model::host::Disk;
    use crate::model::restarts::Run;
    use crate::model::rule::Rule;
    use crate::model::spec::Promises;
    use crate::model::unit::ActiveState;

    const DATA: &str = "/mnt/c/production/data";

    fn looping(mut case: Case, words: &[&str]) -> Case {
        for n in 0..34 {
            let run = Run { boot: "b".into(), n_restarts: Some(n), started: Some(u64::from(n)) };
            case.instance().restarts.observe(run, true, crate::doctor::case::NOW);
        }
        let mut case = case.failed(1, words);
        case.unit().active = ActiveState::Activating;
        case.unit().sub = "auto-restart".into();
        case.unit().restart = "always".into();
        case
    }

    fn of(findings: &[Finding], rule: Rule) -> &Finding {
        findings.iter().find(|finding| finding.key.rule == rule).unwrap()
    }

    #[test]
    fn a_crash_loop_says_its_cause() {
        let promises = Promises { data: vec![DATA.into()], ..Promises::default() };
        let mut case = Case::promising(promises).path("/mnt/c/production-data", directory(259_200));
        case.unit().sandbox.protect_system = "strict".into();
        case.unit().sandbox.read_write = vec!["/mnt/c/production-data".into()];
        let case = looping(case, &["OSError: [Errno 30] Read-only file system: 'data/inbox'"]);
        let findings = case.findings();
        let crash = of(&findings, Rule::CrashLoop);
        assert_eq!(
            crash.summary,
            "api has restarted at least 33 times in 5 minutes because it may not write \
             /mnt/c/production/data (ReadWritePaths= names /mnt/c/production-data)"
        );
        assert_eq!(crash.because.as_ref().unwrap().rule, Rule::ReadOnlyData);
    }

    #[test]
    fn one_whose_cause_is_not_known_says_none() {
        let findings = looping(Case::new(), &["boom"]).findings();
        let crash = of(&findings, Rule::CrashLoop);
        assert_eq!(crash.because, None);
        assert!(crash.summary.ends_with("5 minutes, last with 1"), "{}", crash.summary);
    }

    #[test]
    fn a_full_disk_is_the_cause_only_where_it_was_complained_about() {
        for (words, follows) in [("write: No space left on device", true), ("boom", false)] {
            let mut case = looping(Case::new(), &[words]);
            case.facts().disks =
                vec![Disk { mount: "/".into(), size: 100, available: 1, ..Disk::default() }];
            let findings = case.findings();
            let because = of(&findings, Rule::CrashLoop).because.as_ref();
            assert_eq!(because.is_some_and(|key| key.rule == Rule::DiskFull), follows, "{words}");
        }
    }
}

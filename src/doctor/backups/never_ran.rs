//! `backup-never-ran`: what should make the backup has never run, will not run again, or failed.

use super::{job_steps, with};
use crate::doctor::patient::Patient;
use crate::model::backup::{BackupSpec, Job};
use crate::model::backups::BackupVerdict;
use crate::model::finding::{Finding, Subject};
use crate::model::rule::Rule;
use crate::model::severity::Severity;

pub(in crate::doctor) fn check(patient: &Patient<'_>, findings: &mut Vec<Finding>) {
    for (row, problem) in with(patient, BackupVerdict::NeverRan) {
        let name = &row.spec.name;
        let summary = format!("what makes the backup of {name} has never run, and there is none");
        let found = super::finding(Rule::BackupNeverRan, row, problem, summary)
            .proof(&row.spec.way.place(), problem.detail.clone());
        findings.push(job_steps(row, found));
    }
    for row in patient.backups.iter().filter(|row| !row.stale) {
        let Some(schedule) = row.facts.and_then(|facts| facts.schedule.as_ref()) else { continue };
        if row.problem(BackupVerdict::NeverRan).is_some() {
            continue;
        }
        let failed = schedule.result.as_deref().filter(|result| *result != "success");
        let (severity, why) = match (schedule.armed, failed) {
            (_, Some(result)) => (Severity::Warning, format!("ended with {result} the last time")),
            (false, None) => (Severity::Warning, "is off: it will not run again".to_owned()),
            (true, None) => continue,
        };
        let job = label(row.spec);
        let subject = Subject::Backup(row.spec.name.clone());
        let summary = format!("{job}, which makes the backup of {}, {why}", row.spec.name);
        let mut found = Finding::new(Rule::BackupNeverRan, subject, severity, summary);
        let last = schedule.last.and_then(|at| row.wall(at));
        found = found.proof_at(&job, format!("last run {}", said(last.is_some())), last);
        if let Some(warning) = &schedule.warning {
            found = found.proof(&job, &**warning);
        }
        if let (false, Some(Job::Timer(timer))) = (schedule.armed, &row.spec.job) {
            let timer = crate::probe::quote::quote(timer.as_str());
            found = found.step(format!("systemctl enable --now {timer}"), "it runs again");
        }
        findings.push(job_steps(row, found));
    }
}

const fn said(known: bool) -> &'static str {
    if known { "known" } else { "not known" }
}

fn label(spec: &BackupSpec) -> String {
    match &spec.job {
        Some(Job::Timer(timer)) => timer.to_string(),
        Some(Job::Cron(program)) => program.to_string(),
        None => "its job".to_owned(),
    }
}

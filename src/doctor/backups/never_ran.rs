//! `backup-never-ran`: what should make the backup has never run, will not run again, or failed.

use super::{job_steps, with};
use crate::doctor::patient::Patient;
use crate::model::backups::{BackupVerdict, grace};
use crate::model::finding::{Finding, Subject};
use crate::model::job::{JobOrigin, JobVerdict, RunEnd};
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
        let Some(run) = row.run.filter(|_| row.problem(BackupVerdict::NeverRan).is_none()) else {
            continue;
        };
        let job = run.label();
        let why = match run.judge(None, grace(row.spec), patient.now) {
            JobVerdict::Failed(how) => format!("failed the last time ({how})"),
            JobVerdict::NeverRan => "has never run".to_owned(),
            JobVerdict::Overdue(_) => "had to run, and has not".to_owned(),
            JobVerdict::Idle(idle) => format!("will not run again: {idle}"),
            JobVerdict::OnTime | JobVerdict::Running | JobVerdict::Unknown => continue,
        };
        let subject = Subject::Backup(row.spec.name.clone());
        let summary = format!("{job}, which makes the backup of {}, {why}", row.spec.name);
        let severity = Severity::Warning;
        let mut found = Finding::new(Rule::BackupNeverRan, subject, severity, summary);
        found = match &run.last {
            Some(last) => {
                found.proof_at(&job, format!("last run: {}", end(&last.end)), Some(last.at))
            }
            None => found.proof(&job, "no run is known"),
        };
        if !run.schedule.is_empty() {
            found = found.proof(&job, format!("{} {}", run.schedule, run.command));
        }
        if let (Some(_), JobOrigin::Timer(timer)) = (&run.idle, &run.origin) {
            let timer = crate::probe::quote::quote(timer.as_str());
            found = found.step(format!("systemctl enable --now {timer}"), "it runs again");
        }
        findings.push(job_steps(row, found));
    }
}

fn end(end: &RunEnd) -> String {
    match end {
        RunEnd::Succeeded => "it succeeded".to_owned(),
        RunEnd::Failed(how) => format!("it failed, {how}"),
        RunEnd::Running => "it runs".to_owned(),
        RunEnd::Unknown => "nobody says how it ended".to_owned(),
    }
}

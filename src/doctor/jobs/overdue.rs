//! `job-overdue`: a job had to run and has not, or nothing starts it any more.

use super::{cron_runs, declared, look_and_run, proof, schedule, subject};
use crate::doctor::patient::Patient;
use crate::model::finding::Finding;
use crate::model::job::{JobVerdict, RunEnd};
use crate::model::rule::Rule;
use crate::model::severity::Severity;
use crate::probe::quote::word;

pub(in crate::doctor) fn check(patient: &Patient<'_>, findings: &mut Vec<Finding>) {
    for job in declared(patient) {
        let name = job.row.service;
        let running = job.facts.last.as_ref().is_some_and(|last| last.end == RunEnd::Running);
        let (severity, summary, due) = match &job.verdict {
            JobVerdict::Overdue(due) => {
                let why = match (&job.facts.idle, running) {
                    (Some(why), _) => why.to_string(),
                    (None, true) => "its run before is not over".to_owned(),
                    (None, false) => "nothing has started it".to_owned(),
                };
                (Severity::Critical, format!("{name} is overdue: {why}"), Some(*due))
            }
            JobVerdict::Idle(why) => {
                (Severity::Warning, format!("{name} will not run again: {why}"), None)
            }
            JobVerdict::OnTime
            | JobVerdict::Running
            | JobVerdict::Failed(_)
            | JobVerdict::NeverRan
            | JobVerdict::Unknown => continue,
        };
        let mut found = Finding::new(Rule::JobOverdue, subject(job.row), severity, summary);
        if let Some(due) = due {
            let text = format!("it had to run {} ago", patient.ago(due));
            found = found.proof_at("its schedule", text, Some(due));
        }
        found = proof(patient, job.facts, found);
        found = match (&job.facts.activates, running) {
            (Some(unit), true) => {
                let quoted = word(unit.as_str());
                found.step(format!("systemctl status {quoted}"), "what it does for so long").step(
                    format!("systemctl stop {quoted}"),
                    "ends that run, with what it has begun",
                )
            }
            (Some(_), false) | (None, _) => {
                look_and_run(job.facts, schedule(job.facts, cron_runs(patient), found))
            }
        };
        findings.push(found);
    }
}

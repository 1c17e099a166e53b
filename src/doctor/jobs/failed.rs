//! `job-failed`: the last run of a job ended badly. Nobody waits for it, so nobody sees that.

use super::{declared, is_fresh, look_and_run, proof, subject};
use crate::doctor::patient::Patient;
use crate::model::finding::{Finding, Subject};
use crate::model::job::{JobFacts, JobVerdict, RunEnd};
use crate::model::rule::Rule;
use crate::model::severity::Severity;

/// As many jobs that no service declares are told of.
const MOST: usize = 16;

pub(in crate::doctor) fn check(patient: &Patient<'_>, findings: &mut Vec<Finding>) {
    let mut told: Vec<&JobFacts> = Vec::new();
    for job in declared(patient) {
        told.push(job.facts);
        if let JobVerdict::Failed(how) = &job.verdict {
            let name = job.row.service.as_str();
            findings.push(found(
                patient,
                job.facts,
                subject(job.row),
                Severity::Critical,
                name,
                how,
            ));
        }
    }
    let Some(jobs) = patient.host.jobs.value().filter(|_| is_fresh(patient)) else { return };
    let unit_told = |job: &JobFacts| {
        job.activates.as_ref().is_some_and(|unit| patient.host.by_unit.contains_key(unit))
    };
    let others = jobs.list.iter().filter(|job| !told.contains(job) && !unit_told(job));
    let failed = others.filter_map(|job| match job.last.as_ref().map(|last| &last.end) {
        Some(RunEnd::Failed(how)) => Some((job, how)),
        Some(RunEnd::Succeeded | RunEnd::Running | RunEnd::Unknown) | None => None,
    });
    for (job, how) in failed.take(MOST) {
        let label = job.label();
        let subject = Subject::Path(label.as_str().into());
        findings.push(found(patient, job, subject, Severity::Warning, &label, how));
    }
}

fn found(
    patient: &Patient<'_>,
    job: &JobFacts,
    subject: Subject,
    severity: Severity,
    name: &str,
    how: &str,
) -> Finding {
    let summary = format!("the last run of {name} failed: {how}");
    let found = Finding::new(Rule::JobFailed, subject, severity, summary);
    look_and_run(job, proof(patient, job, found))
}

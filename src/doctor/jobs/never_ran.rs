//! `job-never-ran`: a job is declared and no run of it is known although one was due, or no table
//! of the host has it.

use super::{cron_runs, declared, is_fresh, look_and_run, proof, schedule, subject};
use crate::doctor::patient::Patient;
use crate::model::finding::Finding;
use crate::model::instance::ServiceState;
use crate::model::job::JobVerdict;
use crate::model::rule::Rule;
use crate::model::severity::Severity;
use crate::model::spec::Kind;
use crate::probe::quote::quote;

pub(in crate::doctor) fn check(patient: &Patient<'_>, findings: &mut Vec<Finding>) {
    for job in declared(patient).filter(|job| job.verdict == JobVerdict::NeverRan) {
        let why = job.facts.idle.as_deref().unwrap_or("nothing started it when it was due");
        let summary = format!("{} has never run: {why}", job.row.service);
        let found = Finding::new(Rule::JobNeverRan, subject(job.row), Severity::Warning, summary);
        let found = schedule(job.facts, cron_runs(patient), proof(patient, job.facts, found));
        findings.push(look_and_run(job.facts, found));
    }
    for row in patient.rows.iter().filter(|_| is_fresh(patient)) {
        let Kind::Cron(text) = &row.instance.kind else { continue };
        if row.verdict.state != ServiceState::Missing {
            continue;
        }
        let summary = format!("{} is in no table of cron, so nothing starts it", row.service);
        let found = Finding::new(Rule::JobNeverRan, subject(row), Severity::Critical, summary);
        let count = patient.host.jobs.value().map_or(0, |jobs| jobs.list.len());
        findings.push(
            found
                .proof("config", format!("cron = {}", quote(text)))
                .proof("tables of cron", format!("{count} jobs were read, none with that text"))
                .step(
                    format!(
                        "sudo grep -rnF -- {} /etc/crontab /etc/cron.d /var/spool/cron",
                        quote(text)
                    ),
                    "where it stands, if anywhere; else put it into a table, or correct the config",
                ),
        );
    }
}

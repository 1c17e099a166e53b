//! `backup-shrunk`: half of what is usual is missing.

use super::{copy_proof, finding, job_steps, with};
use crate::doctor::patient::Patient;
use crate::model::backups::{BackupVerdict, median};
use crate::model::finding::Finding;
use crate::model::rule::Rule;
use crate::model::severity::Severity;

pub(in crate::doctor) fn check(patient: &Patient<'_>, findings: &mut Vec<Finding>) {
    let shrunk = with(patient, BackupVerdict::Shrunk);
    for (row, problem) in shrunk.filter(|(_, problem)| problem.severity != Severity::Critical) {
        let (Some(facts), Some(newest)) = (row.facts, row.newest) else { continue };
        let name = &row.spec.name;
        let summary = format!("the newest backup of {name} is less than half as large as usual");
        let mut found = finding(Rule::BackupShrunk, row, problem, summary);
        found = copy_proof(row, newest, found);
        if let Some(usual) = median(row.spec, facts, newest) {
            found = found.proof("median of the 7 good ones before it", format!("{usual} bytes"));
        }
        let found = found.step("", "if much was deleted on purpose, this goes with time");
        findings.push(job_steps(row, found));
    }
}

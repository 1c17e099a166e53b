//! `backup-too-small`: a copy with nothing in it, such as the 20 bytes that `gzip` makes of a dump
//! that failed: in a pipe, the exit status is gzip's.

use super::{copy_proof, finding, job_steps, with};
use crate::doctor::patient::Patient;
use crate::model::backups::BackupVerdict;
use crate::model::finding::Finding;
use crate::model::rule::Rule;
use crate::model::severity::Severity;

pub(in crate::doctor) fn check(patient: &Patient<'_>, findings: &mut Vec<Finding>) {
    let shrunk = with(patient, BackupVerdict::Shrunk);
    for (row, problem) in shrunk.filter(|(_, problem)| problem.severity == Severity::Critical) {
        let Some(newest) = row.newest else { continue };
        let name = &row.spec.name;
        let summary = format!("the newest backup of {name} is too small to hold anything");
        let found = finding(Rule::BackupTooSmall, row, problem, summary);
        let found = copy_proof(row, newest, found)
            .proof("size", problem.detail.clone())
            .step("", "in a script that pipes a dump into gzip, write `set -o pipefail` (bash)");
        findings.push(job_steps(row, found));
    }
}

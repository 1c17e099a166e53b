//! `backup-missing`: nothing is where the backups should be.

use super::{finding, job_steps, with};
use crate::doctor::patient::Patient;
use crate::model::backups::BackupVerdict;
use crate::model::finding::Finding;
use crate::model::rule::Rule;

pub(in crate::doctor) fn check(patient: &Patient<'_>, findings: &mut Vec<Finding>) {
    let missing = with(patient, BackupVerdict::Missing);
    // None on purpose is a choice, not a finding.
    for (row, problem) in missing.filter(|(_, problem)| problem.severity.is_problem()) {
        let summary = format!("there is no backup of {}", row.spec.name);
        let found = finding(Rule::BackupMissing, row, problem, summary)
            .proof(&row.spec.way.place(), problem.detail.clone())
            .step("", "if they are elsewhere, correct the config");
        findings.push(job_steps(row, found));
    }
}

//! `backup-late`: more work can be lost than was agreed to.

use super::{copy_proof, finding, job_steps, with};
use crate::doctor::patient::Patient;
use crate::model::backups::BackupVerdict;
use crate::model::finding::Finding;
use crate::model::rule::Rule;
use crate::model::span::words;

pub(in crate::doctor) fn check(patient: &Patient<'_>, findings: &mut Vec<Finding>) {
    for (row, problem) in with(patient, BackupVerdict::Late) {
        let summary = format!(
            "{} has no good backup younger than {}: what was written since is not saved",
            row.spec.name,
            words(row.spec.every.saturating_add(row.spec.grace))
        );
        let mut found = finding(Rule::BackupLate, row, problem, summary);
        found = found.proof("age", problem.detail.clone());
        if let Some(newest) = row.newest {
            found = copy_proof(row, newest, found);
        }
        findings.push(job_steps(row, found));
    }
}

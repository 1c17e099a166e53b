//! `backup-corrupt`: the newest copy is there, and nobody can restore it.

use super::{copy_proof, file, finding, job_steps, with};
use crate::doctor::patient::Patient;
use crate::model::backups::BackupVerdict;
use crate::model::finding::Finding;
use crate::model::rule::Rule;

pub(in crate::doctor) fn check(patient: &Patient<'_>, findings: &mut Vec<Finding>) {
    for (row, problem) in with(patient, BackupVerdict::Corrupt) {
        let Some(newest) = row.newest else { continue };
        let summary = format!("the newest backup of {} cannot be restored", row.spec.name);
        let mut found = finding(Rule::BackupCorrupt, row, problem, summary);
        found = copy_proof(row, newest, found).proof("read to its end", problem.detail.clone());
        if let Some(good) = row.good {
            found = found.proof_at("newest good one", &*good.name, row.wall(good.at));
        }
        if let Some(path) = file(row.spec, newest) {
            found = found
                .step(format!("file {path}"), "what it is")
                .step("df -h", "whether the disk was full when it was written");
        }
        findings.push(job_steps(row, found));
    }
}

//! `backup-thin-retention`: old states that somebody will want back are not kept.

use super::{finding, with};
use crate::doctor::patient::Patient;
use crate::model::backups::BackupVerdict;
use crate::model::finding::Finding;
use crate::model::rule::Rule;

pub(in crate::doctor) fn check(patient: &Patient<'_>, findings: &mut Vec<Finding>) {
    for (row, problem) in with(patient, BackupVerdict::ThinRetention) {
        let Some(facts) = row.facts else { continue };
        let summary = format!("fewer backups of {} are kept than was agreed to", row.spec.name);
        let mut found = finding(Rule::BackupThinRetention, row, problem, summary)
            .proof(&row.spec.way.place(), problem.detail.clone())
            .proof("count", format!("{} copies", facts.count));
        if let Some(oldest) = facts.copies.last() {
            found = found.proof_at("oldest", &*oldest.name, row.wall(oldest.at));
        }
        if let Some((job, kept)) =
            facts.job.as_ref().and_then(|job| Some((job, job.keeps.as_ref()?)))
        {
            found = found.proof(&job.script, &*kept.line);
            found = found.step("", "let the script keep one for each day, week and month as well");
        }
        findings.push(found.step("", "or write into `keep` what is really wanted"));
    }
}

//! `backup-same-disk`: the disk that takes the data takes its backups with it.

use crate::doctor::patient::Patient;
use crate::model::finding::{Finding, Subject};
use crate::model::rule::Rule;
use crate::model::severity::Severity;
use crate::model::spec::Tier;

pub(in crate::doctor) fn check(patient: &Patient<'_>, findings: &mut Vec<Finding>) {
    for row in patient.backups.iter().filter(|row| !row.stale) {
        let Some(facts) = row.facts else { continue };
        let source = facts.source.as_ref().and_then(|source| source.identity);
        let (Some(copies), Some((live, _))) = (facts.device, source) else { continue };
        if copies != live {
            continue;
        }
        // Elsewhere than in production it is worth knowing, no more.
        let production = patient.env.tier == Tier::Production;
        let severity = if production { Severity::Warning } else { Severity::Info };
        let source = row.spec.path().unwrap_or("");
        let place = row.spec.way.place();
        let summary = format!(
            "the backups of {} are on the same file system as {source}: one broken disk takes both",
            row.spec.name
        );
        let found = Finding::new(
            Rule::BackupSameDisk,
            Subject::Backup(row.spec.name.clone()),
            severity,
            summary,
        )
        .proof("stat", format!("{source}: device {live}"))
        .proof("stat", format!("{place}: device {copies}"))
        .step("", "copy them to another host as well, such as with `restic copy` or `rsync`");
        findings.push(found);
    }
}

//! `backup-wrong-source`: a punctual backup of something else, such as a stale copy of the data. It
//! looks well until somebody restores it.

use super::{copy_proof, file, finding, with};
use crate::doctor::patient::Patient;
use crate::model::backup::{Comparison, JobFacts};
use crate::model::backups::{BackupRow, BackupVerdict};
use crate::model::finding::Finding;
use crate::model::rule::Rule;
use crate::probe::quote::quote;

pub(in crate::doctor) fn check(patient: &Patient<'_>, findings: &mut Vec<Finding>) {
    for (row, problem) in with(patient, BackupVerdict::WrongSource) {
        let (Some(facts), Some(newest)) = (row.facts, row.newest) else { continue };
        let source = row.spec.source.as_deref().unwrap_or("");
        let summary = format!(
            "the backups of {} are made, but they are not of {source}: a restore would bring \
             back something else",
            row.spec.name
        );
        let mut found = finding(Rule::BackupWrongSource, row, problem, summary);
        found = copy_proof(row, newest, found).proof("comparison", problem.detail.clone());
        if let Some(compared) = row.check().and_then(|check| check.comparison.as_ref().ok()) {
            found = differences(row, compared, source, found);
        }
        if let Some(job) = &facts.job {
            found = script(job, found);
        }
        findings.push(fix(row, source, found));
    }
}

fn differences(
    row: &BackupRow<'_>,
    compared: &Comparison,
    source: &str,
    mut found: Finding,
) -> Finding {
    found = found.proof(
        "comparison",
        format!(
            "{} files in the source, {} in the copy",
            compared.live_files, compared.copied_files
        ),
    );
    for one in compared.examples.iter().take(6) {
        let said = one.copied.map_or_else(
            || "not in the copy".to_owned(),
            |copied| format!("{copied} bytes in the copy"),
        );
        let path = format!("{source}/{}", one.path);
        found = found.proof_at(&path, format!("{} bytes, {said}", one.live), row.wall(one.changed));
    }
    found
}

fn script(job: &JobFacts, mut found: Finding) -> Finding {
    if !job.line.is_empty() {
        found = found.proof("crontab", &*job.line);
    }
    for named in &job.reads {
        let there = if named.identity.is_some() { "" } else { " (nothing is there)" };
        found = found.proof(&job.script, format!("reads {}{there}", named.path));
    }
    found
}

fn fix(row: &BackupRow<'_>, source: &str, found: Finding) -> Finding {
    let job = row.facts.and_then(|facts| facts.job.as_ref());
    let found = match job {
        Some(job) => found
            .step(format!("cat {}", quote(&job.script)), "what it reads")
            .step("", format!("let it read {source}"))
            .step(quote(&job.script), "makes a backup now; writes where it always does"),
        None => found
            .step("", format!("find what makes it, and let it read {source}"))
            .step("", "make a backup now, and look whether this finding goes"),
    };
    let kept = row.newest.and_then(|newest| file(row.spec, newest));
    match kept {
        Some(_) => found.step(
            "",
            "keep the old copies until there is a good one, and do not restore any of them over \
             live data",
        ),
        None => found,
    }
}

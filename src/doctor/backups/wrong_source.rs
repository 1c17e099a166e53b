//! `backup-wrong-source`: a punctual backup of something else, such as a stale copy of the data. It
//! looks well until somebody restores it.

use super::{copy_proof, file, finding, with};
use crate::doctor::patient::Patient;
use crate::model::backup::{Comparison, JobFacts};
use crate::model::backups::{BackupRow, BackupVerdict, is_of};
use crate::model::finding::Finding;
use crate::model::rule::Rule;
use crate::probe::quote::quote;

pub(in crate::doctor) fn check(patient: &Patient<'_>, findings: &mut Vec<Finding>) {
    for (row, problem) in with(patient, BackupVerdict::WrongSource) {
        let (Some(facts), Some(newest)) = (row.facts, row.newest) else { continue };
        let source = row.spec.source.as_deref().unwrap_or("");
        let others = others(row);
        let of = match others.as_slice() {
            [] => format!("they are not of {source}"),
            others => format!("they are of {} and not of {source}", others.join(", ")),
        };
        let summary = format!(
            "the backups of {} are made, but {of}: a restore would bring back something else",
            row.spec.name
        );
        let mut found = finding(Rule::BackupWrongSource, row, problem, summary);
        found = copy_proof(row, newest, found).proof("comparison", problem.detail.clone());
        if let Some(job) = &facts.job {
            found = script(job, found);
        }
        if let Some(check) = row.check() {
            if let Ok(compared) = &check.comparison {
                found = differences(patient, row, compared, source, found);
            }
            for (twin, compared) in &check.twins {
                found = same(patient, row, compared, twin, found);
            }
        }
        findings.push(fix(row, source, found));
    }
}

/// What it is of instead: what makes it says so, or it holds what is there.
fn others<'r>(row: &BackupRow<'r>) -> Vec<&'r str> {
    let mut others: Vec<&str> = Vec::new();
    let twins = row.check().into_iter().flat_map(|check| &check.twins);
    others.extend(twins.filter(|(_, compared)| is_of(compared)).map(|(path, _)| &**path));
    if let Some(facts) = row.facts {
        others.extend(facts.says.iter().map(|path| &**path));
        let reads = facts.job.iter().flat_map(|job| &job.reads);
        others.extend(reads.filter(|named| named.identity.is_some()).map(|named| &*named.path));
    }
    let source = row.spec.source.as_deref();
    let mut known = Vec::new();
    others.retain(|path| {
        let other = Some(*path) != source && !known.contains(path);
        known.push(*path);
        other
    });
    others.truncate(4);
    others
}

fn differences(
    patient: &Patient<'_>,
    row: &BackupRow<'_>,
    compared: &Comparison,
    source: &str,
    mut found: Finding,
) -> Finding {
    found = found
        .proof_at(
            source,
            newest(patient, row, compared),
            compared.newest_live.and_then(|at| row.wall(at)),
        )
        .proof(
            "comparison",
            format!(
                "{} files in the copy; of {} that had not changed in the source when it was made, \
                 {} are not in it, {} have another size",
                compared.copied_files, compared.sampled, compared.missing, compared.different
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
    names(compared, source, found)
}

fn newest(patient: &Patient<'_>, row: &BackupRow<'_>, compared: &Comparison) -> String {
    let at = compared.newest_live.and_then(|at| row.wall(at));
    let at = at.map_or_else(String::new, |at| format!(", last change {} ago", patient.ago(at)));
    format!("{} files{at}", compared.live_files)
}

/// Names that only one of them has.
fn names(compared: &Comparison, source: &str, mut found: Finding) -> Finding {
    for (count, some, whose) in [
        (compared.only_live, &compared.lacks, format!("in {source} and not in the copy")),
        (compared.only_copied, &compared.extra, format!("in the copy and not in {source}")),
    ] {
        if let Some(count) = count.filter(|count| *count > 0) {
            let some: Vec<&str> = some.iter().take(4).map(|name| &**name).collect();
            let more = if count > some.len() as u64 { ", …" } else { "" };
            let text = format!("{count} names are {whose}: {}{more}", some.join(", "));
            found = found.proof("names", text);
        }
    }
    found
}

/// A directory whose content it is.
fn same(
    patient: &Patient<'_>,
    row: &BackupRow<'_>,
    compared: &Comparison,
    twin: &str,
    found: Finding,
) -> Finding {
    let same = compared.sampled.saturating_sub(compared.missing).saturating_sub(compared.different);
    found.proof_at(
        twin,
        format!(
            "{}; {same} of {} that had not changed are in the copy as they are there",
            newest(patient, row, compared),
            compared.sampled
        ),
        compared.newest_live.and_then(|at| row.wall(at)),
    )
}

fn script(job: &JobFacts, mut found: Finding) -> Finding {
    if !job.started_by.is_empty() {
        found = found.proof(&job.started_by, &*job.line);
    }
    for named in &job.reads {
        let there = if named.identity.is_some() { "" } else { ", which is not there" };
        let place = format!("{}:{}", job.script, named.line);
        found = found.proof(&place, format!("{}   (reads {}{there})", named.text, named.path));
    }
    found
}

fn fix(row: &BackupRow<'_>, source: &str, found: Finding) -> Finding {
    let job = row.facts.and_then(|facts| facts.job.as_ref());
    let found = match job {
        Some(job) => {
            let reads = job.reads.iter().find(|named| named.identity.is_some());
            let found = match reads.filter(|named| named.path.starts_with('/')) {
                Some(named) => found.step(
                    format!("grep -nF {} {}", quote(&named.path), quote(&job.script)),
                    format!("the lines that name it: let them name {source}"),
                ),
                None => found.step("", format!("let {} read {source}", job.script)),
            };
            // A line of a table of cron jobs is no program.
            if job.changed.is_some() {
                let note = "makes a backup now; writes where it always does, and may take old \
                            copies away";
                found.step(quote(&job.script), note)
            } else {
                found.step("", "run that line by hand, which makes a backup now")
            }
        }
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

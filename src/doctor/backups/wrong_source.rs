//! `backup-wrong-source`: a punctual backup of something else, such as a stale copy of the data. It
//! looks well until somebody restores it.

use super::{copy_proof, file, finding, with};
use crate::doctor::patient::Patient;
use crate::model::backup::{Comparison, JobFacts, Named};
use crate::model::backups::{BackupRow, BackupVerdict, is_of};
use crate::model::finding::Finding;
use crate::model::rule::Rule;
use crate::probe::quote::quote;
use crate::probe::scripts::renamed;

/// Lines that are to be edited.
const LINES: usize = 12;

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
        findings.push(fix(patient, row, source, found));
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
    found = found.proof_at(
        source,
        newest(patient, row, compared),
        compared.newest_live.and_then(|at| row.wall(at)),
    );
    // Of none nothing can be said.
    let text = match compared.sampled {
        0 => format!("{} files in the copy", compared.copied_files),
        sampled => format!(
            "{} files in the copy; of {sampled} that had not changed in the source when it was \
             made, {} are not in it, {} have another size",
            compared.copied_files, compared.missing, compared.different
        ),
    };
    found = found.proof("comparison", text);
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
    let newest = newest(patient, row, compared);
    let text = match compared.sampled {
        0 => newest,
        sampled => format!(
            "{newest}; {same} of {sampled} that had not changed are in the copy as they are there"
        ),
    };
    found.proof_at(twin, text, compared.newest_live.and_then(|at| row.wall(at)))
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

/// The very lines that name what it reads instead, and how they read when they are mended. A
/// longer path that begins alike, such as that of the copies, is not touched.
fn corrected(
    patient: &Patient<'_>,
    row: &BackupRow<'_>,
    job: &JobFacts,
    source: &str,
    mut found: Finding,
) -> Finding {
    let own = row.facts.and_then(|facts| facts.source.as_ref()).and_then(|facts| facts.identity);
    let wrong = |named: &&Named| {
        named.path.starts_with('/') && named.identity.is_some() && named.identity != own
    };
    let mut lines: Vec<(u32, String)> = Vec::new();
    for named in job.reads.iter().filter(wrong) {
        let named_by = patient.scripts().map(|s| s.naming(&named.path)).unwrap_or_default();
        let mut mended: Vec<(u32, String)> = named_by
            .into_iter()
            .filter(|(script, ..)| **script == *job.script)
            .filter_map(|(_, line, text)| Some((line, renamed(text, &named.path, source)?)))
            .collect();
        if mended.is_empty() {
            mended.extend(renamed(&named.text, &named.path, source).map(|text| (named.line, text)));
        }
        if mended.is_empty() {
            let text = format!("{}   (reads {}: let it read {source})", named.text, named.path);
            mended.push((named.line, text));
        }
        lines.extend(mended);
    }
    lines.sort();
    lines.dedup_by_key(|(line, _)| *line);
    lines.truncate(LINES);
    if lines.is_empty() {
        return found.step("", format!("let {} read {source}", job.script));
    }
    // A line of somebody's own table is in no file that could be printed.
    if job.script.starts_with('/') {
        let places: Vec<String> = lines.iter().map(|(line, _)| format!("-e {line}p")).collect();
        found = found.step(
            format!("sed -n {} {}", places.join(" "), quote(&job.script)),
            "prints the lines to edit, and changes nothing",
        );
    }
    for (line, text) in lines {
        found = found.step("", format!("line {line} of {}: {text}", job.script));
    }
    found
}

fn fix(patient: &Patient<'_>, row: &BackupRow<'_>, source: &str, found: Finding) -> Finding {
    let job = row.facts.and_then(|facts| facts.job.as_ref());
    let found = match job {
        Some(job) => {
            let found = corrected(patient, row, job, source, found);
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

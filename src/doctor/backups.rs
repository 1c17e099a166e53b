//! Rules on backups. The verdict is the model's; here it gets its evidence and its fix.

pub(super) mod corrupt;
pub(super) mod late;
pub(super) mod missing;
pub(super) mod never_ran;
pub(super) mod same_disk;
pub(super) mod shrunk;
#[cfg(test)]
mod tests;
pub(super) mod thin_retention;
pub(super) mod too_small;
pub(super) mod undefined;
pub(super) mod unverified;
pub(super) mod wrong_source;

use super::patient::Patient;
use crate::model::backup::{BackupSpec, Copy, Job, Way};
use crate::model::backups::{BackupRow, BackupVerdict, Problem};
use crate::model::finding::{Finding, Subject};
use crate::model::ids::UnitName;
use crate::model::job::JobOrigin;
use crate::model::rule::Rule;
use crate::probe::quote::quote;

/// Backups whose reading is fresh and that have a problem.
fn with<'p, 'a>(
    patient: &'p Patient<'a>,
    verdict: BackupVerdict,
) -> impl Iterator<Item = (&'p BackupRow<'a>, &'p Problem)> {
    patient
        .backups
        .iter()
        .filter(|row| !row.stale)
        .filter_map(move |row| Some((row, row.problem(verdict)?)))
}

/// A finding about a backup.
fn finding(rule: Rule, row: &BackupRow<'_>, problem: &Problem, summary: String) -> Finding {
    let subject = Subject::Backup(row.spec.name.clone());
    Finding::new(rule, subject, problem.severity, summary)
}

/// The copy itself, as `ls` shows it.
fn copy_proof(row: &BackupRow<'_>, copy: &Copy, found: Finding) -> Finding {
    let size = copy.size.map_or_else(String::new, |size| format!(", {size} bytes"));
    let source = format!("copies in {}", row.spec.way.place());
    found.proof_at(&source, format!("{}{size}", copy.name), row.wall(copy.at))
}

/// A copy's path for a shell.
fn file(spec: &BackupSpec, copy: &Copy) -> Option<String> {
    match &spec.way {
        Way::Files { directory, .. } => {
            Some(quote(&format!("{}/{}", directory.trim_end_matches('/'), copy.name)))
        }
        Way::Restic { .. }
        | Way::Borg { .. }
        | Way::Git { .. }
        | Way::Command(_)
        | Way::Nothing(_) => None,
    }
}

/// How to see what makes it, and why it did not.
fn job_steps(row: &BackupRow<'_>, found: Finding) -> Finding {
    let script = row.facts.and_then(|facts| facts.job.as_ref()).map(|job| quote(&job.script));
    if let Some(JobOrigin::Timer(timer)) = row.run.map(|run| &run.origin) {
        let unit = row.run.and_then(|run| run.activates.as_ref());
        let unit = unit.map_or_else(|| timer.as_str().trim_end_matches(".timer"), UnitName::as_str);
        return found
            .step(format!("systemctl list-timers --all {}", quote(timer.as_str())), "")
            .step(format!("journalctl -u {} -n 50", quote(unit)), "what the last run said");
    }
    match (&row.spec.job, script) {
        (Some(Job::Timer(timer)), _) => {
            found.step(format!("systemctl status {}", quote(timer.as_str())), "whether it is there")
        }
        (_, Some(script)) => found
            .step("journalctl -t CRON -n 50", "whether cron started it")
            .step(script, "makes a backup now, by hand; writes where it always does"),
        (Some(Job::Cron(_)) | None, None) => {
            found.step("journalctl -t CRON -n 50", "whether cron started it")
        }
    }
}

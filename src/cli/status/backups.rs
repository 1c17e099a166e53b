//! Backups in the stable form of a reading.

use serde::Serialize;

use super::json::{FaultReport, fault};
use super::rfc3339;
use crate::model::backup::{Integrity, Keep, Way};
use crate::model::backups::{BackupRow, judge_env};
use crate::model::fleet::Env;
use crate::model::job::JobFacts;
use crate::model::observed::Observed;
use crate::model::time::Timestamp;

#[derive(Serialize)]
pub(super) struct Backup {
    name: String,
    host: String,
    way: &'static str,
    place: String,
    source: Option<String>,
    /// When the newest copy that counts was made.
    newest: Option<String>,
    age_s: Option<u64>,
    objective_s: Option<u64>,
    grace_s: u64,
    restore_within_s: Option<u64>,
    count: Option<u64>,
    keep: Option<KeepReport>,
    /// Of the newest copy, good or not.
    size_bytes: Option<u64>,
    newest_name: Option<String>,
    integrity: Option<&'static str>,
    content: Option<String>,
    compared: Option<Compared>,
    last_run: Option<String>,
    next_run: Option<String>,
    /// What runs it: a timer, or a place in a table of cron jobs.
    job: Option<String>,
    verdict: &'static str,
    /// All that is wrong, the worst first.
    problems: Vec<ProblemReport>,
    detail: String,
    warnings: Vec<String>,
    severity: &'static str,
    as_of: Option<String>,
    stale: bool,
    fault: Option<FaultReport>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum KeepReport {
    Count(u32),
    Gfs { daily: u32, weekly: u32, monthly: u32 },
}

#[derive(Serialize)]
struct Compared {
    live_files: u64,
    copied_files: u64,
    sampled: u32,
    missing: u32,
    different: u32,
}

#[derive(Serialize)]
struct ProblemReport {
    verdict: &'static str,
    severity: &'static str,
    detail: String,
}

/// Backups of an environment, host by host.
pub(super) fn of_env(env: &Env, now: Timestamp) -> Vec<Backup> {
    judge_env(env, now).map(|row| backup(&row)).collect()
}

fn backup(row: &BackupRow<'_>) -> Backup {
    let observed = row.host.backups.get(&row.spec.name);
    let check = row.check();
    let at = |secs: i64| row.wall(secs).map(rfc3339);
    let nothing = matches!(row.spec.way, Way::Nothing(_));
    let unseen = observed.and_then(Observed::fault).or_else(|| row.host.link.fault());
    Backup {
        name: row.spec.name.to_string(),
        host: row.spec.host.to_string(),
        way: row.spec.way.name(),
        place: row.spec.way.place(),
        source: row.spec.source.as_ref().map(ToString::to_string),
        newest: row.good.and_then(|copy| at(copy.at)),
        age_s: row.age.map(|age| age.as_secs()),
        objective_s: if nothing { None } else { Some(row.spec.every.as_secs()) },
        grace_s: row.spec.grace.as_secs(),
        restore_within_s: row.spec.restore_within.map(|span| span.as_secs()),
        count: row.facts.map(|facts| facts.count),
        keep: row.spec.keep.map(|keep| match keep {
            Keep::Count(count) => KeepReport::Count(count),
            Keep::Gfs { daily, weekly, monthly } => KeepReport::Gfs { daily, weekly, monthly },
        }),
        size_bytes: row.newest.and_then(|copy| copy.size),
        newest_name: row.newest.map(|copy| copy.name.to_string()),
        integrity: check.map(|check| match &check.integrity {
            Integrity::Good => "good",
            Integrity::Empty => "empty",
            Integrity::Corrupt(_) => "corrupt",
            Integrity::Writing | Integrity::Unknown(_) => "unknown",
        }),
        content: check.map(|check| check.kind.to_string()),
        compared: check.and_then(|check| check.comparison.as_ref().ok()).map(|compared| Compared {
            live_files: compared.live_files,
            copied_files: compared.copied_files,
            sampled: compared.sampled,
            missing: compared.missing,
            different: compared.different,
        }),
        last_run: row.run.and_then(|run| run.last.as_ref()).map(|last| rfc3339(last.at)),
        next_run: row.run.and_then(|run| run.next).map(rfc3339),
        job: row.run.map(JobFacts::label),
        verdict: row.verdict.name(),
        problems: row
            .problems
            .iter()
            .map(|problem| ProblemReport {
                verdict: problem.verdict.name(),
                severity: problem.severity.name(),
                detail: problem.detail.clone(),
            })
            .collect(),
        detail: row.detail.clone(),
        warnings: row
            .facts
            .map(|facts| facts.warnings.iter().map(ToString::to_string).collect())
            .unwrap_or_default(),
        severity: row.severity.name(),
        as_of: observed.and_then(Observed::as_of).map(rfc3339),
        stale: row.stale,
        fault: unseen.filter(|_| row.stale).map(fault),
    }
}

//! Rules on what runs at its time or on demand: jobs of timers and of cron, processes, commands.

pub(super) mod command;
pub(super) mod failed;
pub(super) mod never_ran;
pub(super) mod overdue;
pub(super) mod process;
#[cfg(test)]
mod tests;

use std::time::Duration;

use super::patient::Patient;
use crate::model::finding::{Finding, Subject};
use crate::model::fleet::Row;
use crate::model::job::{JobFacts, JobOrigin, JobVerdict};
use crate::probe::quote::{quote, quote_all, word};

/// How often jobs are read, with some patience: see `runtime::host::jobs`.
const PACE: Duration = Duration::from_secs(45);

/// A service that is a job which the host has, and the verdict on its runs.
struct Job<'p, 'a> {
    row: &'p Row<'a>,
    facts: &'a JobFacts,
    verdict: JobVerdict,
}

/// Whether what is known of jobs is fresh.
fn is_fresh(patient: &Patient<'_>) -> bool {
    !patient.host.jobs.is_stale(patient.now, PACE)
}

/// The host's services that are jobs.
fn declared<'p, 'a>(patient: &'p Patient<'a>) -> impl Iterator<Item = Job<'p, 'a>> {
    patient.rows.iter().filter(|_| is_fresh(patient)).filter_map(|row| {
        let facts = row.instance.job(row.host)?;
        let verdict = row.instance.job_verdict(row.host, patient.now)?;
        Some(Job { row, facts, verdict })
    })
}

fn subject(row: &Row<'_>) -> Subject {
    Subject::Service(row.service.clone())
}

/// Where it stands, and when it ran and had to run.
fn proof(patient: &Patient<'_>, job: &JobFacts, found: Finding) -> Finding {
    let label = job.label();
    let who = if job.user.is_empty() { String::new() } else { format!("{} ", job.user) };
    let found = found.proof(&label, format!("{} {who}{}", job.schedule, job.command));
    let found = match &job.last {
        Some(last) => {
            let text = format!("its last run began {} ago", patient.ago(last.at));
            found.proof_at(source(job), text, Some(last.at))
        }
        None => match job.seen_since {
            Some(since) => {
                let text = format!("no run of it in {}", patient.ago(since));
                found.proof_at(source(job), text, Some(since))
            }
            None => found,
        },
    };
    match &job.idle {
        Some(why) => found.proof(&label, why.to_string()),
        None => found,
    }
}

/// Who tells of its runs.
const fn source(job: &JobFacts) -> &'static str {
    match job.origin {
        JobOrigin::Timer(_) => "systemctl show",
        JobOrigin::Cron { .. } | JobOrigin::Part { .. } => "journalctl -t CRON",
    }
}

/// What shows why it did not work, and what runs it once more.
fn look_and_run(job: &JobFacts, found: Finding) -> Finding {
    match (&job.origin, &job.activates) {
        (JobOrigin::Timer(_), Some(unit)) => {
            let quoted = word(unit.as_str());
            found
                .step(
                    format!("journalctl -u {quoted} -n 50"),
                    "its last words; mend what they name",
                )
                .step(format!("systemctl start {quoted}"), "runs it now, beside its timer")
        }
        (JobOrigin::Timer(unit), None) => {
            let quoted = word(unit.as_str());
            found.step(format!("systemctl cat {quoted}"), "what it is to start")
        }
        (JobOrigin::Cron { .. } | JobOrigin::Part { .. }, _) => {
            let user = if job.user.is_empty() { "root" } else { &job.user };
            found.step("journalctl -t CRON -t CROND -n 50", "what cron says of its jobs").step(
                quote_all(&["sudo", "-u", user, "env", "-i", "sh", "-c", &job.command]),
                "runs it now, nearly as cron does; it does all that the job does",
            )
        }
    }
}

/// What makes it run again at its time.
fn schedule(job: &JobFacts, cron_runs: bool, found: Finding) -> Finding {
    match &job.origin {
        JobOrigin::Timer(unit) if job.idle.is_some() => found.step(
            format!("systemctl enable --now {quoted}", quoted = word(unit.as_str())),
            "from now on; where Persistent= is set and a run was missed, that comes at once",
        ),
        JobOrigin::Timer(unit) => found.step(
            format!("systemctl list-timers --all {quoted}", quoted = word(unit.as_str())),
            "when it ran and when it will",
        ),
        JobOrigin::Cron { .. } | JobOrigin::Part { .. } if !cron_runs => found.step(
            "systemctl enable --now cron || systemctl enable --now crond",
            "starts the daemon: every job of this host is its",
        ),
        JobOrigin::Cron { table, .. } if job.idle.is_some() => {
            found.step(format!("ls -l {}", quote(table)), "rename or mend it as said above")
        }
        JobOrigin::Part { path, .. } if job.idle.is_some() => {
            found.step(format!("ls -l {}", quote(path)), "rename it, or chmod +x, as said above")
        }
        JobOrigin::Cron { .. } | JobOrigin::Part { .. } => {
            found.step("journalctl -u cron -u crond -n 50", "whether cron refused its table")
        }
    }
}

fn cron_runs(patient: &Patient<'_>) -> bool {
    patient.host.jobs.value().is_none_or(|jobs| jobs.cron_runs != Some(false))
}

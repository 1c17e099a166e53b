//! Jobs and processes that services are, in `status --json`.

use serde::Serialize;

use super::rfc3339;
use crate::model::fleet::Row;
use crate::model::job::RunEnd;

/// A job. Added where the service is a timer or a job of cron.
#[derive(Serialize)]
pub(super) struct JobReport {
    place: String,
    schedule: String,
    user: Option<String>,
    command: Option<String>,
    activates: Option<String>,
    last: Option<RunReport>,
    next: Option<String>,
    due: Option<String>,
    idle: Option<String>,
}

#[derive(Serialize)]
struct RunReport {
    at: String,
    /// `succeeded`, `failed`, `running` or `unknown`.
    result: &'static str,
    detail: Option<String>,
}

/// A process.
#[derive(Serialize)]
pub(super) struct ProcessReport {
    pid: u32,
    started: Option<String>,
    command: String,
}

pub(super) fn job(row: &Row<'_>) -> Option<JobReport> {
    let job = row.instance.job(row.host)?;
    let text = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    Some(JobReport {
        place: job.label(),
        schedule: job.schedule.to_string(),
        user: text(&job.user),
        command: text(&job.command),
        activates: job.activates.as_ref().map(ToString::to_string),
        last: job.last.as_ref().map(|run| {
            let (result, detail) = match &run.end {
                RunEnd::Succeeded => ("succeeded", None),
                RunEnd::Failed(how) => ("failed", Some(how.to_string())),
                RunEnd::Running => ("running", None),
                RunEnd::Unknown => ("unknown", None),
            };
            RunReport { at: rfc3339(run.at), result, detail }
        }),
        next: job.next.map(rfc3339),
        due: job.due.map(rfc3339),
        idle: job.idle.as_deref().map(ToOwned::to_owned),
    })
}

pub(super) fn processes(row: &Row<'_>) -> Option<Vec<ProcessReport>> {
    let found = row.instance.processes(row.host)?;
    let one = |process: &crate::model::process::FoundProcess| ProcessReport {
        pid: process.pid,
        started: process.started.and_then(|at| row.host.at(at)).map(rfc3339),
        command: process.command.to_string(),
    };
    Some(found.iter().map(one).collect())
}

//! `quarterdeck status`: one reading, as a table or as JSON.

mod backups;
mod json;
mod table;

pub(super) use json::rfc3339;

use std::io::Write as _;
use std::time::Duration;

use super::args::{Fleet, Status};
use super::{Failure, Outcome, read_config, reading, tokio_runtime};

pub(super) fn run(fleet: &Fleet, status: &Status) -> Outcome {
    let asked = read_config(fleet)?;
    let runtime = tokio_runtime()?;
    let limit = Duration::from_secs(status.timeout);
    let model = runtime.block_on(reading::read_once(&asked.spec, None, limit))?;
    runtime.shutdown_timeout(Duration::from_millis(500));
    let text = if status.json {
        let report = json::report(&model);
        serde_json::to_string_pretty(&report)
            .map_err(|error| Failure { code: super::SOFTWARE, message: error.to_string() })?
    } else {
        table::table(&model)
    };
    let mut out = std::io::stdout().lock();
    writeln!(out, "{}", text.trim_end())?;
    out.flush()?;
    Ok(model.fleet.severity(model.now).exit_code())
}

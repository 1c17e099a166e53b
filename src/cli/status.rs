//! `quarterdeck status`: one reading, as a table or as JSON.

mod backups;
mod json;
mod table;

pub(super) use json::rfc3339;

use std::io::Write as _;
use std::time::Duration;

use super::args::{Fleet, Status};
use super::{Failure, Outcome, block_on, read_config, reading};

pub(super) fn run(fleet: &Fleet, status: &Status) -> Outcome {
    let asked = read_config(fleet)?;
    let limit = Duration::from_secs(status.timeout);
    let model = block_on(reading::read_once(&asked.spec, None, limit))??;
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

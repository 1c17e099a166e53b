//! `quarterdeck report`: an incident report in Markdown, of one reading of all hosts and of what
//! consoles have seen happen.

mod markdown;
mod page;

use std::io::Write as _;
use std::time::Duration;

use super::args::{Fleet, Report};
use super::{Failure, Outcome, events, read_config, reading, since, tokio_runtime};
use crate::model::event::Wanted;
use crate::runtime::clock;

/// Events beyond this are too many for anybody to read; the newest are taken.
const MOST: usize = 5000;

pub(super) fn run(fleet: &Fleet, report: &Report) -> Outcome {
    let from = since::parse(&report.since, clock::now())?;
    let asked = read_config(fleet)?;
    let wanted = Wanted { since: Some(from), env: fleet.env.clone(), ..Wanted::default() };
    let known = events::read(&wanted, MOST)?;
    let runtime = tokio_runtime()?;
    let limit = Duration::from_secs(report.timeout);
    let model = runtime.block_on(reading::read_once(&asked.spec, None, limit))?;
    runtime.shutdown_timeout(Duration::from_millis(500));
    let text = page::write(&model, &known, from, known.len() >= MOST);
    let Some(path) = &report.output else {
        let mut out = std::io::stdout().lock();
        out.write_all(text.as_bytes())?;
        out.flush()?;
        return Ok(0);
    };
    std::fs::write(path, text).map_err(|error| {
        let path = crate::model::text::clean(&path.display().to_string(), 400);
        Failure { code: super::SOFTWARE, message: format!("quarterdeck: write {path}: {error}") }
    })?;
    Ok(0)
}

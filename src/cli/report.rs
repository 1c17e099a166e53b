//! `quarterdeck report`: an incident report in Markdown, of one reading of all hosts and of what
//! consoles have seen happen.

mod markdown;
mod page;
mod past;

use std::io::Write as _;
use std::path::Path;
use std::time::Duration;

use super::args::{Fleet, Report};
use super::{Failure, Outcome, block_on, events, read_config, reading, since};
use crate::model::event::Wanted;
use crate::runtime::clock;

/// Events beyond this are too many for anybody to read; the newest are taken.
const MOST: usize = 5000;

pub(super) fn run(fleet: &Fleet, report: &Report) -> Outcome {
    // Before anything is read: whoever waits for a report does not want to hear of it after that.
    let path = report.output.as_deref().filter(|path| path.as_os_str() != "-");
    if let Some(path) = path.filter(|path| path.symlink_metadata().is_ok()) {
        return Err(exists(path));
    }
    let from = since::parse(&report.since, clock::now())?;
    let asked = read_config(fleet)?;
    let wanted = Wanted { since: Some(from), env: fleet.env.clone(), ..Wanted::default() };
    // A broken store must not keep the state of now from whoever needs it.
    let known = events::read(&wanted, MOST).unwrap_or_else(|failure| {
        super::complain(&format!("{}; the report goes without events", failure.message));
        Vec::new()
    });
    let limit = Duration::from_secs(report.timeout);
    let model = block_on(reading::read_once(&asked.spec, None, limit))??;
    let text = page::write(&model, &known, from, known.len() >= MOST);
    let Some(path) = path else {
        let mut out = std::io::stdout().lock();
        out.write_all(text.as_bytes())?;
        out.flush()?;
        return Ok(0);
    };
    // Something may have come there while hosts were read.
    let file = std::fs::OpenOptions::new().write(true).create_new(true).open(path);
    file.and_then(|mut file| file.write_all(text.as_bytes())).map_err(|error| {
        if error.kind() == std::io::ErrorKind::AlreadyExists {
            return exists(path);
        }
        let message = format!("quarterdeck: write {}: {error}", shown(path));
        Failure { code: super::SOFTWARE, message }
    })?;
    Ok(0)
}

fn shown(path: &Path) -> String {
    crate::model::text::clean(&path.display().to_string(), 400)
}

/// An older report may be the only trace of another incident.
fn exists(path: &Path) -> Failure {
    let message = format!(
        "quarterdeck: {} is there already and stays as it is; name another file, `-o -` prints",
        shown(path)
    );
    Failure { code: super::USAGE, message }
}

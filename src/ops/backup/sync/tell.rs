//! What is told of a plan by which data comes down.

use super::SyncTarget;
use crate::model::sync::{Scrub, SyncLook};
use crate::ops::backup::{Job, services, size};

/// What somebody who confirms it should know.
pub(super) fn said(
    job: &Job<'_>,
    target: &SyncTarget,
    all: &[services::Service<'_>],
) -> Vec<String> {
    let from = &target.ask.spec.from.env;
    let mut lines = Vec::new();
    if let Scrub::Waived(why) = &target.ask.spec.scrub {
        lines.push(format!("the copy is not scrubbed: {why}"));
    }
    lines.push(format!(
        "whom it mails, calls or charges, and which jobs it sets off, is {from}'s until the scrub has \
         changed that: nothing else does"
    ));
    lines.push(format!(
        "it is read while {from} writes to it: files that belong together may be of different moments"
    ));
    if all.is_empty() {
        lines.push(
            "no service of the config has its `data` or `directory` there: nothing is stopped"
                .to_owned(),
        );
    }
    for service in all {
        if !service.comes_back() {
            lines.push(format!("{} does not run now, and is not started", service.writer.name));
        }
        if !service.triggers().is_empty() {
            let by = service.triggers();
            lines.push(format!("{} may be started meanwhile by {by}", service.writer.name));
        }
    }
    for other in &job.target.others {
        lines.push(format!("{other} may write there as well, and is no unit that is stopped"));
    }
    lines
}

/// What comes with it.
pub(super) fn brings(
    job: &Job<'_>,
    target: &SyncTarget,
    look: &SyncLook,
    all: &[services::Service<'_>],
) -> Vec<String> {
    let (spec, there, path) = (&target.ask.spec, &job.look.source, job.source());
    let count = |files: Option<u64>| files.map_or_else(|| "?".to_owned(), |n| n.to_string());
    let much = |kib: Option<u64>| kib.map_or_else(|| "?".to_owned(), size);
    let source = &look.source;
    let mut lines = vec![
        format!(
            "from {} of {} ({}): {} files, {} now, which are only read",
            source.real,
            target.ask.from,
            spec.from.env,
            count(source.files),
            much(source.size)
        ),
        format!(
            "to {path}: {} files, {} there now, which stay as {path}.before-OPERATION",
            count(there.files),
            much(there.size)
        ),
        format!(
            "all of it comes to belong to {}; {} in it says what it is",
            look.owner,
            spec.marker(&target.ask.env)
        ),
    ];
    if all.is_empty() {
        lines.push(format!(
            "to go back: mv -T {path} {path}.synced && mv -T {path}.before-OPERATION {path}"
        ));
    } else {
        let names = services::names(all);
        lines.push(format!("stops {names}, until it is in its place"));
        lines.push(format!(
            "to go back: stop {names}, mv -T {path} {path}.synced && mv -T {path}.before-OPERATION {path}, \
             start {names}"
        ));
    }
    lines
}

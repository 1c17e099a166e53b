//! Which script makes a backup, and what it reads.

use std::time::Duration;

use super::glob::takes;
use crate::model::alike::is_alike;
use crate::model::backup::{BackupFacts, BackupSpec, Job, JobFacts, Kept, Named, Way};
use crate::model::host::Host;
use crate::model::job::{GRACE, JobFacts as Run};
use crate::model::script::{Archived, Scripts};

/// What makes it, where a script that cron or a unit starts writes there.
pub fn job(spec: &BackupSpec, scripts: &Scripts) -> Option<JobFacts> {
    let Way::Files { directory, pattern, .. } = &spec.way else { return None };
    let directory = directory.trim_end_matches('/');
    let is_there = |path: &str, whole: bool| {
        path.rsplit_once('/').is_some_and(|(parent, name)| {
            parent == directory && if whole { takes(pattern, name) } else { alike(pattern, name) }
        })
    };
    let named = |made: &Archived| match &spec.job {
        Some(Job::Cron(text)) => made.starter.contains(&**text) || made.path == *text,
        Some(Job::Timer(timer)) => {
            let unit = timer.as_str().trim_end_matches(".timer");
            made.started_by.trim_end_matches(".service") == unit
        }
        None => true,
    };
    let mut makers = scripts.archived.iter().filter(|made| is_there(&made.into, true));
    let first = makers.clone().find(|made| named(made)).or_else(|| makers.next())?;
    let keeps = scripts.prunes.iter().find(|prune| is_there(&prune.of, false));
    Some(JobFacts {
        script: first.path.clone(),
        changed: first.changed,
        started_by: first.started_by.clone(),
        line: first.starter.clone(),
        into: first.into.clone(),
        reads: first
            .of
            .iter()
            .map(|taken| Named {
                path: taken.what.clone(),
                line: taken.line,
                text: taken.text.clone(),
                identity: None,
            })
            .collect(),
        more: first.more,
        keeps: keeps.map(|prune| Kept { keep: prune.keep, line: prune.text.clone() }),
    })
}

/// What runs it: as it is declared, else what starts the script that writes there.
pub(super) fn run<'a>(
    host: &'a Host,
    spec: &BackupSpec,
    facts: Option<&BackupFacts>,
) -> Option<&'a Run> {
    match &spec.job {
        Some(Job::Timer(unit)) => host.job_of_timer(unit),
        Some(Job::Cron(text)) => host.job_of_cron(text),
        None => {
            let by = &*facts?.job.as_ref()?.started_by;
            let all = host.jobs.value()?.list.iter();
            let starts = |run: &&Run| {
                run.label() == by || run.activates.as_ref().is_some_and(|unit| unit.as_str() == by)
            };
            all.filter(|_| !by.is_empty()).find(starts)
        }
    }
}

/// A run that is late by less than this is not late.
pub fn grace(spec: &BackupSpec) -> Duration {
    spec.grace.max(GRACE)
}

/// Whether two patterns are about the same names, as far as can be told.
fn alike(pattern: &str, other: &str) -> bool {
    pattern == other || takes(other, pattern)
}

/// As many directories are compared with a copy besides its source.
const MOST: usize = 3;

/// Directories other than the source that a copy may be of: those that what makes it reads, those
/// that somebody named, and a few usual names, where they are easily taken for the source.
pub fn twins(spec: &BackupSpec, facts: &BackupFacts, named: &[Box<str>]) -> Vec<Box<str>> {
    let Some(source) = spec.source.as_deref().map(|source| source.trim_end_matches('/')) else {
        return Vec::new();
    };
    let mut all: Vec<Box<str>> = Vec::new();
    let reads = facts.job.iter().flat_map(|job| &job.reads);
    let identity = facts.source.as_ref().and_then(|source| source.identity);
    let other = reads.filter(|named| named.identity.is_some() && named.identity != identity);
    let others = other.map(|named| named.path.clone()).filter(|path| path.starts_with('/'));
    let mut guesses: Vec<String> = ["old", "bak", "backup"]
        .iter()
        .flat_map(|word| [format!("{source}.{word}"), format!("{source}-{word}")])
        .collect();
    if let Some((parent, last)) = source.rsplit_once('/')
        && let Some((above, name)) = parent.rsplit_once('/').filter(|(_, name)| !name.is_empty())
    {
        guesses.insert(0, format!("{above}/{name}-{last}"));
        guesses.insert(1, format!("{above}/{name}_{last}"));
        guesses.insert(2, format!("{above}/{last}"));
    }
    let alike = named.iter().map(|path| path.trim_end_matches('/'));
    let alike = alike.filter(|path| is_alike(source, path)).map(Into::into);
    for path in others.chain(alike).chain(guesses.into_iter().map(Into::into)) {
        if *path != *source && !all.contains(&path) {
            all.push(path);
        }
    }
    all.truncate(MOST * 4);
    all
}

//! What is wrong with scripts that run unwatched, by cron or by a unit. Only what was found is
//! kept, not the scripts.

use std::time::Duration;

/// Between two readings.
pub const PACE: Duration = Duration::from_secs(600);

/// A known mistake.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Hash)]
pub enum Slip {
    /// `pkill -f "NAME=value"`: an assignment before a command is in no process's arguments.
    MatchesNothing,
    /// `cp -r SOURCE/* TARGET`: without hidden files.
    LossyCopy,
    /// `dump | gzip > file`: the pipe's status is that of gzip.
    DumpHidden,
    /// `docker exec project_service_1`: since Compose v2 its name has hyphens.
    OldContainerName,
    /// `find … -mtime +N -delete`: the last good copy too, when no new one comes.
    PruneByAge,
}

/// A mistake at its place.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Lint {
    /// Which.
    pub slip: Slip,
    /// The script, or the table of cron jobs.
    pub path: Box<str>,
    /// Its line, from 1.
    pub line: u32,
    /// The line.
    pub text: Box<str>,
    /// The better line.
    pub better: Box<str>,
    /// Who starts it: a place in a table of cron jobs, or a unit.
    pub started_by: Box<str>,
}

/// What scripts of a host were found to do.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Scripts {
    /// Scripts that were read.
    pub read: usize,
    /// Mistakes.
    pub lints: Vec<Lint>,
    /// What could not be read.
    pub warnings: Vec<String>,
}

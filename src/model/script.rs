//! What is wrong with scripts that run unwatched, by cron or by a unit. Only what was found is
//! kept, not the scripts.

use std::time::Duration;

use super::unit::is_below;

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

/// Something that a script reads to copy it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Taken {
    /// A path without what is not certain in it, or words for what is no path, such as a database.
    pub what: Box<str>,
    /// The script's line, from 1.
    pub line: u32,
    /// The line.
    pub text: Box<str>,
}

/// A copy that a script makes of something, copies in between left out.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Archived {
    /// The script, or the table of cron jobs.
    pub path: Box<str>,
    /// Its last change, in seconds on the host's wall clock; none for a line of a table.
    pub changed: Option<i64>,
    /// Who starts it: a place in a table of cron jobs, or a unit.
    pub started_by: Box<str>,
    /// What stands there.
    pub starter: Box<str>,
    /// Where the copy goes; `…` stands for what only a run knows.
    pub into: Box<str>,
    /// What it is of.
    pub of: Vec<Taken>,
    /// It is also of something that only a run knows.
    pub more: bool,
}

/// Old copies that a script takes away.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Prune {
    /// The script, or the table of cron jobs.
    pub path: Box<str>,
    /// Which: a directory and the names in it.
    pub of: Box<str>,
    /// What stays.
    pub keep: Pruned,
    /// The line.
    pub text: Box<str>,
}

/// What stays when old copies are taken away.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Pruned {
    /// So many.
    Count(u32),
    /// Those of so many days.
    Days(u32),
}

/// A path that a script names as it stands, in a line that is no comment.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Mention {
    /// The script, or the table of cron jobs.
    pub script: Box<str>,
    /// Its line, from 1.
    pub line: u32,
    /// The line.
    pub text: Box<str>,
    /// The path, whole: `/srv/data` where it says `/srv/data/*`.
    pub path: Box<str>,
}

/// What scripts of a host were found to do.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Scripts {
    /// Scripts that were read.
    pub read: usize,
    /// Mistakes.
    pub lints: Vec<Lint>,
    /// What they copy.
    pub archived: Vec<Archived>,
    /// What they take away.
    pub prunes: Vec<Prune>,
    /// Paths that they name.
    pub mentions: Vec<Mention>,
    /// What could not be read.
    pub warnings: Vec<String>,
}

impl Scripts {
    /// Where scripts name a path or something below it, or read it by way of a variable: the
    /// script, the line and what stands there, each line once.
    pub fn naming<'s>(&'s self, path: &str) -> Vec<(&'s str, u32, &'s str)> {
        let mut found: Vec<(&str, u32, &str)> = Vec::new();
        let said = self.mentions.iter().filter(|mention| is_below(&mention.path, path));
        let taken = self.archived.iter().flat_map(|made| made.of.iter().map(move |of| (made, of)));
        let taken = taken.filter(|(_, of)| is_below(&of.what, path));
        for one in said
            .map(|mention| (&*mention.script, mention.line, &*mention.text))
            .chain(taken.map(|(made, of)| (&*made.path, of.line, &*of.text)))
        {
            if !found.iter().any(|known| (known.0, known.1) == (one.0, one.1)) {
                found.push(one);
            }
        }
        found.sort_unstable();
        found
    }

    /// Every path that they name or read.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        let taken = self.archived.iter().flat_map(|made| &made.of).map(|of| &*of.what);
        self.mentions.iter().map(|mention| &*mention.path).chain(taken)
    }
}

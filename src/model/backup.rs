//! Backups: what is promised, and what a host says of them.

use std::collections::BTreeMap;
use std::time::Duration;

use super::action::Run;
use super::database::DatabaseSpec;
use super::ids::{BackupName, HostName, UnitName};
use super::path::PathFacts;
use super::script::Pruned;

/// `[[env.backup]]`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BackupSpec {
    /// Unique in its environment.
    pub name: BackupName,
    /// Where the copies are, and the source if it is a path.
    pub host: HostName,
    /// What is backed up: a directory or a file of the host. None for what is no path, and for a
    /// database.
    pub source: Option<Box<str>>,
    /// The database that is backed up, in place of a source.
    pub database: Option<DatabaseSpec>,
    /// How.
    pub way: Way,
    /// At most so much work may be lost (RPO).
    pub every: Duration,
    /// Later than that by more than this is late.
    pub grace: Duration,
    /// How many are to be there.
    pub keep: Option<Keep>,
    /// How long a restore may take (RTO).
    pub restore_within: Option<Duration>,
    /// Smaller ones do not count, in bytes.
    pub min_size: Option<u64>,
    /// Where the time of a copy is from.
    pub time_from: TimeFrom,
    /// What makes it.
    pub job: Option<Job>,
    /// What makes one now.
    pub make: Option<Run>,
}

impl BackupSpec {
    /// What is backed up, where it is a path: the source, or a database that is a file.
    pub fn path(&self) -> Option<&str> {
        self.source.as_deref().or_else(|| self.database.as_ref()?.path())
    }

    /// What people call what is backed up: a path, or a database's name. None where nobody said.
    pub fn title(&self) -> Option<&str> {
        self.source.as_deref().or_else(|| self.database.as_ref().map(DatabaseSpec::title))
    }
}

/// How a backup is made.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Way {
    /// Archives or dumps, one file each; directories, where `folders`.
    Files {
        /// Where they are.
        directory: Box<str>,
        /// Their names, as a shell's pattern.
        pattern: Box<str>,
        /// Each copy is a directory.
        folders: bool,
    },
    /// A restic repository.
    Restic {
        /// Its place, as restic takes it.
        repository: Box<str>,
        /// The file with its password, on the host.
        password_file: Option<Box<str>>,
    },
    /// A borg repository.
    Borg {
        /// Its place, as borg takes it.
        repository: Box<str>,
        /// The file with its passphrase, on the host.
        password_file: Option<Box<str>>,
    },
    /// A work tree whose commits are pushed.
    Git {
        /// The work tree.
        directory: Box<str>,
    },
    /// A command that says when there was a backup last.
    Command(Vec<Box<str>>),
    /// None, for that reason.
    Nothing(Box<str>),
}

impl Way {
    /// The word in config and JSON.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Files { .. } => "files",
            Self::Restic { .. } => "restic",
            Self::Borg { .. } => "borg",
            Self::Git { .. } => "git",
            Self::Command(_) => "command",
            Self::Nothing(_) => "none",
        }
    }

    /// Where the copies are, in a line.
    pub fn place(&self) -> String {
        match self {
            Self::Files { directory, pattern, folders } => {
                let end = if *folders { "/" } else { "" };
                format!("{}/{pattern}{end}", directory.trim_end_matches('/'))
            }
            Self::Restic { repository, .. } | Self::Borg { repository, .. } => {
                repository.to_string()
            }
            Self::Git { directory } => directory.to_string(),
            Self::Command(argv) => argv.join(" "),
            Self::Nothing(reason) => reason.to_string(),
        }
    }
}

/// How many copies are to be there.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Keep {
    /// So many.
    Count(u32),
    /// Grandfather, father, son: one for each of the last days, weeks and months.
    Gfs {
        /// Days.
        daily: u32,
        /// Weeks, from Monday.
        weekly: u32,
        /// Months.
        monthly: u32,
    },
}

/// Where the time of a copy is from.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum TimeFrom {
    /// The file's last change.
    #[default]
    Mtime,
    /// The first date in its name, as UTC.
    Name,
}

/// What makes a backup.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Job {
    /// A systemd timer.
    Timer(UnitName),
    /// A program that cron starts, as it stands in the crontab.
    Cron(Box<str>),
}

/// Names a copy whatever it is called, and tells it from what it was before: device, inode, size
/// and last change.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub struct Identity {
    /// Device and inode; the short id of a snapshot stands in the copy's name.
    pub place: (u64, u64),
    /// Bytes.
    pub size: u64,
    /// Last change, in seconds on the host's wall clock.
    pub changed: i64,
}

/// One copy: an archive, a dump, a snapshot.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Copy {
    /// Its file's name, or a snapshot's short id.
    pub name: Box<str>,
    /// When it was made, in seconds on the host's wall clock.
    pub at: i64,
    /// Bytes; none where the tool does not say.
    pub size: Option<u64>,
    /// Which it is.
    pub identity: Identity,
}

/// Where the copies are to be.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Place {
    /// There, and looked at.
    #[default]
    Read,
    /// Nothing is there.
    Missing,
    /// We may not look.
    Denied,
    /// It is no directory.
    NotDirectory,
}

/// Whether a copy can be read to its end.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Integrity {
    /// It can.
    Good,
    /// It holds nothing: an archive without members, a compressed nothing.
    Empty,
    /// It cannot; the tool's own words.
    Corrupt(Box<str>),
    /// It is still being written: nothing can be said of it yet.
    Writing,
    /// Nobody knows, for that reason.
    Unknown(Box<str>),
}

/// A sampled file of the source that is not in the copy as it should be.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Difference {
    /// Below the source.
    pub path: Box<str>,
    /// Bytes of the live file.
    pub live: u64,
    /// Its last change, in seconds on the host's wall clock.
    pub changed: i64,
    /// Bytes in the copy; none where it is not there.
    pub copied: Option<u64>,
}

/// The newest copy's content beside the live source.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Comparison {
    /// Files of the source, as far as counted.
    pub live_files: u64,
    /// Files in the copy.
    pub copied_files: u64,
    /// Sampled files that have not changed since before the copy began.
    pub sampled: u32,
    /// Of these, not in the copy.
    pub missing: u32,
    /// Of these, there with another size.
    pub different: u32,
    /// Some of them.
    pub examples: Vec<Difference>,
    /// The last change of any file in the copy, where it keeps them, in seconds.
    pub newest_copied: Option<i64>,
    /// The first.
    pub oldest_copied: Option<i64>,
    /// The last change of any file of the source before the copy began.
    pub newest_before: Option<i64>,
    /// The last change of any file of the source.
    pub newest_live: Option<i64>,
    /// Names that only the source has; none where there are too many to compare.
    pub only_live: Option<u64>,
    /// Names that only the copy has.
    pub only_copied: Option<u64>,
    /// Some names that only the source has.
    pub lacks: Vec<Box<str>>,
    /// Some names that only the copy has.
    pub extra: Vec<Box<str>>,
}

/// What makes a backup, by its own words.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct JobFacts {
    /// The script, or the table of cron jobs.
    pub script: Box<str>,
    /// The script's last change, in seconds on the host's wall clock.
    pub changed: Option<i64>,
    /// Who starts it: a place in a table of cron jobs, or a unit.
    pub started_by: Box<str>,
    /// What stands there.
    pub line: Box<str>,
    /// Where it writes; `…` stands for what only a run knows.
    pub into: Box<str>,
    /// What it reads.
    pub reads: Vec<Named>,
    /// It also reads what only a run knows.
    pub more: bool,
    /// What it leaves when it takes old copies away.
    pub keeps: Option<Kept>,
}

/// How a script takes old copies away.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Kept {
    /// What stays.
    pub keep: Pruned,
    /// The script's line.
    pub line: Box<str>,
}

/// Something that a script reads.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Named {
    /// A path, or words for what is none.
    pub path: Box<str>,
    /// The script's line, from 1.
    pub line: u32,
    /// The line.
    pub text: Box<str>,
    /// Device and inode; none where nothing is there.
    pub identity: Option<(u64, u64)>,
}

/// A copy that was looked into.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Checked {
    /// Which.
    pub identity: Identity,
    /// When, in seconds on the host's wall clock.
    pub at: i64,
    /// What it is, such as `gzip, tar`.
    pub kind: Box<str>,
    /// Whether it can be read to its end.
    pub integrity: Integrity,
    /// Its content beside the source; none where there is nothing to compare, with the reason.
    pub comparison: Result<Comparison, Box<str>>,
    /// Bytes, of a copy that is a directory.
    pub size: Option<u64>,
    /// Its content beside other directories that are easily taken for the source.
    pub twins: Vec<(Box<str>, Comparison)>,
}

/// What a host says of a backup.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct BackupFacts {
    /// When that was, in seconds on the host's wall clock: ages are from it.
    pub taken: i64,
    /// Whether the place could be read.
    pub place: Place,
    /// Device of the place.
    pub device: Option<u64>,
    /// Copies, newest first. Of very many, those of the last days and one of each day before.
    pub copies: Vec<Copy>,
    /// All of them.
    pub count: u64,
    /// Copies that were looked into.
    pub checks: BTreeMap<Identity, Checked>,
    /// The source.
    pub source: Option<PathFacts>,
    /// What makes it.
    pub job: Option<JobFacts>,
    /// Paths that the newest copy says it is of (restic, borg).
    pub says: Vec<Box<str>>,
    /// What could not be read.
    pub warnings: Vec<Box<str>>,
}

impl BackupFacts {
    /// What is known of a copy's content.
    pub fn check(&self, copy: &Copy) -> Option<&Checked> {
        self.checks.get(&copy.identity)
    }
}

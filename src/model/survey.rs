//! What a look at a host found that may be worth watching: the facts from which `init` writes a
//! config.

use core::net::IpAddr;
use std::time::Duration;

use super::ids::UnitName;
use super::port::Protocol;
use super::unit::UnitFacts;

/// A host, looked at once and closely.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Survey {
    /// `PRETTY_NAME` of os-release(5).
    pub os: String,
    /// systemd's version; none where systemd does not run.
    pub systemd: Option<String>,
    /// Units that are applications, by name.
    pub units: Vec<FoundUnit>,
    /// Units that might be meant and are not watched, and why.
    pub left_out: Vec<(UnitName, &'static str)>,
    /// Jobs that look like backups.
    pub backups: Vec<FoundBackup>,
    /// Containers that run.
    pub containers: Vec<FoundContainer>,
    /// What listens and belongs to no unit: in words.
    pub strangers: Vec<String>,
    /// What could not be read.
    pub warnings: Vec<String>,
}

/// Why a unit counts as an application.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Why {
    /// Its file was put there by an administrator: below `/etc` or `/usr/local`, or of no package.
    Own,
    /// Its file is the distribution's, and it listens on a port that is not the system's.
    Listens,
    /// Its file is the distribution's, and it is known for running applications.
    Known,
}

impl Why {
    /// In words, behind "a unit": what it was found by.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Own => "its file is not the distribution's",
            Self::Listens => "the distribution's, and it listens",
            Self::Known => "the distribution's, and known for running applications",
        }
    }
}

/// A unit that is an application.
#[derive(Clone, PartialEq, Debug)]
pub struct FoundUnit {
    /// Its name.
    pub unit: UnitName,
    /// What systemd says of it.
    pub facts: UnitFacts,
    /// Why it is here.
    pub why: Why,
    /// Where it listens, in the order of the numbers.
    pub ports: Vec<FoundPort>,
    /// Where its code lives.
    pub directory: Option<Box<str>>,
    /// Directories that it writes to, all of them there.
    pub data: Vec<FoundData>,
    /// What says over HTTP that it is well.
    pub health: Option<FoundHealth>,
    /// Units that it requires or is started after.
    pub after: Vec<UnitName>,
    /// For a timer, what it starts.
    pub starts: Option<UnitName>,
}

/// A port of a unit.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FoundPort {
    /// Its number.
    pub port: u16,
    /// How it is spoken to.
    pub protocol: Protocol,
    /// Where it listens.
    pub binds: Vec<IpAddr>,
    /// Not the unit holds it now, but this process, which somebody started in the unit's directory.
    pub by_hand: Option<Box<str>>,
}

/// A directory of a unit's data.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FoundData {
    /// Where.
    pub path: Box<str>,
    /// What it was found by.
    pub by: &'static str,
}

/// A URL that answered with 200.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FoundHealth {
    /// As seen from the host itself.
    pub url: String,
    /// What the answer said.
    pub says: Says,
}

/// What tells a healthy answer from a sick one.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub enum Says {
    /// Nothing beside its status.
    #[default]
    Nothing,
    /// A word.
    Word(&'static str),
    /// A field of its JSON, which is a text.
    Field(&'static str, Box<str>),
    /// A field of its JSON, which is `true`.
    Flag(&'static str),
    /// A field of its JSON and its value, which is not known for being well: it may be sick now.
    Doubt(&'static str, Box<str>),
}

/// How a backup is made.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Tool {
    /// An archive a run.
    Tar,
    /// A database's dump a run.
    Dump,
    /// A repository of restic.
    Restic,
    /// A repository of borg.
    Borg,
    /// A copy that is kept alike.
    Rsync,
}

impl Tool {
    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Tar => "tar",
            Self::Dump => "a dump",
            Self::Restic => "restic",
            Self::Borg => "borg",
            Self::Rsync => "rsync",
        }
    }
}

/// A job that looks like a backup.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FoundBackup {
    /// Where it was found: `/etc/cron.d/app`, `nightly.timer`.
    pub place: String,
    /// When it runs, as written there.
    pub schedule: String,
    /// The longest pause between two of its runs.
    pub every: Option<Duration>,
    /// The script, where it is one.
    pub script: Option<Box<str>>,
    /// How.
    pub tool: Tool,
    /// What it archives.
    pub sources: Vec<Box<str>>,
    /// What it writes: files by a pattern, or a repository.
    pub target: Box<str>,
    /// As many are kept.
    pub keep: Option<u32>,
}

/// A container that runs.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FoundContainer {
    /// Its name.
    pub name: Box<str>,
    /// Its image.
    pub image: Box<str>,
    /// Its compose project; empty without one.
    pub project: Box<str>,
    /// Its compose service; empty without one.
    pub service: Box<str>,
    /// Ports as docker writes them.
    pub ports: Box<str>,
}

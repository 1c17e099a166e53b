//! Data that comes down from an environment that is dearer to one that is less: a directory of staging or
//! development is replaced by what production has. The reverse cannot be said.

mod direction;

pub use direction::{Downward, Reads, Writable};

use std::time::Duration;

use super::backup::{BackupSpec, TimeFrom, Way};
use super::ids::{BackupName, EnvName, HostName, ServiceName, UnitName};
use super::restore::BackupLook;

/// `[[env.sync]]`: it stands in the environment that is written to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SyncSpec {
    /// Unique in its environment; it stands where others have a service's name.
    pub name: ServiceName,
    /// The host whose directory is replaced.
    pub host: HostName,
    /// The directory that is replaced.
    pub to: Box<str>,
    /// What it is replaced by.
    pub from: SyncFrom,
    /// What is done to the copy before anything uses it.
    pub scrub: Scrub,
}

/// Where the data comes from. It is only read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SyncFrom {
    /// The environment.
    pub env: EnvName,
    /// Its host; none is its only one.
    pub host: Option<HostName>,
    /// The directory there.
    pub path: Box<str>,
}

/// What takes out of a copy what does not belong into another environment: whom to mail, whom to call,
/// whom to charge.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Scrub {
    /// POSIX sh.
    Script(Box<str>),
    /// Nothing is done, for that reason.
    Waived(Box<str>),
}

impl Scrub {
    /// Why nothing is done.
    pub fn waived(&self) -> Option<&str> {
        match self {
            Self::Script(_) => None,
            Self::Waived(reason) => Some(reason),
        }
    }
}

impl SyncSpec {
    /// What is replaced, as the source of a backup: it is locked, stopped and swapped as one that is
    /// brought back.
    pub fn replaced(&self) -> BackupSpec {
        BackupSpec {
            name: BackupName::new(self.name.as_str()),
            host: self.host.clone(),
            source: Some(self.to.clone()),
            way: Way::Nothing("it comes from another environment".into()),
            every: Duration::MAX,
            grace: Duration::ZERO,
            keep: None,
            restore_within: None,
            min_size: None,
            time_from: TimeFrom::Mtime,
            job: None,
            make: None,
            database: None,
        }
    }

    /// The file in the copy that says what it is: `DEVELOPMENT_SNAPSHOT.json` in `development`.
    pub fn marker(&self, env: &EnvName) -> String {
        let plain = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' };
        format!("{}_SNAPSHOT.json", env.as_str().chars().map(plain).collect::<String>())
    }
}

/// What the host is asked whose directory is replaced.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SyncAsk {
    /// What the config says.
    pub spec: SyncSpec,
    /// The environment that is written to.
    pub env: EnvName,
    /// The host that is read.
    pub from: HostName,
    /// What the source's host has said.
    pub source: SyncSource,
    /// Units of the services that write to what is replaced.
    pub units: Vec<UnitName>,
}

/// The source, looked at before a plan.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct SyncSource {
    /// machine-id(5) of its host.
    pub machine: Box<str>,
    /// The directory without links on the way.
    pub real: Box<str>,
    /// Device and inode, as `device:inode`.
    pub at: Box<str>,
    /// Where on its file system it is, whatever is mounted where: `major:minor /path`.
    pub place: Box<str>,
    /// KiB in it.
    pub size: Option<u64>,
    /// Files in it.
    pub files: Option<u64>,
    /// Why nothing can be read.
    pub faults: Vec<Box<str>>,
}

/// What the host says whose directory is replaced.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct SyncLook {
    /// The source, as it was when this was asked.
    pub source: SyncSource,
    /// Whose the directory is.
    pub owner: Box<str>,
    /// What others than root may change on the way to it.
    pub open: Box<str>,
    /// The host says that its data may be replaced.
    pub admits: bool,
    /// Why nothing is done there: its identity, or where the directory lies.
    pub refused: Vec<Box<str>>,
    /// The directory, and who writes there.
    pub there: BackupLook,
}

/// Whence what is sent to a host comes: that very directory of that very machine.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Far {
    /// Its environment.
    pub env: EnvName,
    /// Its host.
    pub host: HostName,
    /// machine-id(5) of that.
    pub machine: Box<str>,
    /// The directory without links on the way.
    pub real: Box<str>,
    /// `device:inode`.
    pub at: Box<str>,
    /// `major:minor /path`.
    pub place: Box<str>,
    /// The environment that it is sent to.
    pub to: EnvName,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_marker_is_named_by_the_environment_and_leads_nowhere() {
        let spec = SyncSpec {
            name: "data".into(),
            host: "dev1".into(),
            to: "/srv/data".into(),
            from: SyncFrom { env: "production".into(), host: None, path: "/srv/data".into() },
            scrub: Scrub::Waived("none".into()),
        };
        assert_eq!(spec.marker(&"development".into()), "DEVELOPMENT_SNAPSHOT.json");
        assert_eq!(spec.marker(&"dev 2'; größe".into()), "DEV_2___GR__E_SNAPSHOT.json");
    }
}

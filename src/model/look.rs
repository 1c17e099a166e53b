//! What a host says when somebody is about to do something there: asked at that moment, not taken
//! from what the screen shows.

use std::collections::{BTreeMap, BTreeSet};

use super::deploy::DeployLook;
use super::drain::Pools;
use super::operation::{Claim, Freeze, RunState};
use super::restore::BackupLook;
use super::sync::SyncLook;

/// A host, looked at before a plan.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Look {
    /// machine-id(5).
    pub machine: Box<str>,
    /// The kernel's boot id (random(4)).
    pub boot: Box<str>,
    /// Whether what looked had all rights.
    pub root: bool,
    /// Programs that are there.
    pub tools: BTreeSet<Box<str>>,
    /// systemd's version, where it runs the host.
    pub systemd: Option<u32>,
    /// Bytes left where operations are kept.
    pub disk: Option<u64>,
    /// The file system there.
    pub file_system: Box<str>,
    /// Who has the subject, and how that operation is doing.
    pub claim: Option<(Claim, RunState)>,
    /// Nothing is to be done.
    pub freeze: Option<Freeze>,
    /// Units that were asked for.
    pub units: Vec<UnitLook>,
    /// Addresses of its own.
    pub addresses: BTreeSet<Box<str>>,
    /// Pools of its nginx that were asked for.
    pub pools: Vec<Pools>,
    /// The process that stands in the service's place, where one was asked for.
    pub stranger: Option<Stranger>,
    /// What is deployed there, where that was asked for.
    pub deploy: Option<Box<DeployLook>>,
    /// What is known of a backup, where that was asked for.
    pub backup: Option<Box<BackupLook>>,
    /// What is known of a directory that is replaced by another environment's, where that was asked for.
    pub sync: Option<Box<SyncLook>>,
}

/// A unit, looked at before a plan.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct UnitLook {
    /// Its name as it was asked for.
    pub name: Box<str>,
    /// `systemctl show`.
    pub properties: BTreeMap<Box<str>, Box<str>>,
    /// A sum of all that it is made of (`systemctl cat`).
    pub files: Box<str>,
}

/// A process that stands in a service's place.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Stranger {
    /// Its number.
    pub pid: u32,
    /// When it began, in ticks since boot (proc(5)): with the number it names one process.
    pub start: u64,
    /// Its command line.
    pub command: Box<str>,
    /// Its user's number.
    pub uid: u32,
    /// Its working directory.
    pub directory: Box<str>,
    /// Its control group, below the root of all.
    pub control_group: Box<str>,
}

impl UnitLook {
    /// A property; empty where there is none.
    pub fn get(&self, name: &str) -> &str {
        self.properties.get(name).map_or("", |value| value)
    }

    /// Whether a property says yes.
    pub fn is(&self, name: &str) -> bool {
        self.get(name) == "yes"
    }
}

//! The config: TOML text in, a checked [`FleetSpec`] out, or every fault at once, each with
//! file, line and remedy.
//!
//! Parsing of strings, nothing else: no clock, no network, no async. [`load`] reads files and
//! is the only thing here that touches the disk; [`parse`] beneath it is pure.

mod action;
mod backup;
pub(crate) mod check;
mod console;
mod deploy;
mod drain;
mod env;
mod fault;
pub(crate) mod faults;
mod files;
mod health;
mod host;
mod keys;
mod kinds;
mod locate;
mod logs;
mod parse;
mod ports;
mod promises;
pub(crate) mod reader;
mod rollout;
mod schema;
mod service;
mod silence;
mod source;
mod sync;
pub(crate) mod syntax;
mod thresholds;
mod window;

use std::time::Duration;

use crate::model::ids::{EnvName, HostName};
use crate::model::limits::Limits;
use crate::model::spec::{EnvSpec, FleetSpec, HostSpec, Reach, Sources, Sudo, Tier};

pub use fault::{ConfigFault, Place};
pub(crate) use fault::{quoted, quoted_list};
pub use files::load;
pub(crate) use files::read_source;
pub use locate::{directory, locate};
pub use parse::parse;
pub use schema::{KEYS, Key, Section};
pub use source::Source;

/// The shortest interval: below it reading costs the hosts more than it tells.
pub const INTERVAL_MIN: Duration = Duration::from_secs(1);
/// The longest interval: beyond it the screen would show the past.
pub const INTERVAL_MAX: Duration = Duration::from_secs(600);
/// The largest file that is read.
pub const FILE_MAX: u64 = 4 * 1024 * 1024;
/// The most files that `include` may bring in.
pub const INCLUDE_MAX: usize = 1000;

/// A config that was found without fault.
#[derive(Clone, PartialEq, Debug)]
pub struct Loaded {
    /// What it asks for.
    pub spec: FleetSpec,
    /// Where it came from.
    pub sources: Sources,
}

/// What is shown when there is no config: this machine, whose units the runtime finds itself.
pub fn this_machine() -> FleetSpec {
    FleetSpec {
        envs: vec![EnvSpec {
            name: EnvName::new("local"),
            tier: Tier::Local,
            protected: false,
            hosts: vec![HostSpec {
                name: HostName::new("localhost"),
                reach: Reach::Local,
                sudo: Sudo::Auto,
                limits: Limits::default(),
            }],
            services: Vec::new(),
            ports: Vec::new(),
            silences: Vec::new(),
            backups: std::sync::Arc::default(),
            syncs: std::sync::Arc::default(),
            windows: std::sync::Arc::default(),
        }],
        ..FleetSpec::default()
    }
}

#[cfg(test)]
mod tests;

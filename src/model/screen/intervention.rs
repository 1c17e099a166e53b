//! What somebody does about what a host holds: a freeze, or an operation that he did not begin here.

use crate::model::acting::Acting;
use crate::model::ids::{EnvName, HostId, InstanceId};
use crate::model::operation::{Foreign, OpId};

/// See the module.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Intervention {
    /// Nothing is to be done to a service on any of its hosts, until somebody lifts that.
    Freeze(InstanceId),
    /// Lifts that for a subject of a host.
    Thaw(HostId, Box<str>),
    /// Ends an operation at its next step's border.
    Cancel(EnvName, OpId),
    /// Takes back what an operation began whose runner died.
    Undo(EnvName, OpId),
    /// Leaves all as an operation has left it, and gives back what it claims.
    Release(EnvName, OpId),
}

impl Intervention {
    /// Of which environment.
    pub const fn env(&self) -> &EnvName {
        match self {
            Self::Freeze(id) => &id.host.env,
            Self::Thaw(host, _) => &host.env,
            Self::Cancel(env, _) | Self::Undo(env, _) | Self::Release(env, _) => env,
        }
    }

    /// The operation that it is about.
    pub const fn op(&self) -> Option<&OpId> {
        match self {
            Self::Cancel(_, op) | Self::Undo(_, op) | Self::Release(_, op) => Some(op),
            Self::Freeze(_) | Self::Thaw(..) => None,
        }
    }

    /// What has to be typed, so that no key alone does it; none where it is a reason.
    pub fn phrase(&self) -> Option<String> {
        match self {
            Self::Freeze(_) => None,
            Self::Thaw(..) => Some("thaw".to_owned()),
            Self::Cancel(_, op) | Self::Undo(_, op) | Self::Release(_, op) => {
                Some(op.suffix().to_owned())
            }
        }
    }
}

/// The parts of an operation, as hosts told of them when they were asked last.
pub fn parts<'a>(acting: &'a Acting, op: &OpId) -> Vec<(&'a HostId, &'a Foreign)> {
    let seen = acting.seen.iter().filter_map(|(host, seen)| Some((host, seen.value()?)));
    let runs = seen.flat_map(|(host, seen)| seen.runs.iter().map(move |run| (host, run)));
    runs.filter(|(_, run)| run.run.op() == *op).collect()
}

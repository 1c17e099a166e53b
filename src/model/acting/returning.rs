//! A deploy failed on a host, and what others did is taken back, as its policy says: by a plan of its own,
//! which its confirmation covers.

use super::{Planning, Refusals};
use crate::model::ids::InstanceId;
use crate::model::operation::{OpId, Operation, Phase};
use crate::model::plan::{Permit, Policy};
use crate::model::time::Timestamp;
use crate::model::verb::Verb;

/// See the module.
#[derive(Clone, PartialEq, Debug)]
pub struct Return {
    /// What failed.
    pub of: OpId,
    /// What its confirmation rested on.
    pub permit: Permit,
    /// Since when hosts are looked at.
    pub since: Timestamp,
    /// How far it is.
    pub state: Returning,
}

/// How far it is.
#[derive(Clone, PartialEq, Debug)]
pub enum Returning {
    /// Hosts are looked at.
    Planning(Box<Planning>),
    /// It runs, or ran, by that name.
    Begun(OpId),
    /// It cannot be done, for these reasons.
    Refused(Refusals),
}

/// What of an operation that is over is to go back, as its policy says; nothing where nobody failed, or
/// somebody has cancelled it: they are there, and decide.
pub fn goes_back(operation: &Operation) -> Vec<InstanceId> {
    let plan = operation.plan();
    let policy = plan.rollout.on_fail;
    if plan.intent.verb != Verb::Deploy || policy < Policy::RevertBatch || operation.cancelled {
        return Vec::new();
    }
    let failed = |place: &usize| {
        operation.runs.get(*place).is_some_and(|run| {
            !run.succeeded() && !matches!(run.phase, Phase::Waiting | Phase::Claimed)
        })
    };
    if operation.failures() <= plan.rollout.max_failures {
        return Vec::new();
    }
    let batches = plan.batches.iter();
    let wanted = batches.filter(|batch| policy == Policy::RevertFleet || batch.iter().any(failed));
    let done = wanted.flatten().filter(|place| {
        operation.runs.get(**place).is_some_and(crate::model::operation::HostRun::succeeded)
    });
    done.filter_map(|place| plan.hosts.get(*place))
        .map(|host| InstanceId { host: host.host.clone(), service: host.service.clone() })
        .collect()
}

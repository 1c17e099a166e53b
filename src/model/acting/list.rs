//! Operations as a list: this console's, and those that hosts tell of.

use super::Acting;
use crate::model::ids::HostId;
use crate::model::operation::{Foreign, Freeze, OpId, Operation};
use crate::model::screen::OpPick;

/// A row.
#[derive(Clone, Copy, Debug)]
pub enum OpRow<'a> {
    /// Nothing is to be done to something of a host.
    Frozen(&'a HostId, &'a Freeze),
    /// One of this console.
    Own(&'a Operation),
    /// A part of somebody's, on its host.
    Foreign(&'a HostId, &'a Foreign),
}

impl OpRow<'_> {
    /// What tells it from others.
    pub fn pick(&self) -> OpPick {
        match self {
            Self::Frozen(host, freeze) => OpPick::Frozen((*host).clone(), freeze.subject.clone()),
            Self::Own(operation) => OpPick::Own(operation.id.clone()),
            Self::Foreign(host, foreign) => OpPick::Foreign((*host).clone(), foreign.run.clone()),
        }
    }

    /// The operation.
    fn op(&self) -> Option<OpId> {
        match self {
            Self::Frozen(..) => None,
            Self::Own(operation) => Some(operation.id.clone()),
            Self::Foreign(_, foreign) => Some(foreign.run.op()),
        }
    }
}

/// What is frozen first, then operations, the newest first: their names sort by time. What hosts tell
/// of this console's own ones is left out: it knows them better, unless it does not know how they ended.
pub fn rows(acting: &Acting) -> Vec<OpRow<'_>> {
    let told = |op: &OpId| {
        let mut seen = acting.seen.values().filter_map(|seen| seen.value());
        seen.any(|seen| {
            seen.runs.iter().any(|one| one.run.op() == *op && !acting.is_ours(&one.run))
        })
    };
    let own = acting.operations.iter().filter(|one| !told(&one.id));
    let mut rows: Vec<OpRow<'_>> = own.map(OpRow::Own).collect();
    for (host, seen) in &acting.seen {
        let Some(seen) = seen.value() else { continue };
        let foreign = seen.runs.iter().filter(|one| !acting.is_ours(&one.run));
        rows.extend(foreign.map(|one| OpRow::Foreign(host, one)));
        rows.extend(seen.freezes.iter().map(|freeze| OpRow::Frozen(host, freeze)));
    }
    rows.sort_by_key(|row| {
        let op = row.op();
        (op.is_some(), std::cmp::Reverse(op))
    });
    rows
}

/// The place of a row; the first where it is gone.
pub fn place_of(rows: &[OpRow<'_>], pick: Option<&OpPick>) -> usize {
    pick.and_then(|pick| rows.iter().position(|row| row.pick() == *pick)).unwrap_or(0)
}

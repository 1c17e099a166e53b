//! All that is about acting: what may be done, what is being planned, what is run.

mod attached;
mod list;
mod returning;

pub use attached::{Attached, AttachedPart};
pub use list::{OpRow, place_of, rows};
pub use returning::{Return, Returning, goes_back};

use std::collections::BTreeMap;

use super::audit::Entry;
use super::fault::{Fault, FaultKind};
use super::ids::{HostId, InstanceId};
use super::look::Look;
use super::observed::Observed;
use super::operation::{Claim, OpId, Operation, Outcome, RunId, Seen};
use super::plan::{Intent, Permits, Plan};
use super::time::Timestamp;
use std::sync::Arc;

/// Operations that are over and still held.
const HELD: usize = 50;

/// See the module.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Acting {
    /// What may be done with this console.
    pub permits: Permits,
    /// What somebody is about to do.
    pub planning: Option<Box<Planning>>,
    /// What was begun here, the oldest first.
    pub operations: Vec<Operation>,
    /// What goes back since a deploy failed, the newest last.
    pub returns: Vec<Return>,
    /// One that was not begun here, while it is looked at.
    pub attached: Option<Box<Attached>>,
    /// What hosts tell of operations, whoever began them.
    pub seen: BTreeMap<HostId, Observed<Seen>>,
    /// Who was asked for something beside operations, and has not answered.
    pub pending: Vec<HostId>,
    /// What is to be written down before anything else is done.
    pub unaudited: Vec<Entry>,
    /// When they were asked last.
    pub listed: Timestamp,
    /// Who acts on what, as every host tells by itself.
    pub claims: BTreeMap<HostId, Vec<Claim>>,
    /// Chance for names; set once from outside.
    pub chance: u64,
    /// The number of the last plan that was asked for.
    pub asked: u32,
}

/// What a host said when it was looked at, and when.
pub type Looked = Result<(Look, Timestamp), Fault>;

/// Why there is no plan: a sentence for each instance that cannot take part.
pub type Refusals = Vec<(InstanceId, String)>;

/// What somebody is about to do: hosts are being looked at, or a plan is there.
#[derive(Clone, PartialEq, Debug)]
pub struct Planning {
    /// Which one: an answer to an older one is dropped.
    pub asked: u32,
    /// What is wanted.
    pub intent: Intent,
    /// Where, and what each host said.
    pub looks: BTreeMap<InstanceId, Option<Looked>>,
    /// What came of it.
    pub made: Option<Result<Arc<Plan>, Refusals>>,
}

impl Planning {
    /// Hosts that have not answered yet.
    pub fn waits_for(&self) -> impl Iterator<Item = &InstanceId> {
        self.looks.iter().filter(|(_, look)| look.is_none()).map(|(id, _)| id)
    }

    /// A host that did not let us look since we have no rights there.
    pub fn lacks_rights(&self) -> Option<&HostId> {
        self.looks.iter().find_map(|(id, look)| match look {
            Some(Err(fault)) if fault.kind == FaultKind::Denied => Some(&id.host),
            _ => None,
        })
    }
}

impl Acting {
    /// An operation.
    pub fn operation(&self, id: &OpId) -> Option<&Operation> {
        self.operations.iter().find(|operation| operation.id == *id)
    }

    /// What is being planned by that number, for whomever.
    pub fn planning_mut(&mut self, asked: u32) -> Option<&mut Planning> {
        let returns = self.returns.iter_mut().filter_map(|one| match &mut one.state {
            Returning::Planning(planning) => Some(planning),
            Returning::Begun(_) | Returning::Refused(_) => None,
        });
        let mut all = self.planning.iter_mut().chain(returns);
        all.find(|planning| planning.asked == asked).map(AsMut::as_mut)
    }

    /// The same, to look at.
    pub fn planning(&self, asked: u32) -> Option<&Planning> {
        let returns = self.returns.iter().filter_map(|one| match &one.state {
            Returning::Planning(planning) => Some(planning),
            Returning::Begun(_) | Returning::Refused(_) => None,
        });
        let mut all = self.planning.iter().chain(returns);
        all.find(|planning| planning.asked == asked).map(AsRef::as_ref)
    }

    /// What goes back since that failed.
    pub fn return_of(&self, op: &OpId) -> Option<&Return> {
        self.returns.iter().rev().find(|one| one.of == *op)
    }

    /// Whose part that is, and its place.
    pub fn place(&self, run: &RunId) -> Option<(usize, usize)> {
        let op = run.op();
        let at = self.operations.iter().position(|operation| operation.id == op)?;
        let operation = self.operations.get(at)?;
        let place = (0..operation.runs.len()).find(|place| operation.id.run(*place) == *run)?;
        Some((at, place))
    }

    /// The next bits of chance (splitmix64).
    pub fn chance(&mut self) -> u128 {
        let mut next = || {
            self.chance = self.chance.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut z = self.chance;
            z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            z ^ (z >> 31)
        };
        (u128::from(next()) << 64) | u128::from(next())
    }

    /// Claims of others on a host: not those of what was begun here.
    pub fn others(&self, host: &HostId) -> impl Iterator<Item = &Claim> {
        let ours = |run: &RunId| self.operation(&run.op()).is_some();
        self.claims
            .get(host)
            .into_iter()
            .flatten()
            .filter(move |claim| !claim.run.as_ref().is_some_and(ours))
    }

    /// Whether that part is of an operation of this console of which it knows as much as its host: of one
    /// that is over and not known the host knows more.
    pub fn is_ours(&self, run: &RunId) -> bool {
        self.operation(&run.op()).is_some_and(|one| one.outcome() != Some(Outcome::Unknown))
    }

    /// Takes a new one in, and lets go the oldest that are over.
    pub fn push(&mut self, operation: Operation) {
        self.operations.push(operation);
        let mut surplus = self.operations.len().saturating_sub(HELD);
        self.operations.retain(|operation| {
            let goes = surplus > 0 && operation.is_over();
            surplus -= usize::from(goes);
            !goes
        });
    }

    /// Operations of this console on a host, that are not over.
    pub fn busy(&self) -> impl Iterator<Item = &Operation> {
        self.operations.iter().filter(|operation| !operation.is_over())
    }
}

//! What is asked of a host about acting. What changes something there holds a confirmed plan or a
//! permit: without one it cannot be made.

use crate::model::deploy::DeployAsk;
use crate::model::drain::PoolId;
use crate::model::ids::{InstanceId, UnitName};
use crate::model::operation::{Foreign, Need, RunId, Verdict};
use crate::model::plan::{ConfirmedPlan, HostPlan, Permit, Server};
use crate::model::restore::BackupAsk;
use crate::model::sync::SyncAsk;
use crate::model::time::Timestamp;

/// A host's part of a confirmed plan.
#[derive(Clone, PartialEq, Debug)]
pub struct Errand {
    plan: ConfirmedPlan,
    place: usize,
    /// Its name.
    pub run: RunId,
    /// Who runs it.
    pub operator: Box<str>,
    /// When it was begun.
    pub at: Timestamp,
}

impl Errand {
    /// The part of that place; none where the plan has no such.
    pub fn new(
        plan: &ConfirmedPlan,
        place: usize,
        run: RunId,
        operator: &str,
        at: Timestamp,
    ) -> Option<Self> {
        plan.plan().hosts.get(place)?;
        Some(Self { plan: plan.clone(), place, run, operator: operator.into(), at })
    }

    /// What is confirmed.
    pub const fn confirmed(&self) -> &ConfirmedPlan {
        &self.plan
    }

    /// What the host does; none never happens.
    pub fn host(&self) -> Option<&HostPlan> {
        self.plan.plan().hosts.get(self.place)
    }
}

impl Ask {
    /// To look at an instance for that plan or count.
    pub fn look(asked: u32, server: &Server, more: LookMore) -> Self {
        Self::Look {
            asked,
            instance: server.id.clone(),
            subject: server.subject.clone(),
            unit: server.unit.clone(),
            more,
        }
    }
}

/// What is asked of a host, in this order, about what an operation left there whose runner is dead: what
/// it began is taken back where that is wanted and there is such; all else is left as it is, and its
/// claim is given back.
pub fn settle(permit: &Permit, operator: &str, left: &Foreign, takes_back: bool) -> Vec<Ask> {
    let (permit, operator) = (permit.clone(), operator.into());
    let (subject, run) = (left.subject.clone(), left.run.clone());
    match left.need() {
        None => Vec::new(),
        Some(Need::Undo) if takes_back => vec![Ask::Revert { permit, subject, run, operator }],
        Some(Need::Undo | Need::Claim) => {
            let ends = (left.verdict() == Verdict::Orphaned)
                .then(|| Ask::End(permit.clone(), run.clone()));
            let gives = Ask::Break { permit, subject, run, operator };
            ends.into_iter().chain([gives]).collect()
        }
    }
}

/// What is looked at besides.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct LookMore {
    /// The process that stands in its place.
    pub stranger: Option<u32>,
    /// What is deployed there.
    pub deploy: Option<Box<DeployAsk>>,
    /// A backup, and the services that write to its source.
    pub backup: Option<Box<BackupAsk>>,
    /// A directory that is replaced by another environment's.
    pub sync: Option<Box<SyncAsk>>,
    /// Pools of its nginx.
    pub pools: Vec<PoolId>,
}

/// Asked of a host.
#[derive(Clone, PartialEq, Debug)]
pub enum Ask {
    /// Look before a plan; changes nothing.
    Look {
        /// For which plan.
        asked: u32,
        /// For which of its instances.
        instance: InstanceId,
        /// What would be locked.
        subject: Box<str>,
        /// Which unit.
        unit: Option<UnitName>,
        /// What else.
        more: LookMore,
    },
    /// Take a copy of a directory to this machine, for a plan; changes nothing there.
    Pull {
        /// For which plan.
        asked: u32,
        /// For which of its instances, which is on another host.
        instance: InstanceId,
        /// What is locked there for the service.
        subject: Box<str>,
        /// Which directory.
        directory: Box<str>,
        /// What is taken, as filter rules of rsync(1).
        rules: Vec<Box<str>>,
    },
    /// Look at a directory from which data is to come; changes nothing.
    Source {
        /// For which plan.
        asked: u32,
        /// For which of its instances, which is on another host.
        instance: InstanceId,
        /// Which directory.
        directory: Box<str>,
    },
    /// Tell of all operations; changes nothing.
    List,
    /// Claim it.
    Claim(Errand),
    /// Send what the steps work on, beside what runs.
    Stage(Errand),
    /// End that, and remove what was sent.
    Unstage(Errand),
    /// Ship the steps and start the runner.
    Launch(Errand),
    /// Tell what is new, from these bytes of events and log on; changes nothing.
    Follow {
        /// Of which.
        run: RunId,
        /// Bytes of its events that are known.
        events: u64,
        /// Bytes of its log that are known.
        log: u64,
    },
    /// Say that somebody is there, and how far the batches are, to a balancer's runner.
    Steer(Permit, RunId, String),
    /// End it at the next step's border.
    Cancel(Permit, RunId),
    /// Give a claim back.
    Release(Permit, Box<str>, RunId),
    /// End what a dead runner left running.
    End(Permit, RunId),
    /// Take back what a runner that died had begun.
    Revert {
        /// That it may be done.
        permit: Permit,
        /// To what.
        subject: Box<str>,
        /// Of which.
        run: RunId,
        /// Who does it.
        operator: Box<str>,
    },
    /// Take a claim away from an operation that nobody runs any more.
    Break {
        /// That it may be done.
        permit: Permit,
        /// From what.
        subject: Box<str>,
        /// From whom.
        run: RunId,
        /// Who does it.
        operator: Box<str>,
    },
    /// Nothing is to be done to it.
    Freeze {
        /// That it may be done.
        permit: Permit,
        /// To what.
        subject: Box<str>,
        /// Why.
        reason: Box<str>,
        /// Who says so.
        operator: Box<str>,
        /// When.
        at: Timestamp,
    },
    /// Lift a freeze.
    Thaw {
        /// That it may be done.
        permit: Permit,
        /// From what.
        subject: Box<str>,
        /// Who says so.
        operator: Box<str>,
    },
    /// Write down how a drill went.
    Drilled {
        /// That it may be done.
        permit: Permit,
        /// Of what.
        subject: Box<str>,
        /// What is said of it; see [`crate::model::drill::Drilled::line`].
        said: Box<str>,
        /// Who says so.
        operator: Box<str>,
    },
}

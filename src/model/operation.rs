//! An operation: a confirmed plan while it is run by its hosts. What is not known of a host is
//! `Unknown`, which is an outcome: one looks again, one never guesses.

mod count;
mod foreign;
mod id;
mod measured;
mod output;
mod remains;
mod run;
mod seen;
mod steer;

pub use count::{Count, serves};
pub use foreign::{Claim, Foreign, Freeze, Need, RunState, Verdict};
pub use id::{OpId, RunId};
pub use output::Output;
pub use remains::remains;
pub use run::{HostRun, LAST_WORD, Owed, Phase, Refusal, StepRun, StepState};
pub use seen::{Progress, Seen};
pub use steer::Steer;

use std::collections::BTreeMap;
use std::sync::Arc;

use super::ids::HostId;
use super::plan::{ConfirmedPlan, Plan};
use super::time::Timestamp;

/// How it ended.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Outcome {
    /// Everything was done and is healthy.
    Succeeded,
    /// Nothing was done: somebody else has it, or it is frozen.
    Locked,
    /// Nothing was done: a host is not any more as it was when the plan was made.
    Stale,
    /// It failed, and what was done was taken back, or nothing had been done.
    Undone,
    /// It failed, and something of it was done.
    Failed,
    /// It is not known.
    Unknown,
}

impl Outcome {
    /// The word in JSON and on the screen.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Succeeded => "succeeded",
            Self::Locked => "locked",
            Self::Stale => "stale",
            Self::Undone => "undone",
            Self::Failed => "failed",
            Self::Unknown => "unknown",
        }
    }

    /// It in a sentence.
    pub const fn doc(self) -> &'static str {
        match self {
            Self::Succeeded => "everything was done and is healthy",
            Self::Locked => "nothing was done: somebody else has it, or it is frozen",
            Self::Stale => "nothing was done: it is not any more as it was planned; plan it anew",
            Self::Undone => "it failed or was cancelled; what was done was taken back",
            Self::Failed => "it failed, and something of it was done: look at it",
            Self::Unknown => "it is not known: look again, do not try again blindly",
        }
    }

    /// What a runner's last word means: `WORD STEP STATUS`.
    pub fn of_result(result: &str) -> Self {
        match result.split_ascii_whitespace().next().unwrap_or_default() {
            "succeeded" => Self::Succeeded,
            "undone" | "cancelled" => Self::Undone,
            "stale" => Self::Stale,
            "busy" => Self::Locked,
            "failed" | "undo-failed" => Self::Failed,
            _ => Self::Unknown,
        }
    }

    /// The exit code of the commands that act.
    pub const fn exit_code(self) -> u8 {
        match self {
            Self::Succeeded => 0,
            Self::Undone => 1,
            Self::Failed => 2,
            Self::Unknown => 3,
            Self::Locked | Self::Stale => 75,
        }
    }
}

/// Where it stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Stage {
    /// The host plan of that place is being claimed; all or none.
    Claiming(usize),
    /// A claim was refused: what was claimed is given back.
    Withdrawing(Outcome),
    /// Who would serve besides that batch is counted.
    Counting(usize),
    /// Balancers are asked to send nothing more to that batch.
    Draining(usize),
    /// That batch runs.
    Running(usize),
    /// Balancers put that batch back.
    Undraining(usize),
    /// No further batch comes: balancers put back what they have taken out, and end.
    Closing,
    /// Until then it waits before that batch.
    Waiting(usize, Timestamp),
    /// All is done; claims are given back.
    Releasing(Outcome),
    /// It is over.
    Ended(Outcome),
}

/// A confirmed plan that is being run.
#[derive(Clone, PartialEq, Debug)]
pub struct Operation {
    /// Its name, the same on every host.
    pub id: OpId,
    /// What is run.
    pub plan: ConfirmedPlan,
    /// Who runs it.
    pub operator: Box<str>,
    /// When it was begun, on the console's clock.
    pub began: Timestamp,
    /// When it was over.
    pub ended: Option<Timestamp>,
    /// Where it stands.
    pub stage: Stage,
    /// Somebody wants it to end at the next step's border.
    pub cancelled: bool,
    /// Who serves is being counted.
    pub count: Option<Count>,
    /// Why no further batch was begun, where too little would have served.
    pub halted: Option<String>,
    /// What balancers are told, by their places.
    pub steers: BTreeMap<usize, Steer>,
    /// What stays drained, and what is to be done about it: a balancer's place, and a sentence.
    pub drained: Vec<(usize, String)>,
    /// One a host plan, in the plan's order.
    pub runs: Vec<HostRun>,
}

impl Operation {
    /// One that has not begun.
    pub fn new(id: OpId, plan: ConfirmedPlan, operator: &str, now: Timestamp) -> Self {
        let runs = plan.plan().hosts.iter().map(HostRun::new).collect();
        Self {
            id,
            plan,
            operator: operator.into(),
            began: now,
            ended: None,
            stage: Stage::Claiming(0),
            cancelled: false,
            count: None,
            halted: None,
            steers: BTreeMap::new(),
            drained: Vec::new(),
            runs,
        }
    }

    /// What is run.
    pub const fn plan(&self) -> &Arc<Plan> {
        self.plan.plan()
    }

    /// Whether nothing more happens.
    pub const fn is_over(&self) -> bool {
        matches!(self.stage, Stage::Ended(_))
    }

    /// Whether something may still come of it: it is not over, a host is not known and may say more, or
    /// one still has the claim.
    pub fn goes_on(&self) -> bool {
        let lost = |run: &HostRun| matches!(run.phase, Phase::Lost(..));
        !self.is_over() || self.owes() || self.runs.iter().any(lost)
    }

    /// Whether a host was not told yet that the claim is given back.
    pub fn owes(&self) -> bool {
        self.runs.iter().any(|run| matches!(run.claim, Owed::Due | Owed::Asked))
    }

    /// Hosts that still have the claim of an operation that is over.
    pub fn keepers(&self) -> impl Iterator<Item = &HostId> {
        let all = self.runs.iter().zip(&self.plan().hosts);
        all.filter(|(run, _)| run.claim != Owed::Nothing).map(|(_, plan)| &plan.host)
    }

    /// A host that does not tell how it is doing since we have no rights there any more.
    pub fn locked_out(&self) -> Option<&HostId> {
        let mut runs = self.runs.iter().zip(&self.plan().hosts);
        runs.find(|(run, _)| run.is_locked_out()).map(|(_, plan)| &plan.host)
    }

    /// How it ended, once it is over.
    pub const fn outcome(&self) -> Option<Outcome> {
        match self.stage {
            Stage::Ended(outcome) => Some(outcome),
            _ => None,
        }
    }

    /// The claim of a host is kept until the whole operation is over, or only as long as its runner
    /// lives.
    pub fn is_rollout(&self) -> bool {
        self.plan().is_rollout()
    }

    /// Hosts that have failed, and those of which it is not known.
    pub fn failures(&self) -> usize {
        let bad = |run: &&HostRun| {
            matches!(
                run.phase,
                Phase::Lost(..)
                    | Phase::Ended(
                        Outcome::Undone | Outcome::Failed | Outcome::Unknown | Outcome::Stale
                    )
                    | Phase::Refused(_)
            )
        };
        self.runs.iter().filter(bad).count()
    }

    /// Hosts that have the new. A balancer beside them only served the others, and has nothing new.
    pub fn renewed(&self) -> impl Iterator<Item = &HostRun> {
        let hosts = self.runs.iter().enumerate();
        let hosts = hosts.filter(|(place, _)| !self.plan().is_drain(*place));
        hosts.map(|(_, run)| run).filter(|run| run.succeeded())
    }

    /// What all runs come to: the worst of them; hosts that were never begun change nothing of it.
    pub fn sum(&self) -> Outcome {
        let mut worst = None;
        for run in &self.runs {
            let one = match &run.phase {
                Phase::Ended(outcome) => *outcome,
                Phase::Lost(..) | Phase::Running | Phase::Launching => Outcome::Unknown,
                Phase::Refused(refusal) => refusal.outcome(),
                // Nothing of what runs was touched.
                Phase::Staging | Phase::Unstaging(_) => Outcome::Undone,
                // It was never begun: the batch before it failed, or it was cancelled.
                Phase::Waiting | Phase::Claiming | Phase::Claimed => continue,
            };
            worst = worst.max(Some(one));
        }
        let skipped = self.runs.iter().any(|run| !run.phase.is_over());
        let renewed = self.renewed().next().is_some();
        match worst {
            // A part of the hosts has the new, a part the old.
            Some(Outcome::Succeeded | Outcome::Undone | Outcome::Stale | Outcome::Locked)
                if skipped && renewed =>
            {
                Outcome::Failed
            }
            Some(Outcome::Undone | Outcome::Stale | Outcome::Locked) if renewed => Outcome::Failed,
            Some(outcome) => outcome,
            None => Outcome::Undone,
        }
    }
}

//! One host's part of an operation.

use std::time::Duration;

use super::{Outcome, Output};
use crate::model::deploy::copy::Sent;
use crate::model::fault::{Fault, FaultKind};
use crate::model::operation::foreign::{Claim, Freeze, Verdict};
use crate::model::plan::HostPlan;
use crate::model::text::clean;
use crate::model::time::Timestamp;

/// Characters of a runner's last word that are kept.
pub const LAST_WORD: usize = 200;

/// How a step is doing.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum StepState {
    /// Not begun.
    #[default]
    Waiting,
    /// It runs.
    Running,
    /// Done.
    Done,
    /// It failed with that status; 124 is that it took too long.
    Failed(i32),
    /// It is being taken back.
    Undoing,
    /// It was taken back.
    Undone,
    /// Taking it back failed with that status.
    UndoFailed(i32),
    /// The operation was cancelled before it.
    Cancelled,
}

impl StepState {
    /// The word on the screen and in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Running => "running",
            Self::Done => "done",
            Self::Failed(_) => "failed",
            Self::Undoing => "undoing",
            Self::Undone => "undone",
            Self::UndoFailed(_) => "undo-failed",
            Self::Cancelled => "cancelled",
        }
    }
}

/// A step while it is run.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StepRun {
    /// Its number in the plan.
    pub number: u8,
    /// How it is doing.
    pub state: StepState,
    /// Since the host's boot, when it began.
    pub began: Option<Duration>,
    /// How long it took, once it is over.
    pub took: Option<Duration>,
}

impl StepRun {
    /// One that has not begun.
    pub const fn new(number: u8) -> Self {
        Self { number, state: StepState::Waiting, began: None, took: None }
    }
}

/// Why nothing was begun on a host.
#[derive(Clone, PartialEq, Debug)]
pub enum Refusal {
    /// Somebody else has it.
    Claimed(Box<Claim>, Verdict),
    /// Nothing is to be done there.
    Frozen(Box<Freeze>),
    /// The host could not do it.
    Fault(Fault),
}

impl Refusal {
    /// What that makes of the operation.
    pub const fn outcome(&self) -> Outcome {
        match self {
            Self::Claimed(..) | Self::Frozen(_) => Outcome::Locked,
            Self::Fault(_) => Outcome::Undone,
        }
    }

    /// A sentence.
    pub fn text(&self) -> String {
        match self {
            Self::Claimed(claim, verdict) => {
                format!("{} has it ({}): {}", claim.operator, claim.what, verdict.doc())
            }
            Self::Frozen(freeze) => format!("frozen by {}: {}", freeze.by, freeze.reason),
            Self::Fault(fault) => fault.to_string(),
        }
    }
}

/// Where a host's part stands.
#[derive(Clone, PartialEq, Debug, Default)]
pub enum Phase {
    /// Nothing was asked.
    #[default]
    Waiting,
    /// It is being claimed.
    Claiming,
    /// It is claimed, and nothing was begun.
    Claimed,
    /// What its steps work on is on its way, beside what runs.
    Staging,
    /// That was given up, for this reason: what was sent is being removed, once the host is reached.
    Unstaging(Fault),
    /// Its files are on their way.
    Launching,
    /// Its runner runs.
    Running,
    /// Nothing was begun, for this reason.
    Refused(Refusal),
    /// It is not known how it is doing, for this reason, since then; it goes on by itself.
    Lost(Fault, Timestamp),
    /// It is over.
    Ended(Outcome),
}

impl Phase {
    /// Whether nothing more happens there by our doing.
    pub const fn is_over(&self) -> bool {
        matches!(self, Self::Refused(_) | Self::Ended(_))
    }

    /// The link to its host is lost: what runs is not known from now on, and what was not known is so for
    /// this reason, where it `says` more than that nobody is connected.
    pub fn lose(&mut self, fault: &Fault, now: Timestamp, says: bool) {
        match self {
            Self::Running | Self::Launching => *self = Self::Lost(fault.clone(), now),
            Self::Lost(why, _) if says => *why = fault.clone(),
            _ => {}
        }
    }

    /// The word on the screen and in JSON.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Waiting => "not-begun",
            Self::Claiming => "claiming",
            Self::Claimed => "claimed",
            Self::Staging => "sending",
            Self::Unstaging(_) => "removing",
            Self::Launching => "launching",
            Self::Running => "running",
            Self::Refused(_) => "refused",
            Self::Lost(..) => "unknown",
            Self::Ended(outcome) => outcome.name(),
        }
    }
}

/// Whether the claim is to be given back.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Owed {
    /// It is not, or it was.
    #[default]
    Nothing,
    /// It is, once the host is connected.
    Due,
    /// The host was asked to take it.
    Asked,
    /// The host did not take it.
    Kept,
}

/// One host's part.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct HostRun {
    /// Where it stands.
    pub phase: Phase,
    /// Its steps, in the plan's order.
    pub steps: Vec<StepRun>,
    /// What they print.
    pub output: Output,
    /// Bytes of the runner's events that are known.
    pub events: u64,
    /// The moment of its newest event, on its host's clock since boot.
    pub heard: Option<Duration>,
    /// A part of an event whose end has not come yet.
    part: String,
    /// What the runner said last of all: a word, a step, a status.
    pub result: Option<String>,
    /// When its files were there and its runner was started, on our clock.
    pub launched: Option<Timestamp>,
    /// How much of what its steps work on is there.
    pub sent: Option<Sent>,
    /// All of it is.
    pub staged: bool,
    /// Something was asked whose answer has not come yet.
    pub asked: bool,
    /// Whether the claim is to be given back.
    pub claim: Owed,
}

impl HostRun {
    /// One that has not begun.
    pub fn new(plan: &HostPlan) -> Self {
        let steps = plan.steps.iter().map(|step| StepRun::new(step.number)).collect();
        Self { steps, ..Self::default() }
    }

    /// Whether all of it was done.
    pub const fn succeeded(&self) -> bool {
        matches!(self.phase, Phase::Ended(Outcome::Succeeded))
    }

    /// Whether it is lost only since we have no rights there any more.
    pub fn is_locked_out(&self) -> bool {
        matches!(&self.phase, Phase::Lost(fault, _) if fault.kind == FaultKind::Denied)
    }

    /// Takes what the runner wrote into its events from `at` on.
    pub fn read_events(&mut self, at: u64, text: &str) {
        if at != self.events {
            return;
        }
        self.events += text.len() as u64;
        self.part.push_str(text);
        while let Some((line, rest)) = self.part.split_once('\n') {
            let (line, rest) = (line.to_owned(), rest.to_owned());
            self.part = rest;
            self.event(&line);
        }
        // No line of the runner's is longer.
        if self.part.len() > 4096 {
            self.part.clear();
        }
    }

    /// `SECONDS STEP WORD [STATUS]`.
    fn event(&mut self, line: &str) {
        let mut words = line.split_ascii_whitespace();
        let (Some(at), Some(step), Some(word)) = (words.next(), words.next(), words.next()) else {
            return;
        };
        let at = at.parse().ok().and_then(|secs: f64| Duration::try_from_secs_f64(secs).ok());
        self.heard = at.or(self.heard);
        let status: Option<i32> = words.next().and_then(|word| word.parse().ok());
        let Some(step) = self.steps.iter_mut().find(|run| run.number.to_string() == step) else {
            return;
        };
        step.state = match (word, status) {
            ("start", _) => {
                step.began = at;
                StepState::Running
            }
            ("done", Some(0)) => StepState::Done,
            ("done", status) => StepState::Failed(status.unwrap_or(-1)),
            ("undo", _) => StepState::Undoing,
            ("undone", Some(0)) => StepState::Undone,
            ("undone", status) => StepState::UndoFailed(status.unwrap_or(-1)),
            ("cancelled", _) => StepState::Cancelled,
            _ => return,
        };
        if word == "done" {
            step.took = at.zip(step.began).map(|(at, began)| at.saturating_sub(began));
        }
    }

    /// Takes the runner's last word.
    pub fn end(&mut self, result: &str) {
        self.result = Some(clean(result, LAST_WORD));
        self.phase = Phase::Ended(Outcome::of_result(result));
    }

    /// The step that is being run or taken back, else the last one that was.
    pub fn current(&self) -> Option<&StepRun> {
        let busy = |step: &&StepRun| matches!(step.state, StepState::Running | StepState::Undoing);
        let begun = |step: &&StepRun| step.state != StepState::Waiting;
        self.steps.iter().find(busy).or_else(|| self.steps.iter().rev().find(begun))
    }
}

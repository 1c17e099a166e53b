//! Operations as a host tells of them, whoever began them, and what is to be made of them: by
//! evidence, never by age.

use super::{Outcome, RunId};
use crate::model::words::words;

words! {
    /// What the evidence says of an operation on a host.
    Verdict;
    Running "running" "its runner lives, and goes on";
    Orphaned "orphaned" "its runner died, and something that it began still runs";
    Rebooted "rebooted" "the host was booted while it ran";
    Crashed "crashed" "its runner died without a result";
    Paused "paused" "its steps there are over, and the operation is not";
    Claimed "claimed" "it is claimed, and nothing was begun there";
    Ended "ended" "it is over";
}

/// Who claimed a subject of a host, in that operator's own words.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Claim {
    /// What is claimed.
    pub subject: Box<str>,
    /// By which operation; none where it says nothing that makes sense.
    pub run: Option<RunId>,
    /// `user@machine`.
    pub operator: Box<str>,
    /// What is done.
    pub what: Box<str>,
    /// The plan's hash.
    pub plan: Box<str>,
    /// When, in seconds on the operator's clock.
    pub at: i64,
    /// `host` where its runner gives it back by itself, else `rollout`.
    pub scope: Box<str>,
}

/// Nothing is to be done.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Freeze {
    /// To what.
    pub subject: Box<str>,
    /// Why.
    pub reason: Box<str>,
    /// Who says so.
    pub by: Box<str>,
    /// Since when, in seconds on the clock of who says so.
    pub at: i64,
}

/// The evidence of a run on its host.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct RunState {
    /// The host's boot now.
    pub boot: Box<str>,
    /// The boot in which its runner began; none where none did.
    pub began_in: Option<Box<str>>,
    /// That very process lives: its number and its start are the runner's.
    pub alive: bool,
    /// Processes of its last step.
    pub members: u32,
    /// Somebody wants it to end.
    pub cancelled: bool,
    /// Its runner's last word.
    pub result: Option<Box<str>>,
}

impl RunState {
    /// What that means.
    pub fn verdict(&self) -> Verdict {
        if self.alive {
            return Verdict::Running;
        }
        if self.result.is_some() {
            return Verdict::Paused;
        }
        match &self.began_in {
            None => Verdict::Claimed,
            Some(boot) if *boot != self.boot => Verdict::Rebooted,
            Some(_) if self.members > 0 => Verdict::Orphaned,
            Some(_) => Verdict::Crashed,
        }
    }
}

/// What is left to be done about an operation on a host.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Need {
    /// Only its claim is there still.
    Claim,
    /// Its runner died: what it began is to be taken back, or left as it is.
    Undo,
}

/// An operation that a host tells of.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Foreign {
    /// Its part there.
    pub run: RunId,
    /// To what.
    pub subject: Box<str>,
    /// What is done.
    pub what: Box<str>,
    /// Whose it is; empty where the claim is gone.
    pub operator: Box<str>,
    /// Names of all hosts that take part, in the words of whoever began it; empty where it does not say.
    pub hosts: Vec<Box<str>>,
    /// The evidence.
    pub state: RunState,
    /// It has its subject still.
    pub claims: bool,
}

impl Foreign {
    /// What the evidence means.
    pub fn verdict(&self) -> Verdict {
        match self.state.verdict() {
            Verdict::Paused | Verdict::Claimed if !self.claims => Verdict::Ended,
            verdict => verdict,
        }
    }

    /// What is left to be done about it; none while its runner lives, and when it is over.
    pub fn need(&self) -> Option<Need> {
        match self.verdict() {
            Verdict::Orphaned | Verdict::Rebooted | Verdict::Crashed => Some(Need::Undo),
            Verdict::Paused | Verdict::Claimed => Some(Need::Claim),
            Verdict::Running | Verdict::Ended => None,
        }
    }

    /// How it ended, where it did.
    pub fn outcome(&self) -> Option<Outcome> {
        self.state.result.as_deref().map(Outcome::of_result)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state() -> RunState {
        RunState { boot: "b2".into(), began_in: Some("b2".into()), ..RunState::default() }
    }

    #[test]
    fn the_verdict_is_by_evidence() {
        let dead = state();
        assert_eq!(RunState { alive: true, ..state() }.verdict(), Verdict::Running);
        assert_eq!(RunState { members: 2, ..state() }.verdict(), Verdict::Orphaned);
        assert_eq!(dead.verdict(), Verdict::Crashed);
        let before = RunState { began_in: Some("b1".into()), members: 3, ..state() };
        // Processes of another boot are not its own, whatever their numbers.
        assert_eq!(before.verdict(), Verdict::Rebooted);
        let done = RunState { result: Some("succeeded - 0".into()), ..state() };
        assert_eq!(done.verdict(), Verdict::Paused);
        assert_eq!(RunState::default().verdict(), Verdict::Claimed);
    }
}

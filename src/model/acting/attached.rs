//! An operation that was not begun here, while it is looked at: what its steps do and print, from the
//! first byte on. Looking changes nothing of it.

use super::Acting;
use crate::model::ids::{EnvName, HostId};
use crate::model::operation::{
    Foreign, HostRun, LAST_WORD, OpId, Phase, Progress, RunId, StepRun, Verdict,
};
use crate::model::screen::parts;
use crate::model::text::clean;

/// See the module.
#[derive(Clone, PartialEq, Debug)]
pub struct Attached {
    /// Of which environment.
    pub env: EnvName,
    /// Which one.
    pub op: OpId,
    /// What is done.
    pub what: Box<str>,
    /// Whose it is; empty where its claim is gone.
    pub operator: Box<str>,
    /// Its parts, as far as hosts have told of them.
    pub parts: Vec<AttachedPart>,
}

/// One host's part.
#[derive(Clone, PartialEq, Debug)]
pub struct AttachedPart {
    /// On which host.
    pub host: HostId,
    /// Its name there.
    pub id: RunId,
    /// To what.
    pub subject: Box<str>,
    /// How it is doing.
    pub run: HostRun,
    /// Titles of the steps of `run`, in their order.
    pub titles: Vec<Box<str>>,
}

impl Attached {
    /// One of which nothing is known but what hosts tell of it; none where no host does.
    pub fn new(acting: &Acting, env: &EnvName, op: &OpId) -> Option<Self> {
        let mut attached = Self {
            env: env.clone(),
            op: op.clone(),
            what: Box::default(),
            operator: Box::default(),
            parts: Vec::new(),
        };
        attached.see(acting);
        (!attached.parts.is_empty()).then_some(attached)
    }

    /// Takes in what hosts have told since: further parts, and such whose runner lives again since what
    /// it began is taken back.
    pub fn see(&mut self, acting: &Acting) {
        for (host, foreign) in parts(acting, &self.op) {
            for (known, told) in
                [(&mut self.what, &foreign.what), (&mut self.operator, &foreign.operator)]
            {
                if known.is_empty() {
                    known.clone_from(told);
                }
            }
            match self.parts.iter_mut().find(|part| part.id == foreign.run) {
                Some(part) => part.see(foreign),
                None => self.parts.push(AttachedPart::new(host, foreign)),
            }
        }
        self.parts.sort_by(|one, other| one.id.cmp(&other.id));
    }

    /// A part of it.
    pub fn part_mut(&mut self, run: &RunId) -> Option<&mut AttachedPart> {
        self.parts.iter_mut().find(|part| part.id == *run)
    }
}

impl AttachedPart {
    fn new(host: &HostId, foreign: &Foreign) -> Self {
        let mut part = Self {
            host: host.clone(),
            id: foreign.run.clone(),
            subject: foreign.subject.clone(),
            run: HostRun::default(),
            titles: Vec::new(),
        };
        part.see(foreign);
        part
    }

    fn see(&mut self, foreign: &Foreign) {
        let begins = self.run.phase == Phase::Waiting && has_begun(foreign);
        let word = foreign.state.result.as_deref();
        let new = word.is_some_and(|word| self.run.result != Some(clean(word, LAST_WORD)));
        let again = self.run.phase.is_over() && (new || foreign.verdict() == Verdict::Running);
        if begins || again {
            self.run.phase = Phase::Running;
        }
    }

    /// Learns which steps it has; before what they did is read.
    pub fn learn(&mut self, progress: &Progress) {
        if !self.run.steps.is_empty() {
            return;
        }
        for (number, title) in &progress.steps {
            self.run.steps.push(StepRun::new(*number));
            self.titles.push(title.clone());
        }
    }
}

/// Whether its runner was started there.
const fn has_begun(foreign: &Foreign) -> bool {
    foreign.state.began_in.is_some() || foreign.state.result.is_some()
}

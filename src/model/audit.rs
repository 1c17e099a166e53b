//! The account of what was done with this console: what somebody meant to do, before it is asked for,
//! and what came of it. Values of inputs are never in it.

use super::ids::{EnvName, HostId, ServiceName};
use super::operation::{OpId, Operation, Outcome, Phase};
use super::plan::{ConfirmedPlan, Input, Permit};
use super::time::Timestamp;
use super::words::words;

words! {
    /// What is told.
    Deed;
    Intent "intent" "a plan was confirmed; nothing was asked of a host yet";
    Outcome "outcome" "an operation is over, or more is known of it than before";
    Leave "leave" "this console follows an operation no more; it goes on";
    Cancel "cancel" "an operation has to end at the next step's border";
    End "end" "what a dead runner left running has to be ended";
    Recover "recover" "what a dead runner had begun has to be taken back";
    Break "break" "a claim has to be taken away";
    Freeze "freeze" "nothing is to be done to something";
    Thaw "thaw" "that is lifted";
    Drill "drill" "how a drill went is written down on a host";
    Answer "answer" "what a host said to one of these";
    Unlock "unlock" "an environment may be acted on for a while";
    Lock "lock" "not any more";
}

/// A line of the account.
#[derive(Clone, PartialEq, Debug)]
pub struct Entry {
    /// What.
    pub deed: Deed,
    /// When.
    pub at: Timestamp,
    /// In which environment.
    pub env: EnvName,
    /// It is protected: what cannot be written down there is not done.
    pub protected: bool,
    /// Of which operation.
    pub op: Option<OpId>,
    /// To which services.
    pub services: Vec<ServiceName>,
    /// On which hosts, and what came of it there; empty where that is not known yet.
    pub hosts: Vec<(HostId, String)>,
    /// What is locked on a host, where it is about that.
    pub subject: Box<str>,
    /// The verb.
    pub action: Box<str>,
    /// Names of inputs; their values may be secrets.
    pub inputs: Vec<Box<str>>,
    /// The plan's hash.
    pub plan: Box<str>,
    /// How it was confirmed.
    pub confirm: &'static str,
    /// What came of all of it.
    pub outcome: Box<str>,
    /// Why, or one line of it.
    pub about: String,
}

impl Entry {
    /// One of which nothing else is known.
    pub fn new(deed: Deed, at: Timestamp, env: EnvName, protected: bool) -> Self {
        Self {
            deed,
            at,
            env,
            protected,
            op: None,
            services: Vec::new(),
            hosts: Vec::new(),
            subject: Box::default(),
            action: Box::default(),
            inputs: Vec::new(),
            plan: Box::default(),
            confirm: "",
            outcome: Box::default(),
            about: String::new(),
        }
    }

    /// What a permit allows, on one host.
    pub fn permitted(deed: Deed, at: Timestamp, permit: &Permit, host: &HostId) -> Self {
        let mut entry = Self::new(deed, at, permit.env().clone(), permit.is_protected());
        entry.hosts.push((host.clone(), String::new()));
        entry
    }

    fn of(deed: Deed, at: Timestamp, op: &OpId, confirmed: &ConfirmedPlan) -> Self {
        let plan = confirmed.plan();
        let action = match &plan.intent.input {
            Input::Action(spec, _) => format!("action {}", spec.name),
            Input::None
            | Input::Signal(_)
            | Input::DropIn(_)
            | Input::Revision(_)
            | Input::Restore { .. }
            | Input::Sync { .. } => plan.intent.verb.name().to_owned(),
        };
        let inputs = match &plan.intent.input {
            Input::Action(_, values) => {
                values.iter().map(|(name, _)| name.as_str().into()).collect()
            }
            Input::None
            | Input::Signal(_)
            | Input::DropIn(_)
            | Input::Revision(_)
            | Input::Restore { .. }
            | Input::Sync { .. } => Vec::new(),
        };
        Self {
            op: Some(op.clone()),
            services: plan.intent.services.clone(),
            hosts: plan.hosts.iter().map(|host| (host.host.clone(), String::new())).collect(),
            action: action.into(),
            inputs,
            plan: plan.hash().into(),
            confirm: confirmed.how(),
            about: plan.title(),
            ..Self::new(deed, at, plan.env().clone(), plan.protected)
        }
    }

    /// Somebody means to run that plan.
    pub fn intent(operation: &Operation) -> Self {
        Self::of(Deed::Intent, operation.began, &operation.id, &operation.plan)
    }

    /// This console follows an operation no more; of what comes of it no line follows here.
    pub fn leave(operation: &Operation, at: Timestamp) -> Self {
        Self::of(Deed::Leave, at, &operation.id, &operation.plan)
    }

    /// An operation ended, or more is known of it.
    pub fn outcome(operation: &Operation, outcome: Outcome, at: Timestamp) -> Self {
        let mut entry = Self::of(Deed::Outcome, at, &operation.id, &operation.plan);
        entry.outcome = outcome.name().into();
        for ((_, word), run) in entry.hosts.iter_mut().zip(&operation.runs) {
            // What a step printed is not taken: it may be anything.
            *word = match (&run.phase, &run.result) {
                (Phase::Refused(refusal), _) => format!("refused: {}", refusal.text()),
                (phase, Some(result)) => format!("{} ({result})", phase.name()),
                (phase, None) => phase.name().to_owned(),
            };
        }
        if let Some(why) = &operation.halted {
            entry.about.push_str(": ");
            entry.about.push_str(why);
        }
        entry
    }
}

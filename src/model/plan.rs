//! A plan: what would be done, on which hosts, in which steps, and how each is taken back. It is made
//! from facts and changes nothing; only a confirmed one can be run, and the confirmation is of this
//! very plan.

mod confirm;
mod drain;
mod intent;
mod rollout;
mod serving;

pub use confirm::{Confirmation, ConfirmedPlan, NotConfirmed, Permit, Permits, Unlocked, Withheld};
pub use drain::{Drain, DrainPart, Drained};
pub use intent::{Input, Intent};
pub use rollout::{Policy, Rollout, Share, Wish};
pub use serving::{Server, Serving};

use std::fmt::Write as _;
use std::time::Duration;

use super::deploy::copy::Load;
use super::digest::sha256;
use super::ids::{EnvName, HostId, ServiceName};
use super::spec::Tier;
use super::time::Timestamp;
use super::verb::Verb;

/// Characters of a hash that are shown and typed: 64 bits.
const SHOWN: usize = 16;

/// What a step does to its host.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Change {
    /// It only looks.
    ReadOnly,
    /// It adds something that was not there, and nothing else knows of it yet.
    Additive,
    /// It changes something, and its undo changes it back.
    Reversible,
    /// It changes something for good.
    Irreversible,
}

impl Change {
    /// The word on the screen and in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::ReadOnly => "read-only",
            Self::Additive => "additive",
            Self::Reversible => "reversible",
            Self::Irreversible => "irreversible",
        }
    }

    /// The runner's word.
    pub const fn order(self) -> &'static str {
        match self {
            Self::ReadOnly => "read",
            Self::Additive => "add",
            Self::Reversible => "undo",
            Self::Irreversible => "final",
        }
    }
}

/// How a step is taken back.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Undo {
    /// It changes nothing.
    NotNeeded,
    /// By this script.
    Script(String),
    /// Not at all, for this reason.
    NotPossible(String),
}

/// A step on a host. Its script is shown as it is shipped.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Step {
    /// Steps run in the order of their numbers, from 10 on.
    pub number: u8,
    /// What it is for.
    pub title: String,
    /// What it does to the host.
    pub change: Change,
    /// POSIX sh, run as root in the operation's own directory.
    pub script: String,
    /// How it is taken back.
    pub undo: Undo,
    /// It is ended after so long.
    pub limit: Duration,
    /// It is ended when it has printed nothing for so long.
    pub idle: Duration,
}

/// What a plan rests on. The host looks again before the first step.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fact {
    /// What.
    pub name: String,
    /// As it was seen.
    pub value: String,
}

/// How the runner is started on a host.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Launcher {
    /// As a unit of systemd of that version: its control group ends with it.
    Systemd(u32),
    /// In a session of its own.
    Setsid,
}

impl Launcher {
    /// The word on the screen and in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Systemd(_) => "systemd",
            Self::Setsid => "setsid",
        }
    }

    /// What the host is told.
    pub fn how(self) -> String {
        match self {
            Self::Systemd(version) => version.to_string(),
            Self::Setsid => "setsid".to_owned(),
        }
    }
}

/// What happens on a host when a step fails.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum OnFail {
    /// The steps are taken back.
    #[default]
    Revert,
    /// All stays as it is.
    Halt,
}

/// The part of a plan that one host runs by itself.
#[derive(Clone, PartialEq, Debug)]
pub struct HostPlan {
    /// Where.
    pub host: HostId,
    /// To what.
    pub service: ServiceName,
    /// Services that are stopped and started there besides.
    pub also: Vec<ServiceName>,
    /// What is locked there: the same for every operator, whatever their configs call it.
    pub subject: Box<str>,
    /// What it rests on.
    pub facts: Vec<Fact>,
    /// As of when.
    pub seen: Timestamp,
    /// What is not as one may think.
    pub warnings: Vec<String>,
    /// What is done, in order.
    pub steps: Vec<Step>,
    /// What comes with it, a line each: commits, files.
    pub brings: Vec<String>,
    /// What is sent there before the first step.
    pub load: Option<Box<Load>>,
    /// POSIX sh that steps read first; empty where there is none.
    pub common: String,
    /// How the runner is started.
    pub launcher: Launcher,
    /// What happens when a step fails.
    pub on_fail: OnFail,
    /// Nothing more is to be done there after it was taken back, until somebody lifts that.
    pub freezes: bool,
}

impl HostPlan {
    /// The worst that it does.
    pub fn change(&self) -> Change {
        self.steps.iter().map(|step| step.change).max().unwrap_or(Change::ReadOnly)
    }

    /// How long all of its steps may take together, undo included.
    pub fn limit(&self) -> Duration {
        let steps: Duration = self.steps.iter().map(|step| step.limit).sum();
        steps + Duration::from_secs(600) * u32::try_from(self.steps.len()).unwrap_or(1)
    }
}

/// What would be done.
#[derive(Clone, PartialEq, Debug)]
pub struct Plan {
    /// What was asked.
    pub intent: Intent,
    /// How dear the environment is.
    pub tier: Tier,
    /// Its name has to be typed.
    pub protected: bool,
    /// What each host does: a service after the other, and of each its hosts; behind them balancers.
    pub hosts: Vec<HostPlan>,
    /// Places in `hosts`: a batch after the other.
    pub batches: Vec<Vec<usize>>,
    /// How one batch follows the other.
    pub rollout: Rollout,
    /// How much of each service has to serve at any time, where that is asked for.
    pub serving: Vec<Serving>,
    /// Balancers that send nothing to a batch while something is done to it.
    pub drains: Vec<Drain>,
    hash: String,
}

impl Plan {
    /// Seals a plan: from here on nothing of it changes.
    pub fn seal(
        intent: Intent,
        tier: Tier,
        protected: bool,
        mut hosts: Vec<HostPlan>,
        rollout: Rollout,
        serving: Vec<Serving>,
    ) -> Self {
        // A service after the other, in the order that was asked for: what needs another comes later.
        let place = |host: &HostPlan| intent.services.iter().position(|name| *name == host.service);
        hosts.sort_by(|a, b| (place(a), &a.host).cmp(&(place(b), &b.host)));
        let mut batches = Vec::new();
        let mut first = 0;
        for group in hosts.chunk_by(|a, b| a.service == b.service) {
            for batch in rollout.batches(group.len()) {
                batches.push(batch.into_iter().map(|place| first + place).collect());
            }
            first += group.len();
        }
        let mut plan = Self {
            intent,
            tier,
            protected,
            hosts,
            batches,
            rollout,
            serving,
            drains: Vec::new(),
            hash: String::new(),
        };
        plan.hash = plan.sum();
        plan
    }

    /// The same plan, with balancers beside its batches.
    #[must_use]
    pub fn drained(mut self, balancers: Vec<(HostPlan, Vec<DrainPart>)>) -> Self {
        for (host, parts) in balancers {
            self.drains.push(Drain { place: self.hosts.len(), parts });
            self.hosts.push(host);
        }
        self.hash = self.sum();
        self
    }

    fn sum(&self) -> String {
        sha256(self.canonical().as_bytes()).chars().take(SHOWN).collect()
    }

    /// Names this very plan: what is done, where, and what it rests on.
    pub fn hash(&self) -> &str {
        &self.hash
    }

    /// The environment.
    pub const fn env(&self) -> &EnvName {
        &self.intent.env
    }

    /// The worst that it does.
    pub fn change(&self) -> Change {
        self.hosts.iter().map(HostPlan::change).max().unwrap_or(Change::ReadOnly)
    }

    /// Something is left to be done on other hosts when one is done: claims are held until all are.
    pub fn is_rollout(&self) -> bool {
        self.batches.len() > 1 || !self.drains.is_empty()
    }

    /// Whether a phrase has to be typed: where it is dear, and wherever data is replaced.
    pub const fn is_typed(&self) -> bool {
        self.protected || matches!(self.intent.input, Input::Restore { .. } | Input::Sync { .. })
    }

    /// What has to be typed to confirm it: host and path of what is replaced, the service's name, else
    /// the environment's.
    pub fn phrase(&self) -> &str {
        match (&self.intent.input, self.intent.services.as_slice()) {
            (Input::Restore { phrase, .. } | Input::Sync { phrase, .. }, _) => phrase,
            (_, [one]) => one.as_str(),
            _ => self.intent.env.as_str(),
        }
    }

    /// Whether it says, as it was confirmed, that this other plan is run when it fails: one by which some of
    /// what it deployed goes back, and nothing else.
    pub fn goes_back_by(&self, back: &Self) -> bool {
        let deployed = |host: &HostPlan| {
            self.hosts.iter().any(|one| (&one.host, &one.subject) == (&host.host, &host.subject))
        };
        self.intent.verb == Verb::Deploy
            && self.rollout.on_fail >= Policy::RevertBatch
            && back.intent.verb == Verb::Rollback
            && back.intent.input == Input::None
            && back.hosts.iter().all(deployed)
    }

    /// Places in `hosts` in the order in which they are claimed: the same for everybody, so that of
    /// two operations that want the same hosts one gets all of them.
    pub fn claim_order(&self) -> Vec<usize> {
        let mut order: Vec<usize> = (0..self.hosts.len()).collect();
        order.sort_by_key(|place| {
            self.hosts.get(*place).map(|host| (host.host.host.clone(), host.subject.clone()))
        });
        order
    }

    /// How much has to serve besides that batch; none where nothing is asked for.
    pub fn serving(&self, batch: usize) -> Option<&Serving> {
        let place = self.batches.get(batch)?.first()?;
        let service = &self.hosts.get(*place)?.service;
        self.serving.iter().find(|serving| serving.service == *service)
    }

    /// One line: what, to what, where.
    pub fn title(&self) -> String {
        self.intent.title()
    }

    /// All that the hash covers. Each value stands with its length, so that none can be taken for
    /// another; moments are left out, they are not what is done.
    fn canonical(&self) -> String {
        let mut text = String::new();
        let mut add = |name: &str, value: &str| {
            let _infallible = write!(text, "{name} {}\n{value}\n", value.len());
        };
        add("intent", &self.intent.canonical());
        add("rollout", &format!("{:?}", self.rollout));
        for serving in &self.serving {
            add("serving", &format!("{serving:?}"));
        }
        for drain in &self.drains {
            add("drain", &format!("{drain:?}"));
        }
        for host in &self.hosts {
            add("host", &host.host.to_string());
            add("service", host.service.as_str());
            add("subject", &host.subject);
            add("launcher", host.launcher.name());
            add("on-fail", &format!("{:?} {}", host.on_fail, host.freezes));
            for fact in &host.facts {
                add(&fact.name, &fact.value);
            }
            if let Some(load) = &host.load {
                add("load", &format!("{load:?}"));
            }
            add("common", &host.common);
            for step in &host.steps {
                add("step", &step.number.to_string());
                add("change", step.change.name());
                add("do", &step.script);
                let undo = match &step.undo {
                    Undo::Script(script) => script.as_str(),
                    Undo::NotNeeded | Undo::NotPossible(_) => "",
                };
                add("undo", undo);
                add("limit", &format!("{:?} {:?}", step.limit, step.idle));
            }
        }
        text
    }
}

#[cfg(test)]
mod tests;

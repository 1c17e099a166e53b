//! What the timeline has told of a host: an event is the difference between this and what is true
//! now. It outlives the console, so that a change while none ran is told when the next one looks.

use std::collections::BTreeMap;

use super::event::{Event, EventKind};
use super::finding::{Finding, Key, Subject};
use super::health::CheckState;
use super::ids::ServiceName;
use super::instance::ServiceState;
use super::rule::Rule;
use super::severity::Severity;
use super::time::Timestamp;

/// Services of a host beyond this are not remembered.
pub const MOST_STATES: usize = 1000;

/// What was told of one host.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Told {
    /// The connection: the word of its state.
    pub link: Box<str>,
    /// Since when that is so.
    pub link_since: Option<Timestamp>,
    /// The host's boot.
    pub boot: Box<str>,
    /// Its services' states.
    pub states: BTreeMap<ServiceName, State>,
    /// Findings that are open, by rule and by what they are about, in words.
    pub findings: BTreeMap<Found, Severity>,
    /// Those that have closed since, as they were found last.
    pub closed: Vec<Finding>,
    /// When its packages were changed last, in seconds on its wall clock.
    pub packages: Box<str>,
    /// Whether its health checks passed, by service and what the check is called. Only of this run,
    /// beside what events of earlier ones say.
    pub checks: BTreeMap<(ServiceName, Box<str>), CheckState>,
    /// The store does not have it yet.
    pub unsaved: bool,
    /// When this run of the console had first read all of it: what was found until then is no
    /// news.
    pub settled: Option<Timestamp>,
}

/// A service, as told.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct State {
    /// Its state; none as long as only restarts are known.
    pub state: Option<ServiceState>,
    /// Since when it is in a state that passes by itself, which is only told when it lasts.
    pub passing: Option<Timestamp>,
    /// Restarts that are not told yet.
    pub restarts: u64,
    /// The last of them was by somebody, not by systemd.
    pub by_hand: bool,
    /// When restarts were told last.
    pub restarts_at: Option<Timestamp>,
}

impl State {
    /// Whether time alone may make an event of it.
    pub const fn waits(&self) -> bool {
        self.passing.is_some() || self.restarts > 0
    }
}

/// A finding's identity as the store has it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Found {
    /// The rule's word; one that this version does not know is kept, not understood.
    pub rule: Box<str>,
    /// The subject's name.
    pub subject: Box<str>,
}

impl Found {
    /// Of a finding's key.
    pub fn of(key: &Key) -> Self {
        Self::named(key.rule, &key.subject)
    }

    fn named(rule: Rule, subject: &Subject) -> Self {
        Self { rule: rule.name().into(), subject: subject.name().into() }
    }
}

impl Told {
    /// Takes in what an event of the store has told, which may be later than what was saved.
    pub fn learn(&mut self, event: &Event) {
        match event.kind {
            EventKind::State => {
                let state = ServiceState::ALL.into_iter().find(|s| s.name() == &*event.to);
                if let Some(state) = state {
                    let name = ServiceName::new(&*event.subject);
                    self.states.entry(name).or_default().state = Some(state);
                }
            }
            EventKind::Link => self.link.clone_from(&event.to),
            EventKind::Reboot => self.boot.clone_from(&event.to),
            EventKind::Package => self.packages.clone_from(&event.to),
            EventKind::FindingOpened | EventKind::FindingRaised => {
                self.findings.insert(Self::found(event), event.severity);
            }
            EventKind::FindingClosed => {
                self.findings.remove(&Self::found(event));
            }
            EventKind::Check => {
                let state = [CheckState::Passing, CheckState::Failing];
                if let Some(state) = state.into_iter().find(|state| state.name() == &*event.to) {
                    let key = (ServiceName::new(&*event.subject), event.topic.clone());
                    self.checks.insert(key, state);
                }
            }
            EventKind::Restart
            | EventKind::Config
            | EventKind::Action
            | EventKind::Acknowledged => {}
        }
    }

    fn found(event: &Event) -> Found {
        Found { rule: event.topic.clone(), subject: event.subject.clone() }
    }

    /// Whether nothing was ever told of it.
    pub fn is_empty(&self) -> bool {
        self.boot.is_empty() && self.states.is_empty() && self.link.is_empty()
    }
}

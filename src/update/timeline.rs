//! Events, from the difference between what was told of a host and what is true now.

mod checks;
mod findings;
mod maintenance;
mod packages;
mod services;

use std::time::Duration;

use crate::model::Model;
use crate::model::event::{Event, EventKind};
use crate::model::host::{Host, Link};
use crate::model::ids::{HostId, ServiceName};
use crate::model::severity::Severity;
use crate::model::time::Timestamp;
use crate::model::told::Told;

pub(super) use services::restarted;

/// Tells what a message of a host has changed: its connection, its boot, the services that it was
/// about, and what was found if the doctor has looked.
pub(super) fn host(model: &mut Model, id: &HostId, touched: &[ServiceName], examined: bool) {
    let interval = model.fleet.interval;
    with(model, id, |teller| {
        teller.link();
        teller.boot();
        teller.services(touched, interval);
        if examined {
            teller.packages();
            teller.findings();
        }
    });
}

/// Tells what tries of health checks have changed.
pub(super) fn checked(model: &mut Model, id: &HostId) {
    with(model, id, |teller| {
        teller.checks();
    });
}

/// Compares one host with what was told of it.
fn with(model: &mut Model, id: &HostId, tell_of: impl FnOnce(&mut Teller<'_>)) {
    if model.only_acts {
        return;
    }
    let now = model.now;
    let mut events = Vec::new();
    let Some(host) = model.fleet.host_mut(id) else { return };
    let mut told = std::mem::take(&mut host.told);
    tell_of(&mut Teller { id, host, told: &mut told, now, events: &mut events });
    host.told = told;
    tell(model, events);
}

/// Tells what time alone has brought about.
pub(super) fn tick(model: &mut Model) {
    let waiting = |known: &Host| -> Vec<ServiceName> {
        let states = known.told.states.iter();
        states.filter(|(_, state)| state.waits()).map(|(name, _)| name.clone()).collect()
    };
    let due: Vec<(HostId, Vec<ServiceName>)> = model
        .fleet
        .hosts()
        .map(|(env, known)| (env, known, waiting(known)))
        .filter(|(_, _, services)| !services.is_empty())
        .map(|(env, known, services)| (known.id(&env.name), services))
        .collect();
    for (id, services) in due {
        host(model, &id, &services, false);
    }
    maintenance::tick(model);
}

/// Takes events into the timeline, and hands them to the store.
pub(super) fn tell(model: &mut Model, events: Vec<Event>) {
    for event in events {
        if is_worth_a_call(model, &event) && model.alarms.is_news(&event, model.now) {
            model.alarming.push(event.clone());
        }
        model.timeline.push(event.clone());
        model.unrecorded.push(event);
    }
}

/// How long after the first whole reading of a host what is found is still of that reading: some
/// rules want to see a thing twice.
const FIRST_LOOK: Duration = Duration::from_secs(15);

/// Whether a change is one that this console has seen happen, and about which somebody wants to
/// hear.
fn is_worth_a_call(model: &Model, event: &Event) -> bool {
    let Some(id) = &event.host else { return false };
    let Some(host) = model.fleet.host(id) else { return false };
    let env = model.fleet.env(&id.env);
    if env.is_some_and(|env| env.maintained(model.now).is_some()) {
        return false;
    }
    // What is made of a difference has happened under our eyes.
    let is_found = matches!(event.kind, EventKind::FindingOpened | EventKind::FindingRaised);
    let first_look = if is_found { FIRST_LOOK } else { Duration::ZERO };
    let known = host.told.settled.is_some_and(|at| event.at >= at + first_look);
    known && !host.is_muted(&event.subject)
}

/// One host, while it is compared with what was told of it.
struct Teller<'a> {
    id: &'a HostId,
    host: &'a Host,
    told: &'a mut Told,
    now: Timestamp,
    events: &'a mut Vec<Event>,
}

impl Teller<'_> {
    fn event(&self, at: Timestamp, kind: EventKind, severity: Severity, text: &str) -> Event {
        Event::new(at, kind, Some(self.id.clone()), severity, text)
    }

    /// The connection is lost, is back, or fails for another reason than before.
    fn link(&mut self) {
        let link = &self.host.link;
        let word = link.name();
        if matches!(link, Link::Connecting) || *self.told.link == *word {
            return;
        }
        let before = std::mem::replace(&mut self.told.link, word.into());
        let since = self.told.link_since.replace(self.now);
        self.told.unsaved = true;
        // What a first look finds is no change.
        if before.is_empty() {
            return;
        }
        let text = match (link.fault(), since) {
            (Some(fault), _) => format!("{word}: {fault}"),
            (None, Some(since)) => {
                format!("connected again after {} s", self.now.since(since).as_secs())
            }
            (None, None) => "connected again".to_owned(),
        };
        let event = self.event(self.now, EventKind::Link, link.severity(), &text);
        self.events.push(event.turned(&before, word));
    }

    /// Another boot than the one that was told.
    fn boot(&mut self) {
        let Some(facts) = self.host.facts.value() else { return };
        if facts.boot_id.is_empty() || facts.boot_id == self.told.boot {
            return;
        }
        let before = std::mem::replace(&mut self.told.boot, facts.boot_id.clone());
        self.told.unsaved = true;
        if before.is_empty() {
            return;
        }
        let at = facts.started.min(self.now);
        let event = self
            .event(at, EventKind::Reboot, Severity::Warning, "the host was booted")
            .turned(&before, &facts.boot_id)
            .proved([
                format!("boot_id: {before} before, {} now", facts.boot_id),
                format!("kernel: {}", facts.kernel),
            ]);
        self.events.push(event);
    }
}

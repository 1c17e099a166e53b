//! What each message does to the model, and what it asks of the world. Pure: the same messages at
//! the same moments make the same model. Reads no clock, does no IO, draws nothing.

mod acknowledge;
mod acts;
mod copy;
mod examine;
mod host;
mod inputs;
mod intervene;
mod keys;
mod lend;
mod logs;
mod menu;
mod moves;
mod open_log;
pub mod operations;
pub mod planning;
mod preflight;
mod releases;
mod sight;
mod timeline;
mod typing;
mod unlock;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use crate::effect::{Effect, Watch, WatchedChecks};
use crate::model::Model;
use crate::model::event::{Event, EventKind};
use crate::model::fleet::Fleet;
use crate::model::host::Host;
use crate::model::ids::{HostId, InstanceId};
use crate::model::port::Protocol;
use crate::model::restarts::{RestartLog, Saved};
use crate::model::severity::Severity;
use crate::model::spec::{FleetSpec, Kind, Promises};
use crate::model::time::Timestamp;
use crate::model::told::Told;
use crate::msg::Msg;

/// How long a sentence at the bottom stays.
const NOTICE: Duration = Duration::from_secs(8);
/// How often counters are kept. What is lost when the console is killed is only when the last
/// restarts were, not how many.
const SAVING: Duration = Duration::from_secs(10);

/// Takes a message at a moment; answers what is to be done.
pub fn update(model: &mut Model, msg: Msg, now: Timestamp) -> Vec<Effect> {
    model.now = model.now.max(now);
    let asked = take(model, msg);
    let unaudited = std::mem::take(&mut model.acting.unaudited);
    let mut effects: Vec<Effect> =
        unaudited.into_iter().map(|entry| Effect::Audit(Box::new(entry))).collect();
    effects.extend(asked);
    effects.extend(logs::settle(model));
    if !model.unrecorded.is_empty() {
        effects.push(Effect::Record(std::mem::take(&mut model.unrecorded)));
    }
    effects.extend(std::mem::take(&mut model.alarming).into_iter().map(Effect::Alarm));
    effects
}

fn take(model: &mut Model, msg: Msg) -> Vec<Effect> {
    match msg {
        Msg::Command(command) => keys::command(model, command),
        Msg::Typed(edit) => typing::typed(model, edit),
        Msg::Ticked => tick(model),
        Msg::Resized => Vec::new(),
        Msg::Log(tail, stream) => logs::said(model, tail, stream),
        Msg::Scanned { generation, found, done } => logs::scanned(model, generation, found, done),
        Msg::Host { host, generation, event } => {
            // An answer over a connection that has been given up.
            let current = model.fleet.host(&host).is_some_and(|h| h.generation == generation);
            if current { host::event(model, &host, event) } else { Vec::new() }
        }
        Msg::ConfigRead(spec) => reload(model, &spec),
        Msg::ConfigRefused(faults) => {
            let event = Event::new(
                model.now,
                EventKind::Config,
                None,
                Severity::Warning,
                "the config on disk is refused; the one before stays in force",
            );
            let event = event.proved(&faults);
            if model.screen.config_faults != faults {
                timeline::tell(model, vec![event]);
            }
            model.screen.config_faults = faults;
            Vec::new()
        }
        Msg::CountersRead(counters) => {
            restore(model, counters);
            Vec::new()
        }
        Msg::TimelineRead(told, events) => {
            remember(model, told, events);
            Vec::new()
        }
        Msg::AcksRead(acks) => {
            for (id, ack) in acks.into_iter().filter(|(_, ack)| ack.until > model.now) {
                model.acks.insert(id, ack);
            }
            Vec::new()
        }
        Msg::Picked(pane, place) => {
            moves::pick(model, pane, place);
            Vec::new()
        }
        Msg::PickedEnv(env) => {
            model.screen.view.env = Some(env);
            vec![Effect::SaveView(model.screen.view.clone())]
        }
        Msg::Noticed(severity, text) => {
            say(model, severity, text);
            Vec::new()
        }
    }
}

/// The effects that a fresh start asks for: all hosts connected.
pub fn start(model: &mut Model, spec: &FleetSpec, now: Timestamp) -> Vec<Effect> {
    model.now = now;
    model.fleet = Fleet::new(spec);
    model.log_bytes = spec.console.log_memory;
    let hosts: Vec<HostId> = spec.hosts().map(|(id, _)| id).collect();
    hosts.into_iter().filter_map(|id| connect(model, &id)).collect()
}

/// Says something at the bottom for a while.
fn say(model: &mut Model, severity: Severity, text: impl Into<String>) {
    let until = model.now + NOTICE;
    model.screen.says(severity, text, Some(until));
}

fn connect(model: &mut Model, id: &HostId) -> Option<Effect> {
    let host = model.fleet.host_mut(id)?;
    host.generation += 1;
    watch(model, id).map(Effect::Connect)
}

fn watch(model: &Model, id: &HostId) -> Option<Watch> {
    let env = model.fleet.env(&id.env)?;
    let host = env.hosts.get(&id.host)?;
    let units: Vec<_> =
        if host.discover { Vec::new() } else { host.by_unit.keys().cloned().collect() };
    Some(Watch {
        host: id.clone(),
        generation: host.generation,
        spec: host.spec.clone(),
        units: Arc::from(units),
        discover: host.discover,
        code: paths(host, |promises| promises.directory.as_slice()),
        data: paths(host, |promises| &promises.data),
        ports: declared(host),
        processes: processes(host),
        backups: Arc::clone(&env.backups),
        checks: host
            .instances
            .iter()
            .filter(|(_, instance)| !instance.promises.checks.is_empty())
            .map(|(service, instance)| WatchedChecks {
                service: service.clone(),
                unit: instance.kind.unit().cloned(),
                promises: Arc::clone(&instance.promises),
            })
            .collect(),
        interval: model.fleet.interval,
        bare: false,
    })
}

/// Some paths that the services of a host are promised to rest on, each once.
fn paths(host: &Host, of: impl Fn(&Promises) -> &[Box<str>]) -> Arc<[Box<str>]> {
    let all = host.instances.values().flat_map(|instance| of(&instance.promises).iter().cloned());
    all.collect::<BTreeSet<_>>().into_iter().collect()
}

/// What processes are looked for on a host.
fn processes(host: &Host) -> Arc<[Box<str>]> {
    let all = host.instances.values().filter_map(|instance| match &instance.kind {
        Kind::Process(pattern) => Some(pattern.clone()),
        Kind::Unit(_) | Kind::Timer(_) | Kind::Cron(_) | Kind::Command(_) => None,
    });
    all.collect::<BTreeSet<_>>().into_iter().collect()
}

/// The ports that a host's services declare, without repetition.
fn declared(host: &Host) -> Arc<[(Protocol, u16)]> {
    let ports = host.instances.values().flat_map(|instance| &instance.promises.ports);
    let ports: BTreeSet<(Protocol, u16)> = ports.map(|spec| (spec.protocol, spec.port)).collect();
    ports.into_iter().collect()
}

fn reload(model: &mut Model, spec: &FleetSpec) -> Vec<Effect> {
    model.screen.config_faults.clear();
    model.screen.config_place = None;
    let change = model.fleet.follow(spec);
    model.log_bytes = spec.console.log_memory;
    model.frozen = None;
    let mut effects: Vec<Effect> = change.gone.into_iter().map(Effect::Disconnect).collect();
    effects.extend(change.connect.iter().filter_map(|id| connect(model, id)));
    effects.extend(logs::connected(model, &change.connect));
    // The interval may be another one: every connection is told.
    let kept: Vec<HostId> =
        spec.hosts().map(|(id, _)| id).filter(|id| !change.connect.contains(id)).collect();
    effects.extend(kept.iter().filter_map(|id| watch(model, id).map(Effect::Rewatch)));
    if model.screen.view.env.as_ref().is_some_and(|name| model.fleet.env(name).is_none()) {
        model.screen.view.env = None;
    }
    let text = "the config was read again";
    let event = Event::new(model.now, EventKind::Config, None, Severity::Info, text);
    timeline::tell(model, vec![event]);
    say(model, Severity::Info, "config read again");
    effects
}

fn restore(model: &mut Model, counters: Vec<(InstanceId, Saved)>) {
    let now = model.now;
    for (id, saved) in counters {
        let Some(host) = model.fleet.host_mut(&id.host) else { continue };
        if let Some(instance) = host.instances.get_mut(&id.service) {
            // A host may have been faster than the store: then its reading goes on top.
            let seen = std::mem::take(&mut instance.restarts).save();
            instance.restarts = RestartLog::restore(saved, now);
            if seen.last != crate::model::restarts::Run::default() {
                instance.restarts.observe(seen.last, false, now);
            }
        } else if host.discover {
            host.remembered.push((id.service, saved));
        }
    }
}

/// Takes what an earlier run has told. It comes before the first word of a host.
fn remember(model: &mut Model, told: Vec<(HostId, Told)>, events: Vec<Event>) {
    for (id, told) in told {
        if let Some(host) = model.fleet.host_mut(&id).filter(|host| host.told.is_empty()) {
            host.told = told;
        }
    }
    for event in events {
        // It was written at once, what was told only now and then.
        if let Some(host) = event.host.as_ref().and_then(|id| model.fleet.host_mut(id))
            && host.told.settled.is_none()
        {
            host.told.learn(&event);
        }
        model.timeline.push(event);
    }
}

fn tick(model: &mut Model) -> Vec<Effect> {
    let now = model.now;
    let over = |notice: &crate::model::screen::Notice| notice.until.is_some_and(|at| at <= now);
    if model.screen.notice.as_ref().is_some_and(over) {
        model.screen.notice = None;
    }
    // Some findings begin and end with time alone.
    let waiting: Vec<HostId> = model
        .fleet
        .hosts()
        .filter(|(_, host)| {
            host.findings.iter().any(|tracked| !tracked.open || tracked.gone_since.is_some())
        })
        .map(|(env, host)| host.id(&env.name))
        .collect();
    for id in waiting {
        examine::examine(model, &id);
        timeline::host(model, &id, &[], true);
    }
    timeline::tick(model);
    logs::tick(model);
    let mut effects = acknowledge::tick(model);
    unlock::tick(model);
    effects.extend(operations::tick(model));
    effects.extend(acts::tick(model));
    if now.since(model.saved_at) >= SAVING {
        model.saved_at = now;
        effects.extend(unsaved(model));
    }
    effects
}

/// What the store does not have yet, taken out of the model's list of such.
pub fn unsaved(model: &mut Model) -> Vec<Effect> {
    let mut effects = Vec::new();
    let counters = unsaved_counters(model);
    if !counters.is_empty() {
        effects.push(Effect::SaveCounters(counters));
    }
    let told = unsaved_told(model);
    if !told.is_empty() {
        effects.push(Effect::SaveTold(told));
    }
    effects
}

fn unsaved_told(model: &mut Model) -> Vec<(HostId, Told)> {
    let mut all = Vec::new();
    for env in &mut model.fleet.envs {
        for (name, host) in env.hosts.iter_mut().filter(|(_, host)| host.told.unsaved) {
            host.told.unsaved = false;
            all.push((HostId { env: env.name.clone(), host: name.clone() }, host.told.clone()));
        }
    }
    all
}

/// Looks at every host once more: some findings rest on several hosts, of which the last may have
/// been read after the one that has the finding.
pub fn examine_all(model: &mut Model) {
    let all: Vec<HostId> = model.fleet.hosts().map(|(env, host)| host.id(&env.name)).collect();
    for id in all {
        examine::examine(model, &id);
    }
}

fn unsaved_counters(model: &mut Model) -> Vec<(InstanceId, Saved)> {
    let mut counters = Vec::new();
    for env in &mut model.fleet.envs {
        for (name, host) in &mut env.hosts {
            let id = HostId { env: env.name.clone(), host: name.clone() };
            for (service, instance) in &mut host.instances {
                if let Some(saved) = instance.restarts.take_unsaved() {
                    let id = InstanceId { host: id.clone(), service: service.clone() };
                    counters.push((id, saved));
                }
            }
        }
    }
    counters
}

/// What the last frame taught the app.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Learned {
    /// Rows or lines that what has the keys can show at once.
    pub page: usize,
    /// How far the overlay on top can be scrolled.
    pub max_scroll: usize,
}

/// Takes what the last frame taught: a scroll beyond the end is the end.
pub fn learn(model: &mut Model, learned: &Learned) {
    use crate::model::screen::Overlay;
    model.screen.page = learned.page;
    match model.screen.overlays.last_mut() {
        Some(
            Overlay::Help { scroll }
            | Overlay::Host { scroll, .. }
            | Overlay::Unit { scroll, .. }
            | Overlay::Finding { scroll, .. }
            | Overlay::Port { scroll, .. }
            | Overlay::Event { scroll, .. }
            | Overlay::Needs { scroll, .. }
            | Overlay::PortTable { scroll }
            | Overlay::Plan { scroll, .. }
            | Overlay::Operation { scroll, .. }
            | Overlay::Attached { scroll }
            | Overlay::Backup { scroll, .. },
        ) => *scroll = (*scroll).min(learned.max_scroll),
        Some(
            Overlay::Palette { .. }
            | Overlay::OwnLog
            | Overlay::Logs
            | Overlay::Actions { .. }
            | Overlay::Copies { .. }
            | Overlay::Signals { .. }
            | Overlay::Unlock { .. }
            | Overlay::Inputs { .. }
            | Overlay::Intervene { .. }
            | Overlay::Operations { .. }
            | Overlay::Acknowledge { .. },
        )
        | None => {}
    }
}

//! What a host reports.

use crate::effect::Effect;
use crate::model::Model;
use crate::model::fault::Fault;
use crate::model::host::{Host, Link};
use crate::model::ids::{HostId, ServiceName, UnitName};
use crate::model::instance::Instance;
use crate::model::restarts::{RestartLog, Run};
use crate::model::screen::Overlay;
use crate::model::spec::Kind;
use crate::model::time::Timestamp;
use crate::model::unit::{UnitDetail, UnitFacts};
use crate::msg::{History, HostEvent};

pub(super) fn event(model: &mut Model, id: &HostId, event: HostEvent) -> Vec<Effect> {
    let now = model.now;
    if let HostEvent::Detail(unit, result) = event {
        detail(model, id, &unit, &result);
        return Vec::new();
    }
    let Some(host) = model.fleet.host_mut(id) else { return Vec::new() };
    match event {
        HostEvent::Link(link) => linked(host, link),
        HostEvent::Alive { latency, units } => alive(host, latency, units, now),
        HostEvent::Facts(facts) => host.facts.see(*facts, now),
        HostEvent::Pushed(pushed) => host.pushed = pushed,
        HostEvent::Units(units) => {
            host.units_fault = None;
            let continuous = host.read_since.is_some();
            for (unit, facts) in units {
                read(host, &unit, facts, continuous, now);
            }
            host.read_since.get_or_insert(now);
        }
        HostEvent::Discovered(units) => discover(host, &units, now),
        HostEvent::UnitsFailed(fault) => host.units_fault = Some(fault),
        HostEvent::Usage(usage) => {
            for (unit, usage) in usage {
                if let Some(instance) = host.instance_of(&unit) {
                    instance.usage = usage;
                }
            }
        }
        HostEvent::Recalled(history) => {
            host.recalled = true;
            if let Some(history) = history {
                recall(host, &history, now);
            }
        }
        HostEvent::Detail(..) => {}
    }
    Vec::new()
}

fn linked(host: &mut Host, link: Link) {
    if !link.is_up() {
        // What comes after this is another connection: restarts in between are not seen.
        host.read_since = None;
        host.recalled = false;
        host.latency = None;
        if let Some(fault) = link.fault() {
            host.facts.fail(fault.clone());
        }
    }
    // The wait between two tries keeps the reason of the last one on the screen.
    if matches!(link, Link::Connecting) && host.link.fault().is_some() && !host.link.is_up() {
        return;
    }
    host.link = link;
}

fn alive(host: &mut Host, latency: std::time::Duration, units: bool, now: Timestamp) {
    // Below a millisecond it trembles all the time, and nobody needs it finer.
    host.latency = Some(latency);
    host.facts.confirm(now);
    if units && host.pushed {
        for instance in host.instances.values_mut() {
            instance.facts.confirm(now);
        }
    }
}

fn read(host: &mut Host, unit: &UnitName, facts: UnitFacts, continuous: bool, now: Timestamp) {
    if host.discover && !host.by_unit.contains_key(unit) {
        add(host, unit, now);
    }
    let boot = host.facts.value().map(|facts| facts.boot_id.clone()).unwrap_or_default();
    let Some(instance) = host.instance_of(unit) else { return };
    let known = instance.facts.value().is_some();
    let run = Run { boot, n_restarts: facts.n_restarts, started: facts.started };
    instance.restarts.observe(run, continuous && known, now);
    if let Some(exit) = facts.exit {
        instance.last_exit = Some(exit);
    }
    if facts.main_pid.is_none() {
        instance.usage = crate::model::instance::Usage::default();
    }
    if instance.usage.memory.is_none() {
        instance.usage.memory = facts.memory;
    }
    instance.facts.see(facts, now);
}

/// Services that run there, on a host for which none are declared. One that has gone down since
/// stays, so that its end is seen.
fn discover(host: &mut Host, units: &[UnitName], now: Timestamp) {
    if host.discover {
        for unit in units {
            if !host.by_unit.contains_key(unit) {
                add(host, unit, now);
            }
        }
    }
}

fn add(host: &mut Host, unit: &UnitName, now: Timestamp) {
    let name = unit.as_str().strip_suffix(".service").unwrap_or(unit.as_str());
    let service = ServiceName::new(name);
    let mut instance = Instance::new(Kind::Unit(unit.clone()));
    instance.discovered = true;
    if let Some(at) = host.remembered.iter().position(|(known, _)| *known == service) {
        let (_, saved) = host.remembered.swap_remove(at);
        instance.restarts = RestartLog::restore(saved, now);
    }
    host.by_unit.insert(unit.clone(), service.clone());
    host.instances.insert(service, instance);
}

fn recall(host: &mut Host, history: &History, now: Timestamp) {
    let until = host.read_since.unwrap_or(now);
    for instance in host.instances.values_mut() {
        let Kind::Unit(unit) = &instance.kind;
        let times: Vec<Timestamp> =
            history.restarts.iter().filter(|(u, _)| u == unit).map(|(_, at)| *at).collect();
        instance.restarts.recall(&times, history.complete_since, until);
        if history.since_boot {
            instance.restarts.total_is_complete();
        }
        let exit = history.exits.iter().find(|(u, _)| u == unit).map(|(_, exit)| *exit);
        if instance.last_exit.is_none() {
            instance.last_exit = exit;
        }
    }
}

fn detail(
    model: &mut Model,
    id: &HostId,
    unit: &UnitName,
    result: &Result<Box<UnitDetail>, Fault>,
) {
    let now = model.now;
    let Some(service) = model.fleet.host(id).and_then(|host| host.by_unit.get(unit)) else {
        return;
    };
    for overlay in &mut model.screen.overlays {
        if let Overlay::Unit { id: shown, detail, .. } = overlay
            && shown.host == *id
            && shown.service == *service
        {
            match &result {
                Ok(read) => detail.see((**read).clone(), now),
                Err(fault) => detail.fail(fault.clone()),
            }
        }
    }
}

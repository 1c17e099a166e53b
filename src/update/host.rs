//! What a host reports.

use std::sync::Arc;
use std::time::Duration;

use super::examine::examine;
use super::{acknowledge, operations, timeline};
use crate::effect::Effect;
use crate::model::Model;
use crate::model::fault::Fault;
use crate::model::host::{Host, Link, MOST_DISCOVERED};
use crate::model::ids::{HostId, ServiceName, UnitName};
use crate::model::instance::Instance;
use crate::model::operation::Claim;
use crate::model::restarts::{RestartLog, Run};
use crate::model::screen::Overlay;
use crate::model::spec::Kind;
use crate::model::time::Timestamp;
use crate::model::unit::{ActiveState, LoadState, UnitDetail, UnitFacts};
use crate::msg::{Checked, History, HostEvent};

/// So long after a colleague has claimed a service it is taken for granted that he is at it.
const WORKS: Duration = Duration::from_secs(900);

/// At most that often a unit that is looked at is read again.
const REREAD: Duration = Duration::from_secs(2);

pub(super) fn event(model: &mut Model, id: &HostId, event: HostEvent) -> Vec<Effect> {
    let now = model.now;
    if let HostEvent::Detail(unit, result) = event {
        detail(model, id, &unit, &result);
        return Vec::new();
    }
    if let HostEvent::Claims(claims, deployed, drilled) = event {
        model.acting.claims.insert(id.clone(), claims);
        let Model { acting, fleet, .. } = model;
        let Some(host) = fleet.host_mut(id) else { return Vec::new() };
        host.deployed = deployed;
        host.drilled = drilled;
        for instance in host.instances.values_mut() {
            let unit = instance.kind.unit().map(UnitName::as_str);
            let own = |claim: &&Claim| unit == Some(&*claim.subject);
            let begun = acting.others(id).filter(own).map(|claim| Timestamp::from_secs(claim.at));
            // By the colleague's clock.
            let claimed = begun.map(|at| at.min(now) + WORKS).max();
            // What he starts and stops is meant, as what is done from here is.
            if let Some(until) = claimed.or_else(|| instance.claimed.map(|_| now + REREAD)) {
                instance.restarts.expect(until);
            }
            instance.claimed = claimed;
        }
        return Vec::new();
    }
    if let HostEvent::Acted(acted) = event {
        return operations::said(model, id, acted);
    }
    let again = reread(model, id, &event);
    let link = match &event {
        HostEvent::Link(link) => Some(link.clone()),
        _ => None,
    };
    // A sign of life and figures of a moment prove nothing new.
    let examines =
        !matches!(event, HostEvent::Alive { .. } | HostEvent::Usage(_) | HostEvent::Pushed(_));
    let Some(host) = model.fleet.host_mut(id) else { return Vec::new() };
    let units: Vec<UnitName> = match &event {
        HostEvent::Units(units) => units.iter().map(|(unit, _)| unit.clone()).collect(),
        _ => Vec::new(),
    };
    let checked = matches!(event, HostEvent::Checked(_));
    let linked_up = matches!(&event, HostEvent::Link(link) if link.is_up());
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
                recall(host, &history);
            }
        }
        HostEvent::Ports(Ok(sockets)) => host.ports.see(sockets, now),
        HostEvent::Ports(Err(fault)) => host.ports.fail(fault),
        HostEvent::Backup(name, read) => {
            let backup = host.backups.entry(name).or_default();
            match read {
                Ok(facts) => backup.see(*facts, now),
                Err(fault) => backup.fail(fault),
            }
        }
        HostEvent::Words(unit, words) => {
            if let Some(instance) = host.instance_of(&unit) {
                instance.words = words;
            }
        }
        HostEvent::Paths(Ok(paths)) => host.paths.see(paths, now),
        HostEvent::Paths(Err(fault)) => host.paths.fail(fault),
        HostEvent::Packages(changed, lines) => host.packages = Some((changed, lines)),
        HostEvent::Checked(checked) => {
            for one in checked {
                check(host, one, now);
            }
        }
        HostEvent::Proxy(Ok(facts)) => host.proxy.see(*facts, now),
        HostEvent::Proxy(Err(fault)) => host.proxy.fail(fault),
        HostEvent::Scripts(Ok(found)) => host.scripts.see(*found, now),
        HostEvent::Scripts(Err(fault)) => host.scripts.fail(fault),
        HostEvent::Jobs(Ok(jobs)) => host.jobs.see(*jobs, now),
        HostEvent::Jobs(Err(fault)) => host.jobs.fail(fault),
        HostEvent::Processes(Ok(found)) => host.processes.see(found, now),
        HostEvent::Processes(Err(fault)) => host.processes.fail(fault),
        HostEvent::Part(part) => {
            host.parts.insert(part);
        }
        HostEvent::Detail(..) | HostEvent::Acted(_) | HostEvent::Claims(..) => {}
    }
    if examines {
        examine(model, id);
    }
    let touched: Vec<ServiceName> = match (model.fleet.host(id), linked_up) {
        // Units may have been read before the connection was said to be up.
        (Some(host), true) => host.instances.keys().cloned().collect(),
        // A unit that was just discovered has its service only now.
        (Some(host), false) => {
            units.iter().filter_map(|unit| host.by_unit.get(unit).cloned()).collect()
        }
        (None, _) => Vec::new(),
    };
    if checked {
        timeline::checked(model, id);
    }
    timeline::host(model, id, &touched, examines);
    let mut effects: Vec<Effect> = again.into_iter().collect();
    if let Some(link) = link {
        let gone = (!link.is_up()).then(|| link.fault().cloned());
        let gone = gone.map(|fault| fault.unwrap_or_else(operations::disconnected));
        effects.extend(operations::linked(model, id, gone.as_ref()));
    }
    if examines {
        effects.extend(acknowledge::follow(model, id));
    }
    effects
}

/// A unit that is looked at closely is read again when it has changed, but not all the time.
fn reread(model: &Model, id: &HostId, event: &HostEvent) -> Option<Effect> {
    let (HostEvent::Units(units), Some(Overlay::Unit { id: shown, detail, .. })) =
        (event, model.screen.overlays.last())
    else {
        return None;
    };
    if shown.host != *id || detail.as_of().is_none_or(|at| model.now.since(at) < REREAD) {
        return None;
    }
    let instance = model.fleet.host(id)?.instances.get(&shown.service)?;
    let unit = instance.kind.unit()?;
    let (_, facts) = units.iter().find(|(name, _)| name == unit)?;
    let before = instance.facts.value()?;
    let changed = facts.changed != before.changed || facts.started != before.started;
    changed.then(|| Effect::Describe { host: id.clone(), unit: unit.clone() })
}

/// A service that began less than this ago may not listen yet.
const SETTLES: Duration = Duration::from_secs(30);

/// Whether a unit is down, or has just begun.
fn settles(host: &Host, service: &ServiceName, now: Timestamp) -> bool {
    let facts = host.instances.get(service).and_then(|instance| instance.facts.value());
    let Some(facts) = facts else { return false };
    let began = facts.started.and_then(|at| host.at(at));
    !matches!(facts.active, ActiveState::Active | ActiveState::Reloading)
        || began.is_some_and(|at| now.since(at) < SETTLES)
}

fn check(host: &mut Host, checked: Checked, now: Timestamp) {
    let Checked { service, place, spec, reading, certificate } = checked;
    let settles = settles(host, &service, now);
    let Some(instance) = host.instances.get_mut(&service) else { return };
    if instance.promises.checks.get(place) != Some(&spec) {
        return;
    }
    let Some(log) = instance.checks.get_mut(place) else { return };
    log.push(&spec, reading, now);
    if settles {
        log.forgive(now);
    }
    if let Some(until) = certificate {
        log.certify(until, now);
    }
}

fn linked(host: &mut Host, link: Link) {
    if !link.is_up() {
        // What comes after this is another connection: restarts in between are not seen.
        host.read_since = None;
        host.recalled = false;
        host.parts.clear();
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

fn alive(host: &mut Host, latency: Duration, units: bool, now: Timestamp) {
    host.latency = Some(latency);
    host.facts.confirm(now);
    if units && host.pushed {
        for instance in host.instances.values_mut() {
            instance.facts.confirm(now);
        }
    }
}

fn read(host: &mut Host, unit: &UnitName, mut facts: UnitFacts, continuous: bool, now: Timestamp) {
    if host.discover {
        // A transient unit goes without a trace; only what was declared can be missing.
        if facts.load == LoadState::NotFound {
            if let Some(service) = host.by_unit.remove(unit) {
                host.instances.remove(&service);
            }
            return;
        }
        if !host.by_unit.contains_key(unit) {
            add(host, unit, now);
        }
    }
    let boot = host.facts.value().map(|facts| facts.boot_id.clone()).unwrap_or_default();
    let until_now =
        host.facts.value().and_then(|facts| u64::try_from(now.since(facts.boot).as_micros()).ok());
    let Some(instance) = host.instance_of(unit) else { return };
    let before = instance.facts.value();
    let known = before.is_some();
    if facts.changed.is_none() && before.is_some_and(|before| before.active != facts.active) {
        // systemd forgets a unit that nothing needs any more, and with it when it went down.
        facts.changed = until_now;
    }
    // A job is started again and again by design, by what triggers it.
    let job = &*facts.unit_type == "oneshot" || !facts.triggered_by.is_empty();
    let started = if job { None } else { facts.started };
    let run = Run { boot, n_restarts: facts.n_restarts, started };
    // Also of an earlier run of the console: who started it while none looked is seen too.
    let counted = instance.restarts.counted();
    let restarts = instance.restarts.observe(run, continuous && known, now);
    let by_hand = facts.n_restarts <= counted;
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
    timeline::restarted(host, unit, restarts, by_hand);
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
    if host.instances.len() >= MOST_DISCOVERED {
        return;
    }
    let name = unit.as_str().strip_suffix(".service").unwrap_or(unit.as_str());
    let service = ServiceName::new(name);
    let mut instance = Instance::new(Kind::Unit(unit.clone()), Arc::default());
    instance.discovered = true;
    if let Some(at) = host.remembered.iter().position(|(known, _)| *known == service) {
        let (_, saved) = host.remembered.swap_remove(at);
        instance.restarts = RestartLog::restore(saved, now);
    }
    host.by_unit.insert(unit.clone(), service.clone());
    host.instances.insert(service, instance);
}

fn recall(host: &mut Host, history: &History) {
    for instance in host.instances.values_mut() {
        let Some(unit) = instance.kind.unit() else { continue };
        let times: Vec<Timestamp> =
            history.restarts.iter().filter(|(u, _)| u == unit).map(|(_, at)| *at).collect();
        instance.restarts.recall(&times, history.complete_since);
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

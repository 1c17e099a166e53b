//! What was found on all hosts, put into environments and services.
//!
//! The rule: hosts go into one environment a tier. A unit that several hosts run alike (the same
//! ports, directory, data and health) is one service of these hosts; where something differs each
//! is a service of its own, called `unit-host`.

use std::collections::{BTreeMap, BTreeSet};

use super::guess::{self, Guess};
use crate::model::fault::Fault;
use crate::model::ids::UnitName;
use crate::model::survey::{FoundUnit, Survey};

/// A host with what was found there, or why nothing was.
pub(super) struct Seen {
    /// What `ssh` takes, or `local`.
    pub(super) destination: String,
    pub(super) found: Result<Survey, Fault>,
}

/// An environment.
pub(super) struct Env<'a> {
    pub(super) name: String,
    pub(super) guess: Guess,
    pub(super) hosts: Vec<Host<'a>>,
    pub(super) services: Vec<Service<'a>>,
}

/// A host of it.
pub(super) struct Host<'a> {
    pub(super) name: String,
    pub(super) destination: &'a str,
    pub(super) found: &'a Result<Survey, Fault>,
}

/// A service of it.
pub(super) struct Service<'a> {
    pub(super) name: String,
    pub(super) hosts: Vec<String>,
    pub(super) found: &'a FoundUnit,
    pub(super) needs: Vec<String>,
}

/// Makes the plan. Name and tier of the environment are as asked, else guessed; `timers` says
/// whether a service may be a timer.
pub(super) fn plan<'a>(
    seen: &'a [Seen],
    name: Option<&str>,
    tier: Option<crate::model::spec::Tier>,
    timers: bool,
) -> Vec<Env<'a>> {
    let mut envs: Vec<Env<'a>> = Vec::new();
    for host in seen {
        let mut guess = guess::tier(name.unwrap_or(&host.destination));
        if let Some(tier) = tier {
            guess = Guess { tier, by: "" };
        }
        let env_name = name.map_or_else(|| guess.tier.name().to_owned(), guess::fit);
        let place = envs.iter().position(|env| env.name == env_name).unwrap_or_else(|| {
            envs.push(Env { name: env_name, guess, hosts: Vec::new(), services: Vec::new() });
            envs.len() - 1
        });
        let Some(env) = envs.get_mut(place) else { continue };
        let taken = |name: &str| env.hosts.iter().any(|host| host.name == name);
        let name = guess::unique(&guess::host_name(&host.destination), taken);
        env.hosts.push(Host { name, destination: &host.destination, found: &host.found });
    }
    for env in &mut envs {
        env.services = services(&env.hosts, timers);
        needs(&mut env.services);
    }
    envs
}

/// What has to be the same for two units to be one service.
fn alike(a: &FoundUnit, b: &FoundUnit) -> bool {
    let ports = |unit: &FoundUnit| -> Vec<_> {
        let open = |port: &crate::model::survey::FoundPort| {
            port.binds.iter().all(crate::model::ports::is_loopback)
        };
        unit.ports.iter().map(|port| (port.port, port.protocol, open(port))).collect()
    };
    let data = |unit: &FoundUnit| -> Vec<Box<str>> {
        unit.data.iter().map(|data| data.path.clone()).collect()
    };
    a.unit == b.unit
        && ports(a) == ports(b)
        && a.directory == b.directory
        && data(a) == data(b)
        && a.health == b.health
}

fn services<'a>(hosts: &[Host<'a>], timers: bool) -> Vec<Service<'a>> {
    let mut groups: Vec<(&'a FoundUnit, Vec<String>)> = Vec::new();
    for host in hosts {
        let Ok(found) = host.found else { continue };
        for unit in &found.units {
            if crate::config::check::unit(unit.unit.as_str()).is_err()
                || is_told_by_another(unit, found, timers)
            {
                continue;
            }
            match groups.iter_mut().find(|(other, _)| alike(other, unit)) {
                Some((_, hosts)) => hosts.push(host.name.clone()),
                None => groups.push((unit, vec![host.name.clone()])),
            }
        }
    }
    let mut variants: BTreeMap<&str, usize> = BTreeMap::new();
    for (unit, _) in &groups {
        *variants.entry(unit.unit.as_str()).or_default() += 1;
    }
    let mut names: BTreeSet<String> = BTreeSet::new();
    let services = groups.into_iter().map(|(found, hosts)| {
        let unit = found.unit.as_str();
        let timer = || unit.strip_suffix(".timer").filter(|_| timers);
        let stem = unit.strip_suffix(".service").or_else(timer).unwrap_or(unit);
        let name = match (variants.get(unit), hosts.first()) {
            (Some(2..), Some(host)) => format!("{stem}-{host}"),
            _ => stem.to_owned(),
        };
        let name = guess::unique(&name, |name| names.contains(name));
        names.insert(name.clone());
        Service { name, hosts, found, needs: Vec::new() }
    });
    services.collect()
}

/// A timer and its job are one service. Where a service may be a timer it is the timer, which tells
/// of its job; else it is the job, beside which the timer is named.
fn is_told_by_another(unit: &FoundUnit, all: &Survey, timers: bool) -> bool {
    let is_found = |name: &UnitName| all.units.iter().any(|other| other.unit == *name);
    if timers {
        // What listens or starts at boot is more than the timer's job.
        let is_job = unit.ports.is_empty() && unit.facts.enabled() != Some(true);
        is_job && all.units.iter().any(|timer| timer.starts.as_ref() == Some(&unit.unit))
    } else {
        unit.starts.as_ref().is_some_and(is_found)
    }
}

/// Services that others are ordered after or require, on the same hosts; never round in a circle,
/// which the config would refuse.
fn needs(services: &mut [Service<'_>]) {
    let mut edges: Vec<(usize, usize)> = Vec::new();
    for (from, service) in services.iter().enumerate() {
        for (to, other) in services.iter().enumerate() {
            let wanted =
                service.found.after.iter().any(|unit| is_instance(&other.found.unit, unit));
            let near = service.hosts.iter().all(|host| other.hosts.contains(host));
            if wanted && near && from != to && !leads(&edges, to, from) {
                edges.push((from, to));
            }
        }
    }
    let names: Vec<String> = services.iter().map(|service| service.name.clone()).collect();
    for (from, to) in edges {
        if let (Some(service), Some(name)) = (services.get_mut(from), names.get(to)) {
            service.needs.push(name.clone());
        }
    }
}

/// Whether a unit is the one wanted or, as `postgresql@15-main.service` of `postgresql.service`, an
/// instance that it stands for.
fn is_instance(unit: &UnitName, wanted: &UnitName) -> bool {
    let stem = wanted.as_str().strip_suffix(".service").unwrap_or(wanted.as_str());
    unit == wanted || unit.as_str().strip_prefix(stem).is_some_and(|rest| rest.starts_with('@'))
}

fn leads(edges: &[(usize, usize)], from: usize, to: usize) -> bool {
    let mut open = vec![from];
    let mut seen = BTreeSet::new();
    while let Some(at) = open.pop() {
        if at == to {
            return true;
        }
        if seen.insert(at) {
            open.extend(edges.iter().filter(|(a, _)| *a == at).map(|(_, b)| *b));
        }
    }
    false
}

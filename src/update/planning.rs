//! From what somebody wants to a plan: hosts are looked at, then a plan is made of what they say.

pub mod backup;
mod source;
pub mod sync;

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::effect::{Ask, Effect, LookMore};
use crate::model::Model;
use crate::model::acting::Planning;
use crate::model::audit::Entry;
use crate::model::deploy::copy::CopyAsk;
use crate::model::deploy::{Behind, Strategy};
use crate::model::drain::{self, PoolId};
use crate::model::fault::{Fault, FaultKind};
use crate::model::fleet::Env;
use crate::model::host::Host;
use crate::model::ids::{HostId, InstanceId, ServiceName};
use crate::model::look::Look;
use crate::model::offer::stranger;
use crate::model::operation::{OpId, Operation};
use crate::model::plan::{Confirmation, ConfirmedPlan, Input, Intent, Server};
use crate::model::verb::Verb;
use crate::ops;

use super::{operations, preflight};

/// Begins to plan: every host is looked at anew, whatever the screen shows.
pub fn plan(model: &mut Model, intent: Intent) -> Vec<Effect> {
    let (planning, effects) = begin(model, intent);
    let asked = planning.asked;
    model.acting.planning = Some(Box::new(planning));
    settle(model, asked);
    effects
}

/// The same, for whoever keeps it; it is to be settled once it is kept.
pub(super) fn begin(model: &mut Model, mut intent: Intent) -> (Planning, Vec<Effect>) {
    in_order(model, &mut intent);
    model.acting.asked += 1;
    let asked = model.acting.asked;
    let env = model.fleet.env(&intent.env);
    let mut targets = env.map_or_else(Vec::new, |env| servers(env, &intent));
    targets.retain(|one| intent.is_of(&one.id));
    let balancers = env.map_or_else(BTreeMap::new, |env| balancers(env, &intent, &targets));
    let mut looks: BTreeMap<_, _> = targets.iter().map(|one| (one.id.clone(), None)).collect();
    let look = |one: &Server| {
        Effect::Act(one.id.host.clone(), Ask::look(asked, one, more(model, &intent, &one.id)))
    };
    let mut effects: Vec<Effect> = Vec::new();
    for one in &targets {
        let before = source::wanted(model, &intent, &one.id)
            .map(|found| found.map(|from| from.ask(asked, &one.id)))
            .or_else(|| sync::begin(model, &intent, &one.id, asked));
        match before {
            None => effects.push(look(one)),
            Some(Ok(effect)) => effects.push(effect),
            Some(Err(why)) => {
                let fault = Fault::new(FaultKind::Failed, "find what it is copied from", why);
                looks.insert(one.id.clone(), Some(Err(fault)));
            }
        }
    }
    for (host, pools) in balancers {
        let id = InstanceId { host: host.clone(), service: drain::SERVICE.into() };
        looks.insert(id.clone(), None);
        let more = LookMore { pools, ..LookMore::default() };
        let server = Server { id, subject: drain::SUBJECT.into(), unit: None };
        effects.push(Effect::Act(host, Ask::look(asked, &server, more)));
    }
    (Planning { asked, intent, looks, made: None }, effects)
}

/// What has to be looked at besides, for that verb.
fn more(model: &Model, intent: &Intent, id: &InstanceId) -> LookMore {
    if intent.verb.is_of_backup() {
        let env = model.fleet.env(&intent.env);
        return env.map(|env| backup::more(env, intent)).unwrap_or_default();
    }
    let Some(host) = model.fleet.host(&id.host) else { return LookMore::default() };
    let stranger = (intent.verb == Verb::Adopt).then(|| stranger(host, &id.service)).flatten();
    let promises = host.instances.get(&id.service).map(|instance| &instance.promises);
    let unit = host.instances.get(&id.service).and_then(|instance| instance.kind.unit());
    let deploy = promises.and_then(|promises| {
        let directory = promises.directory.as_deref().unwrap_or_default();
        let spec = promises.deploy.as_deref()?;
        let data = &promises.data;
        match (intent.verb, &intent.input) {
            (Verb::Deploy, Input::Revision(Some(wanted))) => {
                Some(spec.ask(directory, data, Some(wanted), true))
            }
            (Verb::Deploy, _) => {
                let mut ask = spec.ask(directory, data, None, true);
                if let (Strategy::UnitTemplate(template), Some(unit)) = (&spec.strategy, unit) {
                    ask.script = template.rendered(id, unit).into();
                }
                Some(ask)
            }
            (Verb::Rollback, _) => Some(spec.ask(directory, data, None, false)),
            _ => None,
        }
    });
    LookMore { stranger, deploy: deploy.map(Box::new), ..LookMore::default() }
}

/// What another service needs comes first; where things are stopped, last.
fn in_order(model: &Model, intent: &mut Intent) {
    let Some(env) = model.fleet.env(&intent.env) else { return };
    let needs = |service: &ServiceName| {
        let promises = env.hosts.values().find_map(|host| host.instances.get(service));
        promises.map_or_else(Vec::new, |instance| instance.promises.needs.clone())
    };
    let mut rest = std::mem::take(&mut intent.services);
    let mut done: Vec<ServiceName> = Vec::new();
    while !rest.is_empty() {
        let free = |service: &ServiceName| !needs(service).iter().any(|need| rest.contains(need));
        // Of a circle, which the config refuses, the first goes first.
        let next = rest.iter().position(free).unwrap_or(0);
        done.push(rest.remove(next));
    }
    if intent.verb == Verb::Stop {
        done.reverse();
    }
    intent.services = done;
}

/// What is to be copied is on this machine: it is compared with what is there.
pub(super) fn pulled(
    model: &mut Model,
    asked: u32,
    id: &InstanceId,
    place: Result<Box<str>, Fault>,
) -> Vec<Effect> {
    let place = match place {
        Ok(place) => place,
        Err(fault) => {
            looked(model, asked, id, Err(fault));
            return Vec::new();
        }
    };
    let Some(planning) = model.acting.planning(asked) else { return Vec::new() };
    let Some(env) = model.fleet.env(&planning.intent.env) else { return Vec::new() };
    let servers = servers(env, &planning.intent);
    let Some(server) = servers.iter().find(|server| server.id == *id) else { return Vec::new() };
    let mut more = more(model, &planning.intent, id);
    if let Some(deploy) = &mut more.deploy {
        deploy.copy = Some(CopyAsk { from: place, rules: deploy.rules.clone() });
    }
    vec![Effect::Act(id.host.clone(), Ask::look(asked, server, more))]
}

/// A host was looked at.
pub(super) fn looked(
    model: &mut Model,
    asked: u32,
    instance: &InstanceId,
    look: Result<Box<Look>, Fault>,
) {
    let now = model.now;
    let planning = model.acting.planning_mut(asked);
    let is_usual = planning.as_ref().is_some_and(|planning| {
        let named = matches!(planning.intent.input, Input::Revision(Some(_)));
        planning.intent.verb == Verb::Deploy && !named
    });
    let deploy = look.as_ref().ok().and_then(|look| look.deploy.as_deref());
    let behind = deploy.filter(|_| is_usual).and_then(|deploy| Behind::of(deploy, now));
    if let Some(place) = planning.and_then(|planning| planning.looks.get_mut(instance)) {
        *place = Some(look.map(|look| (*look, now)));
        settle(model, asked);
    }
    let host = model.fleet.host_mut(&instance.host).filter(|_| behind.is_some());
    if let Some(there) = host.and_then(|host| host.instances.get_mut(&instance.service)) {
        there.behind = behind;
    }
}

/// Makes the plan once every host has answered.
pub(super) fn settle(model: &mut Model, asked: u32) {
    let Some(planning) = model.acting.planning(asked) else { return };
    if planning.made.is_some() || planning.waits_for().next().is_some() {
        return;
    }
    let Some(env) = model.fleet.env(&planning.intent.env) else { return };
    if planning.intent.verb.is_of_backup() || planning.intent.verb == Verb::Sync {
        let looks = planning.looks.iter();
        let looks: Vec<_> =
            looks.filter_map(|(id, look)| Some((id.clone(), look.clone()?))).collect();
        let made = match planning.intent.verb {
            Verb::Sync => sync::made(&model.fleet, &planning.intent, &looks),
            _ => backup::made(&model.fleet, env, &planning.intent, &looks),
        };
        let made = made.map(Arc::new);
        if let Some(planning) = model.acting.planning_mut(asked) {
            planning.made = Some(made);
        }
        return;
    }
    let mut targets = Vec::new();
    let mut balancers = Vec::new();
    let mut refusals = Vec::new();
    for (id, look) in &planning.looks {
        if let (drain::SERVICE, Some(Ok((look, seen)))) = (id.service.as_str(), look) {
            let (host, look) = (id.host.clone(), look.clone());
            balancers.push(ops::Balancer { host, look, seen: *seen });
            continue;
        }
        let instance = env.hosts.get(&id.host.host).and_then(|h| h.instances.get(&id.service));
        match (instance, look) {
            (Some(instance), Some(Ok((look, seen)))) => {
                let found = preflight::found(model, env, &planning.intent, instance, id, look);
                refusals.extend(found.refusals.into_iter().map(|why| (id.clone(), why)));
                targets.push(ops::Target {
                    id: id.clone(),
                    kind: instance.kind.clone(),
                    promises: Arc::clone(&instance.promises),
                    look: look.clone(),
                    seen: *seen,
                    notes: found.notes,
                    warnings: found.warnings,
                });
            }
            (_, Some(Err(fault))) => refusals.push((id.clone(), fault.to_string())),
            _ => refusals.push((id.clone(), "it is not in the config any more".to_owned())),
        }
    }
    let made = if refusals.is_empty() {
        let servers = servers(env, &planning.intent);
        let intent = planning.intent.clone();
        ops::plan(intent, env.tier, env.protected, &targets, &servers, &balancers).map(Arc::new)
    } else {
        Err(refusals)
    };
    if let Some(planning) = model.acting.planning_mut(asked) {
        planning.made = Some(made);
    }
}

/// Who sends requests to these and is to stop meanwhile, and what of it is to be read.
fn balancers(env: &Env, intent: &Intent, targets: &[Server]) -> BTreeMap<HostId, Vec<PoolId>> {
    let mut all: BTreeMap<HostId, Vec<PoolId>> = BTreeMap::new();
    for id in targets.iter().filter(|_| intent.drains()).map(|one| &one.id) {
        let host = env.hosts.get(&id.host.host);
        let Some(instance) = host.and_then(|host| host.instances.get(&id.service)) else {
            continue;
        };
        for spec in &instance.promises.drains {
            let host = HostId { env: env.name.clone(), host: spec.host.clone() };
            let pools = all.entry(host).or_default();
            if !pools.contains(&spec.pools()) {
                pools.push(spec.pools());
            }
        }
    }
    all
}

/// All instances of an intent's services, wherever they are.
fn servers(env: &Env, intent: &Intent) -> Vec<Server> {
    if intent.verb.is_of_backup() {
        return backup::servers(env, intent);
    }
    if intent.verb == Verb::Sync {
        return sync::servers(env, intent);
    }
    let mut all = Vec::new();
    for service in &intent.services {
        let of = |host: &Host| host.instances.get(service).map(|one| !one.discovered);
        let is_declared = env.hosts.values().any(|host| of(host) == Some(true));
        for host in env.hosts.values() {
            let Some(instance) = host.instances.get(service) else { continue };
            // A unit that was found on a host for which nothing is declared is not the declared
            // service only because it has its name.
            if instance.discovered && is_declared && !intent.hosts.contains(&host.spec.name) {
                continue;
            }
            all.push(Server {
                id: InstanceId { host: host.id(&env.name), service: service.clone() },
                subject: instance.kind.subject(),
                unit: instance.kind.unit().cloned(),
            });
        }
    }
    all
}

/// Confirms the plan that is there, and begins to run it.
///
/// # Errors
/// A sentence: there is none, it was not confirmed as it has to be, or nothing may be done.
pub fn confirm(model: &mut Model, how: &Confirmation) -> Result<(OpId, Vec<Effect>), String> {
    let made = model.acting.planning.as_ref().and_then(|planning| planning.made.clone());
    let plan = match made {
        Some(Ok(plan)) => plan,
        Some(Err(_)) => return Err("there is no plan: a host cannot take part".to_owned()),
        None => return Err("there is no plan yet".to_owned()),
    };
    let permits = &model.acting.permits;
    let permit = permits
        .permit(plan.env(), plan.protected, model.now)
        .map_err(|withheld| withheld.text(plan.env()))?;
    let confirmed = ConfirmedPlan::new(plan, how, permit).map_err(|why| why.to_string())?;
    model.acting.planning = None;
    Ok(run(model, confirmed))
}

/// Begins to run a plan that was confirmed.
pub(super) fn run(model: &mut Model, confirmed: ConfirmedPlan) -> (OpId, Vec<Effect>) {
    let chance = model.acting.chance();
    let id = OpId::new(model.now, chance);
    let operation = Operation::new(id.clone(), confirmed, &model.operator, model.now);
    // It is written down before any host is asked.
    let mut effects = vec![Effect::Audit(Box::new(Entry::intent(&operation)))];
    operations::begin(model, operation);
    effects.extend(operations::advance(model, &id));
    (id, effects)
}

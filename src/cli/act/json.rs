//! A plan and an operation in a form that stays.

use serde_json::{Value, json};

use crate::model::operation::{Operation, Outcome, Phase, remains};
use crate::model::plan::{DrainPart, HostPlan, Plan, Step, Undo};

/// The plan.
pub(super) fn plan(plan: &Plan) -> String {
    format!("{}\n", plan_value(plan))
}

/// The same, among others.
pub(super) fn plan_value(plan: &Plan) -> Value {
    let batches: Vec<Vec<Value>> = plan
        .batches
        .iter()
        .map(|batch| batch.iter().filter_map(|place| plan.hosts.get(*place)).map(name).collect())
        .collect();
    let serving: Vec<Value> = plan
        .serving
        .iter()
        .map(|one| {
            json!({
                "service": one.service.as_str(), "asked": one.share.text(),
                "need": one.need(), "instances": one.instances.len(),
            })
        })
        .collect();
    let drains: Vec<Value> = plan
        .drains
        .iter()
        .filter_map(|drain| {
            let parts: Vec<Value> = drain.parts.iter().map(part).collect();
            let host = plan.hosts.get(drain.place)?.host.host.as_str();
            Some(json!({ "host": host, "batches": parts }))
        })
        .collect();
    json!({
        "schema": 1,
        "hash": plan.hash(),
        "action": plan.intent.verb.name(),
        "environment": plan.env().as_str(),
        "tier": plan.tier.name(),
        "protected": plan.protected,
        "change": plan.change().name(),
        "batches": batches,
        "rollout": {
            "canary": plan.rollout.canary,
            "batch": plan.rollout.batch.text(),
            "max_failures": plan.rollout.max_failures,
            "wait_s": plan.rollout.wait.as_secs(),
            "on_fail": plan.rollout.on_fail.name(),
        },
        "min_available": serving,
        "drains": drains,
        "hosts": plan.hosts.iter().map(host).collect::<Vec<_>>(),
    })
}

fn part(part: &DrainPart) -> Value {
    let servers: Vec<&str> = part.servers.iter().map(|one| &*one.address).collect();
    json!({
        "batch": part.batch + 1, "servers": servers,
        "drain": part.drain, "hold": part.hold, "undrain": part.undrain,
    })
}

fn name(host: &HostPlan) -> Value {
    json!({ "host": host.host.host.as_str(), "service": host.service.as_str() })
}

fn host(host: &HostPlan) -> Value {
    let facts: serde_json::Map<String, Value> =
        host.facts.iter().map(|fact| (fact.name.clone(), fact.value.clone().into())).collect();
    json!({
        "host": host.host.host.as_str(),
        "service": host.service.as_str(),
        "locks": &*host.subject,
        "launcher": host.launcher.name(),
        "facts": facts,
        "warnings": host.warnings,
        "brings": host.brings,
        "load": host.load.as_deref().map(|load| json!({
            "from": &*load.from, "store": &*load.store, "owner": &*load.owner,
            "rules": load.rules.iter().map(|rule| &**rule).collect::<Vec<_>>(),
            "far": load.far.as_deref().map(|far| json!({
                "environment": far.env.as_str(), "host": far.host.as_str(),
                "machine": &*far.machine, "path": &*far.real,
            })),
            "links": load.links, "names": load.moves.as_ref().map(|moves| moves.names.clone()),
            "limit_s": load.limit.as_secs(),
        })),
        "common": host.common,
        "steps": host.steps.iter().map(step).collect::<Vec<_>>(),
    })
}

fn step(step: &Step) -> Value {
    let (undo, reason) = match &step.undo {
        Undo::NotNeeded => (Value::Null, Value::Null),
        Undo::Script(script) => (script.clone().into(), Value::Null),
        Undo::NotPossible(why) => (Value::Null, why.clone().into()),
    };
    json!({
        "number": step.number, "title": step.title, "change": step.change.name(),
        "script": step.script, "undo": undo, "no_undo_because": reason,
        "limit_s": step.limit.as_secs(),
    })
}

/// How it went.
pub(super) fn operation(operation: &Operation, back: Option<&Operation>) -> String {
    let mut value = operation_value(operation);
    if let (Some(back), Some(object)) = (back, value.as_object_mut()) {
        object.insert("returned".to_owned(), operation_value(back));
    }
    format!("{value}\n")
}

fn operation_value(operation: &Operation) -> Value {
    let hosts: Vec<Value> = operation
        .runs
        .iter()
        .zip(&operation.plan().hosts)
        .enumerate()
        .map(|(place, (run, plan))| {
            let steps: Vec<Value> = run
                .steps
                .iter()
                .map(|step| {
                    json!({
                        "number": step.number, "state": step.state.name(),
                        "took_ms": step.took.map(|took| took.as_millis() as u64),
                    })
                })
                .collect();
            let detail = match &run.phase {
                Phase::Refused(refusal) => Some(refusal.text()),
                Phase::Lost(fault, _) | Phase::Unstaging(fault) => Some(fault.to_string()),
                _ => run.result.clone(),
            };
            json!({
                "host": plan.host.host.as_str(), "service": plan.service.as_str(),
                "outcome": run.phase.name(), "detail": detail, "steps": steps,
                "output": run.output.lines(200),
                "remains": remains(run, plan, &operation.id.run(place)),
            })
        })
        .collect();
    let drained: Vec<&str> = operation.drained.iter().map(|(_, text)| text.as_str()).collect();
    let outcome = operation.outcome().unwrap_or(Outcome::Unknown);
    json!({
        "schema": 1,
        "operation": operation.id.as_str(),
        "action": operation.plan().intent.verb.name(),
        "environment": operation.plan().env().as_str(),
        "plan": operation.plan().hash(),
        "outcome": outcome.name(),
        "took_ms": operation.ended.map(|at| at.since(operation.began).as_millis() as u64),
        "halted": operation.halted,
        "drained": drained,
        "hosts": hosts,
    })
}

//! Before a batch of a service of which so much has to serve: who would serve without it?

use std::time::Duration;

use super::{Up, advance, disconnected, drains};
use crate::effect::{Ask, Effect, LookMore};
use crate::model::Model;
use crate::model::fault::Fault;
use crate::model::health::CheckState;
use crate::model::ids::{HostId, InstanceId};
use crate::model::look::Look;
use crate::model::operation::{Count, Operation, Stage, serves};
use crate::model::plan::{HostPlan, Server};
use crate::model::time::Timestamp;

/// Who has not answered by then does not serve.
const PATIENCE: Duration = Duration::from_secs(45);

/// The stage in which a batch begins.
pub(super) fn before(operation: &Operation, batch: usize) -> Stage {
    match operation.plan().serving(batch) {
        Some(_) => Stage::Counting(batch),
        None => drains::before(operation, batch),
    }
}

/// One turn of counting.
pub(super) fn turn(
    operation: &mut Operation,
    batch: usize,
    up: Up<'_>,
    asked: &mut u32,
    now: Timestamp,
) -> Vec<Effect> {
    if operation.cancelled {
        operation.count = None;
        operation.stage = drains::close(operation);
        return Vec::new();
    }
    let plan = std::sync::Arc::clone(operation.plan());
    let Some(serving) = plan.serving(batch) else {
        operation.stage = drains::before(operation, batch);
        return Vec::new();
    };
    let mut effects = Vec::new();
    let count = operation.count.get_or_insert_with(|| {
        let hosts: Vec<&HostPlan> = plan
            .batches
            .get(batch)
            .into_iter()
            .flatten()
            .filter_map(|place| plan.hosts.get(*place))
            .collect();
        let stays = |server: &&Server| hosts.iter().all(|host| host.host != server.id.host);
        *asked += 1;
        let mut said = std::collections::BTreeMap::new();
        for server in serving.instances.iter().filter(stays) {
            let is_up = up(&server.id.host);
            said.insert(server.id.clone(), (!is_up).then(|| Err(disconnected().to_string())));
            if is_up {
                effects.push(Effect::Act(
                    server.id.host.clone(),
                    Ask::look(*asked, server, LookMore::default()),
                ));
            }
        }
        Count { asked: *asked, since: now, said }
    });
    if !count.is_complete() && now.since(count.since) < PATIENCE {
        return effects;
    }
    let objection = count.objection(serving);
    operation.count = None;
    operation.stage = match objection {
        None => drains::before(operation, batch),
        Some(why) => {
            let (number, names) = (batch + 1, drains::names(&plan, batch));
            operation.halted = Some(format!("batch {number} ({names}) was not begun: {why}"));
            drains::close(operation)
        }
    };
    effects
}

/// A host was looked at; none where that was not for a count.
pub(super) fn looked(
    model: &mut Model,
    asked: u32,
    id: &InstanceId,
    look: &Result<Box<Look>, Fault>,
) -> Option<Vec<Effect>> {
    let failing = failing(model, id);
    let operation = model
        .acting
        .operations
        .iter_mut()
        .find(|one| one.count.as_ref().is_some_and(|count| count.asked == asked))?;
    let said = match (look, failing) {
        (Ok(look), None) => serves(look),
        (Ok(look), Some(check)) => serves(look).and(Err(check)),
        (Err(fault), _) => Err(fault.to_string()),
    };
    if let Some(count) = &mut operation.count {
        count.take(id, said);
    }
    let op = operation.id.clone();
    Some(advance(model, &op))
}

/// A check of it that fails, where checks are read.
fn failing(model: &Model, id: &InstanceId) -> Option<String> {
    let instance = model.fleet.host(&id.host)?.instances.get(&id.service)?;
    let (spec, _) =
        instance.checks().find(|(spec, log)| log.state(spec, model.now) == CheckState::Failing)?;
    Some(format!("it runs, and its check {} fails", spec.label()))
}

/// What was asked of a host that is lost is not answered any more.
pub(super) fn lost(operation: &mut Operation, host: &HostId, fault: &Fault) {
    let Some(count) = &mut operation.count else { return };
    let gone: Vec<InstanceId> = count.said.keys().filter(|id| id.host == *host).cloned().collect();
    for id in gone {
        count.take(&id, Err(fault.to_string()));
    }
}

//! Claims are given back. An operation may be over before the host has heard of it: then it is told once
//! it is connected again.

use std::sync::Arc;

use super::{Up, advance};
use crate::effect::{Ask, Effect};
use crate::model::Model;
use crate::model::fault::Fault;
use crate::model::operation::{HostRun, Operation, Outcome, Owed, Phase, RunId, Stage};
use crate::model::severity::Severity;

/// It is over, and claims are to be given back.
pub(super) fn release(
    operation: &mut Operation,
    outcome: Outcome,
    which: impl Fn(&HostRun) -> bool,
) {
    operation.stage = Stage::Ended(outcome);
    owe(operation, which);
}

/// Claims that are to be given back. A runner that is alone gives its own back.
pub(super) fn owe(operation: &mut Operation, which: impl Fn(&HostRun) -> bool) {
    let rollout = operation.is_rollout();
    for run in &mut operation.runs {
        let own = !rollout && matches!(run.phase, Phase::Ended(_));
        if which(run) && !own {
            run.claim = Owed::Due;
        }
        if run.phase == Phase::Claimed {
            run.phase = Phase::Waiting;
        }
    }
}

/// Gives back what is owed to connected hosts.
pub(super) fn give(operation: &mut Operation, up: Up<'_>) -> Vec<Effect> {
    let mut effects = Vec::new();
    if !operation.owes() {
        return effects;
    }
    let permit = operation.plan.permit().clone();
    let plan = Arc::clone(operation.plan());
    for (place, host) in plan.hosts.iter().enumerate() {
        let id = operation.id.run(place);
        let due = operation.runs.get_mut(place).filter(|run| run.claim == Owed::Due);
        if let Some(run) = due.filter(|_| up(&host.host)) {
            run.claim = Owed::Asked;
            let ask = Ask::Release(permit.clone(), host.subject.clone(), id);
            effects.push(Effect::Act(host.host.clone(), ask));
        }
    }
    effects
}

/// It was given back, or not for this reason.
pub(super) fn released(model: &mut Model, id: &RunId, fault: Option<&Fault>) -> Vec<Effect> {
    let Some((at, place)) = model.acting.place(id) else { return Vec::new() };
    let Some(operation) = model.acting.operations.get_mut(at) else { return Vec::new() };
    let Some(run) = operation.runs.get_mut(place) else { return Vec::new() };
    let refused = fault.filter(|fault| fault.kind.is_said());
    run.claim = match (fault, refused) {
        (None, _) => Owed::Nothing,
        (Some(_), None) => Owed::Due,
        (Some(_), Some(_)) => Owed::Kept,
    };
    if let Some(fault) = refused {
        let host = operation.plan().hosts.get(place).map(|host| host.host.to_string());
        let text = format!(
            "the claim on {} was not given back: {fault} (`quarterdeck ops recover {} --release`)",
            host.unwrap_or_default(),
            id.op()
        );
        crate::update::say(model, Severity::Warning, text);
    }
    advance(model, &id.op())
}

/// The host is not connected any more: what was asked may not have been heard.
pub(super) fn lost(run: &mut HostRun) {
    if run.claim == Owed::Asked {
        run.claim = Owed::Due;
    }
}

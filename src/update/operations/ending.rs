//! Nobody wants it any more: cancelled, or left.

use super::{advance, is_claimed, release, staging, tell};
use crate::effect::{Ask, Effect};
use crate::model::Model;
use crate::model::ids::HostId;
use crate::model::operation::{HostRun, OpId, Phase};
use crate::model::severity::Severity;

/// Somebody wants it to end at the next step's border.
pub fn cancel(model: &mut Model, id: &OpId) -> Vec<Effect> {
    let Some(operation) = model.acting.operations.iter_mut().find(|one| one.id == *id) else {
        return Vec::new();
    };
    operation.cancelled = true;
    let permit = operation.plan.permit().clone();
    let running =
        |run: &HostRun| matches!(run.phase, Phase::Running | Phase::Launching | Phase::Lost(..));
    let mut effects: Vec<Effect> = Vec::new();
    for (place, _) in operation.runs.iter().enumerate().filter(|(_, run)| running(run)) {
        if let Some(plan) = operation.plan.plan().hosts.get(place) {
            let ask = Ask::Cancel(permit.clone(), operation.id.run(place));
            effects.push(Effect::Act(plan.host.clone(), ask));
        }
    }
    for place in 0..operation.runs.len() {
        staging::give_up(operation, place);
    }
    let text = "cancelled: it ends at the next step's border";
    let operation = operation.clone();
    tell(model, &operation, text, Severity::Info, &[]);
    effects.extend(advance(model, id));
    effects
}

/// Nobody goes on with it here: what is claimed and was not begun is given back.
pub fn leave(model: &mut Model, id: &OpId) -> Vec<Effect> {
    let Model { fleet, acting, .. } = model;
    let Some(operation) = acting.operations.iter_mut().find(|one| one.id == *id) else {
        return Vec::new();
    };
    let up = |host: &HostId| fleet.host(host).is_some_and(|host| host.link.is_up());
    let mut effects = staging::abandon(operation, &up);
    release::owe(operation, is_claimed);
    effects.extend(release::give(operation, &up));
    effects
}

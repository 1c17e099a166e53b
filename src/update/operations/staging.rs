//! What is sent to a host before its runner is started. Nothing of what runs is touched by it: where it
//! is given up, what was sent is removed, and it is as if nothing had been begun.

use super::{Up, ask};
use crate::effect::{Ask, Effect};
use crate::model::Model;
use crate::model::deploy::copy::Sent;
use crate::model::fault::{Fault, FaultKind};
use crate::model::operation::{HostRun, Operation, Outcome, Phase, Refusal, RunId};

/// Whether a claimed host waits for what its steps work on.
pub(super) fn is_due(operation: &Operation, place: usize) -> bool {
    let load = operation.plan().hosts.get(place).is_some_and(|host| host.load.is_some());
    load && operation.runs.get(place).is_some_and(|run| !run.staged)
}

/// So much of it is there.
pub(super) fn sending(model: &mut Model, id: &RunId, sent: Sent) {
    let Some((at, place)) = model.acting.place(id) else { return };
    let operation = model.acting.operations.get_mut(at);
    if let Some(run) = operation.and_then(|operation| operation.runs.get_mut(place)) {
        run.sent = Some(sent);
    }
}

/// All of it is there, or it was given up.
pub(super) fn staged(run: &mut HostRun, staged: Result<(), Option<Fault>>) {
    // It was given up meanwhile.
    if run.phase != Phase::Staging {
        return;
    }
    match staged {
        Ok(()) => {
            run.staged = true;
            run.phase = Phase::Claimed;
        }
        Err(fault) => {
            run.phase = Phase::Unstaging(fault.unwrap_or_else(super::disconnected));
        }
    }
}

/// What was sent was removed.
pub(super) fn unstaged(run: &mut HostRun, done: Result<(), Fault>) {
    run.staged = false;
    let Phase::Unstaging(why) = &run.phase else { return };
    // One that did not answer is asked again. What cannot be removed the next one does.
    if done.err().is_none_or(|fault| fault.kind.is_said()) {
        run.phase = Phase::Refused(Refusal::Fault(why.clone()));
    }
}

/// The host is not connected any more.
pub(super) fn lost(run: &mut HostRun, fault: &Fault) {
    if run.phase == Phase::Staging {
        run.phase = Phase::Unstaging(fault.clone());
    }
}

/// Nobody wants it any more.
pub(super) fn give_up(operation: &mut Operation, place: usize) {
    let Some(run) = operation.runs.get_mut(place) else { return };
    if run.phase == Phase::Staging || (run.phase == Phase::Claimed && run.staged) {
        let why = Fault::new(FaultKind::Failed, "send what comes", "it was cancelled");
        run.phase = Phase::Unstaging(why);
        run.asked = false;
    }
}

/// Has removed what is of no use any more, of each host that is connected: what was given up, and what
/// was found not to be what was planned, before anything was done with it.
pub(super) fn clear(operation: &mut Operation, up: Up<'_>) -> Vec<Effect> {
    let mut effects = Vec::new();
    for place in 0..operation.runs.len() {
        let Some(phase) = operation.runs.get(place).map(|run| run.phase.clone()) else { continue };
        let stale = matches!(phase, Phase::Ended(Outcome::Stale))
            && operation.runs.get(place).is_some_and(|run| run.staged);
        if stale || matches!(phase, Phase::Unstaging(_)) {
            effects.extend(ask(operation, place, up, phase, Ask::Unstage));
        }
        if stale && let Some(run) = operation.runs.get_mut(place) {
            run.staged = false;
        }
    }
    effects
}

/// Nobody goes on with it here: what is sent ends with us, and is removed. What it was sent for is
/// claimed and no more.
pub(super) fn abandon(operation: &mut Operation, up: Up<'_>) -> Vec<Effect> {
    let mut effects = Vec::new();
    for place in 0..operation.runs.len() {
        let Some(run) = operation.runs.get_mut(place) else { continue };
        let begun = matches!(run.phase, Phase::Staging | Phase::Unstaging(_));
        if begun || (run.phase == Phase::Claimed && run.staged) {
            run.asked = false;
            run.staged = false;
            effects.extend(ask(operation, place, up, Phase::Claimed, Ask::Unstage));
        }
        if let Some(run) = operation.runs.get_mut(place).filter(|_| begun) {
            run.phase = Phase::Claimed;
        }
    }
    effects
}

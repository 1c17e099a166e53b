//! An operation that was not begun here is followed while it is looked at. Only reads.

use super::progress::take;
use super::{Up, disconnected};
use crate::effect::{Ask, Effect};
use crate::model::Model;
use crate::model::acting::Attached;
use crate::model::fault::{Fault, FaultKind};
use crate::model::ids::{EnvName, HostId};
use crate::model::operation::{OpId, Outcome, Phase, Progress, RunId, Seen};
use crate::model::screen::Overlay;

/// Opens it; nothing where no host tells of it any more.
pub(in crate::update) fn open(model: &mut Model, env: &EnvName, op: &OpId) -> Vec<Effect> {
    let Some(attached) = Attached::new(&model.acting, env, op) else { return Vec::new() };
    model.acting.attached = Some(Box::new(attached));
    model.screen.overlays.push(Overlay::Attached { scroll: 0 });
    follow(model)
}

/// Asks each connected host that has more to say, one question at a time.
fn follow(model: &mut Model) -> Vec<Effect> {
    let fleet = &model.fleet;
    let up: Up<'_> = &|host| fleet.host(host).is_some_and(|host| host.link.is_up());
    let Some(attached) = model.acting.attached.as_deref_mut() else { return Vec::new() };
    let mut effects = Vec::new();
    for part in &mut attached.parts {
        let run = &mut part.run;
        if matches!(run.phase, Phase::Running | Phase::Lost(..)) && !run.asked && up(&part.host) {
            run.asked = true;
            run.output.skip();
            let (events, log) = (run.events, run.output.wanted());
            let ask = Ask::Follow { run: part.id.clone(), events, log };
            effects.push(Effect::Act(part.host.clone(), ask));
        }
    }
    effects
}

/// Whether that part is looked at.
pub(super) fn is_attached(model: &Model, run: &RunId) -> bool {
    let attached = model.acting.attached.as_deref();
    attached.is_some_and(|attached| attached.parts.iter().any(|part| part.id == *run))
}

/// What is new of a part. What is not looked at any more is dropped.
pub(super) fn followed(
    model: &mut Model,
    run: &RunId,
    progress: Result<Box<Progress>, Fault>,
) -> Vec<Effect> {
    let now = model.now;
    let part = model.acting.attached.as_deref_mut().and_then(|attached| attached.part_mut(run));
    let Some(part) = part else { return Vec::new() };
    part.run.asked = false;
    match progress {
        Ok(progress) => {
            part.learn(&progress);
            take(&mut part.run, *progress, true);
            follow(model)
        }
        Err(fault) if fault.kind == FaultKind::Missing => {
            part.run.result = Some(fault.detail);
            part.run.phase = Phase::Ended(Outcome::Unknown);
            Vec::new()
        }
        // It is asked again with the next tick.
        Err(fault) => {
            part.run.phase = Phase::Lost(fault, now);
            Vec::new()
        }
    }
}

/// A host is connected, or not any more.
pub(super) fn linked(model: &mut Model, host: &HostId, fault: Option<&Fault>) -> Vec<Effect> {
    let now = model.now;
    let parts = model.acting.attached.iter_mut().flat_map(|attached| &mut attached.parts);
    for part in parts.filter(|part| part.host == *host) {
        part.run.asked = false;
        if let Some(fault) = fault {
            part.run.phase.lose(fault, now, *fault != disconnected());
        }
    }
    follow(model)
}

/// A host told of its operations, whoever looks at them.
pub(super) fn listed(model: &mut Model, host: &HostId, seen: Result<Seen, Fault>) -> Vec<Effect> {
    let known = model.acting.seen.entry(host.clone()).or_default();
    match seen {
        Ok(seen) => known.see(seen, model.now),
        Err(fault) => known.fail(fault),
    }
    let Some(mut attached) = model.acting.attached.take() else { return Vec::new() };
    attached.see(&model.acting);
    model.acting.attached = Some(attached);
    follow(model)
}

/// Time went by: what nobody looks at any more is let go.
pub(super) fn tick(model: &mut Model) -> Vec<Effect> {
    let looked_at = |overlay: &Overlay| matches!(overlay, Overlay::Attached { .. });
    if !model.screen.overlays.iter().any(looked_at) {
        model.acting.attached = None;
    }
    follow(model)
}

//! Operations: a message at a time, each with what it asks next. A rollout is nothing else: the end
//! of one batch decides the next.

pub(super) mod attached;
mod count;
mod done;
mod drains;
mod ending;
mod progress;
mod release;
mod returning;
mod staging;
mod tell;

use std::sync::Arc;
use std::time::Duration;

use self::attached::is_attached;
pub use self::ending::{cancel, leave};
use self::progress::followed;
use self::release::release;
use self::tell::{tell, words};
use crate::effect::{Ask, Effect, Errand};
use crate::model::Model;
use crate::model::acting::Acting;
use crate::model::audit::Entry;
use crate::model::fault::{Fault, FaultKind};
use crate::model::ids::{HostId, InstanceId};
use crate::model::operation::{HostRun, OpId, Operation, Outcome, Phase, Refusal, RunId, Stage};
use crate::model::severity::Severity;
use crate::model::time::Timestamp;
use crate::msg::Acted;

/// A host of which it is not known for so long how it is doing counts as failed, and no further batch
/// is begun.
const PATIENCE: Duration = Duration::from_secs(60);

/// So long after it was last seen to run what it has started may still be told.
const MEANT: Duration = Duration::from_secs(5);

/// Whether a host is connected.
type Up<'a> = &'a dyn Fn(&HostId) -> bool;

/// Takes a new operation in.
pub(super) fn begin(model: &mut Model, operation: Operation) {
    tell(model, &operation, "began", Severity::Info, &[]);
    model.acting.push(operation);
}

/// What a host says of something that was asked about acting.
pub(super) fn said(model: &mut Model, host: &HostId, acted: Acted) -> Vec<Effect> {
    match acted {
        Acted::Looked { asked, instance, look } => {
            if let Some(effects) = count::looked(model, asked, &instance, &look) {
                return effects;
            }
            super::planning::looked(model, asked, &instance, look);
            returning::settled(model)
        }
        Acted::Pulled { asked, instance, place } => {
            let effects = super::planning::pulled(model, asked, &instance, place);
            returning::with(model, effects)
        }
        Acted::Sourced { asked, instance, source } => {
            let effects = super::planning::sync::sourced(model, asked, &instance, source);
            returning::with(model, effects)
        }
        Acted::Listed(seen) => attached::listed(model, host, seen),
        Acted::Claimed(run, claimed) => on_run(model, &run, |run| {
            run.phase = match claimed {
                Ok(()) => Phase::Claimed,
                Err(Some(refusal)) => Phase::Refused(refusal),
                // The link is gone: it is asked again when it is back.
                Err(None) => return,
            };
        }),
        Acted::Sending(run, sent) => {
            staging::sending(model, &run, sent);
            Vec::new()
        }
        Acted::Staged(run, staged) => on_run(model, &run, |run| staging::staged(run, staged)),
        Acted::Unstaged(run, done) => on_run(model, &run, |run| staging::unstaged(run, done)),
        Acted::Launched(run, launched) => {
            let now = model.now;
            on_run(model, &run, |run| {
                run.phase = match launched {
                    Ok(()) => Phase::Running,
                    Err(Some(fault)) => Phase::Refused(Refusal::Fault(fault)),
                    // It may have begun: it is looked at when the link is back.
                    Err(None) => return,
                };
                run.launched = Some(now);
            })
        }
        Acted::Progress(run, progress)
            if !model.acting.is_ours(&run) && is_attached(model, &run) =>
        {
            attached::followed(model, &run, progress)
        }
        Acted::Progress(run, progress) => followed(model, &run, progress),
        Acted::Released(run, done) => release::released(model, &run, done.err().as_ref()),
        Acted::LetIn(done) => super::lend::let_in(model, host, done),
        // What was not heard is said again.
        Acted::Steered(..) => Vec::new(),
        Acted::Done(what, said) => done::said(model, host, &what, said),
    }
}

/// Changes a run and goes on with its operation.
fn on_run(model: &mut Model, run: &RunId, change: impl FnOnce(&mut HostRun)) -> Vec<Effect> {
    let Some((at, place)) = model.acting.place(run) else { return Vec::new() };
    if let Some(run) =
        model.acting.operations.get_mut(at).and_then(|operation| operation.runs.get_mut(place))
    {
        run.asked = false;
        change(run);
    }
    advance(model, &run.op())
}

/// A host is connected, or not any more.
pub(super) fn linked(model: &mut Model, host: &HostId, fault: Option<&Fault>) -> Vec<Effect> {
    let now = model.now;
    let mut touched = Vec::new();
    let asked = model.acting.pending.len();
    if let Some(fault) = fault {
        model.acting.pending.retain(|one| one != host);
        if model.acting.pending.len() < asked {
            let text = format!(
                "{}: not known whether it was done: {fault}; look at the list again",
                host.host
            );
            super::say(model, Severity::Warning, text);
        }
    }
    // Who is connected again is asked again: what was asked before the link was lost had its answer
    // in the fault.
    for operation in model.acting.operations.iter_mut().filter(|one| one.goes_on()) {
        touched.push(operation.id.clone());
        let Some(fault) = fault else { continue };
        count::lost(operation, host, fault);
        let plan = Arc::clone(operation.plan());
        let here =
            operation.runs.iter_mut().zip(&plan.hosts).filter(|(_, plan)| plan.host == *host);
        for (run, _) in here {
            run.asked = false;
            release::lost(run);
            run.phase.lose(fault, now, *fault != disconnected());
            staging::lost(run, fault);
        }
    }
    let mut effects = attached::linked(model, host, fault);
    effects.extend(touched.iter().flat_map(|id| advance(model, id)));
    effects
}

/// Time went by.
pub(super) fn tick(model: &mut Model) -> Vec<Effect> {
    let open = model.acting.operations.iter().filter(|one| one.goes_on());
    let open: Vec<OpId> = open.map(|one| one.id.clone()).collect();
    let mut effects = attached::tick(model);
    effects.extend(returning::settled(model));
    effects.extend(open.iter().flat_map(|id| advance(model, id)));
    effects
}

/// Goes on with an operation as far as it goes now.
pub(super) fn advance(model: &mut Model, id: &OpId) -> Vec<Effect> {
    let now = model.now;
    let Model { fleet, acting: Acting { operations, asked, .. }, .. } = model;
    let Some(operation) = operations.iter_mut().find(|one| one.id == *id) else {
        return Vec::new();
    };
    let up = |host: &HostId| fleet.host(host).is_some_and(|host| host.link.is_up());
    let before = operation.outcome();
    let mut effects = Vec::new();
    let meant = meant(operation);
    // Each turn brings it to another stage, of which there are few.
    for _ in 0..=operation.runs.len() * 3 + 4 {
        let stage = operation.stage;
        effects.extend(turn(operation, &up, asked, now));
        if operation.stage == stage {
            break;
        }
    }
    effects.extend(drains::steer(operation, &up, now));
    effects.extend(follow(operation, &up));
    effects.extend(staging::clear(operation, &up));
    effects.extend(release::give(operation, &up));
    for (id, is_running) in meant {
        let host = fleet.host_mut(&id.host);
        if let Some(instance) = host.and_then(|host| host.instances.get_mut(&id.service)) {
            instance.restarts.expect(now + MEANT);
            if is_running {
                instance.worked_on = Some(now + MEANT);
            }
        }
    }
    if let Some(outcome) = operation.outcome().filter(|outcome| before != Some(*outcome)) {
        operation.ended = Some(now);
        // What was seen while it ran is true no more.
        effects
            .extend(operation.plan().hosts.iter().map(|host| Effect::ReadNow(host.host.clone())));
        let entry = Entry::outcome(operation, outcome, now);
        effects.push(Effect::Audit(Box::new(entry)));
        let operation = operation.clone();
        let severity = super::acts::severity(outcome);
        // What was begun went to its end, as it was wanted.
        let (severity, what) = match outcome {
            Outcome::Failed if operation.cancelled => (Severity::Warning, "cancelled"),
            // Behind its last step no border follows.
            Outcome::Succeeded if operation.cancelled => {
                (severity, "succeeded: it was cancelled too late")
            }
            _ => (severity, outcome.name()),
        };
        tell(model, &operation, what, severity, &words(&operation));
        super::say(model, severity, format!("{}: {what}", operation.plan().title()));
        effects.extend(returning::after(model, id));
    }
    effects
}

/// What is being done to services just now, and whether it runs: that they are started is no sign of
/// trouble.
fn meant(operation: &Operation) -> Vec<(InstanceId, bool)> {
    let mut all = Vec::new();
    for (run, plan) in operation.runs.iter().zip(&operation.plan().hosts) {
        let is_running = matches!(run.phase, Phase::Launching | Phase::Running);
        if is_running || run.phase == Phase::Claimed {
            let services = std::iter::once(&plan.service).chain(&plan.also).cloned();
            let id = |service| InstanceId { host: plan.host.clone(), service };
            all.extend(services.map(|service| (id(service), is_running)));
        }
    }
    all
}

fn is_claimed(run: &HostRun) -> bool {
    run.phase == Phase::Claimed
}

/// One turn of one stage.
fn turn(operation: &mut Operation, up: Up<'_>, asked: &mut u32, now: Timestamp) -> Vec<Effect> {
    match operation.stage {
        Stage::Claiming(next) => claim(operation, next, up),
        Stage::Withdrawing(outcome) => {
            release(operation, outcome, is_claimed);
            Vec::new()
        }
        Stage::Counting(batch) => count::turn(operation, batch, up, asked, now),
        Stage::Draining(batch) => drains::drain(operation, batch, up, now),
        Stage::Running(batch) => run_batch(operation, batch, up, now),
        Stage::Undraining(batch) => drains::undrain(operation, batch, now),
        Stage::Closing => drains::closing(operation, now),
        Stage::Waiting(batch, until) => {
            if operation.cancelled {
                operation.stage = drains::close(operation);
            } else if now >= until {
                operation.stage = count::before(operation, batch);
            }
            Vec::new()
        }
        Stage::Releasing(outcome) => {
            // What is not known is not given back: somebody has to look.
            let over = |run: &HostRun| {
                matches!(&run.phase, Phase::Ended(outcome) if *outcome != Outcome::Unknown)
                    || matches!(run.phase, Phase::Claimed | Phase::Refused(Refusal::Fault(_)))
            };
            release(operation, outcome, over);
            Vec::new()
        }
        Stage::Ended(outcome) => {
            // A host of which it was not known has said more.
            let sum = operation.sum();
            if outcome == Outcome::Unknown && sum != outcome {
                operation.stage = Stage::Releasing(sum);
            }
            Vec::new()
        }
    }
}

/// All hosts in the order that everybody has, or none.
fn claim(operation: &mut Operation, next: usize, up: Up<'_>) -> Vec<Effect> {
    let order = operation.plan().claim_order();
    let Some(place) = order.get(next).copied() else {
        operation.stage = count::before(operation, 0);
        return Vec::new();
    };
    if operation.cancelled {
        operation.stage = Stage::Withdrawing(Outcome::Undone);
        return Vec::new();
    }
    let phase = operation.runs.get(place).map(|run| run.phase.clone());
    match phase {
        Some(Phase::Claimed) => {
            operation.stage = Stage::Claiming(next + 1);
            Vec::new()
        }
        Some(Phase::Refused(refusal)) => {
            operation.stage = Stage::Withdrawing(refusal.outcome());
            Vec::new()
        }
        _ => ask(operation, place, up, Phase::Claiming, Ask::Claim).into_iter().collect(),
    }
}

/// Asks a connected host something that takes an errand, once.
fn ask(
    operation: &mut Operation,
    place: usize,
    up: Up<'_>,
    phase: Phase,
    make: fn(Errand) -> Ask,
) -> Option<Effect> {
    let host = operation.plan().hosts.get(place)?.host.clone();
    let run = operation.id.run(place);
    let errand = Errand::new(&operation.plan, place, run, &operation.operator, operation.began)?;
    let run = operation.runs.get_mut(place).filter(|run| !run.asked && up(&host))?;
    run.asked = true;
    run.phase = phase;
    Some(Effect::Act(host, make(errand)))
}

fn run_batch(operation: &mut Operation, batch: usize, up: Up<'_>, now: Timestamp) -> Vec<Effect> {
    let Some(places) = operation.plan().batches.get(batch).cloned() else {
        operation.stage = drains::close(operation);
        return Vec::new();
    };
    let mut effects = Vec::new();
    let mut over = true;
    for place in places {
        let phase = operation.runs.get(place).map(|run| run.phase.clone()).unwrap_or_default();
        match phase {
            Phase::Claimed if operation.cancelled => staging::give_up(operation, place),
            Phase::Claimed if staging::is_due(operation, place) => {
                over = false;
                effects.extend(ask(operation, place, up, Phase::Staging, Ask::Stage));
            }
            Phase::Claimed | Phase::Launching => {
                over = false;
                effects.extend(ask(operation, place, up, Phase::Launching, Ask::Launch));
            }
            Phase::Staging
            | Phase::Unstaging(_)
            | Phase::Running
            | Phase::Waiting
            | Phase::Claiming => over = false,
            Phase::Lost(_, since) => {
                over &= operation.is_rollout() && now.since(since) >= PATIENCE;
            }
            Phase::Ended(_) | Phase::Refused(_) => {}
        }
    }
    if !over {
        return effects;
    }
    operation.stage = drains::after(operation, batch, now);
    effects
}

/// Follows every run that goes on, each with one question at a time.
fn follow(operation: &mut Operation, up: Up<'_>) -> Vec<Effect> {
    let plan = Arc::clone(operation.plan());
    let mut effects = Vec::new();
    for (place, host) in plan.hosts.iter().enumerate() {
        let id = operation.id.run(place);
        let Some(run) = operation.runs.get_mut(place) else { continue };
        let goes_on = matches!(run.phase, Phase::Running | Phase::Lost(..));
        if goes_on && !run.asked && up(&host.host) {
            run.asked = true;
            run.output.skip();
            let (events, log) = (run.events, run.output.wanted());
            let ask = Ask::Follow { run: id, events, log };
            effects.push(Effect::Act(host.host.clone(), ask));
        }
    }
    effects
}

/// That a host is not connected, for what is asked of it.
pub(super) fn disconnected() -> Fault {
    Fault::new(FaultKind::Unreachable, "ask the host", "it is not connected")
}

//! Balancers beside the batches: a batch begins when nothing more is sent to it, and is put back when it
//! is over and healthy. Their hosts do that alone; here is said how far the batches are, again and again.

use std::sync::Arc;
use std::time::Duration;

use super::{PATIENCE, Up, ask, count};
use crate::effect::{Ask, Effect};
use crate::model::operation::{HostRun, Operation, Outcome, Phase, Stage, StepState};
use crate::model::plan::Plan;
use crate::model::time::Timestamp;

/// Between two words to a balancer: several are lost before it puts back by itself.
const BEAT: Duration = Duration::from_secs(2);

/// The stage in which a batch begins, once enough serve without it.
pub(super) fn before(operation: &Operation, batch: usize) -> Stage {
    match operation.plan().drains_of(batch).next() {
        Some(_) => Stage::Draining(batch),
        None => Stage::Running(batch),
    }
}

/// One turn of draining.
pub(super) fn drain(
    operation: &mut Operation,
    batch: usize,
    up: Up<'_>,
    now: Timestamp,
) -> Vec<Effect> {
    if operation.cancelled {
        operation.stage = close(operation);
        return Vec::new();
    }
    let plan = Arc::clone(operation.plan());
    let mut effects = Vec::new();
    let mut ready = true;
    for (place, part) in plan.drains_of(batch) {
        let Some(run) = operation.runs.get(place) else { continue };
        let why = match &run.phase {
            Phase::Claimed | Phase::Launching => {
                ready = false;
                effects.extend(ask(operation, place, up, Phase::Launching, Ask::Launch));
                continue;
            }
            Phase::Running => {
                ready &= is(run, part.hold, StepState::Running);
                let steer = operation.steers.entry(place).or_default();
                steer.change(|steer| steer.drain = batch + 1);
                continue;
            }
            Phase::Lost(_, since) if now.since(*since) < PATIENCE => {
                ready = false;
                continue;
            }
            Phase::Waiting | Phase::Claiming | Phase::Staging | Phase::Unstaging(_) => {
                ready = false;
                continue;
            }
            Phase::Lost(fault, _) => fault.to_string(),
            Phase::Refused(refusal) => refusal.text(),
            Phase::Ended(outcome) => words(run, *outcome),
        };
        let names = names(&plan, batch);
        let host = plan.hosts.get(place).map_or("", |host| host.host.host.as_str());
        let number = batch + 1;
        operation.halted = Some(format!(
            "batch {number} ({names}) was not begun: nginx on {host} does not take it out: {why}"
        ));
        operation.stage = close(operation);
        return Vec::new();
    }
    if ready {
        operation.stage = Stage::Running(batch);
    }
    effects
}

/// The names of a batch's hosts.
pub(super) fn names(plan: &Plan, batch: usize) -> String {
    let places = plan.batches.get(batch).into_iter().flatten();
    let hosts = places.filter_map(|place| plan.hosts.get(*place));
    hosts.map(|host| host.host.host.as_str()).collect::<Vec<_>>().join(", ")
}

fn is(run: &HostRun, number: u8, state: StepState) -> bool {
    run.steps.iter().any(|step| step.number == number && step.state == state)
}

/// A batch is over: balancers put back what serves again.
pub(super) fn after(operation: &mut Operation, batch: usize, now: Timestamp) -> Stage {
    let plan = Arc::clone(operation.plan());
    let mut drained = false;
    for (place, part) in plan.drains_of(batch) {
        drained = true;
        // One that has ended already, as after a silence of ours, has put all of it back.
        if operation.runs.get(place).is_none_or(|run| matches!(run.phase, Phase::Ended(_))) {
            continue;
        }
        let mut kept: Vec<Box<str>> = Vec::new();
        for server in &part.servers {
            let (Some(run), Some(host)) =
                (operation.runs.get(server.place), plan.hosts.get(server.place))
            else {
                continue;
            };
            let Some(why) = unhealthy(run) else { continue };
            kept.push(server.address.clone());
            let balancer = plan.hosts.get(place).map_or("", |host| host.host.host.as_str());
            let text = format!(
                "{service} on {name} stays drained, since {why}: {address} is `down` in {file} on \
                 {balancer}. When it serves, take `down` away there, then: nginx -t && nginx -s reload",
                service = host.service,
                name = host.host.host,
                address = server.address,
                file = server.file,
            );
            operation.drained.push((place, text));
        }
        let steer = operation.steers.entry(place).or_default();
        steer.change(|steer| {
            steer.go = batch + 1;
            steer.kept.extend(kept);
        });
    }
    if !drained {
        next(operation, batch, now)
    } else if goes_on(operation) || batch + 1 == plan.batches.len() {
        Stage::Undraining(batch)
    } else {
        close(operation)
    }
}

/// Why what was begun there is not known to serve, on the new or on the old.
const fn unhealthy(run: &HostRun) -> Option<&'static str> {
    match &run.phase {
        Phase::Ended(Outcome::Failed) => Some("it failed"),
        Phase::Ended(Outcome::Unknown) | Phase::Lost(..) | Phase::Launching | Phase::Running => {
            Some("it is not known how it is")
        }
        // It is new and healthy, or as it was before.
        Phase::Ended(Outcome::Succeeded | Outcome::Undone | Outcome::Stale | Outcome::Locked)
        | Phase::Refused(_)
        | Phase::Waiting
        | Phase::Claiming
        | Phase::Staging
        | Phase::Unstaging(_)
        | Phase::Claimed => None,
    }
}

/// One turn of putting back.
pub(super) fn undrain(operation: &mut Operation, batch: usize, now: Timestamp) -> Vec<Effect> {
    let plan = Arc::clone(operation.plan());
    let done = plan.drains_of(batch).all(|(place, part)| {
        operation.runs.get(place).is_none_or(|run| {
            let last = run.steps.last().is_some_and(|step| step.number == part.undrain);
            is_over(run, now) || (!last && is(run, part.undrain, StepState::Done))
        })
    });
    if done {
        operation.stage = next(operation, batch, now);
    }
    Vec::new()
}

/// Nothing more is to be waited for there.
fn is_over(run: &HostRun, now: Timestamp) -> bool {
    match &run.phase {
        Phase::Lost(_, since) => now.since(*since) >= PATIENCE,
        Phase::Waiting | Phase::Claiming | Phase::Claimed | Phase::Refused(_) | Phase::Ended(_) => {
            true
        }
        Phase::Staging | Phase::Unstaging(_) | Phase::Launching | Phase::Running => false,
    }
}

/// So few have failed that a further batch may begin.
fn goes_on(operation: &Operation) -> bool {
    !operation.cancelled && operation.failures() <= operation.plan().rollout.max_failures
}

/// Whether a balancer has ended as it was told: else it has put back, or will, what was to stay.
fn obeyed(run: &HostRun) -> bool {
    let told = |result: &str| result.starts_with("cancelled");
    run.succeeded()
        || (matches!(run.phase, Phase::Ended(_)) && run.result.as_deref().is_some_and(told))
}

/// At the end: why no further batch was begun, where that is since a balancer has ended before its
/// time, and what really stays drained.
fn explain(operation: &mut Operation) {
    let plan = Arc::clone(operation.plan());
    let Operation { drained, runs, .. } = operation;
    drained.retain(|(place, _)| runs.get(*place).is_some_and(obeyed));
    let unbegun = |batch: &Vec<usize>| {
        let mut runs = batch.iter().filter_map(|place| operation.runs.get(*place));
        runs.any(|run| run.phase == Phase::Claimed)
    };
    let Some(batch) = plan.batches.iter().position(unbegun) else { return };
    let ended = plan.drains.iter().find_map(|drain| {
        let run = operation.runs.get(drain.place)?;
        let host = plan.hosts.get(drain.place)?;
        let Phase::Ended(outcome) = run.phase else { return None };
        (!obeyed(run)).then(|| {
            format!(
                "batch {} ({}) was not begun: nginx on {} takes nothing out any more: {}",
                batch + 1,
                names(&plan, batch),
                host.host.host,
                words(run, outcome)
            )
        })
    });
    operation.halted = operation.halted.take().or(ended);
}

/// What a run that is over has said last.
fn words(run: &HostRun, outcome: Outcome) -> String {
    let lines = run.output.lines(30);
    // What it did then is no reason.
    let reason = lines.iter().find(|line| line.starts_with("no word from"));
    let last = reason.or_else(|| lines.last()).map_or("it said nothing", String::as_str);
    format!("{} ({last})", outcome.name())
}

/// What comes behind a batch that is over.
fn next(operation: &mut Operation, batch: usize, now: Timestamp) -> Stage {
    let wait = operation.plan().rollout.wait;
    let more = batch + 1 < operation.plan().batches.len();
    if !more || !goes_on(operation) {
        close(operation)
    } else if wait.is_zero() {
        count::before(operation, batch + 1)
    } else {
        Stage::Waiting(batch + 1, now + wait)
    }
}

/// No further batch is begun: balancers that have begun put back what they have taken out, and end.
pub(super) fn close(operation: &mut Operation) -> Stage {
    let plan = Arc::clone(operation.plan());
    let mut open = false;
    for drain in &plan.drains {
        let phase = operation.runs.get(drain.place).map(|run| &run.phase);
        if matches!(phase, Some(Phase::Launching | Phase::Running | Phase::Lost(..))) {
            open = true;
            let steer = operation.steers.entry(drain.place).or_default();
            steer.change(|steer| steer.stop = true);
        }
    }
    if open {
        return Stage::Closing;
    }
    explain(operation);
    Stage::Releasing(operation.sum())
}

/// One turn of the end.
pub(super) fn closing(operation: &mut Operation, now: Timestamp) -> Vec<Effect> {
    let plan = Arc::clone(operation.plan());
    let over = |place: usize| operation.runs.get(place).is_none_or(|run| is_over(run, now));
    if plan.drains.iter().all(|drain| over(drain.place)) {
        explain(operation);
        operation.stage = Stage::Releasing(operation.sum());
    }
    Vec::new()
}

/// Says to each balancer that somebody is there, and how far the batches are.
pub(super) fn steer(operation: &mut Operation, up: Up<'_>, now: Timestamp) -> Vec<Effect> {
    let plan = Arc::clone(operation.plan());
    let permit = operation.plan.permit().clone();
    let mut effects = Vec::new();
    for drain in &plan.drains {
        let (Some(run), Some(host)) =
            (operation.runs.get(drain.place), plan.hosts.get(drain.place))
        else {
            continue;
        };
        if run.phase != Phase::Running || !up(&host.host) {
            continue;
        }
        let steer = operation.steers.entry(drain.place).or_default();
        if steer.said.is_none_or(|at| now.since(at) >= BEAT) {
            steer.beat += 1;
            steer.said = Some(now);
            let ask = Ask::Steer(permit.clone(), operation.id.run(drain.place), steer.word());
            effects.push(Effect::Act(host.host.clone(), ask));
        }
    }
    effects
}

//! One reading of everything, without a screen.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;

use super::env;
use crate::model::Model;
use crate::model::acknowledged::{AckId, Acknowledged};
use crate::model::fault::{Fault, FaultKind};
use crate::model::host::Link;
use crate::model::ids::HostId;
use crate::model::spec::FleetSpec;
use crate::msg::{HostEvent, Msg};
use crate::runtime::clock;
use crate::runtime::engine::Engine;
use crate::runtime::store;
use crate::update::{examine_all, start, update};

/// Messages that wait for the model.
pub(super) const QUEUE: usize = 1024;

/// Reads all hosts until each has nothing more to wait for, or until the time is over.
pub(super) async fn read_once(
    spec: &FleetSpec,
    simulated: Option<Arc<crate::runtime::simulated::Fleet>>,
    limit: Duration,
) -> std::io::Result<Model> {
    let (sender, mut messages) = mpsc::channel(QUEUE);
    // Nobody wants a log here.
    let (logs, _) = mpsc::channel(1);
    let mut engine = Engine::new(sender, logs, None, simulated)?;
    let mut model = Model::default();
    for effect in start(&mut model, spec, clock::now()) {
        engine.perform(effect);
    }
    update(&mut model, Msg::AcksRead(acknowledged()), clock::now());
    let deadline = tokio::time::Instant::now() + limit;
    while !model.fleet.hosts().all(|(_, host)| host.is_settled()) {
        let Ok(Some(msg)) = tokio::time::timeout_at(deadline, messages.recv()).await else {
            break;
        };
        for effect in update(&mut model, msg, clock::now()) {
            engine.perform(effect);
        }
    }
    engine.close();
    // What has not answered by now has a reason too.
    let late: Vec<(HostId, u32)> = model
        .fleet
        .hosts()
        .filter(|(_, host)| matches!(host.link, Link::Connecting))
        .map(|(env, host)| (host.id(&env.name), host.generation))
        .collect();
    for (host, generation) in late {
        let detail = format!("no answer within {} s", limit.as_secs());
        let fault = Fault::new(FaultKind::TimedOut, format!("read {}", host.host), detail);
        let event = HostEvent::Link(Link::failed(fault, clock::now()));
        update(&mut model, Msg::Host { host, generation, event }, clock::now());
    }
    examine_all(&mut model);
    // What was found on the way and has turned out well is not held against flapping here.
    for host in model.fleet.envs.iter_mut().flat_map(|env| env.hosts.values_mut()) {
        host.findings.retain(|tracked| tracked.gone_since.is_none());
    }
    Ok(model)
}

/// What somebody has taken note of in a console. A reading goes without it where it cannot be read.
fn acknowledged() -> Vec<(AckId, Acknowledged)> {
    let Some(place) = store::place(&env) else { return Vec::new() };
    store::read_acks(&place).unwrap_or_else(|error| {
        super::complain(&format!("what was acknowledged is not known: {error}"));
        Vec::new()
    })
}

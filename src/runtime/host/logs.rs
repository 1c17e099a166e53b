//! Logs of a host: beside the rest of its reading, or alone.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use super::heartbeat::host_facts;
use super::line::Line;
use super::serve::Shared;
use super::{Connector, backoff, connect};
use crate::model::fault::Fault;
use crate::model::host::HostFacts;
use crate::model::ids::UnitName;
use crate::model::spec::{HostSpec, Reach, Sudo};
use crate::probe::facts::parse_facts;
use crate::runtime::clock;
use crate::runtime::tail::{Ground, Tails};
use crate::runtime::transport::Transport;

/// For what is to be known of a host before its logs can be read.
const DEADLINE: Duration = Duration::from_secs(20);

/// Beside the rest.
pub(super) async fn run(transport: &dyn Transport, shared: &Shared, tails: &Tails) -> Fault {
    let (is_local, sudo) = {
        let watch = shared.watch.borrow();
        (watch.spec.reach == Reach::Local, watch.spec.sudo)
    };
    let ground = Ground {
        transport,
        is_local,
        is_alone: false,
        is_eager: false,
        sudo,
        facts: shared.facts.subscribe(),
        stirred: shared.stirred.subscribe(),
    };
    tails.run(&ground).await
}

/// Connects a host for its logs alone, again and again, until it is dropped.
pub async fn follow_logs(spec: HostSpec, connector: Arc<Connector>, tails: Arc<Tails>) {
    let mut failures = 0_u32;
    loop {
        let began = clock::now();
        let fault = match connect(&spec.reach, &connector, false, failures > 0).await {
            Ok(transport) => alone(&spec, &*transport, &tails, failures == 0).await,
            Err(fault) => fault,
        };
        failures =
            if clock::now().since(began) > Duration::from_secs(60) { 0 } else { failures + 1 };
        let wait = tokio::time::sleep(backoff(&fault, failures));
        tokio::select! {
            () = wait => {}
            () = tails.wait(&fault) => return,
        }
    }
}

async fn alone(spec: &HostSpec, transport: &dyn Transport, tails: &Tails, is_eager: bool) -> Fault {
    let (knowing, facts) = watch::channel(None);
    let (stirring, stirred) = watch::channel(Vec::new());
    let ground = Ground {
        transport,
        is_local: spec.reach == Reach::Local,
        is_alone: true,
        is_eager,
        sudo: spec.sudo,
        facts,
        stirred,
    };
    let known = async {
        match self::facts(spec, transport).await {
            Ok(facts) => knowing.send_replace(Some(facts)),
            Err(fault) => return fault,
        };
        match stir(transport, tails, &stirring).await {}
    };
    tokio::select! {
        // First, so that where there is one session only, this has it.
        biased;
        fault = known => fault,
        fault = transport.lost() => fault,
        fault = tails.run(&ground) => fault,
    }
}

async fn facts(spec: &HostSpec, transport: &dyn Transport) -> Result<HostFacts, Fault> {
    // Its channel ends with it.
    let line = Line::default();
    let policy = if spec.sudo == Sudo::Never { "never" } else { "auto" };
    let asked_at = clock::now();
    let answer = line.ask(transport, &["qd_facts", policy], DEADLINE).await?;
    Ok(host_facts(parse_facts(&answer.text), asked_at))
}

/// Hears of systemd which units change whose journal is followed, so that their last words are read
/// at once. Without its bus they come as journald tells them.
async fn stir(
    transport: &dyn Transport,
    tails: &Tails,
    stirring: &watch::Sender<Vec<UnitName>>,
) -> Infallible {
    let units = tails.units().await;
    match transport.bus().await {
        Ok(bus) => {
            bus.watch(&units, false);
            // A change is told of units that were read.
            let _unread = bus.read(&units).await.is_err();
            while let Ok(changed) = bus.changed().await {
                bus.watch(&tails.units().await, false);
                stirring.send_replace(changed.into_iter().collect());
            }
        }
        Err(fault) => tracing::info!("{fault}"),
    }
    std::future::pending().await
}

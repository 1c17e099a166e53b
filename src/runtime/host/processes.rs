//! Processes that services are: looked for once an interval, where there are such.

use std::time::Duration;

use super::serve::Shared;
use crate::model::fault::{Fault, FaultKind};
use crate::model::host::Part;
use crate::model::process::Processes;
use crate::msg::HostEvent;
use crate::probe::collector::missing_tool;
use crate::probe::processes::{argv, parse_processes};
use crate::runtime::transport::Transport;

/// For one look.
const DEADLINE: Duration = Duration::from_secs(20);

/// Looks until the connection is gone.
pub(super) async fn run(transport: &dyn Transport, shared: &Shared) -> Fault {
    let mut facts = shared.facts.subscribe();
    if facts.wait_for(Option::is_some).await.is_err() {
        return std::future::pending().await;
    }
    let mut asked_now = shared.now.subscribe();
    let mut watches = shared.watch.subscribe();
    loop {
        let watch = watches.borrow_and_update().clone();
        if !watch.processes.is_empty() {
            let found = look(transport, shared, &watch.processes).await;
            shared.reporter.say(HostEvent::Processes(found)).await;
        }
        shared.reporter.say(HostEvent::Part(Part::Processes)).await;
        let pause = if watch.processes.is_empty() { Duration::MAX } else { watch.interval };
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            _ = asked_now.changed() => {}
            _ = watches.changed() => {}
        }
    }
}

async fn look(
    transport: &dyn Transport,
    shared: &Shared,
    patterns: &[Box<str>],
) -> Result<Processes, Fault> {
    let argv = argv(shared.root(), patterns);
    let answer = shared.quick.ask(transport, &argv, DEADLINE).await?;
    if let Some(tool) = missing_tool(&answer.text) {
        return Err(Fault::new(FaultKind::Missing, "look for processes", tool));
    }
    Ok(parse_processes(&answer.text, patterns))
}

//! Who acts on what there, what was deployed and how drills went: looked at once an interval, without a process on the host, so that
//! everybody sees what a colleague is doing.

use std::time::Duration;

use super::serve::Shared;
use crate::model::fault::Fault;
use crate::model::part::Part;
use crate::msg::HostEvent;
use crate::probe::act::{parse_claims, parse_deployed, parse_drilled};
use crate::runtime::transport::Transport;

/// For one look.
const DEADLINE: Duration = Duration::from_secs(10);

/// Looks until the connection is lost. A fault of it is none of the host's.
pub(super) async fn run(transport: &dyn Transport, shared: &Shared) -> Fault {
    let mut before = None;
    let mut first = true;
    loop {
        match shared.quick.ask(transport, &["qd_now_claims"], DEADLINE).await {
            Ok(answer) => {
                if before.as_ref() != Some(&answer.text) {
                    let claims = parse_claims(&answer.text);
                    let deployed = parse_deployed(&answer.text);
                    let drilled = parse_drilled(&answer.text);
                    before = Some(answer.text);
                    shared.reporter.say(HostEvent::Claims(claims, deployed, drilled)).await;
                }
            }
            Err(fault) => tracing::info!("claims: {fault}"),
        }
        if first {
            first = false;
            shared.reporter.say(HostEvent::Part(Part::Acts)).await;
        }
        let interval = shared.watch.borrow().interval;
        tokio::time::sleep(interval).await;
    }
}

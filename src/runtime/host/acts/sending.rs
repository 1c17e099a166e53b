//! What is sent to a host before its runner is started: beside what else is asked of it, several at
//! once, each until it is there or nobody wants it any more.

use std::collections::BTreeMap;

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use tokio::sync::{mpsc, oneshot, watch};

use super::syncing;
use crate::effect::Errand;
use crate::model::deploy::copy::Sent;
use crate::model::fault::{Fault, FaultKind};
use crate::model::operation::RunId;
use crate::model::spec::Sudo;
use crate::msg::{Acted, HostEvent};
use crate::runtime::copy::{There, send};
use crate::runtime::host::serve::Shared;
use crate::runtime::transport::Transport;

/// What is wanted of it.
pub(super) enum Wish {
    /// To send what belongs to a host's part of a plan; there is room for it.
    Send(Box<Errand>),
    /// To end that.
    End(RunId),
}

/// Sends until the connection is lost.
pub(super) async fn run(
    transport: &dyn Transport,
    shared: &Shared,
    wishes: &mut mpsc::Receiver<Wish>,
) {
    let mut sending = FuturesUnordered::new();
    let mut ends: BTreeMap<RunId, oneshot::Sender<()>> = BTreeMap::new();
    loop {
        tokio::select! {
            wish = wishes.recv() => match wish {
                Some(Wish::Send(errand)) => {
                    let (end, ended) = oneshot::channel();
                    ends.insert(errand.run.clone(), end);
                    sending.push(async move {
                        tokio::select! {
                            done = one(transport, shared, &errand) => (errand.run, Some(done)),
                            _dropped = ended => (errand.run, None),
                        }
                    });
                }
                Some(Wish::End(run)) => drop(ends.remove(&run)),
                None => std::future::pending().await,
            },
            Some((run, done)) = sending.next() => {
                ends.remove(&run);
                if let Some(done) = done {
                    let acted = Acted::Staged(run, done.map_err(Some));
                    shared.reporter.say(HostEvent::Acted(acted)).await;
                }
            }
        }
    }
}

async fn one(transport: &dyn Transport, shared: &Shared, errand: &Errand) -> Result<(), Fault> {
    let Some(load) = errand.host().and_then(|host| host.load.as_deref()) else {
        return Err(Fault::new(FaultKind::Failed, "send", "there is nothing to be sent"));
    };
    let directory = format!("{}/incoming/{}", load.store, errand.run);
    let sudo = shared.watch.borrow().spec.sudo != Sudo::Never;
    if let Some(far) = &load.far {
        return syncing::send(transport, shared, (load, far), (&directory, sudo), errand).await;
    }
    let there = There { transport, sudo, owner: &load.owner, directory: &directory };
    let (tell, mut told) = watch::channel(Sent::default());
    let telling = async {
        while told.changed().await.is_ok() {
            let sent = *told.borrow_and_update();
            let acted = Acted::Sending(errand.run.clone(), sent);
            shared.reporter.say(HostEvent::Acted(acted)).await;
        }
        std::future::pending::<()>().await;
    };
    tokio::select! {
        done = send(&there, load, &tell) => done,
        () = telling => Ok(()),
    }
}

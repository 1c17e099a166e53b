//! What listens on a host: looked at every second where services declare ports, since nobody
//! tells when a port is taken over, else once an interval.

use std::collections::BTreeMap;
use std::time::Duration;

use super::line::Line;
use super::serve::Shared;
use crate::model::fault::{Fault, FaultKind};
use crate::model::host::Part;
use crate::model::port::{Process, Sockets};
use crate::msg::HostEvent;
use crate::probe::ports::{parse_owners, parse_ports};
use crate::runtime::transport::Transport;

/// Where ports are declared: a port taken over is seen after this.
const PACE: Duration = Duration::from_secs(1);
/// For one look.
const DEADLINE: Duration = Duration::from_secs(12);
/// As many sockets are asked about by their control group.
const ASKED: usize = 128;

/// Looks until the connection is gone.
pub(super) async fn run(transport: &dyn Transport, shared: &Shared) -> Fault {
    let mut known = shared.facts.subscribe();
    if known.wait_for(Option::is_some).await.is_err() {
        return std::future::pending().await;
    }
    let mut asked_now = shared.now.subscribe();
    let mut owners = Owners::default();
    loop {
        let looked = look(transport, &shared.quick, shared.root(), &mut owners).await;
        shared.reporter.say(HostEvent::Ports(looked)).await;
        shared.reporter.say(HostEvent::Part(Part::Ports)).await;
        let (declared, interval) = {
            let watch = shared.watch.borrow();
            (watch.ports, watch.interval)
        };
        let pause = if declared { PACE.min(interval) } else { interval };
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            _ = asked_now.changed() => owners = Owners::default(),
        }
    }
}

/// Who held which socket; asked again only when the sockets are others.
#[derive(Default)]
pub(super) struct Owners {
    inodes: Vec<u64>,
    pids: BTreeMap<u64, Vec<u32>>,
    processes: BTreeMap<u32, Process>,
}

/// One look over a channel; `root` is the collector's word for how owners are seen.
pub(super) async fn look(
    transport: &dyn Transport,
    line: &Line,
    root: &str,
    owners: &mut Owners,
) -> Result<Sockets, Fault> {
    let answer = line.ask(transport, &["qd_ports", "plain"], DEADLINE).await?;
    let mut sockets = parse_ports(&answer.text);
    if sockets.list.is_empty() && !sockets.warnings.is_empty() {
        let said = sockets.warnings.join("; ");
        return Err(Fault::new(FaultKind::Missing, "read listening sockets", said));
    }
    let mut inodes: Vec<u64> =
        sockets.list.iter().map(|socket| socket.inode).filter(|inode| *inode > 0).collect();
    inodes.sort_unstable();
    if inodes != owners.inodes {
        let asked: Vec<String> = sockets
            .list
            .iter()
            .filter(|socket| socket.inode > 0)
            .take(ASKED)
            .flat_map(|socket| {
                let cgroup = socket.cgroup.as_deref().unwrap_or("-").to_owned();
                [socket.inode.to_string(), cgroup]
            })
            .collect();
        let mut argv = vec!["qd_owners", root];
        argv.extend(asked.iter().map(String::as_str));
        let answer = line.ask(transport, &argv, DEADLINE).await?;
        let read = parse_owners(&answer.text);
        *owners = Owners { inodes, pids: read.pids, processes: read.processes };
    }
    for socket in &mut sockets.list {
        if let Some(pids) = owners.pids.get(&socket.inode) {
            socket.pids.clone_from(pids);
        }
    }
    let held: std::collections::BTreeSet<u32> =
        sockets.list.iter().flat_map(|socket| socket.pids.iter().copied()).collect();
    sockets.processes = owners
        .processes
        .iter()
        .filter(|(pid, _)| held.contains(pid))
        .map(|(p, q)| (*p, q.clone()))
        .collect();
    Ok(sockets)
}

//! What listens on a host: read once an interval, and at once when the sockets on declared ports are
//! others, which is looked at every second, since nobody tells when a port is taken over.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::time::Instant;

use super::line::Line;
use super::serve::Shared;
use crate::model::fault::{Fault, FaultKind};
use crate::model::host::Part;
use crate::model::port::{Process, Sockets};
use crate::msg::HostEvent;
use crate::probe::ports::{marks, parse_owners, parse_ports};
use crate::runtime::transport::Transport;

/// A declared port that is taken over is seen after this.
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
        let marks = marked(transport, shared).await;
        let looked = look(transport, &shared.quick, shared.root(), &mut owners).await;
        shared.reporter.say(HostEvent::Ports(looked)).await;
        shared.reporter.say(HostEvent::Part(Part::Ports)).await;
        let until = Instant::now() + shared.watch.borrow().interval;
        // Never given up in the middle of a question: that would cost its channel.
        loop {
            let pause = if marks.is_some() { until.min(Instant::now() + PACE) } else { until };
            tokio::select! {
                () = tokio::time::sleep_until(pause) => {}
                _ = asked_now.changed() => {
                    owners = Owners::default();
                    break;
                }
            }
            if Instant::now() >= until || marked(transport, shared).await != marks {
                break;
            }
        }
    }
}

/// The sockets on declared ports, in words that are only compared; none where nobody can tell.
async fn marked(transport: &dyn Transport, shared: &Shared) -> Option<String> {
    let ports = shared.watch.borrow().ports.clone();
    if ports.is_empty() {
        return None;
    }
    let argv = marks(&ports);
    let words: Vec<&str> = argv.iter().map(String::as_str).collect();
    let answer = shared.quick.ask(transport, &words, DEADLINE).await.ok()?;
    // Without `ss` a look costs the host too much to be taken every second.
    (answer.status == 0).then_some(answer.text)
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

//! What listens on a host: looked at once an interval, and at once when the sockets on declared
//! ports are others, which is looked at every second, since nobody tells when a port is taken over.
//! A socket can only be another's when its holder is gone or when one more is there, and both are
//! seen without asking who holds what, which is the dear part: that is read when one of them is.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use tokio::time::Instant;

use super::line::Line;
use super::serve::Shared;
use crate::model::fault::{Fault, FaultKind};
use crate::model::host::Part;
use crate::model::port::{Process, Socket, Sockets};
use crate::msg::HostEvent;
use crate::probe::ports::{Listed, agree, marks, parse_listed, parse_owners, parse_ports};
use crate::runtime::transport::Transport;

/// A declared port that is taken over is seen after this.
const PACE: Duration = Duration::from_secs(1);
/// Sockets are read again after this also when nothing seems to have changed.
const WHOLE: Duration = Duration::from_secs(60);
/// For one look.
const DEADLINE: Duration = Duration::from_secs(12);
/// As many sockets are asked about by their control group.
const ASKED: usize = 128;
/// As many processes are watched.
const WATCHED: usize = 512;

/// Looks until the connection is gone.
pub(super) async fn run(transport: &dyn Transport, shared: &Shared) -> Fault {
    let mut known = shared.facts.subscribe();
    if known.wait_for(Option::is_some).await.is_err() {
        return std::future::pending().await;
    }
    let mut asked_now = shared.now.subscribe();
    let mut owners = Owners::default();
    let mut seen = Seen::default();
    let mut doubt = String::new();
    loop {
        if !seen.still(transport, shared, &mut owners).await {
            let looked = look(transport, &shared.quick, shared.root(), &mut owners).await;
            seen = Seen { sockets: looked.clone().ok(), ..Seen::default() };
            shared.reporter.say(HostEvent::Ports(looked)).await;
            shared.reporter.say(HostEvent::Part(Part::Ports)).await;
            seen.begin(transport, shared).await;
        } else if let Some(sockets) = &seen.sockets {
            shared.reporter.say(HostEvent::Ports(Ok(sockets.clone()))).await;
        }
        let mark = seen.mark(transport, shared).await;
        if let Some(mark) = mark.as_ref().filter(|mark| !mark.agrees && mark.said != doubt) {
            // It changed while it was looked at: once more, yet not for ever.
            doubt.clone_from(&mark.said);
            owners = Owners::default();
            seen = Seen::default();
            continue;
        }
        let until = Instant::now() + shared.watch.borrow().interval;
        // Never given up in the middle of a question: that would cost its channel.
        loop {
            let pause = if mark.is_some() { until.min(Instant::now() + PACE) } else { until };
            let asked = tokio::select! {
                () = tokio::time::sleep_until(pause) => false,
                _ = asked_now.changed() => true,
            };
            if asked || (mark.is_some() && seen.mark(transport, shared).await != mark) {
                owners = Owners::default();
                seen = Seen::default();
                break;
            }
            if Instant::now() >= until {
                break;
            }
        }
    }
}

/// What is compared with itself a second later.
#[derive(PartialEq, Eq)]
struct Mark {
    said: String,
    /// It says what the last whole look said.
    agrees: bool,
}

/// The last whole look, and what tells cheaply that it still holds.
#[derive(Default)]
struct Seen {
    sockets: Option<Sockets>,
    /// What a list said just after it; none where there is no `ss`, or where it said otherwise.
    listed: Option<Listed>,
    at: Option<Instant>,
}

impl Seen {
    /// Takes the list that later ones are compared with.
    async fn begin(&mut self, transport: &dyn Transport, shared: &Shared) {
        let listed = self.list(transport, shared).await;
        let places = self.sockets.as_ref().map(|sockets| Listed::of(&sockets.list));
        // Who may not be seen cannot be told from who is gone.
        let holds =
            |listed: &Listed| Some(&listed.places) == places.as_ref() && listed.gone.is_empty();
        self.listed = listed.filter(holds);
        self.at = Some(Instant::now());
    }

    async fn list(&self, transport: &dyn Transport, shared: &Shared) -> Option<Listed> {
        let sockets = self.sockets.as_ref().filter(|sockets| !sockets.ownerless)?;
        let pids: Vec<String> =
            sockets.processes.keys().take(WATCHED).map(ToString::to_string).collect();
        let argv = std::iter::once("qd_listed").chain(pids.iter().map(String::as_str));
        let argv: Vec<&str> = argv.collect();
        let answer = shared.quick.ask(transport, &argv, DEADLINE).await.ok()?;
        (answer.status == 0).then(|| parse_listed(&answer.text))
    }

    /// Whether the last whole look still holds; then its queues are those of now.
    async fn still(
        &mut self,
        transport: &dyn Transport,
        shared: &Shared,
        owners: &mut Owners,
    ) -> bool {
        let (Some(before), Some(at)) = (&self.listed, self.at) else { return false };
        if at.elapsed() >= WHOLE {
            return false;
        }
        let Some(now) = self.list(transport, shared).await else { return false };
        if now.gone != before.gone {
            // Who is gone may have left his socket to another.
            *owners = Owners::default();
        }
        let same = now == Listed { queues: now.queues.clone(), ..before.clone() };
        if let Some(sockets) = self.sockets.as_mut().filter(|_| same) {
            now.refresh(&mut sockets.list);
        }
        same
    }

    /// Processes on declared ports that are gone, and where it takes more to tell, the sockets
    /// there. None where nobody can tell.
    async fn mark(&self, transport: &dyn Transport, shared: &Shared) -> Option<Mark> {
        let ports = shared.watch.borrow().ports.clone();
        if ports.is_empty() {
            return None;
        }
        let list = self.sockets.as_ref().map_or(&[][..], |sockets| &sockets.list);
        let declared: Vec<&Socket> =
            list.iter().filter(|s| ports.contains(&(s.protocol, s.port))).collect();
        // Without a list we do not know whether we would see that somebody is gone.
        let held = self.listed.is_some() && declared.iter().all(|socket| !socket.pids.is_empty());
        let taken = |port| declared.iter().any(|socket| port == (socket.protocol, socket.port));
        let mut mark = Mark { said: String::new(), agrees: true };
        if held {
            let pids: BTreeSet<u32> =
                declared.iter().flat_map(|s| s.pids.iter().copied()).collect();
            let pids: Vec<String> = pids.iter().map(ToString::to_string).collect();
            let argv = std::iter::once("qd_now_alive").chain(pids.iter().map(String::as_str));
            let argv: Vec<&str> = argv.collect();
            mark.said = shared.quick.ask(transport, &argv, DEADLINE).await.ok()?.text;
            mark.agrees = mark.said.is_empty();
        }
        if !held || !ports.iter().all(|port| taken(*port)) {
            let argv = marks(&ports, !held);
            let words: Vec<&str> = argv.iter().map(String::as_str).collect();
            let answer = shared.quick.ask(transport, &words, DEADLINE).await.ok()?;
            // Without `ss` a look costs the host too much to be taken every second.
            if answer.status != 0 {
                return None;
            }
            mark.agrees &= agree(&answer.text, &ports, &declared, !held);
            mark.said.push_str(&answer.text);
        }
        Some(mark)
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
    let held: BTreeSet<u32> =
        sockets.list.iter().flat_map(|socket| socket.pids.iter().copied()).collect();
    sockets.processes = owners
        .processes
        .iter()
        .filter(|(pid, _)| held.contains(pid))
        .map(|(p, q)| (*p, q.clone()))
        .collect();
    Ok(sockets)
}

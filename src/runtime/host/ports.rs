//! What listens on a host: looked at once an interval, and at once when the sockets on declared
//! ports are others, which is looked at every second, since nobody tells when a port is taken over.
//! A socket is another's mostly when its holder is gone or when one more is there, and both are seen
//! without asking who holds what, which is the dear part: that is read when one of them is. One that
//! was handed on by a process that lives looks the same as before: so it is read now and then as well.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::Ordering;
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
/// Who holds what is read again after so many times what it took, and not before [`WHOLE`]: with the
/// way to the host in it that is at most half a percent of a core.
const RARELY: u32 = 200;
/// And not before this where each time is a line in the host's log, which is what `sudo` writes.
const LOGGED: Duration = Duration::from_secs(300);
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
            let before = (owners.inodes.clone(), owners.pids.clone());
            let looked = look(transport, &shared.quick, shared.root(), &mut owners).await;
            if (&owners.inodes, &owners.pids) != (&before.0, &before.1) {
                shared.listening.send_modify(|count| *count += 1);
            }
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
    /// What was counted before that list.
    count: Option<String>,
    at: Option<Instant>,
}

impl Seen {
    /// Takes the list that later ones are compared with.
    async fn begin(&mut self, transport: &dyn Transport, shared: &Shared) {
        self.count = self.count(transport, shared).await;
        let listed = self.list(transport, shared).await;
        let places = self.sockets.as_ref().map(|sockets| Listed::of(&sockets.list));
        // Who may not be seen cannot be told from who is gone.
        let holds =
            |listed: &Listed| Some(&listed.places) == places.as_ref() && listed.gone.is_empty();
        self.listed = listed.filter(holds);
        self.at = Some(Instant::now());
    }

    /// Asks about the processes that were seen.
    async fn ask(&self, transport: &dyn Transport, shared: &Shared, what: &str) -> Option<String> {
        let sockets = self.sockets.as_ref().filter(|sockets| !sockets.ownerless)?;
        let pids: Vec<String> =
            sockets.processes.keys().take(WATCHED).map(ToString::to_string).collect();
        let argv = std::iter::once(what).chain(pids.iter().map(String::as_str));
        let argv: Vec<&str> = argv.collect();
        let answer = shared.quick.ask(transport, &argv, DEADLINE).await.ok()?;
        (answer.status == 0).then_some(answer.text)
    }

    /// What tells without a list that it would say the same; none where nothing does.
    async fn count(&self, transport: &dyn Transport, shared: &Shared) -> Option<String> {
        // Whose check fails may have a full queue, which only a list tells.
        if shared.failing.load(Ordering::Relaxed) > 0 {
            return None;
        }
        let said = self.ask(transport, shared, "qd_now_count").await?;
        said.lines().any(|line| line.starts_with("count ")).then_some(said)
    }

    async fn list(&self, transport: &dyn Transport, shared: &Shared) -> Option<Listed> {
        Some(parse_listed(&self.ask(transport, shared, "qd_listed").await?))
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
        let count = self.count(transport, shared).await;
        if count.is_some() && count == self.count {
            return true;
        }
        self.count = count;
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

/// Who held which socket; asked again when the sockets are others, and rarely when they are not.
#[derive(Default)]
pub(super) struct Owners {
    inodes: Vec<u64>,
    pids: BTreeMap<u64, Vec<u32>>,
    processes: BTreeMap<u32, Process>,
    /// They may be others by then, though the sockets are the same.
    until: Option<Instant>,
}

impl Owners {
    /// Whether they still are who holds these sockets, as far as is known.
    fn hold(&self, inodes: &[u64], now: Instant) -> bool {
        self.inodes == inodes && self.until.is_some_and(|until| now < until)
    }
}

/// For how long they hold that took so long to be read.
fn pause(root: &str, took: Duration) -> Duration {
    let least = if root == "sudo" { LOGGED } else { WHOLE };
    least.max(took * RARELY)
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
    if !owners.hold(&inodes, Instant::now()) {
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
        let began = Instant::now();
        let answer = line.ask(transport, &argv, DEADLINE).await?;
        let read = parse_owners(&answer.text);
        let until = Some(Instant::now() + pause(root, began.elapsed()));
        *owners = Owners { inodes, pids: read.pids, processes: read.processes, until };
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_holds_the_same_sockets_is_asked_again_the_rarer_the_dearer_it_was() {
        let now = Instant::now();
        let mut owners = Owners { inodes: vec![1, 2], ..Owners::default() };
        assert!(!owners.hold(&[1, 2], now), "nobody was asked");
        owners.until = Some(now + pause("plain", Duration::from_millis(50)));
        assert!(owners.hold(&[1, 2], now + WHOLE / 2));
        assert!(!owners.hold(&[1, 3], now + WHOLE / 2));
        assert!(!owners.hold(&[1, 2], now + WHOLE));
        assert_eq!(pause("plain", Duration::from_secs(1)), Duration::from_secs(200));
        assert_eq!(pause("sudo", Duration::from_millis(50)), LOGGED);
    }
}

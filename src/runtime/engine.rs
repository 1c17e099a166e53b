//! Does what effects ask: one task a host, and the store. The rest are the app's.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::sync::{Semaphore, mpsc, oneshot};
use tokio::task::AbortHandle;

use super::audit::Audit;
use super::extract;
use super::host::{self, Connector, Order};
use super::scan::Scanner;
use super::ssh::Spawner;
use super::store::Store;
use super::tail::Tails;
use crate::effect::{Ask, Effect, Watch};
use crate::model::audit::{Deed, Entry};
use crate::model::fault::{Fault, FaultKind};
use crate::model::ids::HostId;
use crate::model::log::extract::Extract;
use crate::model::operation::{OpId, Refusal, RunId};
use crate::model::plan::Permit;
use crate::model::severity::Severity;
use crate::msg::{Acted, HostEvent, Msg};

/// Connections being made at one time.
const CONNECTS: usize = 8;
/// Of them, for hosts that failed before.
const RETRIES: usize = 3;
/// Orders that a host has not taken yet; more are dropped, they would only ask the same again.
const ORDERS: usize = 16;

/// Runs effects.
pub struct Engine {
    connector: Arc<Connector>,
    messages: mpsc::Sender<Msg>,
    logs: mpsc::Sender<Msg>,
    hosts: BTreeMap<HostId, Running>,
    /// What is wanted of hosts' logs, also over an edit of the config.
    tails: BTreeMap<HostId, Arc<Tails>>,
    store: Option<Store>,
    /// Writes down what is done; without it nobody acts but on simulated hosts.
    audit: Option<Audit>,
    /// Operations of protected environments that could not be written down, and why.
    unaudited: BTreeMap<OpId, String>,
    scanner: Scanner,
    /// Removes our sockets at the end.
    _directory: tempfile::TempDir,
}

struct Running {
    task: AbortHandle,
    generation: u32,
    orders: mpsc::Sender<Order>,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Engine {
    /// Must be made within a tokio runtime. Messages go to `messages`, lines of logs to `logs`: a
    /// host that floods must not hold up the rest.
    pub fn new(
        messages: mpsc::Sender<Msg>,
        logs: mpsc::Sender<Msg>,
        store: Option<Store>,
        simulated: Option<Arc<super::simulated::Fleet>>,
    ) -> std::io::Result<Self> {
        let (connector, directory) = connector(simulated)?;
        Ok(Self {
            connector: Arc::new(connector),
            messages,
            logs,
            hosts: BTreeMap::new(),
            tails: BTreeMap::new(),
            store,
            audit: None,
            unaudited: BTreeMap::new(),
            scanner: Scanner::default(),
            _directory: directory,
        })
    }

    /// Writes down from now on what is done.
    pub fn keep_audit(&mut self, audit: Audit) {
        self.audit = Some(audit);
    }

    /// Does one thing. What is the app's comes back.
    pub fn perform(&mut self, effect: Effect) -> Option<Effect> {
        match effect {
            Effect::Connect(watch) => self.connect(watch),
            Effect::Rewatch(watch) => {
                self.order(&watch.host.clone(), Order::Rewatch(Box::new(watch)));
            }
            Effect::Disconnect(host) => {
                drop(self.hosts.remove(&host));
                drop(self.tails.remove(&host));
            }
            Effect::ReadNow(host) => self.order(&host, Order::ReadNow),
            Effect::Describe { host, unit } => self.order(&host, Order::Describe(unit)),
            Effect::Act(host, ask) => self.act(&host, ask),
            Effect::Audit(entry) => {
                if let Err(why) = self.write_down(&entry)
                    && let Some(op) = entry.op.filter(|_| entry.protected)
                    && entry.deed == Deed::Intent
                {
                    self.unaudited.insert(op, why);
                }
            }
            Effect::Tail(tail) => self.tails(&tail.host).add(tail),
            Effect::Untail(host, tail) => self.tails(&host).remove(tail),
            Effect::Fetch(fetch) => self.tails(&fetch.host).fetch(fetch),
            Effect::Scan(scan) => self.scanner.start(scan, &self.messages),
            Effect::SaveLines(path, lines) => self.save_lines(path, lines),
            Effect::SaveCounters(counters) => {
                if let Some(store) = &self.store {
                    store.save_counters(counters);
                }
            }
            Effect::Record(events) => {
                if let Some(store) = &self.store {
                    store.record(events);
                }
            }
            Effect::SaveTold(told) => {
                if let Some(store) = &self.store {
                    store.save_told(told);
                }
            }
            Effect::SaveAck(id, ack) => {
                if let Some(store) = &self.store {
                    store.save_ack(id, ack);
                }
            }
            Effect::SaveView(view) => {
                if let Some(store) = &self.store {
                    store.save_view(view);
                }
            }
            theirs @ (Effect::Login(_)
            | Effect::LetIn(_)
            | Effect::Shell(..)
            | Effect::Copy(_)
            | Effect::Alarm(_)
            | Effect::Mouse(_)
            | Effect::Theme(_)
            | Effect::Page(_)
            | Effect::Suspend
            | Effect::Quit) => return Some(theirs),
        }
        None
    }

    /// Writes lines to a file beside everything else, and tells how it went.
    fn save_lines(&self, path: String, lines: Extract) {
        let messages = self.messages.clone();
        tokio::task::spawn_blocking(move || {
            let many = lines.lines.len();
            let said = match extract::save(&lines, &in_home(&path)) {
                Ok(()) => Msg::Noticed(Severity::Info, format!("{many} lines written to {path}")),
                Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Msg::Noticed(
                    Severity::Warning,
                    format!("{path} exists and stays as it is: choose another name"),
                ),
                Err(error) => Msg::Noticed(
                    Severity::Warning,
                    format!("{path} was not written: {error}; no part of it was left"),
                ),
            };
            drop(messages.blocking_send(said));
        });
    }

    /// Lets ssh ask on the terminal, which must be free, to connect this host; the answer is when it
    /// is done with that, and whether it succeeded.
    pub fn login(&self, host: &HostId) -> oneshot::Receiver<bool> {
        let (done, wait) = oneshot::channel();
        self.order(host, Order::Login(done));
        wait
    }

    /// Lets sudo ask on the terminal, which must be free, for the rights to act on this host; the answer
    /// is when it is done with that, and whether it succeeded.
    pub fn let_in(&self, host: &HostId) -> oneshot::Receiver<bool> {
        let (done, wait) = oneshot::channel();
        self.order(host, Order::LetIn(done));
        wait
    }

    /// Cuts the link to a host, whatever it is asked just now; it is connected again as after any loss.
    pub fn cut(&self, host: &HostId) {
        self.order(host, Order::Cut);
    }

    fn connect(&mut self, watch: Watch) {
        let (orders, taken) = mpsc::channel(ORDERS);
        let host = watch.host.clone();
        let tails = self.tails(&host);
        let connector = Arc::clone(&self.connector);
        let generation = watch.generation;
        let life = host::run(watch, connector, self.messages.clone(), taken, tails);
        let task = tokio::spawn(life);
        self.hosts.insert(host, Running { task: task.abort_handle(), generation, orders });
    }

    fn tails(&mut self, host: &HostId) -> Arc<Tails> {
        let tails = self.tails.entry(host.clone());
        Arc::clone(tails.or_insert_with(|| Arc::new(Tails::new(self.logs.clone()))))
    }

    fn order(&self, host: &HostId, order: Order) {
        if let Some(running) = self.hosts.get(host)
            && running.orders.try_send(order).is_err()
        {
            tracing::warn!(%host, "the host is busy with what it was asked before");
        }
    }

    /// What is asked about acting is always answered, also where it could not be handed on.
    fn act(&self, host: &HostId, ask: Ask) {
        if let Ask::Claim(errand) = &ask
            && let Some(why) = self.unaudited.get(&errand.run.op())
        {
            // Nothing was done there: it is known, not unknown.
            let refusal =
                Refusal::Fault(Fault::new(FaultKind::Denied, "write it down", why.clone()));
            self.answer(host, Acted::Claimed(errand.run.clone(), Err(Some(refusal))));
            return;
        }
        if let Some((entry, needed)) = audited(host, &ask)
            && let Err(why) = self.write_down(&entry)
            && needed
        {
            let fault = Fault::new(FaultKind::Denied, "write it down", why);
            self.answer(host, host::failed(ask, fault));
            return;
        }
        let Some(running) = self.hosts.get(host) else {
            tracing::warn!(%host, "there is no such host any more");
            return;
        };
        if let Err(refused) = running.orders.try_send(Order::Act(Box::new(ask)))
            && let Order::Act(ask) = refused.into_inner()
        {
            let detail = "it is busy with what it was asked before";
            let fault = Fault::new(FaultKind::Failed, "ask the host", detail);
            self.answer(host, host::failed(*ask, fault));
        }
    }

    /// Answers for a host.
    fn answer(&self, host: &HostId, acted: Acted) {
        let Some(running) = self.hosts.get(host) else { return };
        let (generation, event) = (running.generation, HostEvent::Acted(acted));
        self.tell(Msg::Host { host: host.clone(), generation, event });
    }

    fn tell(&self, msg: Msg) {
        let messages = self.messages.clone();
        tokio::spawn(async move { drop(messages.send(msg).await) });
    }

    /// Adds a line to the account, and tells when that cannot be done.
    fn write_down(&self, entry: &Entry) -> Result<(), String> {
        let Some(audit) = &self.audit else { return Ok(()) };
        audit.write(entry).inspect_err(|why| {
            tracing::error!("{why}");
            self.tell(Msg::Noticed(Severity::Warning, why.clone()));
        })
    }

    /// Ends all connections and writes what is left to write.
    pub fn close(mut self) {
        self.hosts.clear();
        if let Some(store) = self.store.take() {
            store.close();
        }
    }
}

/// What is written down of something that is asked beside an operation's own way, and whether it must
/// be: what makes things safer is never held up.
fn audited(host: &HostId, ask: &Ask) -> Option<(Entry, bool)> {
    let now = super::clock::now();
    let of = |deed, permit: &Permit, run: Option<&RunId>, subject: &str, why: &str| {
        let mut entry = Entry::permitted(deed, now, permit, host);
        entry.op = run.map(RunId::op);
        entry.subject = subject.into();
        why.clone_into(&mut entry.about);
        let needed = permit.is_protected() && !matches!(deed, Deed::Cancel | Deed::Freeze);
        Some((entry, needed))
    };
    match ask {
        Ask::Look { .. }
        | Ask::Pull { .. }
        | Ask::Source { .. }
        | Ask::List
        | Ask::Claim(_)
        | Ask::Stage(_)
        | Ask::Unstage(_)
        | Ask::Launch(_)
        | Ask::Follow { .. }
        | Ask::Steer(..)
        | Ask::Release(..) => None,
        Ask::Cancel(permit, run) => of(Deed::Cancel, permit, Some(run), "", ""),
        Ask::End(permit, run) => of(Deed::End, permit, Some(run), "", ""),
        Ask::Revert { permit, subject, run, operator: _ } => {
            of(Deed::Recover, permit, Some(run), subject, "")
        }
        Ask::Break { permit, subject, run, operator: _ } => {
            of(Deed::Break, permit, Some(run), subject, "")
        }
        Ask::Freeze { permit, subject, reason, operator: _, at: _ } => {
            of(Deed::Freeze, permit, None, subject, reason)
        }
        Ask::Drilled { permit, subject, said, operator: _ } => {
            of(Deed::Drill, permit, None, subject, said)
        }
        Ask::Thaw { permit, subject, operator: _ } => of(Deed::Thaw, permit, None, subject, ""),
    }
}

/// A path whose beginning may be `~/`, as in a shell.
fn in_home(path: &str) -> PathBuf {
    match (path.strip_prefix("~/"), std::env::var_os("HOME")) {
        (Some(rest), Some(home)) => PathBuf::from(home).join(rest),
        _ => PathBuf::from(path),
    }
}

/// What connects hosts, and the private directory of its sockets, which has to outlive it. Must be
/// made within a tokio runtime.
pub fn connector(
    simulated: Option<Arc<super::simulated::Fleet>>,
) -> std::io::Result<(Connector, tempfile::TempDir)> {
    let directory = directory()?;
    let connector = Connector {
        spawner: Spawner::start()?,
        directory: directory.path().to_owned(),
        connects: Semaphore::new(CONNECTS - RETRIES),
        retries: Semaphore::new(RETRIES),
        peers: Arc::default(),
        simulated,
    };
    Ok((connector, directory))
}

/// A private directory for control sockets, whose paths must stay below 108 bytes (unix(7)).
fn directory() -> std::io::Result<tempfile::TempDir> {
    let base = std::env::var_os("XDG_RUNTIME_DIR")
        .map(PathBuf::from)
        .filter(|path| path.is_dir() && path.as_os_str().len() < 48)
        .unwrap_or_else(|| PathBuf::from("/tmp"));
    sweep(&base);
    let prefix = format!("quarterdeck-{}-", std::process::id());
    let private = std::fs::Permissions::from_mode(0o700);
    tempfile::Builder::new().prefix(&prefix).rand_bytes(6).permissions(private).tempdir_in(base)
}

/// Removes directories of consoles that were killed. Their masters died with them; only empty
/// remains and dead sockets are left.
fn sweep(base: &Path) {
    let Ok(entries) = std::fs::read_dir(base) else { return };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let pid = name
            .to_str()
            .and_then(|name| name.strip_prefix("quarterdeck-"))
            .and_then(|rest| rest.split_once('-'))
            .and_then(|(pid, _)| pid.parse::<i32>().ok())
            .and_then(rustix::process::Pid::from_raw);
        let Some(pid) = pid else { continue };
        // ESRCH: no such process. EPERM would be somebody else's, who cleans up himself.
        let gone = rustix::process::test_kill_process(pid) == Err(rustix::io::Errno::SRCH);
        if gone {
            // Somebody else's directory stays; nothing to tell.
            drop(std::fs::remove_dir_all(entry.path()));
        }
    }
}

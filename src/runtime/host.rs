//! One host: connect, read it until the connection is lost, wait, again. Each host has its own
//! task; a host that hangs holds up nobody else.

mod acts;
mod backups;
mod checks;
mod claims;
mod glance;
mod heartbeat;
mod jobs;
mod line;
mod logs;
mod packages;
mod paths;
mod peers;
mod ports;
mod processes;
mod proxy;
mod recall;
mod scripts;
mod serve;
mod stamps;
mod survey;
mod units;
mod words;

use std::panic::AssertUnwindSafe;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt as _;
use tokio::sync::{Semaphore, mpsc, oneshot};

pub(crate) use self::acts::failed;
pub use self::logs::follow_logs;
pub use self::peers::Peers;
use self::serve::{Known, serve};
pub use self::survey::survey;
use super::clock;
use super::local::Local;
use super::ssh::{Spawner, Ssh};
use super::tail::Tails;
use super::transport::Transport;
use crate::effect::{Ask, Watch};
use crate::model::fault::{Fault, FaultKind};
use crate::model::host::Link;
use crate::model::ids::{HostId, UnitName};
use crate::model::spec::Reach;
use crate::msg::{HostEvent, Msg};

/// What a host's task is asked while it runs.
#[derive(Debug)]
pub enum Order {
    /// Read everything now, or connect now.
    ReadNow,
    /// Read a unit closely.
    Describe(UnitName),
    /// Something about acting.
    Act(Box<Ask>),
    /// Watch other units.
    Rewatch(Box<Watch>),
    /// Connect now; ssh may ask on the terminal until this is answered.
    Login(oneshot::Sender<bool>),
    /// Let sudo ask on the terminal, until this is answered.
    LetIn(oneshot::Sender<bool>),
    /// Lose the connection, as a drill wants it.
    Cut,
}

/// What all hosts share.
pub struct Connector {
    /// Starts ssh.
    pub spawner: Spawner,
    /// For control sockets; private to us.
    pub directory: PathBuf,
    /// sshd drops connections beyond ten that are not authenticated yet (`MaxStartups`), and a jump
    /// host sees all of ours.
    pub connects: Semaphore,
    /// For hosts that failed before: many dead ones must not keep the living waiting.
    pub retries: Semaphore,
    /// Those that are connected now.
    pub peers: Arc<Peers>,
    /// Simulated hosts.
    pub simulated: Option<Arc<super::simulated::Fleet>>,
}

/// Where a host's events go.
#[derive(Clone)]
pub(crate) struct Reporter {
    host: HostId,
    generation: u32,
    messages: mpsc::Sender<Msg>,
}

impl Reporter {
    /// For one connection of a host.
    pub(crate) fn new(watch: &Watch, messages: mpsc::Sender<Msg>) -> Self {
        Self { host: watch.host.clone(), generation: watch.generation, messages }
    }

    /// Reports; waits while the console is busy, so that nothing piles up.
    pub(crate) async fn say(&self, event: HostEvent) {
        let msg = Msg::Host { host: self.host.clone(), generation: self.generation, event };
        // The console is gone: so are we, soon.
        drop(self.messages.send(msg).await);
    }
}

/// Reads a host until it is aborted.
pub(crate) async fn run(
    mut watch: Watch,
    connector: Arc<Connector>,
    messages: mpsc::Sender<Msg>,
    mut orders: mpsc::Receiver<Order>,
    tails: Arc<Tails>,
) {
    let reporter = Reporter::new(&watch, messages);
    let mut failures: u32 = 0;
    let mut login = None;
    let memory = backups::Memory::default();
    loop {
        reporter.say(HostEvent::Link(Link::Connecting)).await;
        let began = clock::now();
        // A fault of ours in one host's reading is that host's trouble, not the fleet's.
        let read = AssertUnwindSafe(connected(
            &mut watch,
            &connector,
            &reporter,
            &mut orders,
            Manner { login: login.take(), again: failures > 0, memory: &memory, tails: &tails },
        ));
        let fault = read.catch_unwind().await.unwrap_or_else(|_panic| {
            Fault::new(FaultKind::Failed, "read the host", "a fault of ours; see the own log")
        });
        tracing::warn!(host = %watch.host, "{fault}");
        // A connection that held for a while was good: begin again with short waits.
        failures =
            if clock::now().since(began) > Duration::from_secs(60) { 0 } else { failures + 1 };
        let wait = backoff(&fault, failures);
        let link = Link::failed(fault.clone(), clock::now() + wait);
        reporter.say(HostEvent::Link(link)).await;
        let next = tokio::select! {
            next = pause(wait, &mut watch, &reporter, &mut orders) => next,
            () = tails.wait(&fault) => Next::End,
        };
        match next {
            Next::Try => {}
            Next::Login(done) => login = Some(done),
            Next::End => return,
        }
    }
}

/// Connects and reads until the connection is lost; answers why.
async fn connected(
    watch: &mut Watch,
    connector: &Connector,
    reporter: &Reporter,
    orders: &mut mpsc::Receiver<Order>,
    manner: Manner<'_>,
) -> Fault {
    let again = manner.again;
    let connection = connect(&watch.spec.reach, connector, manner.login.is_some(), again).await;
    // The terminal goes back to the console, whatever came of it.
    if let Some(done) = manner.login {
        let _console_gone = done.send(connection.is_ok()).is_err();
    }
    match connection {
        Ok(transport) => {
            let transport: Arc<dyn Transport> = transport.into();
            connector.peers.connected(watch, &transport);
            let known =
                Known { memory: manner.memory, tails: manner.tails, peers: &connector.peers };
            serve(watch, &*transport, reporter, orders, known).await
        }
        Err(fault) => fault,
    }
}

/// How to connect.
struct Manner<'a> {
    /// ssh may ask on the terminal until this is answered.
    login: Option<oneshot::Sender<bool>>,
    /// It failed the last time.
    again: bool,
    /// What was found out about backups over earlier connections.
    memory: &'a backups::Memory,
    /// What is wanted of its logs.
    tails: &'a Tails,
}

/// What ends a wait.
enum Next {
    /// Connect.
    Try,
    /// Connect, and ask.
    Login(oneshot::Sender<bool>),
    /// Nobody listens any more.
    End,
}

/// Waits before the next try, or until it is asked for.
async fn pause(
    wait: Duration,
    watch: &mut Watch,
    reporter: &Reporter,
    orders: &mut mpsc::Receiver<Order>,
) -> Next {
    let until = tokio::time::Instant::now() + wait;
    loop {
        tokio::select! {
            () = tokio::time::sleep_until(until) => return Next::Try,
            order = orders.recv() => match order {
                Some(Order::ReadNow) => return Next::Try,
                Some(Order::Login(done)) => return Next::Login(done),
                Some(Order::Act(ask)) => acts::refuse(reporter, *ask).await,
                // Dropping the answer gives the terminal back.
                Some(Order::LetIn(_done)) => {}
                // There is none.
                Some(Order::Cut) => {}
                Some(Order::Rewatch(other)) => *watch = *other,
                Some(Order::Describe(unit)) => {
                    let fault = Fault::new(
                        FaultKind::Unreachable,
                        format!("read {unit}"),
                        "the host is not connected",
                    );
                    reporter.say(HostEvent::Detail(unit, Err(fault))).await;
                }
                None => return Next::End,
            },
        }
    }
}

async fn connect(
    reach: &Reach,
    connector: &Connector,
    asks: bool,
    again: bool,
) -> Result<Box<dyn Transport>, Fault> {
    match reach {
        Reach::Local => Ok(Box::new(Local)),
        Reach::Ssh(destination) => {
            let pool = if again && !asks { &connector.retries } else { &connector.connects };
            let permit = pool.acquire().await;
            let name: String = std::iter::repeat_with(fastrand::alphanumeric).take(6).collect();
            let directory = connector.directory.join(name);
            let ssh = Ssh::connect(&connector.spawner, directory, destination, asks).await;
            drop(permit);
            Ok(Box::new(ssh?))
        }
        Reach::Simulated(name) => match &connector.simulated {
            Some(fleet) => Ok(Box::new(fleet.host(name)?)),
            None => Err(Fault::new(FaultKind::Missing, "find the scenario", "no scenario runs")),
        },
    }
}

/// 1 s, 2 s, 4 s … 30 s, each by up to a quarter more, so that a fleet does not come back in
/// step. What will not change by itself is tried once a minute.
fn backoff(fault: &Fault, failures: u32) -> Duration {
    let base = match fault.kind {
        FaultKind::AuthFailed | FaultKind::HostKeyChanged | FaultKind::HostKeyUnknown => 60.0,
        FaultKind::Unreachable
        | FaultKind::TimedOut
        | FaultKind::Missing
        | FaultKind::Denied
        | FaultKind::Garbled
        | FaultKind::Failed => f64::from(1_u32 << failures.saturating_sub(1).min(5)).min(30.0),
    };
    Duration::from_secs_f64(base * (1.0 + fastrand::f64() / 4.0))
}

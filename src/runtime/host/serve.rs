//! A connected host: heartbeat, units, history and orders beside each other, until one of them
//! says that the connection is gone. Nothing here is spawned, so that dropping it ends it all.

use std::pin::Pin;
use std::sync::atomic::AtomicUsize;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, mpsc, watch};

use super::acts::Wanted;
use super::glance::Glances;
use super::line::Line;
use super::stamps::Stamps;
use super::{
    Order, Peers, Reporter, acts, backups, checks, claims, heartbeat, jobs, logs, paths, ports,
    processes, proxy, recall, scripts, stamps, units, words,
};
use crate::effect::Watch;
use crate::model::fault::{Fault, FaultKind};
use crate::model::host::{HostFacts, Link};
use crate::model::ids::UnitName;
use crate::model::script::Scripts;
use crate::model::spec::Sudo;
use crate::model::unit::UnitDetail;
use crate::msg::HostEvent;
use crate::probe::detail::{PROPERTIES, parse_detail};
use crate::probe::jobs::tables::Tables;
use crate::runtime::collector::Collector;
use crate::runtime::tail::Tails;
use crate::runtime::transport::Transport;

/// For reading a unit closely, all three answers together.
const DETAIL_DEADLINE: Duration = Duration::from_secs(20);

/// What is asked about acting and not answered yet.
const ASKS: usize = 64;

/// What the parts of one connection tell each other.
pub(super) struct Shared {
    pub(super) reporter: Reporter,
    health: Mutex<Health>,
    /// What to read now.
    pub(super) watch: watch::Sender<Watch>,
    /// Counts requests to read everything now.
    pub(super) now: watch::Sender<u64>,
    /// Units have been read once, and these are they.
    pub(super) read: watch::Sender<Option<Arc<[UnitName]>>>,
    /// Units that have changed just now.
    pub(super) stirred: watch::Sender<Vec<UnitName>>,
    /// The host's facts, once they are known.
    pub(super) facts: watch::Sender<Option<HostFacts>>,
    groups: Mutex<Vec<(UnitName, Box<str>)>>,
    /// For what is asked often and answered at once.
    pub(super) quick: Line,
    /// For what is asked rarely and takes long.
    pub(super) heavy: Line,
    /// For what may take a while: journals, walks through directories.
    pub(super) slow: Line,
    /// What of units other parts go by.
    pub(super) glances: Glances,
    /// For what is asked rarely and may take its time.
    pub(super) patient: Line,
    /// What scripts were found to do, once they have been looked at.
    pub(super) scripts: watch::Sender<Option<Arc<Scripts>>>,
    /// Scripts are to be looked at again: something of theirs has happened.
    pub(super) rescript: Notify,
    /// Files of units were changed, of which the bus does not tell.
    pub(super) refiled: Notify,
    /// The tables of cron, once they have been read.
    pub(super) tables: watch::Sender<Option<Arc<Tables>>>,
    /// What of files changes is told by these.
    pub(super) stamps: Stamps,
    /// Counts how often other sockets listened than before.
    pub(super) listening: watch::Sender<u64>,
    /// Lanes of checks of which one fails, a bit each.
    pub(super) failing: AtomicUsize,
    /// The other hosts.
    pub(super) peers: Arc<Peers>,
}

/// What outlives a connection.
pub(super) struct Known<'a> {
    /// What was found out about backups over earlier connections.
    pub(super) memory: &'a backups::Memory,
    /// What is wanted of its logs.
    pub(super) tails: &'a Tails,
    /// The other hosts.
    pub(super) peers: &'a Arc<Peers>,
}

#[derive(Default)]
struct Health {
    slow: Option<Fault>,
    units: Option<Fault>,
    units_answer: bool,
    said: Option<Link>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Shared {
    /// The collector answers late, or in time again.
    pub(super) async fn slow(&self, fault: Option<Fault>) {
        lock(&self.health).slow = fault;
        self.say_link().await;
    }

    /// systemd does not answer, or does again.
    pub(super) async fn units_failed(&self, fault: Option<Fault>) {
        {
            let mut health = lock(&self.health);
            if health.units == fault {
                return;
            }
            health.units_answer = fault.is_none();
            health.units.clone_from(&fault);
        }
        // The link first: a single reading ends with the units' fault.
        self.say_link().await;
        if let Some(fault) = fault {
            // Who waits for units waits no longer.
            self.glances.take(&[]);
            self.reporter.say(HostEvent::UnitsFailed(fault)).await;
        }
    }

    /// systemd's bus is being listened to and answered just now.
    pub(super) fn units_answer(&self, answer: bool) {
        lock(&self.health).units_answer = answer;
    }

    /// Whether what the bus pushed before still holds.
    pub(super) fn units_hold(&self) -> bool {
        let health = lock(&self.health);
        health.units_answer && health.units.is_none()
    }

    async fn say_link(&self) {
        let link = {
            let mut health = lock(&self.health);
            let missing = |fault: &&Fault| fault.kind != FaultKind::Missing;
            let fault = health.slow.as_ref().or_else(|| health.units.as_ref().filter(missing));
            let link = fault.cloned().map_or(Link::Connected, Link::Degraded);
            if health.said.as_ref() == Some(&link) {
                return;
            }
            health.said = Some(link.clone());
            link
        };
        self.reporter.say(HostEvent::Link(link)).await;
    }

    /// How what only root may see is seen: the collector's word for it.
    pub(super) fn root(&self) -> &'static str {
        let sudo = self.facts.borrow().as_ref().is_some_and(|facts| facts.sudo);
        let wanted = self.watch.borrow().spec.sudo != Sudo::Never;
        if sudo && wanted { "sudo" } else { "plain" }
    }

    /// The control groups of units that run.
    pub(super) fn groups(&self) -> Vec<(UnitName, Box<str>)> {
        lock(&self.groups).clone()
    }

    /// Takes control groups and what else other parts go by from readings.
    pub(super) fn take_groups(&self, read: &[(UnitName, crate::model::unit::UnitFacts)]) {
        self.glances.take(read);
        let mut groups = lock(&self.groups);
        for (unit, facts) in read {
            groups.retain(|(known, _)| known != unit);
            if facts.control_group.starts_with('/') && groups.len() < 1024 {
                groups.push((unit.clone(), facts.control_group.clone()));
            }
        }
    }
}

/// Reads a connected host until the connection is lost; answers why.
pub(super) async fn serve(
    watch: &mut Watch,
    transport: &dyn Transport,
    reporter: &Reporter,
    orders: &mut mpsc::Receiver<Order>,
    known: Known<'_>,
) -> Fault {
    let Known { memory, tails, peers } = known;
    let shared = Shared {
        reporter: reporter.clone(),
        health: Mutex::default(),
        watch: watch::Sender::new(watch.clone()),
        now: watch::Sender::new(0),
        read: watch::Sender::new(None),
        stirred: watch::Sender::new(Vec::new()),
        facts: watch::Sender::new(None),
        groups: Mutex::default(),
        quick: Line::default(),
        heavy: Line::default(),
        slow: Line::default(),
        glances: Glances::default(),
        patient: Line::default(),
        scripts: watch::Sender::new(None),
        rescript: Notify::default(),
        refiled: Notify::default(),
        tables: watch::Sender::new(None),
        stamps: Stamps::default(),
        listening: watch::Sender::new(0),
        failing: AtomicUsize::new(0),
        peers: Arc::clone(peers),
    };
    let shared = &shared;
    let (asks, mut asked) = mpsc::channel(ASKS);
    if watch.bare {
        reporter.say(HostEvent::Link(Link::Connected)).await;
        return tokio::select! {
            fault = transport.lost() => fault,
            fault = obey(transport, shared, orders, &asks) => fault,
            fault = acts::run(transport, shared, &mut asked) => fault,
        };
    }
    let fault = tokio::select! {
        // In this order, so that the heartbeat asks first for one of the few sessions that a
        // server may allow: without it the host counts as not reached.
        biased;
        fault = transport.lost() => fault,
        fault = heartbeat::run(transport, shared) => fault,
        fault = Box::pin(units::run(transport, shared)) => fault,
        fault = recall::run(transport, shared) => fault,
        fault = Box::pin(ports::run(transport, shared)) => fault,
        fault = Box::pin(backups::run(transport, shared, memory)) => fault,
        fault = Box::pin(words::run(transport, shared)) => fault,
        fault = Box::pin(paths::run(transport, shared)) => fault,
        fault = Box::pin(checks::run(transport, shared)) => fault,
        fault = Box::pin(proxy::run(transport, shared)) => fault,
        fault = Box::pin(scripts::run(transport, shared)) => fault,
        fault = Box::pin(jobs::run(transport, shared)) => fault,
        fault = Box::pin(processes::run(transport, shared)) => fault,
        fault = stamps::run(transport, shared) => fault,
        fault = obey(transport, shared, orders, &asks) => fault,
        fault = acts::run(transport, shared, &mut asked) => fault,
        fault = claims::run(transport, shared) => fault,
        fault = Box::pin(logs::run(transport, shared, tails)) => fault,
    };
    *watch = shared.watch.borrow().clone();
    fault
}

/// Does what it is asked. A unit is read closely beside the rest; another one takes its place.
async fn obey(
    transport: &dyn Transport,
    shared: &Shared,
    orders: &mut mpsc::Receiver<Order>,
    asks: &mpsc::Sender<Wanted>,
) -> Fault {
    let mut reading: Pin<Box<dyn Future<Output = ()> + Send>> = Box::pin(std::future::pending());
    loop {
        tokio::select! {
            order = orders.recv() => match order {
                // It is connected: dropping the answer gives the terminal back.
                Some(Order::Login(_done)) => {}
                Some(Order::ReadNow) => shared.now.send_modify(|n| *n += 1),
                Some(Order::Act(ask)) => {
                    if let Err(refused) = asks.try_send(Wanted::Ask(*ask))
                        && let Wanted::Ask(ask) = refused.into_inner()
                    {
                        acts::refuse(&shared.reporter, ask).await;
                    }
                }
                // Where it is too busy for that, dropping the answer gives the terminal back.
                Some(Order::LetIn(done)) => drop(asks.try_send(Wanted::LetIn(done))),
                Some(Order::Cut) => {
                    return Fault::new(FaultKind::Unreachable, "keep the link", "a drill has cut it");
                }
                Some(Order::Rewatch(watch)) => {
                    shared.watch.send_replace(*watch);
                }
                Some(Order::Describe(unit)) => {
                    reading = Box::pin(describe_in_time(transport, shared, unit));
                }
                // The console is gone.
                None => std::future::pending::<()>().await,
            },
            () = &mut reading => reading = Box::pin(std::future::pending()),
        }
    }
}

async fn describe_in_time(transport: &dyn Transport, shared: &Shared, unit: UnitName) {
    let read = tokio::time::timeout(DETAIL_DEADLINE, describe(transport, shared, &unit));
    let detail = read.await.unwrap_or_else(|_late| {
        Err(Fault::new(
            FaultKind::TimedOut,
            format!("read {unit}"),
            format!("no answer within {} s", DETAIL_DEADLINE.as_secs()),
        ))
    });
    shared.reporter.say(HostEvent::Detail(unit, detail.map(Box::new))).await;
}

async fn describe(
    transport: &dyn Transport,
    shared: &Shared,
    unit: &UnitName,
) -> Result<UnitDetail, Fault> {
    // A channel of its own: a slow journal must not hold up the heartbeat.
    let mut collector = Collector::open(transport).await?;
    let names = PROPERTIES.join(",");
    let unit = unit.as_str();
    let properties = collector.request(&["qd_properties", &names, unit]).await?;
    let files = collector.request(&["qd_cat", unit]).await?;
    let how = journal_by(shared);
    let journal = collector.request(&["qd_last", how.unwrap_or("plain"), unit]).await?;
    let mut detail = parse_detail(&properties.text, &files.text, &journal.text);
    if how.is_none() {
        detail.warnings.push(
            "the journal may be incomplete: the user is not in the group systemd-journal or adm \
             and `sudo -n` is not allowed"
                .to_owned(),
        );
    }
    Ok(detail)
}

/// How the journal can be read; none when the user has no right to.
pub(super) fn journal_by(shared: &Shared) -> Option<&'static str> {
    let policy = shared.watch.borrow().spec.sudo;
    let facts = shared.facts.borrow();
    let facts = facts.as_ref()?;
    match policy {
        Sudo::Always if facts.sudo => Some("sudo"),
        _ if facts.journal || facts.user == "root" => Some("plain"),
        Sudo::Auto | Sudo::Always if facts.sudo => Some("sudo"),
        Sudo::Auto | Sudo::Always | Sudo::Never => None,
    }
}

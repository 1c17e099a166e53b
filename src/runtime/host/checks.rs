//! Health checks of a host's services, each at its own pace. Commands have a channel of their own,
//! since one that never ends must not hold up the others, and so has what is asked from here.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::time::Instant;

use super::line::Line;
use super::serve::Shared;
use crate::model::check::{CheckSpec, Origin, Target};
use crate::model::fault::Fault;
use crate::model::health::{CheckReading, Outcome, Why};
use crate::model::host::Part;
use crate::model::ids::{ServiceName, UnitName};
use crate::model::spec::Reach;
use crate::model::time::Timestamp;
use crate::msg::{Checked, HostEvent};
use crate::probe::checks::{
    AT_ONCE, Said, certificate_end, certificate_word, fast_word, judge, parse_checks, word,
};
use crate::runtime::local::Local;
use crate::runtime::transport::Transport;

/// After a failure that does not count yet, the next try comes sooner.
const AGAIN: Duration = Duration::from_secs(1);
/// How often a certificate is read.
const CERTIFICATES: Duration = Duration::from_secs(6 * 3600);
/// How soon again after it could not be read.
const CERTIFICATES_AGAIN: Duration = Duration::from_secs(600);
/// For the way there and back, on top of what the checks may take.
const WAY: Duration = Duration::from_secs(6);
/// A check that the fast way gave no answer about is asked the sure way so many times.
const SLOWLY: u32 = 60;
/// Who answers sooner is asked together with others.
const PROMPT: Duration = Duration::from_millis(50);
/// Nothing is looked at more often.
const BREATH: Duration = Duration::from_millis(50);

/// Which checks go over which channel.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Lane {
    Network,
    Commands,
    Console,
}

impl Lane {
    const ALL: [Self; 3] = [Self::Network, Self::Commands, Self::Console];

    const fn bit(self) -> usize {
        match self {
            Self::Network => 1,
            Self::Commands => 2,
            Self::Console => 4,
        }
    }

    fn of(spec: &CheckSpec) -> Self {
        match (spec.from, &spec.target) {
            (Origin::Console, _) => Self::Console,
            (Origin::Host, Target::Command(_)) => Self::Commands,
            (Origin::Host, Target::Http(_) | Target::Sse(_) | Target::Tcp(..)) => Self::Network,
        }
    }
}

/// Asks until the connection is gone.
pub(super) async fn run(transport: &dyn Transport, shared: &Shared) -> Fault {
    let done = AtomicUsize::new(0);
    // What is simulated is nowhere that this machine could ask.
    let simulated = matches!(shared.watch.borrow().spec.reach, Reach::Simulated(_));
    let local: &dyn Transport = if simulated { transport } else { &Local };
    tokio::join!(
        lane(transport, shared, Lane::Network, &done),
        lane(transport, shared, Lane::Commands, &done),
        lane(local, shared, Lane::Console, &done),
    )
    .0
}

/// One check of a service and when it is due.
struct Due {
    next: Instant,
    certificate: Instant,
    failures: u32,
    decided: bool,
    /// So many times it is not tried the fast way, which gave no answer.
    slowly: u32,
    /// The last time it passed at once.
    prompt: bool,
    /// So many times it is not asked together with others, since it could not be.
    alone: u32,
}

impl Due {
    /// It is asked together with others.
    const fn is_prompt(&self) -> bool {
        self.prompt && self.alone == 0
    }
}

type Key = (ServiceName, usize);

async fn lane(transport: &dyn Transport, shared: &Shared, lane: Lane, done: &AtomicUsize) -> Fault {
    let line = Line::default();
    let mut watches = shared.watch.subscribe();
    let mut asked_now = shared.now.subscribe();
    let mut stirred = shared.stirred.subscribe();
    let mut plan: BTreeMap<Key, Due> = BTreeMap::new();
    let mut told = false;
    loop {
        let checks = wanted(shared, lane);
        let now = Instant::now();
        plan.retain(|key, _| checks.iter().any(|(known, _)| known == key));
        for (key, _) in &checks {
            plan.entry(key.clone()).or_insert_with(|| Due {
                next: now,
                certificate: now,
                failures: 0,
                decided: false,
                slowly: 0,
                prompt: false,
                alone: 0,
            });
        }
        if !told && plan.values().all(|due| due.decided) {
            told = true;
            if done.fetch_add(1, Ordering::Relaxed) + 1 == Lane::ALL.len() {
                shared.reporter.say(HostEvent::Part(Part::Checks)).await;
            }
        }
        let due: Vec<&(Key, CheckSpec)> = checks
            .iter()
            .filter(|(key, _)| plan.get(key).is_some_and(|due| due.next <= now))
            .take(AT_ONCE)
            .collect();
        if !due.is_empty() {
            ask(transport, shared, &line, &due, &mut plan).await;
            if plan.values().any(|due| due.failures > 0) {
                shared.failing.fetch_or(lane.bit(), Ordering::Relaxed);
            } else {
                shared.failing.fetch_and(!lane.bit(), Ordering::Relaxed);
            }
            continue;
        }
        let next = plan.values().map(|due| due.next).min();
        tokio::select! {
            () = until(next) => {}
            _ = watches.changed() => hurry(&mut plan, |_| true),
            _ = asked_now.changed() => hurry(&mut plan, |_| true),
            _ = stirred.changed() => {
                let units = stirred.borrow_and_update().clone();
                let services = services_of(shared, &units);
                hurry(&mut plan, |service| services.contains(service));
            }
        }
    }
}

async fn until(next: Option<Instant>) {
    match next {
        Some(next) => tokio::time::sleep_until(next.max(Instant::now() + BREATH)).await,
        None => std::future::pending().await,
    }
}

/// These are due now.
fn hurry(plan: &mut BTreeMap<Key, Due>, which: impl Fn(&ServiceName) -> bool) {
    for (_, due) in plan.iter_mut().filter(|((service, _), _)| which(service)) {
        due.next = Instant::now();
    }
}

fn wanted(shared: &Shared, lane: Lane) -> Vec<(Key, CheckSpec)> {
    let watch = shared.watch.borrow();
    let all = watch.checks.iter().flat_map(|watched| {
        watched
            .promises
            .checks
            .iter()
            .enumerate()
            .map(|(place, spec)| ((watched.service.clone(), place), spec))
    });
    all.filter(|(_, spec)| Lane::of(spec) == lane).map(|(key, spec)| (key, spec.clone())).collect()
}

fn services_of(shared: &Shared, units: &[UnitName]) -> Vec<ServiceName> {
    let watch = shared.watch.borrow();
    let stirred = watch
        .checks
        .iter()
        .filter(|watched| watched.unit.as_ref().is_some_and(|unit| units.contains(unit)));
    stirred.map(|watched| watched.service.clone()).collect()
}

/// Whether an answer of the fast way is to be had from curl as well: it sends its question in
/// pieces, as a server may, yet need not, put together, and knows less of what servers do.
const fn is_doubtful(reading: &CheckReading) -> bool {
    match reading.outcome {
        Outcome::Passed | Outcome::Failed(Why::Refused | Why::TimedOut) => false,
        Outcome::Failed(_) | Outcome::Unknown => true,
    }
}

/// Asks what is due in one request and reports what came of it.
async fn ask(
    transport: &dyn Transport,
    shared: &Shared,
    line: &Line,
    due: &[&(Key, CheckSpec)],
    plan: &mut BTreeMap<Key, Due>,
) {
    let now = Instant::now();
    let mut words = Vec::new();
    let mut tried = Vec::new();
    for (number, (key, spec)) in due.iter().enumerate() {
        let fast = plan.get(key).filter(|due| due.slowly == 0);
        let fast = fast.and_then(|due| fast_word(number, spec, due.is_prompt()));
        tried.push(fast.is_some());
        words.extend(fast.or_else(|| word(number, spec)));
        if plan.get(key).is_some_and(|due| due.certificate <= now) {
            words.extend(certificate_word(number + AT_ONCE, spec));
        }
    }
    let argv: Vec<&str> =
        std::iter::once("qd_checks").chain(words.iter().map(String::as_str)).collect();
    let longest = due.iter().map(|(_, spec)| spec.timeout).max().unwrap_or_default();
    // An interpreter's start, busybox' own grain of a second, and reading a certificate.
    let answer = line.ask_bytes(transport, &argv, longest + Duration::from_secs(6) + WAY).await;
    let asked_at = Instant::now();
    let (said, fault) = match &answer {
        Ok((_, bytes)) => (parse_checks(bytes), None),
        Err(fault) => (Vec::new(), Some(fault)),
    };
    let mut readings = Vec::new();
    for (number, (key, spec)) in due.iter().enumerate() {
        let find = |wanted: usize| said.iter().find(|(n, _)| *n == wanted).map(|(_, said)| said);
        let reading = match (find(number), fault) {
            (Some(said), _) => judge(spec, said),
            (None, Some(fault)) => CheckReading::unknown(fault.to_string()),
            (None, None) => CheckReading::unknown("the host gave no answer about it"),
        };
        let Some(slot) = plan.get_mut(key) else { continue };
        if tried.get(number) == Some(&true) && fault.is_none() && is_doubtful(&reading) {
            // At once, the sure way, before anybody hears of it.
            slot.slowly = SLOWLY;
            continue;
        }
        slot.slowly = slot.slowly.saturating_sub(1);
        let until =
            find(number + AT_ONCE).map(|said| certificate_end(said).map(Timestamp::from_secs));
        if let Some(read) = until {
            let pause = if read.is_some() { CERTIFICATES } else { CERTIFICATES_AGAIN };
            slot.certificate = asked_at + pause;
        }
        let near = find(number).is_some_and(Said::is_near);
        let alone = if slot.is_prompt() && tried.get(number) == Some(&true) && !near {
            SLOWLY
        } else {
            slot.alone.saturating_sub(1)
        };
        slot.alone = alone;
        slot.prompt = reading.outcome == Outcome::Passed
            && reading.latency.is_some_and(|latency| latency < PROMPT);
        let failed = matches!(reading.outcome, Outcome::Failed(_));
        slot.failures = if failed { slot.failures.saturating_add(1) } else { 0 };
        slot.decided |= !failed || slot.failures >= spec.retries;
        // Whether it is ill is told soon; then it is asked at its pace again.
        let soon = failed && slot.failures < spec.retries;
        slot.next = now.max(asked_at - spec.timeout)
            + if soon { AGAIN.min(spec.every) } else { spec.every };
        readings.push(Checked {
            service: key.0.clone(),
            place: key.1,
            spec: spec.clone(),
            reading,
            certificate: until.flatten(),
        });
    }
    if !readings.is_empty() {
        shared.reporter.say(HostEvent::Checked(readings)).await;
    }
}

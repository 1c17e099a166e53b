//! The heartbeat of a host: proves that it answers, and reads what changes all the time.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::time::{Instant, timeout};

use super::serve::Shared;
use crate::model::fault::{Fault, FaultKind};
use crate::model::host::HostFacts;
use crate::model::ids::UnitName;
use crate::model::instance::Usage;
use crate::model::spec::Sudo;
use crate::msg::HostEvent;
use crate::probe::facts::{Facts, parse_facts};
use crate::probe::tick::{Tick, parse_tick};
use crate::runtime::clock;
use crate::runtime::collector::{Answer, Collector};
use crate::runtime::transport::Transport;

/// The longest pause between two heartbeats, whatever the interval: a host that hangs is noticed
/// after at most this and [`GONE`].
const PAUSE: Duration = Duration::from_secs(3);
/// A host that has not answered for this long is degraded.
const SLOW: Duration = Duration::from_secs(3);
/// A host that has not answered for this long is not reached any more.
const GONE: Duration = Duration::from_secs(6);
/// Starting a shell and reading facts may take longer: a login shell's start files, `sudo`, `df`.
const OPENING: Duration = Duration::from_secs(20);
/// How often disks are read: `df` is a fork and may wait for a network mount.
const DISKS: Duration = Duration::from_secs(30);

/// Beats until the host does not answer; answers why.
pub(super) async fn run(transport: &dyn Transport, shared: &Shared) -> Fault {
    match beat(transport, shared).await {
        Ok(never) => match never {},
        Err(fault) => fault,
    }
}

async fn beat(
    transport: &dyn Transport,
    shared: &Shared,
) -> Result<std::convert::Infallible, Fault> {
    let late = |_late| {
        Fault::new(
            FaultKind::TimedOut,
            "start reading the host",
            format!("no answer within {} s", OPENING.as_secs()),
        )
    };
    let mut collector = timeout(OPENING, Collector::open(transport)).await.map_err(late)??;
    shared.slow(None).await;
    tracing::info!(host = %shared.watch.borrow().host, "connected");
    let sudo = match shared.watch.borrow().spec.sudo {
        Sudo::Auto => "auto",
        Sudo::Never => "never",
        Sudo::Always => "always",
    };
    let asked_at = clock::now();
    let question = ["qd_facts", sudo];
    let answer = timeout(OPENING, collector.request(&question)).await.map_err(late)??;
    let now = clock::now();
    // What `date` and uptime say was true somewhere between question and answer. They are asked
    // first, so rather at the beginning.
    let middle = asked_at + (now.since(asked_at) / 4);
    let mut facts = host_facts(parse_facts(&answer.text), middle);
    let mut before = Before::default();
    let mut disks_at = Instant::now() + DISKS;
    let mut asked_now = shared.now.subscribe();
    loop {
        let groups = shared.groups();
        let mut argv = vec!["qd_tick"];
        argv.extend(groups.iter().map(|(_, group)| &**group));
        let sent = clock::now();
        let answer = ask(&mut collector, &argv, shared).await?;
        let latency = clock::now().since(sent);
        let tick = parse_tick(&answer.text, groups.len());
        take(&mut facts, &tick, sent + latency / 2);
        shared.facts.send_replace(Some(facts.clone()));
        shared.reporter.say(HostEvent::Facts(Box::new(facts.clone()))).await;
        shared.reporter.say(HostEvent::Alive { latency, units: shared.units_hold() }).await;
        let usage = before.usage(&tick, &groups);
        if !usage.is_empty() {
            shared.reporter.say(HostEvent::Usage(usage)).await;
        }
        if Instant::now() >= disks_at {
            let answer = ask(&mut collector, &["qd_disks"], shared).await?;
            match parse_facts(&answer.text).disks {
                Some(disks) => facts.disks = disks,
                None => note(&mut facts.warnings, "`df` did not answer within 3 s"),
            }
            disks_at = Instant::now() + DISKS;
        }
        let pause = shared.watch.borrow().interval.min(PAUSE);
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            changed = asked_now.changed() => {
                if changed.is_ok() {
                    disks_at = Instant::now();
                }
            }
        }
    }
}

/// Asks with both deadlines.
async fn ask(collector: &mut Collector, argv: &[&str], shared: &Shared) -> Result<Answer, Fault> {
    let fault = |limit: Duration| {
        Fault::new(
            FaultKind::TimedOut,
            "hear from the host",
            format!("no answer for {} s", limit.as_secs()),
        )
    };
    let mut request = std::pin::pin!(collector.request(argv));
    if let Ok(answer) = timeout(SLOW, &mut request).await {
        return answer;
    }
    shared.slow(Some(fault(SLOW))).await;
    let answer = timeout(GONE.saturating_sub(SLOW), request).await.map_err(|_late| fault(GONE))?;
    shared.slow(None).await;
    answer
}

/// What is known of a host, as of when it was asked.
pub(super) fn host_facts(read: Facts, at: crate::model::time::Timestamp) -> HostFacts {
    let mut warnings = Vec::new();
    if read.disks.is_none() {
        note(&mut warnings, "`df` did not answer within 3 s, or is not there");
    }
    let boot = read.uptime.map_or(at, |up| at - Duration::from_micros(up));
    HostFacts {
        started: boot + Duration::from_micros(read.init.unwrap_or(0)),
        os: read.os,
        kernel: read.kernel,
        systemd: read.systemd,
        boot_id: read.boot_id.into(),
        boot,
        skew: read.wall.map_or(0, |wall| wall.saturating_sub(at.as_micros())),
        cpus: read.cpus,
        disks: read.disks.unwrap_or_default(),
        journal: read.journal || read.user == "root",
        user: read.user,
        sudo: read.sudo,
        warnings,
        ..HostFacts::default()
    }
}

fn take(facts: &mut HostFacts, tick: &Tick, at: crate::model::time::Timestamp) {
    facts.load = tick.load.unwrap_or(facts.load);
    facts.memory_total = tick.memory_total.unwrap_or(facts.memory_total);
    facts.memory_available = tick.memory_available.unwrap_or(facts.memory_available);
    facts.pressure = tick.pressure;
    if let Some(up) = tick.uptime {
        let boot = at - Duration::from_micros(up);
        // Kept still while it only trembles, so that moments made from it do too.
        if boot.since(facts.boot).max(facts.boot.since(boot)) > Duration::from_secs(1) {
            let moved = boot.as_micros() - facts.boot.as_micros();
            facts.boot = boot;
            facts.started = facts.started.shifted(moved);
            facts.skew = facts.skew.saturating_sub(moved);
        }
    }
}

fn note(warnings: &mut Vec<String>, text: &str) {
    if !warnings.iter().any(|known| known == text) {
        warnings.push(text.to_owned());
    }
}

/// The reading before, from which shares of a processor are made.
#[derive(Default)]
struct Before {
    uptime: Option<u64>,
    cpu: BTreeMap<UnitName, u64>,
}

impl Before {
    fn usage(&mut self, tick: &Tick, groups: &[(UnitName, Box<str>)]) -> Vec<(UnitName, Usage)> {
        let span = tick.uptime.zip(self.uptime).map(|(now, then)| now.saturating_sub(then));
        let mut cpu = BTreeMap::new();
        let mut usage = Vec::with_capacity(groups.len());
        for ((unit, _), (memory, used)) in groups.iter().zip(&tick.groups) {
            let share = match (self.cpu.get(unit), used, span) {
                (Some(then), Some(used), Some(span)) if span > 0 && used >= then => {
                    Some((used - then) as f32 * 100.0 / span as f32)
                }
                _ => None,
            };
            if let Some(used) = used {
                cpu.insert(unit.clone(), *used);
            }
            usage.push((unit.clone(), Usage { memory: *memory, cpu_percent: share }));
        }
        self.cpu = cpu;
        self.uptime = tick.uptime;
        usage
    }
}

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
/// As many control groups are read with a heartbeat.
const AT_ONCE: usize = 16;
/// How often the clock and disks are read: `date` and `df` are forks, and `df` may wait for a network
/// mount.
const SELDOM: Duration = Duration::from_secs(30);

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
    let mut seldom_at = Instant::now() + SELDOM;
    let mut asked_now = shared.now.subscribe();
    loop {
        let mut groups = shared.groups();
        before.forget(&groups);
        turn(&mut groups, &mut before.place);
        let mut argv = vec!["qd_now_tick"];
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
        if Instant::now() >= seldom_at {
            let sent = clock::now();
            let answer = ask(&mut collector, &["qd_clock"], shared).await?;
            let middle = sent + clock::now().since(sent) / 2;
            compare(&mut facts, parse_facts(&answer.text).wall, middle);
            let answer = ask(&mut collector, &["qd_disks"], shared).await?;
            let read = parse_facts(&answer.text);
            facts.own_disks = read.own_disks;
            match read.disks {
                Some(disks) => facts.disks = disks,
                None => note(&mut facts.warnings, "`df` did not answer within 3 s"),
            }
            seldom_at = Instant::now() + SELDOM;
        }
        let pause = shared.watch.borrow().interval.min(PAUSE);
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            changed = asked_now.changed() => {
                if changed.is_ok() {
                    seldom_at = Instant::now();
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
        own_disks: read.own_disks,
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

/// Takes the host's wall clock, as it was at a moment, if it was set since.
fn compare(facts: &mut HostFacts, wall: Option<i64>, at: crate::model::time::Timestamp) {
    let skew = wall.map(|wall| wall.saturating_sub(at.as_micros()));
    // What a slow link or a busy host makes of it is none.
    if let Some(skew) = skew.filter(|skew| skew.abs_diff(facts.skew) > 1_000_000) {
        facts.skew = skew;
    }
}

fn note(warnings: &mut Vec<String>, text: &str) {
    if !warnings.iter().any(|known| known == text) {
        warnings.push(text.to_owned());
    }
}

/// Of very many control groups a heartbeat reads some, and the next one those after them.
fn turn(groups: &mut Vec<(UnitName, Box<str>)>, place: &mut usize) {
    if groups.len() <= AT_ONCE {
        *place = 0;
        return;
    }
    *place %= groups.len();
    groups.rotate_left(*place);
    groups.truncate(AT_ONCE);
    *place += AT_ONCE;
}

/// The readings before, from which shares of a processor are made.
#[derive(Default)]
struct Before {
    /// Of each unit the time that it has used, and the host's uptime then.
    cpu: BTreeMap<UnitName, (u64, u64)>,
    /// The control group that is next.
    place: usize,
}

impl Before {
    fn usage(&mut self, tick: &Tick, groups: &[(UnitName, Box<str>)]) -> Vec<(UnitName, Usage)> {
        let mut usage = Vec::with_capacity(groups.len());
        for ((unit, _), (memory, used)) in groups.iter().zip(&tick.groups) {
            let now = used.zip(tick.uptime);
            let share = match (self.cpu.get(unit), now) {
                (Some((then, at)), Some((used, up))) if up > *at && used >= *then => {
                    Some((used - then) as f32 * 100.0 / (up - at) as f32)
                }
                _ => None,
            };
            match now {
                Some(now) => self.cpu.insert(unit.clone(), now),
                None => self.cpu.remove(unit),
            };
            usage.push((unit.clone(), Usage { memory: *memory, cpu_percent: share }));
        }
        usage
    }

    fn forget(&mut self, groups: &[(UnitName, Box<str>)]) {
        if self.cpu.len() > groups.len() {
            self.cpu.retain(|unit, _| groups.iter().any(|(known, _)| known == unit));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn groups(n: usize) -> Vec<(UnitName, Box<str>)> {
        (0..n).map(|i| (UnitName::new(format!("u{i}.service")), "/".into())).collect()
    }

    #[test]
    fn a_clock_that_is_set_is_compared_anew() {
        let at = crate::model::time::Timestamp::from_secs(1_000);
        let mut facts = HostFacts { skew: 40_000, ..HostFacts::default() };
        compare(&mut facts, None, at);
        compare(&mut facts, Some(1_000_900_000), at);
        assert_eq!(facts.skew, 40_000, "it only trembles");
        compare(&mut facts, Some(4_600_000_000), at);
        assert_eq!(facts.skew, 3_600_000_000);
    }

    #[test]
    fn each_of_many_units_has_its_turn_and_its_own_span() {
        let n = AT_ONCE * 2 + 5;
        let mut before = Before::default();
        let mut seen = std::collections::BTreeSet::new();
        for beat in 0..3_u64 {
            let mut now = groups(n);
            turn(&mut now, &mut before.place);
            assert_eq!(now.len(), AT_ONCE);
            let tick = Tick {
                uptime: Some(beat * 3_000_000),
                groups: vec![(None, Some(beat * 300_000)); AT_ONCE],
                ..Tick::default()
            };
            for (unit, usage) in before.usage(&tick, &now) {
                let again = !seen.insert(unit);
                assert_eq!(usage.cpu_percent.is_some(), again);
                if let Some(share) = usage.cpu_percent {
                    assert!((share - 10.0).abs() < 0.01, "{share}");
                }
            }
        }
        assert_eq!(seen.len(), n);
        before.forget(&groups(3));
        assert_eq!(before.cpu.len(), 3);
        let mut few = groups(AT_ONCE);
        turn(&mut few, &mut before.place);
        assert_eq!(few, groups(AT_ONCE), "few are all read each time");
    }
}

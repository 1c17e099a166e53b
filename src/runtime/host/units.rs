//! Units of a host: pushed by systemd's bus where it can be reached, else polled.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, MissedTickBehavior, interval_at, timeout};

use super::serve::Shared;
use super::stamps::{Who, others};
use crate::model::fault::{Fault, FaultKind};
use crate::model::host::MOST_DISCOVERED;
use crate::model::ids::UnitName;
use crate::msg::HostEvent;
use crate::probe::units::{argv, parse_services, parse_units};
use crate::runtime::collector::Collector;
use crate::runtime::transport::{Transport, UnitBus};

/// For starting the bridge and subscribing.
const OPENING: Duration = Duration::from_secs(10);
/// For one poll: eight seconds on the host, and the way.
const POLL_DEADLINE: Duration = Duration::from_secs(11);
/// How often the bus is asked whether systemd is alive.
const PING: Duration = Duration::from_secs(3);
/// How often all is read again where nothing tells that files have changed on disk, which the bus
/// does not: all properties of two hundred units are megabytes.
const REREAD: Duration = Duration::from_secs(300);
/// Not read again for changed files more often than this.
const REST: Duration = Duration::from_secs(10);
/// Where files of units come to lie.
const HOMES: [&str; 2] = ["/etc/systemd/system", "/run/systemd/system"];
/// How long it is polled before the bus is tried again.
const RETRY: Duration = Duration::from_secs(60);
/// So many pings without an answer are borne before the bus is connected anew.
const SILENT: u32 = 2;

/// Reads units for as long as the host is connected.
pub(super) async fn run(transport: &dyn Transport, shared: &Shared) -> Fault {
    loop {
        let bus = timeout(OPENING, transport.bus()).await.unwrap_or_else(|_late| {
            Err(Fault::new(
                FaultKind::TimedOut,
                "connect to systemd's bus",
                format!("no answer within {} s", OPENING.as_secs()),
            ))
        });
        match bus {
            Ok(bus) => {
                shared.reporter.say(HostEvent::Pushed(true)).await;
                let fault = by_bus(&*bus, shared).await;
                tracing::warn!("systemd's bus: {fault}");
                shared.units_answer(false);
                shared.units_failed(Some(fault)).await;
                // Whatever it was, not in a tight loop.
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
            Err(fault) => {
                tracing::info!("units are polled: {fault}");
                shared.units_answer(false);
                shared.reporter.say(HostEvent::Pushed(false)).await;
            }
        }
        by_polling(transport, shared).await;
    }
}

/// Listens until the bus is gone.
async fn by_bus(bus: &dyn UnitBus, shared: &Shared) -> Fault {
    loop {
        if let Err(fault) = listen(bus, shared).await {
            return fault;
        }
    }
}

/// Reads all and then what changes; ends well when other units are to be watched.
async fn listen(bus: &dyn UnitBus, shared: &Shared) -> Result<(), Fault> {
    let mut watches = shared.watch.subscribe();
    let watch = watches.borrow_and_update().clone();
    let mut asked_now = shared.now.subscribe();
    let mut units = wanted(bus, shared).await?;
    bus.watch(&units, watch.discover);
    let mut silent = 0;
    let mut ping = every(PING);
    let mut stamps = shared.stamps.subscribe();
    let mut stamped = None;
    read(bus, &units, shared).await?;
    let mut again = Instant::now() + REREAD;
    let mut last = Instant::now();
    let mut homes = homes(shared);
    shared.read.send_replace(Some(Arc::from(units.as_slice())));
    loop {
        tokio::select! {
            changed = bus.changed() => {
                let changed: Vec<UnitName> =
                    changed?.into_iter().filter(worth_showing).collect();
                if watch.discover {
                    let new: Vec<UnitName> = changed
                        .iter()
                        .filter(|unit| !units.contains(unit))
                        .cloned()
                        .collect();
                    units.extend(new.into_iter().take(MOST_DISCOVERED.saturating_sub(units.len())));
                }
                let changed: Vec<UnitName> =
                    changed.into_iter().filter(|unit| units.contains(unit)).collect();
                read(bus, &changed, shared).await?;
                shared.stirred.send_replace(changed);
            }
            _ = ping.tick() => match bus.ping().await {
                Ok(()) if shared.units_hold() => silent = 0,
                Ok(()) => {
                    silent = 0;
                    // It was silent for a while: who knows what it did not tell.
                    read(bus, &units, shared).await?;
                }
                // Perhaps it is this connection that is broken, not systemd.
                Err(fault) if silent >= SILENT => return Err(fault),
                Err(fault) => {
                    silent += 1;
                    shared.units_failed(Some(fault)).await;
                }
            },
            _ = stamps.changed() => {
                if others(stamps.borrow_and_update().as_ref(), &homes, &mut stamped) {
                    again = again.min(last + REST);
                }
            }
            () = shared.refiled.notified() => again = again.min(last + REST),
            () = tokio::time::sleep_until(again) => {
                units = wanted(bus, shared).await?;
                bus.watch(&units, watch.discover);
                read(bus, &units, shared).await?;
                last = Instant::now();
                again = last + REREAD;
                let now = self::homes(shared);
                if now != homes {
                    homes = now;
                    stamped = None;
                }
                shared.read.send_replace(Some(Arc::from(units.as_slice())));
            }
            _ = asked_now.changed() => read(bus, &units, shared).await?,
            _ = watches.changed() => return Ok(()),
        }
    }
}

/// Directories in which files of units lie and may come to lie; they are watched.
fn homes(shared: &Shared) -> BTreeSet<Box<str>> {
    let units = shared.glances.subscribe();
    let units = units.borrow();
    let files = units.iter().flat_map(BTreeMap::values).flat_map(|glance| &glance.paths);
    let folders = files.filter(|path| is_unit_file(path)).filter_map(|path| path.rsplit_once('/'));
    let folders = folders.map(|(folder, _)| folder).chain(HOMES);
    let homes: BTreeSet<Box<str>> = folders.map(Box::from).collect();
    shared.stamps.want(Who::Units, homes.iter().cloned());
    homes
}

/// Whether a path is that of a unit's file or of a drop-in (systemd.unit(5)).
pub(super) fn is_unit_file(path: &str) -> bool {
    path.contains("/systemd/")
}

/// The declared units, or those that run.
async fn wanted(bus: &dyn UnitBus, shared: &Shared) -> Result<Vec<UnitName>, Fault> {
    let watch = shared.watch.borrow().clone();
    if !watch.discover {
        return Ok(watch.units.to_vec());
    }
    let mut found = bus.services().await?;
    found.retain(worth_showing);
    found.sort();
    found.truncate(MOST_DISCOVERED);
    shared.reporter.say(HostEvent::Discovered(found.clone())).await;
    Ok(found)
}

async fn read(bus: &dyn UnitBus, units: &[UnitName], shared: &Shared) -> Result<(), Fault> {
    match bus.read(units).await {
        Ok(read) => {
            shared.take_groups(&read);
            shared.reporter.say(HostEvent::Units(read)).await;
            shared.units_failed(None).await;
            shared.units_answer(true);
            Ok(())
        }
        // systemd is silent, the bus may be well: stay, the next ping tells.
        Err(fault) if fault.kind == FaultKind::TimedOut => {
            shared.units_failed(Some(fault)).await;
            Ok(())
        }
        Err(fault) => Err(fault),
    }
}

/// Polls for a while, over a channel of its own: a `systemctl` that hangs must not hold up the
/// heartbeat.
async fn by_polling(transport: &dyn Transport, shared: &Shared) {
    let until = Instant::now() + RETRY;
    let mut collector = None;
    let mut watches = shared.watch.subscribe();
    let mut asked_now = shared.now.subscribe();
    loop {
        let watch = watches.borrow_and_update().clone();
        let polled = timeout(POLL_DEADLINE, poll(transport, &mut collector, shared)).await;
        let failed = match polled {
            Ok(Ok(())) => None,
            Ok(Err(fault)) => Some(fault),
            Err(_late) => Some(Fault::new(
                FaultKind::TimedOut,
                "run systemctl show",
                format!("no answer within {} s", POLL_DEADLINE.as_secs()),
            )),
        };
        let mut pause = watch.interval;
        if let Some(fault) = &failed {
            if fault.kind == FaultKind::Missing {
                // No systemd: it will not appear by itself.
                pause = RETRY;
            } else {
                collector = None;
            }
        }
        shared.units_failed(failed).await;
        if Instant::now() + pause >= until {
            tokio::time::sleep_until(until.max(Instant::now() + watch.interval)).await;
            return;
        }
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            _ = watches.changed() => {}
            _ = asked_now.changed() => {}
        }
    }
}

async fn poll(
    transport: &dyn Transport,
    kept: &mut Option<Collector>,
    shared: &Shared,
) -> Result<(), Fault> {
    // Taken out while it is used: one that was given up in the middle is of no more use.
    let mut collector = match kept.take() {
        Some(collector) => collector,
        None => Collector::open(transport).await?,
    };
    let watch = shared.watch.borrow().clone();
    let units = if watch.discover {
        let answer = collector.request(&["qd_services"]).await?;
        let mut found = parse_services(&answer.text);
        found.retain(worth_showing);
        if answer.status != 0 {
            return Err(refused(answer.status, &answer.text));
        }
        found.truncate(MOST_DISCOVERED);
        shared.reporter.say(HostEvent::Discovered(found.clone())).await;
        found
    } else {
        watch.units.to_vec()
    };
    if !units.is_empty() {
        let argv = argv(&units);
        let words: Vec<&str> = argv.iter().map(String::as_str).collect();
        let answer = collector.request(&words).await?;
        let (mut read, warnings) = parse_units(&answer.text);
        if read.len() == units.len() {
            // One record a word, in their order: an alias is answered by its unit's own name.
            for (asked, (unit, _)) in units.iter().zip(&mut read) {
                unit.clone_from(asked);
            }
        } else {
            // What was not asked for is not an answer.
            read.retain(|(unit, _)| units.contains(unit));
        }
        if read.is_empty() {
            let said = warnings.first().map_or("", String::as_str);
            return Err(refused(answer.status, said));
        }
        shared.take_groups(&read);
        shared.reporter.say(HostEvent::Units(read)).await;
    }
    shared.read.send_if_modified(|read| {
        let other = read.as_deref() != Some(units.as_slice());
        if other {
            *read = Some(Arc::from(units.as_slice()));
        }
        other
    });
    *kept = Some(collector);
    Ok(())
}

/// Sessions come and go with every login, ours among them.
fn worth_showing(unit: &UnitName) -> bool {
    !unit.as_str().starts_with("user@") && !unit.as_str().starts_with("user-runtime-dir@")
}

/// Why `systemctl` gave no unit. Without systemd it says "System has not been booted with systemd"
/// (systemd 229 to 257) or is not there at all (127); `timeout` ends it with 124, and with 143 that of
/// busybox 1.35.
fn refused(status: u8, said: &str) -> Fault {
    let said = crate::model::text::clean(said.trim(), 300);
    let tried = "run systemctl show";
    if matches!(status, 124 | 143) {
        return Fault::new(FaultKind::TimedOut, tried, "systemctl did not answer within 8 s");
    }
    if status == 127 || said.contains("not been booted") || said.contains("not found") {
        return Fault::new(FaultKind::Missing, tried, "the host does not run systemd");
    }
    if said.is_empty() {
        return Fault::new(FaultKind::Failed, tried, format!("it ended with {status}"));
    }
    Fault::new(FaultKind::Failed, tried, said)
}

fn every(period: Duration) -> tokio::time::Interval {
    let mut interval = interval_at(Instant::now() + period, period);
    interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
    interval
}

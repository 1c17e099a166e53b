//! What hosts report, into the model: one message a host.

use std::time::Duration;

use divan::counter::ItemsCount;
use divan::{Bencher, black_box};
use quarterdeck::model::Model;
use quarterdeck::model::ids::{HostId, UnitName};
use quarterdeck::model::instance::Usage;
use quarterdeck::model::unit::UnitFacts;
use quarterdeck::msg::{HostEvent, Msg};
use quarterdeck::update::{unsaved, update};

use crate::fixtures::{NOW, many, monotonic, running};

const SERVICES: usize = 14;
const FLEETS: [usize; 3] = [10, 100, 1000];

fn ids(model: &Model) -> Vec<HostId> {
    model.fleet.hosts().map(|(env, host)| host.id(&env.name)).collect()
}

fn units(model: &Model) -> Vec<UnitName> {
    let (_, host) = model.fleet.hosts().next().unwrap();
    host.instances.values().filter_map(|instance| instance.kind.unit().cloned()).collect()
}

fn reduce(bencher: Bencher<'_, '_>, hosts: usize, mut event: impl FnMut(&[UnitName]) -> HostEvent) {
    let mut model = many(hosts, SERVICES);
    let (ids, units) = (ids(&model), units(&model));
    let mut now = NOW;
    bencher
        .counter(ItemsCount::new(hosts))
        .with_inputs(|| {
            let msg = |host: &HostId| Msg::Host {
                host: host.clone(),
                generation: 0,
                event: event(&units),
            };
            ids.iter().map(msg).collect::<Vec<Msg>>()
        })
        .bench_local_values(|messages| {
            now = now + Duration::from_millis(500);
            for msg in messages {
                black_box(update(&mut model, msg, now));
            }
        });
}

/// Every unit of every host, each started again since: the most that a second can bring.
#[divan::bench(args = FLEETS)]
fn units_read(bencher: Bencher<'_, '_>, hosts: usize) {
    let mut n = 0;
    reduce(bencher, hosts, |units| {
        n += 1;
        let read = |unit: &UnitName| {
            let facts = UnitFacts {
                n_restarts: Some(n),
                started: Some(monotonic(0) + u64::from(n)),
                ..running(unit.as_str(), 700 + n, 0)
            };
            (unit.clone(), facts)
        };
        HostEvent::Units(units.iter().map(read).collect())
    });
}

/// The heartbeat.
#[divan::bench(args = FLEETS)]
fn alive(bencher: Bencher<'_, '_>, hosts: usize) {
    reduce(bencher, hosts, |_| HostEvent::Alive {
        latency: Duration::from_millis(12),
        units: true,
    });
}

/// Memory and processor.
#[divan::bench(args = FLEETS)]
fn usage(bencher: Bencher<'_, '_>, hosts: usize) {
    let usage = Usage { memory: Some(148 << 20), cpu_percent: Some(0.4) };
    reduce(bencher, hosts, |units| {
        HostEvent::Usage(units.iter().map(|unit| (unit.clone(), usage)).collect())
    });
}

/// Looking for counters to be kept, when there are none.
#[divan::bench(args = FLEETS)]
fn nothing_unsaved(bencher: Bencher<'_, '_>, hosts: usize) {
    let mut model = many(hosts, SERVICES);
    unsaved(&mut model);
    bencher.bench_local(|| black_box(unsaved(&mut model)));
}

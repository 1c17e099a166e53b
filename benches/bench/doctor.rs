//! All rules over all hosts: a full pass, as a `doctor` takes it once and the console never does,
//! since there each host is looked at when it says something new.

use std::sync::Arc;

use divan::counter::ItemsCount;
use divan::{Bencher, black_box};
use quarterdeck::doctor::{Patient, examine};
use quarterdeck::model::Model;
use quarterdeck::model::port::{PortSpec, Protocol, Socket, Sockets};
use quarterdeck::model::ports::PortRow;
use quarterdeck::model::spec::Promises;

use crate::fixtures::{NOW, many};

const SERVICES: usize = 14;

/// A fleet in which every service declares a port and listens on it.
pub(crate) fn listening(hosts: usize) -> Model {
    let mut model = many(hosts, SERVICES);
    for env in &mut model.fleet.envs {
        for host in env.hosts.values_mut() {
            let mut sockets = Sockets::default();
            for (number, instance) in host.instances.values_mut().enumerate() {
                let port = 8000 + number as u16;
                instance.promises = Arc::new(Promises {
                    ports: vec![PortSpec { port, protocol: Protocol::Tcp, name: None, bind: None }],
                    directory: Some("/srv/app".into()),
                    data: vec!["/srv/app/data".into()],
                    ..Promises::default()
                });
                let group = instance.facts.value().map(|facts| facts.control_group.clone());
                sockets.list.push(Socket {
                    protocol: Protocol::Tcp,
                    address: core::net::IpAddr::from([127, 0, 0, 1]),
                    port,
                    uid: Some(1000),
                    inode: 1000 + number as u64,
                    cgroup: group,
                    pids: vec![700 + number as u32],
                    waiting: 0,
                    backlog: 128,
                });
            }
            host.ports.see(sockets, NOW);
        }
    }
    let briefs: Vec<_> = model
        .fleet
        .hosts()
        .map(|(env, host)| Patient::new(&model.fleet, env, host, NOW).ports)
        .map(|ports| ports.iter().map(PortRow::brief).collect::<Vec<_>>())
        .collect();
    let hosts = model.fleet.envs.iter_mut().flat_map(|env| env.hosts.values_mut());
    for (host, briefs) in hosts.zip(briefs) {
        host.port_briefs = briefs;
    }
    model
}

#[divan::bench(args = [10, 100, 1000])]
fn full_pass(bencher: Bencher<'_, '_>, hosts: usize) {
    let model = listening(hosts);
    bencher.counter(ItemsCount::new(hosts)).bench_local(|| {
        for (env, host) in model.fleet.hosts() {
            black_box(examine(&Patient::new(&model.fleet, env, host, NOW)));
        }
    });
}

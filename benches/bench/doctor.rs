//! All rules over all hosts: a full pass, as a `doctor` takes it once and the console never does,
//! since there each host is looked at when it says something new.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use divan::counter::ItemsCount;
use divan::{Bencher, black_box};
use quarterdeck::config::{Source, parse};
use quarterdeck::doctor::{Patient, examine as diagnose};
use quarterdeck::model::Model;
use quarterdeck::model::backup::{BackupFacts, Copy, Identity};
use quarterdeck::model::fleet::Fleet;
use quarterdeck::model::health::{CheckReading, Outcome, Why};
use quarterdeck::model::job::{JobFacts, JobOrigin, Jobs, LastRun, RunEnd};
use quarterdeck::model::observed::Observed;
use quarterdeck::model::path::{PathFacts, PathKind};
use quarterdeck::model::port::{PortSpec, Protocol, Socket, Sockets};
use quarterdeck::model::ports::PortRow;
use quarterdeck::model::spec::Promises;
use quarterdeck::probe::nginx::parse_conf;
use quarterdeck::probe::scripts::{examine, starters};

use crate::fixtures::{NOW, connect, crash_loop, many};

/// Environments among which the hosts are divided.
const ENVS: usize = 4;
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

/// Fourteen services a host, each with what a rule may ask about: two ports, a check, a directory,
/// data and a dependency; a backup, a timer and a table of cron, scripts and a proxy.
fn config(hosts: usize) -> String {
    let mut text = String::from("[console]\ninterval = \"5s\"\n");
    for env in 0..ENVS.min(hosts) {
        let tier = if env == 0 { "production" } else { "staging" };
        write!(text, "[[env]]\nname = \"e{env}\"\ntier = \"{tier}\"\nports = [\"22-9999\"]\n")
            .unwrap();
        for host in (env..hosts).step_by(ENVS) {
            write!(text, "[[env.host]]\nname = \"h{host}\"\nssh = \"h{host}\"\n").unwrap();
            write!(
                text,
                "[[env.backup]]\nname = \"b{host}\"\nhost = \"h{host}\"\nsource = \"/srv/app/data\"\n\
                 files = \"/srv/backups/data-*.tar.gz\"\nevery = \"6h\"\nkeep = 30\n"
            )
            .unwrap();
        }
        for n in 0..SERVICES {
            let port = 8000 + n * 2;
            write!(
                text,
                "[[env.service]]\nname = \"svc-{n}\"\nunit = \"svc-{n}.service\"\n\
                 ports = [{port}, {{ port = {}, bind = \"loopback\" }}]\n\
                 health = [{{ http = \"http://127.0.0.1:{port}/health\", contains = \"healthy\" }}]\n\
                 directory = \"/srv/app\"\ndata = [\"/srv/app/data\"]\n",
                port + 1
            )
            .unwrap();
            if n > 0 {
                text.push_str("needs = [\"svc-0\"]\n");
            }
        }
    }
    text
}

/// A proxy with a pool and a place for each service.
fn site() -> String {
    let mut text = String::from("# configuration file /etc/nginx/nginx.conf:\n");
    for n in 0..SERVICES {
        let port = 8000 + n * 2;
        write!(
            text,
            "upstream p{n} {{\n server 127.0.0.1:{port};\n server 127.0.0.1:{};\n}}\n\
             server {{\n server_name s{n}.example;\n location / {{ proxy_pass http://p{n}; }}\n \
             location /x {{ proxy_pass http://127.0.0.1:{port}; }}\n}}\n",
            port + 1
        )
        .unwrap();
    }
    text
}

const SCRIPT: &str = "script /opt/backup.sh\nchanged 1795000000\n|#!/bin/bash\n|set -euo pipefail\n\
    |SRC=/srv/app/data\n|tar -czf /srv/backups/data-$(date +%s).tar.gz -C $SRC .\n\
    |pg_dump app | gzip >/srv/backups/app.sql.gz\n|find /srv/backups -mtime +30 -delete\n";

/// A fleet of whose hosts everything is known that a rule may ask for. One service in fifty is down,
/// and one check in a hundred fails.
pub(crate) fn known(hosts: usize) -> Model {
    let spec = parse(&[Source::new("bench.toml", config(hosts))]).expect("it is a config");
    let mut model = Model { now: NOW, fleet: Fleet::new(&spec), ..Model::default() };
    let proxy = {
        let mut facts = parse_conf(&site());
        facts.present = true;
        facts.master = Some(300);
        facts.addresses = vec!["127.0.0.1".parse().unwrap()];
        facts
    };
    let scripts = {
        let started = "unit Id=job-1.service\nunit ExecStart={ path=/opt/backup.sh ; argv[]=/opt/backup.sh ; }\n\
            unit \n";
        examine(&starters(&[], started), SCRIPT)
    };
    assert!(!scripts.mentions.is_empty() && proxy.upstreams.len() == SERVICES);
    let wall = NOW.as_secs();
    let mut count = 0_usize;
    for env in &mut model.fleet.envs {
        for (number, host) in env.hosts.values_mut().enumerate() {
            connect(host, number as u32);
            let mut paths = BTreeMap::new();
            let directory = PathFacts {
                kind: PathKind::Directory,
                changed: Some(wall - 90_000),
                newest: Some(wall - 60),
                files: Some(200),
                bytes: Some(1 << 20),
                ..PathFacts::default()
            };
            // Its code is older than the processes that run it.
            let code = PathFacts { newest: Some(wall - 9_000_000), ..directory.clone() };
            paths.insert("/srv/app".into(), code);
            paths.insert("/srv/app/data".into(), directory.clone());
            let mut sockets = Sockets::default();
            for (place, (name, instance)) in host.instances.iter_mut().enumerate() {
                count += 1;
                let facts = instance.facts.value_mut().unwrap();
                facts.fragment = format!("/etc/systemd/system/{name}.service").into();
                facts.directory = "/srv/app".into();
                facts.sandbox.protect_system = "strict".into();
                facts.sandbox.read_write = vec!["/srv/app/data".into()];
                let file = PathFacts {
                    kind: PathKind::File,
                    changed: Some(wall - 9_000_000),
                    ..PathFacts::default()
                };
                paths.insert(facts.fragment.clone(), file);
                let group = facts.control_group.clone();
                for (spec, log) in instance.promises.checks.clone().iter().zip(&mut instance.checks)
                {
                    for try_ in 0..60 {
                        let failed = count.is_multiple_of(100);
                        let reading = CheckReading {
                            outcome: if failed {
                                Outcome::Failed(Why::Status)
                            } else {
                                Outcome::Passed
                            },
                            latency: Some(Duration::from_millis(3)),
                            detail: "200".into(),
                            excerpt: Box::default(),
                        };
                        log.push(spec, reading, NOW - Duration::from_secs(600 - try_ * 10));
                    }
                }
                if count.is_multiple_of(50) {
                    crash_loop(instance);
                    continue;
                }
                for spec in &instance.promises.ports {
                    sockets.list.push(Socket {
                        protocol: Protocol::Tcp,
                        address: core::net::IpAddr::from([127, 0, 0, 1]),
                        port: spec.port,
                        uid: Some(1000),
                        inode: u64::from(spec.port),
                        cgroup: Some(group.clone()),
                        pids: vec![700 + place as u32],
                        waiting: 0,
                        backlog: 128,
                    });
                }
            }
            host.ports.see(sockets, NOW);
            host.paths.see(paths, NOW);
            host.proxy.see(proxy.clone(), NOW);
            host.scripts.see(scripts.clone(), NOW);
            let ran = |unit: &str| JobFacts {
                activates: Some(unit.replace(".timer", ".service").as_str().into()),
                last: Some(LastRun { at: NOW - Duration::from_secs(3600), end: RunEnd::Succeeded }),
                next: Some(NOW + Duration::from_secs(3600)),
                ..JobFacts::new(JobOrigin::Timer(unit.into()))
            };
            let list = (0..8).map(|n| ran(&format!("job-{n}.timer"))).collect();
            host.jobs.see(Jobs { list, cron_runs: Some(true), ..Jobs::default() }, NOW);
            let copies: Vec<Copy> = (0..40_i64)
                .map(|n| {
                    let changed = wall - 3600 - n * 21_600;
                    let identity = Identity { place: (1, n as u64 + 100), size: 1 << 20, changed };
                    let name = format!("data-{n}.tar.gz").into();
                    Copy { name, at: changed, size: Some(1 << 20), identity }
                })
                .collect();
            let facts = BackupFacts {
                taken: wall,
                device: Some(2),
                count: copies.len() as u64,
                copies,
                source: Some(PathFacts { identity: Some((1, 5)), ..directory }),
                ..BackupFacts::default()
            };
            for backup in env.backups.iter().filter(|backup| backup.host == host.spec.name) {
                let mut known = Observed::default();
                known.see(facts.clone(), NOW);
                host.backups.insert(backup.name.clone(), known);
            }
        }
    }
    model
}

/// Every rule, over hosts of which everything is known.
#[divan::bench(args = [10, 100, 1000])]
fn full_pass(bencher: Bencher<'_, '_>, hosts: usize) {
    let model = known(hosts);
    bencher.counter(ItemsCount::new(hosts)).bench_local(|| pass(&model));
}

/// The same, where little but ports is known.
#[divan::bench(args = [1000])]
fn bare_pass(bencher: Bencher<'_, '_>, hosts: usize) {
    let model = listening(hosts);
    bencher.counter(ItemsCount::new(hosts)).bench_local(|| pass(&model));
}

fn pass(model: &Model) {
    for (env, host) in model.fleet.hosts() {
        black_box(diagnose(&Patient::new(&model.fleet, env, host, NOW)));
    }
}

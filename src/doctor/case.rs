//! A host with one service, to test rules on: all is well until a test says otherwise.

use std::sync::Arc;
use std::time::Duration;

use crate::model::backup::{BackupFacts, BackupSpec};
use crate::model::finding::{Finding, track};
use crate::model::fleet::{Env, Fleet};
use crate::model::host::{Host, HostFacts, Link};
use crate::model::ids::{HostName, ServiceName, UnitName};
use crate::model::instance::Instance;
use crate::model::limits::Limits;
use crate::model::needs::Needs;
use crate::model::path::{PathFacts, PathKind};
use crate::model::port::PortRange;
use crate::model::rule::Rule;
use crate::model::spec::{
    ConsoleSpec, EnvSpec, FleetSpec, HostSpec, Kind, Promises, Reach, ServiceSpec, Sudo, Tier,
};
use crate::model::time::Timestamp;
use crate::model::unit::{ActiveState, Exit, ExitCode, JournalLine, LoadState, UnitFacts};

/// When the rules look.
pub(super) const NOW: Timestamp = Timestamp::from_secs(1_795_230_000);
/// The host was booted so long ago.
const UP: Duration = Duration::from_secs(40 * 86_400);

/// See the module.
pub(super) struct Case {
    fleet: Fleet,
}

/// That long ago, on the host's monotonic clock.
pub(super) fn monotonic(secs: u64) -> u64 {
    UP.saturating_sub(Duration::from_secs(secs)).as_micros() as u64
}

/// That long ago, in seconds on the host's wall clock.
pub(super) fn wall(secs: i64) -> i64 {
    NOW.as_secs() - secs
}

/// A directory that changed that many seconds ago.
pub(super) fn directory(secs: i64) -> PathFacts {
    PathFacts {
        kind: PathKind::Directory,
        changed: Some(wall(secs)),
        newest: Some(wall(secs)),
        files: Some(9),
        ..PathFacts::default()
    }
}

/// A file that changed that many seconds ago.
pub(super) fn file(secs: i64) -> PathFacts {
    PathFacts { kind: PathKind::File, changed: Some(wall(secs)), ..PathFacts::default() }
}

impl Case {
    /// Host `h`, service `api`, which runs for an hour.
    pub(super) fn new() -> Self {
        Self::of(&[("h", &["api"])], |_| Promises::default())
    }

    /// With promises.
    pub(super) fn promising(promises: Promises) -> Self {
        Self::of(&[("h", &["api"])], move |_| promises.clone())
    }

    /// Hosts with their services.
    pub(super) fn of(hosts: &[(&str, &[&str])], promises: impl Fn(&str) -> Promises) -> Self {
        let mut services: Vec<ServiceSpec> = Vec::new();
        for (host, names) in hosts {
            for name in *names {
                match services.iter_mut().find(|service| service.name.as_str() == *name) {
                    Some(service) => service.hosts.push(HostName::new(host)),
                    None => services.push(ServiceSpec {
                        name: ServiceName::new(name),
                        hosts: vec![HostName::new(host)],
                        kind: Kind::Unit(UnitName::new(format!("{name}.service"))),
                        promises: Arc::new(promises(name)),
                    }),
                }
            }
        }
        let env = EnvSpec {
            name: "production".into(),
            tier: Tier::Production,
            protected: true,
            hosts: hosts
                .iter()
                .map(|(name, _)| HostSpec {
                    name: HostName::new(name),
                    reach: Reach::Ssh((*name).to_owned()),
                    sudo: Sudo::Auto,
                    limits: Limits::default(),
                })
                .collect(),
            services,
            ports: Vec::new(),
            backups: Arc::default(),
            syncs: Arc::default(),
            windows: Arc::default(),
            silences: Vec::new(),
        };
        let console = ConsoleSpec::default();
        let spec = FleetSpec { console, envs: vec![env], ..FleetSpec::default() };
        let mut fleet = Fleet::new(&spec);
        for host in fleet.envs.iter_mut().flat_map(|env| env.hosts.values_mut()) {
            host.link = Link::Connected;
            host.facts.see(
                HostFacts {
                    boot: NOW - UP,
                    started: NOW - UP,
                    journal: true,
                    sudo: true,
                    memory_total: 8 << 30,
                    memory_available: 6 << 30,
                    ..HostFacts::default()
                },
                NOW,
            );
            host.paths.see(std::collections::BTreeMap::new(), NOW);
            for instance in host.instances.values_mut() {
                instance.facts.see(running(), NOW);
            }
        }
        Self { fleet }
    }

    /// A backup of the first host, and what is known of it.
    pub(super) fn backup(mut self, spec: BackupSpec, facts: BackupFacts) -> Self {
        let name = spec.name.clone();
        self.fleet.envs[0].backups = Arc::from([spec]);
        self.host().backups.entry(name).or_default().see(facts, NOW);
        self
    }

    /// Only these ports are allowed in its environment.
    pub(super) fn allowing(mut self, ports: &[PortRange]) -> Self {
        self.fleet.envs[0].ports = ports.to_vec();
        self
    }

    /// The first host.
    pub(super) fn host(&mut self) -> &mut Host {
        self.fleet.envs[0].hosts.values_mut().next().unwrap()
    }

    /// A host.
    pub(super) fn host_named(&mut self, name: &str) -> &mut Host {
        self.fleet.envs[0].hosts.get_mut(&HostName::new(name)).unwrap()
    }

    /// The first host's facts.
    pub(super) fn facts(&mut self) -> &mut HostFacts {
        self.host().facts.value_mut().unwrap()
    }

    /// The first host's first service.
    pub(super) fn instance(&mut self) -> &mut Instance {
        self.host().instances.values_mut().next().unwrap()
    }

    /// What systemd says of it.
    pub(super) fn unit(&mut self) -> &mut UnitFacts {
        self.instance().facts.value_mut().unwrap()
    }

    /// It has failed with that exit status, and said this last.
    pub(super) fn failed(mut self, status: i32, words: &[&str]) -> Self {
        fail(self.instance(), status, words);
        self
    }

    /// A path on the first host.
    pub(super) fn path(mut self, path: &str, facts: PathFacts) -> Self {
        let paths = self.host().paths.value_mut().unwrap();
        paths.insert(path.into(), facts);
        self
    }

    /// What all rules find on the first host.
    pub(super) fn findings(&self) -> Vec<Finding> {
        self.findings_of(self.fleet.envs[0].hosts.values().next().unwrap())
    }

    /// What all rules find on a host.
    pub(super) fn findings_on(&self, name: &str) -> Vec<Finding> {
        self.findings_of(&self.fleet.envs[0].hosts[&HostName::new(name)])
    }

    /// Keeps what all rules find, until what is found on one host is known to the others.
    pub(super) fn track(&mut self) {
        for _ in 0..2 {
            let names: Vec<HostName> = self.fleet.envs[0].hosts.keys().cloned().collect();
            for name in names {
                let findings = self.findings_on(name.as_str());
                track(&mut self.host_named(name.as_str()).findings, findings, NOW);
            }
        }
    }

    /// Who needs whom.
    pub(super) fn needs(&self) -> Needs<'_> {
        let env = &self.fleet.envs[0];
        let hosts = env.hosts.values();
        Needs::new(env, hosts.flat_map(|host| self.fleet.rows_of(env, host, NOW)))
    }

    fn findings_of(&self, host: &Host) -> Vec<Finding> {
        let env: &Env = &self.fleet.envs[0];
        super::examine(&super::Patient::new(&self.fleet, env, host, NOW))
    }

    /// What a rule finds on the first host.
    pub(super) fn found(&self, rule: Rule) -> Option<Finding> {
        self.findings().into_iter().find(|finding| finding.key.rule == rule)
    }
}

/// Fails an instance.
pub(super) fn fail(instance: &mut Instance, status: i32, words: &[&str]) {
    let exit = Exit { code: ExitCode::Exited, status, at: Some(monotonic(60)) };
    let facts = instance.facts.value_mut().unwrap();
    facts.active = ActiveState::Failed;
    facts.sub = "failed".into();
    facts.result = "exit-code".into();
    facts.main_pid = None;
    facts.exit = Some(exit);
    facts.changed = Some(monotonic(60));
    instance.last_exit = Some(exit);
    instance.words = words
        .iter()
        .map(|text| JournalLine {
            at: wall(60) * 1_000_000,
            priority: Some(3),
            from: "systemd[1]".to_owned(),
            text: (*text).to_owned(),
        })
        .collect();
}

fn running() -> UnitFacts {
    UnitFacts {
        load: LoadState::Loaded,
        active: ActiveState::Active,
        sub: "running".into(),
        result: "success".into(),
        unit_type: "simple".into(),
        restart: "no".into(),
        main_pid: Some(700),
        started: Some(monotonic(3600)),
        changed: Some(monotonic(3600)),
        activated: Some(monotonic(3600)),
        unit_file_state: "enabled".into(),
        fragment: "/etc/systemd/system/api.service".into(),
        ..UnitFacts::default()
    }
}

#[test]
fn all_is_well() {
    assert_eq!(Case::new().findings(), vec![]);
}

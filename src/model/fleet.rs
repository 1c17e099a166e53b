//! All environments with their hosts: what is known now.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::backup::BackupSpec;
use super::finding::Subject;
use super::found::Found;
use super::health::CheckState;
use super::host::Host;
use super::ids::{EnvName, HostId, HostName, InstanceId, ServiceName};
use super::instance::{Instance, ServiceState, Verdict};
use super::port::PortRange;
use super::severity::Severity;
use super::spec::{EnvSpec, FleetSpec, Silence, Tier};
use super::sync::SyncSpec;
use super::time::Timestamp;
use super::window::{Purpose, Window};

/// An environment.
#[derive(Clone, PartialEq, Debug)]
pub struct Env {
    /// Its name.
    pub name: EnvName,
    /// How dear it is.
    pub tier: Tier,
    /// Opens locked.
    pub protected: bool,
    /// Ports that may listen there; none where anything may.
    pub ports: Vec<PortRange>,
    /// Findings that nobody wants to hear of.
    pub silences: Vec<Silence>,
    /// Backups that its hosts should have, in the config's order.
    pub backups: Arc<[BackupSpec]>,
    /// Directories that are replaced by those of another environment, in the config's order.
    pub syncs: Arc<[SyncSpec]>,
    /// When nothing is deployed, and when nobody is called.
    pub windows: Arc<[Window]>,
    /// It was maintained when it was looked at last.
    pub was_maintained: bool,
    /// Its hosts.
    pub hosts: BTreeMap<HostName, Host>,
}

/// One row: an instance with its surroundings and its verdict.
#[derive(Clone, Copy, Debug)]
pub struct Row<'a> {
    /// Where.
    pub env: &'a Env,
    /// Where.
    pub host: &'a Host,
    /// What it is called.
    pub service: &'a ServiceName,
    /// What is known.
    pub instance: &'a Instance,
    /// What that means.
    pub verdict: Verdict,
    /// What the doctor found about it.
    pub found: Option<Found>,
}

impl Row<'_> {
    /// The row's identity.
    pub fn id(&self) -> InstanceId {
        InstanceId { host: self.host.id(&self.env.name), service: self.service.clone() }
    }

    /// The worse of the verdict and of what was found.
    pub const fn severity(&self) -> Severity {
        Found::worse(self.found.as_ref(), self.verdict.severity)
    }
}

/// Everything that is watched.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Fleet {
    /// In the config's order.
    pub envs: Vec<Env>,
    /// How often what cannot be pushed is read.
    pub interval: Duration,
    /// Actions that the config declares.
    pub actions: Arc<[Arc<super::action::ActionSpec>]>,
}

/// How many instances are in which state, for an environment's line.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Tally {
    /// All.
    pub services: usize,
    /// Up, done or waiting, and nothing is known to be wrong with it.
    pub ok: usize,
    /// Up, and does not do what it is for.
    pub unhealthy: usize,
    /// Failed or missing.
    pub failed: usize,
    /// Crash-looping.
    pub looping: usize,
    /// Not known, or too old to be trusted.
    pub unknown: usize,
    /// All hosts.
    pub hosts: usize,
    /// Hosts that answer.
    pub hosts_up: usize,
    /// As of when the oldest reading is that is no longer trusted.
    pub oldest_stale: Option<Timestamp>,
}

impl Fleet {
    /// A fleet of which nothing is known yet.
    pub fn new(spec: &FleetSpec) -> Self {
        Self {
            envs: spec.envs.iter().map(Env::new).collect(),
            interval: spec.console.interval,
            actions: Arc::clone(&spec.actions),
        }
    }

    /// Follows a changed config: what stays the same keeps what is known of it.
    /// Answers the hosts that have to be connected anew and those that are gone.
    pub fn follow(&mut self, spec: &FleetSpec) -> Change {
        let mut old = std::mem::replace(self, Self::new(spec));
        let mut change = Change::default();
        for env in &mut self.envs {
            let mut before = old
                .envs
                .iter_mut()
                .find(|e| e.name == env.name)
                .map(|e| std::mem::take(&mut e.hosts))
                .unwrap_or_default();
            for (name, host) in &mut env.hosts {
                let id = HostId { env: env.name.clone(), host: name.clone() };
                match before.remove(name) {
                    Some(known) if known.spec == host.spec => {
                        if host.adopt(known) {
                            change.rewatch.push(id);
                        }
                    }
                    Some(known) => {
                        host.generation = known.generation;
                        change.connect.push(id);
                    }
                    None => change.connect.push(id),
                }
            }
            change
                .gone
                .extend(before.into_keys().map(|host| HostId { env: env.name.clone(), host }));
        }
        for env in old.envs.iter().filter(|e| !self.envs.iter().any(|n| n.name == e.name)) {
            change.gone.extend(
                env.hosts.keys().map(|host| HostId { env: env.name.clone(), host: host.clone() }),
            );
        }
        change
    }

    /// An environment.
    pub fn env(&self, name: &EnvName) -> Option<&Env> {
        self.envs.iter().find(|env| env.name == *name)
    }

    /// A host.
    pub fn host(&self, id: &HostId) -> Option<&Host> {
        self.env(&id.env)?.hosts.get(&id.host)
    }

    /// A host, to be changed.
    pub fn host_mut(&mut self, id: &HostId) -> Option<&mut Host> {
        self.envs.iter_mut().find(|env| env.name == id.env)?.hosts.get_mut(&id.host)
    }

    /// All hosts with their environment.
    pub fn hosts(&self) -> impl Iterator<Item = (&Env, &Host)> {
        self.envs.iter().flat_map(|env| env.hosts.values().map(move |host| (env, host)))
    }

    /// All instances with their verdicts at `now`.
    pub fn rows(&self, now: Timestamp) -> impl Iterator<Item = Row<'_>> {
        self.hosts().flat_map(move |(env, host)| self.rows_of(env, host, now))
    }

    /// One host's instances with their verdicts at `now`.
    pub fn rows_of<'a>(
        &'a self,
        env: &'a Env,
        host: &'a Host,
        now: Timestamp,
    ) -> impl Iterator<Item = Row<'a>> {
        host.instances.iter().map(move |(service, instance)| Row {
            env,
            host,
            service,
            instance,
            verdict: instance.judge(host, self.interval, now),
            found: found(host, service),
        })
    }

    /// The instance of that name.
    pub fn row(&self, id: &InstanceId, now: Timestamp) -> Option<Row<'_>> {
        let env = self.env(&id.host.env)?;
        let host = env.hosts.get(&id.host.host)?;
        let (service, instance) = host.instances.get_key_value(&id.service)?;
        let verdict = instance.judge(host, self.interval, now);
        Some(Row { env, host, service, instance, verdict, found: found(host, service) })
    }

    /// An environment's worst severity and counts.
    pub fn sum_up(&self, env: &Env, now: Timestamp) -> (Severity, Tally) {
        env.sum_up(env.hosts.values().flat_map(|host| self.rows_of(env, host, now)))
    }

    /// The worst of all.
    pub fn severity(&self, now: Timestamp) -> Severity {
        Severity::worst(self.envs.iter().map(|env| self.sum_up(env, now).0))
    }
}

fn found(host: &Host, service: &ServiceName) -> Option<Found> {
    Found::about(
        &host.findings,
        |subject| matches!(subject, Subject::Service(name) if name == service),
    )
}

impl Tally {
    fn count(&mut self, verdict: &Verdict) {
        self.services += 1;
        if verdict.stale {
            self.unknown += 1;
            return;
        }
        match verdict.state {
            ServiceState::Failed | ServiceState::Missing => self.failed += 1,
            ServiceState::CrashLooping => self.looping += 1,
            ServiceState::Unknown => self.unknown += 1,
            ServiceState::Running | ServiceState::Completed | ServiceState::Waiting => {
                match (verdict.health, verdict.severity) {
                    (Some(CheckState::Failing), _) => self.unhealthy += 1,
                    (_, Severity::Unknown) => self.unknown += 1,
                    (_, severity) if severity.is_problem() => {}
                    _ => self.ok += 1,
                }
            }
            ServiceState::Starting
            | ServiceState::Reloading
            | ServiceState::Stopping
            | ServiceState::Stopped
            | ServiceState::Paused => {}
        }
    }
}

/// What a changed config asks of the connections.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Change {
    /// New, or reached otherwise than before.
    pub connect: Vec<HostId>,
    /// Same host, other units.
    pub rewatch: Vec<HostId>,
    /// No longer watched.
    pub gone: Vec<HostId>,
}

impl Env {
    /// The freeze that is in force, and when it is over.
    pub fn frozen(&self, now: Timestamp) -> Option<(&Window, Timestamp)> {
        self.window(Purpose::Freeze, now)
    }

    /// The maintenance that goes on, and when it is over.
    pub fn maintained(&self, now: Timestamp) -> Option<(&Window, Timestamp)> {
        self.window(Purpose::Maintenance, now)
    }

    fn window(&self, purpose: Purpose, now: Timestamp) -> Option<(&Window, Timestamp)> {
        let own = self.windows.iter().filter(|window| window.purpose == purpose);
        own.filter_map(|window| Some((window, window.until(now)?))).max_by_key(|(_, until)| *until)
    }

    /// Its worst severity and counts, of its hosts and these rows, which are all of its own.
    pub fn sum_up<'a>(
        &self,
        rows: impl Iterator<Item = impl std::borrow::Borrow<Row<'a>>>,
    ) -> (Severity, Tally) {
        let mut worst = Severity::Ok;
        let mut tally = Tally::default();
        for host in self.hosts.values() {
            worst = worst.max(host.severity()).max(host.found_severity());
            tally.hosts += 1;
            tally.hosts_up += usize::from(host.link.is_up());
        }
        for row in rows {
            let row = row.borrow();
            worst = worst.max(row.verdict.severity);
            tally.count(&row.verdict);
            if let Some(as_of) = row.instance.facts.as_of().filter(|_| row.verdict.stale) {
                let oldest = tally.oldest_stale.map_or(as_of, |oldest| oldest.min(as_of));
                tally.oldest_stale = Some(oldest);
            }
        }
        (worst, tally)
    }

    /// Whether any of its services declares what it needs.
    pub fn has_needs(&self) -> bool {
        let instances = self.hosts.values().flat_map(|host| host.instances.values());
        instances.into_iter().any(|instance| !instance.promises.needs.is_empty())
    }

    fn new(spec: &EnvSpec) -> Self {
        let mut hosts = BTreeMap::new();
        for host in &spec.hosts {
            let mut known = Host::new(host.clone());
            for service in spec.services.iter().filter(|s| s.hosts.contains(&host.name)) {
                if let Some(unit) = service.kind.unit() {
                    known.by_unit.insert(unit.clone(), service.name.clone());
                }
                let instance = Instance::new(service.kind.clone(), Arc::clone(&service.promises));
                known.instances.insert(service.name.clone(), instance);
            }
            known.discover = known.instances.is_empty();
            hosts.insert(host.name.clone(), known);
        }
        Self {
            name: spec.name.clone(),
            tier: spec.tier,
            protected: spec.protected,
            ports: spec.ports.clone(),
            silences: spec.silences.clone(),
            backups: Arc::clone(&spec.backups),
            syncs: Arc::clone(&spec.syncs),
            windows: Arc::clone(&spec.windows),
            was_maintained: false,
            hosts,
        }
    }
}

impl Host {
    /// Takes over all that is known; answers whether other units are watched now.
    fn adopt(&mut self, mut known: Self) -> bool {
        let same = self.by_unit == known.by_unit || (self.discover && known.discover);
        if self.discover && known.discover {
            self.instances = std::mem::take(&mut known.instances);
            self.by_unit = std::mem::take(&mut known.by_unit);
        }
        for (unit, service) in &self.by_unit {
            let before = known.by_unit.get(unit).and_then(|name| known.instances.remove(name));
            if let (Some(before), Some(slot)) = (before, self.instances.get_mut(service)) {
                let promises = Arc::clone(&slot.promises);
                *slot = before;
                slot.promise(promises);
                slot.discovered = self.discover;
            }
        }
        // What is no unit is known by its name.
        for (service, slot) in &mut self.instances {
            let before = known.instances.remove(service);
            let same = |before: &Instance| before.kind == slot.kind && slot.kind.unit().is_none();
            if let Some(before) = before.filter(same) {
                let promises = Arc::clone(&slot.promises);
                *slot = before;
                slot.promise(promises);
            }
        }
        // All else stays, whatever it is.
        known.spec = self.spec.clone();
        known.instances = std::mem::take(&mut self.instances);
        known.by_unit = std::mem::take(&mut self.by_unit);
        known.discover = self.discover;
        *self = known;
        !same
    }
}

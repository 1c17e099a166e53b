//! A host: how well we reach it and how it fares.

mod facts;
mod link;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::backup::BackupFacts;
use super::deploy::{Deployed, Release};
use super::drill::Drilled;
use super::fault::Fault;
use super::finding::{Subject, Tracked};
use super::flaps::Flaps;
use super::found::Found;
use super::ids::{BackupName, HostId, ServiceName, UnitName};
use super::instance::Instance;
use super::job::Jobs;
use super::observed::Observed;
use super::path::PathFacts;
use super::port::{PortBrief, Sockets};
use super::process::Processes;
use super::proxy::ProxyFacts;
use super::restarts::Saved;
use super::script::Scripts;
use super::severity::Severity;
use super::spec::{HostSpec, Reach};
use super::time::Timestamp;
use super::told::Told;

pub use super::part::Part;
pub use facts::{Disk, HostFacts, Pressure};
pub use link::Link;

/// Discovered services of a host beyond this are left out, whatever it says.
pub const MOST_DISCOVERED: usize = 500;

/// A host and all that runs on it.
#[derive(Clone, PartialEq, Debug)]
pub struct Host {
    /// What was asked.
    pub spec: HostSpec,
    /// Counts connections; an answer with an older number is dropped.
    pub generation: u32,
    /// The connection.
    pub link: Link,
    /// How long a request took last, there and back.
    pub latency: Option<Duration>,
    /// What it says of itself.
    pub facts: Observed<HostFacts>,
    /// Why units cannot be read, while the host can.
    pub units_fault: Option<Fault>,
    /// Whether changes are pushed by systemd's bus, not polled.
    pub pushed: bool,
    /// When this connection began to be complete: the first reading of its units.
    pub read_since: Option<Timestamp>,
    /// The journal was asked about the time before.
    pub recalled: bool,
    /// Its services.
    pub instances: BTreeMap<ServiceName, Instance>,
    /// Which services a unit stands for.
    pub by_unit: BTreeMap<UnitName, ServiceName>,
    /// No service was declared: those that run are shown.
    pub discover: bool,
    /// Counters of an earlier run of the console, for services that are not discovered yet.
    pub remembered: Vec<(ServiceName, Saved)>,
    /// What listens.
    pub ports: Observed<Sockets>,
    /// What was deployed there.
    pub deployed: Vec<Deployed>,
    /// How drills went there.
    pub drilled: Vec<Drilled>,
    /// The verdicts on its ports, as of the doctor's last look.
    pub port_briefs: Vec<PortBrief>,
    /// What its reverse proxy does.
    pub proxy: Observed<ProxyFacts>,
    /// What its scripts were found to do.
    pub scripts: Observed<Scripts>,
    /// When its packages were changed last, in seconds on its wall clock, and what its package
    /// manager wrote down last.
    pub packages: Option<(i64, Vec<Box<str>>)>,
    /// What is scheduled there.
    pub jobs: Observed<Jobs>,
    /// Processes that services are.
    pub processes: Observed<Processes>,
    /// Directories and files that its services rest on.
    pub paths: Observed<BTreeMap<Box<str>, PathFacts>>,
    /// Its backups, as far as they were read.
    pub backups: BTreeMap<BackupName, Observed<BackupFacts>>,
    /// What the doctor found, worst first.
    pub findings: Vec<Tracked>,
    /// How often they came and went.
    pub flaps: Flaps,
    /// What the timeline has told of it.
    pub told: Told,
    /// Parts of this connection's reading that have come to their first end.
    pub parts: BTreeSet<Part>,
}

impl Host {
    /// What is deployed of an instance, as was written down there.
    pub fn release(&self, instance: &Instance) -> Option<&Release> {
        if self.deployed.is_empty() {
            return None;
        }
        let subject = instance.kind.subject();
        self.deployed.iter().find(|one| one.subject == subject).map(|one| &one.release)
    }

    /// How the last drill of what is locked there by that name went.
    pub fn drilled(&self, subject: &str) -> Option<&Drilled> {
        self.drilled.iter().find(|one| *one.subject == *subject)
    }

    /// A host of which nothing is known yet.
    pub fn new(spec: HostSpec) -> Self {
        let discover = matches!(spec.reach, Reach::Local);
        Self {
            spec,
            generation: 0,
            link: Link::Connecting,
            latency: None,
            facts: Observed::default(),
            units_fault: None,
            pushed: false,
            read_since: None,
            recalled: false,
            instances: BTreeMap::new(),
            by_unit: BTreeMap::new(),
            discover,
            remembered: Vec::new(),
            ports: Observed::default(),
            deployed: Vec::new(),
            drilled: Vec::new(),
            port_briefs: Vec::new(),
            proxy: Observed::default(),
            scripts: Observed::default(),
            packages: None,
            jobs: Observed::default(),
            processes: Observed::default(),
            paths: Observed::default(),
            backups: BTreeMap::new(),
            findings: Vec::new(),
            flaps: Flaps::default(),
            told: Told::default(),
            parts: BTreeSet::new(),
        }
    }

    /// A moment of the host's monotonic clock on the console's clock.
    pub fn at(&self, monotonic: u64) -> Option<Timestamp> {
        self.facts.value().map(|facts| facts.boot + Duration::from_micros(monotonic))
    }

    /// A moment of the host's wall clock, in microseconds, on the console's clock.
    pub fn wall(&self, micros: i64) -> Option<Timestamp> {
        let skew = self.facts.value()?.skew;
        Some(Timestamp::from_micros(micros).shifted(skew.saturating_neg()))
    }

    /// The worst of the connection and of what the host says of itself.
    pub fn severity(&self) -> Severity {
        let own = self.facts.value();
        let own = own.map_or(Severity::Ok, |facts| facts.severity(&self.spec.limits));
        let units = if self.units_fault.is_some() { Severity::Unknown } else { Severity::Ok };
        self.link.severity().max(own).max(units)
    }

    /// The worse of that and of what was found about it.
    pub fn shown_severity(&self) -> Severity {
        Found::worse(self.found().as_ref(), self.severity())
    }

    /// Whether somebody wants no calls about something there.
    pub fn is_muted(&self, subject: &str) -> bool {
        self.findings.iter().any(|tracked| {
            tracked.acknowledged.as_ref().is_some_and(|ack| ack.mute)
                && tracked.finding.key.subject.name() == subject
        })
    }

    /// What the doctor found about it and what it has that is no service and no backup.
    pub fn found(&self) -> Option<Found> {
        Found::about(&self.findings, |subject| {
            matches!(subject, Subject::Host | Subject::Path(_) | Subject::Upstream(_))
        })
    }

    /// The worst that the doctor found.
    pub fn found_severity(&self) -> Severity {
        let counting = self.findings.iter().filter(|tracked| tracked.counts());
        Severity::worst(counting.map(|tracked| tracked.finding.severity))
    }

    /// Whether a single reading has nothing more to wait for: everything is read, or we know why
    /// not.
    pub fn is_settled(&self) -> bool {
        match &self.link {
            Link::Connecting => false,
            Link::Connected | Link::Degraded(_) => {
                let units =
                    self.units_fault.is_some() || (self.read_since.is_some() && self.recalled);
                let parts = Part::ALL.iter().all(|part| self.parts.contains(part));
                self.facts.value().is_some() && units && parts
            }
            Link::Unreachable { .. } | Link::AuthFailed { .. } | Link::HostKeyChanged { .. } => {
                true
            }
        }
    }

    /// The instance of a unit.
    pub fn instance_of(&mut self, unit: &UnitName) -> Option<&mut Instance> {
        let service = self.by_unit.get(unit)?;
        self.instances.get_mut(service)
    }

    /// Its id, given its environment.
    pub fn id(&self, env: &super::ids::EnvName) -> HostId {
        HostId { env: env.clone(), host: self.spec.name.clone() }
    }
}

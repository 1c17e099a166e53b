//! A host: how well we reach it and how it fares.

mod part;
mod facts;
mod link;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::backup::BackupFacts;
use super::fault::{Fault, FaultKind};
use super::fault::Fault;
use super::finding::Tracked;
use super::ids::{BackupName, HostId, ServiceName, UnitName};
use super::instance::Instance;
use super::job::Jobs;
use super::observed::Observed;
use super::path::PathFacts;
use super::port::{PortBrief, Sockets};
use super::proxy::ProxyFacts;
use super::restarts::Saved;
use super::script::Scripts;
use super::severity::Severity;
use super::spec::{HostSpec, Reach};
use super::time::Timestamp;
use super::told::Told;

pub use super::part::Part;

pub use part::Part;

/// The connection's state, as in `status --json`.
#[derive(Clone, PartialEq, Debug, Default)]
pub enum Link {
    /// On its way; nothing known yet.
    #[default]
    Connecting,
    /// Both channels answer.
    Connected,
    /// Reached, but something of it does not answer.
    Degraded(Fault),
    /// Not reached; the next try is at `retry_at`.
    Unreachable {
        /// Why.
        fault: Fault,
        /// When it is tried again.
        retry_at: Timestamp,
    },
    /// The host refuses our credentials. Tried again rarely, since nothing will change by itself.
    AuthFailed {
        /// What it said.
        fault: Fault,
        /// When it is tried again.
        retry_at: Timestamp,
    },
    /// The host's key is unknown or another one than we know. Never connected to.
    HostKeyChanged {
        /// What ssh said.
        fault: Fault,
        /// When it is tried again.
        retry_at: Timestamp,
    },
}

impl Link {
    /// The state after a failed try, by the kind of its fault.
    pub fn failed(fault: Fault, retry_at: Timestamp) -> Self {
        match fault.kind {
            FaultKind::AuthFailed => Self::AuthFailed { fault, retry_at },
            FaultKind::HostKeyChanged | FaultKind::HostKeyUnknown => {
                Self::HostKeyChanged { fault, retry_at }
            }
            FaultKind::Unreachable
            | FaultKind::TimedOut
            | FaultKind::Missing
            | FaultKind::Denied
            | FaultKind::Garbled
            | FaultKind::Failed => Self::Unreachable { fault, retry_at },
        }
    }

    /// The word in JSON and on the screen.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Connecting => "connecting",
            Self::Connected => "connected",
            Self::Degraded(_) => "degraded",
            Self::Unreachable { .. } => "unreachable",
            Self::AuthFailed { .. } => "auth-failed",
            Self::HostKeyChanged { .. } => "host-key-changed",
        }
    }

    /// Why it is not simply connected.
    pub const fn fault(&self) -> Option<&Fault> {
        match self {
            Self::Connecting | Self::Connected => None,
            Self::Degraded(fault)
            | Self::Unreachable { fault, .. }
            | Self::AuthFailed { fault, .. }
            | Self::HostKeyChanged { fault, .. } => Some(fault),
        }
    }

    /// When the next try is.
    pub const fn retry_at(&self) -> Option<Timestamp> {
        match self {
            Self::Connecting | Self::Connected | Self::Degraded(_) => None,
            Self::Unreachable { retry_at, .. }
            | Self::AuthFailed { retry_at, .. }
            | Self::HostKeyChanged { retry_at, .. } => Some(*retry_at),
        }
    }

    /// Whether what the host says arrives.
    pub const fn is_up(&self) -> bool {
        matches!(self, Self::Connected | Self::Degraded(_))
    }

    /// How bad that is.
    pub const fn severity(&self) -> Severity {
        match self {
            Self::Connecting | Self::AuthFailed { .. } => Severity::Unknown,
            Self::Connected => Severity::Ok,
            Self::Degraded(_) => Severity::Warning,
            Self::Unreachable { .. } | Self::HostKeyChanged { .. } => Severity::Critical,
        }
    }
}

/// A file system.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Disk {
    /// Where it is mounted.
    pub mount: String,
    /// Bytes.
    pub size: u64,
    /// Bytes that an ordinary user may still write.
    pub available: u64,
    /// Inodes; zero where the file system has no fixed number of them.
    pub inodes: u64,
    /// Free inodes.
    pub inodes_available: u64,
    /// It was mounted to be written, and the kernel has made it read-only after errors
    /// (`errors=remount-ro`).
    pub fallen_read_only: bool,
}

impl Disk {
    /// The smaller of the free shares of bytes and inodes, in percent.
    pub fn free_percent(&self) -> f64 {
        let share = |free: u64, all: u64| {
            if all == 0 { 100.0 } else { free as f64 * 100.0 / all as f64 }
        };
        share(self.available, self.size).min(share(self.inodes_available, self.inodes))
    }

    /// Below 10 % somebody should look, below 5 % it hurts.
    pub fn severity(&self) -> Severity {
        let free = self.free_percent();
        if free < 5.0 {
            Severity::Critical
        } else if free < 10.0 {
            Severity::Warning
        } else {
            Severity::Ok
        }
    }
}

/// Share of time in which work waited, in percent over ten seconds (`/proc/pressure`, `some avg10`);
/// none where the kernel does not say.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct Pressure {
    /// For a processor.
    pub cpu: Option<f32>,
    /// For memory.
    pub memory: Option<f32>,
    /// For a disk.
    pub io: Option<f32>,
}

/// What a host says of itself.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct HostFacts {
    /// `PRETTY_NAME` of os-release(5).
    pub os: String,
    /// The kernel's release.
    pub kernel: String,
    /// systemd's version, such as `252.39-1~deb12u2`; none where systemd does not run.
    pub systemd: Option<String>,
    /// Names this boot.
    pub boot_id: Box<str>,
    /// When the host's monotonic clock was zero, on the console's clock.
    pub boot: Timestamp,
    /// When its PID 1 began: the machine's boot, or in a container the container's start.
    pub started: Timestamp,
    /// Host's wall clock minus the console's, in microseconds.
    pub skew: i64,
    /// Averages over 1, 5 and 15 minutes.
    pub load: [f32; 3],
    /// Processors online.
    pub cpus: u32,
    /// Bytes.
    pub memory_total: u64,
    /// Bytes that programs can still get (`MemAvailable`).
    pub memory_available: u64,
    /// Waiting shares.
    pub pressure: Pressure,
    /// File systems with a disk behind them.
    pub disks: Vec<Disk>,
    /// The user's name there.
    pub user: String,
    /// The user may read the system's journal.
    pub journal: bool,
    /// `sudo -n` works and the config allows it.
    pub sudo: bool,
    /// What could not be read.
    pub warnings: Vec<String>,
}

impl HostFacts {
    /// Used share of memory in percent.
    pub fn memory_percent(&self) -> f64 {
        if self.memory_total == 0 {
            return 0.0;
        }
        let used = self.memory_total.saturating_sub(self.memory_available);
        used as f64 * 100.0 / self.memory_total as f64
    }

    /// The fullest disk.
    pub fn tightest_disk(&self) -> Option<&Disk> {
        self.disks.iter().min_by(|a, b| a.free_percent().total_cmp(&b.free_percent()))
    }

    /// Above 90 % somebody should look.
    pub fn memory_severity(&self) -> Severity {
        if self.memory_percent() > 90.0 { Severity::Warning } else { Severity::Ok }
    }

    /// Two seconds off are told, half a minute is a problem.
    pub const fn clock_severity(&self) -> Severity {
        match self.skew.unsigned_abs() {
            0..=2_000_000 => Severity::Ok,
            2_000_001..=30_000_000 => Severity::Info,
            _ => Severity::Warning,
        }
    }

    /// The worst of disks, memory and clock.
    pub fn severity(&self) -> Severity {
        Severity::worst(self.disks.iter().map(Disk::severity))
            .max(self.memory_severity())
            .max(self.clock_severity())
    }
}
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
    /// The verdicts on its ports, as of the doctor's last look.
    pub port_briefs: Vec<PortBrief>,
    /// What its reverse proxy does.
    pub proxy: Observed<ProxyFacts>,
    /// What its scripts were found to do.
    pub scripts: Observed<Scripts>,
    /// What is scheduled there.
    pub jobs: Observed<Jobs>,
    /// Directories and files that its services rest on.
    pub paths: Observed<BTreeMap<Box<str>, PathFacts>>,
    /// Its backups, as far as they were read.
    pub backups: BTreeMap<BackupName, Observed<BackupFacts>>,
    /// What the doctor found, worst first.
    pub findings: Vec<Tracked>,
    /// What the timeline has told of it.
    pub told: Told,
    /// Parts of this connection's reading that have come to their first end.
    pub parts: BTreeSet<Part>,
}

impl Host {
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
            port_briefs: Vec::new(),
            proxy: Observed::default(),
            scripts: Observed::default(),
            jobs: Observed::default(),
            paths: Observed::default(),
            backups: BTreeMap::new(),
            findings: Vec::new(),
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
        let own = self.facts.value().map_or(Severity::Ok, HostFacts::severity);
        let units = if self.units_fault.is_some() { Severity::Unknown } else { Severity::Ok };
        self.link.severity().max(own).max(units)
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

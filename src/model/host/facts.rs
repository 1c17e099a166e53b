//! What a host says of itself.

use crate::model::limits::Limits;
use crate::model::severity::Severity;
use crate::model::time::Timestamp;

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

    /// Below the limit somebody should look, below half of it it hurts.
    pub fn severity(&self, limits: &Limits) -> Severity {
        let free = self.free_percent();
        if free < limits.disk_free / 2.0 {
            Severity::Critical
        } else if free < limits.disk_free {
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
    /// All file systems are the host's own: none hangs with a network or with a program.
    pub own_disks: bool,
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

    /// Above the limit somebody should look.
    pub fn memory_severity(&self, limits: &Limits) -> Severity {
        if self.memory_percent() > limits.memory_used { Severity::Warning } else { Severity::Ok }
    }

    /// [`Self::skew`] where it is one: less is what measuring it over a slow link or on a busy host
    /// is off by, and counts as none.
    pub const fn measured_skew(&self) -> i64 {
        if self.skew.unsigned_abs() < 500_000 { 0 } else { self.skew }
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
    pub fn severity(&self, limits: &Limits) -> Severity {
        Severity::worst(self.disks.iter().map(|disk| disk.severity(limits)))
            .max(self.memory_severity(limits))
            .max(self.clock_severity())
    }
}

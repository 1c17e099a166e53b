//! `[thresholds]`, for all environments, and `[env.thresholds]`, which goes before it.

use std::time::Duration;

use super::faults::Faults;
use super::health;
use super::reader::Table;
use crate::model::limits::Limits;

/// What a table says; the rest is left to what it goes before.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Thresholds {
    disk_free: Option<u16>,
    memory_used: Option<u16>,
    failing_checks: Option<u16>,
    latency: Option<Duration>,
}

impl Thresholds {
    pub(super) fn read(table: &Table<'_>, faults: &mut Faults) -> Self {
        table.refuse_unknown(faults);
        let spans = Duration::from_millis(1)..=Duration::from_secs(600);
        Self {
            disk_free: health::number(table, "disk_free", 1..=90, faults),
            memory_used: health::number(table, "memory_used", 10..=99, faults),
            failing_checks: health::number(table, "failing_checks", 1..=99, faults),
            latency: health::duration(table, "latency", spans, "`1ms` to `10m`", faults),
        }
    }

    /// What it says, over what holds where it says nothing.
    pub(super) fn over(self, limits: Limits) -> Limits {
        Limits {
            disk_free: self.disk_free.map_or(limits.disk_free, f64::from),
            memory_used: self.memory_used.map_or(limits.memory_used, f64::from),
            failing_checks: self.failing_checks.map_or(limits.failing_checks, f64::from),
            latency: self.latency.unwrap_or(limits.latency),
        }
    }
}

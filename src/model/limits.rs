//! From where on something is too much: what an operator may choose.

use std::time::Duration;

/// `[thresholds]`, for one host. Each rule leaves its finding later than it enters it, so that
/// nothing flaps at a limit.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Limits {
    /// Free bytes or inodes of a file system, in percent, below which somebody should look. Below
    /// half of it it hurts.
    pub disk_free: f64,
    /// Used memory, in percent, above which somebody should look.
    pub memory_used: f64,
    /// Within this 95 of 100 answers of an HTTP, event or TCP check have to come that names no
    /// limit of its own.
    pub latency: Duration,
    /// Failed tries of a health check, in percent, above which it is flaky.
    pub failing_checks: f64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            disk_free: 10.0,
            memory_used: 90.0,
            latency: Duration::from_secs(2),
            failing_checks: 5.0,
        }
    }
}

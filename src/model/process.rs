//! Processes that a service is, found by the words of their command line.

use std::collections::BTreeMap;

/// A process that was found.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FoundProcess {
    /// Its number.
    pub pid: u32,
    /// When it began, in microseconds of the host's monotonic clock; none where not known.
    pub started: Option<u64>,
    /// Its arguments, harmless to show.
    pub command: Box<str>,
}

/// What was found of the processes that services are.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Processes {
    /// By the words that were looked for; the oldest first.
    pub found: BTreeMap<Box<str>, Vec<FoundProcess>>,
    /// Processes of others are hidden (`hidepid=` of `/proc`): not to see one is no proof.
    pub hidden: bool,
}

/// How many processes a service is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Count {
    /// At least.
    pub min: u32,
    /// At most.
    pub max: u32,
}

impl Default for Count {
    fn default() -> Self {
        Self { min: 1, max: u32::MAX }
    }
}

impl Count {
    /// Whether it is neither too few nor too many.
    pub const fn allows(self, n: u32) -> bool {
        self.min <= n && n <= self.max
    }
}

impl std::fmt::Display for Count {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match (self.min, self.max) {
            (min, max) if min == max => write!(f, "{min}"),
            (min, u32::MAX) => write!(f, "at least {min}"),
            (0, max) => write!(f, "at most {max}"),
            (min, max) => write!(f, "{min} to {max}"),
        }
    }
}

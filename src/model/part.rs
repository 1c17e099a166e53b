//! The parts of a host's reading, each of which comes to a first end.

/// A part of reading a host, each at its own pace.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Hash)]
pub enum Part {
    /// What listens.
    Ports,
    /// Backups.
    Backups,
    /// The last words of what is down.
    Words,
    /// Directories and files that services rest on.
    Paths,
    /// What health checks say.
    Checks,
    /// What its reverse proxy does.
    Proxy,
    /// Scripts that cron and units start.
    Scripts,
    /// What is scheduled there.
    Jobs,
    /// Processes that services are.
    Processes,
    /// Who acts there, and what was deployed.
    Acts,
}

impl Part {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::Ports,
        Self::Backups,
        Self::Words,
        Self::Paths,
        Self::Checks,
        Self::Proxy,
        Self::Scripts,
        Self::Jobs,
        Self::Processes,
        Self::Acts,
    ];
}

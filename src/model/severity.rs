//! How bad a thing is. One scale for every view.

/// The worst first when sorted by [`Severity::rank`]; `Unknown` stands between warning and
/// critical, because not knowing is never good news, yet a proven outage comes first.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Hash)]
pub enum Severity {
    /// As it should be.
    Ok,
    /// Worth knowing, nothing to do.
    Info,
    /// Will hurt if left alone.
    Warning,
    /// Not known, with a reason elsewhere.
    #[default]
    Unknown,
    /// Hurts now.
    Critical,
}

impl Severity {
    /// All of them, the best first.
    pub const ALL: [Self; 5] = [Self::Ok, Self::Info, Self::Warning, Self::Unknown, Self::Critical];

    /// 0 for the best, 4 for the worst.
    pub const fn rank(self) -> u8 {
        match self {
            Self::Ok => 0,
            Self::Info => 1,
            Self::Warning => 2,
            Self::Unknown => 3,
            Self::Critical => 4,
        }
    }

    /// The word in JSON and on the screen.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Unknown => "unknown",
            Self::Critical => "critical",
        }
    }

    /// The worse of the two.
    #[must_use]
    pub const fn max(self, other: Self) -> Self {
        if other.rank() > self.rank() { other } else { self }
    }

    /// The worst of many; `Ok` for none.
    pub fn worst(all: impl IntoIterator<Item = Self>) -> Self {
        all.into_iter().fold(Self::Ok, Self::max)
    }

    /// Whether somebody has to look at it.
    pub const fn is_problem(self) -> bool {
        matches!(self, Self::Warning | Self::Unknown | Self::Critical)
    }

    /// The exit code of a reading with this as its worst: the monitoring-plugins convention
    /// (0 ok, 1 warning, 2 critical, 3 unknown).
    pub const fn exit_code(self) -> u8 {
        match self {
            Self::Ok | Self::Info => 0,
            Self::Warning => 1,
            Self::Critical => 2,
            Self::Unknown => 3,
        }
    }
}

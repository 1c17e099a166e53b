//! What one chooses from: orders, tabs, fields, operations.

use crate::model::ids::HostId;
use crate::model::operation::{OpId, RunId};

/// What the services are sorted by.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Hash)]
pub enum SortBy {
    /// Worst first.
    #[default]
    Severity,
    /// Service, then host.
    Service,
    /// Host, then service.
    Host,
    /// Latest change first.
    Since,
    /// Most restarts in the last hour first.
    Restarts,
    /// Most memory first.
    Memory,
    /// Most processor first.
    Cpu,
}

impl SortBy {
    /// In the order of `sort-next`.
    pub const ALL: [Self; 7] = [
        Self::Severity,
        Self::Service,
        Self::Host,
        Self::Since,
        Self::Restarts,
        Self::Memory,
        Self::Cpu,
    ];

    /// The word on the screen and in the stored view.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Severity => "severity",
            Self::Service => "service",
            Self::Host => "host",
            Self::Since => "since",
            Self::Restarts => "restarts",
            Self::Memory => "memory",
            Self::Cpu => "cpu",
        }
    }

    /// The order of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|sort| sort.name() == name)
    }
}

/// Tabs of a unit's detail.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum DetailTab {
    /// Properties that matter and the verdict.
    #[default]
    Overview,
    /// The unit's file with its drop-ins.
    File,
    /// The journal's last lines.
    Journal,
}

impl DetailTab {
    /// From left to right.
    pub const ALL: [Self; 3] = [Self::Overview, Self::File, Self::Journal];

    /// Its title.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Overview => "overview",
            Self::File => "unit file",
            Self::Journal => "journal",
        }
    }
}

/// Fields of the prompt for an acknowledgment.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum AckField {
    /// Why.
    #[default]
    Note,
    /// For how long.
    Span,
    /// Also when it gets worse.
    Mute,
}

impl AckField {
    /// The one below; from the last to the first.
    #[must_use]
    pub const fn next(self) -> Self {
        match self {
            Self::Note => Self::Span,
            Self::Span => Self::Mute,
            Self::Mute => Self::Note,
        }
    }

    /// The one above.
    #[must_use]
    pub const fn previous(self) -> Self {
        self.next().next()
    }
}

/// Fields of the prompt that unlocks an environment.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum UnlockField {
    /// Why.
    #[default]
    Reason,
    /// For how many minutes.
    Minutes,
}

impl UnlockField {
    /// The other one.
    #[must_use]
    pub const fn other(self) -> Self {
        match self {
            Self::Reason => Self::Minutes,
            Self::Minutes => Self::Reason,
        }
    }
}

/// A row in the list of operations.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum OpPick {
    /// One of this console.
    Own(OpId),
    /// A part of one, as its host tells of it.
    Foreign(HostId, RunId),
    /// Something there to which nothing is to be done.
    Frozen(HostId, Box<str>),
}

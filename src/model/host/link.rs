//! Whether a host is connected.

use crate::model::fault::{Fault, FaultKind};
use crate::model::severity::Severity;
use crate::model::time::Timestamp;

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

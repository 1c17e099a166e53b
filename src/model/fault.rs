//! Why something is not known or not reached, in words: what was tried, what came back, what to do.

use std::fmt;

/// What kind of trouble it is; decides the state and the remedy.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum FaultKind {
    /// No connection: refused, no route, name unknown, closed.
    Unreachable,
    /// The host did not take our credentials.
    AuthFailed,
    /// The host's key is not the one we know.
    HostKeyChanged,
    /// The host's key is not known yet.
    HostKeyUnknown,
    /// No answer within the deadline.
    TimedOut,
    /// The host has no systemd, or not the tool that was asked.
    Missing,
    /// The user may not see it.
    Denied,
    /// An answer that makes no sense: cut, forged, or not what the tool prints.
    Garbled,
    /// Everything else the host said no to.
    Failed,
}

impl FaultKind {
    /// The word in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unreachable => "unreachable",
            Self::AuthFailed => "auth-failed",
            Self::HostKeyChanged => "host-key-changed",
            Self::HostKeyUnknown => "host-key-unknown",
            Self::TimedOut => "timed-out",
            Self::Missing => "missing",
            Self::Denied => "denied",
            Self::Garbled => "garbled",
            Self::Failed => "failed",
        }
    }

    /// Whether the host itself has said it. Otherwise it is not known whether what was asked was done.
    pub const fn is_said(self) -> bool {
        !matches!(self, Self::Unreachable | Self::TimedOut)
    }
}

/// Trouble with one host or one reading of it. All texts are free of control bytes.
#[derive(Clone, PartialEq, Eq, Debug, Hash)]
pub struct Fault {
    /// What kind.
    pub kind: FaultKind,
    /// What was tried, such as `connect to coord`.
    pub tried: String,
    /// What came back, in the other side's own words where there are any.
    pub detail: String,
    /// What to do; empty where there is nothing but waiting.
    pub remedy: String,
}

impl Fault {
    /// A fault without a remedy.
    pub fn new(kind: FaultKind, tried: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { kind, tried: tried.into(), detail: detail.into(), remedy: String::new() }
    }

    /// With what to do about it.
    #[must_use]
    pub fn remedy(mut self, remedy: impl Into<String>) -> Self {
        self.remedy = remedy.into();
        self
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.tried, self.detail)?;
        if !self.remedy.is_empty() {
            write!(f, " ({})", self.remedy)?;
        }
        Ok(())
    }
}

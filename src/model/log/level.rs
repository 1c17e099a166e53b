//! How bad a line says it is.

/// A line's level. The journal's priorities (syslog(3)) and the words of common loggers are
/// mapped to it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
#[repr(u8)]
pub enum Level {
    /// It does not say.
    #[default]
    Unknown,
    /// `trace`, `verbose`.
    Trace,
    /// `debug`; priority 7.
    Debug,
    /// `info`; priority 6.
    Info,
    /// `notice`; priority 5.
    Notice,
    /// `warn`, `warning`; priority 4.
    Warning,
    /// `error`, `err`, `severe`; priority 3.
    Error,
    /// `fatal`, `critical`, `panic`, `alert`, `emerg`; priorities 0 to 2.
    Critical,
}

impl Level {
    /// From the mildest to the worst.
    pub const ALL: [Self; 8] = [
        Self::Unknown,
        Self::Trace,
        Self::Debug,
        Self::Info,
        Self::Notice,
        Self::Warning,
        Self::Error,
        Self::Critical,
    ];

    /// From syslog(3)'s priority.
    pub const fn from_priority(priority: u8) -> Self {
        match priority {
            0..=2 => Self::Critical,
            3 => Self::Error,
            4 => Self::Warning,
            5 => Self::Notice,
            6 => Self::Info,
            7 => Self::Debug,
            _ => Self::Unknown,
        }
    }

    /// Its word on the command line and in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Trace => "trace",
            Self::Debug => "debug",
            Self::Info => "info",
            Self::Notice => "notice",
            Self::Warning => "warning",
            Self::Error => "error",
            Self::Critical => "critical",
        }
    }

    /// The level of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|level| level.name() == name)
    }
}

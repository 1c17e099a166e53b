//! How bad a line says it is.

use crate::model::words::words;

words! {
    /// A line's level, from the mildest to the worst. The journal's priorities (syslog(3)) and the
    /// words of common loggers are mapped to it.
    Level;
    Unknown "unknown" "it does not say";
    Trace "trace" "`trace`, `verbose`";
    Debug "debug" "`debug`; priority 7";
    Info "info" "`info`; priority 6";
    Notice "notice" "`notice`; priority 5";
    Warning "warning" "`warn`, `warning`; priority 4";
    Error "error" "`error`, `err`, `severe`; priority 3";
    Critical "critical" "`fatal`, `critical`, `panic`, `alert`, `emerg`; priorities 0 to 2";
}

#[expect(clippy::derivable_impls, reason = "words! gives a variant no attribute")]
impl Default for Level {
    fn default() -> Self {
        Self::Unknown
    }
}

impl Level {
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
}

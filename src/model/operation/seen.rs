//! What a host tells of operations.

use super::{Foreign, Freeze, RunState};

/// Operations and freezes of a host.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Seen {
    /// Operations, the newest first.
    pub runs: Vec<Foreign>,
    /// Freezes.
    pub freezes: Vec<Freeze>,
}

/// What is new of a run.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Progress {
    /// The evidence.
    pub state: RunState,
    /// Where the piece of the log begins, how long the log is, and the piece.
    pub log: (u64, u64, Vec<u8>),
    /// Where the piece of the events begins, and the piece.
    pub events: (u64, String),
    /// Numbers and titles of its steps; told as long as none of its events is known.
    pub steps: Vec<(u8, Box<str>)>,
}

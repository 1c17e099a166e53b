//! Where lines come from, how far they were read, and what is asked of a host for them.

use std::sync::Arc;

use super::batch::Batch;
use crate::model::fault::Fault;
use crate::model::ids::{HostId, UnitName};
use crate::model::path::is_pattern;
use crate::model::spec::{Kind, Promises};

/// What is read on a host.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Origin {
    /// The journal's lines of a unit: what it said, and what systemd said of it (`-u`).
    Journal(UnitName),
    /// The journal's lines of several units in one stream: a server lets us have few.
    Units(Arc<[UnitName]>),
    /// The whole journal of the host, such as for what happened around a moment.
    System,
    /// A file by its path; a pattern (glob(7)) stands for each file that it matches.
    File(Box<str>),
    /// A container's log by the container's name.
    Container(Box<str>),
}

impl Origin {
    /// Whether it stands for files, each of which is a source of its own.
    pub fn is_pattern(&self) -> bool {
        matches!(self, Self::File(path) if is_pattern(path))
    }

    /// Where a service's lines are: the journal of its unit, and what its config names.
    pub fn of(kind: &Kind, promises: &Promises) -> Vec<Self> {
        let mut origins = match kind {
            Kind::Unit(unit) => vec![Self::Journal(unit.clone())],
            Kind::Timer(unit) => {
                // systemd.timer(5): without `Unit=` it starts the service of its own name.
                let name = unit.as_str();
                let service = name.strip_suffix(".timer").unwrap_or(name);
                let service = UnitName::new(format!("{service}.service"));
                vec![Self::Journal(unit.clone()), Self::Journal(service)]
            }
            Kind::Cron(_) => vec![Self::Journal(UnitName::new("cron.service"))],
            Kind::Process(_) | Kind::Command(_) => Vec::new(),
        };
        origins.extend(promises.logs.iter().cloned());
        origins
    }
}

/// How far a stream was read. Only what made it knows what is in it.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Mark {
    /// A cursor of the journal (`__CURSOR`), and the entry's time on the host's clock in
    /// microseconds.
    Cursor(Box<str>, i64),
    /// A byte of a file: its inode, and how many bytes are before it.
    Offset {
        /// The file, also after it was renamed.
        inode: u64,
        /// Bytes before.
        offset: u64,
    },
    /// A moment on the host's clock in microseconds, where there is nothing better.
    Moment(i64),
}

/// A tail, as long as the console runs.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct TailId(pub u32);

/// A stream to be followed, over reconnects, until it is let go.
#[derive(Clone, PartialEq, Debug)]
pub struct Tail {
    /// Its number.
    pub id: TailId,
    /// On which host.
    pub host: HostId,
    /// What.
    pub origin: Origin,
    /// From where on.
    pub from: FetchFrom,
}

/// Where reading begins, and which way it goes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum FetchFrom {
    /// The last so many lines.
    Last(u32),
    /// What is behind a mark, the oldest first.
    After(Mark),
    /// What is before a mark: the newest of it. Never followed.
    Before(Mark),
    /// From a moment on the host's clock on, in microseconds; the oldest first.
    Since(i64),
}

/// Lines to be read once.
#[derive(Clone, PartialEq, Debug)]
pub struct Fetch {
    /// Whose.
    pub tail: TailId,
    /// On which host.
    pub host: HostId,
    /// What.
    pub origin: Origin,
    /// From where.
    pub from: FetchFrom,
    /// At most so many lines.
    pub lines: u32,
    /// At most about so many bytes of a file, within what a host is asked for at once.
    pub bytes: u32,
}

/// How a tail is doing.
#[derive(Clone, PartialEq, Debug)]
pub enum TailState {
    /// It is being opened, or its host is being connected.
    Opening,
    /// What comes is told.
    Following,
    /// It cannot be read now, for this reason; it is tried again.
    Waiting(Fault),
}

/// By what a source is read on its host.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Means {
    /// As root, for the user may not.
    pub as_root: bool,
    /// Of a container: the engine that has it, `docker` or `podman`.
    pub engine: Option<Box<str>>,
}

/// What a tail or a fetch says.
#[derive(Clone, Debug)]
pub enum Stream {
    /// How it is doing.
    State(TailState),
    /// By what it is read.
    Means(Means),
    /// Newer lines of a tail, behind all that it has said before; `last` is where it goes on. The
    /// first batch of a tail says where it begins.
    Newer {
        /// The lines; oldest first.
        batch: Box<Batch>,
        /// Where the batch begins.
        first: Option<Mark>,
        /// Where the next begins.
        last: Option<Mark>,
    },
    /// What a fetch has found; its end.
    Fetched {
        /// What was asked.
        from: FetchFrom,
        /// The lines; oldest first, whichever way was asked.
        batches: Vec<Batch>,
        /// Where the first begins.
        first: Option<Mark>,
        /// Where the next after the last begins.
        last: Option<Mark>,
        /// Nothing more is there in the direction that was asked.
        end: bool,
    },
    /// A fetch failed; nothing was read.
    FetchFailed(FetchFrom, Fault),
    /// What a pattern of paths matches now; each is a stream of its own.
    Files(Vec<Arc<str>>),
}

//! All that the program may do to the world outside of the model, in one closed list. Only `Act`
//! changes anything on a host, and what it asks can be made only from a confirmed plan or a permit.

mod ask;

pub use ask::{Ask, Errand, LookMore, settle};

use std::sync::Arc;

use crate::model::acknowledged::{AckId, Acknowledged};
use crate::model::audit::Entry;
use crate::model::backup::BackupSpec;
use crate::model::event::Event;
use crate::model::ids::{HostId, InstanceId, ServiceName, UnitName};
use crate::model::log::extract::Extract;
use crate::model::log::search::Scan;
use crate::model::log::{Fetch, Tail, TailId};
use crate::model::port::Protocol;
use crate::model::restarts::Saved;
use crate::model::screen::View;
use crate::model::spec::{HostSpec, Promises, Reach};
use crate::model::told::Told;

/// Something to be done. Its result comes back as a message.
#[derive(Clone, PartialEq, Debug)]
pub enum Effect {
    /// Connect a host and go on reading it; ends the host's connection before.
    Connect(Watch),
    /// Read other units over the connection that there is.
    Rewatch(Watch),
    /// End a connection for good.
    Disconnect(HostId),
    /// Read everything of a connected host now; try an unreachable one now.
    ReadNow(HostId),
    /// Read a unit closely.
    Describe {
        /// On which host.
        host: HostId,
        /// Which.
        unit: UnitName,
    },
    /// Ask a host something about acting, or to act.
    Act(HostId, Ask),
    /// Write down what is done, before anything behind it is performed.
    Audit(Box<Entry>),
    /// Follow a stream of log lines, over reconnects, until it is let go.
    Tail(Tail),
    /// Let a tail go; what it reads on its host ends there.
    Untail(HostId, TailId),
    /// Read lines of a log once.
    Fetch(Fetch),
    /// Search blocks of a log beside the screen.
    Scan(Scan),
    /// Write lines of a log to a file that is not there yet.
    SaveLines(String, Extract),
    /// Show lines of a log in the user's pager.
    Page(Extract),
    /// Keep counters for the next run.
    SaveCounters(Vec<(InstanceId, Saved)>),
    /// Keep events.
    Record(Vec<Event>),
    /// Keep what was told of hosts for the next run.
    SaveTold(Vec<(HostId, Told)>),
    /// Keep that somebody has taken note of a finding; none forgets it.
    SaveAck(AckId, Option<Acknowledged>),
    /// Keep the view for the next run.
    SaveView(View),
    /// Give the terminal to ssh, so that it may ask what it needs to connect this host.
    Login(HostId),
    /// Give the terminal to sudo on this host, so that it may ask for its password.
    LetIn(HostId),
    /// Give the terminal to a shell on this host, until it ends.
    Shell(HostId, Reach),
    /// Put a text on the user's clipboard (OSC 52).
    Copy(String),
    /// Call somebody, since something got worse.
    Alarm(Event),
    /// Capture the mouse, or not.
    Mouse(bool),
    /// Take another theme; none is the next one.
    Theme(Option<String>),
    /// Stop, as with ctrl-z.
    Suspend,
    /// End.
    Quit,
}

/// A service whose health is checked.
#[derive(Clone, PartialEq, Debug)]
pub struct WatchedChecks {
    /// Which.
    pub service: ServiceName,
    /// Its unit: when that changes, it is checked at once.
    pub unit: Option<UnitName>,
    /// Its checks stand there.
    pub promises: Arc<Promises>,
}

/// A host to be read.
#[derive(Clone, PartialEq, Debug)]
pub struct Watch {
    /// Which.
    pub host: HostId,
    /// The number of this connection.
    pub generation: u32,
    /// How it is reached.
    pub spec: HostSpec,
    /// Units to read; shared, since a thousand hosts may have the same.
    pub units: Arc<[UnitName]>,
    /// Read all services that run, since none are declared.
    pub discover: bool,
    /// Directories of its services' code.
    pub code: Arc<[Box<str>]>,
    /// Directories of its services' data.
    pub data: Arc<[Box<str>]>,
    /// Ports that services declare: who holds them is looked at often.
    pub ports: Arc<[(Protocol, u16)]>,
    /// Words of the command lines of processes that services are.
    pub processes: Arc<[Box<str>]>,
    /// Backups of the environment; those of this host are looked at.
    pub backups: Arc<[BackupSpec]>,
    /// Services that have health checks.
    pub checks: Arc<[WatchedChecks]>,
    /// How often what cannot be pushed is read.
    pub interval: std::time::Duration,
    /// Nothing of it is read by itself: somebody only wants to act.
    pub bare: bool,
}

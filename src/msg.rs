//! All that can happen, in one closed list.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use crate::model::acknowledged::{AckId, Acknowledged};
use crate::model::backup::BackupFacts;
use crate::model::check::CheckSpec;
use crate::model::command::Command;
use crate::model::deploy::Deployed;
use crate::model::deploy::copy::Sent;
use crate::model::drill::Drilled;
use crate::model::event::Event;
use crate::model::fault::Fault;
use crate::model::health::CheckReading;
use crate::model::host::{HostFacts, Link, Part};
use crate::model::ids::{BackupName, EnvName, HostId, InstanceId, ServiceName, UnitName};
use crate::model::instance::Usage;
use crate::model::job::Jobs;
use crate::model::log::search::Scanned;
use crate::model::log::{Stream, TailId};
use crate::model::look::Look;
use crate::model::operation::{Claim, Progress, Refusal, RunId, Seen};
use crate::model::path::PathFacts;
use crate::model::port::Sockets;
use crate::model::process::Processes;
use crate::model::proxy::ProxyFacts;
use crate::model::restarts::Saved;
use crate::model::screen::Pane;
use crate::model::script::Scripts;
use crate::model::spec::FleetSpec;
use crate::model::sync::SyncSource;
use crate::model::time::Timestamp;
use crate::model::told::Told;
use crate::model::unit::{Exit, JournalLine, UnitDetail, UnitFacts};

/// Something that happened. Names are past facts, except for what a user asks.
#[derive(Clone, Debug)]
pub enum Msg {
    /// A key that is bound to a command, or the command's name in the palette.
    Command(Command),
    /// A key while text is typed.
    Typed(Edit),
    /// A second went by.
    Ticked,
    /// The terminal has another size.
    Resized,
    /// A host said something, or nothing any more.
    Host {
        /// Which.
        host: HostId,
        /// The connection that it came over.
        generation: u32,
        /// What.
        event: HostEvent,
    },
    /// Lines of a log, or how the reading of it is doing.
    Log(TailId, Stream),
    /// Blocks of a log were searched; the last of the answer's parts says so.
    Scanned {
        /// Which question.
        generation: u32,
        /// What was found.
        found: Vec<Scanned>,
        /// Nothing more comes.
        done: bool,
    },
    /// The config on disk changed and is good.
    ConfigRead(Arc<FleetSpec>),
    /// The config on disk changed and is not good: one line a fault.
    ConfigRefused(Vec<String>),
    /// Counters from an earlier run of the console.
    CountersRead(Vec<(InstanceId, Saved)>),
    /// What an earlier run has told of hosts, and the newest events, oldest first.
    TimelineRead(Vec<(HostId, Told)>, Vec<Event>),
    /// Findings that somebody has taken note of in an earlier run.
    AcksRead(Vec<(AckId, Acknowledged)>),
    /// A pane was clicked, and perhaps one of its rows.
    Picked(Pane, Option<usize>),
    /// An environment's line was clicked.
    PickedEnv(EnvName),
    /// Something to say at the bottom, such as that a copy was made or the store cannot be written.
    Noticed(crate::model::severity::Severity, String),
}

/// A key while text is typed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Edit {
    /// A character.
    Insert(char),
    /// Delete backwards.
    Backspace,
    /// Delete a word backwards.
    BackspaceWord,
    /// Delete all.
    Clear,
    /// Cursor.
    Left,
    /// Cursor.
    Right,
    /// Selection in what is offered.
    Up,
    /// Selection in what is offered.
    Down,
    /// Done.
    Accept,
    /// Done, and undone.
    Cancel,
}

/// What a host's connection reports.
#[derive(Clone, Debug)]
pub enum HostEvent {
    /// The connection's state changed.
    Link(Link),
    /// It answered; all that is pushed is confirmed as of then.
    Alive {
        /// There and back.
        latency: Duration,
        /// Whether systemd itself answered too, so that what it pushed before still holds.
        units: bool,
    },
    /// What it says of itself.
    Facts(Box<HostFacts>),
    /// Whether changes of units are pushed or polled.
    Pushed(bool),
    /// Readings of units.
    Units(Vec<(UnitName, UnitFacts)>),
    /// Units found on a host without declared services.
    Discovered(Vec<UnitName>),
    /// Units cannot be read.
    UnitsFailed(Fault),
    /// Memory and processor.
    Usage(Vec<(UnitName, Usage)>),
    /// What the journal says of the time before this connection; none where it cannot be read.
    Recalled(Option<History>),
    /// What listens.
    Ports(Result<Sockets, Fault>),
    /// A backup was looked at.
    Backup(BackupName, Result<Box<BackupFacts>, Fault>),
    /// The last lines of a unit's last run.
    Words(UnitName, Vec<JournalLine>),
    /// Directories and files that services rest on, by their path.
    Paths(Result<BTreeMap<Box<str>, PathFacts>, Fault>),
    /// When its packages were changed last, in seconds on the host's wall clock, and the package
    /// manager's last lines.
    Packages(i64, Vec<Box<str>>),
    /// Checks were tried.
    Checked(Vec<Checked>),
    /// What its reverse proxy does.
    Proxy(Result<Box<ProxyFacts>, Fault>),
    /// What its scripts were found to do.
    Scripts(Result<Box<Scripts>, Fault>),
    /// What is scheduled there.
    Jobs(Result<Box<Jobs>, Fault>),
    /// Processes that services are.
    Processes(Result<Processes, Fault>),
    /// A part of the reading came to its first end.
    Part(Part),
    /// Who acts on what there, what was deployed, and how drills went.
    Claims(Vec<Claim>, Vec<Deployed>, Vec<Drilled>),
    /// What came of something that was asked about acting.
    Acted(Acted),
    /// A unit was read closely.
    Detail(UnitName, Result<Box<UnitDetail>, Fault>),
}

/// What came of something that was asked about acting. A fault says that it is not known whether it
/// was done, unless it says otherwise.
#[derive(Clone, Debug)]
pub enum Acted {
    /// A host was looked at before a plan.
    Looked {
        /// For which plan.
        asked: u32,
        /// For which of its instances.
        instance: InstanceId,
        /// What it said.
        look: Result<Box<Look>, Fault>,
    },
    /// A directory was copied to this machine before a plan.
    Pulled {
        /// For which plan.
        asked: u32,
        /// For which of its instances.
        instance: InstanceId,
        /// Where it is now.
        place: Result<Box<str>, Fault>,
    },
    /// A directory from which data is to come was looked at before a plan.
    Sourced {
        /// For which plan.
        asked: u32,
        /// For which of its instances.
        instance: InstanceId,
        /// What it is.
        source: Result<Box<SyncSource>, Fault>,
    },
    /// Operations that the host tells of.
    Listed(Result<Seen, Fault>),
    /// It was claimed, or not for a reason; none is that it is not known.
    Claimed(RunId, Result<(), Option<Refusal>>),
    /// What the steps work on is on its way.
    Sending(RunId, Sent),
    /// It is there, or not for a reason; none is that it is not known.
    Staged(RunId, Result<(), Option<Fault>>),
    /// It was removed.
    Unstaged(RunId, Result<(), Fault>),
    /// It was launched, or not for a reason; none is that it is not known.
    Launched(RunId, Result<(), Option<Fault>>),
    /// What is new of it.
    Progress(RunId, Result<Box<Progress>, Fault>),
    /// A balancer's runner was told how far the batches are.
    Steered(RunId, Result<(), Fault>),
    /// A claim was given back.
    Released(RunId, Result<(), Fault>),
    /// sudo has asked for its password, and let us in or not.
    LetIn(Result<(), Fault>),
    /// Something else was done: what, in a few words.
    Done(String, Result<(), Fault>),
}

/// One try of a check.
#[derive(Clone, PartialEq, Debug)]
pub struct Checked {
    /// Of which service.
    pub service: ServiceName,
    /// Its place among the service's checks.
    pub place: usize,
    /// As it was asked; after an edit of the config another one may have its place.
    pub spec: CheckSpec,
    /// What came of it.
    pub reading: CheckReading,
    /// Until when the certificate is valid, where it was read as well.
    pub certificate: Option<Timestamp>,
}

/// Restarts and exits from a journal, on the console's clock.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct History {
    /// From when on it is complete.
    pub complete_since: Timestamp,
    /// Complete back to the host's boot.
    pub since_boot: bool,
    /// When units were restarted automatically, in any order.
    pub restarts: Vec<(UnitName, Timestamp)>,
    /// How units' main processes ended last, where the journal has it.
    pub exits: Vec<(UnitName, Exit)>,
}

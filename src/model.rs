//! What is true and what is asked. Pure data and pure functions: nothing here reads a clock,
//! a file or a socket, and nothing here knows how it is drawn.

pub mod acknowledged;
pub mod acting;
pub mod action;
pub mod alarm;
pub mod alike;
pub mod answered;
pub mod audit;
pub mod backup;
pub mod backups;
pub mod calendar;
pub mod check;
pub mod command;
pub mod database;
pub mod deploy;
pub mod digest;
pub mod drain;
pub mod drill;
pub mod event;
pub mod exit_status;
pub mod fault;
pub mod finding;
pub mod flaps;
pub mod fleet;
pub mod found;
pub mod health;
pub mod host;
pub mod idle;
pub mod ids;
pub mod instance;
pub mod job;
pub mod limits;
pub mod log;
pub mod look;
pub mod moment;
pub mod needs;
pub mod observed;
pub mod offer;
pub mod operation;
pub mod part;
pub mod path;
pub mod plan;
pub mod port;
pub mod port_table;
pub mod ports;
pub mod priority;
pub mod process;
pub mod proxy;
pub mod redact;
pub mod restarts;
pub mod restore;
pub mod retention;
pub mod rows;
pub mod rule;
pub mod screen;
pub mod script;
pub mod severity;
pub mod span;
pub mod spec;
pub mod survey;
pub mod sync;
pub mod text;
pub mod time;
pub mod told;
pub mod unit;
pub mod verb;
pub mod window;
mod words;

use acknowledged::Acks;
use acting::Acting;
use alarm::Alarms;
use event::{Event, Timeline};
use fleet::Fleet;
use log::Logs;
use log::view::History;
use screen::{Overlay, Screen};
use time::Timestamp;

/// Everything the program knows.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Model {
    /// The moment of the last message, on the console's clock.
    pub now: Timestamp,
    /// What is watched.
    pub fleet: Fleet,
    /// The fleet as it was when the screen was frozen, and when that was.
    pub frozen: Option<Box<(Fleet, Timestamp)>>,
    /// Findings that somebody has taken note of.
    pub acks: Acks,
    /// Who sits before the console: `user@machine`.
    pub operator: Box<str>,
    /// What happened.
    pub timeline: Timeline,
    /// Events that the store was not handed yet; empty between two messages.
    pub unrecorded: Vec<Event>,
    /// What was called out lately.
    pub alarms: Alarms,
    /// What is to be called out; empty between two messages.
    pub alarming: Vec<Event>,
    /// When counters were last handed to the store.
    pub saved_at: Timestamp,
    /// The log that is open.
    pub logs: Option<Box<Logs>>,
    /// What was typed in logs before.
    pub typed: History,
    /// The number of the last tail.
    pub next_tail: u32,
    /// Bytes that the lines of an open log may take.
    pub log_bytes: usize,
    /// Seconds that the user's clock is ahead of UTC.
    pub utc_offset_secs: i32,
    /// What may be done, what is planned, what is run.
    pub acting: Acting,
    /// Only what is acted on is watched: what is not seen proves nothing, so that nothing but what is
    /// done is told.
    pub only_acts: bool,
    /// What is looked at.
    pub screen: Screen,
}

impl Model {
    /// Whether something is typed in the log on top.
    pub fn is_asked_in_log(&self) -> bool {
        self.screen.overlays.last() == Some(&Overlay::Logs)
            && self.logs.as_ref().is_some_and(|logs| logs.view.prompt.is_some())
    }

    /// Whether keys are text.
    pub fn is_typing(&self) -> bool {
        self.screen.editing.is_some()
            || self.is_asked_in_log()
            || self.screen.overlays.last().is_some_and(Overlay::takes_text)
    }

    /// The fleet that the screen shows, and the moment it shows.
    pub fn shown(&self) -> (&Fleet, Timestamp) {
        self.frozen.as_deref().map_or((&self.fleet, self.now), |(fleet, at)| (fleet, *at))
    }
}

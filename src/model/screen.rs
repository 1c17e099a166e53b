//! What the user looks at: focus, selection, filter, order, and what lies on top. Selections are
//! ids, so that they stay on the same thing while rows come, go and change places.

mod choices;
mod intervention;
mod overlay;

pub use choices::{AckField, DetailTab, OpPick, SortBy, UnlockField};
pub use intervention::{Intervention, parts};
pub use overlay::{Overlay, Prompt};

use std::collections::BTreeSet;

use super::command::Command;
use super::event::EventKind;
use super::finding::Key;
use super::ids::{BackupName, EnvName, HostId, InstanceId};
use super::port::Protocol;
use super::severity::Severity;
use super::time::Timestamp;

/// A part of the screen that can have the focus.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Hash)]
pub enum Pane {
    /// All instances.
    #[default]
    Services,
    /// Those that were started again lately.
    CrashLoops,
    /// What is wrong, and why.
    Findings,
    /// Ports, declared and listening.
    Ports,
    /// Backups.
    Backups,
    /// The hosts.
    Hosts,
    /// What happened.
    Events,
}

impl Pane {
    /// In the order of `next-pane`, from top to bottom in one column; the first gets room first.
    pub const ALL: [Self; 7] = [
        Self::Findings,
        Self::Services,
        Self::CrashLoops,
        Self::Ports,
        Self::Backups,
        Self::Hosts,
        Self::Events,
    ];

    /// The word in the stored view.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Services => "services",
            Self::CrashLoops => "crash-loops",
            Self::Findings => "findings",
            Self::Ports => "ports",
            Self::Backups => "backups",
            Self::Hosts => "hosts",
            Self::Events => "events",
        }
    }

    /// The pane of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|pane| pane.name() == name)
    }
}

/// The part of the view that survives a restart of the console.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct View {
    /// One environment, or all.
    pub env: Option<EnvName>,
    /// Words that a row must contain; `-word` must not.
    pub filter: String,
    /// Only rows with a problem.
    pub problems_only: bool,
    /// The order of services.
    pub sort: SortBy,
    /// That order upside down.
    pub inverted: bool,
    /// The focused pane has the whole screen.
    pub zoom: bool,
    /// The focused pane.
    pub focus: Pane,
    /// The theme chosen while running; none for the config's.
    pub theme: Option<String>,
}

/// What is selected in each pane; none is the first row.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Selection {
    /// In the services pane.
    pub service: Option<InstanceId>,
    /// In the crash-loop pane.
    pub looping: Option<InstanceId>,
    /// In the hosts pane.
    pub host: Option<HostId>,
    /// In the ports pane.
    pub port: Option<PortId>,
    /// In the backups pane.
    pub backup: Option<BackupId>,
    /// In the findings pane.
    pub finding: Option<FindingId>,
    /// In the events pane.
    pub event: Option<EventId>,
}

/// A backup.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct BackupId {
    /// Where its copies are.
    pub host: HostId,
    /// Its name.
    pub name: BackupName,
}

/// A port of a host.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct PortId {
    /// Where.
    pub host: HostId,
    /// How it is spoken to.
    pub protocol: Protocol,
    /// Its number.
    pub port: u16,
}

/// A finding on a host.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct FindingId {
    /// Where.
    pub host: HostId,
    /// What.
    pub key: Key,
}

/// An event of the timeline.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct EventId {
    /// When.
    pub at: Timestamp,
    /// Where; none is the console itself.
    pub host: Option<HostId>,
    /// What happened.
    pub kind: EventKind,
    /// To what.
    pub subject: Box<str>,
    /// What of it.
    pub topic: Box<str>,
}

/// A line of text being typed.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Input {
    /// The text.
    pub text: String,
    /// Where the cursor is, in bytes; always on a character's border.
    pub cursor: usize,
}

/// A sentence at the bottom for a while; what it announces is kept elsewhere.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Notice {
    /// How bad.
    pub severity: Severity,
    /// One line.
    pub text: String,
    /// When it goes away; none stays until the cause is gone.
    pub until: Option<Timestamp>,
}

/// Everything about the screen that is not the fleet.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Screen {
    /// What survives.
    pub view: View,
    /// What is selected.
    pub selection: Selection,
    /// Services that were marked, for what is done to several at once.
    pub marked: BTreeSet<InstanceId>,
    /// The filter while it is typed; the view's filter follows it at once.
    pub editing: Option<Input>,
    /// What lies on top.
    pub overlays: Vec<Overlay>,
    /// What is said at the bottom.
    pub notice: Option<Notice>,
    /// The config on disk is not the one in force, for these reasons.
    pub config_faults: Vec<String>,
    /// Where a config would be, while there is none.
    pub config_place: Option<String>,
    /// Mouse captured.
    pub mouse: bool,
    /// A dashboard: nothing can be opened, nothing is selected.
    pub board: bool,
    /// Rows in the focused pane, as the last frame had them.
    pub page: usize,
}

impl Screen {
    /// Says a sentence at the bottom.
    pub fn says(&mut self, severity: Severity, text: impl Into<String>, until: Option<Timestamp>) {
        self.notice = Some(Notice { severity, text: text.into(), until });
    }
}

impl Input {
    /// A text with the cursor behind it.
    pub fn new(text: &str) -> Self {
        Self { text: text.to_owned(), cursor: text.len() }
    }

    /// Types a character; control characters are none.
    pub fn insert(&mut self, c: char) {
        if !super::text::is_hostile(c) && self.text.len() < 256 {
            self.text.insert(self.cursor, c);
            self.cursor += c.len_utf8();
        }
    }

    /// Deletes the character before the cursor.
    pub fn backspace(&mut self) {
        let end = self.cursor;
        self.left();
        self.text.replace_range(self.cursor..end, "");
    }

    /// Deletes the word before the cursor.
    pub fn backspace_word(&mut self) {
        let before = self.text.get(..self.cursor).unwrap_or("").trim_end();
        let start = before.rfind(' ').map_or(0, |at| at + 1);
        self.text.replace_range(start..self.cursor, "");
        self.cursor = start;
    }

    /// Moves the cursor.
    pub fn left(&mut self) {
        let before = self.text.get(..self.cursor).unwrap_or("");
        self.cursor -= before.chars().next_back().map_or(0, char::len_utf8);
    }

    /// Moves the cursor.
    pub fn right(&mut self) {
        let after = self.text.get(self.cursor..).unwrap_or("");
        self.cursor += after.chars().next().map_or(0, char::len_utf8);
    }
}

/// Commands whose name or doc contains every typed word, in the list's order.
pub fn palette(text: &str) -> Vec<Command> {
    let words: Vec<String> = text.split_whitespace().map(str::to_lowercase).collect();
    let mut found: Vec<Command> = Command::ALL
        .iter()
        .copied()
        .filter(|command| {
            words.iter().all(|w| command.name().contains(w.as_str()) || command.doc().contains(w))
        })
        .collect();
    // A command that begins with what is typed comes first, then those that are named by it.
    found.sort_by_key(|command| {
        let named = words.iter().all(|word| command.name().contains(word.as_str()));
        (words.first().is_some_and(|w| !command.name().starts_with(w.as_str())), !named)
    });
    found
}

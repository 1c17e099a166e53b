//! How a log is looked at.

use std::collections::VecDeque;

use super::level::Level;
use super::walk::{Key, Spot};
use crate::model::screen::Input;
use crate::model::words::words;

/// Where one looks.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum At {
    /// At the end, wherever that is: what comes is shown.
    #[default]
    End,
    /// At a line; what comes waits below.
    Line(Spot, Key),
}

words! {
    /// How moments of lines are shown.
    Moments;
    Clock "clock" "the time of day here";
    Utc "utc" "the time of day in UTC";
    Date "date" "date and time here";
    Ago "ago" "how long ago";
    Hidden "hidden" "not at all";
}

/// What is typed in a log.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ask {
    /// What to mark.
    Search,
    /// Which lines are wanted.
    Filter,
    /// Where to go.
    Moment,
    /// Fields that get columns.
    Columns,
    /// Where to save.
    Save,
}

/// A line that is typed in a log.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Prompt {
    /// What for.
    pub ask: Ask,
    /// What was typed.
    pub input: Input,
    /// Why it cannot be taken as it is.
    pub fault: Option<String>,
    /// How many of those that were typed before one has gone back, and what was typed now.
    pub back: Option<(usize, String)>,
}

/// What was typed in logs before, the oldest first.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct History(VecDeque<(Ask, String)>);

impl History {
    /// Remembers it, once.
    pub fn note(&mut self, ask: Ask, text: &str) {
        // A file is written once.
        if text.is_empty() || ask == Ask::Save {
            return;
        }
        self.0.retain(|(of, known)| (*of, known.as_str()) != (ask, text));
        if self.0.len() >= REMEMBERED {
            self.0.pop_front();
        }
        self.0.push_back((ask, text.to_owned()));
    }

    /// What was typed so many times before; zero is the last.
    pub fn get(&self, ask: Ask, back: usize) -> Option<&str> {
        let of = self.0.iter().rev().filter(|(of, _)| *of == ask);
        of.map(|(_, text)| text.as_str()).nth(back)
    }
}

/// Lines that are remembered.
const REMEMBERED: usize = 64;

/// How a log is looked at.
#[derive(Clone, PartialEq, Eq, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own on the screen")]
pub struct View {
    /// Where.
    pub at: At,
    /// The row of the line one looks at, from the top; the draw keeps it within the page.
    pub row: usize,
    /// Lines that came since one left the end.
    pub since: u64,
    /// The filter as it was typed.
    pub filter: String,
    /// A moment that was asked for, until it is known whether there are lines before it.
    pub sought: Option<i64>,
    /// Only this source, by its place.
    pub only: Option<usize>,
    /// Lines milder than this are hidden.
    pub level: Level,
    /// Lines around those that the filter wants.
    pub context: u8,
    /// Only lines since then, on our clock.
    pub since_moment: Option<i64>,
    /// Long lines take several rows.
    pub wrap: bool,
    /// Columns that are left out at the left, where lines are not wrapped.
    pub pan: usize,
    /// How moments are shown.
    pub moments: Moments,
    /// Repeated lines are one, with their number.
    pub fold: bool,
    /// Lines over time are drawn above.
    pub histogram: bool,
    /// The line one looks at is shown whole below, JSON in its form.
    pub whole: bool,
    /// Lines above the top of that.
    pub whole_scroll: usize,
    /// Fields that get columns, in lines of JSON or logfmt.
    pub columns: Vec<String>,
    /// What is typed.
    pub prompt: Option<Prompt>,
}

impl Default for View {
    fn default() -> Self {
        Self {
            at: At::End,
            row: usize::MAX,
            since: 0,
            sought: None,
            filter: String::new(),
            only: None,
            level: Level::Unknown,
            context: 0,
            since_moment: None,
            wrap: false,
            pan: 0,
            moments: Moments::Clock,
            fold: true,
            histogram: false,
            whole: false,
            whole_scroll: 0,
            columns: Vec::new(),
            prompt: None,
        }
    }
}

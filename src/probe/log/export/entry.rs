//! The fields of one entry of the journal, and the lines that it becomes.

use super::super::file::cut;
use super::super::scan::Scanner;
use crate::model::log::batch::LONGEST;
use crate::model::log::{Batch, Flags, Level};

/// A field other than the message is kept up to this.
const SHORT: usize = 1024;

/// What an entry is, for whoever decides about it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Entry<'e> {
    /// `__CURSOR`.
    pub cursor: &'e str,
    /// `__REALTIME_TIMESTAMP`: microseconds since the epoch on the host's clock.
    pub at: i64,
    /// The unit that it is from or, when systemd said it, about: `UNIT`, `OBJECT_SYSTEMD_UNIT`,
    /// `COREDUMP_UNIT`, else `_SYSTEMD_UNIT`.
    pub unit: Option<&'e str>,
    /// The run of that unit: `INVOCATION_ID`, else `_SYSTEMD_INVOCATION_ID`.
    pub invocation: Option<&'e str>,
}

const MESSAGE: usize = 0;
const CURSOR: usize = 1;
const REALTIME: usize = 2;
const PRIORITY: usize = 3;
const IDENTIFIER: usize = 4;
const COMM: usize = 5;
const PID: usize = 6;
const SYSLOG_PID: usize = 7;
const ABOUT: usize = 8;
const UNIT: usize = 9;
const ABOUT_RUN: usize = 10;
const RUN: usize = 11;
const COUNT: usize = 12;

/// The place where a field is kept.
fn place(name: &[u8]) -> Option<usize> {
    Some(match name {
        b"MESSAGE" => MESSAGE,
        b"__CURSOR" => CURSOR,
        b"__REALTIME_TIMESTAMP" => REALTIME,
        b"PRIORITY" => PRIORITY,
        b"SYSLOG_IDENTIFIER" => IDENTIFIER,
        b"_COMM" => COMM,
        b"_PID" => PID,
        b"SYSLOG_PID" => SYSLOG_PID,
        b"UNIT" | b"OBJECT_SYSTEMD_UNIT" | b"COREDUMP_UNIT" => ABOUT,
        b"_SYSTEMD_UNIT" => UNIT,
        b"INVOCATION_ID" => ABOUT_RUN,
        b"_SYSTEMD_INVOCATION_ID" => RUN,
        _ => return None,
    })
}

/// What is kept of the entry that is being read.
#[derive(Clone, Debug)]
pub(super) struct Fields {
    values: [Vec<u8>; COUNT],
    has: [bool; COUNT],
    open: Option<usize>,
    /// How much of the message was left out.
    skipped: u64,
    /// Who said the last line.
    speaker: Vec<u8>,
}

impl Fields {
    pub(super) const fn new() -> Self {
        Self {
            values: [const { Vec::new() }; COUNT],
            has: [false; COUNT],
            open: None,
            skipped: 0,
            speaker: Vec::new(),
        }
    }

    pub(super) fn clear(&mut self) {
        for value in &mut self.values {
            value.clear();
            if value.capacity() > LONGEST / 4 {
                *value = Vec::new();
            }
        }
        self.has = [false; COUNT];
        self.open = None;
        self.skipped = 0;
    }

    /// A field begins. Of one that occurs more than once the first counts.
    pub(super) fn begin(&mut self, name: &[u8]) {
        self.open = place(name).filter(|place| self.has.get(*place) == Some(&false));
        if let Some(has) = self.open.and_then(|place| self.has.get_mut(place)) {
            *has = true;
        }
    }

    pub(super) fn add(&mut self, piece: &[u8]) {
        let Some(place) = self.open else { return };
        let Some(value) = self.values.get_mut(place) else { return };
        let limit = if place == MESSAGE { LONGEST } else { SHORT };
        let room = limit.saturating_sub(value.len());
        let (kept, over) = piece.split_at_checked(room).unwrap_or((piece, &[]));
        value.extend_from_slice(kept);
        if place == MESSAGE {
            self.skipped = self.skipped.saturating_add(over.len() as u64);
        }
    }

    fn bytes(&self, place: usize) -> Option<&[u8]> {
        let value = self.values.get(place)?;
        (*self.has.get(place)?).then_some(value.as_slice())
    }

    fn text(&self, place: usize) -> Option<&str> {
        self.bytes(place).and_then(|value| str::from_utf8(value).ok())
    }

    /// The entry, if it says where and when it is.
    pub(super) fn entry(&self) -> Option<Entry<'_>> {
        Some(Entry {
            cursor: self.text(CURSOR)?,
            at: self.text(REALTIME)?.parse().ok()?,
            unit: self.text(ABOUT).or_else(|| self.text(UNIT)),
            invocation: self.text(ABOUT_RUN).or_else(|| self.text(RUN)),
        })
    }

    /// Makes lines of the message: `IDENTIFIER[PID]: MESSAGE`, and what is behind a line feed
    /// continues it. Without a message there is none.
    pub(super) fn tell(
        &mut self,
        at: i64,
        scanner: &mut Scanner,
        line: &mut Vec<u8>,
        out: &mut Batch,
    ) -> bool {
        if self.has.get(MESSAGE) != Some(&true) {
            return false;
        }
        line.clear();
        let who = self.bytes(IDENTIFIER).or_else(|| self.bytes(COMM));
        if let Some(who) = who {
            let (who, more) = shortened(who);
            line.extend(who.iter().map(|b| if *b == b'\n' { b' ' } else { *b }));
            line.extend_from_slice(more);
            if let Some(pid) = self.bytes(PID).or_else(|| self.bytes(SYSLOG_PID)) {
                line.push(b'[');
                line.extend_from_slice(pid);
                line.push(b']');
            }
            line.extend_from_slice(b": ");
        }
        let prefix = line.len();
        let same = self.speaker == *line;
        if !same {
            self.speaker.clear();
            self.speaker.extend_from_slice(line);
        }
        let mut flags = Flags::default();
        if same {
            flags = flags.with(Flags::CONTINUED);
        }
        let level = match self.bytes(PRIORITY) {
            Some([digit @ b'0'..=b'7']) => Level::from_priority(digit - b'0'),
            _ => Level::Unknown,
        };
        let is_cut = self.skipped > 0;
        if is_cut && let Some(message) = self.values.get_mut(MESSAGE) {
            cut(message, self.skipped);
        }
        let message = self.values.get(MESSAGE).map(Vec::as_slice).unwrap_or_default();
        // Line feeds at the end say nothing.
        let message = message.trim_suffix_feeds();
        let mut pieces = message.split(|b| *b == b'\n').peekable();
        line.extend_from_slice(pieces.next().unwrap_or_default().trim_suffix_return());
        if is_cut && pieces.peek().is_none() {
            flags = flags.with(Flags::CUT);
        }
        scanner.entry(line, prefix, at, level, flags, out);
        while let Some(piece) = pieces.next() {
            let mut flags = Flags::default().with(Flags::CONTINUED);
            if is_cut && pieces.peek().is_none() {
                flags = flags.with(Flags::CUT);
            }
            scanner.line(piece.trim_suffix_return(), at, flags, out);
        }
        true
    }
}

/// Of a long name its beginning: the message is what one reads. Anybody can call himself anything.
fn shortened(who: &[u8]) -> (&[u8], &'static [u8]) {
    const LONG: usize = 48;
    if who.len() <= LONG {
        return (who, b"");
    }
    // Not within a character.
    let end = (LONG - 4..LONG).rev().find(|n| who.get(*n).is_none_or(|b| b & 0xc0 != 0x80));
    (who.get(..end.unwrap_or(LONG)).unwrap_or(who), "…".as_bytes())
}

trait Ends {
    fn trim_suffix_feeds(&self) -> &Self;
    fn trim_suffix_return(&self) -> &Self;
}

impl Ends for [u8] {
    fn trim_suffix_feeds(&self) -> &Self {
        let len = self.iter().rposition(|b| !matches!(b, b'\n' | b'\r')).map_or(0, |last| last + 1);
        self.get(..len).unwrap_or_default()
    }

    fn trim_suffix_return(&self) -> &Self {
        self.strip_suffix(b"\r").unwrap_or(self)
    }
}

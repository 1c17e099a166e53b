//! A file's bytes become lines.

use memchr::memchr;

use super::scan::Scanner;
use super::time::iso;
use crate::model::log::batch::LONGEST;
use crate::model::log::{Batch, Flags, Level};

/// Splits the bytes of one file, in whatever pieces they come. Also for a stream that is none,
/// such as the output of a container.
///
/// What is not a line yet is kept, [`LONGEST`] bytes of it at most; each byte is looked at once.
#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of the stream of its own")]
pub struct FileReader {
    scanner: Scanner,
    /// Bytes that were told: whole lines, and pieces by [`Self::partial`].
    offset: u64,
    /// A line's beginning.
    rest: Vec<u8>,
    /// How much of that line was left out behind `rest`.
    skipped: u64,
    /// The line's beginning was told already.
    is_begun: bool,
    /// Of the line that is begun everything that comes is left out.
    is_full: bool,
    /// Each line has its moment from who passed it on.
    is_stamped: bool,
    /// A line has said its moment.
    is_dated: bool,
}

impl FileReader {
    /// `offset` bytes are before the first that comes. `zone` is how many seconds the host's zone
    /// is ahead of UTC, for timestamps that name none.
    pub const fn new(offset: u64, zone: i64) -> Self {
        Self {
            scanner: Scanner::new(zone),
            offset,
            rest: Vec::new(),
            skipped: 0,
            is_begun: false,
            is_full: false,
            is_stamped: false,
            is_dated: false,
        }
    }

    /// For lines that each have RFC 3339 and a space before them, as `docker logs --timestamps`
    /// and kubectl print. The lines of a stack trace then have moments as well, and are still
    /// kept together.
    pub fn stamped() -> Self {
        Self { is_stamped: true, ..Self::new(0, 0) }
    }

    /// The byte behind all that was told, where reading can go on: the end of the last whole line,
    /// or of what [`Self::partial`] told of one.
    pub const fn offset(&self) -> u64 {
        self.offset
    }

    /// Goes on at another place: another file (rotated, truncated), or the same after a
    /// connection was lost. What was not told is forgotten; what is known of the source's
    /// timestamps and its last line is kept. A line that was begun is continued only at the byte
    /// where it was left.
    pub fn resume(&mut self, offset: u64) {
        if offset != self.offset {
            self.is_begun = false;
            self.is_full = false;
        }
        self.offset = offset;
        self.rest.clear();
        self.skipped = 0;
    }

    /// Goes on behind a line of that moment: lines that say none have it as well.
    #[must_use]
    pub const fn behind(mut self, at: i64) -> Self {
        self.scanner.go_on(at);
        self.is_dated = true;
        self
    }

    /// What comes from here on is told as it is written, at that moment of the host's clock; none:
    /// it was there before. Lines that say no moment long after one that does have that.
    pub const fn heard(&mut self, at: Option<i64>) {
        self.scanner.heard(at);
    }

    /// What was there has come to its end, which was written at `at`: see [`Batch::date_end`].
    pub fn ended(&mut self, at: i64, out: &mut Batch) {
        out.date_end(at, self.is_dated);
        if let Some(last) = out.lines.last() {
            self.scanner.ended(last);
        }
    }

    /// The moment of the last line, if one has said its moment.
    pub fn moment(&self) -> Option<i64> {
        self.scanner.moment()
    }

    /// Whether a line has begun that was not told yet.
    pub const fn has_rest(&self) -> bool {
        !self.rest.is_empty() || self.skipped > 0
    }

    /// Takes what came. `now` is in microseconds on the host's clock, for lines that say no moment.
    pub fn push(&mut self, bytes: &[u8], now: i64, out: &mut Batch) {
        let mut left = bytes;
        while let Some(end) = memchr(b'\n', left) {
            let (piece, behind) = left.split_at_checked(end).unwrap_or((left, &[]));
            if self.rest.is_empty() && self.skipped == 0 && !self.is_full && piece.len() <= LONGEST
            {
                self.offset = self.offset.saturating_add(piece.len() as u64);
                self.told(piece, Flags::default(), now, out);
            } else {
                self.keep(piece);
                self.flush(Flags::default(), now, out);
            }
            self.offset = self.offset.saturating_add(1);
            self.is_begun = false;
            self.is_full = false;
            left = behind.get(1..).unwrap_or_default();
        }
        self.keep(left);
    }

    /// The line that is begun has `bytes` more, its line feed among them; they are left out.
    pub fn leave_out(&mut self, bytes: u64, now: i64, out: &mut Batch) {
        let Some(text) = bytes.checked_sub(1) else { return };
        self.skipped = self.skipped.saturating_add(text);
        self.flush(Flags::default(), now, out);
        self.offset = self.offset.saturating_add(1);
        self.is_begun = false;
        self.is_full = false;
    }

    /// After a silence: tells what is there of a line whose end has not come. What comes of it
    /// later continues it.
    pub fn partial(&mut self, now: i64, out: &mut Batch) {
        if !self.has_rest() {
            return;
        }
        // The line feed may come next; then this belongs to it.
        let has_cr = self.skipped == 0 && self.rest.last() == Some(&b'\r');
        if has_cr {
            self.rest.pop();
        }
        self.is_full = self.is_full || self.skipped > 0;
        if self.has_rest() {
            self.flush(Flags::default().with(Flags::PARTIAL), now, out);
            self.is_begun = true;
        }
        if has_cr {
            self.rest.push(b'\r');
        }
    }

    fn keep(&mut self, piece: &[u8]) {
        let room = if self.is_full { 0 } else { LONGEST.saturating_sub(self.rest.len()) };
        let (kept, over) = piece.split_at_checked(room).unwrap_or((piece, &[]));
        self.rest.extend_from_slice(kept);
        self.skipped = self.skipped.saturating_add(over.len() as u64);
    }

    fn flush(&mut self, flags: Flags, now: i64, out: &mut Batch) {
        let mut rest = std::mem::take(&mut self.rest);
        self.offset = self.offset.saturating_add(rest.len() as u64).saturating_add(self.skipped);
        let mut flags = flags;
        if self.skipped > 0 {
            flags = flags.with(Flags::CUT);
            cut(&mut rest, self.skipped);
            self.skipped = 0;
        }
        self.told(&rest, flags, now, out);
        rest.clear();
        // A long line's room is not kept for short ones.
        if rest.capacity() <= LONGEST / 4 {
            self.rest = rest;
        }
    }

    fn told(&mut self, line: &[u8], flags: Flags, now: i64, out: &mut Batch) {
        let line = line.strip_suffix(b"\r").filter(|_| !flags.has(Flags::CUT)).unwrap_or(line);
        if self.is_begun {
            // Its end alone says nothing.
            if !line.is_empty() {
                self.scanner.line(line, now, flags.with(Flags::CONTINUED), out);
            }
            return;
        }
        if let Some((at, len)) = iso(line, 0).filter(|_| self.is_stamped) {
            let prefix = (len + 1).min(line.len());
            let flags = flags.with(Flags::CONTINUED);
            self.scanner.entry(line, prefix, at, Level::Unknown, flags, out);
        } else {
            self.scanner.line(line, now, flags, out);
        }
        if !self.is_dated && out.lines.last().is_some_and(|line| !line.flags.has(Flags::UNTIMED)) {
            self.is_dated = true;
            out.date_beginning();
            // Lines before it had the moment of reading, and this one may not be held up to that.
            if let Some(last) = out.lines.last() {
                self.scanner.go_on(last.at);
            }
        }
    }
}

/// Says at a line's end how much of it was left out.
pub(super) fn cut(line: &mut Vec<u8>, skipped: u64) {
    const STEP: u64 = 1000;
    const UNITS: [&str; 4] = ["kB", "MB", "GB", "TB"];
    let mut text = format!("… {skipped} B more");
    let mut one = STEP;
    for unit in UNITS {
        if skipped < one {
            break;
        }
        let tenths = skipped / (one / 10);
        text = format!("… {}.{} {unit} more", tenths / 10, tenths % 10);
        one = one.saturating_mul(STEP);
    }
    line.extend_from_slice(text.as_bytes());
}

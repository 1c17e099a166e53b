//! The lines of a container's log, as `docker logs --timestamps` prints them (podman does the
//! same): each has before it the moment at which the engine took it.
//!
//! An engine can only be asked for what came since a moment. So a mark is the last line's moment and
//! a sum of it; a second before that is asked for again, and left out up to that line. What a
//! container says on its two streams may stand a little out of order.

use memchr::memchr;

use super::file;
use super::scan::Scanner;
use super::time::iso;
use crate::model::log::batch::LONGEST;
use crate::model::log::{Batch, Flags, Level, Mark};

/// Lines of so many microseconds before a mark are asked for again.
pub const BEFORE: i64 = 1_000_000;
/// Lines that are held back while the mark's is looked for, in bytes.
const HELD: usize = 1 << 20;

/// See the module.
#[derive(Debug)]
pub struct StampedReader {
    scanner: Scanner,
    /// The container's id.
    id: Box<str>,
    /// A line's beginning.
    rest: Vec<u8>,
    /// Of what is longer so much is left out.
    skipped: u64,
    after: Option<After>,
    first: Option<Mark>,
    last: Option<Mark>,
    at: i64,
}

/// The line behind which it goes on.
#[derive(Debug)]
struct After {
    at: i64,
    sum: u64,
    /// Lines that are newer than it, but came before it.
    held: Vec<u8>,
}

impl StampedReader {
    /// For the container of this id. Behind a mark, if that is one of this container.
    pub fn new(id: &str, after: Option<&Mark>) -> Self {
        let after = after
            .and_then(|mark| read_mark(mark).filter(|(of, ..)| *of == id))
            .map(|(_, at, sum)| After { at, sum, held: Vec::new() });
        Self {
            scanner: Scanner::new(0),
            id: id.into(),
            rest: Vec::new(),
            skipped: 0,
            after,
            first: None,
            last: None,
            at: i64::MIN,
        }
    }

    /// Where the first and the last line are that were told.
    pub fn marks(&self) -> (Option<Mark>, Option<Mark>) {
        (self.first.clone(), self.last.clone())
    }

    /// Whether the line of the mark has not come yet, but newer ones have.
    pub fn is_held(&self) -> bool {
        self.after.as_ref().is_some_and(|after| !after.held.is_empty())
    }

    /// Takes what came. Says whether it is known by now that the mark's line is gone, and others
    /// may be.
    pub fn push(&mut self, bytes: &[u8], now: i64, out: &mut Batch) -> bool {
        let mut is_gap = false;
        let mut left = bytes;
        while let Some(end) = memchr(b'\n', left) {
            let (piece, behind) = left.split_at_checked(end).unwrap_or((left, &[]));
            left = behind.get(1..).unwrap_or_default();
            if self.rest.is_empty() && piece.len() <= LONGEST {
                is_gap |= self.line(piece, now, out);
            } else {
                self.keep(piece);
                let mut line = std::mem::take(&mut self.rest);
                if self.skipped > 0 {
                    file::cut(&mut line, std::mem::take(&mut self.skipped));
                }
                is_gap |= self.line(&line, now, out);
            }
        }
        self.keep(left);
        is_gap
    }

    /// The mark's line does not come: tells what was held back. Says whether there was something.
    pub fn give_up(&mut self, now: i64, out: &mut Batch) -> bool {
        let Some(after) = self.after.take_if(|after| !after.held.is_empty()) else { return false };
        for line in after.held.split_inclusive(|b| *b == b'\n') {
            self.tell(line.strip_suffix(b"\n").unwrap_or(line), now, out);
        }
        true
    }

    fn keep(&mut self, piece: &[u8]) {
        let room = LONGEST.saturating_sub(self.rest.len());
        let (kept, over) = piece.split_at_checked(room).unwrap_or((piece, &[]));
        self.rest.extend_from_slice(kept);
        self.skipped = self.skipped.saturating_add(over.len() as u64);
    }

    fn line(&mut self, line: &[u8], now: i64, out: &mut Batch) -> bool {
        let Some(after) = &mut self.after else {
            self.tell(line, now, out);
            return false;
        };
        let at = iso(line, 0).map_or(after.at, |(at, _)| at);
        if at == after.at && sum(line) == after.sum {
            self.after = None;
            return false;
        }
        if at <= after.at {
            return false;
        }
        after.held.extend_from_slice(line);
        after.held.push(b'\n');
        let is_gone = at > after.at + BEFORE || after.held.len() > HELD;
        is_gone && self.give_up(now, out)
    }

    fn tell(&mut self, line: &[u8], now: i64, out: &mut Batch) {
        let said = line.strip_suffix(b"\r").unwrap_or(line);
        if let Some((at, length)) = iso(said, 0) {
            self.at = at;
            let said = said.get((length + 1).min(said.len())..).unwrap_or_default();
            let flags = Flags::default().with(Flags::CONTINUED);
            self.scanner.entry(said, 0, at, Level::Unknown, flags, out);
        } else {
            // The engine itself says this.
            self.scanner.line(said, now, Flags::default(), out);
        }
        let mark = Mark::Cursor(format!("{} {:016x}", self.id, sum(line)).into(), self.at);
        if self.first.is_none() {
            self.first = Some(mark.clone());
        }
        self.last = Some(mark);
    }
}

/// A mark of a container's: its id, the line's moment and sum.
pub fn read_mark(mark: &Mark) -> Option<(&str, i64, u64)> {
    let Mark::Cursor(cursor, at) = mark else { return None };
    let (id, sum) = cursor.split_once(' ')?;
    Some((id, *at, u64::from_str_radix(sum, 16).ok()?))
}

/// FNV-1a: enough to know a line among those of two seconds.
pub fn sum(line: &[u8]) -> u64 {
    line.iter().fold(0xcbf2_9ce4_8422_2325, |sum: u64, byte| {
        (sum ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As podman 4.3.1 printed them.
    const SAID: &[u8] = b"2026-11-21T21:33:55.315529778Z number 1\n\
        2026-11-21T21:33:55.315578530Z oops 1\n\
        2026-11-21T21:33:55.816680931Z number 2\n\
        2026-11-21T21:33:55.816600000Z early\n\
        2026-11-21T21:33:58.316680931Z number 3\n";

    fn texts(batch: &Batch) -> Vec<String> {
        (0..batch.lines.len())
            .map(|n| String::from_utf8_lossy(batch.text_of(n)).into_owned())
            .collect()
    }

    #[test]
    fn each_line_is_told_once_wherever_it_was_left() {
        let ends: Vec<usize> =
            SAID.iter().enumerate().filter(|(_, b)| **b == b'\n').map(|(n, _)| n + 1).collect();
        for end in &ends {
            let (mut before, mut batch) = (StampedReader::new("id", None), Batch::default());
            assert!(!before.push(&SAID[..*end], 0, &mut batch));
            let mark = before.marks().1.unwrap();
            // In whatever pieces it comes again.
            for cut in 0..SAID.len() {
                let mut reader = StampedReader::new("id", Some(&mark));
                let mut all = batch.clone();
                let mut is_gap = reader.push(&SAID[..cut], 0, &mut all);
                is_gap |= reader.push(&SAID[cut..], 0, &mut all);
                assert_eq!(texts(&all), ["number 1", "oops 1", "number 2", "early", "number 3"]);
                assert!(!is_gap && !reader.is_held());
            }
        }
    }

    #[test]
    fn lines_that_are_gone_are_a_gap_and_what_is_there_is_told() {
        let mark = Mark::Cursor("id 00000000000000aa".into(), 1_795_296_835_400_000);
        let (mut reader, mut batch) = (StampedReader::new("id", Some(&mark)), Batch::default());
        assert!(reader.push(SAID, 0, &mut batch));
        assert_eq!(texts(&batch), ["number 2", "early", "number 3"]);
        let (mut reader, mut batch) = (StampedReader::new("id", Some(&mark)), Batch::default());
        assert!(!reader.push(&SAID[..150], 0, &mut batch));
        assert!(reader.is_held() && reader.give_up(0, &mut batch));
        assert_eq!(texts(&batch).first().map(String::as_str), Some("number 2"));
    }

    #[test]
    fn another_container_is_read_from_its_beginning() {
        let mark = Mark::Cursor("id 00000000000000aa".into(), 1_795_296_835_400_000);
        let (mut reader, mut batch) = (StampedReader::new("other", Some(&mark)), Batch::default());
        assert!(!reader.push(SAID, 0, &mut batch));
        assert_eq!(batch.lines.len(), 5);
    }
}

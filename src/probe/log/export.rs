//! `journalctl -o export` becomes lines (<https://systemd.io/JOURNAL_EXPORT_FORMATS/>): fields
//! `NAME=text`, or `NAME`, a little-endian 64-bit length and so many bytes; an empty line ends an
//! entry.

mod entry;

pub use entry::Entry;

use entry::Fields;

use super::scan::Scanner;
use crate::model::log::batch::LONGEST;
use crate::model::log::{Batch, Mark};

/// A field's name is kept up to this; journald itself allows 64 bytes.
const NAME: usize = 80;

/// Where in an entry the reader is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum At {
    /// In a line that is a field's name, perhaps with its value.
    Name,
    /// In the text of a field, up to the line feed.
    Text,
    /// In the length of a binary field: how many bytes of it came, and their sum.
    Length(u8, u64),
    /// In the bytes of a binary field: how many are left.
    Bytes(u64),
    /// Before the line feed behind a binary field.
    End,
}

/// Reads entries, in whatever pieces they come. Fields that say nothing for a line are passed
/// over, and so is what is longer than [`LONGEST`].
#[derive(Clone, Debug)]
pub struct ExportReader {
    at: At,
    name: Vec<u8>,
    fields: Fields,
    scanner: Scanner,
    first: Option<Mark>,
    last: Option<Mark>,
    line: Vec<u8>,
}

impl Default for ExportReader {
    fn default() -> Self {
        Self::new()
    }
}

impl ExportReader {
    /// At an entry's beginning.
    pub const fn new() -> Self {
        Self {
            at: At::Name,
            name: Vec::new(),
            fields: Fields::new(),
            scanner: Scanner::new(0),
            first: None,
            last: None,
            line: Vec::new(),
        }
    }

    /// Takes what came. `take` says of each entry whether it becomes a line: no for one that was
    /// had already. An entry without a message becomes none, as journalctl shows none.
    pub fn push(
        &mut self,
        bytes: &[u8],
        out: &mut Batch,
        take: &mut dyn FnMut(&Entry<'_>) -> bool,
    ) {
        let mut left = bytes;
        while !left.is_empty() {
            left = match self.at {
                At::Name => self.name(left, out, take),
                At::Text => self.text(left),
                At::Length(count, sum) => self.length(left, count, sum),
                At::Bytes(count) => self.bytes(left, count),
                At::End => {
                    self.at = At::Name;
                    // Whatever stands there: it is passed over if it is what must stand there.
                    left.strip_prefix(b"\n").unwrap_or(left)
                }
            };
        }
    }

    /// The oldest entry that became a line, and the newest that was read, since this was asked.
    pub fn marks(&mut self) -> (Option<Mark>, Option<Mark>) {
        (self.first.take(), self.last.clone())
    }

    /// Another journalctl begins: an entry that was cut is forgotten.
    pub fn restart(&mut self) {
        self.at = At::Name;
        self.name.clear();
        self.fields.clear();
    }

    fn name<'b>(
        &mut self,
        left: &'b [u8],
        out: &mut Batch,
        take: &mut dyn FnMut(&Entry<'_>) -> bool,
    ) -> &'b [u8] {
        let Some(end) = left.iter().take(NAME + 1).position(|b| matches!(b, b'=' | b'\n')) else {
            let room = NAME.saturating_sub(self.name.len());
            let (kept, rest) = left.split_at_checked(room).unwrap_or((left, &[]));
            self.name.extend_from_slice(kept);
            if kept.is_empty() {
                // No name is so long: up to the line's end it is nothing.
                self.fields.begin(b"");
                self.name.clear();
                self.at = At::Text;
                return left;
            }
            return rest;
        };
        let (piece, behind) = left.split_at_checked(end).unwrap_or((left, &[]));
        let is_text = behind.first() == Some(&b'=');
        let behind = behind.get(1..).unwrap_or_default();
        if self.name.len() + piece.len() > NAME {
            self.fields.begin(b"");
            self.name.clear();
            self.at = if is_text { At::Text } else { At::Name };
        } else if self.name.is_empty() {
            self.begin(piece, is_text, out, take);
        } else {
            let mut name = std::mem::take(&mut self.name);
            name.extend_from_slice(piece);
            self.begin(&name, is_text, out, take);
            name.clear();
            self.name = name;
        }
        behind
    }

    fn begin(
        &mut self,
        name: &[u8],
        is_text: bool,
        out: &mut Batch,
        take: &mut dyn FnMut(&Entry<'_>) -> bool,
    ) {
        if name.is_empty() && !is_text {
            self.entry(out, take);
            return;
        }
        self.fields.begin(name);
        self.at = if is_text { At::Text } else { At::Length(0, 0) };
    }

    fn text<'b>(&mut self, left: &'b [u8]) -> &'b [u8] {
        let end = memchr::memchr(b'\n', left);
        let (piece, behind) =
            left.split_at_checked(end.unwrap_or(left.len())).unwrap_or((left, &[]));
        self.fields.add(piece);
        if end.is_some() {
            self.at = At::Name;
        }
        behind.get(1..).unwrap_or_default()
    }

    fn length<'b>(&mut self, left: &'b [u8], count: u8, sum: u64) -> &'b [u8] {
        let Some((byte, behind)) = left.split_first() else { return left };
        let sum = sum | u64::from(*byte) << (8 * u32::from(count));
        self.at = match count {
            0..7 => At::Length(count + 1, sum),
            _ if sum == 0 => At::End,
            _ => At::Bytes(sum),
        };
        behind
    }

    fn bytes<'b>(&mut self, left: &'b [u8], count: u64) -> &'b [u8] {
        let here = usize::try_from(count).unwrap_or(usize::MAX).min(left.len());
        let (piece, behind) = left.split_at_checked(here).unwrap_or((left, &[]));
        self.fields.add(piece);
        let count = count.saturating_sub(here as u64);
        self.at = if count == 0 { At::End } else { At::Bytes(count) };
        behind
    }

    fn entry(&mut self, out: &mut Batch, take: &mut dyn FnMut(&Entry<'_>) -> bool) {
        if let Some(entry) = self.fields.entry() {
            let mark = Mark::Cursor(entry.cursor.into(), entry.at);
            if take(&entry) && self.fields.tell(entry.at, &mut self.scanner, &mut self.line, out) {
                self.first.get_or_insert_with(|| mark.clone());
            }
            self.last = Some(mark);
        }
        self.fields.clear();
        if self.line.capacity() > LONGEST / 4 {
            self.line = Vec::new();
        }
    }
}

#[cfg(test)]
mod tests;

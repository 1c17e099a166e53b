//! A block of lines that is held, and what is known of which of them are wanted.

use std::sync::Arc;

use super::batch::{Batch, Flags, Line};
use super::bits::Bits;
use super::source::Mark;

/// Lines that are kept together, and which of them are wanted.
#[derive(Clone, PartialEq, Debug)]
pub struct Held {
    /// The number of its first line in its source.
    pub first: i64,
    /// The lines.
    pub block: Arc<Batch>,
    /// Where it begins on the host; none where that is not known.
    pub mark: Option<Mark>,
    /// Which of its lines the filter wants; none while that was not looked at. May be of fewer
    /// lines than there are by now.
    pub wanted: Option<Bits>,
    /// The same with the lines around them.
    pub shown: Option<Bits>,
    /// Which of its lines the search has found.
    pub found: Option<Bits>,
    /// Lines that do not repeat the one before.
    pub distinct: usize,
}

impl Held {
    pub(super) fn new(first: i64, batch: Batch, mark: Option<Mark>) -> Self {
        let distinct = distinct(&batch.lines);
        let block = Arc::new(batch);
        Self { first, block, mark, wanted: None, shown: None, found: None, distinct }
    }

    /// The number behind its last line.
    pub fn end(&self) -> i64 {
        self.first + self.block.lines.len() as i64
    }

    /// When its first line was.
    pub fn from(&self) -> i64 {
        self.block.lines.first().map_or(i64::MAX, |line| line.at)
    }

    /// When its last line was.
    pub fn until(&self) -> i64 {
        self.block.lines.last().map_or(i64::MIN, |line| line.at)
    }

    /// The bytes that it takes.
    pub fn size(&self) -> usize {
        self.block.text.len() + size_of::<Line>() * self.block.lines.len()
    }
}

/// Lines that do not repeat the one before.
pub(super) fn distinct(lines: &[Line]) -> usize {
    lines.iter().filter(|line| !line.flags.has(Flags::REPEATED)).count()
}

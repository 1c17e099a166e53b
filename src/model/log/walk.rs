//! Walks over the lines of several sources in the order of their moments. Sources are merged while
//! one walks: nothing has to be sorted, and a line that comes late is at its place at once.

use super::batch::{Flags, Line};
use super::store::Logs;
use super::stream::{Held, StreamLog};

/// A line, by its source's place and its number there; stays the same while others come and go.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Spot {
    /// The source's place among the sources.
    pub stream: usize,
    /// The line's number in it.
    pub seq: i64,
}

/// The order of all lines: moment, source, number.
pub type Key = (i64, usize, i64);

/// Which lines are walked over.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Lens {
    /// Only lines that the filter wants.
    pub filtered: bool,
    /// Not those that repeat the one before.
    pub fold: bool,
    /// Not before this moment.
    pub from: i64,
    /// Not behind it.
    pub until: i64,
}

impl Lens {
    fn sees(&self, held: &Held, place: usize, line: &Line) -> bool {
        if line.at < self.from || line.at > self.until {
            return false;
        }
        if self.fold && line.flags.has(Flags::REPEATED) {
            return false;
        }
        !self.filtered || held.shown.as_ref().is_some_and(|bits| bits.has(place))
    }
}

/// A walk in one direction.
pub struct Walk<'a> {
    lens: Lens,
    forward: bool,
    heads: Vec<Head<'a>>,
}

struct Head<'a> {
    stream: &'a StreamLog,
    place: usize,
    /// The next block, and the line in it; walking back, the one behind it.
    block: usize,
    line: usize,
    next: Option<Key>,
}

impl<'a> Walk<'a> {
    /// Over what is behind a key, or before it.
    pub fn new(logs: &'a Logs, lens: Lens, key: Key, forward: bool) -> Self {
        let heads = logs.streams.iter().enumerate().map(|(place, stream)| {
            let (block, line) = position(stream, place, key, forward);
            let mut head = Head { stream, place, block, line, next: None };
            head.advance(lens, forward);
            head
        });
        Self { lens, forward, heads: heads.collect() }
    }
}

impl Iterator for Walk<'_> {
    type Item = (Spot, Key);

    fn next(&mut self) -> Option<Self::Item> {
        let heads = self.heads.iter_mut().filter(|head| head.next.is_some());
        let head = if self.forward {
            heads.min_by_key(|head| head.next)
        } else {
            heads.max_by_key(|head| head.next)
        }?;
        let key = head.next?;
        head.advance(self.lens, self.forward);
        Some((Spot { stream: key.1, seq: key.2 }, key))
    }
}

impl Head<'_> {
    /// Goes to the next line that is seen.
    fn advance(&mut self, lens: Lens, forward: bool) {
        self.next = None;
        loop {
            let blocks = self.stream.blocks();
            if forward {
                let Some(held) = blocks.get(self.block) else { return };
                let lines = held.block.lines.get(self.line..).unwrap_or_default();
                let seen = |(n, line): &(usize, &Line)| lens.sees(held, self.line + n, line);
                if held.until() >= lens.from
                    && let Some((n, line)) = lines.iter().enumerate().find(seen)
                {
                    let place = self.line + n;
                    self.next = Some((line.at, self.place, held.first + place as i64));
                    self.line = place + 1;
                    return;
                }
                if held.from() > lens.until {
                    return;
                }
                (self.block, self.line) = (self.block + 1, 0);
            } else {
                let Some(held) = blocks.get(self.block) else {
                    if self.block == 0 {
                        return;
                    }
                    self.block -= 1;
                    self.line = usize::MAX;
                    continue;
                };
                let end = self.line.min(held.block.lines.len());
                let lines = held.block.lines.get(..end).unwrap_or_default();
                let seen = |(n, line): &(usize, &Line)| lens.sees(held, *n, line);
                if held.from() <= lens.until
                    && let Some((place, line)) = lines.iter().enumerate().rev().find(seen)
                {
                    self.next = Some((line.at, self.place, held.first + place as i64));
                    self.line = place;
                    return;
                }
                if self.block == 0 || held.until() < lens.from {
                    return;
                }
                (self.block, self.line) = (self.block - 1, usize::MAX);
            }
        }
    }
}

/// Where a walk over a stream begins: the first line behind the key; walking back, the first that
/// is not before it.
fn position(stream: &StreamLog, place: usize, key: Key, forward: bool) -> (usize, usize) {
    let before = |at: i64, seq: i64| {
        let this = (at, place, seq);
        if forward { this <= key } else { this < key }
    };
    let blocks = stream.blocks();
    let block = blocks.partition_point(|held| before(held.until(), held.end() - 1));
    let Some(held) = blocks.get(block) else { return (block, 0) };
    let lines = &held.block.lines;
    let (mut low, mut high) = (0, lines.len());
    while low < high {
        let middle = usize::midpoint(low, high);
        let at = lines.get(middle).map_or(i64::MAX, |line| line.at);
        if before(at, held.first + middle as i64) { low = middle + 1 } else { high = middle }
    }
    (block, low)
}

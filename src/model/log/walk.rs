//! Walks over the lines of several sources in the order of their moments. Sources are merged while
//! one walks: nothing has to be sorted, and a line that comes late is at its place at once.

use super::batch::{Flags, Line};
use super::bits::Bits;
use super::held::Held;
use super::store::Logs;
use super::stream::StreamLog;

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
    /// Only lines that the search has found.
    pub found: bool,
    /// Only this source, by its place.
    pub only: Option<usize>,
    /// Not those that repeat the one before.
    pub fold: bool,
    /// Not before this moment.
    pub from: i64,
    /// Not behind it.
    pub until: i64,
}

impl Lens {
    fn sees(&self, line: &Line) -> bool {
        let inside = line.at >= self.from && line.at <= self.until;
        inside && !(self.fold && line.flags.has(Flags::REPEATED))
    }

    /// Whether nothing of a block is seen.
    fn skips(&self, held: &Held) -> bool {
        held.until() < self.from
            || held.from() > self.until
            || (self.fold && held.distinct == 0)
            || (self.filtered && held.shown.is_none())
            || (self.found && held.found.is_none())
    }

    /// The lines of a block that come into question; none: all do.
    fn chosen<'h>(&self, held: &'h Held) -> Option<&'h Bits> {
        // Of two the search's are fewer; the other is looked at for each.
        if self.found { held.found.as_ref() } else { held.shown.as_ref().filter(|_| self.filtered) }
    }

    fn wants(&self, held: &Held, place: usize) -> bool {
        !(self.found && self.filtered) || held.shown.as_ref().is_some_and(|bits| bits.has(place))
    }

    /// The first line of a block that is seen, from one on.
    fn next(&self, held: &Held, from: usize) -> Option<usize> {
        if self.skips(held) {
            return None;
        }
        let (lines, chosen) = (&held.block.lines, self.chosen(held));
        let mut place = from;
        loop {
            if let Some(chosen) = chosen {
                place = chosen.next(place)?;
            }
            if self.sees(lines.get(place)?) && self.wants(held, place) {
                return Some(place);
            }
            place += 1;
        }
    }

    /// The last line of a block that is seen, before one.
    fn previous(&self, held: &Held, before: usize) -> Option<usize> {
        if self.skips(held) {
            return None;
        }
        let (lines, chosen) = (&held.block.lines, self.chosen(held));
        let mut end = before.min(lines.len());
        loop {
            let place = match chosen {
                Some(chosen) => chosen.previous(end)?,
                None => end.checked_sub(1)?,
            };
            if self.sees(lines.get(place)?) && self.wants(held, place) {
                return Some(place);
            }
            end = place;
        }
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
        let streams = logs.streams.iter().enumerate();
        let streams = streams.filter(|(place, _)| lens.only.is_none_or(|only| only == *place));
        let heads = streams.map(|(place, stream)| {
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
        let blocks = self.stream.blocks();
        loop {
            let (place, end) = match blocks.get(self.block) {
                Some(held) if forward => (lens.next(held, self.line), held.from() > lens.until),
                Some(held) => (lens.previous(held, self.line), held.until() < lens.from),
                None => (None, forward),
            };
            if let Some((held, place)) = blocks.get(self.block).zip(place) {
                let at = held.block.lines.get(place).map_or(0, |line| line.at);
                self.next = Some((at, self.place, held.first + place as i64));
                self.line = if forward { place + 1 } else { place };
                return;
            }
            if end || (!forward && self.block == 0) {
                return;
            }
            (self.block, self.line) =
                if forward { (self.block + 1, 0) } else { (self.block - 1, usize::MAX) };
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

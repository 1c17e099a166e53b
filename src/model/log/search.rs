//! Which lines of an open log are wanted, and which the search has found: blocks are looked at beside
//! the screen, and what is known of them so far is shown.

use std::sync::Arc;

use super::batch::{Batch, Flags};
use super::bits::Bits;
use super::filter::{Filter, Pattern};
use super::held::Held;
use super::store::Logs;
use super::stream::StreamLog;

/// A block to be searched, by its source's place and its first line's number.
pub type BlockId = (usize, i64);

/// What a search beside the screen is to find, newest lines first.
#[derive(Clone, PartialEq, Debug)]
pub struct Scan {
    /// The number of the question; an answer to an older one is dropped.
    pub generation: u32,
    /// For lines that are wanted.
    pub filter: Option<Arc<Filter>>,
    /// For lines that are marked.
    pub search: Option<Arc<Pattern>>,
    /// Where.
    pub blocks: Vec<(BlockId, Arc<Batch>)>,
}

/// What was found in a block.
#[derive(Clone, PartialEq, Debug)]
pub struct Scanned {
    /// Where.
    pub block: BlockId,
    /// Which lines are wanted, where it was asked.
    pub wanted: Option<Bits>,
    /// Which lines are marked, where it was asked.
    pub found: Option<Bits>,
}

impl Logs {
    /// Wants other lines; what has to be searched for that.
    pub fn want(&mut self, filter: Filter) -> Option<Scan> {
        let filter = (!filter.is_all()).then(|| Arc::new(filter));
        if self.filter == filter {
            return None;
        }
        self.filter = filter;
        for held in self.all_blocks() {
            (held.wanted, held.shown) = (None, None);
        }
        self.view.since = 0;
        self.stirred = true;
        self.scan()
    }

    /// Marks what a pattern matches; what has to be searched for that.
    pub fn seek(&mut self, pattern: Option<Pattern>) -> Option<Scan> {
        self.search = pattern.map(Arc::new);
        for held in self.all_blocks() {
            held.found = None;
        }
        self.scan()
    }

    fn all_blocks(&mut self) -> impl Iterator<Item = &mut Held> {
        self.streams.iter_mut().flat_map(|stream| stream.blocks_mut().iter_mut())
    }

    /// What has to be searched; none when all is known. Newest blocks first.
    pub fn scan(&mut self) -> Option<Scan> {
        let mut blocks = Vec::new();
        for (place, stream) in self.streams.iter().enumerate() {
            for held in stream.blocks() {
                let lacks = (self.filter.is_some() && held.wanted.is_none())
                    || (self.search.is_some() && held.found.is_none());
                if lacks {
                    blocks.push((held.until(), (place, held.first), Arc::clone(&held.block)));
                }
            }
        }
        if blocks.is_empty() {
            return None;
        }
        blocks.sort_by_key(|(until, id, _)| (std::cmp::Reverse(*until), *id));
        self.generation = self.generation.wrapping_add(1);
        Some(Scan {
            generation: self.generation,
            filter: self.filter.clone(),
            search: self.search.clone(),
            blocks: blocks.into_iter().map(|(_, id, block)| (id, block)).collect(),
        })
    }

    /// Takes what was found.
    pub fn scanned(&mut self, generation: u32, found: Vec<Scanned>) {
        if generation != self.generation {
            return;
        }
        let (filter, search) = (self.filter.clone(), self.search.clone());
        for Scanned { block: (place, first), wanted, found } in found {
            let Some(stream) = self.streams.get_mut(place) else { continue };
            let Some((block, 0)) = stream.find(first) else { continue };
            let Some(held) = stream.blocks_mut().get_mut(block) else { continue };
            // Lines may have been added meanwhile.
            if let (Some(mut wanted), Some(filter)) = (wanted, &filter) {
                wanted.extend(&filter.lines(&held.block, wanted.len()));
                held.wanted = Some(wanted);
            }
            if let (Some(mut bits), Some(search)) = (found, &search) {
                bits.extend(&search.lines(&held.block, bits.len()));
                held.found = Some(bits);
            }
            for near in block.saturating_sub(1)..=block + 1 {
                self.derive(place, near);
            }
        }
        self.stirred = true;
    }

    /// Which lines of a block are shown: those that are wanted, and the ones around them.
    pub(super) fn derive(&mut self, place: usize, block: usize) {
        let around = usize::from(self.view.context);
        let Some(stream) = self.streams.get_mut(place) else { return };
        let blocks = stream.blocks();
        let Some(held) = blocks.get(block) else { return };
        let Some(wanted) = &held.wanted else { return };
        let mut shown = wanted.clone();
        // A trace that goes on from the block before is shown with its head.
        let before = block.checked_sub(1).and_then(|n| blocks.get(n));
        if before.is_some_and(|held| held.shown.as_ref().is_some_and(Bits::ends_set)) {
            let continued = held.block.lines.iter().take_while(|l| l.flags.has(Flags::CONTINUED));
            (0..continued.count()).for_each(|line| shown.set(line));
        }
        if around > 0 {
            let lines = held.block.lines.len();
            for line in (0..lines).filter(|line| wanted.has(*line)) {
                (line.saturating_sub(around)..=line + around).for_each(|near| shown.set(near));
            }
            // What is wanted at the neighbors' edges reaches into this block.
            if let Some(before) = block.checked_sub(1).and_then(|n| blocks.get(n))
                && let Some(bits) = &before.wanted
            {
                let len = bits.len();
                for back in (1..=around.min(len)).filter(|back| bits.has(len - back)) {
                    (0..=around - back).for_each(|line| shown.set(line));
                }
            }
            if let Some(bits) = blocks.get(block + 1).and_then(|next| next.wanted.as_ref()) {
                for ahead in (0..around).filter(|ahead| bits.has(*ahead)) {
                    (lines.saturating_sub(around - ahead)..lines).for_each(|line| shown.set(line));
                }
            }
        }
        // What must not be there is not there as a neighbor either.
        if around > 0
            && shown != *wanted
            && let Some(filter) = &self.filter
        {
            filter.leave_out(&held.block, &mut shown);
        }
        if let Some(held) = stream.blocks_mut().get_mut(block) {
            held.shown = Some(shown);
        }
    }

    /// Shows so many lines around those that are wanted.
    pub fn around(&mut self, lines: u8) {
        self.view.context = lines;
        for place in 0..self.streams.len() {
            let blocks = self.streams.get(place).map_or(0, |stream| stream.blocks().len());
            (0..blocks).for_each(|block| self.derive(place, block));
        }
        self.stirred = true;
    }

    /// How far the search is: bytes looked at, of all.
    pub fn searched(&self) -> (usize, usize) {
        let (filter, search) = (self.filter.is_some(), self.search.is_some());
        let blocks = self.streams.iter().flat_map(StreamLog::blocks);
        blocks.fold((0, 0), |(done, all), held| {
            let lacks = filter && held.wanted.is_none() || search && held.found.is_none();
            let size = held.block.text.len();
            (if lacks { done } else { done + size }, all + size)
        })
    }

    /// Lines that are shown, and those of them that the search has found, as far as both are known.
    /// Repeated lines count, also where they are folded.
    pub fn counts(&self) -> (usize, usize) {
        let lens = self.lens();
        let mut counts = (0, 0);
        let streams = self.streams.iter().enumerate();
        let streams = streams.filter(|(place, _)| lens.only.is_none_or(|only| only == *place));
        for held in streams.flat_map(|(_, stream)| stream.blocks()) {
            let lines = &held.block.lines;
            let first = lines.partition_point(|line| line.at < lens.from);
            let end = lines.partition_point(|line| line.at <= lens.until);
            let shown = held.shown.as_ref().filter(|_| lens.filtered);
            counts.0 += match (lens.filtered, shown) {
                (false, _) => end.saturating_sub(first),
                (true, Some(bits)) => bits.count_within(first, end),
                (true, None) => 0,
            };
            if let Some(found) = &held.found {
                counts.1 += match shown {
                    Some(bits) => {
                        let mut both = found.clone();
                        both.and(bits);
                        both.count_within(first, end)
                    }
                    None if lens.filtered => 0,
                    None => found.count_within(first, end),
                };
            }
        }
        counts
    }
}

//! The lines of one source that are held: blocks in a row, the newest at the end.

use std::collections::VecDeque;
use std::sync::Arc;

use super::batch::{BATCH, Batch, Flags, Line};
use super::bits::Bits;
use super::filter::{Filter, Pattern};
use super::held::{Held, distinct};
use super::source::{FetchFrom, Mark, Means, Origin, TailId, TailState};
use crate::model::fault::Fault;
use crate::model::ids::{HostId, InstanceId};
use crate::model::text::clean;

/// A block that has fewer bytes takes in what comes next.
const OPEN: usize = BATCH / 4;

/// Files of a stream that are remembered.
const FILES: usize = 16;

/// What is beyond the lines that are held, at one of their ends.
#[derive(Clone, PartialEq, Debug, Default)]
pub enum Beyond {
    /// Nobody has looked.
    #[default]
    Unknown,
    /// It is being asked for.
    Asked,
    /// There is nothing.
    Nothing,
    /// It could not be read.
    Failed(Fault),
}

/// One source.
#[derive(Clone, PartialEq, Debug)]
pub struct StreamLog {
    /// The number of its tail.
    pub tail: TailId,
    /// On which host.
    pub host: HostId,
    /// Of which service; none is the host itself.
    pub service: Option<InstanceId>,
    /// What is read.
    pub origin: Origin,
    /// How it is doing.
    pub state: TailState,
    /// By what it is read.
    pub means: Means,
    /// How many lines were asked for at first.
    pub asked: u32,
    /// What is before the first line.
    pub older: Beyond,
    /// What is behind the last line, where newer lines were let go or the log was entered in its
    /// middle; none: it is followed.
    pub newer: Option<Beyond>,
    /// What was asked for newer lines; another answer is one to an older question.
    pub pending: Option<FetchFrom>,
    /// Where the next line begins on the host.
    pub back: Option<Mark>,
    /// Lines that were let go to keep within memory.
    pub let_go: u64,
    /// Files that it was read from, by their inodes: the newest few.
    inodes: VecDeque<u64>,
    blocks: VecDeque<Held>,
}

impl StreamLog {
    /// Nothing is held yet.
    pub const fn new(
        tail: TailId,
        host: HostId,
        service: Option<InstanceId>,
        origin: Origin,
    ) -> Self {
        Self {
            tail,
            host,
            service,
            origin,
            state: TailState::Opening,
            means: Means { as_root: false, engine: None },
            asked: 0,
            older: Beyond::Unknown,
            newer: None,
            pending: None,
            back: None,
            let_go: 0,
            inodes: VecDeque::new(),
            blocks: VecDeque::new(),
        }
    }

    /// Where its lines come from: host, and service, unit or file.
    pub fn words(&self) -> String {
        let host = &self.host.host;
        match (&self.service, &self.origin) {
            (Some(id), Origin::File(path)) => {
                let name = path.rsplit('/').next().unwrap_or(path);
                clean(&format!("{host} {}:{name}", id.service), 200)
            }
            (Some(id), Origin::Journal(_) | Origin::Container(_) | Origin::System) => {
                format!("{host} {}", id.service)
            }
            (None, Origin::Journal(unit)) => clean(&format!("{host} {unit}"), 200),
            (None, Origin::System) => format!("{host} journal"),
            (_, Origin::Units(units)) => format!("{host} {} services", units.len()),
            (None, Origin::File(path)) => clean(&format!("{host} {path}"), 200),
            (None, Origin::Container(name)) => clean(&format!("{host} {name}"), 200),
        }
    }

    /// Its blocks, the oldest first.
    pub const fn blocks(&self) -> &VecDeque<Held> {
        &self.blocks
    }

    /// Its blocks, to say which of their lines are wanted.
    pub(super) const fn blocks_mut(&mut self) -> &mut VecDeque<Held> {
        &mut self.blocks
    }

    /// Lines held.
    pub fn lines(&self) -> usize {
        match (self.blocks.front(), self.blocks.back()) {
            (Some(first), Some(last)) => usize::try_from(last.end() - first.first).unwrap_or(0),
            _ => 0,
        }
    }

    /// Bytes that they take.
    pub fn size(&self) -> usize {
        self.blocks.iter().map(Held::size).sum()
    }

    /// When its first held line was.
    pub fn from(&self) -> Option<i64> {
        self.blocks.front().map(Held::from)
    }

    /// When its last held line was.
    pub fn until(&self) -> Option<i64> {
        self.blocks.back().map(Held::until)
    }

    /// Remembers from which file it was read.
    pub fn note_file(&mut self, mark: Option<&Mark>) {
        if let Some(Mark::Offset { inode, .. }) = mark
            && self.inodes.back() != Some(inode)
        {
            self.inodes.push_back(*inode);
            if self.inodes.len() > FILES {
                self.inodes.pop_front();
            }
        }
    }

    /// Whether a file of the same directory, by another name now, was read already.
    pub fn has_read(&self, origin: &Origin, mark: &Mark) -> bool {
        let (Origin::File(own), Origin::File(other)) = (&self.origin, origin) else { return false };
        let directory = |path: &str| path.rsplit_once('/').map(|(before, _)| before.to_owned());
        let Mark::Offset { inode, .. } = mark else { return false };
        own != other && directory(own) == directory(other) && self.inodes.contains(inode)
    }

    /// Where its first held line begins on the host.
    pub fn front(&self) -> Option<&Mark> {
        self.blocks.front()?.mark.as_ref()
    }

    /// The block of a line, its place among the blocks, and the line's place in it.
    pub fn find(&self, seq: i64) -> Option<(usize, usize)> {
        let block = self.blocks.partition_point(|held| held.end() <= seq);
        let held = self.blocks.get(block)?;
        let line = usize::try_from(seq - held.first).ok()?;
        (line < held.block.lines.len()).then_some((block, line))
    }

    /// What is known of a line, and its text.
    pub fn line(&self, seq: i64) -> Option<(Line, &[u8])> {
        let (block, place) = self.find(seq)?;
        let block = &self.blocks.get(block)?.block;
        Some((*block.lines.get(place)?, block.text_of(place)))
    }

    /// The moment that a line says itself: where a clock was set back, lines keep their order and
    /// this is before the line before.
    pub fn said_at(&self, seq: i64) -> Option<i64> {
        let (block, place) = self.find(seq)?;
        let block = &self.blocks.get(block)?.block;
        let own = block.earlier.iter().find(|(line, _)| *line as usize == place);
        own.map(|(_, at)| *at).or_else(|| Some(block.lines.get(place)?.at))
    }

    /// Adds newer lines, with their moments moved by `shift` microseconds to our clock. Answers how
    /// many of them the filter is known to want; those of a full block are looked at later.
    pub fn append(
        &mut self,
        mut batch: Batch,
        first: Option<Mark>,
        shift: i64,
        (filter, search): (Option<&Filter>, Option<&Pattern>),
    ) -> usize {
        if batch.lines.is_empty() {
            return 0;
        }
        let floor = self.until().unwrap_or(i64::MIN);
        shifted(&mut batch, shift, floor);
        let next = self.blocks.back().map_or(0, Held::end);
        let many = batch.lines.len();
        let open = self.blocks.back_mut().filter(|last| last.block.text.len() < OPEN);
        let whole = batch.text.len() >= OPEN;
        match open.and_then(|last| Some((Arc::get_mut(&mut last.block)?, &mut last.distinct))) {
            Some((block, all)) if !whole => {
                *all += distinct(&batch.lines);
                join(block, &batch);
            }
            _ => {
                if let Some(last) = self.blocks.back_mut()
                    && let Some(block) = Arc::get_mut(&mut last.block)
                {
                    // Nothing is added to it any more.
                    block.text.shrink_to_fit();
                    block.lines.shrink_to_fit();
                }
                self.blocks.push_back(Held::new(next, batch, first));
            }
        }
        let Some(last) = self.blocks.back_mut() else { return 0 };
        let before = last.block.lines.len() - many;
        let head = (0..=before)
            .rev()
            .find(|place| {
                last.block.lines.get(*place).is_some_and(|l| !l.flags.has(Flags::CONTINUED))
            })
            .unwrap_or(0);
        if let Some(pattern) = search {
            // What was found before stands; only what is new is looked at.
            let had = last.found.take().filter(|_| !whole);
            last.found = catch_up(had, (last.block.lines.len(), head), whole, |from| {
                pattern.lines(&last.block, from)
            });
        }
        let Some(filter) = filter else { return many };
        let had = last.wanted.take().filter(|_| !whole);
        last.wanted = catch_up(had, (last.block.lines.len(), head), whole, |from| {
            filter.lines(&last.block, from)
        });
        let from = last.block.lines.len() - many;
        last.wanted.as_ref().map_or(0, |bits| (from..bits.len()).filter(|n| bits.has(*n)).count())
    }

    /// Puts older lines before the first; `shift` as for newer ones.
    pub fn prepend(&mut self, batches: Vec<Batch>, first: Option<&Mark>, shift: i64) {
        let mut end = self.blocks.front().map_or(0, |held| held.first);
        let mut ceiling = self.from().unwrap_or(i64::MAX);
        let many = batches.len();
        for (place, mut batch) in batches.into_iter().enumerate().rev() {
            if batch.lines.is_empty() {
                continue;
            }
            shifted(&mut batch, shift, i64::MIN);
            for line in &mut batch.lines {
                line.at = line.at.min(ceiling);
            }
            end -= batch.lines.len() as i64;
            // Only where all of them begin is known.
            let mark = first.filter(|_| place == 0 || many == 1).cloned();
            let held = Held::new(end, batch, mark);
            ceiling = held.from();
            self.blocks.push_front(held);
        }
    }

    /// Lets its oldest block go, down to one from where older lines can be asked for.
    pub fn drop_oldest(&mut self) {
        while let Some(held) = self.blocks.pop_front() {
            self.let_go += held.block.lines.len() as u64;
            if self.blocks.front().is_none_or(|held| held.mark.is_some()) {
                break;
            }
        }
        self.older = Beyond::Unknown;
    }

    /// Lets its newest block go; it is not followed any more, and goes on there when asked.
    pub fn drop_newest(&mut self) {
        while let Some(held) = self.blocks.pop_back() {
            self.let_go += held.block.lines.len() as u64;
            if held.mark.is_some() {
                self.back = held.mark;
                break;
            }
        }
        self.newer = Some(Beyond::Unknown);
    }

    /// Forgets all lines.
    pub fn clear(&mut self) {
        self.blocks.clear();
        self.older = Beyond::Unknown;
    }
}

/// Bits for so many lines, of which some may be known; none for a whole block, which is looked at
/// beside the screen.
fn catch_up(
    had: Option<Bits>,
    (lines, head): (usize, usize),
    whole: bool,
    look: impl FnOnce(usize) -> Bits,
) -> Option<Bits> {
    if whole {
        return None;
    }
    let mut bits = had.unwrap_or_default();
    // A trace's head may have come before: what belongs together is judged together.
    bits.shorten(bits.len().min(head));
    if bits.len() < lines {
        bits.extend(&look(bits.len()));
    }
    Some(bits)
}

/// Moves a batch's moments, and none of them before `floor`.
fn shifted(batch: &mut Batch, shift: i64, floor: i64) {
    for (_, at) in &mut batch.earlier {
        *at = at.saturating_add(shift);
    }
    for (place, line) in batch.lines.iter_mut().enumerate() {
        let at = line.at.saturating_add(shift);
        // A few milliseconds are the estimate of the clock's skew; more is a clock set back.
        if at.saturating_add(1_000_000) < floor {
            let place = u32::try_from(place).unwrap_or(u32::MAX);
            if batch.earlier.iter().all(|(known, _)| *known != place) {
                batch.earlier.push((place, at));
            }
        }
        line.at = at.max(floor);
    }
}

fn join(block: &mut Batch, batch: &Batch) {
    let bytes = u32::try_from(block.text.len()).unwrap_or(u32::MAX);
    let before = u32::try_from(block.lines.len()).unwrap_or(u32::MAX);
    block.text.extend_from_slice(&batch.text);
    block.lines.extend(batch.lines.iter().map(|line| Line { start: line.start + bytes, ..*line }));
    block.earlier.extend(batch.earlier.iter().map(|(place, at)| (place + before, *at)));
}

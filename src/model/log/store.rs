//! The log that is open: its sources, which of their lines are wanted, and how it is looked at.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::batch::{Batch, Flags};
use super::filter::{Filter, Pattern};
use super::histogram::Histogram;
use super::source::{Mark, TailId};
use super::stream::{Beyond, StreamLog};
use super::view::{At, View};
use super::walk::{Key, Lens, Spot, Walk};

/// Bytes that all lines together may take, unless the config says otherwise.
pub const BUDGET: usize = 256 << 20;
/// Questions for older lines in a row for one key: further back one goes by asking again.
pub const PATIENCE: u32 = 20;

/// What one goes to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Going {
    /// A line that the search has found.
    Match,
    /// An error or worse.
    Error,
}

/// An open log.
#[derive(Clone, PartialEq, Debug)]
pub struct Logs {
    /// What it is of, in words.
    pub title: String,
    /// Its sources.
    pub streams: Vec<StreamLog>,
    /// How it is looked at.
    pub view: View,
    /// Which lines are wanted; none: all.
    pub filter: Option<Arc<Filter>>,
    /// What is marked in lines.
    pub search: Option<Arc<Pattern>>,
    /// The number of the last question to search blocks.
    pub generation: u32,
    /// It has not been answered yet.
    pub scanning: bool,
    /// How often older lines may be asked for before a key is pressed again.
    pub patience: u32,
    /// One goes to the next match, up or down, as soon as blocks have been searched.
    pub going: Option<(Going, bool)>,
    /// Bytes that lines may take.
    pub budget: usize,
    /// Lines marked by the user.
    pub marks: BTreeSet<Spot>,
    /// Lines over time, as they were last counted.
    pub histogram: Histogram,
    /// Something has changed since then.
    pub stirred: bool,
}

impl Logs {
    /// An empty log of these sources.
    pub fn new(title: String, streams: Vec<StreamLog>, budget: usize) -> Self {
        Self {
            title,
            streams,
            view: View::default(),
            filter: None,
            search: None,
            generation: 0,
            scanning: false,
            patience: PATIENCE,
            going: None,
            budget,
            marks: BTreeSet::new(),
            histogram: Histogram::default(),
            stirred: true,
        }
    }

    /// The place of a tail's source.
    pub fn place(&self, tail: TailId) -> Option<usize> {
        self.streams.iter().position(|stream| stream.tail == tail)
    }

    /// Lines and bytes that are held.
    pub fn held(&self) -> (usize, usize) {
        let streams = self.streams.iter();
        streams.fold((0, 0), |(lines, bytes), s| (lines + s.lines(), bytes + s.size()))
    }

    /// Takes newer lines of a tail. Lines of a source that is not followed are left out; they are
    /// fetched when one goes there.
    pub fn append(
        &mut self,
        place: usize,
        batch: Batch,
        marks: (Option<Mark>, Option<Mark>),
        shift: i64,
    ) {
        if self.streams.get(place).is_some_and(|stream| stream.newer.is_none()) {
            self.add(place, batch, marks, shift);
        }
    }

    /// Takes lines behind those that are held.
    pub fn add(
        &mut self,
        place: usize,
        batch: Batch,
        marks: (Option<Mark>, Option<Mark>),
        shift: i64,
    ) {
        let (filter, search) = (self.filter.clone(), self.search.clone());
        let Some(stream) = self.streams.get_mut(place) else { return };
        stream.back = marks.1.or_else(|| stream.back.take());
        let came = stream.append(batch, marks.0, shift, (filter.as_deref(), search.as_deref()));
        let last = stream.blocks().len().saturating_sub(1);
        self.derive(place, last);
        if self.view.at != At::End {
            self.view.since += came as u64;
        }
        self.stirred = true;
        self.keep_within();
    }

    /// Takes older lines of a source.
    pub fn prepend(&mut self, place: usize, batches: Vec<Batch>, first: Option<&Mark>, shift: i64) {
        let Some(stream) = self.streams.get_mut(place) else { return };
        stream.prepend(batches, first, shift);
        self.stirred = true;
        self.keep_within();
    }

    /// Lets lines go that are farthest from what is looked at.
    fn keep_within(&mut self) {
        let mut size = self.held().1;
        while size > self.budget {
            let key = self.key();
            let oldest = self.farthest(StreamLog::from, |at| key.0.saturating_sub(at));
            let newest = self.farthest(StreamLog::until, |at| at.saturating_sub(key.0));
            let at_end = self.view.at == At::End;
            let place = match (oldest, newest) {
                (Some((place, far)), Some((_, other))) if at_end || far >= other => (place, true),
                (_, Some((place, _))) => (place, false),
                (Some((place, _)), None) => (place, true),
                (None, None) => return,
            };
            let Some(stream) = self.streams.get_mut(place.0) else { return };
            if stream.blocks().len() <= 1 {
                return;
            }
            if place.1 {
                stream.drop_oldest();
            } else {
                stream.drop_newest();
            }
            size = self.held().1;
        }
    }

    /// The source whose end is the farthest from what is looked at, among those of several blocks.
    fn farthest(
        &self,
        end: impl Fn(&StreamLog) -> Option<i64>,
        far: impl Fn(i64) -> i64,
    ) -> Option<(usize, i64)> {
        let streams = self.streams.iter().enumerate().filter(|(_, s)| s.blocks().len() > 1);
        streams.filter_map(|(place, s)| Some((place, far(end(s)?)))).max_by_key(|(_, far)| *far)
    }

    /// From when on all sources are loaded. Older lines of one would stand there alone, as if the
    /// others had been silent.
    pub fn horizon(&self) -> i64 {
        let open = self.streams.iter().filter(|stream| stream.older != Beyond::Nothing);
        open.filter_map(StreamLog::from).max().unwrap_or(i64::MIN)
    }

    /// Until when all sources are loaded, where they are not followed.
    pub fn rim(&self) -> i64 {
        let open = self
            .streams
            .iter()
            .filter(|stream| !matches!(stream.newer, None | Some(Beyond::Nothing)));
        open.filter_map(StreamLog::until).min().unwrap_or(i64::MAX)
    }

    /// Which lines are seen.
    pub fn lens(&self) -> Lens {
        Lens {
            filtered: self.filter.is_some(),
            found: false,
            only: self.view.only,
            fold: self.view.fold,
            from: self.horizon().max(self.view.since_moment.unwrap_or(i64::MIN)),
            until: self.rim(),
        }
    }

    /// Where one looks.
    pub fn key(&self) -> Key {
        match self.view.at {
            At::End => (i64::MAX, usize::MAX, i64::MAX),
            At::Line(_, key) => key,
        }
    }

    /// The lines behind a key, the nearest first.
    pub fn behind(&self, key: Key) -> Walk<'_> {
        Walk::new(self, self.lens(), key, true)
    }

    /// The lines before a key, the nearest first.
    pub fn before(&self, key: Key) -> Walk<'_> {
        Walk::new(self, self.lens(), key, false)
    }

    /// The lines behind a key or before it that the search has found, the nearest first.
    pub fn found(&self, key: Key, forward: bool) -> Walk<'_> {
        Walk::new(self, Lens { found: true, ..self.lens() }, key, forward)
    }

    /// The line that is looked at: the chosen one if it is seen, else the next before it, else the
    /// next behind it.
    pub fn current(&self) -> Option<(Spot, Key)> {
        let key = self.key();
        // A moment, not a line.
        if key.2 == i64::MIN {
            return self.behind(key).next().or_else(|| self.before(key).next());
        }
        let from = (key.0, key.1, key.2.saturating_add(1));
        self.before(from).next().or_else(|| self.behind(key).next())
    }

    /// How often a line stands in a row, the repeated ones behind it counted; at most so many.
    pub fn times(&self, spot: Spot, most: usize) -> usize {
        let Some(stream) = self.streams.get(spot.stream) else { return 1 };
        let Some((mut block, line)) = stream.find(spot.seq) else { return 1 };
        let (mut line, mut times) = (line + 1, 1);
        while let Some(held) = stream.blocks().get(block) {
            let rest = held.block.lines.get(line..).unwrap_or_default();
            let same = rest.iter().take(most).take_while(|l| l.flags.has(Flags::REPEATED)).count();
            times += same;
            if same < rest.len() || times >= most {
                break;
            }
            (block, line) = (block + 1, 0);
        }
        times.min(most)
    }
}

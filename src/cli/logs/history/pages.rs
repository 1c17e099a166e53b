//! Pages of the sources, and which line is next.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::time::Instant;

use super::super::Reading;
use crate::model::log::{Batch, Fetch, FetchFrom, Line, Mark, Stream, TailId};
use crate::msg::Msg;

/// Lines of one page: entries of the journal are bounded by this.
const LINES: u32 = 20_000;
/// The same of a file, which is bounded by bytes.
const FILE_LINES: u32 = 1_000_000;
/// The same of a container: its engine reads its log from the beginning for each page.
const CONTAINER_LINES: u32 = 100_000;
/// Bytes of a file's first page; a page that came fast lets the next be larger.
const FIRST: u32 = 512 << 10;
const LARGEST: u32 = 8 << 20;
/// What all sources together hold.
const TOGETHER: u32 = 128 << 20;
const FAST: Duration = Duration::from_millis(700);
/// Without a word from any host for so long, what has not answered has failed.
const SILENCE: Duration = Duration::from_secs(60);

/// What of a source is there.
pub(super) struct Page {
    batches: VecDeque<Batch>,
    /// The next line of the first batch.
    place: usize,
    /// Bytes that are there.
    pub(super) held: usize,
    /// More can be asked, from there.
    pub(super) more: Option<FetchFrom>,
    pub(super) asked: Option<TailId>,
    since: Instant,
    bytes: u32,
    largest: u32,
    /// How far its host's clock is ahead of ours, in microseconds.
    pub(super) skew: i64,
    /// Lines that are wanted.
    pub(super) count: usize,
    /// Lines that were looked at, and how many will be at most.
    pub(super) passed: usize,
    pub(super) bound: Option<usize>,
}

/// A page for each source.
pub(super) fn all(reading: &Reading) -> Vec<Page> {
    let count = u32::try_from(reading.sources.len()).unwrap_or(u32::MAX).max(1);
    let largest = (TOGETHER / 2 / count).clamp(FIRST, LARGEST);
    (0..reading.sources.len())
        .map(|_| Page {
            batches: VecDeque::new(),
            place: 0,
            held: 0,
            more: None,
            asked: None,
            since: Instant::now(),
            bytes: FIRST,
            largest,
            skew: 0,
            count: 0,
            passed: 0,
            bound: None,
        })
        .collect()
}

impl Page {
    /// The next line.
    pub(super) fn head(&self) -> Option<(Line, &[u8])> {
        let batch = self.batches.front()?;
        Some((*batch.lines.get(self.place)?, batch.text_of(self.place)))
    }

    /// Goes on to the next line. Where that is in another batch, answers the one that is over.
    pub(super) fn step(&mut self) -> Option<Batch> {
        self.place += 1;
        self.passed += 1;
        if self.batches.front().is_some_and(|batch| self.place < batch.lines.len()) {
            return None;
        }
        let batch = self.batches.pop_front()?;
        self.held = self.held.saturating_sub(batch.text.len());
        self.place = 0;
        Some(batch)
    }

    /// Adds what is newer.
    pub(super) fn add(&mut self, batches: Vec<Batch>) {
        for batch in batches.into_iter().filter(|batch| !batch.is_empty()) {
            self.held += batch.text.len();
            self.batches.push_back(batch);
        }
    }

    /// Adds what is older.
    pub(super) fn add_front(&mut self, batch: Batch) {
        self.held += batch.text.len();
        self.batches.push_front(batch);
    }

    /// Forgets its lines.
    pub(super) fn clear(&mut self) {
        self.batches.clear();
        self.held = 0;
        self.place = 0;
    }

    /// Nothing more of it is wanted.
    pub(super) fn end(&mut self) {
        self.clear();
        self.more = None;
        self.asked = None;
    }

    /// More may be asked for.
    pub(super) fn is_low(&self) -> bool {
        self.asked.is_none() && self.held <= self.largest as usize
    }

    /// It has no line, and one may come.
    pub(super) fn is_awaited(&self) -> bool {
        self.batches.is_empty() && self.asked.is_some()
    }
}

/// Asks for the next page of a source.
pub(super) fn ask(reading: &mut Reading, page: &mut Page, place: usize) {
    let Some(from) = page.more.take() else { return };
    let id = reading.id();
    let Some(source) = reading.sources.get(place) else { return };
    let lines = match &source.origin {
        crate::model::log::Origin::File(_) => FILE_LINES,
        crate::model::log::Origin::Container(_) => CONTAINER_LINES,
        _ => LINES,
    };
    let (host, origin) = (source.host.clone(), source.origin.clone());
    let fetch = Fetch { tail: id, host, origin, from, lines, bytes: page.bytes };
    if let Some(tails) = reading.tails(place) {
        tails.fetch(fetch);
        page.asked = Some(id);
        page.since = Instant::now();
    }
}

/// A page that came.
#[derive(Default)]
pub(super) struct Found {
    pub(super) batches: Vec<Batch>,
    pub(super) first: Option<Mark>,
    pub(super) last: Option<Mark>,
    pub(super) end: bool,
}

/// Waits for the next page of any source. None when nothing comes any more.
pub(super) async fn answer(reading: &mut Reading, pages: &mut [Page]) -> Option<(usize, Found)> {
    loop {
        let Ok(next) = tokio::time::timeout(SILENCE, reading.logs.recv()).await else {
            let awaited = pages.iter().enumerate().filter(|(_, page)| page.asked.is_some());
            for (place, _) in awaited {
                reading.complain(place, &late());
            }
            return None;
        };
        let Msg::Log(id, stream) = next? else { continue };
        let Some(place) = pages.iter().position(|page| page.asked == Some(id)) else { continue };
        let skew = reading.skew(place);
        let Some(page) = pages.get_mut(place) else { continue };
        page.skew = skew;
        match stream {
            Stream::Fetched { batches, first, last, end, .. } => {
                page.asked = None;
                if page.since.elapsed() < FAST {
                    page.bytes = page.bytes.saturating_mul(2).min(page.largest);
                }
                return Some((place, Found { batches, first, last, end }));
            }
            Stream::FetchFailed(_, fault) => {
                page.asked = None;
                reading.complain(place, &fault);
                return Some((place, Found { end: true, ..Found::default() }));
            }
            Stream::State(_) | Stream::Newer { .. } | Stream::Means(_) | Stream::Files(_) => {}
        }
    }
}

fn late() -> crate::model::fault::Fault {
    let detail = format!("no answer within {} s", SILENCE.as_secs());
    crate::model::fault::Fault::new(crate::model::fault::FaultKind::TimedOut, "read it", detail)
}

/// The source that has the oldest line on our clock, and up to where no other has one before it.
pub(super) fn oldest(pages: &[Page]) -> Option<(usize, (i64, usize))> {
    let mut heads: Vec<(i64, usize)> = pages
        .iter()
        .enumerate()
        .filter_map(|(place, page)| Some((page.head()?.0.at.saturating_sub(page.skew), place)))
        .collect();
    heads.sort_unstable();
    let (_, place) = *heads.first()?;
    Some((place, heads.get(1).copied().unwrap_or((i64::MAX, usize::MAX))))
}

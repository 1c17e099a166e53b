//! Lines from before: fetched page by page, merged by time.

use std::collections::VecDeque;
use std::time::Duration;

use super::print::Printer;
use super::{Failure, Reading, Wanted};
use crate::model::log::{Batch, Fetch, FetchFrom, Flags, Level, Line, Mark, Stream, TailId};
use crate::msg::Msg;

/// Lines of one page.
const PAGE: u32 = 20_000;
/// Without a word from any host for so long, what has not answered has failed.
const SILENCE: Duration = Duration::from_secs(60);
/// Lines of a source that are kept at most where the newest are wanted.
const MOST: usize = 1_000_000;

/// What of a source is there.
#[derive(Default)]
struct Pages {
    /// Batches, and the next line of the first.
    batches: VecDeque<Batch>,
    place: usize,
    /// More can be asked, from there.
    more: Option<FetchFrom>,
    asked: Option<TailId>,
    count: usize,
}

impl Pages {
    fn head(&self) -> Option<(Line, &[u8])> {
        let batch = self.batches.front()?;
        Some((*batch.lines.get(self.place)?, batch.text_of(self.place)))
    }

    fn step(&mut self) {
        self.place += 1;
        while self.batches.front().is_some_and(|batch| self.place >= batch.lines.len()) {
            self.batches.pop_front();
            self.place = 0;
        }
    }
}

/// Whether a line is wanted; a line that continues another goes with it.
pub(super) fn is_wanted(wanted: &Wanted, line: Line, text: &[u8], before: &mut bool) -> bool {
    if line.flags.has(Flags::NOTE) {
        return true;
    }
    let level =
        wanted.level.is_none_or(|least| line.level >= least && line.level != Level::Unknown);
    let is = match &wanted.pattern {
        Some(pattern) => level && (pattern.is_match(text)),
        None => level || (line.flags.has(Flags::CONTINUED) && *before),
    };
    *before = is;
    is
}

/// Prints what is there of all sources.
pub(super) async fn print(
    reading: &mut Reading,
    wanted: &Wanted,
    printer: &mut Printer,
) -> Result<(), Failure> {
    let count = reading.sources.len();
    let newest = wanted.newest();
    let mut pages: Vec<Pages> = (0..count).map(|_| Pages::default()).collect();
    for (place, page) in pages.iter_mut().enumerate() {
        let skew = reading.skew(place);
        page.more = match (newest, wanted.since, wanted.until) {
            (Some(0), ..) => None,
            (None, Some(since), _) => Some(FetchFrom::Since(since.as_micros() + skew)),
            (_, _, Some(until)) => Some(FetchFrom::Before(Mark::Moment(until.as_micros() + skew))),
            (Some(lines), ..) if wanted.pattern.is_none() && wanted.level.is_none() => {
                Some(FetchFrom::Last(lines))
            }
            _ => Some(FetchFrom::Last(PAGE)),
        };
    }
    match newest {
        Some(newest) => backwards(reading, wanted, printer, pages, newest as usize).await,
        None => forwards(reading, wanted, printer, pages).await,
    }
}

/// Asks for the next page of a source.
fn ask(reading: &mut Reading, page: &mut Pages, place: usize) {
    let Some(from) = page.more.take() else { return };
    let id = reading.id();
    let Some(source) = reading.sources.get(place) else { return };
    let fetch = Fetch {
        tail: id,
        host: source.host.clone(),
        origin: source.origin.clone(),
        from,
        lines: PAGE,
    };
    if let Some(tails) = reading.tails(place) {
        tails.fetch(fetch);
        page.asked = Some(id);
    }
}

/// Waits for the next page of any source. None when nothing comes any more.
async fn answer(
    reading: &mut Reading,
    pages: &mut [Pages],
) -> Option<(usize, Vec<Batch>, Option<Mark>, Option<Mark>, bool)> {
    loop {
        let Ok(Some(msg)) = tokio::time::timeout(SILENCE, reading.logs.recv()).await else {
            return None;
        };
        let Msg::Log(id, stream) = msg else { continue };
        let Some(place) = pages.iter().position(|page| page.asked == Some(id)) else { continue };
        let Some(page) = pages.get_mut(place) else { continue };
        page.asked = None;
        match stream {
            Stream::Fetched { batches, first, last, end, .. } => {
                return Some((place, batches, first, last, end));
            }
            Stream::FetchFailed(_, fault) => {
                reading.complain(place, &fault);
                return Some((place, Vec::new(), None, None, true));
            }
            Stream::State(_) | Stream::Newer { .. } | Stream::Files(_) => {}
        }
    }
}

/// From a moment on: as many pages as there are.
async fn forwards(
    reading: &mut Reading,
    wanted: &Wanted,
    printer: &mut Printer,
    mut pages: Vec<Pages>,
) -> Result<(), Failure> {
    let mut before = vec![false; pages.len()];
    loop {
        for (place, page) in pages.iter_mut().enumerate() {
            if page.batches.is_empty() && page.asked.is_none() {
                ask(reading, page, place);
            }
        }
        // All that has more must have a line before the oldest is known.
        if pages.iter().any(|page| page.batches.is_empty() && page.asked.is_some()) {
            printer.flush()?;
            let Some((place, batches, _, last, end)) = answer(reading, &mut pages).await else {
                return Ok(());
            };
            let Some(page) = pages.get_mut(place) else { continue };
            page.batches = batches.into();
            page.batches.retain(|batch| !batch.is_empty());
            if let (Some(source), Some(last)) = (reading.sources.get_mut(place), last) {
                source.mark = Some(last.clone());
                page.more = (!end).then_some(FetchFrom::After(last));
            }
            continue;
        }
        let Some((place, line, at)) = oldest(reading, &pages) else { return Ok(()) };
        let Some(page) = pages.get_mut(place) else { return Ok(()) };
        if wanted.until.is_some_and(|until| at > until.as_micros()) {
            page.batches.clear();
            page.more = None;
            page.place = 0;
            continue;
        }
        let text = page.head().map(|(_, text)| text).unwrap_or_default();
        let Some(before) = before.get_mut(place) else { return Ok(()) };
        if is_wanted(wanted, line, text, before)
            && let Some(source) = reading.sources.get(place)
        {
            printer.line(source, line, at, text)?;
        }
        page.step();
    }
}

/// The source that has the oldest line, on our clock.
fn oldest(reading: &Reading, pages: &[Pages]) -> Option<(usize, Line, i64)> {
    pages
        .iter()
        .enumerate()
        .filter_map(|(place, page)| {
            let (line, _) = page.head()?;
            Some((place, line, line.at.saturating_sub(reading.skew(place))))
        })
        .min_by_key(|(_, _, at)| *at)
}

/// The newest lines of all.
async fn backwards(
    reading: &mut Reading,
    wanted: &Wanted,
    printer: &mut Printer,
    mut pages: Vec<Pages>,
    newest: usize,
) -> Result<(), Failure> {
    for (place, page) in pages.iter_mut().enumerate() {
        ask(reading, page, place);
    }
    while pages.iter().any(|page| page.asked.is_some()) {
        let Some((place, batches, first, last, end)) = answer(reading, &mut pages).await else {
            break;
        };
        let skew = reading.skew(place);
        let Some(page) = pages.get_mut(place) else { continue };
        if let Some(source) = reading.sources.get_mut(place)
            && source.mark.is_none()
        {
            source.mark = last;
        }
        // Nothing came, so nothing would come again.
        let is_bare = batches.is_empty();
        let mut is_old = false;
        for batch in batches.into_iter().rev() {
            let since = wanted.since.map_or(i64::MIN, |since| since.as_micros() + skew);
            is_old |= batch.lines.first().is_some_and(|line| line.at < since);
            let kept = sift(wanted, &batch, since);
            page.count += kept.lines.len();
            if !kept.is_empty() {
                page.batches.push_front(kept);
            }
        }
        let is_enough = page.count >= newest.min(MOST) || is_old || end || is_bare;
        if let Some(first) = first.filter(|_| !is_enough) {
            page.more = Some(FetchFrom::Before(first));
            ask(reading, page, place);
        }
    }
    // Of all together only the newest are printed.
    let all: usize = pages.iter().map(|page| page.count).sum();
    let mut surplus = all.saturating_sub(newest);
    while let Some((place, line, at)) = oldest(reading, &pages) {
        let Some(page) = pages.get_mut(place) else { break };
        if surplus > 0 {
            surplus -= 1;
        } else if let (Some(source), Some((_, text))) = (reading.sources.get(place), page.head()) {
            printer.line(source, line, at, text)?;
        }
        page.step();
    }
    Ok(())
}

/// Those of a batch that are wanted.
fn sift(wanted: &Wanted, batch: &Batch, since: i64) -> Batch {
    let mut kept = Batch::default();
    let mut before = false;
    for (place, line) in batch.lines.iter().enumerate() {
        let text = batch.text_of(place);
        if line.at >= since && is_wanted(wanted, *line, text, &mut before) {
            kept.push(text, *line);
        }
    }
    kept
}

//! Lines from before: fetched page by page, merged by time. What is held is bounded, however many
//! lines are printed.

mod pages;

use self::pages::{Page, answer, ask, oldest};
use super::print::Printer;
use super::{Failure, Reading, Wanted};
use crate::model::log::filter::Term;
use crate::model::log::{Batch, FetchFrom, Flags, Level, Line, Mark};

/// Lines of a page that is read backwards to find some: at first, where that many are not asked.
const FIRST_LINES: u32 = 20_000;
/// Bytes of the newest lines that are kept; of more only their number is, and they are read again.
const KEPT: usize = 64 << 20;

/// Whether a line is wanted; a line that continues another goes with it.
pub(super) fn is_wanted(wanted: &Wanted, line: Line, text: &[u8], before: &mut bool) -> bool {
    if line.flags.has(Flags::NOTE) {
        return true;
    }
    let level =
        wanted.level.is_none_or(|least| line.level >= least && line.level != Level::Unknown);
    // What continues a line that is wanted is wanted as well, unless it has what is not.
    let goes_on = line.flags.has(Flags::CONTINUED) && *before;
    let is = match &wanted.terms {
        Some(terms) => {
            let found = |term: &&Term| term.pattern.is_match(text);
            let is_refused = terms.iter().filter(|term| term.not).any(|term| found(&term));
            let all = terms.iter().filter(|term| !term.not).all(|term| found(&term));
            !is_refused && ((level && all) || goes_on)
        }
        None => level || goes_on,
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
    let newest = wanted.newest();
    let mut pages = pages::all(reading);
    for (place, page) in pages.iter_mut().enumerate() {
        let skew = reading.skew(place);
        page.more = match (newest, wanted.since, wanted.until) {
            (Some(0), ..) => None,
            (None, Some(since), _) => Some(FetchFrom::Since(since.as_micros() + skew)),
            (_, _, Some(until)) => Some(FetchFrom::Before(Mark::Moment(until.as_micros() + skew))),
            (Some(lines), ..) if wanted.terms.is_none() && wanted.level.is_none() => {
                Some(FetchFrom::Last(lines))
            }
            _ => Some(FetchFrom::Last(FIRST_LINES)),
        };
    }
    match newest {
        Some(newest) => backwards(reading, wanted, printer, pages, newest as usize).await,
        None => forwards(reading, wanted, printer, pages, 0).await,
    }
}

/// From where the pages begin: as many as there are. So many lines that are wanted are left out at
/// first.
async fn forwards(
    reading: &mut Reading,
    wanted: &Wanted,
    printer: &mut Printer,
    mut pages: Vec<Page>,
    surplus: usize,
) -> Result<(), Failure> {
    let mut before = vec![false; pages.len()];
    let mut surplus = surplus;
    loop {
        // The next of each is on its way while one is printed.
        for (place, page) in pages.iter_mut().enumerate() {
            if page.is_low() {
                ask(reading, page, place);
            }
        }
        // All that has more must have a line before the oldest is known.
        if pages.iter().any(Page::is_awaited) {
            printer.flush()?;
            let Some((place, found)) = answer(reading, &mut pages).await else {
                return Ok(());
            };
            let Some(page) = pages.get_mut(place) else { continue };
            page.add(found.batches);
            if let (Some(source), Some(last)) = (reading.sources.get_mut(place), found.last) {
                source.mark = Some(last.clone());
                page.more = (!found.end).then_some(FetchFrom::After(last));
            }
            continue;
        }
        let Some((place, limit)) = oldest(&pages) else { return Ok(()) };
        let (Some(page), Some(before), Some(source)) =
            (pages.get_mut(place), before.get_mut(place), reading.sources.get(place))
        else {
            return Ok(());
        };
        // A run of lines that no other source has one before.
        while let Some((line, text)) = page.head()
            && (line.at.saturating_sub(page.skew), place) <= limit
        {
            let at = line.at.saturating_sub(page.skew);
            let is_over = wanted.until.is_some_and(|until| at > until.as_micros())
                || page.bound.is_some_and(|bound| page.passed >= bound);
            if is_over {
                page.end();
                break;
            }
            let is_late = wanted.since.is_none_or(|since| at >= since.as_micros());
            if is_late && is_wanted(wanted, line, text, before) {
                match surplus {
                    0 => printer.line(source, line, at, text)?,
                    _ => surplus -= 1,
                }
            }
            if let Some(over) = page.step() {
                if let Some(tails) = reading.tails(place) {
                    tails.give_back(over);
                }
                break;
            }
        }
    }
}

/// The newest lines of all.
async fn backwards(
    reading: &mut Reading,
    wanted: &Wanted,
    printer: &mut Printer,
    mut pages: Vec<Page>,
    newest: usize,
) -> Result<(), Failure> {
    for (place, page) in pages.iter_mut().enumerate() {
        ask(reading, page, place);
    }
    let mut is_counted = false;
    let mut fronts: Vec<Option<Mark>> = vec![None; pages.len()];
    while pages.iter().any(|page| page.asked.is_some()) {
        let Some((place, found)) = answer(reading, &mut pages).await else {
            break;
        };
        let (Some(page), Some(front)) = (pages.get_mut(place), fronts.get_mut(place)) else {
            continue;
        };
        if let Some(source) = reading.sources.get_mut(place)
            && source.mark.is_none()
        {
            source.mark = found.last;
        }
        if found.first.is_some() {
            front.clone_from(&found.first);
        }
        // Nothing came, so nothing would come again.
        let is_bare = found.batches.is_empty();
        let mut is_old = false;
        for batch in found.batches.into_iter().rev() {
            let since = wanted.since.map_or(i64::MIN, |since| since.as_micros() + page.skew);
            is_old |= batch.lines.first().is_some_and(|line| line.at < since);
            page.passed += batch.lines.len();
            let kept = sift(wanted, batch, since);
            page.count += kept.lines.len();
            if !kept.is_empty() && !is_counted {
                page.add_front(kept);
            }
        }
        let is_enough = page.count >= newest || is_old || found.end || is_bare;
        if let Some(first) = found.first.filter(|_| !is_enough) {
            page.more = Some(FetchFrom::Before(first));
            ask(reading, page, place);
        }
        if pages.iter().map(|page| page.held).sum::<usize>() > KEPT {
            is_counted = true;
            pages.iter_mut().for_each(Page::clear);
        }
    }
    // Of all together only the newest are printed.
    let all: usize = pages.iter().map(|page| page.count).sum();
    let surplus = all.saturating_sub(newest);
    for (page, front) in pages.iter_mut().zip(fronts) {
        page.more = None;
        page.bound = None;
        if is_counted {
            page.bound = Some(page.passed);
            page.more = front.map(FetchFrom::After);
        }
        page.passed = 0;
    }
    let marks: Vec<_> = reading.sources.iter().map(|source| source.mark.clone()).collect();
    let printed = forwards(reading, wanted, printer, pages, surplus).await;
    // What came meanwhile is behind them.
    for (source, mark) in reading.sources.iter_mut().zip(marks) {
        source.mark = mark;
    }
    printed
}

/// Those of a batch that are wanted.
fn sift(wanted: &Wanted, batch: Batch, since: i64) -> Batch {
    let is_all = wanted.level.is_none() && wanted.terms.is_none();
    if is_all && batch.lines.first().is_none_or(|line| line.at >= since) {
        return batch;
    }
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

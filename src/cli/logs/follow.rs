//! Lines as they come. Lines of several sources are held back a little, so that one that comes
//! late still stands in its place.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use super::choose::Source;
use super::history::is_wanted;
use super::print::Printer;
use super::{Failure, Reading, Wanted};
use crate::model::log::{Batch, FetchFrom, Line, Mark, Stream, TailId, TailState};
use crate::model::time::Timestamp;
use crate::msg::Msg;
use crate::runtime::clock;

/// A line of several sources waits so long for older ones.
const WINDOW: Duration = Duration::from_millis(300);
/// Bytes that wait at most: where one host floods, lines of the others come behind so many.
const MOST: usize = 4 << 20;

/// When a line came, of which source, and it.
type Held = (Instant, usize, Line, Box<[u8]>);

/// Lines that wait, by their moment on our clock and in the order in which they came.
#[derive(Default)]
struct Waiting {
    lines: BTreeMap<(i64, u64), Held>,
    next: u64,
    bytes: usize,
}

pub(super) async fn print(
    reading: &mut Reading,
    wanted: &Wanted,
    printer: &mut Printer,
    began: Timestamp,
) -> Result<(), Failure> {
    let mut places: BTreeMap<TailId, usize> = BTreeMap::new();
    let mut before = vec![false; reading.sources.len()];
    for place in 0..reading.sources.len() {
        let Some(source) = reading.sources.get(place).cloned() else { continue };
        let moment = began.as_micros().saturating_add(reading.skew(place));
        let from = source.mark.clone().map_or(FetchFrom::Since(moment), FetchFrom::After);
        places.insert(reading.follow(&source, from), place);
    }
    // Files may come that a pattern stands for.
    let mut patterns: BTreeMap<TailId, Source> = BTreeMap::new();
    for pattern in std::mem::take(&mut reading.patterns) {
        patterns.insert(reading.follow(&pattern, FetchFrom::Last(0)), pattern);
    }
    let mut waiting = Waiting::default();
    loop {
        let due = waiting.lines.values().next().map(|(came, ..)| *came + WINDOW);
        tokio::select! {
            msg = reading.logs.recv() => {
                let mut next = msg;
                while let Some(msg) = next {
                    if let Msg::Log(id, Stream::Files(files)) = &msg
                        && let Some(pattern) = patterns.get(id)
                    {
                        for (id, place) in come(reading, pattern, files) {
                            before.push(false);
                            places.insert(id, place);
                        }
                    }
                    let is_alone = places.len() < 2;
                    if let Msg::Log(id, stream) = msg
                        && let Some(place) = places.get(&id).copied()
                    {
                        match stream {
                            Stream::Newer { batch, .. } => {
                                if let Some(before) = before.get_mut(place) {
                                    let sink = (&mut waiting, &mut *printer);
                                    take(reading, wanted, place, &batch, before, is_alone, sink)?;
                                }
                            }
                            Stream::State(TailState::Waiting(fault)) => {
                                reading.complain(place, &fault);
                            }
                            Stream::State(TailState::Following) => {
                                if let Some(source) = reading.sources.get_mut(place) {
                                    source.said = None;
                                }
                            }
                            _ => {}
                        }
                    }
                    // Also while one of them floods.
                    let now = (waiting.bytes <= MOST).then(Instant::now);
                    release(reading, printer, &mut waiting, now)?;
                    next = reading.logs.try_recv().ok();
                }
                printer.flush()?;
            }
            () = wait(due) => {
                release(reading, printer, &mut waiting, Some(Instant::now()))?;
                printer.flush()?;
            }
        }
    }
}

/// Follows files that were not there before, from their beginnings.
fn come(reading: &mut Reading, pattern: &Source, files: &[Arc<str>]) -> Vec<(TailId, usize)> {
    let mut more = Vec::new();
    for file in files {
        let source = pattern.file(file);
        let is_known = |known: &Source| {
            (&known.host, &known.service, &known.origin)
                == (&source.host, &source.service, &source.origin)
        };
        if !reading.sources.iter().any(is_known) {
            let beginning = FetchFrom::After(Mark::Offset { inode: 0, offset: 0 });
            more.push((reading.follow(&source, beginning), reading.sources.len()));
            reading.sources.push(source);
        }
    }
    more
}

async fn wait(due: Option<Instant>) {
    match due {
        Some(due) => sleep_until(due).await,
        None => std::future::pending().await,
    }
}

fn take(
    reading: &Reading,
    wanted: &Wanted,
    place: usize,
    batch: &Batch,
    before: &mut bool,
    is_alone: bool,
    (waiting, printer): (&mut Waiting, &mut Printer),
) -> Result<(), Failure> {
    let skew = reading.skew(place);
    for (n, line) in batch.lines.iter().enumerate() {
        let text = batch.text_of(n);
        let at = line.at.saturating_sub(skew);
        let is_late = wanted.until.is_some_and(|until| at > until.as_micros());
        if is_late || !is_wanted(wanted, *line, text, before) {
            continue;
        }
        if is_alone {
            if let Some(source) = reading.sources.get(place) {
                printer.line(source, *line, at, text)?;
            }
            continue;
        }
        waiting.bytes += text.len() + 64;
        waiting.next += 1;
        waiting.lines.insert((at, waiting.next), (Instant::now(), place, *line, text.into()));
    }
    Ok(())
}

/// Prints what has waited long enough, or what is so old that nothing older can come; without a
/// time, what is more than may wait.
fn release(
    reading: &Reading,
    printer: &mut Printer,
    waiting: &mut Waiting,
    now: Option<Instant>,
) -> Result<(), Failure> {
    let old = (clock::now() - WINDOW).as_micros();
    while let Some(first) = waiting.lines.first_entry() {
        let (at, _) = *first.key();
        let is_due = match now {
            Some(now) => at <= old || first.get().0 + WINDOW <= now,
            None => waiting.bytes > MOST,
        };
        if !is_due {
            return Ok(());
        }
        let (_, place, line, text) = first.remove();
        waiting.bytes = waiting.bytes.saturating_sub(text.len() + 64);
        if let Some(source) = reading.sources.get(place) {
            printer.line(source, line, at, &text)?;
        }
    }
    Ok(())
}

//! Older and newer lines than those that are held, asked for as one comes near the end of them.

use super::skew;
use crate::effect::Effect;
use crate::model::Model;
use crate::model::log::store::PATIENCE;
use crate::model::log::view::At;
use crate::model::log::{Batch, Beyond, Fetch, FetchFrom, Logs, Mark, StreamLog, Tail, TailState};

/// Lines of a question.
const LINES: u32 = 2000;
/// Lines of a question while few of them are wanted.
const MANY: u32 = 20_000;
/// What a fetch has found.
pub(super) struct Found {
    pub(super) from: FetchFrom,
    pub(super) batches: Vec<Batch>,
    pub(super) first: Option<Mark>,
    pub(super) last: Option<Mark>,
    pub(super) end: bool,
}

/// Takes it.
pub(super) fn fetched(logs: &mut Logs, place: usize, found: Found, shift: i64) -> Vec<Effect> {
    let Some(stream) = logs.streams.get_mut(place) else { return Vec::new() };
    if let FetchFrom::Before(mark) = &found.from {
        // Lines may have been let go while it was asked: then it does not fit any more.
        if stream.front() != Some(mark) {
            stream.older = Beyond::Unknown;
            return Vec::new();
        }
        stream.older = if found.end { Beyond::Nothing } else { Beyond::Unknown };
        logs.prepend(place, found.batches, found.first.as_ref(), shift);
        return Vec::new();
    }
    if stream.pending.as_ref() != Some(&found.from) {
        return Vec::new();
    }
    if matches!(found.from, FetchFrom::Last(_)) {
        return waited(logs, place, found, shift);
    }
    stream.pending = None;
    if stream.newer.is_none() {
        return Vec::new();
    }
    let mut first = found.first;
    for batch in found.batches {
        logs.add(place, batch, (first.take(), found.last.clone()), shift);
    }
    let Some(stream) = logs.streams.get_mut(place) else { return Vec::new() };
    if found.last.is_some() {
        stream.back = found.last;
    }
    if !found.end {
        stream.newer = Some(Beyond::Unknown);
        return Vec::new();
    }
    // The end: from here on it is followed.
    stream.newer = None;
    let from = stream.back.clone().map_or(FetchFrom::Last(0), FetchFrom::After);
    follow_anew(stream, from)
}

/// The last lines of what waits to be followed: it goes on behind them when its turn comes.
fn waited(logs: &mut Logs, place: usize, found: Found, shift: i64) -> Vec<Effect> {
    let Some(stream) = logs.streams.get_mut(place) else { return Vec::new() };
    let Some(last) = found.last else { return Vec::new() };
    // Its turn came meanwhile, or there is nothing: then it is not asked for once more.
    if stream.from().is_some() || found.batches.iter().all(Batch::is_empty) {
        return Vec::new();
    }
    stream.pending = None;
    stream.note_file(found.first.as_ref());
    stream.older = if found.end { Beyond::Nothing } else { Beyond::Unknown };
    let mut first = found.first;
    for batch in found.batches {
        logs.add(place, batch, (first.take(), Some(last.clone())), shift);
    }
    let Some(stream) = logs.streams.get_mut(place) else { return Vec::new() };
    stream.back = Some(last.clone());
    follow_anew(stream, FetchFrom::After(last))
}

/// A key was pressed: what could not be read is tried again, and further back than before.
pub(super) fn again(logs: &mut Logs) {
    logs.patience = PATIENCE;
    for stream in &mut logs.streams {
        if matches!(stream.older, Beyond::Failed(_)) {
            stream.older = Beyond::Unknown;
        }
        if matches!(stream.newer, Some(Beyond::Failed(_))) {
            stream.newer = Some(Beyond::Unknown);
        }
    }
}

/// Asks for what is missing around the line that one looks at.
pub(super) fn more(model: &Model, logs: &mut Logs) -> Vec<Effect> {
    let page = model.screen.page.max(10);
    let mut effects = Vec::new();
    let key = logs.key();
    let wanted = if logs.view.at == At::End { page } else { page + logs.view.row.min(page) };
    let since = logs.view.since_moment;
    let lines = if logs.filter.is_some() || since.is_some() { MANY } else { LINES };
    let horizon = logs.horizon();
    let reached = since.is_some_and(|since| horizon <= since);
    let busy = logs.streams.iter().any(|stream| stream.older == Beyond::Asked);
    let short = !logs.scanning && logs.before(key).take(wanted).count() < wanted;
    let wants = (short || since.is_some()) && !reached && !busy && logs.patience > 0;
    let mut asked = false;
    for stream in logs.streams.iter_mut().filter(|stream| stream.older == Beyond::Unknown) {
        // Who ends the view; the others are asked when they do. Of fewer lines than were asked for
        // they are probably all: then it is soon known.
        let ends = stream.from().is_some_and(|from| from >= horizon);
        let all = !busy && (1..stream.asked as usize).contains(&stream.lines());
        if !(all || wants && ends) {
            continue;
        }
        let Some(mark) = stream.front().cloned() else {
            stream.older = Beyond::Nothing;
            continue;
        };
        stream.older = Beyond::Asked;
        effects.push(ask(stream, FetchFrom::Before(mark), lines));
        asked = true;
    }
    if asked {
        logs.patience = logs.patience.saturating_sub(1);
    }
    if logs.view.at != At::End && logs.behind(key).take(page).count() < page {
        let rim = logs.rim();
        for stream in &mut logs.streams {
            let ends = stream.until().is_none_or(|until| until <= rim);
            if stream.newer == Some(Beyond::Unknown) && ends {
                let from = match &stream.back {
                    Some(mark) => FetchFrom::After(mark.clone()),
                    None => FetchFrom::Since(key.0.saturating_add(skew(model, &stream.host))),
                };
                effects.push(newer(stream, from, LINES));
            }
        }
    }
    effects
}

/// What was asked of a source is lost. It is followed again behind what it has, if it was.
pub(super) fn anew(stream: &mut StreamLog) -> Option<Effect> {
    if stream.older == Beyond::Asked {
        stream.older = Beyond::Unknown;
    }
    stream.pending = None;
    stream.state = TailState::Opening;
    if stream.newer.is_some() {
        stream.newer = Some(Beyond::Unknown);
        return None;
    }
    let from = stream.back.clone().map_or(FetchFrom::Last(stream.asked), FetchFrom::After);
    Some(follow(stream, from))
}

/// Follows from there on.
pub(super) fn follow(stream: &StreamLog, from: FetchFrom) -> Effect {
    Effect::Tail(Tail {
        id: stream.tail,
        host: stream.host.clone(),
        origin: stream.origin.clone(),
        from,
    })
}

/// The same in place of how it was followed or waits to be.
fn follow_anew(stream: &StreamLog, from: FetchFrom) -> Vec<Effect> {
    vec![Effect::Untail(stream.host.clone(), stream.tail), follow(stream, from)]
}

/// Asks for newer lines than those that are held.
pub(super) fn newer(stream: &mut StreamLog, from: FetchFrom, lines: u32) -> Effect {
    stream.newer = Some(Beyond::Asked);
    stream.pending = Some(from.clone());
    ask(stream, from, lines)
}

pub(super) fn ask(stream: &StreamLog, from: FetchFrom, lines: u32) -> Effect {
    Effect::Fetch(Fetch {
        tail: stream.tail,
        host: stream.host.clone(),
        origin: stream.origin.clone(),
        from,
        lines,
        bytes: u32::MAX,
    })
}

//! Goes to a moment: where it is held, at once; else the log is entered there anew.

use super::fetch::newer;
use super::{follow_all, next, say, skew};
use crate::effect::Effect;
use crate::model::Model;
use crate::model::log::view::At;
use crate::model::log::{Beyond, FetchFrom, Logs, Spot, StreamLog};
use crate::model::severity::Severity;
use crate::model::time::Timestamp;

/// Lines of each source that are read at first from a moment on.
const FIRST: u32 = 2000;

/// Enters a log at a moment: lines from there on, which are not followed until one comes to the end.
pub(super) fn enter(model: &Model, logs: &mut Logs, at: Timestamp) -> Vec<Effect> {
    let micros = at.as_micros();
    look_at(logs, micros);
    logs.marks.clear();
    let mut effects = Vec::new();
    for stream in &mut logs.streams {
        effects.push(Effect::Untail(stream.host.clone(), stream.tail));
        stream.clear();
        stream.back = None;
        let there = micros.saturating_add(skew(model, &stream.host));
        effects.push(newer(stream, FetchFrom::Since(there), FIRST));
    }
    effects
}

/// Goes to a moment.
pub(super) fn go(model: &mut Model, logs: &mut Logs, at: Timestamp) -> Vec<Effect> {
    let micros = at.as_micros();
    // What was said of another moment is not true of this one.
    model.screen.notice = None;
    logs.view.since_moment = None;
    let last = logs.streams.iter().filter_map(StreamLog::until).max();
    let is_followed = logs.streams.iter().all(|stream| stream.newer.is_none());
    if at >= model.now || (is_followed && last.is_some_and(|last| last < micros)) {
        say(model, Severity::Info, "no line is as new as that: this is the end");
        return end(model, logs);
    }
    logs.view.sought = Some(micros);
    let beyond_end = micros > logs.rim();
    let beyond_start = micros < logs.horizon();
    let empty = logs.streams.iter().all(|stream| stream.from().is_none());
    if beyond_start || beyond_end || empty {
        return enter(model, logs, at);
    }
    look_at(logs, micros);
    Vec::new()
}

/// Says so once it is known that the log begins after the moment that was asked for.
pub(super) fn begins(model: &mut Model, logs: &mut Logs) {
    let Some(sought) = logs.view.sought else { return };
    let streams = &logs.streams;
    let has_older = streams.iter().any(|stream| stream.from().is_some_and(|from| from <= sought));
    let is_unknown = streams.iter().any(|stream| !matches!(stream.older, Beyond::Nothing));
    let has_lines = streams.iter().any(|stream| stream.from().is_some());
    if has_older || (!is_unknown && has_lines) {
        logs.view.sought = None;
    }
    if !has_older && !is_unknown && has_lines {
        say(model, Severity::Info, "the log begins after that moment: this is its first line");
    }
}

/// Looks at the first line of a moment, in the upper third of the page.
fn look_at(logs: &mut Logs, micros: i64) {
    let key = (micros, 0, i64::MIN);
    logs.view.at = At::Line(Spot { stream: 0, seq: i64::MIN }, key);
    logs.view.row = 5;
    logs.view.since = 0;
}

/// Goes to the end and follows.
pub(super) fn end(model: &mut Model, logs: &mut Logs) -> Vec<Effect> {
    logs.view.at = At::End;
    logs.view.since = 0;
    logs.view.row = usize::MAX;
    if logs.streams.iter().all(|stream| stream.newer.is_none()) {
        return Vec::new();
    }
    // It was left or entered elsewhere: what is held is not what is before the end.
    let mut effects = Vec::new();
    for stream in &mut logs.streams {
        effects.push(Effect::Untail(stream.host.clone(), stream.tail));
        // Another number, so that what the old tail has yet to say is not taken for the new one's.
        stream.tail = next(model);
        stream.clear();
        (stream.back, stream.pending) = (None, None);
    }
    logs.marks.clear();
    effects.extend(follow_all(logs));
    effects
}

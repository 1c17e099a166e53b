//! What each command does in a log.

use super::super::moves::Step;
use super::{fetch, moment, search, shown_by, take_along};
use crate::effect::Effect;
use crate::model::Model;
use crate::model::command::Command;
use crate::model::log::histogram::Histogram;
use crate::model::log::level::Level;
use crate::model::log::store::Going;
use crate::model::log::view::{Ask, At, Moments, Prompt};
use crate::model::log::{Filter, Logs};
use crate::model::screen::{Input, Overlay};
use crate::model::severity::Severity;

use super::super::keys::turn;
use super::super::say;

/// Columns that a pan moves.
const PAN: usize = 20;
/// Lines around those that match.
const AROUND: [u8; 4] = [0, 1, 3, 10];
/// The least levels that one may choose.
const LEVELS: [Level; 4] = [Level::Unknown, Level::Notice, Level::Warning, Level::Error];
/// Minutes of the ranges 1 to 9.
const RANGES: [i64; 9] = [1, 5, 15, 30, 60, 180, 720, 1440, 10_080];

/// Does it, where a log is on top.
pub(in super::super) fn command(model: &mut Model, command: Command) -> Vec<Effect> {
    if model.screen.overlays.last() != Some(&Overlay::Logs) {
        say(model, Severity::Info, "this is for logs: open one with `logs`");
        return Vec::new();
    }
    let Some(mut logs) = model.logs.take() else { return Vec::new() };
    fetch::again(&mut logs);
    let mut effects = act(model, &mut logs, command);
    effects.extend(fetch::more(model, &mut logs));
    effects.extend(search(&mut logs));
    model.logs = Some(logs);
    effects
}

fn act(model: &mut Model, logs: &mut Logs, command: Command) -> Vec<Effect> {
    match command {
        Command::LogSearch => ask(model, logs, Ask::Search),
        Command::LogFilter => ask(model, logs, Ask::Filter),
        Command::LogMoment => ask(model, logs, Ask::Moment),
        Command::LogColumns => ask(model, logs, Ask::Columns),
        Command::LogSave => ask(model, logs, Ask::Save),
        Command::LogNext => return go(model, logs, Going::Match, true),
        Command::LogPrevious => return go(model, logs, Going::Match, false),
        Command::LogNextError => return go(model, logs, Going::Error, true),
        Command::LogPreviousError => return go(model, logs, Going::Error, false),
        Command::LogSource => {
            logs.view.only = match logs.view.only {
                Some(_) => None,
                None => logs.current().map(|(spot, _)| spot.stream),
            };
            logs.stirred = true;
        }
        Command::LogContext => {
            let next = turn(&AROUND, logs.view.context, 1);
            logs.around(next);
            let text = match next {
                0 => "matching lines only".to_owned(),
                n => format!("{n} lines around each match"),
            };
            say(model, Severity::Info, text);
        }
        Command::LogLevel => {
            logs.view.level = turn(&LEVELS, logs.view.level, 1);
            // What was typed was taken before, so that it is taken again.
            let filter = Filter::parse(&logs.view.filter, logs.view.level).unwrap_or_default();
            let scan = logs.want(filter);
            return started(logs, scan);
        }
        Command::LogFollow => {
            if logs.view.at == At::End {
                stay(logs);
            } else {
                return moment::end(model, logs);
            }
        }
        Command::LogHistogram => {
            logs.view.histogram = !logs.view.histogram;
            logs.histogram = Histogram::count(logs);
        }
        Command::LogLater => walk(model, logs, true),
        Command::LogEarlier => walk(model, logs, false),
        Command::LogMark => mark(logs),
        Command::LogNextMark => next_mark(model, logs),
        Command::LogWhole => {
            stay(logs);
            logs.view.whole = !logs.view.whole;
            logs.view.whole_scroll = 0;
        }
        Command::LogWrap => {
            logs.view.wrap = !logs.view.wrap;
            logs.view.pan = 0;
        }
        Command::LogRight if !logs.view.wrap => {
            logs.view.pan = (logs.view.pan + PAN).min(crate::model::log::batch::LONGEST);
        }
        Command::LogLeft if !logs.view.wrap => {
            logs.view.pan = logs.view.pan.saturating_sub(PAN);
        }
        Command::LogRight | Command::LogLeft => {
            say(model, Severity::Info, "lines are wrapped: there is nothing to the side");
        }
        Command::LogTimes => logs.view.moments = turn(Moments::ALL, logs.view.moments, 1),
        Command::LogFold => {
            logs.view.fold = !logs.view.fold;
            let text =
                if logs.view.fold { "repeated lines are one" } else { "every line is shown" };
            say(model, Severity::Info, text);
        }
        Command::LogRangeAll => {
            logs.view.since_moment = None;
            return moment::end(model, logs);
        }
        Command::LogRange1 => return range(model, logs, 0),
        Command::LogRange2 => return range(model, logs, 1),
        Command::LogRange3 => return range(model, logs, 2),
        Command::LogRange4 => return range(model, logs, 3),
        Command::LogRange5 => return range(model, logs, 4),
        Command::LogRange6 => return range(model, logs, 5),
        Command::LogRange7 => return range(model, logs, 6),
        Command::LogRange8 => return range(model, logs, 7),
        Command::LogRange9 => return range(model, logs, 8),
        Command::LogPager => return take_along::page(model, logs),
        Command::LogCommand => return shown_by::copy(model, logs),
        _ => {}
    }
    Vec::new()
}

/// Takes back one thing: the whole line, what is searched, what is hidden; none: nothing is left,
/// and the log is to be closed.
pub(in super::super) fn back(model: &mut Model) -> Option<Vec<Effect>> {
    let mut logs = model.logs.take()?;
    let hides = !logs.view.filter.is_empty()
        || logs.view.level > Level::Unknown
        || logs.view.only.is_some()
        || logs.view.since_moment.is_some();
    let mut effects = None;
    if logs.view.whole {
        logs.view.whole = false;
        effects = Some(Vec::new());
    } else if logs.search.is_some() {
        let scan = logs.seek(None);
        effects = Some(started(&mut logs, scan));
    } else if hides {
        logs.view.filter.clear();
        logs.view.level = Level::Unknown;
        (logs.view.since_moment, logs.view.only) = (None, None);
        let scan = logs.want(Filter::default());
        effects = Some(started(&mut logs, scan));
    }
    model.logs = Some(logs);
    effects
}

fn ask(model: &Model, logs: &mut Logs, ask: Ask) {
    let text = match ask {
        Ask::Search => logs.search.as_ref().map_or("", |pattern| pattern.text()).to_owned(),
        Ask::Filter => logs.view.filter.clone(),
        Ask::Columns => logs.view.columns.join(" "),
        Ask::Save => take_along::file_name(logs, model.now),
        Ask::Moment => String::new(),
    };
    logs.view.prompt = Some(Prompt { ask, input: Input::new(&text), fault: None, back: None });
}

/// What a question to search blocks is to be done with.
pub(super) fn started(
    logs: &mut Logs,
    scan: Option<crate::model::log::search::Scan>,
) -> Vec<Effect> {
    logs.scanning = scan.is_some();
    scan.map(Effect::Scan).into_iter().collect()
}

/// From the end to the line that stands there.
fn stay(logs: &mut Logs) {
    if logs.view.at == At::End
        && let Some((spot, key)) = logs.current()
    {
        logs.view.at = At::Line(spot, key);
        logs.view.since = 0;
    }
}

/// Moves by lines; the way up from the end is a pause, the way down to the end goes on following.
pub(in super::super) fn moved(model: &mut Model, step: Step) -> Vec<Effect> {
    let Some(mut logs) = model.logs.take() else { return Vec::new() };
    fetch::again(&mut logs);
    let page = model.screen.page.max(2);
    let mut effects = Vec::new();
    match step {
        // The whole line below is read by pages; lines above are gone through one by one.
        Step::By(by) if logs.view.whole && by.unsigned_abs() > 1 => {
            logs.view.whole_scroll = logs.view.whole_scroll.saturating_add_signed(by.signum() * 5);
        }
        Step::First => {
            let first = logs.behind((i64::MIN, 0, i64::MIN)).next();
            if let Some((spot, key)) = first {
                logs.view.at = At::Line(spot, key);
                logs.view.row = 0;
            }
        }
        Step::Last => effects.extend(moment::end(model, &mut logs)),
        Step::By(by) => by_lines(&mut logs, by, page),
    }
    effects.extend(fetch::more(model, &mut logs));
    effects.extend(search(&mut logs));
    model.logs = Some(logs);
    effects
}

fn by_lines(logs: &mut Logs, by: isize, page: usize) {
    let n = by.unsigned_abs();
    if by < 0 {
        stay(logs);
        let row = logs.view.row.min(page - 1);
        let Some((_, key)) = logs.current() else { return };
        let mut went = 0;
        let mut to = None;
        for line in logs.before(key).take(n) {
            (to, went) = (Some(line), went + 1);
        }
        if let Some((spot, key)) = to {
            logs.view.at = At::Line(spot, key);
        }
        logs.view.row = row.saturating_sub(went);
        return;
    }
    if logs.view.at == At::End {
        return;
    }
    let Some((_, key)) = logs.current() else { return };
    let ahead: Vec<_> = logs.behind(key).take(n + 1).collect();
    let went = ahead.len().min(n);
    if let Some((spot, key)) = went.checked_sub(1).and_then(|last| ahead.get(last)) {
        logs.view.at = At::Line(*spot, *key);
    }
    logs.view.row = (logs.view.row.min(page - 1) + went).min(page - 1);
    let followed = logs.streams.iter().all(|stream| stream.newer.is_none());
    if ahead.len() <= n && followed {
        logs.view.at = At::End;
        logs.view.since = 0;
        logs.view.row = usize::MAX;
    }
}

/// Goes to the next of something; where older or unsearched blocks are in the way, as soon as they
/// are there.
fn go(model: &mut Model, logs: &mut Logs, to: Going, forward: bool) -> Vec<Effect> {
    if to == Going::Match && logs.search.is_none() {
        ask(model, logs, Ask::Search);
        return Vec::new();
    }
    logs.going = Some((to, forward));
    go_on(model, logs)
}

/// Goes on going.
pub(super) fn go_on(model: &mut Model, logs: &mut Logs) -> Vec<Effect> {
    let Some((to, forward)) = logs.going else { return Vec::new() };
    if logs.scanning && to == Going::Match {
        return Vec::new();
    }
    logs.going = None;
    let key = logs.key();
    let is_error = |spot: &crate::model::log::Spot| {
        let line = logs.streams.get(spot.stream).and_then(|stream| stream.line(spot.seq));
        line.is_some_and(|(line, _)| {
            line.level >= Level::Error && !line.flags.has(crate::model::log::Flags::CONTINUED)
        })
    };
    let found = match to {
        Going::Match => logs.found(key, forward).next(),
        Going::Error => {
            let mut walk = if forward { logs.behind(key) } else { logs.before(key) };
            walk.find(|(spot, _)| is_error(spot))
        }
    };
    if let Some((spot, key)) = found {
        logs.view.at = At::Line(spot, key);
        let page = model.screen.page.max(2);
        let row = logs.view.row.min(page - 1);
        // With some lines around it.
        logs.view.row = row.clamp(page / 4, page - 1 - page / 4);
        return Vec::new();
    }
    let what = match to {
        Going::Match => "match",
        Going::Error => "error",
    };
    let way = if forward { "after" } else { "before" };
    let more = if forward { "" } else { "; g goes further back" };
    say(model, Severity::Info, format!("no {what} {way} this line in what is loaded{more}"));
    Vec::new()
}

fn walk(model: &mut Model, logs: &mut Logs, forward: bool) {
    logs.view.histogram = true;
    logs.histogram = Histogram::count(logs);
    stay(logs);
    let at = logs.key().0;
    let next = logs.histogram.next(at, forward);
    let to = next.and_then(|at| logs.behind((at, 0, i64::MIN)).next());
    match to {
        Some((spot, key)) => logs.view.at = At::Line(spot, key),
        None => say(model, Severity::Info, "there are no more lines that way in what is loaded"),
    }
}

fn mark(logs: &mut Logs) {
    stay(logs);
    if let Some((spot, key)) = logs.current() {
        if !logs.marks.remove(&spot) {
            logs.marks.insert(spot);
        }
        // On to the next, so that several are marked by several keys.
        let next = logs.behind(key).next();
        if let Some((spot, key)) = next {
            logs.view.at = At::Line(spot, key);
            logs.view.row = logs.view.row.saturating_add(1);
        }
    }
}

fn next_mark(model: &mut Model, logs: &mut Logs) {
    let key = logs.key();
    let marked = |key| logs.behind(key).find(|(spot, _)| logs.marks.contains(spot));
    let first = (i64::MIN, 0, i64::MIN);
    let found = if logs.view.at == At::End { None } else { marked(key) };
    match found.or_else(|| marked(first)) {
        Some((spot, key)) => logs.view.at = At::Line(spot, key),
        None => say(model, Severity::Info, "no line is marked; m marks one"),
    }
}

fn range(model: &mut Model, logs: &mut Logs, place: usize) -> Vec<Effect> {
    let minutes = RANGES.get(place).copied().unwrap_or(1);
    let since = model.now.shifted(minutes.saturating_mul(-60_000_000));
    logs.view.since_moment = Some(since.as_micros());
    logs.stirred = true;
    moment::end(model, logs)
}

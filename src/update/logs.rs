//! The log that is open: its sources, what comes from them, and what is asked of hosts for it.

mod commands;
mod fetch;
mod moment;
mod shown_by;
mod take_along;
mod typing;

use std::collections::BTreeMap;

use super::say;
use crate::effect::Effect;
use crate::model::Model;
use crate::model::fleet::Env;
use crate::model::host::HostFacts;
use crate::model::ids::{HostId, InstanceId, UnitName};
use crate::model::log::search::Scanned;
use crate::model::log::{
    Beyond, FetchFrom, Logs, Mark, Origin, Stream, StreamLog, TailId, TailState,
};
use crate::model::screen::Overlay;
use crate::model::severity::Severity;
use crate::model::time::Timestamp;

pub(super) use commands::{back, command, moved};
pub(super) use take_along::copied;
pub(super) use typing::typed;

/// Lines that are read at first of each source.
const FIRST: u32 = 1000;
/// So many units of a host have a stream of their own each.
const ALONE: usize = 2;
/// Sources of one log.
const MOST: usize = 64;

/// What a log is opened on.
pub(super) struct Wanted {
    pub(super) title: String,
    pub(super) services: Vec<InstanceId>,
    /// The whole journal of hosts.
    pub(super) hosts: Vec<HostId>,
    /// The moment to go to, on our clock.
    pub(super) at: Option<Timestamp>,
}

/// Opens a log on top, in place of one that was open.
pub(super) fn open(model: &mut Model, wanted: Wanted) -> Vec<Effect> {
    if model.screen.board {
        return Vec::new();
    }
    let mut origins = Vec::new();
    for id in &wanted.services {
        let own = origins_of(model, id).into_iter();
        origins.extend(own.map(|origin| (id.host.clone(), Some(id.clone()), origin)));
    }
    together(&mut origins);
    origins.extend(wanted.hosts.into_iter().map(|host| (host, None, Origin::System)));
    if origins.is_empty() {
        let text = "nothing says where its log is: add `logs = [{ file = \"…\" }]` to the service";
        say(model, Severity::Info, text);
        return Vec::new();
    }
    let left = origins.len().saturating_sub(MOST);
    origins.truncate(MOST);
    let mut effects = close(model);
    let streams: Vec<StreamLog> = origins
        .into_iter()
        .map(|(host, service, origin)| StreamLog::new(next(model), host, service, origin))
        .collect();
    let mut logs = Logs::new(wanted.title, streams, model.log_bytes);
    if left > 0 {
        say(
            model,
            Severity::Warning,
            format!("{left} of its sources are left out: {MOST} at most"),
        );
    }
    match wanted.at {
        Some(at) => effects.extend(moment::enter(model, &mut logs, at)),
        None => effects.extend(follow_all(&mut logs)),
    }
    model.logs = Some(Box::new(logs));
    model.screen.overlays.retain(|overlay| *overlay != Overlay::Logs);
    model.screen.overlays.push(Overlay::Logs);
    effects
}

/// Of many units of a host makes one stream: each is a session of its server, which allows few.
fn together(origins: &mut Vec<(HostId, Option<InstanceId>, Origin)>) {
    let mut units: BTreeMap<HostId, Vec<UnitName>> = BTreeMap::new();
    for (host, _, origin) in origins.iter() {
        if let Origin::Journal(unit) = origin {
            units.entry(host.clone()).or_default().push(unit.clone());
        }
    }
    units.retain(|_, units| units.len() > ALONE);
    origins.retain(|(host, _, origin)| {
        !(matches!(origin, Origin::Journal(_)) && units.contains_key(host))
    });
    for (host, mut units) in units {
        units.sort();
        units.dedup();
        origins.push((host, None, Origin::Units(units.into())));
    }
    // First what is always there: files wait for what they leave of a server's sessions.
    origins.sort_by_key(|(_, _, origin)| matches!(origin, Origin::File(_)));
}

/// Lets the log go.
pub(super) fn close(model: &mut Model) -> Vec<Effect> {
    let Some(logs) = model.logs.take() else { return Vec::new() };
    logs.streams.into_iter().map(|stream| Effect::Untail(stream.host, stream.tail)).collect()
}

/// A log that nobody looks at any more is let go.
pub(super) fn settle(model: &mut Model) -> Vec<Effect> {
    if model.logs.is_some() && !model.screen.overlays.contains(&Overlay::Logs) {
        return close(model);
    }
    Vec::new()
}

fn next(model: &mut Model) -> TailId {
    model.next_tail = model.next_tail.wrapping_add(1);
    TailId(model.next_tail)
}

/// Follows all sources from their last lines on.
fn follow_all(logs: &mut Logs) -> Vec<Effect> {
    // Many sources fill the screen with fewer lines of each.
    let first = (2 * FIRST / logs.streams.len().max(1) as u32).clamp(100, FIRST);
    logs.streams
        .iter_mut()
        .map(|stream| {
            (stream.newer, stream.asked) = (None, first);
            fetch::follow(stream, FetchFrom::Last(first))
        })
        .collect()
}

/// Where a service's lines are: the journal of its unit, and what its config names.
fn origins_of(model: &Model, id: &InstanceId) -> Vec<Origin> {
    let instance = model.fleet.host(&id.host).and_then(|host| host.instances.get(&id.service));
    instance.map_or_else(Vec::new, |it| Origin::of(&it.kind, &it.promises))
}

/// All instances of a service in its environment, this one first.
pub(super) fn everywhere(env: &Env, id: &InstanceId) -> Vec<InstanceId> {
    let others = env
        .hosts
        .iter()
        .filter(|(name, host)| **name != id.host.host && host.instances.contains_key(&id.service));
    let others = others
        .map(|(_, host)| InstanceId { host: host.id(&env.name), service: id.service.clone() });
    std::iter::once(id.clone()).chain(others).collect()
}

/// How far a host's clock is ahead of ours, in microseconds.
fn skew(model: &Model, host: &HostId) -> i64 {
    let facts = model.fleet.host(host).and_then(|host| host.facts.value());
    facts.map_or(0, HostFacts::measured_skew)
}

/// Takes what a tail or a fetch says.
pub(super) fn said(model: &mut Model, tail: TailId, stream: Stream) -> Vec<Effect> {
    let Some(mut logs) = model.logs.take() else { return Vec::new() };
    let mut effects = Vec::new();
    if let Some(place) = logs.place(tail) {
        effects = take(model, &mut logs, place, stream);
        effects.extend(fetch::more(model, &mut logs));
        effects.extend(search(&mut logs));
        moment::begins(model, &mut logs);
    }
    model.logs = Some(logs);
    effects
}

/// Connections of these hosts begin anew, by another config: nothing of before is asked there any
/// more.
pub(super) fn connected(model: &mut Model, hosts: &[HostId]) -> Vec<Effect> {
    let Some(logs) = &mut model.logs else { return Vec::new() };
    let streams = logs.streams.iter_mut().filter(|stream| hosts.contains(&stream.host));
    streams.filter_map(fetch::anew).collect()
}

fn take(model: &mut Model, logs: &mut Logs, place: usize, said: Stream) -> Vec<Effect> {
    let Some(stream) = logs.streams.get_mut(place) else { return Vec::new() };
    let shift = skew(model, &stream.host).saturating_neg();
    match said {
        Stream::State(state) => {
            let waits = matches!(state, TailState::Waiting(_));
            // What failed may work over the new connection.
            if !waits && matches!(stream.older, Beyond::Failed(_) | Beyond::Asked) {
                stream.older = Beyond::Unknown;
            }
            if !waits && matches!(stream.newer, Some(Beyond::Failed(_))) {
                stream.newer = Some(Beyond::Unknown);
            }
            stream.state = state;
            // What cannot be followed now, for others are, can still be read once.
            let unread = stream.from().is_none() && stream.pending.is_none();
            if waits && unread && matches!(stream.origin, Origin::File(_)) {
                let from = FetchFrom::Last(FIRST);
                stream.pending = Some(from.clone());
                return vec![fetch::ask(stream, from, FIRST)];
            }
        }
        Stream::Means(means) => stream.means = means,
        Stream::Newer { batch, first, last } => {
            if is_rotated(logs, place, first.as_ref()) {
                return part_of_another(logs, place);
            }
            if let Some(stream) = logs.streams.get_mut(place) {
                stream.note_file(first.as_ref());
                stream.note_file(last.as_ref());
            }
            logs.append(place, *batch, (first, last), shift);
        }
        Stream::Fetched { from, batches, first, last, end } => {
            return fetch::fetched(
                logs,
                place,
                fetch::Found { from, batches, first, last, end },
                shift,
            );
        }
        Stream::FetchFailed(from, fault) => {
            if matches!(from, FetchFrom::Before(_)) {
                stream.older = Beyond::Failed(fault);
            } else if matches!(from, FetchFrom::Last(_)) {
                // It still waits to be followed, and says why; it is not asked for once more.
            } else if stream.pending.as_ref() == Some(&from) {
                stream.pending = None;
                stream.newer = Some(Beyond::Failed(fault));
            }
        }
        Stream::Files(paths) => return files(model, logs, place, &paths),
    }
    Vec::new()
}

/// Whether a source that has just begun is a file that another one was reading before it got
/// another name.
fn is_rotated(logs: &Logs, place: usize, first: Option<&Mark>) -> bool {
    let (Some(own), Some(first)) = (logs.streams.get(place), first) else { return false };
    let others = logs.streams.iter().enumerate().filter(|(other, _)| *other != place);
    own.from().is_none()
        && others.filter(|(_, s)| s.host == own.host).any(|(_, s)| s.has_read(&own.origin, first))
}

/// Its lines are there already.
fn part_of_another(logs: &mut Logs, place: usize) -> Vec<Effect> {
    let Some(stream) = logs.streams.get_mut(place) else { return Vec::new() };
    stream.state = TailState::Following;
    (stream.older, stream.newer) = (Beyond::Nothing, Some(Beyond::Nothing));
    vec![Effect::Untail(stream.host.clone(), stream.tail)]
}

/// Each file of a pattern is a source of its own.
fn files(
    model: &mut Model,
    logs: &mut Logs,
    place: usize,
    paths: &[std::sync::Arc<str>],
) -> Vec<Effect> {
    let Some(pattern) = logs.streams.get(place) else { return Vec::new() };
    let (host, service) = (pattern.host.clone(), pattern.service.clone());
    let mut effects = Vec::new();
    for path in paths {
        let origin = Origin::File(path.as_ref().into());
        let known = logs.streams.iter().any(|s| s.host == host && s.origin == origin);
        if known || logs.streams.len() >= MOST {
            continue;
        }
        let stream = StreamLog::new(next(model), host.clone(), service.clone(), origin);
        effects.push(fetch::follow(&stream, FetchFrom::Last(FIRST)));
        logs.streams.push(stream);
    }
    effects
}

/// Searches what was not looked at yet, one question at a time.
fn search(logs: &mut Logs) -> Option<Effect> {
    if logs.scanning {
        return None;
    }
    let scan = logs.scan()?;
    logs.scanning = true;
    Some(Effect::Scan(scan))
}

/// Takes what a search found.
pub(super) fn scanned(
    model: &mut Model,
    generation: u32,
    found: Vec<Scanned>,
    done: bool,
) -> Vec<Effect> {
    let Some(mut logs) = model.logs.take() else { return Vec::new() };
    let mut effects = Vec::new();
    if generation == logs.generation {
        logs.scanned(generation, found);
        if done {
            logs.scanning = false;
            effects.extend(search(&mut logs));
            effects.extend(fetch::more(model, &mut logs));
            effects.extend(commands::go_on(model, &mut logs));
        }
    }
    model.logs = Some(logs);
    effects
}

/// Once a second: counts lines over time where that is looked at.
pub(super) fn tick(model: &mut Model) {
    if let Some(logs) = &mut model.logs
        && logs.view.histogram
        && logs.stirred
    {
        logs.histogram = crate::model::log::histogram::Histogram::count(logs);
        logs.stirred = false;
    }
}

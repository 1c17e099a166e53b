//! `quarterdeck events`: what consoles have seen happen. Reads the store; no host is contacted.

mod actions;

use std::io::Write as _;

use serde::Serialize;

use super::args::{Events, Fleet};
use super::status::rfc3339;
use super::{Failure, Outcome, USAGE, env, since};
use crate::model::event::{Event, EventKind, Wanted};
use crate::model::time::Timestamp;
use crate::runtime::{clock, store};

/// No more are printed.
const MOST: usize = 100_000;

pub(super) fn run(fleet: &Fleet, events: &Events) -> Outcome {
    let now = clock::now();
    if events.actions {
        return actions::run(fleet, events, now);
    }
    let wanted = Wanted {
        since: Some(since::parse(&events.since, now)?),
        env: fleet.env.clone(),
        host: events.host.clone(),
        subject: events.subject.clone(),
        kinds: events.kind.iter().map(|word| kind(word)).collect::<Result<_, _>>()?,
    };
    let found = read(&wanted, MOST)?;
    let mut out = std::io::stdout().lock();
    if events.json {
        let list = List { schema: 1, at: rfc3339(now), events: found.iter().map(json).collect() };
        let text = serde_json::to_string_pretty(&list)
            .map_err(|error| Failure { code: super::SOFTWARE, message: error.to_string() })?;
        writeln!(out, "{text}")?;
    } else {
        for event in &found {
            writeln!(out, "{}", line(event))?;
        }
        if found.is_empty() {
            super::complain("nothing is recorded of that time; the console records while it runs");
        }
    }
    out.flush()?;
    Ok(0)
}

/// Events of the store, oldest first.
pub(super) fn read(wanted: &Wanted, most: usize) -> Result<Vec<Event>, Failure> {
    let failure = |message| Failure { code: super::SOFTWARE, message };
    let place = store::place(&env)
        .ok_or_else(|| failure("quarterdeck: no $HOME, so there is no store".to_owned()))?;
    store::read_events(&place, wanted, most)
        .map_err(|error| failure(format!("quarterdeck: {error}")))
}

fn kind(word: &str) -> Result<EventKind, Failure> {
    EventKind::from_name(word).ok_or_else(|| {
        let known: Vec<&str> = EventKind::ALL.iter().map(|kind| kind.name()).collect();
        let word = crate::model::text::clean(word, 64);
        let message =
            format!("quarterdeck: there is no kind `{word}`; there are: {}", known.join(", "));
        Failure { code: USAGE, message }
    })
}

fn line(event: &Event) -> String {
    let env = event.env().map_or_else(String::new, |env| format!("{env}/"));
    let topic = if event.topic.is_empty() { String::new() } else { format!(" [{}]", event.topic) };
    format!(
        "{}  {:<8}  {:<14}  {env}{}{topic}  {}",
        local(event.at),
        event.severity.name(),
        event.kind.name(),
        event.place(),
        event.text
    )
}

/// The moment in this machine's zone.
pub(super) fn local(at: Timestamp) -> String {
    jiff::Timestamp::from_microsecond(at.as_micros()).map_or_else(
        |_out_of_range| String::new(),
        |at| at.to_zoned(jiff::tz::TimeZone::system()).strftime("%F %T").to_string(),
    )
}

#[derive(Serialize)]
struct List<'a> {
    schema: u32,
    at: String,
    events: Vec<EventReport<'a>>,
}

/// An event. Scripts rest on it: fields are added, never changed.
#[derive(Serialize)]
struct EventReport<'a> {
    at: String,
    env: Option<&'a str>,
    host: Option<&'a str>,
    subject: &'a str,
    topic: &'a str,
    kind: &'static str,
    severity: &'static str,
    from: &'a str,
    to: &'a str,
    text: &'a str,
    detail: &'a [String],
}

fn json(event: &Event) -> EventReport<'_> {
    EventReport {
        at: rfc3339(event.at),
        env: event.env().map(crate::model::ids::EnvName::as_str),
        host: event.host.as_ref().map(|id| id.host.as_str()),
        subject: &event.subject,
        topic: &event.topic,
        kind: event.kind.name(),
        severity: event.severity.name(),
        from: &event.from,
        to: &event.to,
        text: &event.text,
        detail: &event.detail,
    }
}

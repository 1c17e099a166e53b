//! The events pane: what happened, the newest first.

use super::Shown;
use super::filter::Filter;
use crate::model::event::{Event, Timeline};
use crate::model::screen::{EventId, View};
use crate::model::time::Timestamp;

/// The events pane. What is later than `now`, the moment that is looked at, is not told yet.
pub fn events<'a>(timeline: &'a Timeline, view: &View, now: Timestamp) -> Shown<&'a Event> {
    let filter = Filter::new(&view.filter);
    let mut hidden = 0;
    let mut rows = Vec::new();
    for event in timeline.iter().rev().filter(|event| event.at <= now) {
        let env = event.env().map_or("", |env| env.as_str());
        let host = event.host.as_ref().map_or("console", |id| id.host.as_str());
        let texts = [
            &*event.subject,
            host,
            env,
            &event.topic,
            event.kind.name(),
            event.severity.name(),
            &event.text,
        ];
        // What the console says of itself belongs to every environment.
        let here = view.env.as_ref().is_none_or(|only| env.is_empty() || only.as_str() == env);
        if here && (!view.problems_only || event.severity.is_problem()) && filter.takes(&texts) {
            rows.push(event);
        } else {
            hidden += 1;
        }
    }
    Shown { rows, hidden }
}

/// The place of the selected event; the first one where it is not shown (any more).
pub fn place_of_event(rows: &[&Event], selected: Option<&EventId>) -> usize {
    let Some(id) = selected else { return 0 };
    rows.iter().position(|event| event.at == id.at && event.id() == *id).unwrap_or(0)
}

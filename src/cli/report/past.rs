//! Findings of the time that are gone by now, as the timeline has them, and what began it all.

use std::fmt::Write as _;

use super::markdown::{code, text};
use crate::cli::events::local;
use crate::model::Model;
use crate::model::event::{BECAUSE, Event, EventKind};
use crate::model::severity::Severity;
use crate::model::span::words;
use crate::model::time::Timestamp;

/// More of them are not told.
const MOST: usize = 200;

/// A finding that was opened and closed.
pub(super) struct Past<'e> {
    /// None where it was open before the time began.
    opened: Option<&'e Event>,
    /// As bad as it was at its worst.
    severity: Severity,
    closed: &'e Event,
}

impl<'e> Past<'e> {
    /// The event that has its sentence and its evidence.
    fn said(&self) -> &'e Event {
        self.opened.unwrap_or(self.closed)
    }

    pub(super) const fn severity(&self) -> Severity {
        self.severity
    }

    fn place(&self) -> String {
        let env = self.closed.env().map_or_else(String::new, |env| format!("{env}/"));
        text(&format!("{env}{}", self.closed.place()))
    }

    fn follows(&self) -> Option<&'e str> {
        self.said().detail.iter().find_map(|line| line.strip_prefix(BECAUSE))
    }

    /// As others say what they follow from.
    fn name(&self) -> String {
        format!("{} {}", self.closed.topic, self.closed.subject)
    }

    /// When it began, when it ended, and how long that was.
    fn times(&self) -> String {
        let end = self.closed.at;
        match self.opened {
            Some(opened) => {
                let span = words(end.since(opened.at));
                format!("from {} to {}, {span}", local(opened.at), local(end))
            }
            None => format!("from before this time to {}", local(end)),
        }
    }

    /// For the summary.
    pub(super) fn sentence(&self) -> String {
        let said = text(&self.said().text);
        format!("**{}** {}: {said} ({})", self.severity.name(), self.place(), self.times())
    }
}

/// Those that are gone, the worst first, causes before what followed from them.
pub(super) fn closed(events: &[Event]) -> Vec<Past<'_>> {
    let mut open: Vec<&Event> = Vec::new();
    let mut past: Vec<Past<'_>> = Vec::new();
    let same =
        |a: &Event, b: &Event| (&a.host, &a.subject, &a.topic) == (&b.host, &b.subject, &b.topic);
    let mut worst: Vec<(&Event, Severity)> = Vec::new();
    for event in events {
        match event.kind {
            EventKind::FindingOpened => open.push(event),
            EventKind::FindingRaised => worst.push((event, event.severity)),
            EventKind::FindingClosed if past.len() < MOST => {
                let place = open.iter().rposition(|opened| same(opened, event));
                let opened = place.map(|place| open.swap_remove(place));
                let raised = worst.iter().filter(|(raised, _)| {
                    same(raised, event) && opened.is_none_or(|opened| raised.at >= opened.at)
                });
                // What was not seen to open says at least what it was when it closed.
                let known = opened.map_or_else(|| before(&event.from), |opened| opened.severity);
                let severity = raised.map(|(_, severity)| *severity).fold(known, Severity::max);
                past.push(Past { opened, severity, closed: event });
            }
            _ => {}
        }
    }
    let effects: Vec<usize> = past
        .iter()
        .map(|one| past.iter().filter(|o| o.follows() == Some(one.name().as_str())).count())
        .collect();
    let mut ranked: Vec<(usize, Past<'_>)> = effects.into_iter().zip(past).collect();
    ranked.sort_by_key(|(effects, one)| {
        let rank = std::cmp::Reverse(one.severity.rank());
        (rank, one.follows().is_some(), std::cmp::Reverse(*effects), one.said().at)
    });
    ranked.into_iter().map(|(_, one)| one).collect()
}

/// The severity of that name.
fn before(name: &str) -> Severity {
    let all = [Severity::Info, Severity::Unknown, Severity::Warning, Severity::Critical];
    all.into_iter().find(|severity| severity.name() == name).unwrap_or(Severity::Info)
}

/// The section.
pub(super) fn write(out: &mut String, past: &[Past<'_>]) {
    if past.is_empty() {
        return;
    }
    out.push_str("## Findings of that time, closed since\n\n");
    for one in past {
        let rule = text(&one.closed.topic);
        // Writing to a String does not fail.
        let _ok = writeln!(out, "### {}: {} ({rule})\n", one.severity.name(), one.place());
        let _ok = writeln!(out, "{}\n", text(&one.said().text));
        let mut times = one.times();
        if let Some(first) = times.get_mut(..1) {
            first.make_ascii_uppercase();
        }
        let _ok = writeln!(out, "{times}.\n");
        if let Some(cause) = one.follows() {
            let _ok = writeln!(out, "Followed from {}.\n", text(cause));
        }
        let first = one.said().detail.iter().map(String::as_str);
        let first: Vec<&str> = first.filter(|line| !line.starts_with(BECAUSE)).collect();
        proofs(out, "Evidence", &first);
        // What came out while it went on is often what explains it.
        let last = one.closed.detail.iter().map(String::as_str);
        let last: Vec<&str> = last.filter(|line| !first.contains(line)).collect();
        proofs(out, "And before it was closed", &last);
    }
}

/// The first sign of all: what the services themselves say counts, also where no console ran yet.
pub(super) fn first(model: &Model, events: &[Event]) -> Option<(Timestamp, String)> {
    let worse = |event: &&Event| event.is_change() && event.severity.is_problem();
    let seen = events
        .iter()
        .filter(worse)
        .map(|event| (event.at, format!("{}: {}", text(&event.place()), text(&event.text))));
    let rows = model.fleet.rows(model.now).filter_map(|row| {
        let verdict = row.verdict;
        let since = verdict.since.filter(|_| verdict.severity.is_problem() && !verdict.stale)?;
        let place = text(&format!("{}/{}", row.host.spec.name, row.service));
        Some((since, format!("{place}: {} since then", verdict.state.name())))
    });
    seen.chain(rows).min_by_key(|(at, _)| *at)
}

fn proofs(out: &mut String, what: &str, lines: &[&str]) {
    if lines.is_empty() {
        return;
    }
    let _ok = writeln!(out, "{what}:\n");
    for line in lines {
        let _ok = writeln!(out, "- {}", code(line));
    }
    out.push('\n');
}

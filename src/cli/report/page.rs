//! The report itself: what is wrong now and why first, what happened after that.

use std::fmt::Write as _;

use super::markdown::{block, code, row, text};
use super::past::{self, Past};
use crate::cli::events::local;
use crate::model::Model;
use crate::model::event::{Event, EventKind};
use crate::model::finding::{Subject, Tracked};
use crate::model::fleet::Env;
use crate::model::host::Host;
use crate::model::severity::Severity;
use crate::model::span::words;
use crate::model::text::clean;
use crate::model::time::Timestamp;

/// Sentences of the summary.
const SENTENCES: usize = 5;

// Writing to a String does not fail, so the results are not looked at.

/// The report of a reading and of what happened since `from`, oldest first.
pub(super) fn write(model: &Model, events: &[Event], from: Timestamp, cut: bool) -> String {
    let envs: Vec<String> = model.fleet.envs.iter().map(|env| text(env.name.as_str())).collect();
    let mut out = format!("# Incident report: {}\n\n", envs.join(", "));
    let _ok = writeln!(
        out,
        "Written {}, covering the time since {}, by quarterdeck {}.\n",
        local(model.now),
        local(from),
        env!("CARGO_PKG_VERSION")
    );
    let found = open(model);
    let past = past::closed(events);
    summary(&mut out, model, events, &found, &past);
    now(&mut out, model);
    unknown(&mut out, model);
    findings(&mut out, &found, events);
    past::write(&mut out, &past);
    timeline(&mut out, events, cut);
    actions(&mut out, events);
    out
}

/// A finding with its surroundings.
struct Found<'a> {
    env: &'a Env,
    host: &'a Host,
    tracked: &'a Tracked,
}

impl Found<'_> {
    fn place(&self) -> String {
        let subject = self.tracked.finding.key.subject.on(&self.host.spec.name);
        text(&format!("{}/{subject}", self.env.name))
    }

    /// As many others of its host follow from it.
    fn effects(&self) -> usize {
        let key = Some(&self.tracked.finding.key);
        let others = self.host.findings.iter().filter(|tracked| tracked.counts());
        others.filter(|other| other.finding.because.as_ref() == key).count()
    }

    /// Since when: of a service as long as it is in its state, where that is longer.
    fn began(&self, events: &[Event], now: Timestamp) -> Timestamp {
        let told = opened(self, events).unwrap_or(self.tracked.since).min(self.tracked.since);
        let Subject::Service(name) = &self.tracked.finding.key.subject else { return told };
        let verdict =
            self.host.instances.get(name).map(|instance| {
                instance.judge(self.host, std::time::Duration::from_secs(3600), now)
            });
        let since = verdict.filter(|v| v.severity.is_problem()).and_then(|v| v.since);
        since.map_or(told, |since| since.min(told))
    }

    fn is_cause(&self) -> bool {
        self.tracked.finding.because.is_none()
    }
}

/// What counts, worst first, causes before what follows from them.
fn open(model: &Model) -> Vec<Found<'_>> {
    let mut found: Vec<Found<'_>> = model
        .fleet
        .hosts()
        .flat_map(|(env, host)| {
            let counting = host.findings.iter().filter(|tracked| tracked.counts());
            counting.map(move |tracked| Found { env, host, tracked })
        })
        .collect();
    found.sort_by_key(|found| {
        let rank = std::cmp::Reverse(found.tracked.finding.severity.rank());
        (rank, !found.is_cause(), std::cmp::Reverse(found.effects()))
    });
    found
}

fn summary(
    out: &mut String,
    model: &Model,
    events: &[Event],
    found: &[Found<'_>],
    past: &[Past<'_>],
) {
    let hosts = model.fleet.hosts().count();
    let up = model.fleet.hosts().filter(|(_, host)| host.link.is_up()).count();
    let worst =
        Severity::worst(model.fleet.envs.iter().map(|env| model.fleet.sum_up(env, model.now).0));
    let _ok = writeln!(
        out,
        "## Summary\n\nNow: **{}**. {up} of {hosts} hosts answer, {} findings, {} events.\n",
        worst.name(),
        found.len(),
        events.len()
    );
    for one in found.iter().filter(|found| found.is_cause()).take(SENTENCES) {
        let finding = &one.tracked.finding;
        let began = one.began(events, model.now);
        let _ok = writeln!(
            out,
            "- **{}** {}: {} (since {}, {}, and not over)",
            finding.severity.name(),
            one.place(),
            text(&finding.summary),
            local(began),
            words(model.now.since(began))
        );
    }
    for one in past.iter().filter(|past| past.severity().is_problem()).take(SENTENCES) {
        let _ok = writeln!(out, "- Over: {}", one.sentence());
    }
    if let Some((at, what)) = past::first(model, events) {
        let _ok = writeln!(out, "- First change for the worse: {}, {what}", local(at));
    }
    out.push('\n');
}

fn now(out: &mut String, model: &Model) {
    out.push_str("## State now\n\n");
    let mut fine = 0;
    let mut rows = String::new();
    for one in model.fleet.rows(model.now) {
        if !one.verdict.severity.is_problem() {
            fine += 1;
            continue;
        }
        let state = if one.verdict.stale { "unknown" } else { one.verdict.state.name() };
        rows.push_str(&row([
            &text(one.env.name.as_str()),
            &text(one.host.spec.name.as_str()),
            &text(one.service.as_str()),
            one.verdict.severity.name(),
            state,
            &one.verdict.since.filter(|_| !one.verdict.stale).map_or_else(String::new, local),
        ]));
    }
    if !rows.is_empty() {
        out.push_str(&row(["environment", "host", "service", "severity", "state", "since"]));
        out.push_str(&row(["---", "---", "---", "---", "---", "---"]));
        out.push_str(&rows);
        out.push('\n');
    }
    let s = if fine == 1 { "" } else { "s" };
    let they = if fine == 1 { "it" } else { "they" };
    let _ok = writeln!(out, "{fine} service{s} as {they} should be.\n");
}

fn unknown(out: &mut String, model: &Model) {
    let blind: Vec<(&Env, &Host)> =
        model.fleet.hosts().filter(|(_, host)| !host.link.is_up()).collect();
    if blind.is_empty() {
        return;
    }
    out.push_str("## Not known\n\nNothing is known now of what runs on these hosts.\n\n");
    for (env, host) in blind {
        let place = text(&format!("{}/{}", env.name, host.spec.name));
        let fault = host.link.fault().map_or_else(String::new, ToString::to_string);
        let _ok = writeln!(out, "- {place}: {}: {}", host.link.name(), text(&fault));
    }
    out.push('\n');
}

fn findings(out: &mut String, found: &[Found<'_>], events: &[Event]) {
    out.push_str("## Findings\n\n");
    if found.is_empty() {
        out.push_str("Nothing was found on the hosts that answer.\n\n");
    }
    for one in found {
        let finding = &one.tracked.finding;
        let rule = finding.key.rule.name();
        let _ok = writeln!(out, "### {}: {} ({rule})\n", finding.severity.name(), one.place());
        let _ok = writeln!(out, "{}\n", text(&finding.summary));
        if let Some(at) = opened(one, events) {
            let _ok = writeln!(out, "Found {}.\n", local(at));
        }
        if let Some(cause) = &finding.because {
            let name = text(&cause.subject.name());
            let _ok = writeln!(out, "Follows from {} of {name}.\n", cause.rule.name());
        }
        if !finding.evidence.is_empty() {
            out.push_str("Evidence:\n\n");
        }
        for proof in &finding.evidence {
            let at = proof.at.or(proof.read);
            let at = at.map_or_else(String::new, |at| format!(", {}", local(at)));
            let _ok = writeln!(out, "- {}{at}: {}", text(&proof.source), code(&proof.text));
        }
        if finding.fix.is_empty() {
            out.push('\n');
            continue;
        }
        let step = |step: &crate::model::finding::Step| match (&*step.command, &*step.note) {
            ("", note) => format!("# {note}"),
            (command, "") => command.to_owned(),
            // What is left out of a note hurts nobody; of a command it would.
            (command, note) => format!("{command}  # {}", clean(note, 400)),
        };
        let who = finding.run_as(one.host).map(|who| format!("# {who}"));
        let steps: Vec<String> = who.into_iter().chain(finding.fix.iter().map(step)).collect();
        let _ok = writeln!(out, "\nFix, in this order:\n\n{}", block(&steps));
    }
}

/// When a console told of it last.
fn opened(found: &Found<'_>, events: &[Event]) -> Option<Timestamp> {
    let key = &found.tracked.finding.key;
    let id = found.host.id(&found.env.name);
    let same = |event: &&Event| {
        event.kind == EventKind::FindingOpened
            && event.host.as_ref() == Some(&id)
            && *event.topic == *key.rule.name()
            && *event.subject == *key.subject.name()
    };
    events.iter().rev().find(same).map(|event| event.at)
}

fn timeline(out: &mut String, events: &[Event], cut: bool) {
    out.push_str("## Timeline\n\n");
    if events.is_empty() {
        out.push_str("No console has recorded anything in this time.\n\n");
        return;
    }
    if cut {
        let _ok = writeln!(out, "Only the newest {} events.\n", events.len());
    }
    out.push_str(&row(["time", "severity", "what", "where", "event"]));
    out.push_str(&row(["---", "---", "---", "---", "---"]));
    for event in events {
        let env = event.env().map_or_else(String::new, |env| format!("{env}/"));
        out.push_str(&row([
            &local(event.at),
            event.severity.name(),
            event.kind.name(),
            &text(&format!("{env}{}", event.place())),
            &text(&event.text),
        ]));
    }
    out.push('\n');
}

fn actions(out: &mut String, events: &[Event]) {
    let ours = |event: &&Event| matches!(event.kind, EventKind::Action | EventKind::Acknowledged);
    let mut taken = events.iter().filter(ours).peekable();
    if taken.peek().is_some() {
        out.push_str("## Actions taken\n\n");
    }
    for event in taken {
        let place = text(&event.place());
        let _ok = writeln!(out, "- {}, {place}: {}", local(event.at), text(&event.text));
    }
}

#[cfg(test)]
mod tests;

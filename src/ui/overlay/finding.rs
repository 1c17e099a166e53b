//! One finding: the sentence, what proves it, what mends it, what follows from it.

use std::cmp::Reverse;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::page::Page;
use super::{boxed, event, scrolled};
use crate::model::finding::Subject;
use crate::model::flaps::MOST;
use crate::model::host::Host;
use crate::model::rows::FindingRow;
use crate::model::screen::FindingId;
use crate::ui::chrome::role_of;
use crate::ui::scene::Scene;
use crate::ui::viewports::Viewports;
use crate::ui::{Role, words};

pub(super) fn draw(
    scene: &Scene<'_>,
    buf: &mut Buffer,
    area: Rect,
    viewports: &mut Viewports,
    (id, scroll): (&FindingId, usize),
) {
    let env = scene.fleet.env(&id.host.env);
    let inner = boxed(scene, buf, area, &format!("Finding {}", id.key.rule.name()), env);
    let mut page = Page::new(scene, inner.width);
    let found = env.zip(scene.fleet.host(&id.host)).and_then(|(env, host)| {
        let tracked = host.findings.iter().find(|tracked| tracked.finding.key == id.key)?;
        Some(FindingRow { env, host, tracked, effects: 0 })
    });
    match found {
        Some(row) => write(scene, &mut page, &row),
        None => page.say(Role::Ok, "This is not found any more."),
    }
    scrolled(scene, buf, (area, inner), viewports, &page.lines, scroll);
}

fn write(scene: &Scene<'_>, page: &mut Page<'_, '_>, row: &FindingRow<'_>) {
    let tracked = row.tracked;
    let finding = &tracked.finding;
    let sign = scene.chrome.glyphs.severity(finding.severity);
    page.say(role_of(finding.severity), &format!("{sign} {}", finding.summary));
    page.gap();
    let priority = format!("priority {} of 4 in {}", row.priority().number(), row.env.tier.name());
    page.fact("severity", format!("{}, {priority}", finding.severity.name()));
    page.fact("about", row.subject());
    let offset = scene.chrome.utc_offset_secs;
    let since = words::moment(tracked.since, offset);
    page.fact("found", format!("{} ago, {since}", scene.age(tracked.since)));
    page.fact("rule", format!("{}: {}", finding.key.rule.name(), finding.key.rule.doc()));
    if !row.host.link.is_up() {
        let name = row.host.link.name();
        let text = format!("as it was when {} was seen last: it is {name}", row.host.spec.name);
        page.fact_in(Role::Stale, "old", text);
    }
    if let Some(reason) = &tracked.silenced {
        page.fact_in(Role::Notice, "silenced", &**reason);
    }
    if let Some(ack) = &tracked.acknowledged {
        let until = words::moment(ack.until, offset);
        let note = if ack.note.is_empty() { String::new() } else { format!(": {}", ack.note) };
        page.fact_in(Role::Notice, ack.word(), format!("by {} until {until}{note}", ack.by));
    }
    if tracked.flapping {
        let says = format!(
            "it came or went more than {MOST} times in half an hour; one incident until it is quiet as long"
        );
        page.fact_in(Role::Warning, "flapping", says);
    }
    if let Some(cause) = &finding.because {
        let name = cause.subject.name();
        page.fact_in(Role::Notice, "follows from", format!("{} {name}", cause.rule.name()));
    }
    if !finding.evidence.is_empty() {
        page.heading("Evidence");
    }
    for proof in &finding.evidence {
        let at = proof
            .moment(scene.now)
            .map_or_else(String::new, |(word, at)| format!(" ({word}{} ago)", scene.age(at)));
        page.fact(&proof.source, format!("{}{at}", proof.text));
    }
    if !finding.fix.is_empty() {
        page.heading("Fix, in this order; nothing of it is done for you");
    }
    if let Some(who) = finding.run_as(row.host) {
        page.say(Role::Notice, &format!("Run it {who}."));
    }
    for (place, step) in finding.fix.iter().enumerate() {
        let number = format!("{}.", place + 1);
        if step.command.is_empty() {
            page.fact(&number, step.note.clone());
        } else {
            page.fact_in(Role::Key, &number, step.command.clone());
            page.fact_in(Role::Muted, "", step.note.clone());
        }
    }
    let effects: Vec<_> = row.effects().collect();
    if !effects.is_empty() {
        page.heading("What follows from it");
    }
    for effect in effects {
        let sign = scene.chrome.glyphs.severity(effect.finding.severity);
        page.say(role_of(effect.finding.severity), &format!("{sign} {}", effect.finding.summary));
    }
    event::before(scene, page, &row.host.id(&row.env.name), tracked.since);
}

/// What was found about something of a host, in short: the findings pane has the rest.
pub(super) fn about(
    scene: &Scene<'_>,
    page: &mut Page<'_, '_>,
    host: &Host,
    subject: impl Fn(&Subject) -> bool,
) {
    let found =
        host.findings.iter().filter(|found| found.open && subject(&found.finding.key.subject));
    let mut found: Vec<_> = found.collect();
    if found.is_empty() {
        return;
    }
    // Causes first, of these the worst.
    found.sort_by_key(|tracked| {
        let finding = &tracked.finding;
        (finding.because.is_some(), Reverse(finding.severity.rank()))
    });
    page.heading("Found, with evidence and fix in the findings pane");
    for tracked in found {
        let finding = &tracked.finding;
        let sign = scene.chrome.glyphs.severity(finding.severity);
        let silenced = tracked.silenced.as_ref();
        let why = silenced.map_or_else(String::new, |why| format!(" (silenced: {why})"));
        let role = silenced.map_or_else(|| role_of(finding.severity), |_| Role::Muted);
        page.say(role, &format!("{sign} {}{why}", finding.summary));
    }
    page.gap();
}

//! One event: what happened, what proves it, and what changed in the hour before.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::page::Page;
use super::{boxed, scrolled};
use crate::model::event::{Event, EventKind};
use crate::model::ids::HostId;
use crate::model::screen::EventId;
use crate::model::time::Timestamp;
use crate::ui::chrome::role_of;
use crate::ui::scene::Scene;
use crate::ui::viewports::Viewports;
use crate::ui::{Role, words};

/// Changes beyond this are not listed.
const MOST: usize = 20;

pub(super) fn draw(
    scene: &Scene<'_>,
    buf: &mut Buffer,
    area: Rect,
    viewports: &mut Viewports,
    (id, scroll): (&EventId, usize),
) {
    let env = id.host.as_ref().and_then(|host| scene.fleet.env(&host.env));
    let inner = boxed(scene, buf, area, &format!("Event {}", id.kind.name()), env);
    let mut page = Page::new(scene, inner.width);
    match scene.model.timeline.iter().find(|event| event.id() == *id) {
        Some(event) => write(scene, &mut page, event),
        None => page.say(Role::Muted, "This was long ago: `quarterdeck events` still has it."),
    }
    scrolled(scene, buf, (area, inner), viewports, &page.lines, scroll);
}

fn write(scene: &Scene<'_>, page: &mut Page<'_, '_>, event: &Event) {
    let sign = scene.chrome.glyphs.severity(event.severity);
    page.say(role_of(event.severity), &format!("{sign} {}", event.text));
    page.gap();
    let when = words::moment(event.at, scene.chrome.utc_offset_secs);
    page.fact("when", format!("{} ago, {when}", scene.age(event.at)));
    page.fact("about", event.place());
    if !event.topic.is_empty() {
        page.fact("of it", event.topic.to_string());
    }
    page.fact("event", format!("{}: {}", event.kind.name(), event.kind.doc()));
    if !event.from.is_empty() {
        page.fact("before", event.from.to_string());
    }
    if !event.to.is_empty() {
        page.fact("now", event.to.to_string());
    }
    if !event.detail.is_empty() {
        let closed = event.kind == EventKind::FindingClosed;
        page.heading(if closed { "Evidence, as it was last" } else { "Evidence" });
    }
    for line in &event.detail {
        page.say(Role::Text, line);
    }
    if let Some(host) = &event.host {
        before(scene, page, host, event.at);
    }
}

/// What changed in the hour before something failed on a host.
pub(super) fn before(scene: &Scene<'_>, page: &mut Page<'_, '_>, host: &HostId, at: Timestamp) {
    let found = scene.model.timeline.before(host, at);
    page.heading("What changed in the hour before");
    if found.is_empty() {
        page.say(Role::Muted, "nothing that a console has seen");
    }
    for event in found.iter().take(MOST) {
        let sign = scene.chrome.glyphs.severity(event.severity);
        let minutes = words::age(at.since(event.at));
        let text = format!("{sign} {minutes} before, {}: {}", event.place(), event.text);
        page.say(role_of(event.severity), &text);
    }
    if let Some(more) = found.len().checked_sub(MOST).filter(|more| *more > 0) {
        page.say(Role::Muted, &format!("and {more} more: quarterdeck events --since 1h"));
    }
}

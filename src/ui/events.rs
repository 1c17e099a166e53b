//! The events pane: what happened, the newest first.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::Role;
use super::chrome::role_of;
use super::pane::{self, Content};
use super::scene::Scene;
use super::table::{Column, Line};
use super::text::width;
use super::viewports::Viewports;
use super::words;
use crate::model::event::{Event, EventKind};
use crate::model::rows::{Shown, place_of_event};
use crate::model::screen::Pane;

pub(super) fn draw(
    scene: &Scene<'_>,
    buf: &mut Buffer,
    area: Rect,
    viewports: &mut Viewports,
    shown: &Shown<&Event>,
) {
    // Those that can be in sight: all two thousand are not worth a look for a column's width.
    let near = shown.rows.iter().take(200);
    let place = near.map(|event| width(&subject(scene, event))).max().unwrap_or(0);
    let place = place.clamp(7, 34) as u16;
    let columns = [
        Column::text("", 1, 1, 0),
        Column::number("ago", 5, 0),
        Column::text("when", 14, 14, 3),
        Column::text("about", place.min(16), place, 1),
        Column::text("event", 5, kinds(), 2),
        Column::text("what happened", 30, u16::MAX / 4, 0),
    ];
    let content = Content {
        pane: Pane::Events,
        name: "Events",
        len: shown.rows.len(),
        problems: 0,
        hidden: shown.hidden,
        notes: Vec::new(),
        place: place_of_event(&shown.rows, scene.model.screen.selection.event.as_ref()),
        columns: &columns,
        empty: none(shown.hidden),
    };
    pane::draw(scene, buf, area, viewports, &content, |place| {
        shown.rows.get(place).map_or_else(Line::default, |event| line(scene, event))
    });
}

/// The widest word for a kind.
fn kinds() -> u16 {
    EventKind::ALL.iter().map(|kind| width(kind.name())).max().unwrap_or(0) as u16
}

fn line(scene: &Scene<'_>, event: &Event) -> Line {
    let role = role_of(event.severity);
    let mut line = Line::default();
    line.push(scene.chrome.glyphs.severity(event.severity).to_string(), role);
    line.push(scene.age(event.at), Role::Muted);
    line.push(words::moment(event.at, scene.chrome.utc_offset_secs), Role::Muted);
    line.push(subject(scene, event), None);
    line.push(event.kind.name(), Role::Muted);
    line.push(event.text.clone(), None);
    line
}

fn subject(scene: &Scene<'_>, event: &Event) -> String {
    match event.env().filter(|_| scene.only_env().is_none()) {
        Some(env) => format!("{} {env}", event.place()),
        None => event.place(),
    }
}

fn none(hidden: usize) -> Vec<(Role, String)> {
    if hidden > 0 {
        return vec![(Role::Notice, format!("{hidden} hidden"))];
    }
    vec![(Role::Muted, "nothing has changed since a console looks here".to_owned())]
}

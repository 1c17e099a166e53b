//! The prompt for a note and an end, for a finding that somebody looks after.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use super::{boxed, centered, cursor_in};
use crate::model::screen::{AckField, FindingId, Input};
use crate::ui::Role;
use crate::ui::scene::Scene;
use crate::ui::viewports::Viewports;

/// What is in the prompt.
pub(super) struct Typed<'t> {
    pub(super) id: &'t FindingId,
    pub(super) note: &'t Input,
    pub(super) span: &'t Input,
    pub(super) mute: bool,
    pub(super) field: AckField,
}

/// Columns of a field's name.
const NAME: u16 = 8;

pub(super) fn draw(
    scene: &Scene<'_>,
    buf: &mut Buffer,
    area: Rect,
    viewports: &mut Viewports,
    typed: &Typed<'_>,
) -> Option<Position> {
    let outer = centered(area, 72, 8);
    let env = scene.fleet.env(&typed.id.host.env);
    let name = format!("Acknowledge {}", typed.id.key.rule.name());
    let inner = boxed(scene, buf, outer, &name, env);
    viewports.learn_overlay(outer, 0, inner.height.into());
    let mute = if typed.mute {
        "yes: nothing rings, also when it gets worse"
    } else {
        "no: it counts again when it gets worse"
    };
    let subject = typed.id.key.subject.name();
    let about = format!("{} {subject}", typed.id.host.host);
    let lines = [
        ("about", about.as_str(), None),
        ("note", &typed.note.text, Some(AckField::Note)),
        ("for", &typed.span.text, Some(AckField::Span)),
        ("mute", mute, Some(AckField::Mute)),
        ("", "", None),
        ("", "tab next field  enter do it  esc leave it; no host is touched", None),
    ];
    let mut cursor = None;
    for (y, (name, text, field)) in (inner.y..inner.bottom()).zip(lines) {
        let line = Rect { y, height: 1, ..inner };
        let chosen = field == Some(typed.field);
        let (name_role, role) = match (field, chosen) {
            (Some(_), true) => (Role::Key, Role::Text),
            (Some(_), false) => (Role::Muted, Role::Text),
            (None, _) => (Role::Muted, Role::Muted),
        };
        let mark = if chosen { ">" } else { " " };
        scene.put(buf, line, &format!("{mark}{name}"), scene.style(name_role));
        let indent = if name.is_empty() { 0 } else { NAME };
        let value = Rect {
            x: line.x + indent.min(line.width),
            width: line.width.saturating_sub(indent),
            ..line
        };
        scene.put(buf, value, text, scene.style(role));
        let input = match typed.field {
            AckField::Note => Some(typed.note),
            AckField::Span => Some(typed.span),
            AckField::Mute => None,
        };
        if let Some(input) = input.filter(|_| chosen) {
            cursor = cursor_in(input, value);
        }
    }
    cursor
}

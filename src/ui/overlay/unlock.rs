//! The prompt for the reason and the time for which an environment is unlocked.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use super::{boxed, centered, cursor_in};
use crate::model::ids::EnvName;
use crate::model::screen::{Input, UnlockField};
use crate::ui::Role;
use crate::ui::scene::Scene;
use crate::ui::viewports::Viewports;

/// What is in the prompt.
pub(super) struct Typed<'t> {
    pub(super) env: &'t EnvName,
    pub(super) reason: &'t Input,
    pub(super) minutes: &'t Input,
    pub(super) field: UnlockField,
}

/// Columns of a field's name.
const NAME: u16 = 10;

pub(super) fn draw(
    scene: &Scene<'_>,
    buf: &mut Buffer,
    area: Rect,
    viewports: &mut Viewports,
    typed: &Typed<'_>,
) -> Option<Position> {
    let outer = centered(area, 72, 7);
    let env = scene.model.fleet.env(typed.env);
    let inner = boxed(scene, buf, outer, &format!("Unlock {}", typed.env), env);
    viewports.learn_overlay(outer, 0, inner.height.into());
    let fields = [
        ("reason", typed.reason, UnlockField::Reason),
        ("minutes", typed.minutes, UnlockField::Minutes),
    ];
    let mut cursor = None;
    for (y, (name, input, field)) in (inner.y..inner.bottom()).zip(fields) {
        let line = Rect { y, height: 1, ..inner };
        let chosen = field == typed.field;
        let mark = if chosen { ">" } else { " " };
        let role = if chosen { Role::Key } else { Role::Muted };
        scene.put(buf, line, &format!("{mark}{name}"), scene.style(role));
        let value = Rect {
            x: line.x + NAME.min(line.width),
            width: line.width.saturating_sub(NAME),
            ..line
        };
        scene.put(buf, value, &input.text, scene.style(Role::Text));
        if chosen {
            cursor = cursor_in(input, value);
        }
    }
    let says = [
        "Until then plans can be confirmed there; each still asks.",
        "The reason is kept in the timeline.",
    ];
    for (y, text) in (inner.y + 3..inner.bottom()).zip(says) {
        scene.put(buf, Rect { y, height: 1, ..inner }, text, scene.style(Role::Muted));
    }
    cursor
}

//! The prompt for what a declared action wants to know.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use super::{actions, boxed, centered, cursor_in};
use crate::model::action::ActionSpec;
use crate::model::ids::InstanceId;
use crate::model::offer::On;
use crate::model::screen::Input;
use crate::ui::scene::Scene;
use crate::ui::text::width;
use crate::ui::viewports::Viewports;
use crate::ui::{Role, top};

/// What is in the prompt.
pub(super) struct Typed<'t> {
    pub(super) id: &'t InstanceId,
    pub(super) on: &'t On,
    pub(super) spec: &'t ActionSpec,
    pub(super) values: &'t [Input],
    pub(super) field: usize,
}

pub(super) fn draw(
    scene: &Scene<'_>,
    buf: &mut Buffer,
    area: Rect,
    viewports: &mut Viewports,
    typed: &Typed<'_>,
) -> Option<Position> {
    let Typed { id, on, spec, values, field } = *typed;
    let outer = centered(area, 84, values.len().min(100) as u16 + 5);
    let env = scene.model.fleet.env(&id.host.env);
    let inner = boxed(scene, buf, outer, &format!("{} for {}", spec.name, id.service), env);
    viewports.learn_overlay(outer, 0, inner.height.into());
    actions::put_target(scene, buf, top(inner, 1), (id, on));
    let name = spec.inputs.iter().map(|input| width(&input.name)).max().unwrap_or(0).min(24) + 2;
    let name = name as u16;
    let mut cursor = None;
    let height = usize::from(inner.height.saturating_sub(3));
    let offset = (field + 1).saturating_sub(height);
    let rows = spec.inputs.iter().zip(values).enumerate().skip(offset);
    for (y, (place, (input, value))) in (inner.y + 2..inner.bottom()).zip(rows) {
        let line = Rect { y, height: 1, ..inner };
        let chosen = place == field;
        let (mark, role) = if chosen { (">", Role::Key) } else { (" ", Role::Muted) };
        scene.put(buf, line, &format!("{mark}{}", input.name), scene.style(role));
        let indent = name.min(line.width);
        let room = Rect { x: line.x + indent, width: line.width - indent, ..line };
        let choices = match (input.choices.join(", "), input.default.is_some()) {
            (choices, _) if !choices.is_empty() => format!("  {choices}"),
            (_, true) => String::new(),
            (_, false) => "  needed".to_owned(),
        };
        let spans = [scene.span(Role::Text, value.text.clone()), scene.span(Role::Muted, choices)];
        scene.put_spans(buf, room, &spans);
        if chosen {
            cursor = cursor_in(value, room);
        }
    }
    cursor
}

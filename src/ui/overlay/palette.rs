//! Commands by name.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use super::{boxed, centered};
use crate::model::screen::{self, Input};
use crate::ui::scene::Scene;
use crate::ui::table::{Column, Line, line, widths};
use crate::ui::text::width;
use crate::ui::viewports::Viewports;
use crate::ui::{Role, below, top};

pub(super) fn draw(
    scene: &Scene<'_>,
    buf: &mut Buffer,
    area: Rect,
    viewports: &mut Viewports,
    (input, chosen): (&Input, usize),
) -> Option<Position> {
    let outer = centered(area, 84, 16);
    let inner = boxed(scene, buf, outer, "Run a command", scene.only_env());
    if inner.is_empty() {
        return None;
    }
    let prompt = top(inner, 1);
    let spans = [scene.span(Role::Key, ":"), scene.span(Role::Text, input.text.clone())];
    scene.put_spans(buf, prompt, &spans);
    let found = screen::palette(&input.text);
    let list = below(inner, 1);
    let height = usize::from(list.height);
    viewports.learn_overlay(outer, found.len().saturating_sub(height), height);
    if found.is_empty() {
        scene.put(buf, top(list, 1), "no command of that name", scene.style(Role::Muted));
    }
    let columns = [
        Column::text("name", 18, 18, 0),
        Column::text("doc", 10, 50, 1),
        Column::text("keys", 6, 14, 2),
    ];
    let wide = widths(&columns, list.width.saturating_sub(1));
    let chosen = chosen.min(found.len().saturating_sub(1));
    let offset = (chosen + 1).saturating_sub(height);
    for (y, (place, command)) in (list.y..list.bottom()).zip(found.iter().enumerate().skip(offset))
    {
        let mut row = Line::default();
        row.push(command.name(), Role::Text);
        row.push(command.doc(), Role::Muted);
        row.push(scene.chrome.keymap.keys_of(*command).join(" "), Role::Key);
        let area = Rect { y, height: 1, ..list };
        line(scene, buf, area, &columns, &wide, &row, place == chosen);
    }
    let before = width(input.text.get(..input.cursor).unwrap_or("")) + 1;
    let x = (usize::from(prompt.x) + before).min(prompt.right().saturating_sub(1).into());
    Some(Position { x: x as u16, y: prompt.y })
}

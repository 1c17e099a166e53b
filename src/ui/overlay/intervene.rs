//! The prompt of an intervention: what it does, on what evidence, and what has to be typed.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use super::{boxed, centered, cursor_in};
use crate::model::offer;
use crate::model::screen::{Input, Intervention, parts};
use crate::ui::Role;
use crate::ui::scene::Scene;
use crate::ui::text::width;
use crate::ui::viewports::Viewports;

/// Hosts whose evidence is shown.
const SHOWN: usize = 8;

pub(super) fn draw(
    scene: &Scene<'_>,
    buf: &mut Buffer,
    area: Rect,
    viewports: &mut Viewports,
    (what, typed): (&Intervention, &Input),
) -> Option<Position> {
    let (title, does) = says(what);
    let evidence = evidence(scene, what);
    let outer = centered(area, 84, evidence.len() as u16 + 6);
    let inner = boxed(scene, buf, outer, &title, scene.model.fleet.env(what.env()));
    viewports.learn_overlay(outer, 0, inner.height.into());
    let mut rows = (inner.y..inner.bottom()).map(|y| Rect { y, height: 1, ..inner });
    if let Some(row) = rows.next() {
        scene.put(buf, row, does, scene.style(Role::Text));
    }
    for (role, text) in evidence {
        let Some(row) = rows.next() else { break };
        scene.put(buf, row, &text, scene.style(role));
    }
    rows.next();
    let row = rows.next()?;
    let name = match what.phrase() {
        None => "reason".to_owned(),
        Some(phrase) => format!("type {phrase}"),
    };
    scene.put(buf, row, &format!(">{name}"), scene.style(Role::Key));
    let room = (width(&name) as u16 + 3).min(row.width);
    let value = Rect { x: row.x + room, width: row.width - room, ..row };
    scene.put(buf, value, &typed.text, scene.style(Role::Text));
    cursor_in(typed, value)
}

fn says(what: &Intervention) -> (String, &'static str) {
    match what {
        Intervention::Freeze(id) => (
            format!("Freeze {}", id.service),
            "Nothing is done to it by anybody's console until somebody lifts that.",
        ),
        Intervention::Thaw(_, subject) => {
            (format!("Lift the freeze of {subject}"), "It can be acted on again.")
        }
        Intervention::Cancel(_, op) => (
            format!("Cancel {op}"),
            "It ends at its next step's border and takes back what it did, as its plan says.",
        ),
        Intervention::Undo(_, op) => (
            format!("Take back {op}"),
            "What it began is taken back on its host, as far as its steps can be.",
        ),
        Intervention::Release(_, op) => (
            format!("Release {op}"),
            "All is left as it is now, and others can act on it again. Look at the service first.",
        ),
    }
}

fn evidence(scene: &Scene<'_>, what: &Intervention) -> Vec<(Role, String)> {
    let model = scene.model;
    let mut lines: Vec<(Role, String)> = match what {
        Intervention::Freeze(id) => offer::instances(&model.fleet, id)
            .into_iter()
            .map(|one| (Role::Muted, format!("on {}", one.host.host)))
            .collect(),
        Intervention::Thaw(host, subject) => {
            let seen = model.acting.seen.get(host).and_then(|seen| seen.value());
            let freezes = seen.map_or(&[][..], |seen| &seen.freezes);
            let freeze = freezes.iter().find(|freeze| freeze.subject == *subject);
            let text = |freeze: &crate::model::operation::Freeze| {
                (Role::Muted, format!("on {}, by {}: {}", host.host, freeze.by, freeze.reason))
            };
            freeze.map(text).into_iter().collect()
        }
        Intervention::Cancel(_, op) | Intervention::Undo(_, op) | Intervention::Release(_, op) => {
            parts(&model.acting, op)
                .into_iter()
                .map(|(host, part)| {
                    let verdict = part.verdict();
                    let (name, doc) = (verdict.name(), verdict.doc());
                    let by = if part.operator.is_empty() { "somebody" } else { &*part.operator };
                    let what = &part.what;
                    (Role::Muted, format!("{}: {what}, by {by}: {name}, {doc}", host.host))
                })
                .collect()
        }
    };
    let more = lines.len().saturating_sub(SHOWN);
    if more > 0 {
        lines.truncate(SHOWN - 1);
        lines.push((Role::Muted, format!("and on {} more", more + 1)));
    }
    lines
}

//! What can be done about a backup, and why the rest cannot.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::actions::{Row, rows};
use super::{boxed, centered};
use crate::model::offer;
use crate::model::screen::BackupId;
use crate::model::verb::Verb;
use crate::ui::scene::Scene;
use crate::ui::viewports::Viewports;
use crate::ui::{Role, below, top};

pub(super) fn draw(
    scene: &Scene<'_>,
    buf: &mut Buffer,
    area: Rect,
    viewports: &mut Viewports,
    (id, chosen): (&BackupId, Verb),
) {
    let fleet = &scene.model.fleet;
    let choices = offer::OF_BACKUP.map(|verb| {
        let refusal = offer::refusal_of_backup(fleet, id, verb);
        Row {
            name: verb.name().to_owned(),
            possible: refusal.is_none(),
            says: refusal.map_or_else(|| verb.doc().to_owned(), |why| format!("no: {why}")),
            keys: String::new(),
            chosen: verb == chosen,
        }
    });
    let outer = centered(area, 92, choices.len() as u16 + 4);
    let inner = boxed(scene, buf, outer, &format!("Act on {}", id.name), fleet.env(&id.host.env));
    let place = scene.span(Role::Text, format!("on {}", id.host.host));
    scene.put_spans(buf, top(inner, 1), &[place]);
    let area = below(inner, 2);
    viewports.learn_overlay(outer, 0, usize::from(area.height));
    rows(scene, buf, area, &choices);
}

//! The log that is open: its lines merged by time, what is not loaded, and what came meanwhile.

mod head;
mod line;
mod spans;
mod strip;
mod whole;

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use super::scene::Scene;
use super::viewports::Viewports;
use super::{Role, below, top};
use crate::model::log::view::At;
use crate::model::log::{Key, Logs, Spot};
use line::{Row, Rows};

/// Rows of the histogram.
const STRIP: u16 = 4;

/// Draws it; answers where the cursor belongs while something is typed.
pub(super) fn draw(
    scene: &Scene<'_>,
    buf: &mut Buffer,
    area: Rect,
    viewports: &mut Viewports,
) -> Option<Position> {
    let logs = scene.model.logs.as_deref()?;
    ratatui::widgets::Widget::render(ratatui::widgets::Clear, area, buf);
    head::title(scene, buf, top(area, 1), logs);
    let mut rest = below(area, 1);
    let state = head::state(scene, logs);
    for spans in state.iter().take(usize::from(rest.height / 3)) {
        scene.put_spans(buf, top(rest, 1), spans);
        rest = below(rest, 1);
    }
    if logs.view.histogram && rest.height > 2 * STRIP {
        strip::draw(scene, buf, top(rest, STRIP), logs);
        rest = below(rest, STRIP);
    }
    let foot = 1.min(rest.height);
    let bottom = below(rest, rest.height - foot);
    rest.height -= foot;
    if logs.view.whole && rest.height >= 6 {
        let rows = whole::rows(scene, logs, rest.width);
        let height = (rows.len() as u16).min(rest.height / 2).max(3);
        let page = below(rest, rest.height - height);
        rest.height -= height;
        whole::draw(scene, buf, page, logs, &rows);
    }
    viewports.learn_overlay(area, 0, rest.height.into());
    lines(scene, buf, rest, logs);
    head::foot(scene, buf, bottom, logs)
}

/// The lines around the one that is looked at, which keeps its row where it can.
fn lines(scene: &Scene<'_>, buf: &mut Buffer, area: Rect, logs: &Logs) {
    let height = usize::from(area.height);
    if height == 0 {
        return;
    }
    let rows = Rows::new(scene, logs, area.width);
    let Some((spot, key)) = logs.current() else {
        head::empty(scene, buf, area, logs);
        return;
    };
    let following = logs.view.at == At::End;
    let own = rows.of(spot, key, !following);
    let row = if following { height.saturating_sub(own.len()) } else { logs.view.row };
    let above_wanted = row.min(height.saturating_sub(own.len().min(height)));
    // Upward from the line, then downward; what is left at the bottom is filled from above.
    let below_rows = gather(logs.behind(key), &rows, height - above_wanted.min(height));
    let after = own.len() + below_rows.iter().map(Vec::len).sum::<usize>();
    let room_above = height.saturating_sub(after.min(height)).max(above_wanted);
    let above = gather(logs.before(key), &rows, room_above);
    let mut all: Vec<Row> = above.into_iter().rev().flatten().collect();
    let surplus = all.len().saturating_sub(room_above);
    all.drain(..surplus);
    all.extend(own);
    all.extend(below_rows.into_iter().flatten());
    for (y, row) in (area.y..area.bottom()).zip(&all) {
        row.draw(scene, buf, Rect { y, height: 1, ..area });
    }
}

/// Lines of a walk until they fill so many rows.
fn gather(
    walk: impl Iterator<Item = (Spot, Key)>,
    rows: &Rows<'_, '_>,
    room: usize,
) -> Vec<Vec<Row>> {
    let mut all = Vec::new();
    let mut filled = 0;
    if room == 0 {
        return all;
    }
    for (spot, key) in walk {
        let drawn = rows.of(spot, key, false);
        filled += drawn.len();
        all.push(drawn);
        if filled >= room {
            break;
        }
    }
    all
}

/// The color of a source: by its words, so that it is the same in each log and on each day.
fn source_role(words: &str) -> Role {
    const ROLES: [Role; 6] =
        [Role::Source1, Role::Source2, Role::Source3, Role::Source4, Role::Source5, Role::Source6];
    // FNV-1a; the standard library's hasher may change from version to version.
    let hash = words.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    ROLES.get((hash % ROLES.len() as u64) as usize).copied().unwrap_or(Role::Source1)
}

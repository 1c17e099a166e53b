//! The line that one looks at, in full: where it is from, JSON in its form, else its text wrapped.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::super::text::wrap;
use super::super::{Role, below, top, words};
use super::Scene;
use crate::model::log::ink::plain;
use crate::model::log::{Flags, Logs, fields};
use crate::model::time::Timestamp;

pub(super) fn draw(scene: &Scene<'_>, buf: &mut Buffer, area: Rect, logs: &Logs) {
    let Some((spot, _)) = logs.current() else { return };
    let Some(stream) = logs.streams.get(spot.stream) else { return };
    let Some((line, text)) = stream.line(spot.seq) else { return };
    let at = Timestamp::from_micros(stream.said_at(spot.seq).unwrap_or(line.at));
    let mut title = format!(
        "{}  {}  {}",
        stream.words(),
        words::moment(at, scene.chrome.utc_offset_secs),
        line.level.name(),
    );
    if line.flags.has(Flags::UNTIMED) {
        title.push_str("  (the line says no moment: when it came, or the line before's)");
    }
    scene.put(buf, top(area, 1), &title, scene.style(Role::Heading));
    let rest = below(area, 1);
    let columns = usize::from(rest.width);
    let body = text.get(usize::from(line.body)..).unwrap_or(text);
    let rows: Vec<String> = if line.flags.has(Flags::JSON) {
        let pretty = fields::pretty(body);
        pretty.iter().flat_map(|row| wrap(row, columns)).collect()
    } else {
        wrap(&plain(text), columns)
    };
    let most = rows.len().saturating_sub(rest.height.into());
    let scroll = logs.view.whole_scroll.min(most);
    for (y, row) in (rest.y..rest.bottom()).zip(rows.iter().skip(scroll)) {
        scene.put(buf, Rect { y, height: 1, ..rest }, row, scene.style(Role::Text));
    }
}

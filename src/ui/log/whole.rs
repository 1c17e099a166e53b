//! The line that one looks at, in full, with what continues it: where it is from, JSON in its form,
//! else its text wrapped.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::super::text::wrap;
use super::super::{Role, words};
use super::Scene;
use crate::model::log::ink::plain;
use crate::model::log::{Flags, Logs, fields};
use crate::model::time::Timestamp;

/// Lines that continue it, at most.
const CONTINUED: i64 = 200;

/// All rows, the first its title.
pub(super) fn rows(scene: &Scene<'_>, logs: &Logs, width: u16) -> Vec<(Role, String)> {
    let Some((spot, _)) = logs.current() else { return Vec::new() };
    let Some(stream) = logs.streams.get(spot.stream) else { return Vec::new() };
    let Some((line, text)) = stream.line(spot.seq) else { return Vec::new() };
    let at = Timestamp::from_micros(stream.said_at(spot.seq).unwrap_or(line.at));
    let moment = words::moment(at, scene.chrome.utc_offset_secs);
    let mut title = format!("{}  {moment}  {}", stream.words(), line.level.name());
    if line.flags.has(Flags::UNTIMED) {
        title.push_str("  (the line says no moment: when it came, or the line before's)");
    }
    let mut rows = vec![(Role::Heading, title)];
    let columns = usize::from(width);
    let body = text.get(usize::from(line.body)..).unwrap_or(text);
    let mut add = |text: &str| {
        rows.extend(wrap(text, columns).into_iter().map(|row| (Role::Text, row)));
    };
    if line.flags.has(Flags::JSON) {
        for row in fields::pretty(body) {
            add(&row);
        }
    } else {
        add(&plain(text));
    }
    for seq in spot.seq + 1..=spot.seq + CONTINUED {
        match stream.line(seq) {
            Some((line, text)) if line.flags.has(Flags::CONTINUED) => add(&plain(text)),
            _ => break,
        }
    }
    rows
}

/// Draws them.
pub(super) fn draw(
    scene: &Scene<'_>,
    buf: &mut Buffer,
    area: Rect,
    logs: &Logs,
    rows: &[(Role, String)],
) {
    let most = rows.len().saturating_sub(area.height.into());
    let scroll = logs.view.whole_scroll.min(most);
    for (y, (role, row)) in (area.y..area.bottom()).zip(rows.iter().skip(scroll)) {
        scene.put(buf, Rect { y, height: 1, ..area }, row, scene.style(*role));
    }
}

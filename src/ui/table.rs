//! Rows in columns. Only rows that are seen are built; columns that have no room are dropped,
//! the least important one first.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::Role;
use super::chrome::role_of;
use super::scene::Scene;
use super::text::{fit, width};
use crate::model::found::Found;

/// A column.
#[derive(Clone, Copy, Debug)]
pub(super) struct Column {
    pub(super) title: &'static str,
    /// At least this wide, or dropped.
    pub(super) min: u16,
    /// Wider is of no use.
    pub(super) want: u16,
    /// The greatest is dropped first; zero stays.
    pub(super) rank: u8,
    /// Numbers.
    pub(super) right: bool,
}

impl Column {
    pub(super) const fn text(title: &'static str, min: u16, want: u16, rank: u8) -> Self {
        Self { title, min, want, rank, right: false }
    }

    pub(super) const fn number(title: &'static str, min: u16, rank: u8) -> Self {
        Self { title, min, want: min, rank, right: true }
    }
}

/// A row's text in each column.
#[derive(Clone, Debug, Default)]
pub(super) struct Line {
    pub(super) cells: Vec<(String, Option<Role>)>,
    /// A sentence instead of the cells from that column on.
    pub(super) instead: Option<(usize, String)>,
    /// For all cells that have no role of their own.
    pub(super) role: Option<Role>,
}

impl Line {
    pub(super) fn push(&mut self, text: impl Into<String>, role: impl Into<Option<Role>>) {
        self.cells.push((text.into(), role.into()));
    }

    /// What the doctor found about it; empty where that is nothing.
    pub(super) fn found(&mut self, found: Option<Found>) {
        let cell = found.map(|found| (found.to_string(), Some(role_of(found.severity))));
        self.cells.push(cell.unwrap_or_default());
    }
}

/// Widths of columns that fit; zero for those that are dropped.
pub(super) fn widths(columns: &[Column], room: u16) -> Vec<u16> {
    let mut out: Vec<u16> = columns.iter().map(|column| column.min).collect();
    let taken = |out: &[u16]| out.iter().filter(|w| **w > 0).map(|w| w + 1).sum::<u16>();
    while taken(&out) > room + 1 {
        let last = columns
            .iter()
            .zip(out.iter_mut())
            .filter(|(column, width)| column.rank > 0 && **width > 0)
            .max_by_key(|(column, _)| column.rank);
        match last {
            Some((_, width)) => *width = 0,
            None => break,
        }
    }
    let mut spare = (room + 1).saturating_sub(taken(&out));
    // What is short gets its due first; names, at rank zero, take what is left.
    let mut kept: Vec<_> = columns.iter().zip(&mut out).filter(|(_, width)| **width > 0).collect();
    kept.sort_by_key(|(column, _)| column.rank.wrapping_sub(1));
    for (column, width) in kept {
        let more = column.want.saturating_sub(column.min).min(spare);
        *width += more;
        spare -= more;
    }
    out
}

/// Draws the titles.
pub(super) fn header(scene: &Scene<'_>, buf: &mut Buffer, area: Rect, columns: &[Column]) {
    let mut titles = Line { role: Some(Role::Muted), ..Line::default() };
    for column in columns {
        titles.push(column.title, None);
    }
    line(scene, buf, area, columns, &widths(columns, area.width.saturating_sub(1)), &titles, false);
}

/// Draws one row. The first column of the area is the mark of the selected one.
pub(super) fn line(
    scene: &Scene<'_>,
    buf: &mut Buffer,
    area: Rect,
    columns: &[Column],
    widths: &[u16],
    row: &Line,
    selected: bool,
) {
    if area.is_empty() {
        return;
    }
    let cut = scene.chrome.glyphs.cut();
    let base = scene.style(row.role.unwrap_or(Role::Text));
    if selected {
        buf.set_style(area, scene.style(Role::Selection));
        buf.set_stringn(area.x, area.y, ">", 1, scene.style(Role::Selection));
    }
    let mut x = area.x + 1;
    for (place, ((column, room), (text, role))) in
        columns.iter().zip(widths).zip(&row.cells).enumerate()
    {
        let left = area.right().saturating_sub(x);
        if left == 0 {
            break;
        }
        let instead = row.instead.as_ref().filter(|(from, _)| *from <= place);
        let room = if instead.is_some() { left } else { (*room).min(left) };
        let text = instead.map_or(text, |(_, text)| text);
        if room > 0 {
            let text = fit(text, room.into(), cut);
            let pad = if column.right && instead.is_none() {
                room.saturating_sub(width(&text) as u16)
            } else {
                0
            };
            let style = match (selected, role) {
                (true, _) => scene.style(Role::Selection),
                (false, Some(role)) if instead.is_none() => base.patch(scene.style(*role)),
                (false, _) => base,
            };
            buf.set_stringn(x + pad, area.y, text, (room - pad).into(), style);
            x = (x + room + 1).min(area.right());
        }
        if instead.is_some() {
            break;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Column, widths};

    const COLUMNS: [Column; 3] =
        [Column::text("a", 4, 9, 0), Column::number("b", 3, 2), Column::text("c", 5, 6, 1)];

    #[test]
    fn columns_grow_to_what_they_want_and_drop_by_rank() {
        assert_eq!(widths(&COLUMNS, 40), [9, 3, 6]);
        assert_eq!(widths(&COLUMNS, 14), [4, 3, 5]);
        assert_eq!(widths(&COLUMNS, 13), [6, 0, 6]);
        assert_eq!(widths(&COLUMNS, 9), [9, 0, 0]);
        assert_eq!(widths(&COLUMNS, 2), [4, 0, 0]);
    }
}

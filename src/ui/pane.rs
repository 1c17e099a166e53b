//! What all panes share: the title with everything that the view leaves out, the visible window,
//! the mark of the selected row.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Span;

use super::scene::Scene;
use super::table::{self, Column, Line};
use super::viewports::{Viewport, Viewports};
use super::{Role, below, top, words};
use crate::model::screen::Pane;

/// A pane's content, short of its rows.
pub(super) struct Content<'c> {
    pub(super) pane: Pane,
    pub(super) name: &'c str,
    pub(super) len: usize,
    /// Rows that somebody has to look at.
    pub(super) problems: usize,
    pub(super) hidden: usize,
    /// Said in the title besides.
    pub(super) notes: Vec<String>,
    /// The selected row's place.
    pub(super) place: usize,
    pub(super) columns: &'c [Column],
    /// Said when there are no rows.
    pub(super) empty: Vec<(Role, String)>,
}

/// Draws a pane; `row` builds those rows that are seen.
pub(super) fn draw(
    scene: &Scene<'_>,
    buf: &mut Buffer,
    area: Rect,
    viewports: &mut Viewports,
    content: &Content<'_>,
    row: impl Fn(usize) -> Line,
) {
    if area.is_empty() {
        return;
    }
    let focused = scene.view().focus == content.pane && !scene.model.screen.board;
    let fits = usize::from(area.height) >= content.len + 2;
    let headed = content.len > 0 && (area.height > 3 || fits);
    let rows = below(area, if headed { 2 } else { 1 });
    let height = usize::from(rows.height);
    let place = (!scene.model.screen.board).then_some(content.place);
    let offset = viewports.scroll(content.pane, content.len, place, height);
    title(scene, buf, top(area, 1), content, focused, (offset, height));
    if headed {
        table::header(scene, buf, top(below(area, 1), 1), content.columns);
    }
    if content.len == 0 {
        for (y, (role, text)) in (rows.y..rows.bottom()).zip(&content.empty) {
            let line = Rect { x: rows.x + 1, width: rows.width.saturating_sub(1), y, height: 1 };
            scene.put(buf, line, text, scene.style(*role));
        }
    }
    let widths = table::widths(content.columns, area.width.saturating_sub(1));
    for (y, place) in (rows.y..rows.bottom()).zip(offset..content.len) {
        let selected = focused && place == content.place;
        let line = Rect { y, height: 1, ..rows };
        table::line(scene, buf, line, content.columns, &widths, &row(place), selected);
    }
    if focused {
        viewports.page = height;
    }
    viewports.learn_pane(Viewport { pane: content.pane, area, rows, offset, len: content.len });
}

fn title(
    scene: &Scene<'_>,
    buf: &mut Buffer,
    area: Rect,
    content: &Content<'_>,
    focused: bool,
    (offset, height): (usize, usize),
) {
    let glyphs = scene.chrome.glyphs;
    let border = scene.style(if focused { Role::BorderFocused } else { Role::Border });
    let bar = Span::styled(glyphs.line(focused), border);
    let mut spans = vec![bar.clone()];
    let mut part = |parts: Vec<Span<'static>>| {
        spans.push(Span::raw(" "));
        spans.extend(parts);
        spans.push(Span::raw(" "));
        spans.push(bar.clone());
    };
    let count = match content.len {
        0 => String::new(),
        len if height == 0 => format!(" {len}"),
        len if len > height => format!(" {}-{} of {len}", offset + 1, (offset + height).min(len)),
        len => format!(" {len}"),
    };
    let mut name = vec![
        scene.span(if focused { Role::BorderFocused } else { Role::Heading }, content.name),
        scene.span(Role::Text, count),
    ];
    if content.problems > 0 && content.problems < content.len {
        let s = if content.problems == 1 { "" } else { "s" };
        name.push(scene.span(Role::Warning, format!(", {} problem{s}", content.problems)));
    }
    if content.hidden > 0 {
        name.push(scene.span(Role::Notice, format!(", {} hidden", content.hidden)));
    }
    part(name);
    if let Some((_, at)) = scene.model.frozen.as_deref() {
        let at = words::clock(*at, scene.chrome.utc_offset_secs);
        let at = if area.width < 60 { String::new() } else { format!(" at {at}") };
        part(vec![scene.span(Role::Warning, format!("FROZEN{at}"))]);
    }
    part(scene.env_spans(scene.only_env()));
    if scene.view().problems_only {
        part(vec![scene.span(Role::Notice, "problems only")]);
    }
    if !scene.view().filter.is_empty() {
        part(vec![scene.span(Role::Match, format!("/{}", scene.view().filter))]);
    }
    for note in &content.notes {
        part(vec![scene.span(Role::Muted, note.clone())]);
    }
    let end = scene.put_spans(buf, area, &spans);
    for x in end..area.right() {
        buf.set_stringn(x, area.y, glyphs.line(focused), 1, border);
    }
}

//! Text in pieces of a style each: marked, panned, wrapped.

use ratatui::style::Style;
use ratatui::text::Span;
use unicode_segmentation::UnicodeSegmentation as _;

use super::super::text::width;

/// Rows of a wrapped line at most.
pub(super) const ROWS: usize = 40;
/// Matches marked in a line.
const MATCHES: usize = 50;

/// Marks what a pattern matches in what is drawn.
pub(super) fn marked(
    spans: Vec<Span<'static>>,
    pattern: &crate::model::log::Pattern,
    style: Style,
) -> Vec<Span<'static>> {
    let text: String = spans.iter().map(|span| &*span.content).collect();
    let places = pattern.places(text.as_bytes(), MATCHES);
    if places.is_empty() {
        return spans;
    }
    let mut out = Vec::new();
    let mut at = 0;
    for span in spans {
        let end = at + span.content.len();
        let mut from = at;
        let mut push = |from: usize, to: usize, style: Style| {
            if let Some(part) = span.content.get(from - at..to - at).filter(|part| !part.is_empty())
            {
                out.push(Span::styled(part.to_owned(), style));
            }
        };
        for (start, stop) in places.iter().filter(|(start, stop)| *start < end && *stop > at) {
            let (start, stop) = ((*start).max(at), (*stop).min(end));
            push(from, start.max(from), span.style);
            push(start.max(from), stop, span.style.patch(style));
            from = stop;
        }
        push(from, end, span.style);
        at = end;
    }
    out
}

/// Without the columns at the left.
pub(super) fn pan(spans: Vec<Span<'static>>, columns: usize) -> Vec<Span<'static>> {
    if columns == 0 {
        return spans;
    }
    let mut left = columns;
    let mut out = Vec::new();
    for span in spans {
        if left == 0 {
            out.push(span);
            continue;
        }
        let wide = width(&span.content);
        if wide <= left {
            left -= wide;
            continue;
        }
        let mut text = String::new();
        for grapheme in span.content.graphemes(true) {
            if left > 0 {
                left = left.saturating_sub(width(grapheme));
            } else {
                text.push_str(grapheme);
            }
        }
        out.push(Span::styled(text, span.style));
    }
    out
}

/// In rows of so many columns.
pub(super) fn wrap(spans: Vec<Span<'static>>, columns: usize) -> Vec<Vec<Span<'static>>> {
    let mut rows = Vec::new();
    let mut row: Vec<Span<'static>> = Vec::new();
    let mut used = 0;
    for span in spans {
        let mut text = String::new();
        for grapheme in span.content.graphemes(true) {
            let wide = width(grapheme);
            if used + wide > columns {
                row.push(Span::styled(std::mem::take(&mut text), span.style));
                rows.push(std::mem::take(&mut row));
                used = 0;
                if rows.len() >= ROWS {
                    return rows;
                }
            }
            text.push_str(grapheme);
            used += wide;
        }
        if !text.is_empty() {
            row.push(Span::styled(text, span.style));
        }
    }
    rows.push(row);
    rows
}

//! Lines and errors over time, above the lines.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::super::{Role, words};
use super::Scene;
use super::head::number;
use crate::model::log::Logs;
use crate::model::log::histogram::Bucket;
use crate::model::time::Timestamp;

/// Draws it: bars of all lines in the upper rows, of warnings and errors as the bar's foot, and the
/// span of time below.
pub(super) fn draw(scene: &Scene<'_>, buf: &mut Buffer, area: Rect, logs: &Logs) {
    let histogram = &logs.histogram;
    if histogram.buckets.is_empty() || area.height < 2 {
        return;
    }
    let columns = usize::from(area.width).min(histogram.buckets.len()).max(1);
    let per = histogram.buckets.len().div_ceil(columns);
    let bars: Vec<Bucket> = histogram
        .buckets
        .chunks(per)
        .map(|chunk| {
            chunk.iter().fold(Bucket::default(), |sum, one| Bucket {
                lines: sum.lines + one.lines,
                errors: sum.errors + one.errors,
                warnings: sum.warnings + one.warnings,
            })
        })
        .collect();
    let most = bars.iter().map(|bar| bar.lines).max().unwrap_or(0).max(1);
    let steps = scene.chrome.glyphs.bars();
    let high = usize::from(area.height - 1);
    let full = (steps.len() - 1).max(1);
    let here = histogram.place(logs.key().0.min(logs.lens().until)).map(|place| place / per);
    let last = logs.current().and_then(|(_, key)| histogram.place(key.0)).map(|place| place / per);
    let here = here.or(last);
    for (x, bar) in bars.iter().enumerate() {
        let ticks = |n: u32| {
            let all = (high * full) as u64;
            (u64::from(n) * all).div_ceil(u64::from(most)) as usize
        };
        let height = ticks(bar.lines);
        let bad = ticks(bar.errors);
        let warned = ticks(bar.errors + bar.warnings);
        for row in 0..high {
            let below = row * full;
            let step = height.saturating_sub(below).min(full);
            let glyph =
                if step == 0 && row > 0 { " " } else { steps.get(step).copied().unwrap_or(" ") };
            let role = if bad > below {
                Role::Critical
            } else if warned > below {
                Role::Warning
            } else {
                Role::Muted
            };
            let y = area.y + (high - 1 - row) as u16;
            let mut style = scene.style(role);
            style.add_modifier.remove(ratatui::style::Modifier::UNDERLINED);
            if here == Some(x) {
                style = style.patch(scene.style(Role::Selection));
            }
            buf.set_stringn(area.x + x as u16, y, glyph, 1, style);
        }
    }
    let offset = scene.chrome.utc_offset_secs;
    let at = |micros: i64| words::moment(Timestamp::from_micros(micros), offset);
    let until = histogram.from + histogram.span * histogram.buckets.len() as i64;
    let errors: u32 = bars.iter().map(|bar| bar.errors).sum();
    let text = format!(
        "{} to {}, each {}, at most {}; {} errors",
        at(histogram.from),
        at(until),
        length(histogram.span * per as i64),
        number(most as usize),
        number(errors as usize),
    );
    let line = Rect { y: area.bottom() - 1, height: 1, ..area };
    scene.put(buf, line, &text, scene.style(Role::Muted));
}

fn length(micros: i64) -> String {
    match micros {
        ..1000 => format!("{micros} us"),
        1000..1_000_000 => format!("{} ms", micros / 1000),
        1_000_000..120_000_000 => format!("{} s", micros / 1_000_000),
        120_000_000..7_200_000_000 => format!("{} min", micros / 60_000_000),
        _ => format!("{} h", micros / 3_600_000_000),
    }
}

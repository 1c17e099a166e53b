//! The crash-loop pane: all that was started again in the last hour.

use std::time::Duration;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::chrome::{Glyphs, role_of};
use super::pane::{self, Content};
use super::scene::Scene;
use super::services::{FIVE, HOUR};
use super::table::{Column, Line};
use super::text::width;
use super::viewports::Viewports;
use super::{Role, words};
use crate::model::fleet::Row;
use crate::model::instance::ServiceState;
use crate::model::rows::{Shown, place_of};
use crate::model::screen::Pane;
use crate::model::time::Timestamp;

pub(super) fn draw(
    scene: &Scene<'_>,
    buf: &mut Buffer,
    area: Rect,
    viewports: &mut Viewports,
    shown: &Shown<Row<'_>>,
) {
    let bars = Bars::of_width(area.width);
    let name = shown.rows.iter().map(|row| who_width(scene, row)).max().unwrap_or(0) as u16;
    let columns = [
        Column::text(bars.title, bars.n as u16, bars.n as u16, 1),
        Column::text("service", name.min(18), name.min(48), 0),
        Column::number("5m/1h", 9, 2),
        Column::number("/min", 5, 3),
        Column::number("in all", 8, 6),
        Column::text("last exit", 9, 14, 4),
        Column::number("last", 5, 5),
    ];
    let series: Vec<Vec<u64>> =
        shown.rows.iter().take(area.height.into()).map(|row| bars.series(row, scene.now)).collect();
    let looping =
        shown.rows.iter().filter(|row| row.verdict.state == ServiceState::CrashLooping).count();
    let most = series.iter().flatten().copied().max().unwrap_or(0);
    let content = Content {
        pane: Pane::CrashLoops,
        name: "Crash loops",
        len: shown.rows.len(),
        problems: 0,
        hidden: shown.hidden,
        notes: if looping < shown.rows.len() {
            vec![format!("{looping} looping now")]
        } else {
            Vec::new()
        },
        place: place_of(&shown.rows, scene.model.screen.selection.looping.as_ref()),
        columns: &columns,
        empty: if shown.rows.is_empty() {
            vec![(Role::Muted, none(scene, shown.hidden))]
        } else {
            Vec::new()
        },
    };
    pane::draw(scene, buf, area, viewports, &content, |place| {
        shown.rows.get(place).map_or_else(Line::default, |row| line(scene, row, &bars, most))
    });
}

fn line(scene: &Scene<'_>, row: &Row<'_>, bars: &Bars, most: u64) -> Line {
    let glyphs = scene.chrome.glyphs;
    let restarts = &row.instance.restarts;
    let role = if row.verdict.stale { Role::Stale } else { role_of(row.verdict.severity) };
    let mut line = Line { role: row.verdict.stale.then_some(Role::Stale), ..Line::default() };
    line.push(sparkline(&bars.series(row, scene.now), most, glyphs), role);
    line.push(who(scene, row), None);
    let (five, hour) = (restarts.within(FIVE, scene.now), restarts.within(HOUR, scene.now));
    line.push(words::counts(five, hour, glyphs), None);
    line.push(words::rate(restarts.per_minute(scene.now)), None);
    line.push(words::count(restarts.total(), glyphs), None);
    let exit = row.instance.last_exit.map_or_else(String::new, |exit| exit.label());
    line.push(exit, Role::Warning);
    line.push(restarts.last_at().map_or_else(String::new, |at| scene.age(at)), None);
    line
}

fn who(scene: &Scene<'_>, row: &Row<'_>) -> String {
    let env = if scene.only_env().is_some() { String::new() } else { format!(" {}", row.env.name) };
    let mark = if row.verdict.stale { "? " } else { "" };
    format!("{mark}{}@{}{env}", row.service, row.host.spec.name)
}

/// The width of [`who`], without making it: every row is asked, few are seen.
fn who_width(scene: &Scene<'_>, row: &Row<'_>) -> usize {
    let env = if scene.only_env().is_some() { 0 } else { width(row.env.name.as_str()) + 1 };
    let mark = if row.verdict.stale { 2 } else { 0 };
    mark + width(row.service.as_str()) + 1 + width(row.host.spec.name.as_str()) + env
}

/// Nothing restarted, as far as we know, and how far that is.
fn none(scene: &Scene<'_>, hidden: usize) -> String {
    if hidden > 0 {
        return format!("{hidden} hidden");
    }
    let rows = scene.judged.rows();
    if rows.is_empty() {
        return "no services".to_owned();
    }
    // What is no unit is restarted by nobody.
    let mut units = rows.iter().filter(|row| row.instance.kind.unit().is_some());
    if units.any(|row| row.instance.restarts.within(HOUR, scene.now).at_least) {
        return "no restarts seen, but not all of the last hour is known".to_owned();
    }
    "no restarts in the last hour".to_owned()
}

/// How the last hour, or what fits of it, is divided.
pub(super) struct Bars {
    pub(super) title: &'static str,
    pub(super) n: usize,
    span: Duration,
}

impl Bars {
    pub(super) const fn of_width(columns: u16) -> Self {
        let (title, n, minutes) = match columns {
            0..60 => ("last 10m", 10, 1),
            60..100 => ("last hour", 12, 5),
            100..150 => ("last hour", 30, 2),
            _ => ("last hour", 60, 1),
        };
        Self { title, n, span: Duration::from_secs(minutes * 60) }
    }

    /// Spans end on whole multiples of themselves, so that a bar does not change its height while
    /// it only moves.
    pub(super) fn series(&self, row: &Row<'_>, now: Timestamp) -> Vec<u64> {
        let span = self.span.as_secs().cast_signed();
        let end = Timestamp::from_secs((now.as_secs().div_euclid(span) + 1) * span - 1);
        row.instance.restarts.series(self.n, self.span, end)
    }
}

/// One bar a number; any that is not zero is seen.
pub(super) fn sparkline(series: &[u64], most: u64, glyphs: Glyphs) -> String {
    let bars = glyphs.bars();
    let top = bars.len() as u64 - 1;
    // A lone restart is not drawn as the end of the world.
    let most = most.max(4);
    series
        .iter()
        .filter_map(|n| bars.get((n * top).div_ceil(most).min(top) as usize))
        .copied()
        .collect()
}

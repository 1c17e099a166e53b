//! The backups pane: age against what is promised, size, count, runs, and the verdict with why.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::chrome::role_of;
use super::pane::{self, Content};
use super::scene::Scene;
use super::table::{Column, Line};
use super::text::width;
use super::viewports::Viewports;
use super::{Role, empty, words};
use crate::model::backup::{Keep, Way};
use crate::model::backups::BackupRow;
use crate::model::job::RunEnd;
use crate::model::rows::{Shown, place_of_backup};
use crate::model::screen::Pane;

pub(super) fn draw(
    scene: &Scene<'_>,
    buf: &mut Buffer,
    area: Rect,
    viewports: &mut Viewports,
    shown: &Shown<BackupRow<'_>>,
) {
    let widest = |of: &dyn Fn(&BackupRow<'_>) -> usize, least: usize, most: usize| {
        shown.rows.iter().map(of).max().unwrap_or(0).clamp(least, most) as u16
    };
    // A stale one has `was` before it.
    let verdict = widest(&|row| row.verdict.name().len() + if row.stale { 6 } else { 2 }, 7, 20);
    let name = widest(&|row| width(row.spec.name.as_str()), 6, 32);
    // Whose backup it is comes before how it is; where there is little room, its beginning.
    let name_least = if area.width < 100 { name.min(16) } else { name };
    let host = widest(&|row| width(row.spec.host.as_str()), 4, 16);
    let env = widest(&|row| width(row.env.name.as_str()), 3, 11);
    let env = if scene.only_env().is_some() { 0 } else { env };
    let columns = [
        Column::text("verdict", verdict.min(14), verdict, 0),
        Column::text("backup", name_least, name, 0),
        Column::number("age/limit", 11, 0),
        Column::number("size", 5, 2),
        Column::number("count", 6, 3),
        Column::number("last run", 8, 5),
        Column::number("next", 6, 4),
        Column::text("why", 16, u16::MAX / 4, 1),
        Column::text("host", host.min(10), host, 6),
        Column::text("env", env.min(11), env, 7),
    ];
    let content = Content {
        pane: Pane::Backups,
        name: "Backups",
        len: shown.rows.len(),
        problems: shown.rows.iter().filter(|row| row.shown_severity().is_problem()).count(),
        hidden: shown.hidden,
        notes: Vec::new(),
        place: place_of_backup(&shown.rows, scene.model.screen.selection.backup.as_ref()),
        columns: &columns,
        empty: empty::say(scene, "backups", shown.hidden),
    };
    pane::draw(scene, buf, area, viewports, &content, |place| {
        shown.rows.get(place).map_or_else(Line::default, |row| line(scene, row))
    });
}

fn line(scene: &Scene<'_>, row: &BackupRow<'_>) -> Line {
    let mut line = Line { role: row.stale.then_some(Role::Stale), ..Line::default() };
    let sign = scene.chrome.glyphs.severity(row.shown_severity());
    let was = if row.stale && row.facts.is_some() { "was " } else { "" };
    let role = if row.stale { Role::Stale } else { role_of(row.shown_severity()) };
    line.push(format!("{sign} {was}{}", row.verdict.name()), role);
    line.push(row.spec.name.as_str(), None);
    line.push(against(row), None);
    line.push(row.newest.and_then(|copy| copy.size).map_or_else(String::new, words::bytes), None);
    line.push(counted(row), None);
    line.push(last(scene, row), None);
    line.push(next(scene, row), None);
    let why = match row.found {
        _ if !row.detail.is_empty() => row.detail.clone(),
        Some(found) => found.to_string(),
        None => row.spec.way.place(),
    };
    line.push(why, None);
    line.push(row.spec.host.as_str(), None);
    line.push(row.env.name.as_str(), None);
    line
}

/// Age of the newest copy that counts, against how old it may become.
pub(super) fn against(row: &BackupRow<'_>) -> String {
    if matches!(row.spec.way, Way::Nothing(_)) {
        return String::new();
    }
    let age = row.age.map_or_else(|| "none".to_owned(), words::age);
    format!("{age}/{}", words::age(row.spec.every))
}

/// Copies, against how many there should be.
pub(super) fn counted(row: &BackupRow<'_>) -> String {
    let Some(facts) = row.facts else { return String::new() };
    match row.spec.keep {
        Some(Keep::Count(keep)) => format!("{}/{keep}", facts.count),
        Some(Keep::Gfs { .. }) | None => facts.count.to_string(),
    }
}

/// How long ago it ran, and whether that failed.
pub(super) fn last(scene: &Scene<'_>, row: &BackupRow<'_>) -> String {
    let Some(last) = row.run.and_then(|run| run.last.as_ref()) else { return String::new() };
    let age = scene.age(last.at);
    match last.end {
        RunEnd::Failed(_) => format!("{age} bad"),
        RunEnd::Running => "now".to_owned(),
        RunEnd::Succeeded | RunEnd::Unknown => age,
    }
}

/// When it runs next.
pub(super) fn next(scene: &Scene<'_>, row: &BackupRow<'_>) -> String {
    let next = row.run.and_then(|run| run.next);
    next.map_or_else(String::new, |at| match at.since(scene.now) {
        left if left.is_zero() => "due".to_owned(),
        left => words::age(left),
    })
}

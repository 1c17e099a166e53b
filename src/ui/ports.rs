//! The ports pane: what is declared beside what really listens.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::chrome::role_of;
use super::pane::{self, Content};
use super::scene::Scene;
use super::table::{Column, Line};
use super::text::width;
use super::viewports::Viewports;
use super::{Role, empty};
use crate::model::ports::{PortRow, is_loopback};
use crate::model::rows::{ShortPort, Shown, place_of_port};
use crate::model::screen::Pane;

pub(super) fn draw(
    scene: &Scene<'_>,
    buf: &mut Buffer,
    area: Rect,
    viewports: &mut Viewports,
    shown: &Shown<ShortPort<'_>>,
) {
    // Rows that are not seen are not looked at: what could be the widest is not known.
    let verdict = shown.rows.iter().map(|row| row.brief.verdict.name().len() + 2).max();
    let verdict = verdict.unwrap_or(0).clamp(6, 18) as u16;
    let mut before: Option<&ShortPort<'_>> = None;
    let (mut host, mut env) = (4, 3);
    for row in &shown.rows {
        if before.is_none_or(|before| !std::ptr::eq(before.host, row.host)) {
            host = host.max(width(row.host.spec.name.as_str()));
            env = env.max(width(row.env.name.as_str()));
        }
        before = Some(row);
    }
    let (host, env) = (host.min(24) as u16, env.min(14) as u16);
    let env = if scene.only_env().is_some() { 0 } else { env };
    let columns = [
        Column::text("verdict", verdict.min(15), verdict, 0),
        Column::number("port", 9, 0),
        Column::text("declared by", 12, 26, 1),
        Column::text("held by", 14, 32, 2),
        Column::text("reach", 8, 15, 4),
        Column::text("host", host.min(10), host, 3),
        Column::text("env", env.min(11), env, 5),
    ];
    let content = Content {
        pane: Pane::Ports,
        name: "Ports",
        len: shown.rows.len(),
        problems: shown.rows.iter().filter(|row| row.severity.is_problem()).count(),
        hidden: shown.hidden,
        notes: Vec::new(),
        place: place_of_port(&shown.rows, scene.model.screen.selection.port.as_ref()),
        columns: &columns,
        empty: empty::say(scene, "ports", shown.hidden),
    };
    pane::draw(scene, buf, area, viewports, &content, |place| {
        let row = shown.rows.get(place).and_then(|row| row.whole(scene.fleet, scene.now));
        row.map_or_else(Line::default, |row| line(scene, &row))
    });
}

fn line(scene: &Scene<'_>, row: &PortRow<'_>) -> Line {
    let mut line = Line { role: row.stale.then_some(Role::Stale), ..Line::default() };
    let sign = scene.chrome.glyphs.severity(row.severity);
    let was = if row.stale { "was " } else { "" };
    let role = if row.stale { Role::Stale } else { role_of(row.severity) };
    line.push(format!("{sign} {was}{}", row.verdict.name()), role);
    line.push(format!("{}/{}", row.port, row.protocol.name()), None);
    line.push(services(row), None);
    line.push(owner(row), None);
    line.push(reach(row), None);
    line.push(row.host.spec.name.as_str(), None);
    line.push(row.env.name.as_str(), None);
    line
}

/// Who declares it, and what it is for.
pub(super) fn services(row: &PortRow<'_>) -> String {
    let names: Vec<&str> = row.declared.iter().map(|(name, _)| name.as_str()).collect();
    match row.name() {
        "" => names.join(", "),
        name => format!("{} ({name})", names.join(", ")),
    }
}

/// Who listens; never empty where somebody does.
pub(super) fn owner(row: &PortRow<'_>) -> String {
    let Some(owner) = &row.owner else { return "nobody".to_owned() };
    match owner.label() {
        label if label.is_empty() => "unknown (needs sudo)".to_owned(),
        label => label,
    }
}

/// Where it can be reached from.
pub(super) fn reach(row: &PortRow<'_>) -> String {
    match row.binds.as_slice() {
        [] => String::new(),
        binds if binds.iter().all(is_loopback) => "loopback".to_owned(),
        binds if binds.iter().any(core::net::IpAddr::is_unspecified) => "all".to_owned(),
        [one] => one.to_string(),
        [one, ..] => format!("{one}, …"),
    }
}

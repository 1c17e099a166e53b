//! The findings pane: what is wrong and why, a sentence a row.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::Role;
use super::chrome::role_of;
use super::pane::{self, Content};
use super::scene::Scene;
use super::table::{Column, Line};
use super::text::width;
use super::viewports::Viewports;
use crate::model::host::Link;
use crate::model::rows::{FindingRow, Shown, place_of_finding};
use crate::model::screen::Pane;

pub(super) fn draw(
    scene: &Scene<'_>,
    buf: &mut Buffer,
    area: Rect,
    viewports: &mut Viewports,
    shown: &Shown<FindingRow<'_>>,
) {
    let place = shown.rows.iter().map(|row| width(&subject(scene, row))).max().unwrap_or(0);
    let place = place.clamp(7, 34) as u16;
    let columns = [
        Column::text("", 1, 1, 0),
        Column::text("finding", 30, u16::MAX / 4, 0),
        Column::text("about", place.min(16), place, 1),
        Column::number("for", 5, 2),
    ];
    let content = Content {
        pane: Pane::Findings,
        name: "Findings",
        len: shown.rows.len(),
        problems: shown.rows.iter().filter(|row| row.tracked.finding.severity.is_problem()).count(),
        hidden: shown.hidden,
        notes: Vec::new(),
        place: place_of_finding(&shown.rows, scene.model.screen.selection.finding.as_ref()),
        columns: &columns,
        empty: none(scene, shown.hidden),
    };
    pane::draw(scene, buf, area, viewports, &content, |place| {
        shown.rows.get(place).map_or_else(Line::default, |row| line(scene, row))
    });
}

fn line(scene: &Scene<'_>, row: &FindingRow<'_>) -> Line {
    let finding = &row.tracked.finding;
    let role = role_of(finding.severity);
    let mut line = Line::default();
    line.push(scene.chrome.glyphs.severity(finding.severity).to_string(), role);
    let more = match row.effects {
        0 => String::new(),
        1 => "(+1 follows) ".to_owned(),
        n => format!("(+{n} follow) "),
    };
    let ack = row.tracked.acknowledged.as_ref();
    let ack = ack.map_or_else(String::new, |ack| format!("({} {}) ", ack.word(), ack.by));
    // What is lost is as it was when it was seen last.
    let (was, role) = if row.host.link.is_up() { ("", None) } else { ("was: ", Some(Role::Stale)) };
    line.push(format!("{was}{ack}{more}{}", finding.summary), role);
    line.push(subject(scene, row), None);
    line.push(scene.age(row.tracked.since), Role::Muted);
    line
}

fn subject(scene: &Scene<'_>, row: &FindingRow<'_>) -> String {
    if scene.only_env().is_some() {
        return row.subject();
    }
    format!("{} {}", row.subject(), row.env.name)
}

/// Nothing was found: and on how many hosts nobody could look.
fn none(scene: &Scene<'_>, hidden: usize) -> Vec<(Role, String)> {
    if hidden > 0 {
        return vec![(Role::Notice, format!("{hidden} hidden"))];
    }
    let blind = scene.fleet.hosts().filter(|(_, host)| !host.link.is_up()).count();
    let connecting = |link: &Link| matches!(link, Link::Connecting);
    if scene.fleet.hosts().any(|(_, host)| connecting(&host.link)) {
        return vec![(Role::Muted, format!("looking{}", scene.chrome.glyphs.cut()))];
    }
    if blind > 0 {
        let s = if blind == 1 { "" } else { "s" };
        let text = format!("nothing found where we can look; {blind} host{s} cannot be looked at");
        return vec![(Role::Unknown, text)];
    }
    vec![(Role::Muted, "nothing found".to_owned())]
}

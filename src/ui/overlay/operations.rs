//! What is done on hosts: by this console, and by everybody as hosts tell of it.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::operation::{outcome_role, outcome_sign};
use super::{below, boxed};
use crate::model::acting::{OpRow, place_of, rows};
use crate::model::command::Command;
use crate::model::operation::{Foreign, Need, Operation, Outcome, Verdict};
use crate::model::screen::OpPick;
use crate::ui::scene::Scene;
use crate::ui::table::{Column, Line, header, line, widths};
use crate::ui::viewports::Viewports;
use crate::ui::{Role, top};

const COLUMNS: [Column; 6] = [
    Column::text("state", 12, 12, 0),
    Column::number("age", 5, 3),
    Column::text("what", 24, 44, 0),
    Column::text("host", 8, 16, 1),
    Column::text("by", 8, 24, 2),
    Column::text("that is", 16, 60, 4),
];

pub(super) fn draw(
    scene: &Scene<'_>,
    buf: &mut Buffer,
    area: Rect,
    viewports: &mut Viewports,
    chosen: Option<&OpPick>,
) {
    let inner = boxed(scene, buf, area, "Operations", scene.only_env());
    let acting = &scene.model.acting;
    let rows = rows(acting);
    let place = place_of(&rows, chosen);
    let mut feet = unknown(scene);
    if let Some(row) = rows.get(place) {
        feet.insert(0, (Role::Text, says(scene, row)));
    }
    let (list, foot) = (
        Rect { height: inner.height.saturating_sub(feet.len() as u16), ..inner },
        below(inner, inner.height.saturating_sub(feet.len() as u16)),
    );
    header(scene, buf, top(list, 1), &COLUMNS);
    let list = below(list, 1);
    let height = usize::from(list.height);
    let offset = (place + 1).saturating_sub(height);
    viewports.learn_overlay(area, 0, height);
    if rows.is_empty() {
        let text = if feet.is_empty() {
            "Nothing was done on these hosts as far as they tell."
        } else {
            "The hosts that have answered tell of nothing that was done."
        };
        scene.put(buf, top(list, 1), text, scene.style(Role::Muted));
    }
    let wide = widths(&COLUMNS, list.width.saturating_sub(1));
    for (y, (at, row)) in (list.y..list.bottom()).zip(rows.iter().enumerate().skip(offset)) {
        let cells = cells(scene, row);
        line(scene, buf, Rect { y, height: 1, ..list }, &COLUMNS, &wide, &cells, at == place);
    }
    for (y, (role, text)) in (foot.y..foot.bottom()).zip(&feet) {
        scene.put(buf, Rect { y, height: 1, ..foot }, text, scene.style(*role));
    }
}

/// Hosts of which nothing is known, in a few lines: not knowing is not nothing.
fn unknown(scene: &Scene<'_>) -> Vec<(Role, String)> {
    let mut lines = Vec::new();
    for (env, host) in scene.model.fleet.hosts() {
        let seen = scene.model.acting.seen.get(&host.id(&env.name));
        let name = &host.spec.name;
        match seen.map(|seen| (seen.fault(), seen.value())) {
            _ if !host.link.is_up() => lines.push(format!("? {name}: it is not connected")),
            None => lines.push(format!("? {name}: it is being asked")),
            Some((Some(fault), _)) => lines.push(format!("? {name}: {fault}")),
            Some((None, _)) => {}
        }
    }
    let more = lines.len().saturating_sub(3);
    if more > 0 {
        lines.truncate(2);
        lines.push(format!("? and {} more hosts are not known", more + 1));
    }
    lines.into_iter().map(|line| (Role::Unknown, line)).collect()
}

/// The chosen row in a sentence: a narrow table has no room for it.
fn says(scene: &Scene<'_>, row: &OpRow<'_>) -> String {
    match row {
        OpRow::Frozen(_, freeze) => {
            format!("frozen by {}: {}; enter lifts it", freeze.by, freeze.reason)
        }
        OpRow::Own(operation) => {
            let says = operation.outcome().map_or("it runs; enter shows it", Outcome::doc);
            format!("{}: {says}", operation.plan().title())
        }
        OpRow::Foreign(_, foreign) => {
            let (_, word, says) = verdict(scene, foreign);
            let key = |command| scene.chrome.key(command).unwrap_or_default();
            let (cancel, undo) = (key(Command::OperationCancel), key(Command::OperationUndo));
            let release = key(Command::OperationRelease);
            let how = match (foreign.verdict(), foreign.need()) {
                (Verdict::Running, _) => format!("; {cancel} ends it at a step's border"),
                (_, Some(Need::Undo)) => format!("; {undo} takes it back, {release} leaves it so"),
                (_, Some(Need::Claim)) => format!("; {release} gives its claim back"),
                (_, None) => String::new(),
            };
            format!("{word}: {says}{how}")
        }
    }
}

fn cells(scene: &Scene<'_>, row: &OpRow<'_>) -> Line {
    match row {
        OpRow::Frozen(host, freeze) => {
            let mut cells = Line::default();
            cells.push("! frozen", Role::Warning);
            cells.push(age(scene, freeze.at), None);
            cells.push(&*freeze.subject, None);
            cells.push(host.host.as_str(), None);
            cells.push(&*freeze.by, Role::Muted);
            cells.push(&*freeze.reason, Role::Muted);
            cells
        }
        OpRow::Own(operation) => own(scene, operation),
        OpRow::Foreign(host, foreign) => {
            let mut cells = Line::default();
            let (role, word, says) = verdict(scene, foreign);
            cells.push(word, role);
            cells.push(age(scene, foreign.run.op().began().as_secs()), None);
            let what = if foreign.what.is_empty() { &foreign.subject } else { &foreign.what };
            cells.push(&**what, None);
            cells.push(host.host.as_str(), None);
            cells.push(&*foreign.operator, Role::Muted);
            cells.push(says, Role::Muted);
            cells
        }
    }
}

fn own(scene: &Scene<'_>, operation: &Operation) -> Line {
    let plan = operation.plan();
    let glyphs = scene.chrome.glyphs;
    let (role, word, says) = match operation.outcome() {
        Some(outcome) => (
            outcome_role(outcome),
            format!("{} {}", outcome_sign(glyphs, outcome), outcome.name()),
            outcome.doc(),
        ),
        None => (Role::Notice, format!("{} running", glyphs.busy()), "begun here; enter shows it"),
    };
    let hosts: Vec<&str> = plan.hosts.iter().map(|host| host.host.host.as_str()).collect();
    let mut cells = Line::default();
    cells.push(word, role);
    cells.push(scene.age(operation.began), None);
    cells.push(plan.title(), None);
    cells.push(hosts.join(", "), None);
    cells.push(&*operation.operator, Role::Muted);
    cells.push(says, Role::Muted);
    cells
}

/// What the evidence says of somebody's operation.
fn verdict(scene: &Scene<'_>, foreign: &Foreign) -> (Role, String, &'static str) {
    let glyphs = scene.chrome.glyphs;
    let verdict = foreign.verdict();
    let (role, sign) = match verdict {
        Verdict::Running => (Role::Notice, glyphs.busy()),
        Verdict::Orphaned | Verdict::Rebooted | Verdict::Crashed => (Role::Critical, "!"),
        Verdict::Paused | Verdict::Claimed => (Role::Warning, "!"),
        Verdict::Ended => {
            let outcome = foreign.outcome().unwrap_or(Outcome::Unknown);
            let word = format!("{} {}", outcome_sign(glyphs, outcome), outcome.name());
            return (outcome_role(outcome), word, outcome.doc());
        }
    };
    (role, format!("{sign} {}", verdict.name()), verdict.doc())
}

fn age(scene: &Scene<'_>, secs: i64) -> String {
    scene.age(crate::model::time::Timestamp::from_secs(secs))
}

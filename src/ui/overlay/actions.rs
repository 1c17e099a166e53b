//! The menu of actions, and of signals: what can be done, and why the rest cannot.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::{boxed, centered};
use crate::model::command::Command;
use crate::model::ids::InstanceId;
use crate::model::offer::{self, Choice, On};
use crate::model::verb::{Signal, Verb};
use crate::ui::scene::Scene;
use crate::ui::table::{Column, Line, line, widths};
use crate::ui::viewports::Viewports;
use crate::ui::{Role, below, top};

/// A row: a word, what it is, and whether it can be chosen.
pub(super) struct Row {
    pub(super) name: String,
    pub(super) says: String,
    pub(super) keys: String,
    pub(super) possible: bool,
    pub(super) chosen: bool,
}

pub(super) fn draw(
    scene: &Scene<'_>,
    buf: &mut Buffer,
    area: Rect,
    viewports: &mut Viewports,
    (id, on, chosen): (&InstanceId, &On, &Choice),
) {
    // What the hosts say now, also while the screen is frozen.
    let fleet = &scene.model.fleet;
    let choices = offer::menu(fleet, id, on);
    let choices: Vec<Row> = choices
        .iter()
        .map(|choice| {
            let advised;
            let refusal = offer::refusal(fleet, id, on, choice);
            let (name, doc, key) = match choice {
                Choice::Verb(verb) => (verb.name(), verb.doc(), key(*verb)),
                Choice::Mend(setting) => {
                    advised = format!("as the doctor advises: {}", setting.replace('\n', "; "));
                    ("mend", advised.as_str(), None)
                }
                Choice::Declared(spec) => (&*spec.name, &*spec.doc, None),
                Choice::Sync(name, from) => {
                    advised = format!("{name}: {} of {from}", Verb::Sync.doc());
                    (Verb::Sync.name(), advised.as_str(), None)
                }
            };
            Row {
                name: name.to_owned(),
                possible: refusal.is_none(),
                says: refusal.map_or_else(|| doc.to_owned(), |why| format!("no: {why}")),
                keys: key.and_then(|key| scene.chrome.key(key)).unwrap_or_default(),
                chosen: choice == chosen,
            }
        })
        .collect();
    list(scene, buf, area, viewports, (&format!("Act on {}", named(id, on)), id, on), &choices);
}

pub(super) fn signals(
    scene: &Scene<'_>,
    buf: &mut Buffer,
    area: Rect,
    viewports: &mut Viewports,
    (id, on, chosen): (&InstanceId, &On, Signal),
) {
    let choices: Vec<Row> = Signal::ALL
        .iter()
        .map(|signal| Row {
            name: signal.name().to_owned(),
            possible: true,
            says: signal.doc().to_owned(),
            keys: String::new(),
            chosen: *signal == chosen,
        })
        .collect();
    list(scene, buf, area, viewports, (&format!("Signal to {}", named(id, on)), id, on), &choices);
}

/// What the menu is about.
fn named(id: &InstanceId, on: &On) -> String {
    match on {
        On::Marked(ids) if ids.len() > 1 => format!("{} marked services", ids.len()),
        On::Here | On::EveryHost | On::Marked(_) => id.service.to_string(),
    }
}

/// The key that chooses it without the menu.
const fn key(verb: Verb) -> Option<Command> {
    match verb {
        Verb::Start => Some(Command::Start),
        Verb::Stop => Some(Command::Stop),
        Verb::Restart => Some(Command::Restart),
        Verb::Kill => Some(Command::Kill),
        Verb::Deploy => Some(Command::Deploy),
        Verb::Rollback => Some(Command::Rollback),
        Verb::Reload
        | Verb::ResetFailed
        | Verb::Enable
        | Verb::Disable
        | Verb::DaemonReload
        | Verb::Run
        | Verb::Adopt
        | Verb::Action
        | Verb::Backup
        | Verb::Restore
        | Verb::Sync
        | Verb::DropIn => None,
    }
}

fn list(
    scene: &Scene<'_>,
    buf: &mut Buffer,
    area: Rect,
    viewports: &mut Viewports,
    (name, id, on): (&str, &InstanceId, &On),
    choices: &[Row],
) {
    let outer = centered(area, 92, choices.len().min(100) as u16 + 4);
    let inner = boxed(scene, buf, outer, name, scene.model.fleet.env(&id.host.env));
    put_target(scene, buf, top(inner, 1), (id, on));
    let area = below(inner, 2);
    viewports.learn_overlay(outer, 0, usize::from(area.height));
    rows(scene, buf, area, choices);
}

/// Draws rows, so that the chosen one is among them.
pub(super) fn rows(scene: &Scene<'_>, buf: &mut Buffer, area: Rect, choices: &[Row]) {
    let height = usize::from(area.height);
    let columns = [
        Column::text("name", 13, 24, 0),
        Column::text("says", 20, 74, 1),
        Column::text("key", 3, 4, 2),
    ];
    let wide = widths(&columns, area.width.saturating_sub(1));
    let chosen = choices.iter().position(|choice| choice.chosen).unwrap_or(0);
    let offset = (chosen + 1).saturating_sub(height);
    for (y, choice) in (area.y..area.bottom()).zip(choices.iter().skip(offset)) {
        let role = if choice.possible { Role::Text } else { Role::Muted };
        let mut row = Line::default();
        row.push(choice.name.as_str(), role);
        row.push(choice.says.as_str(), Role::Muted);
        row.push(choice.keys.as_str(), Role::Key);
        line(scene, buf, Rect { y, height: 1, ..area }, &columns, &wide, &row, choice.chosen);
    }
}

/// To what it applies, and how that is changed.
pub(super) fn put_target(
    scene: &Scene<'_>,
    buf: &mut Buffer,
    area: Rect,
    (id, on): (&InstanceId, &On),
) {
    let every = offer::instances(&scene.model.fleet, id);
    let key = scene.chrome.key(Command::PlanAllHosts).unwrap_or_default();
    let names: Vec<&str> = every.iter().map(|one| one.host.host.as_str()).collect();
    let here = format!("; {key} on {} only", id.host.host);
    let there = format!("; {key} on all {} hosts", names.len());
    // While text is typed the key is none.
    let hint = |text: String| if scene.model.is_typing() { String::new() } else { text };
    let spans = match (on, names.len()) {
        (On::Marked(ids), _) => {
            let names: Vec<String> =
                ids.iter().map(|one| format!("{} on {}", one.service, one.host.host)).collect();
            vec![scene.span(Role::Warning, names.join(", "))]
        }
        (On::EveryHost, n) => vec![
            scene.span(Role::Warning, format!("on all {n} hosts: {}", names.join(", "))),
            scene.span(Role::Muted, hint(here)),
        ],
        (On::Here, 0 | 1) => vec![scene.span(Role::Text, format!("on {}", id.host.host))],
        (On::Here, _) => vec![
            scene.span(Role::Text, format!("on {} only", id.host.host)),
            scene.span(Role::Muted, hint(there)),
        ],
    };
    scene.put_spans(buf, area, &spans);
}

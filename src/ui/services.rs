//! The services pane: an instance a row.

use std::time::Duration;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::chrome::role_of;
use super::pane::{self, Content};
use super::scene::{Scene, brief};
use super::table::{Column, Line};
use super::text::width;
use super::viewports::Viewports;
use super::{Role, empty, planned, words};
use crate::model::fleet::Row;
use crate::model::health::CheckState;
use crate::model::instance::ServiceState;
use crate::model::rows::{Shown, place_of};
use crate::model::screen::{Pane, SortBy};

/// The last five minutes.
pub(super) const FIVE: Duration = Duration::from_secs(300);
/// The last hour.
pub(super) const HOUR: Duration = Duration::from_secs(3600);
/// From which column on a reason replaces numbers that are no longer true.
const SINCE: usize = 4;

pub(super) fn draw(
    scene: &Scene<'_>,
    buf: &mut Buffer,
    area: Rect,
    viewports: &mut Viewports,
    shown: &Shown<Row<'_>>,
) {
    let view = scene.view();
    let columns = columns(&shown.rows, scene.only_env().is_none(), area.width);
    let mut notes = Vec::new();
    if view.sort != SortBy::Severity || view.inverted {
        let order = if view.inverted { ", inverted" } else { "" };
        notes.push(format!("sort {}{order}", view.sort.name()));
    }
    if !scene.model.screen.marked.is_empty() {
        notes.push(format!("{} marked", scene.model.screen.marked.len()));
    }
    let content = Content {
        pane: Pane::Services,
        name: "Services",
        len: shown.rows.len(),
        problems: shown.rows.iter().filter(|row| row.severity().is_problem()).count(),
        hidden: shown.hidden,
        notes,
        place: place_of(&shown.rows, scene.model.screen.selection.service.as_ref()),
        columns: &columns,
        empty: empty::say(scene, "services", shown.hidden),
    };
    pane::draw(scene, buf, area, viewports, &content, |place| {
        shown.rows.get(place).map_or_else(Line::default, |row| line(scene, row))
    });
}

fn columns(rows: &[Row<'_>], many_envs: bool, room: u16) -> [Column; 14] {
    // One pass: with many rows, walking them costs more than what is done with each.
    let (mut service, mut host, mut env, mut state, mut revision, mut found) = (0, 0, 0, 0, 0, 0);
    let mut before: Option<&Row<'_>> = None;
    for row in rows {
        service = service.max(width(row.service.as_str()));
        // A host's rows stand together in most orders.
        if before.is_none_or(|before| !std::ptr::eq(before.host, row.host)) {
            host = host.max(width(row.host.spec.name.as_str()));
            env = env.max(width(row.env.name.as_str()));
        }
        if row.host.release(row.instance).is_some() {
            revision = revision.max(width(&self::revision(row)).clamp(8, 14) as u16);
        }
        if let Some(all) = row.found {
            found = found.max(all.width());
        }
        let mark = if row.verdict.stale { 6 } else { 2 };
        state = state.max(row.verdict.state.name().len() + mark);
        before = Some(row);
    }
    let within = |widest: usize| widest.clamp(7, 40) as u16;
    let (service, host, state) = (within(service), within(host), within(state).clamp(15, 19));
    // One environment is said in the title.
    let env = if many_envs { within(env) } else { 0 };
    [
        Column::text("state", 15, state, 0),
        Column::text("service", service.min(if room < 60 { 14 } else { 16 }), service, 0),
        Column::text("host", host.min(if room < 60 { 8 } else { 9 }), host.min(24), 0),
        Column::text("env", env.min(10), env.min(14), if room < 60 { 9 } else { 1 }),
        Column::number("since", 5, 2),
        // Only where something was found.
        Column::text("found", found.min(10) as u16, found as u16, 2),
        Column::number("rst 5m/1h", 9, 2),
        Column::number("/min", 4, 5),
        Column::text("last exit", 9, 14, 4),
        Column::number("mem", 4, 7),
        Column::number("cpu", 4, 8),
        Column::number("pid", 7, 9),
        Column::text("at boot", 8, 9, 6),
        // Only where something was deployed.
        Column::text("revision", revision, revision, if revision == 0 { 1 } else { 3 }),
    ]
}

fn line(scene: &Scene<'_>, row: &Row<'_>) -> Line {
    let glyphs = scene.chrome.glyphs;
    let verdict = &row.verdict;
    let mut line = Line { role: verdict.stale.then_some(Role::Stale), ..Line::default() };
    line.push(state(scene, row), if verdict.stale { Role::Stale } else { role_of(row.severity()) });
    line.push(row.service.as_str(), None);
    line.push(row.host.spec.name.as_str(), None);
    line.push(row.env.name.as_str(), None);
    if let Some(says) = acted_on(scene, row) {
        line.push(since(scene, row), None);
        line.instead = Some((SINCE + 1, says));
        line.role = Some(Role::Notice);
        line.cells.resize(14, (String::new(), None));
        return line;
    }
    if verdict.stale {
        line.instead = Some((SINCE, reason(scene, row)));
        line.cells.resize(14, (String::new(), None));
        return line;
    }
    if let Some(says) = planned::says(scene, row) {
        line.push(since(scene, row), None);
        line.instead = Some((SINCE + 1, says));
        line.cells.resize(14, (String::new(), None));
        return line;
    }
    let Some(facts) = row.instance.facts.value() else { return line };
    line.push(since(scene, row), None);
    line.found(row.found);
    let restarts = &row.instance.restarts;
    let (five, hour) = (restarts.within(FIVE, scene.now), restarts.within(HOUR, scene.now));
    line.push(
        words::counts(five, hour, glyphs),
        if hour.n == 0 { Role::Muted } else { Role::Text },
    );
    let per_minute = restarts.per_minute(scene.now);
    line.push(if five.n > 0 { words::rate(per_minute) } else { String::new() }, None);
    let exit = row.instance.last_exit.or(facts.exit);
    let role = if exit.is_none_or(|exit| exit.is_clean()) { Role::Muted } else { Role::Warning };
    line.push(exit.map_or_else(String::new, |exit| exit.label()), role);
    let usage = &row.instance.usage;
    line.push(usage.memory.or(facts.memory).map_or_else(String::new, words::bytes), None);
    line.push(usage.cpu_percent.map_or_else(String::new, words::cpu), None);
    line.push(facts.main_pid.map_or_else(String::new, |pid| pid.to_string()), None);
    line.push(&*facts.unit_file_state, Role::Muted);
    line.push(revision(row), Role::Muted);
    line
}

/// What is deployed, and how many commits that is behind, where a look has told: `5a38efa834 -2`.
fn revision(row: &Row<'_>) -> String {
    let Some(release) = row.host.release(row.instance) else { return String::new() };
    let behind = row.instance.behind.as_ref().and_then(|one| one.commits(&release.revision));
    match behind {
        Some(commits) if commits > 0 => format!("{} -{commits}", release.short()),
        Some(_) | None => release.short().to_owned(),
    }
}

/// What is done to it just now, by this console or by a colleague's.
fn acted_on(scene: &Scene<'_>, row: &Row<'_>) -> Option<String> {
    let mut busy = scene.model.acting.busy().flat_map(|operation| {
        let hosts = &operation.plan().hosts;
        operation.runs.iter().zip(hosts).map(move |(run, host)| (operation, run, host))
    });
    let ours = busy.find(|(operation, _, host)| {
        host.service == *row.service
            && host.host.host == row.host.spec.name
            && operation.plan().intent.env == row.env.name
    });
    let Some((operation, run, host)) = ours else {
        // A colleague's.
        let subject = row.instance.kind.subject();
        let id = row.host.id(&row.env.name);
        let claim = scene.model.acting.others(&id).find(|claim| claim.subject == subject)?;
        return Some(format!("{} {}: {}", scene.chrome.glyphs.busy(), claim.operator, claim.what));
    };
    let (busy, cut) = (scene.chrome.glyphs.busy(), scene.chrome.glyphs.cut());
    let doing = operation.plan().intent.verb.doing();
    let step = run.current().and_then(|now| host.steps.iter().find(|one| one.number == now.number));
    let step = step.map_or_else(String::new, |step| format!(" {}", step.title));
    Some(format!("{busy} {doing}{cut}{step}"))
}

/// For how long it is in its state; a loop that we met when it was on its way began earlier.
pub(super) fn since(scene: &Scene<'_>, row: &Row<'_>) -> String {
    let Some(at) = row.verdict.since else { return String::new() };
    let earlier =
        row.verdict.state == ServiceState::CrashLooping && row.instance.looping_at_least(scene.now);
    let mark = if earlier { scene.chrome.glyphs.at_least() } else { "" };
    format!("{mark}{}", scene.age(at))
}

/// Sign and word. What is no longer known to be true says so in the word.
pub(super) fn state(scene: &Scene<'_>, row: &Row<'_>) -> String {
    let glyphs = scene.chrome.glyphs;
    let sign = match row.severity() {
        severity if severity == row.verdict.severity => glyphs.verdict(&row.verdict),
        severity => glyphs.severity(severity),
    };
    let mark = if is_marked(scene, row) { '*' } else { ' ' };
    format!("{sign}{mark}{}", word(row))
}

fn is_marked(scene: &Scene<'_>, row: &Row<'_>) -> bool {
    let marked = &scene.model.screen.marked;
    !marked.is_empty() && marked.contains(&row.id())
}

/// The word without the sign.
pub(super) fn word(row: &Row<'_>) -> String {
    let verdict = &row.verdict;
    let was = if verdict.stale && verdict.state != ServiceState::Unknown { "was " } else { "" };
    // It runs and does not do what it is for: that comes first.
    let word = match verdict.health {
        Some(CheckState::Failing) => "unhealthy",
        _ => verdict.state.name(),
    };
    format!("{was}{word}")
}

/// How old a row is that is no longer known to be true, and why.
fn reason(scene: &Scene<'_>, row: &Row<'_>) -> String {
    let host = row.host;
    let age = row.instance.as_of(host).map(|at| format!("{} old", scene.age(at)));
    let why = if host.link.is_up() {
        let fault = row.instance.fault(host);
        match (fault, &age) {
            (Some(fault), _) => Some(brief(&fault.detail).to_owned()),
            (None, Some(_)) => Some("no newer answer".to_owned()),
            (None, None) => Some("not read yet".to_owned()),
        }
    } else {
        let fault = host.link.fault().map(|fault| format!(": {}", brief(&fault.detail)));
        Some(format!("{}{}", host.link.name(), fault.unwrap_or_default()))
    };
    age.into_iter().chain(why).collect::<Vec<_>>().join(", ")
}

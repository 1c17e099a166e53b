//! The hosts pane: how well each is reached and how it fares.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::chrome::role_of;
use super::pane::{self, Content};
use super::scene::{Scene, brief, why};
use super::table::{Column, Line};
use super::text::width;
use super::viewports::Viewports;
use super::{Role, empty, words};
use crate::model::fleet::Env;
use crate::model::host::{Disk, Host, HostFacts, Link};
use crate::model::rows::{Shown, place_of_host};
use crate::model::screen::Pane;
use crate::model::severity::Severity;

/// From which column on a reason replaces numbers.
const LATENCY: usize = 3;
/// Where there are numbers, from which column on a reason does.
const UPTIME: usize = 7;

pub(super) fn draw(
    scene: &Scene<'_>,
    buf: &mut Buffer,
    area: Rect,
    viewports: &mut Viewports,
    shown: &Shown<(&Env, &Host)>,
) {
    let widest = |of: &dyn Fn(&(&Env, &Host)) -> usize| {
        shown.rows.iter().map(of).max().unwrap_or(0).clamp(6, 28) as u16
    };
    let state = widest(&|(_, host)| host.link.name().len() + 2);
    let name = widest(&|(_, host)| width(host.spec.name.as_str()));
    let env = if scene.only_env().is_some() {
        0
    } else {
        widest(&|(env, _)| width(env.name.as_str())).min(14)
    };
    let found = shown.rows.iter().filter_map(|(_, host)| host.found());
    let found = found.map(|found| found.width()).max().unwrap_or(0) as u16;
    let columns = [
        Column::text("state", state, state, 0),
        Column::text("host", name.min(16), name, 0),
        Column::text("env", env.min(11), env, 4),
        Column::number("latency", 7, 6),
        Column::number("load/cpus", 9, 3),
        Column::number("mem", 5, 1),
        Column::text("disk", 14, 22, 2),
        Column::number("up", 5, 5),
        // Only where something was found.
        Column::text("found", found.min(18), found, 2),
        Column::text("clock", 6, 6, 8),
        Column::text("rights", 12, 12, 7),
        Column::text("system", 11, 44, 9),
    ];
    let content = Content {
        pane: Pane::Hosts,
        name: "Hosts",
        len: shown.rows.len(),
        problems: shown.rows.iter().filter(|(_, host)| host.shown_severity().is_problem()).count(),
        hidden: shown.hidden,
        notes: Vec::new(),
        place: place_of_host(&shown.rows, scene.model.screen.selection.host.as_ref()),
        columns: &columns,
        empty: empty::say(scene, "hosts", shown.hidden),
    };
    pane::draw(scene, buf, area, viewports, &content, |place| {
        shown.rows.get(place).map_or_else(Line::default, |(env, host)| line(scene, env, host))
    });
}

fn line(scene: &Scene<'_>, env: &Env, host: &Host) -> Line {
    let mut line = Line::default();
    let severity = host.shown_severity();
    let glyphs = scene.chrome.glyphs;
    let old = host.facts.as_of().filter(|_| host.facts.is_stale(scene.now, scene.fleet.interval));
    if old.is_some() && host.link.is_up() {
        // What it said of itself is no longer known to be true: no tick.
        line.role = Some(Role::Stale);
        line.push(format!("{} {}", glyphs.severity(Severity::Unknown), host.link.name()), None);
    } else {
        line.push(format!("{} {}", glyphs.severity(severity), host.link.name()), role_of(severity));
    }
    line.push(host.spec.name.as_str(), None);
    line.push(env.name.as_str(), None);
    line.cells.resize(12, (String::new(), None));
    if !host.link.is_up() {
        line.role = Some(Role::Stale);
        let why = why(host, scene.now).unwrap_or_else(|| match host.link {
            Link::Connecting => format!("connecting{}", scene.chrome.glyphs.cut()),
            _ => String::new(),
        });
        line.instead = Some((LATENCY, why));
        return line;
    }
    line.cells.truncate(LATENCY);
    numbers(scene, host, &mut line);
    if let Some(fault) = host.link.fault().or(host.units_fault.as_ref()) {
        line.instead = Some((UPTIME, format!("{}: {}", fault.tried, fault.detail)));
    } else if let Some(at) = old {
        let fault = host.facts.fault().map(|fault| format!(", {}", brief(&fault.detail)));
        let text = format!("{} old{}", scene.age(at), fault.unwrap_or_default());
        line.instead = Some((LATENCY, text));
    }
    line
}

fn numbers(scene: &Scene<'_>, host: &Host, line: &mut Line) {
    let latency = host.latency.map_or_else(String::new, words::latency);
    line.push(latency, Role::Muted);
    let Some(facts) = host.facts.value() else {
        line.cells.resize(12, (String::new(), None));
        line.instead = Some((LATENCY + 1, "not read yet".to_owned()));
        return;
    };
    let [load, ..] = facts.load;
    line.push(words::load(load, facts.cpus), None);
    let memory = facts.memory_severity(&host.spec.limits);
    marked(scene, line, memory, &format!("{:.0}%", facts.memory_percent()));
    let disk = facts.tightest_disk();
    let severity = disk.map_or(Severity::Ok, |disk| disk.severity(&host.spec.limits));
    marked(scene, line, severity, &disk.map_or_else(String::new, used));
    line.push(scene.age(facts.started), None);
    line.found(host.found());
    let clock = facts.clock_severity();
    let skew = if clock == Severity::Ok { String::new() } else { words::skew(facts.skew) };
    line.push(skew, role_of(clock));
    line.push(rights(facts), Role::Muted);
    line.push(system(facts), Role::Muted);
}

/// A number with its sign where it is not as it should be.
fn marked(scene: &Scene<'_>, line: &mut Line, severity: Severity, text: &str) {
    if severity == Severity::Ok {
        line.push(text, None);
    } else {
        let sign = scene.chrome.glyphs.severity(severity);
        line.push(format!("{sign}{text}"), role_of(severity));
    }
}

/// How full a disk is, in bytes or in inodes, whatever is worse.
pub(super) fn used(disk: &Disk) -> String {
    let inodes = disk.inodes > 0
        && disk.size > 0
        && (disk.inodes_available as f64 / disk.inodes as f64)
            < (disk.available as f64 / disk.size as f64);
    let of = if inodes { " inodes" } else { "" };
    format!("{:.0}%{of} {}", 100.0 - disk.free_percent(), disk.mount)
}

/// What the user may read there.
pub(super) fn rights(facts: &HostFacts) -> String {
    match (facts.journal, facts.sudo) {
        (true, true) => "journal sudo".to_owned(),
        (true, false) => "journal".to_owned(),
        (false, true) => "sudo".to_owned(),
        (false, false) => "no journal".to_owned(),
    }
}

/// Distribution and systemd.
fn system(facts: &HostFacts) -> String {
    match &facts.systemd {
        Some(version) => {
            let short = version.split(['.', '-', ' ']).next().unwrap_or(version);
            format!("systemd {short}, {}", facts.os)
        }
        None => format!("no systemd, {}", facts.os),
    }
}

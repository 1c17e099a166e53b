//! The ports of the shown environments beside each other: which one listens where, from where it
//! can be reached, and what one lacks that others have.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::page::Page;
use super::{boxed, scrolled};
use crate::model::port::{Bind, PortSpec, PortVerdict};
use crate::model::port_table::{self, Meeting, PortTable, Purpose};
use crate::model::ports::PortRow;
use crate::ui::Role;
use crate::ui::chrome::{role_of, tier_word};
use crate::ui::ports::{owner, reach};
use crate::ui::scene::Scene;
use crate::ui::text::{fit, width, wrap};
use crate::ui::viewports::Viewports;

/// Columns of an environment, at least; with less, environments stand below each other.
const LEAST: usize = 18;
/// And at most, so that the eye finds the next one.
const MOST: usize = 32;
/// Columns of the purpose.
const PURPOSE: usize = 26;
/// A line of a cell, and how it is meant.
type Said = (Role, String);

pub(super) fn draw(
    scene: &Scene<'_>,
    buf: &mut Buffer,
    area: Rect,
    viewports: &mut Viewports,
    scroll: usize,
) {
    let only = scene.only_env();
    let inner = boxed(scene, buf, area, "Ports by environment", only);
    let envs = match only {
        Some(env) => vec![env],
        None => scene.fleet.envs.iter().collect(),
    };
    let table = PortTable::new(envs, scene.fleet.interval, scene.now);
    let mut page = Page::new(scene, inner.width);
    let room = usize::from(inner.width);
    if table.lines.is_empty() {
        page.say(Role::Muted, "No service declares a port, and nobody listens on one unasked.");
        page.gap();
        page.say(Role::Text, "Declare them in the config, with what they are for:");
        page.gap();
        for line in ["[[env.service]]", "name = \"api\""] {
            page.say(Role::Key, line);
        }
        page.say(Role::Key, "ports = [3444, { port = 3445, name = \"sse\", bind = \"loopback\" }]");
    } else {
        let label = table.lines.iter().map(|line| longest(&line.purpose)).max().unwrap_or(0);
        let label = label.clamp(8, PURPOSE.min(room / 4).max(8));
        let columns = table.envs.len().max(1);
        let each = (room.saturating_sub(label) / columns).saturating_sub(2).min(MOST);
        if each >= LEAST {
            beside(scene, &mut page, &table, (label, each));
        } else {
            below(scene, &mut page, &table);
        }
    }
    page.gap();
    match table.unread {
        0 => {}
        1 => page.say(Role::Unknown, "? the ports of one host were not read yet"),
        n => page.say(Role::Unknown, &format!("? the ports of {n} hosts were not read yet")),
    }
    match table.kept {
        0 => {}
        1 => page.say(Role::Muted, "One more is open that nobody has to declare, as ssh's is."),
        n => {
            let text = format!("{n} more are open that nobody has to declare, as ssh's is.");
            page.say(Role::Muted, &text);
        }
    }
    scrolled(scene, buf, (area, inner), viewports, &page.lines, scroll);
}

/// An environment a column.
fn beside(
    scene: &Scene<'_>,
    page: &mut Page<'_, '_>,
    table: &PortTable<'_>,
    (label, each): (usize, usize),
) {
    let head = |text: &dyn Fn(usize) -> Said| {
        let cells: Vec<Vec<Said>> = (0..table.envs.len()).map(|n| vec![text(n)]).collect();
        cells
    };
    let names = head(&|n| {
        (Role::Heading, table.envs.get(n).map_or_else(String::new, |env| env.name.to_string()))
    });
    let tiers = head(&|n| {
        (Role::Muted, table.envs.get(n).map_or("", |env| tier_word(env.tier)).to_owned())
    });
    grid(scene, page, &[(Role::Muted, "port of".to_owned())], &names, (label, each));
    grid(scene, page, &[], &tiers, (label, each));
    for line in &table.lines {
        page.gap();
        let cells: Vec<Vec<Said>> = line.cells.iter().map(|cell| say(scene, line, cell)).collect();
        grid(scene, page, &purpose(&line.purpose), &cells, (label, each));
    }
}

/// One row of the table: as many lines as its longest cell.
fn grid(
    scene: &Scene<'_>,
    page: &mut Page<'_, '_>,
    first: &[Said],
    cells: &[Vec<Said>],
    (label, each): (usize, usize),
) {
    let wrapped = |said: &[Said], columns: usize| -> Vec<Said> {
        let lines = said.iter().flat_map(|(role, text)| {
            // A name is cut rather than broken.
            let lines = if text.contains(' ') { wrap(text, columns) } else { vec![text.clone()] };
            lines.into_iter().map(|line| (*role, line))
        });
        lines.collect()
    };
    let first = wrapped(first, label);
    let cells: Vec<Vec<Said>> = cells.iter().map(|cell| wrapped(cell, each)).collect();
    let height = cells.iter().map(Vec::len).chain([first.len()]).max().unwrap_or(0);
    for n in 0..height {
        let mut spans = Vec::new();
        let mut pad = 0;
        let columns = [(first.get(n), label)].into_iter();
        for (said, columns) in columns.chain(cells.iter().map(|cell| (cell.get(n), each))) {
            let (role, text) = said.map_or((Role::Text, ""), |(role, text)| (*role, text));
            let text = fit(text, columns, scene.chrome.glyphs.cut());
            let wide = width(&text);
            spans.push(Span::raw(" ".repeat(pad)));
            spans.push(scene.span(role, text));
            pad = columns.saturating_sub(wide) + 2;
        }
        page.lines.push(Line::from(spans));
    }
}

/// An environment a line.
fn below(scene: &Scene<'_>, page: &mut Page<'_, '_>, table: &PortTable<'_>) {
    for line in &table.lines {
        let title: Vec<String> = purpose(&line.purpose).into_iter().map(|(_, text)| text).collect();
        page.heading(&title.join(" "));
        for (env, cell) in table.envs.iter().zip(&line.cells) {
            let said = say(scene, line, cell);
            let role = said.first().map_or(Role::Text, |(role, _)| *role);
            let texts: Vec<&str> = said.iter().map(|(_, text)| text.as_str()).collect();
            page.fact_in(role, env.name.as_str(), texts.join(", "));
        }
    }
}

fn purpose(purpose: &Purpose<'_>) -> Vec<Said> {
    match purpose {
        Purpose::Declared { service, name, nth } => {
            let more = if *nth > 0 { format!(" #{}", nth + 1) } else { String::new() };
            let mut said = vec![(Role::Heading, (*service).to_owned())];
            let name = format!("{name}{more}");
            if !name.trim().is_empty() {
                said.push((Role::Text, name.trim().to_owned()));
            }
            said
        }
        Purpose::Undeclared(..) => vec![(Role::Heading, "undeclared".to_owned())],
    }
}

fn longest(of: &Purpose<'_>) -> usize {
    purpose(of).iter().map(|(_, text)| width(text)).max().unwrap_or(0)
}

/// What a cell says: port, from where, and what is wrong.
fn say(scene: &Scene<'_>, line: &port_table::Line<'_>, cell: &[Meeting<'_>]) -> Vec<Said> {
    if cell.is_empty() {
        let text = match line.purpose {
            Purpose::Declared { .. } => "- none declared",
            Purpose::Undeclared(..) => "- no listener",
        };
        return vec![(Role::Muted, text.to_owned())];
    }
    cell.iter().flat_map(|meeting| meet(scene, line, meeting)).collect()
}

fn meet(scene: &Scene<'_>, line: &port_table::Line<'_>, meeting: &Meeting<'_>) -> Vec<Said> {
    let severity = meeting.severity();
    let role = role_of(severity);
    let sign = scene.chrome.glyphs.severity(severity);
    let worst = meeting.worst();
    let spec = meeting.declared.map(|(_, spec)| spec);
    let number = spec.map(|spec| (spec.port, spec.protocol));
    let number = number.or_else(|| worst.map(|row| (row.port, row.protocol)));
    let number =
        number.map_or_else(String::new, |(port, proto)| format!("{port}/{}", proto.name()));
    let mut said = vec![(role, format!("{sign} {number}"))];
    match worst {
        Some(row) => {
            if row.verdict != PortVerdict::Ok {
                said.push((role, format!("{}{}", was(row), row.verdict.name())));
            }
            said.push((Role::Text, access(row, spec)));
            if matches!(row.verdict, PortVerdict::ForeignOwner | PortVerdict::Undeclared) {
                said.push((Role::Text, format!("by {}", owner(row))));
            }
        }
        None => said.push((Role::Unknown, "not read yet".to_owned())),
    }
    let hosts = meeting.rows.len() + meeting.unread;
    if hosts > 1 {
        let well = meeting.rows.iter().filter(|row| !row.severity.is_problem()).count();
        said.push((Role::Muted, format!("{well}/{hosts} hosts well")));
    }
    if let (Some((service, _)), Purpose::Declared { service: family, .. }) =
        (meeting.declared, &line.purpose)
        && service.as_str() != *family
    {
        said.push((Role::Muted, service.to_string()));
    }
    said
}

const fn was(row: &PortRow<'_>) -> &'static str {
    if row.stale { "was " } else { "" }
}

/// Whom it is open to, as seen; and as declared where that is something else.
fn access(row: &PortRow<'_>, spec: Option<&PortSpec>) -> String {
    let declared = spec.and_then(|spec| spec.bind).map(|bind| match bind {
        Bind::Any => "all".to_owned(),
        Bind::Loopback => "loopback".to_owned(),
        Bind::Address(address) => address.to_string(),
    });
    let seen = reach(row);
    match (seen.is_empty(), declared) {
        (true, Some(declared)) => format!("meant for {declared}"),
        (true, None) => "open to nobody".to_owned(),
        (false, Some(declared)) if declared != seen => {
            format!("{}open to {seen}, meant for {declared}", was(row))
        }
        (false, _) => format!("{}open to {seen}", was(row)),
    }
}

//! What an environment's services need of each other: a drawing where there is room for one, else
//! a list. What fails for what is drawn heavy, and said in words.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use unicode_width::UnicodeWidthStr;

use super::page::Page;
use super::{ASCII, boxed, needs_list, scrolled};
use crate::model::ids::EnvName;
use crate::model::needs::{Needs, Node, Part};
use crate::model::severity::Severity;
use crate::ui::chrome::{Glyphs, role_of};
use crate::ui::graph::{self, Drawing, Place};
use crate::ui::scene::Scene;
use crate::ui::text::{fit, width};
use crate::ui::viewports::Viewports;
use crate::ui::{Role, services};
use ratatui::widgets::{Block, BorderType, Widget};

/// Columns of a name in a box.
const NAME: usize = 24;
/// As many causes are said in words.
const MOST: usize = 5;

pub(super) fn draw(
    scene: &Scene<'_>,
    buf: &mut Buffer,
    area: Rect,
    viewports: &mut Viewports,
    (name, list, scroll): (&EnvName, bool, usize),
) {
    let env = scene.fleet.env(name);
    let inner = boxed(scene, buf, area, "Dependencies", env);
    let mut page = Page::new(scene, inner.width);
    match env {
        None => page.say(Role::Muted, "There is no such environment any more."),
        Some(env) if !env.has_needs() => how(scene, &mut page),
        Some(env) => {
            let own = scene.judged.rows().iter().filter(|row| std::ptr::eq(row.env, env));
            let needs = Needs::new(env, own.copied());
            write(scene, &mut page, &needs, (list, inner.width.into()));
        }
    }
    scrolled(scene, buf, (area, inner), viewports, &page.lines, scroll);
}

/// How needs are declared.
fn how(scene: &Scene<'_>, page: &mut Page<'_, '_>) {
    page.say(Role::Text, "No service of this environment declares what it needs.");
    page.gap();
    page.say(Role::Text, "Say it in the config, by the names of its services:");
    page.gap();
    for line in ["[[env.service]]", "name = \"api\"", "needs = [\"postgres\"]"] {
        page.say(Role::Key, line);
    }
    page.gap();
    page.say(
        Role::Text,
        "Then this page draws who needs whom, and where postgres is down, what fails for it is \
         folded under it.",
    );
    let others = scene.fleet.envs.iter().enumerate().filter(|(_, env)| env.has_needs());
    for (place, env) in others.filter(|(place, _)| *place < 9).take(MOST) {
        page.gap();
        page.say(Role::Muted, &format!("{} has needs: press {}", env.name, place + 1));
    }
}

fn write(
    scene: &Scene<'_>,
    page: &mut Page<'_, '_>,
    needs: &Needs<'_>,
    (list, room): (bool, usize),
) {
    causes(scene, page, needs);
    let labels: Vec<Label> = needs.nodes.iter().map(|node| label(scene, node)).collect();
    let widths: Vec<usize> = labels.iter().map(Label::columns).collect();
    let drawing = if list { None } else { graph::layout(&widths, &needs.arrows, room) };
    page.gap();
    if let Some(drawing) = drawing {
        page.lines.extend(paint(scene, needs, &labels, &drawing));
        page.gap();
        page.say(Role::Muted, "An arrow goes from a service to what it needs.");
    } else {
        page.lines.extend(needs_list::lines(scene, needs, room));
        page.gap();
        page.say(Role::Muted, "Below each service stands what it needs.");
    }
    let heavy = match scene.chrome.glyphs {
        Glyphs::Unicode => "Heavy lines",
        Glyphs::Ascii => "Lines of = and #",
    };
    if needs.arrows.iter().any(|arrow| arrow.failing) {
        let text = format!(
            "{heavy} are the way that a failure takes: from the CAUSE back to who needs it."
        );
        page.say(Role::Muted, &text);
    }
    let apart = match needs.apart {
        0 => return,
        1 => "One more service needs nothing and nobody needs it.".to_owned(),
        n => format!("{n} more services need nothing and nobody needs them."),
    };
    page.say(Role::Muted, &apart);
}

/// What fails for what, in words.
fn causes(scene: &Scene<'_>, page: &mut Page<'_, '_>, needs: &Needs<'_>) {
    for (place, cause) in needs.causes.iter().take(MOST).enumerate() {
        let failing = needs.nodes.iter().enumerate();
        let names: Vec<&str> = failing
            .filter(|(at, node)| node.because == Some(place) && Some(*at) != cause.node)
            .map(|(_, node)| node.name.as_str())
            .collect();
        if names.is_empty() {
            continue;
        }
        let severity = cause.finding.map_or(Severity::Critical, |finding| finding.severity);
        let sign = scene.chrome.glyphs.severity(severity);
        let brings = cause.node.and_then(|node| needs.nodes.get(node));
        let what = match (brings, cause.finding) {
            (_, Some(finding)) => finding.summary.clone(),
            (Some(node), None) => format!("{} is down", node.name),
            (None, None) => "is not found any more".to_owned(),
        };
        page.say(role_of(severity), &format!("{sign} CAUSE on {}: {what}", cause.host));
        let verb = if names.len() == 1 { "fails" } else { "fail" };
        page.say(Role::Text, &format!("  for it {verb}: {}", names.join(", ")));
    }
    let more = needs.causes.len().saturating_sub(MOST);
    if more > 0 {
        page.say(Role::Muted, &format!("and {more} more causes: the findings pane has them"));
    }
}

/// What stands in a node's box.
struct Label {
    name: String,
    state: String,
    part: &'static str,
}

impl Label {
    /// With border and a column of air at both sides.
    fn columns(&self) -> usize {
        let part = if self.part.is_empty() { 0 } else { width(self.part) + 2 };
        width(&self.name).max(width(&self.state)).max(part) + 4
    }
}

fn label(scene: &Scene<'_>, node: &Node<'_>) -> Label {
    let name = fit(node.name.as_str(), NAME, scene.chrome.glyphs.cut());
    Label {
        name: format!("{} {name}", sign(scene, node)),
        state: state(node),
        part: part(node.part),
    }
}

/// The sign of a node.
pub(super) fn sign(scene: &Scene<'_>, node: &Node<'_>) -> &'static str {
    let glyphs = scene.chrome.glyphs;
    node.worst()
        .map_or_else(|| glyphs.severity(Severity::Unknown), |row| glyphs.verdict(&row.verdict))
}

/// The word of the instance that is worst off, and how many of several are well.
pub(super) fn state(node: &Node<'_>) -> String {
    match (node.worst(), node.rows.len()) {
        (None, _) => "runs nowhere".to_owned(),
        (Some(row), 0 | 1) => services::word(row),
        (Some(row), all) => format!("{}, {}/{all} well", services::word(row), node.well()),
    }
}

/// The word of a part.
pub(super) const fn part(part: Part) -> &'static str {
    match part {
        Part::Apart => "",
        Part::Cause => "CAUSE",
        Part::Effect => "follows",
    }
}

/// The drawing as lines.
fn paint(
    scene: &Scene<'_>,
    needs: &Needs<'_>,
    labels: &[Label],
    drawing: &Drawing,
) -> Vec<Line<'static>> {
    let width = drawing.cells.first().map_or(0, Vec::len) as u16;
    let mut buf = Buffer::empty(Rect::new(0, 0, width, drawing.cells.len() as u16));
    let (light, heavy) = (scene.style(Role::Border), scene.style(Role::Critical));
    for (y, line) in drawing.cells.iter().enumerate() {
        for (x, cell) in line.iter().enumerate() {
            if let Some((text, failing)) = graph::glyph(*cell, scene.chrome.glyphs) {
                let style = if failing { heavy } else { light };
                buf.set_stringn(x as u16, y as u16, text, 1, style);
            }
        }
    }
    for ((node, label), place) in needs.nodes.iter().zip(labels).zip(&drawing.places) {
        paint_box(scene, &mut buf, node, label, *place);
    }
    (0..buf.area.height).map(|y| line(&buf, y)).collect()
}

fn paint_box(scene: &Scene<'_>, buf: &mut Buffer, node: &Node<'_>, label: &Label, place: Place) {
    let area = Rect::new(place.x as u16, place.y as u16, place.width as u16, place.height as u16);
    let role = role_of(node.severity());
    let border = match node.part {
        Part::Apart => Role::Border,
        Part::Cause | Part::Effect => Role::Critical,
    };
    let block = Block::bordered().border_style(scene.style(border));
    let block = match (scene.chrome.glyphs, node.part) {
        (Glyphs::Unicode, Part::Apart) => block.border_type(BorderType::Plain),
        (Glyphs::Unicode, Part::Cause | Part::Effect) => block.border_type(BorderType::Thick),
        (Glyphs::Ascii, Part::Apart) => block.border_set(ASCII),
        (Glyphs::Ascii, Part::Cause | Part::Effect) => block.border_set(HEAVY),
    };
    block.render(area, buf);
    let inside = |y: u16| Rect {
        x: area.x + 2,
        y: area.y + y,
        width: area.width.saturating_sub(4),
        height: 1,
    };
    scene.put(buf, inside(1), &label.name, scene.style(role));
    scene.put(buf, inside(2), &label.state, scene.style(role));
    if !label.part.is_empty() {
        scene.put(buf, inside(0), &format!(" {} ", label.part), scene.style(border));
    }
}

const HEAVY: ratatui::symbols::border::Set<'static> = ratatui::symbols::border::Set {
    top_left: "#",
    top_right: "#",
    bottom_left: "#",
    bottom_right: "#",
    vertical_left: "#",
    vertical_right: "#",
    horizontal_top: "=",
    horizontal_bottom: "=",
};

/// A line of a buffer, cells of one style together.
fn line(buf: &Buffer, y: u16) -> Line<'static> {
    let mut spans: Vec<(String, Style)> = Vec::new();
    let mut skip = 0;
    for x in 0..buf.area.width {
        let Some(cell) = buf.cell((x, y)) else { continue };
        if skip > 0 {
            skip -= 1;
            continue;
        }
        // A wide character stands in two cells.
        skip = cell.symbol().width().saturating_sub(1);
        match spans.last_mut() {
            Some((text, style)) if *style == cell.style() => text.push_str(cell.symbol()),
            _ => spans.push((cell.symbol().to_owned(), cell.style())),
        }
    }
    spans.into_iter().map(|(text, style)| Span::styled(text, style)).collect()
}

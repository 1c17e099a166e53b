//! What services need of each other as an indented list, for many services and narrow screens.

use std::collections::BTreeSet;

use ratatui::text::{Line, Span};

use super::needs::{part, sign, state};
use crate::model::needs::{Arrow, Needs, Part};
use crate::ui::Role;
use crate::ui::chrome::{Glyphs, role_of};
use crate::ui::scene::Scene;
use crate::ui::text::width;

/// Columns that a level is moved to the right.
const STEP: usize = 3;
/// A list beyond this is cut; nobody reads it.
const MOST: usize = 2000;

/// What waits to be written.
struct Open {
    node: usize,
    /// How it is reached; none for one that nobody needs.
    by: Option<Arrow>,
    /// What stands before it: the lines of those above that go on.
    before: Vec<Trunk>,
    last: bool,
}

/// A column left of an entry.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Trunk {
    Ended,
    GoesOn,
}

/// Each service with what it needs below it; one that was written before is not opened again.
pub(super) fn lines(scene: &Scene<'_>, needs: &Needs<'_>, room: usize) -> Vec<Line<'static>> {
    let mut lines = Vec::new();
    let mut seen = BTreeSet::new();
    let root = |node: usize| Open { node, by: None, before: Vec::new(), last: true };
    let mut open: Vec<Open> = needs.roots().into_iter().rev().map(root).collect();
    while let Some(entry) = open.pop() {
        if lines.len() == MOST {
            lines.push(Line::from(scene.span(Role::Muted, "and more")));
            break;
        }
        let again = !seen.insert(entry.node);
        lines.push(line(scene, needs, &entry, again, room));
        if again {
            continue;
        }
        let mut before = entry.before.clone();
        if entry.by.is_some() {
            before.push(if entry.last { Trunk::Ended } else { Trunk::GoesOn });
        }
        for (n, arrow) in needs.needs_of(entry.node).rev().enumerate() {
            let before = before.clone();
            open.push(Open { node: arrow.to, by: Some(*arrow), before, last: n == 0 });
        }
    }
    lines
}

fn line(
    scene: &Scene<'_>,
    needs: &Needs<'_>,
    entry: &Open,
    again: bool,
    room: usize,
) -> Line<'static> {
    let mut spans = branch(scene, entry, room);
    let Some(node) = needs.nodes.get(entry.node) else { return Line::default() };
    let role = role_of(node.severity());
    spans.push(scene.span(role, format!("{} {}", sign(scene, node), node.name)));
    if again && needs.needs_of(entry.node).next().is_some() {
        spans.push(scene.span(Role::Muted, "  (above)"));
        return Line::from(spans);
    }
    spans.push(scene.span(role, format!("  {}", state(node))));
    match node.part {
        Part::Apart => {}
        Part::Cause => spans.push(scene.span(Role::Critical, format!("  {}", part(Part::Cause)))),
        Part::Effect => {
            let cause = node.because.and_then(|place| needs.causes.get(place));
            let brings = cause.and_then(|cause| needs.nodes.get(cause.node?));
            let text = match brings {
                Some(brings) => format!("  {} from {}", part(Part::Effect), brings.name),
                None => format!("  {}", part(Part::Effect)),
            };
            spans.push(scene.span(Role::Critical, text));
        }
    }
    if again {
        spans.push(scene.span(Role::Muted, "  (above)"));
    }
    Line::from(spans)
}

/// The lines before a name.
fn branch(scene: &Scene<'_>, entry: &Open, room: usize) -> Vec<Span<'static>> {
    let Some(arrow) = entry.by else { return Vec::new() };
    let unicode = scene.chrome.glyphs == Glyphs::Unicode;
    let most = (room / 2 / STEP).max(1);
    let mut text = String::new();
    if entry.before.len() >= most {
        // Deeper than the screen is wide: the depth as a number.
        text = format!("{} ", entry.before.len() + 1);
        text.push_str(&" ".repeat((most * STEP).saturating_sub(width(&text))));
    } else {
        for trunk in &entry.before {
            text.push_str(match (trunk, unicode) {
                (Trunk::Ended, _) => "   ",
                (Trunk::GoesOn, true) => "│  ",
                (Trunk::GoesOn, false) => "|  ",
            });
        }
    }
    let own = match (entry.last, arrow.failing, unicode) {
        (true, false, true) => "└─ ",
        (true, true, true) => "┗━ ",
        (false, false, true) => "├─ ",
        (false, true, true) => "┣━ ",
        (true, false, false) => "`- ",
        (false, false, false) => "|- ",
        (_, true, false) => "#= ",
    };
    let role = if arrow.failing { Role::Critical } else { Role::Border };
    vec![scene.span(Role::Border, text), scene.span(role, own)]
}

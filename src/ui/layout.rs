//! Where the parts of the screen are.

use ratatui::layout::Rect;

use super::{below, top};
use crate::model::screen::{Pane, View};

/// How many rows each part has to show.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Wanted {
    pub(super) envs: usize,
    pub(super) panes: [usize; Pane::ALL.len()],
}

impl Wanted {
    /// Lines that a pane needs: title, column heads, rows; without rows a sentence.
    fn lines(&self, pane: Pane) -> u16 {
        match self.panes.get(pane as usize).copied().unwrap_or(0) {
            0 => 2,
            rows => rows.min(1000) as u16 + 2,
        }
    }

    /// Sets a pane's rows.
    pub(super) fn set(&mut self, pane: Pane, rows: usize) {
        if let Some(slot) = self.panes.get_mut(pane as usize) {
            *slot = rows;
        }
    }
}

/// Where each part is; a part without room is missing or empty.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Places {
    pub(super) envs: Rect,
    pub(super) panes: Vec<(Pane, Rect)>,
    pub(super) status: Rect,
}

/// From this height on each environment has its line, and panes stand below each other.
const TALL: u16 = 24;
/// From this width and height of the room for panes on they stand in two columns: below it rows
/// would lose the columns that say why.
const TWO_COLUMNS: (u16, u16) = (160, 26);
/// In two columns: below what stands over both, left and right from top to bottom.
const LEFT: &[Pane] = &[Pane::Services, Pane::CrashLoops];
const RIGHT: &[Pane] = &[Pane::Ports, Pane::Backups, Pane::Hosts, Pane::Events];
/// Environments above, the bottom line below, panes between.
pub(super) fn places(area: Rect, wanted: Wanted, view: &View) -> Places {
    let lines = match area.height {
        0..=2 => 0,
        3..TALL => 1,
        _ => wanted.envs.clamp(1, 4) as u16,
    };
    let envs = top(area, lines);
    let body = below(area, lines);
    let room = if area.height >= 5 { body.height - 1 } else { body.height };
    let status = below(body, room);
    let body = top(body, room);
    if view.zoom || body.height < 14 {
        return Places { envs, panes: vec![(view.focus, body)], status };
    }
    let panes = if body.width >= TWO_COLUMNS.0 && body.height >= TWO_COLUMNS.1 {
        two_columns(body, &wanted, view.focus)
    } else {
        stack(body, &Pane::ALL, &wanted, view.focus)
    };
    Places { envs, panes, status }
}

fn two_columns(body: Rect, wanted: &Wanted, focus: Pane) -> Vec<(Pane, Rect)> {
    let most = if focus == Pane::Findings { body.height / 2 } else { body.height / 4 };
    let findings = top(body, wanted.lines(Pane::Findings).min(most));
    let rest = below(body, findings.height);
    let width = rest.width / 100 * 56 + rest.width % 100 * 56 / 100;
    let left = Rect { width, ..rest };
    let right = Rect { x: rest.x + width + 1, width: rest.width - width - 1, ..rest };
    let mut panes = vec![(Pane::Findings, findings)];
    panes.extend(stack(left, LEFT, wanted, focus));
    panes.extend(stack(right, RIGHT, wanted, focus));
    panes
}

/// Panes below each other. Each has at least its title; the focused one comes first, then the
/// dearest; what is left is the first list's, which is the longest in practice.
fn stack(area: Rect, order: &[Pane], wanted: &Wanted, focus: Pane) -> Vec<(Pane, Rect)> {
    let mut heights: Vec<(Pane, u16)> = order.iter().map(|pane| (*pane, 1)).collect();
    let mut spare = area.height.saturating_sub(heights.len() as u16);
    let mut give = |pane: Pane, most: u16, spare: &mut u16| {
        if let Some((_, height)) = heights.iter_mut().find(|(known, _)| *known == pane) {
            let more = most.min(wanted.lines(pane)).saturating_sub(*height).min(*spare);
            // Column heads without a row say nothing.
            if *height > 1 || more > 1 || wanted.lines(pane) == 2 {
                *height += more;
                *spare -= more;
            }
        }
    };
    let half = area.height / 2;
    give(focus, half.max(6), &mut spare);
    for share in [6, half, u16::MAX] {
        // The dearest stand first.
        for pane in &Pane::ALL {
            give(*pane, share, &mut spare);
        }
    }
    let longest = if order.contains(&Pane::Services) { Pane::Services } else { Pane::Hosts };
    if let Some((_, height)) = heights.iter_mut().find(|(pane, _)| *pane == longest) {
        *height += spare;
    }
    let mut y = area.y;
    heights
        .into_iter()
        .map(|(pane, height)| {
            let height = height.min(area.bottom().saturating_sub(y));
            let place = Rect { y, height, ..area };
            y += height;
            (pane, place)
        })
        .collect()
}

//! Lines in cells, and the character of each cell.

use crate::ui::chrome::Glyphs;

/// What goes through a cell.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each arm of a line is there or not")]
pub(in crate::ui) struct Cell {
    left: bool,
    right: bool,
    up: bool,
    down: bool,
    /// What goes across and what goes along are one line here; else one passes over the other.
    joined: bool,
    /// The arrow's head.
    head: bool,
    failing_across: bool,
    failing_along: bool,
}

/// Where lines are drawn.
#[derive(Debug)]
pub(super) struct Canvas {
    pub(super) lines: Vec<Vec<Cell>>,
}

impl Canvas {
    pub(super) fn new(width: usize, height: usize) -> Self {
        Self { lines: vec![vec![Cell::default(); width]; height] }
    }

    fn cell(&mut self, x: usize, y: usize, change: impl FnOnce(&mut Cell)) {
        if let Some(cell) = self.lines.get_mut(y).and_then(|line| line.get_mut(x)) {
            change(cell);
        }
    }

    /// A line from left to right, to the middle of the cells at both ends.
    pub(super) fn across(&mut self, y: usize, (from, to): (usize, usize), failing: bool) {
        for x in from..=to {
            self.cell(x, y, |cell| {
                cell.left |= x > from;
                cell.right |= x < to;
                cell.failing_across |= failing;
            });
        }
    }

    /// A line between two lines, to the middle of the cells at both ends.
    pub(super) fn along(&mut self, x: usize, (one, other): (usize, usize), failing: bool) {
        let (from, to) = (one.min(other), one.max(other));
        for y in from..=to {
            self.cell(x, y, |cell| {
                cell.up |= y > from;
                cell.down |= y < to;
                cell.failing_along |= failing;
            });
        }
    }

    pub(super) fn join(&mut self, x: usize, y: usize) {
        self.cell(x, y, |cell| cell.joined = true);
    }

    pub(super) fn head(&mut self, x: usize, y: usize) {
        self.cell(x, y, |cell| cell.head = true);
    }
}

/// A cell's character, and whether a failure goes through it; nothing where it is empty.
pub(in crate::ui) const fn glyph(cell: Cell, glyphs: Glyphs) -> Option<(&'static str, bool)> {
    let across = cell.left || cell.right;
    let along = cell.up || cell.down;
    if cell.head {
        return Some((">", cell.failing_across));
    }
    if !across && !along {
        return None;
    }
    if !cell.joined {
        // What goes along passes over what goes across: a cross would be a branch.
        let failing = if along { cell.failing_along } else { cell.failing_across };
        return Some((line(along, failing, glyphs), failing));
    }
    let failing = cell.failing_across || cell.failing_along;
    let shape = (cell.left, cell.right, cell.up, cell.down);
    let text = match (glyphs, shape) {
        (_, (_, _, false, false)) => line(false, failing, glyphs),
        (_, (false, false, _, _)) => line(true, failing, glyphs),
        (Glyphs::Ascii, _) if failing => "#",
        (Glyphs::Ascii, _) => "+",
        (Glyphs::Unicode, shape) => corner(shape, failing),
    };
    Some((text, failing))
}

const fn line(along: bool, failing: bool, glyphs: Glyphs) -> &'static str {
    match (glyphs, along, failing) {
        (Glyphs::Unicode, false, false) => "─",
        (Glyphs::Unicode, false, true) => "━",
        (Glyphs::Unicode, true, false) => "│",
        (Glyphs::Unicode, true, true) => "┃",
        (Glyphs::Ascii, false, false) => "-",
        (Glyphs::Ascii, false, true) => "=",
        (Glyphs::Ascii, true, false) => "|",
        (Glyphs::Ascii, true, true) => "#",
    }
}

/// Left, right, up, down.
const fn corner(shape: (bool, bool, bool, bool), failing: bool) -> &'static str {
    match (shape, failing) {
        ((true, false, false, true), false) => "┐",
        ((true, false, true, false), false) => "┘",
        ((false, true, false, true), false) => "┌",
        ((false, true, true, false), false) => "└",
        ((true, true, false, true), false) => "┬",
        ((true, true, true, false), false) => "┴",
        ((true, false, true, true), false) => "┤",
        ((false, true, true, true), false) => "├",
        ((_, _, _, _), false) => "┼",
        ((true, false, false, true), true) => "┓",
        ((true, false, true, false), true) => "┛",
        ((false, true, false, true), true) => "┏",
        ((false, true, true, false), true) => "┗",
        ((true, true, false, true), true) => "┳",
        ((true, true, true, false), true) => "┻",
        ((true, false, true, true), true) => "┫",
        ((false, true, true, true), true) => "┣",
        ((_, _, _, _), true) => "╋",
    }
}

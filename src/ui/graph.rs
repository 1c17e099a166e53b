//! A layered drawing of who needs whom: those that nobody needs at the left, arrows to the right.
//! Pure: sizes and arrows in, places and lines out. Small graphs only; what is too big for one
//! look is a list.

mod canvas;
mod layers;
mod places;
mod routes;

pub(super) use canvas::{Cell, glyph};

use crate::model::needs::Arrow;

/// Lines of a node's box, at least: each arrow arrives on a line of its own.
const BOX: usize = 4;
/// More nodes, or nodes and bends, are no picture any more.
const MOST: usize = 60;
/// See [`MOST`].
const MOST_SLOTS: usize = 160;

/// Where a node's box is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Place {
    /// Columns at its left.
    pub(super) x: usize,
    /// Lines above it.
    pub(super) y: usize,
    /// Its columns, with its border.
    pub(super) width: usize,
    /// Its lines, with its border.
    pub(super) height: usize,
}

/// What is drawn.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Drawing {
    /// A place for each node.
    pub(super) places: Vec<Place>,
    /// The arrows, line by line.
    pub(super) cells: Vec<Vec<Cell>>,
}

/// Lays out nodes of these widths; none where that does not fit into `room` columns or is too much
/// to be looked at. An arrow that closes a ring is left out.
pub(super) fn layout(widths: &[usize], arrows: &[Arrow], room: usize) -> Option<Drawing> {
    if widths.is_empty() || widths.len() > MOST {
        return None;
    }
    let layered = layers::layered(widths.len(), arrows, MOST_SLOTS)?;
    // Arrows that want past each other in a ring need every other line for themselves.
    [1, 2].into_iter().find_map(|pitch| {
        let tops = places::tops(&layered, pitch);
        let plan = routes::plan(&layered, &tops, pitch)?;
        // Lines beside each other are easier to follow with a column between them.
        [2, 1].into_iter().find_map(|apart| plan.draw(&layered, &tops, widths, (apart, room)))
    })
}

#[cfg(test)]
mod tests;

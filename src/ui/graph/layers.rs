//! Which node stands in which column, and in which order from top to bottom, so that few arrows
//! cross (Sugiyama, Tagawa, Toda: "Methods for visual understanding of hierarchical system
//! structures", 1981).

use crate::model::needs::Arrow;

/// Turns of the search for an order with fewer crossings.
const SWEEPS: usize = 8;

/// A part of an arrow between one column and the next.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Link {
    /// The column at its left.
    pub(super) layer: usize,
    /// A slot there.
    pub(super) from: usize,
    /// A slot of the next column.
    pub(super) to: usize,
    /// Which one it is of those that arrive there, from the top.
    pub(super) entry: usize,
    /// See [`Arrow::failing`].
    pub(super) failing: bool,
}

/// Nodes in columns. A slot is a node, or where an arrow passes through a column.
#[derive(Debug)]
pub(super) struct Layered {
    /// The node of each slot; none where an arrow passes, which may fail.
    pub(super) slots: Vec<Slot>,
    /// The slots of each column from top to bottom.
    pub(super) layers: Vec<Vec<usize>>,
    /// All arrows, cut at the columns.
    pub(super) links: Vec<Link>,
}

/// What stands at a place of a column.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Slot {
    /// A node.
    Node(usize),
    /// An arrow that goes on to a later column.
    Passing { failing: bool },
}

/// Puts nodes into columns; none where that takes more than `most` slots.
pub(super) fn layered(nodes: usize, arrows: &[Arrow], most: usize) -> Option<Layered> {
    let order = order(nodes, arrows);
    let arrows = forward(&order, arrows);
    let depths = depths(&order, &arrows);
    let mut slots: Vec<Slot> = (0..nodes).map(Slot::Node).collect();
    let deepest = depths.iter().copied().max().unwrap_or(0);
    let mut layers: Vec<Vec<usize>> = vec![Vec::new(); deepest + 1];
    for (node, depth) in depths.iter().enumerate() {
        layers.get_mut(*depth)?.push(node);
    }
    let mut links = Vec::new();
    for arrow in &arrows {
        let (first, last) = (*depths.get(arrow.from)?, *depths.get(arrow.to)?);
        let failing = arrow.failing;
        let mut from = arrow.from;
        for layer in first..last {
            let to = if layer + 1 == last { arrow.to } else { slots.len() };
            if layer + 1 < last {
                slots.push(Slot::Passing { failing });
                layers.get_mut(layer + 1)?.push(to);
            }
            if slots.len() > most {
                return None;
            }
            links.push(Link { layer, from, to, entry: 0, failing });
            from = to;
        }
    }
    let mut layered = Layered { slots, layers, links };
    layered.untangle();
    layered.enter();
    Some(layered)
}

/// The nodes so that each stands before what it needs, as far as there are no rings.
fn order(nodes: usize, arrows: &[Arrow]) -> Vec<usize> {
    let mut next: Vec<Vec<usize>> = vec![Vec::new(); nodes];
    for arrow in arrows {
        if let Some(list) = next.get_mut(arrow.from) {
            list.push(arrow.to);
        }
    }
    let mut seen = vec![false; nodes];
    let mut left = Vec::with_capacity(nodes);
    for root in 0..nodes {
        let mut open = vec![(root, false)];
        while let Some((node, leaving)) = open.pop() {
            if leaving {
                left.push(node);
                continue;
            }
            match seen.get_mut(node) {
                Some(seen) if !*seen => *seen = true,
                _ => continue,
            }
            open.push((node, true));
            let list = next.get(node).map(Vec::as_slice).unwrap_or_default();
            open.extend(list.iter().rev().map(|to| (*to, false)));
        }
    }
    left.reverse();
    left
}

/// The arrows without those that close a ring.
fn forward(order: &[usize], arrows: &[Arrow]) -> Vec<Arrow> {
    let place = |node: usize| order.iter().position(|other| *other == node);
    arrows
        .iter()
        .copied()
        .filter(|arrow| match (place(arrow.from), place(arrow.to)) {
            (Some(from), Some(to)) => from < to,
            _ => false,
        })
        .collect()
}

/// The column of each node: behind all that need it.
fn depths(order: &[usize], arrows: &[Arrow]) -> Vec<usize> {
    let mut depths = vec![0_usize; order.len()];
    let at = |depths: &[usize], node: usize| depths.get(node).copied().unwrap_or(0);
    for node in order {
        let behind = at(&depths, *node) + 1;
        for arrow in arrows.iter().filter(|arrow| arrow.from == *node) {
            if let Some(depth) = depths.get_mut(arrow.to) {
                *depth = behind.max(*depth);
            }
        }
    }
    // What nobody needs stands close to what it needs: long arrows are hard to follow.
    for node in order {
        if arrows.iter().any(|arrow| arrow.to == *node) {
            continue;
        }
        let needs = arrows.iter().filter(|arrow| arrow.from == *node);
        let nearest = needs.map(|arrow| at(&depths, arrow.to)).min();
        if let (Some(depth), Some(nearest)) = (depths.get_mut(*node), nearest) {
            *depth = nearest.saturating_sub(1);
        }
    }
    depths
}

impl Layered {
    /// Where each slot stands in its column.
    fn ranks(&self) -> Vec<usize> {
        let mut ranks = vec![0; self.slots.len()];
        for layer in &self.layers {
            for (rank, slot) in layer.iter().enumerate() {
                if let Some(known) = ranks.get_mut(*slot) {
                    *known = rank;
                }
            }
        }
        ranks
    }

    fn crossings(&self) -> usize {
        let ranks = self.ranks();
        let rank = |slot: usize| ranks.get(slot).copied().unwrap_or(0);
        let mut crossings = 0;
        for (n, one) in self.links.iter().enumerate() {
            let others = self.links.iter().skip(n + 1).filter(|other| other.layer == one.layer);
            crossings += others
                .filter(|other| {
                    let left = rank(one.from).cmp(&rank(other.from));
                    let right = rank(one.to).cmp(&rank(other.to));
                    left.is_ne() && right == left.reverse()
                })
                .count();
        }
        crossings
    }

    /// Moves each slot to the middle of its neighbors, to and fro, and keeps the best order.
    fn untangle(&mut self) {
        let mut best = (self.crossings(), self.layers.clone());
        for sweep in 0..SWEEPS {
            let layers = self.layers.len();
            for step in 0..layers {
                let layer = if sweep % 2 == 0 { step } else { layers - 1 - step };
                self.sort(layer, sweep % 2 == 0);
            }
            let crossings = self.crossings();
            if crossings < best.0 {
                best = (crossings, self.layers.clone());
            }
        }
        self.layers = best.1;
    }

    /// Arrows arrive in the order in which they come.
    fn enter(&mut self) {
        let ranks = self.ranks();
        let rank = |slot: usize| ranks.get(slot).copied().unwrap_or(0);
        let known = self.links.clone();
        for link in &mut self.links {
            let before = known
                .iter()
                .filter(|other| other.to == link.to && rank(other.from) < rank(link.from));
            link.entry = before.count();
        }
    }

    /// How many arrows arrive at a slot.
    pub(super) fn arrivals(&self, slot: usize) -> usize {
        self.links.iter().filter(|link| link.to == slot).count()
    }

    fn sort(&mut self, layer: usize, by_left: bool) {
        let ranks = self.ranks();
        let rank = |slot: usize| ranks.get(slot).copied().unwrap_or(0) as f64;
        let middle = |slot: usize| {
            let neighbors = self.links.iter().filter_map(|link| match by_left {
                true if link.to == slot => Some(link.from),
                false if link.from == slot => Some(link.to),
                _ => None,
            });
            let ranks: Vec<f64> = neighbors.map(rank).collect();
            let n = ranks.len() as f64;
            if ranks.is_empty() { rank(slot) } else { ranks.iter().sum::<f64>() / n }
        };
        let Some(slots) = self.layers.get(layer) else { return };
        let mut keyed: Vec<(f64, usize)> =
            slots.iter().map(|slot| (middle(*slot), *slot)).collect();
        keyed.sort_by(|a, b| a.0.total_cmp(&b.0));
        if let Some(slots) = self.layers.get_mut(layer) {
            *slots = keyed.into_iter().map(|(_, slot)| slot).collect();
        }
    }
}

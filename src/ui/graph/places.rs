//! On which line each slot stands: as straight beside its neighbors as its order allows.

use super::BOX;
use super::layers::{Layered, Slot};

/// Turns of moving towards the neighbors.
const SWEEPS: usize = 6;

/// Lines that a slot takes where arrows arrive on every `pitch`-th line; a multiple of it.
pub(super) fn height(layered: &Layered, slot: usize, pitch: usize) -> usize {
    match layered.slots.get(slot) {
        Some(Slot::Node(_)) => {
            BOX.max((layered.arrivals(slot) * pitch + 2).next_multiple_of(pitch))
        }
        Some(Slot::Passing { .. }) | None => 2,
    }
}

/// The first line of each slot; a multiple of `pitch`.
pub(super) fn tops(layered: &Layered, pitch: usize) -> Vec<usize> {
    let slots = 0..layered.slots.len();
    let heights: Vec<f64> = slots.map(|slot| height(layered, slot, pitch) as f64).collect();
    let heights = (heights.as_slice(), pitch as f64);
    let of = |list: &[f64], slot: usize| list.get(slot).copied().unwrap_or(0.0);
    let mut tops = vec![0.0; layered.slots.len()];
    for layer in &layered.layers {
        settle(layer, heights, &mut tops, |_, _| None);
    }
    for sweep in 0..SWEEPS {
        let layers = layered.layers.len();
        for step in 0..layers {
            let by_left = sweep % 2 == 0;
            let layer = if by_left { step } else { layers - 1 - step };
            let wish = |tops: &[f64], slot: usize| {
                let neighbors = layered.links.iter().filter_map(|link| match by_left {
                    true if link.to == slot => {
                        Some(of(tops, link.from) - (link.entry * pitch) as f64)
                    }
                    false if link.from == slot => {
                        Some(of(tops, link.to) + (link.entry * pitch) as f64)
                    }
                    _ => None,
                });
                let neighbors: Vec<f64> = neighbors.collect();
                let n = neighbors.len() as f64;
                (!neighbors.is_empty()).then(|| neighbors.iter().sum::<f64>() / n)
            };
            if let Some(slots) = layered.layers.get(layer) {
                settle(slots, heights, &mut tops, wish);
            }
        }
    }
    let least = tops.iter().copied().fold(f64::MAX, f64::min);
    tops.iter().map(|top| (top - least).max(0.0) as usize).collect()
}

/// Puts the slots of a column as near to where they wish to be as they can without changing their
/// order or overlapping: those that push each other share the way (pool adjacent violators).
fn settle(
    slots: &[usize],
    (heights, pitch): (&[f64], f64),
    tops: &mut [f64],
    wish: impl Fn(&[f64], usize) -> Option<f64>,
) {
    // (sum of wishes, number of slots) of those that stand without room between them.
    let mut blocks: Vec<(f64, f64)> = Vec::new();
    let mut above = 0.0;
    let mut offsets = Vec::with_capacity(slots.len());
    for slot in slots {
        let now = tops.get(*slot).copied().unwrap_or(0.0);
        let mut block = (wish(tops, *slot).unwrap_or(now) - above, 1.0);
        while let Some(before) = blocks.pop_if(|before| before.0 / before.1 >= block.0 / block.1) {
            block = (before.0 + block.0, before.1 + block.1);
        }
        blocks.push(block);
        offsets.push(above);
        above += heights.get(*slot).copied().unwrap_or(0.0);
    }
    let mut at = slots.iter().zip(offsets);
    for (sum, n) in blocks {
        // All are rounded alike, so that they keep apart.
        let start = (sum / n / pitch).floor() * pitch;
        for (slot, offset) in at.by_ref().take(n as usize) {
            if let Some(top) = tops.get_mut(*slot) {
                *top = start + offset;
            }
        }
    }
}

//! The lines of the arrows between two columns: out of a slot, down or up a track of their own, and
//! into what is needed. Lines of two slots never lie over each other; they only cross.

use std::collections::BTreeSet;

use super::canvas::Canvas;
use super::layers::{Layered, Slot};
use super::{Drawing, Place, places};

/// All arrows out of one slot.
#[derive(Debug, Default)]
struct Net {
    slot: usize,
    /// The line on which they leave.
    out: usize,
    /// The lines on which they arrive, and whether a failure comes from there.
    ins: Vec<(usize, bool)>,
    /// None where it goes straight on.
    track: Option<usize>,
}

/// The lines between a column and the next.
#[derive(Debug, Default)]
struct Gap {
    nets: Vec<Net>,
    tracks: usize,
}

/// All gaps.
#[derive(Debug)]
pub(super) struct Plan {
    gaps: Vec<Gap>,
    pitch: usize,
}

/// With arrows that arrive on every `pitch`-th line; none where they would lie over each other.
pub(super) fn plan(layered: &Layered, tops: &[usize], pitch: usize) -> Option<Plan> {
    let gaps = (1..layered.layers.len()).map(|next| {
        let straight = gap(nets(layered, tops, (next - 1, pitch), false));
        // Slots begin on even lines, so arrows arrive on odd ones and may leave on even ones, where
        // they are in nobody's way.
        let aside = || gap(nets(layered, tops, (next - 1, pitch), true));
        straight.or_else(|| if pitch.is_multiple_of(2) { aside() } else { None })
    });
    Some(Plan { gaps: gaps.collect::<Option<_>>()?, pitch })
}

fn nets(
    layered: &Layered,
    tops: &[usize],
    (layer, pitch): (usize, usize),
    aside: bool,
) -> Vec<Net> {
    let top = |slot: usize| tops.get(slot).copied().unwrap_or(0);
    let slots = layered.layers.get(layer).map(Vec::as_slice).unwrap_or_default();
    let of = |slot: usize| {
        let out = match (aside, layered.slots.get(slot)) {
            (false, _) => top(slot) + 1,
            (true, Some(Slot::Node(_))) => top(slot) + 2,
            (true, Some(Slot::Passing { .. }) | None) => top(slot),
        };
        let links = layered.links.iter().filter(|link| link.from == slot);
        let ins = links.map(|link| (top(link.to) + 1 + link.entry * pitch, link.failing));
        Net { slot, out, ins: ins.collect(), track: None }
    };
    slots.iter().map(|slot| of(*slot)).filter(|net| !net.ins.is_empty()).collect()
}

impl Net {
    fn arrives(&self, line: usize) -> bool {
        self.ins.iter().any(|(other, _)| *other == line)
    }

    fn is_straight(&self) -> bool {
        self.ins.iter().all(|(line, _)| *line == self.out)
    }

    fn span(&self) -> (usize, usize) {
        let lines = || self.ins.iter().map(|(line, _)| *line).chain([self.out]);
        (lines().min().unwrap_or(0), lines().max().unwrap_or(0))
    }

    /// On that line it would be taken for the other one's, were its track not further right.
    fn waits_for(&self, other: &Self) -> bool {
        self.slot != other.slot && self.arrives(other.out) && !other.arrives(other.out)
    }
}

/// Gives each net a track; none where they wait for each other.
fn gap(mut nets: Vec<Net>) -> Option<Gap> {
    let mut tracks: Vec<Vec<(usize, usize)>> = Vec::new();
    let mut waiting: BTreeSet<usize> =
        (0..nets.len()).filter(|n| nets.get(*n).is_some_and(|net| !net.is_straight())).collect();
    while !waiting.is_empty() {
        let ready = waiting.iter().copied().find(|n| {
            let Some(net) = nets.get(*n) else { return false };
            waiting.iter().filter_map(|m| nets.get(*m)).all(|other| !net.waits_for(other))
        })?;
        waiting.remove(&ready);
        let net = nets.get(ready)?;
        let (first, last) = net.span();
        let before = nets.iter().filter(|other| net.waits_for(other));
        let least = before.filter_map(|other| other.track).max().map_or(0, |track| track + 1);
        let free = |track: &&usize| {
            let spans = tracks.get(**track).map(Vec::as_slice).unwrap_or_default();
            spans.iter().all(|(from, to)| last < *from || *to < first)
        };
        let track = (least..=tracks.len().max(least)).collect::<Vec<_>>();
        let track = track.iter().find(free).copied()?;
        if tracks.len() <= track {
            tracks.resize(track + 1, Vec::new());
        }
        tracks.get_mut(track)?.push((first, last));
        nets.get_mut(ready)?.track = Some(track);
    }
    Some(Gap { nets, tracks: tracks.len() })
}

impl Plan {
    /// Draws it, with so many columns from track to track; none where it does not fit.
    pub(super) fn draw(
        &self,
        layered: &Layered,
        tops: &[usize],
        widths: &[usize],
        (apart, room): (usize, usize),
    ) -> Option<Drawing> {
        let mut x = 0;
        let mut columns = Vec::new();
        for (n, layer) in layered.layers.iter().enumerate() {
            let nodes = layer.iter().filter_map(|slot| widths.get(*slot));
            let width = nodes.copied().max().unwrap_or(1);
            columns.push((x, width));
            // A stub at each end, and the arrow's head.
            let gap = self.gaps.get(n).map_or(0, |gap| 3 + gap.tracks * apart);
            x += width + gap;
        }
        if x > room {
            return None;
        }
        let mut found = vec![Place::default(); widths.len()];
        let mut height = 0;
        for (layer, (x, width)) in layered.layers.iter().zip(&columns) {
            for slot in layer {
                let y = tops.get(*slot).copied().unwrap_or(0);
                let own = places::height(layered, *slot, self.pitch);
                height = height.max(y + own);
                if let Some(place) = found.get_mut(*slot) {
                    *place = Place { x: *x, y, width: *width, height: own };
                }
            }
        }
        let mut canvas = Canvas::new(x, height);
        for (n, gap) in self.gaps.iter().enumerate() {
            let (from, width) = columns.get(n).copied().unwrap_or_default();
            let end = columns.get(n + 1).map_or(x, |(x, _)| *x).saturating_sub(1);
            for net in &gap.nets {
                let start = from + width;
                if let Some(Slot::Passing { failing }) = layered.slots.get(net.slot) {
                    let arrives = tops.get(net.slot).copied().unwrap_or(0) + 1;
                    let middle = from + width / 2;
                    canvas.across(arrives, (from, middle), *failing);
                    canvas.along(middle, (arrives, net.out), *failing);
                    canvas.join(middle, arrives);
                    canvas.join(middle, net.out);
                    canvas.across(net.out, (middle, start), *failing);
                }
                draw(&mut canvas, net, (start, end), apart);
            }
            let heads = layered.links.iter().filter(|link| link.layer == n);
            for link in
                heads.filter(|link| matches!(layered.slots.get(link.to), Some(Slot::Node(_))))
            {
                let top = tops.get(link.to).copied().unwrap_or(0);
                canvas.head(end, top + 1 + link.entry * self.pitch);
            }
        }
        Some(Drawing { places: found, cells: canvas.lines })
    }
}

fn draw(canvas: &mut Canvas, net: &Net, (start, end): (usize, usize), apart: usize) {
    let failing = net.ins.iter().any(|(_, failing)| *failing);
    let Some(track) = net.track else {
        canvas.across(net.out, (start, end), failing);
        return;
    };
    let x = start + 1 + track * apart;
    canvas.across(net.out, (start, x), failing);
    canvas.join(x, net.out);
    for (line, failing) in &net.ins {
        canvas.along(x, (net.out, *line), *failing);
        canvas.across(*line, (x, end), *failing);
        canvas.join(x, *line);
    }
}

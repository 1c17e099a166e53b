//! The part of a plan that keeps requests away from what something is done to.

use super::Plan;

/// A balancer's part: the host runs its steps beside those of the batches.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Drain {
    /// Its place in [`Plan::hosts`].
    pub place: usize,
    /// What it does for which batch, in their order.
    pub parts: Vec<DrainPart>,
}

/// Three steps of a balancer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DrainPart {
    /// For the batch of that place.
    pub batch: usize,
    /// Sends nothing more to its servers.
    pub drain: u8,
    /// Waits until the batch is over.
    pub hold: u8,
    /// Puts them back.
    pub undrain: u8,
    /// Which.
    pub servers: Vec<Drained>,
}

/// A server that is drained.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Drained {
    /// The place of what serves there.
    pub place: usize,
    /// As nginx calls it.
    pub address: Box<str>,
    /// Where its line stands.
    pub file: Box<str>,
}

impl Plan {
    /// What balancers do for a batch: the place of each, and its steps.
    pub fn drains_of(&self, batch: usize) -> impl Iterator<Item = (usize, &DrainPart)> {
        self.drains.iter().flat_map(move |drain| {
            drain
                .parts
                .iter()
                .filter(move |part| part.batch == batch)
                .map(|part| (drain.place, part))
        })
    }

    /// Whether a place is a balancer's.
    pub fn is_drain(&self, place: usize) -> bool {
        self.drains.iter().any(|drain| drain.place == place)
    }
}

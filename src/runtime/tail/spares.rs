//! Batches that were read and are of no more use: memory that is new costs as much as reading a line.

use std::sync::{Mutex, PoisonError};

use crate::model::log::Batch;
use crate::model::log::batch::BATCH;

/// As many are kept.
const MOST: usize = 48;
/// What comes at once is as large as a batch, so that one grows up to twice that.
const ROOM: usize = BATCH * 2;
/// One that has grown beyond this is let go.
const LARGEST: usize = BATCH * 4;

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Spares(Mutex<Vec<Batch>>);

impl Spares {
    /// An empty one, for as much as comes together, so that it is not moved while it grows.
    pub(super) fn take(&self) -> Batch {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner).pop();
        kept.unwrap_or_else(|| {
            let lines = Vec::with_capacity(ROOM / 64);
            Batch { text: Vec::with_capacity(ROOM), lines, ..Batch::default() }
        })
    }

    /// For the next.
    pub(super) fn give(&self, mut batch: Batch) {
        let Batch { text, lines, earlier } = &mut batch;
        let room = lines.capacity().saturating_mul(size_of::<crate::model::log::Line>());
        if text.capacity() < ROOM || text.capacity() > LARGEST || room > LARGEST {
            return;
        }
        text.clear();
        lines.clear();
        earlier.clear();
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() < MOST {
            kept.push(batch);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::log::Line;

    #[test]
    fn one_that_is_given_back_is_empty_and_small_and_large_ones_are_let_go() {
        let spares = Spares::default();
        let mut used = spares.take();
        used.push(b"text", Line::default());
        let place = used.text.as_ptr();
        spares.give(used);
        spares.give(Batch::default());
        spares.give(Batch { text: Vec::with_capacity(LARGEST + 1), ..Batch::default() });
        let again = spares.take();
        assert!(again.is_empty() && again.text.is_empty());
        assert_eq!(again.text.as_ptr(), place);
        assert_ne!(spares.take().text.as_ptr(), place);
        for _ in 0..MOST + 9 {
            spares.give(Batch { text: Vec::with_capacity(ROOM), ..Batch::default() });
        }
        assert_eq!(spares.0.lock().unwrap().len(), MOST);
    }
}

//! Lines that are taken along: to a file, to a pager, to the clipboard.

use std::sync::Arc;

use super::batch::Batch;
use super::store::Logs;
use super::walk::Spot;

/// Lines in their merged order. Their text is shared with the log, not copied.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Extract {
    /// Blocks, each with the words for its source that stand before its lines.
    pub blocks: Vec<(Arc<str>, Arc<Batch>)>,
    /// A line each: its block's place, and its own in it.
    pub lines: Vec<(u32, u32)>,
}

impl Extract {
    /// Of these lines.
    pub fn new(logs: &Logs, spots: impl Iterator<Item = Spot>) -> Self {
        let mut extract = Self::default();
        let mut places = std::collections::BTreeMap::new();
        for spot in spots {
            let Some(stream) = logs.streams.get(spot.stream) else { continue };
            let Some((block, line)) = stream.find(spot.seq) else { continue };
            let Some(held) = stream.blocks().get(block) else { continue };
            let place = *places.entry((spot.stream, block)).or_insert_with(|| {
                extract.blocks.push((stream.words().into(), Arc::clone(&held.block)));
                extract.blocks.len() - 1
            });
            let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
            extract.lines.push((number(place), number(line)));
        }
        extract
    }

    /// Every line with its moment on our clock in microseconds, its source's words, and its text
    /// as it came.
    pub fn iter(&self) -> impl Iterator<Item = (i64, &str, &[u8])> {
        self.lines.iter().filter_map(|(block, line)| {
            let (words, batch) = self.blocks.get(*block as usize)?;
            let place = *line as usize;
            Some((batch.lines.get(place)?.at, &**words, batch.text_of(place)))
        })
    }
}

//! Log streams become lines: bytes in any pieces in, batches of [`crate::model::log`] out. In one
//! pass each line gets its moment, its level and what else is true of it.
//!
//! Nothing is allocated for a line, nothing waits for a line's end for ever, and nothing of a
//! line is changed: what a terminal must not see is taken out when it is shown.

mod continued;
pub mod export;
mod fields;
pub mod file;
mod level;
mod scan;
pub mod stamped;
mod time;
mod word;

pub use export::{Entry, ExportReader};
pub use file::FileReader;
pub use stamped::StampedReader;

use crate::model::log::Level;

/// The level that a line says it has, without its source's memory; for whoever has a single line.
pub fn level_of(line: &[u8]) -> Level {
    // Any moment before 2100 is one.
    const LATER: i64 = 4_102_444_800_000_000;
    scan::Facts::of(line, &mut time::Clock::new(0), LATER).level
}

#[cfg(test)]
mod tests;

//! Lines and errors over time.

use super::batch::Flags;
use super::level::Level;
use super::store::Logs;

/// Columns that are counted.
pub const COLUMNS: usize = 120;

/// Lines of a span of time.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Bucket {
    /// All that are shown.
    pub lines: u32,
    /// Of them errors and worse.
    pub errors: u32,
    /// Of them warnings.
    pub warnings: u32,
}

/// Lines over time, in spans of the same length.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Histogram {
    /// When the first span begins, in microseconds on our clock.
    pub from: i64,
    /// The length of a span in microseconds.
    pub span: i64,
    /// The spans.
    pub buckets: Vec<Bucket>,
}

impl Histogram {
    /// Counts the lines that are seen. Repeated ones count, also where they are folded.
    pub fn count(logs: &Logs) -> Self {
        let lens = logs.lens();
        let ends = |end: fn(&super::stream::StreamLog) -> Option<i64>| {
            logs.streams.iter().filter_map(end).collect::<Vec<_>>()
        };
        let from = ends(super::stream::StreamLog::from).into_iter().min();
        let until = ends(super::stream::StreamLog::until).into_iter().max();
        let (Some(from), Some(until)) = (from, until) else { return Self::default() };
        let (from, until) = (from.max(lens.from), until.min(lens.until));
        if until < from {
            return Self::default();
        }
        let span = (until.saturating_sub(from) / COLUMNS as i64 + 1).max(1);
        let span = round(span);
        let from = from.div_euclid(span).saturating_mul(span);
        let many = usize::try_from((until - from) / span).unwrap_or(0).min(2 * COLUMNS) + 1;
        let mut buckets = vec![Bucket::default(); many];
        let streams = logs.streams.iter().enumerate();
        let streams = streams.filter(|(place, _)| lens.only.is_none_or(|only| only == *place));
        for held in streams.flat_map(|(_, stream)| stream.blocks()) {
            for (place, line) in held.block.lines.iter().enumerate() {
                let seen = !lens.filtered || held.shown.as_ref().is_some_and(|s| s.has(place));
                if !seen || line.at < lens.from || line.at > lens.until {
                    continue;
                }
                let at = usize::try_from((line.at - from) / span).unwrap_or(0);
                let Some(bucket) = buckets.get_mut(at) else { continue };
                bucket.lines += 1;
                // A trace is one error.
                if line.flags.has(Flags::CONTINUED) {
                    continue;
                }
                match line.level {
                    Level::Error | Level::Critical => bucket.errors += 1,
                    Level::Warning => bucket.warnings += 1,
                    _ => {}
                }
            }
        }
        Self { from, span, buckets }
    }

    /// The bucket of a moment.
    pub fn place(&self, at: i64) -> Option<usize> {
        let place = at.checked_sub(self.from)?.checked_div(self.span)?;
        usize::try_from(place).ok().filter(|place| *place < self.buckets.len())
    }

    /// When the next bucket with lines begins, from a moment on in a direction.
    pub fn next(&self, at: i64, forward: bool) -> Option<i64> {
        let here = self.place(at.clamp(self.from, i64::MAX))?;
        let with = |place: &usize| self.buckets.get(*place).is_some_and(|b| b.lines > 0);
        let found = if forward {
            (here + 1..self.buckets.len()).find(with)
        } else {
            (0..here).rev().find(with)
        }?;
        Some(self.from + found as i64 * self.span)
    }
}

/// A length that a person would choose, not below the one given.
fn round(span: i64) -> i64 {
    const SECOND: i64 = 1_000_000;
    let steps = [
        1,
        10,
        100,
        1000,
        10_000,
        100_000,
        SECOND,
        2 * SECOND,
        5 * SECOND,
        10 * SECOND,
        30 * SECOND,
        60 * SECOND,
        300 * SECOND,
        600 * SECOND,
        1800 * SECOND,
        3600 * SECOND,
        10_800 * SECOND,
        43_200 * SECOND,
        86_400 * SECOND,
        604_800 * SECOND,
    ];
    steps.into_iter().find(|step| *step >= span).unwrap_or(span)
}

//! Sizes: against what may be at least, and against those before it.

use super::counts;
use crate::model::backup::{BackupFacts, BackupSpec, Copy};
use crate::model::severity::Severity;

/// As many good ones before it are looked at.
const HISTORY: usize = 7;
/// A compressed nothing: `gzip` of no bytes is 20 bytes, 29 with a name; an empty tar is 45.
const NOTHING: u64 = 45;

/// Why a copy is too small to be one.
pub(super) fn too_small(spec: &BackupSpec, copy: &Copy) -> Option<String> {
    let size = copy.size?;
    let compressed = [".gz", ".tgz", ".zst", ".xz", ".bz2"].iter().any(|e| copy.name.ends_with(e));
    if size == 0 || (compressed && size <= NOTHING) {
        return Some(format!("{} has {size} bytes: there is nothing in it", copy.name));
    }
    let least = spec.min_size.filter(|least| size < *least)?;
    Some(format!("{} has {size} bytes, and {least} are the least", copy.name))
}

/// The median size of good copies before this one; none with fewer than three.
pub fn median(spec: &BackupSpec, facts: &BackupFacts, newest: &Copy) -> Option<u64> {
    let mut sizes: Vec<u64> = facts
        .copies
        .iter()
        .filter(|copy| copy.identity != newest.identity && counts(spec, facts, copy))
        .filter_map(|copy| copy.size)
        .take(HISTORY)
        .collect();
    sizes.sort_unstable();
    if sizes.len() < 3 {
        return None;
    }
    sizes.get(sizes.len() / 2).copied()
}

/// Why the newest copy is smaller than it should be: nothing in it, or half of what is usual.
pub(super) fn shrunk(
    spec: &BackupSpec,
    facts: &BackupFacts,
    newest: &Copy,
) -> Option<(Severity, String)> {
    if let Some(why) = too_small(spec, newest) {
        return Some((Severity::Critical, why));
    }
    let (size, usual) = (newest.size?, median(spec, facts, newest)?);
    (size < usual / 2).then(|| {
        let share = size.saturating_mul(100) / usual.max(1);
        (Severity::Warning, format!("{} has {share} % of the size that is usual", newest.name))
    })
}

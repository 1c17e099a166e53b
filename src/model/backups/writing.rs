//! Copies that may still be being written: they are neither good nor broken, and the one before counts.

use super::PACE;
use crate::model::backup::{BackupFacts, BackupSpec, Checked, Copy, Integrity, Way};

/// As many of the newest are looked at.
const NEWEST: usize = 3;

/// Whether nothing can be said of a copy yet: it is being written, or it was changed within the last
/// minute and nobody has looked into it since.
pub fn is_unsettled(spec: &BackupSpec, facts: &BackupFacts, copy: &Copy) -> bool {
    match facts.check(copy) {
        Some(check) => check.integrity == Integrity::Writing,
        None => matches!(spec.way, Way::Files { .. }) && is_young(facts, copy),
    }
}

fn is_young(facts: &BackupFacts, copy: &Copy) -> bool {
    let pace = i64::try_from(PACE.as_secs()).unwrap_or(i64::MAX);
    // A date in the future says nothing of what happens now.
    (-pace..pace).contains(&facts.taken.saturating_sub(copy.identity.changed))
}

/// The newest copy of which something can be said, else the newest.
pub(super) fn newest<'a>(spec: &BackupSpec, facts: &'a BackupFacts) -> Option<&'a Copy> {
    let settled = facts.copies.iter().find(|copy| !is_unsettled(spec, facts, copy));
    settled.or_else(|| facts.copies.first())
}

/// Why nothing can be said of the first one yet.
pub(super) fn unsettled(spec: &BackupSpec, facts: &BackupFacts) -> Option<String> {
    let first = facts.copies.first().filter(|copy| is_unsettled(spec, facts, copy))?;
    let name = &first.name;
    let before = if facts.copies.iter().all(|copy| is_unsettled(spec, facts, copy)) {
        "there is none before it"
    } else {
        "until it is whole the one before it counts"
    };
    Some(if facts.check(first).is_some() {
        format!("{name} is still being written; {before}")
    } else {
        format!("{name} was changed just now, and is not checked yet; {before}")
    })
}

/// What of the newest copies has changed from one listing to the next, and just now: it is being
/// written, whatever was found in it before.
pub fn moving(before: &BackupFacts, now: &BackupFacts) -> Vec<Checked> {
    let newest = now.copies.iter().take(NEWEST).filter(|copy| is_young(now, copy));
    let moved = newest.filter(|copy| {
        let place = copy.identity.place;
        let mut same = before.copies.iter().filter(|old| old.identity.place == place);
        place != (0, 0) && same.any(|old| old.identity != copy.identity)
    });
    let writing = moved.map(|copy| Checked {
        identity: copy.identity.clone(),
        at: now.taken,
        kind: "".into(),
        integrity: Integrity::Writing,
        comparison: Err("it is still being written".into()),
        size: None,
        twins: Vec::new(),
    });
    writing.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::backup::Identity;

    fn facts(taken: i64, copies: &[(u64, u64, i64)]) -> BackupFacts {
        let copies = copies.iter().map(|&(inode, size, changed)| Copy {
            name: format!("{inode}.tar").into(),
            at: changed,
            size: Some(size),
            identity: Identity { place: (1, inode), size, changed },
        });
        BackupFacts { taken, copies: copies.collect(), ..BackupFacts::default() }
    }

    #[test]
    fn what_grows_from_list_to_list_is_being_written() {
        let before = facts(1000, &[(2, 10, 990), (1, 50, 100)]);
        let grown = moving(&before, &facts(1060, &[(2, 20, 1059), (1, 50, 100)]));
        assert_eq!(grown.len(), 1);
        assert_eq!((grown[0].identity.place, grown[0].at), ((1, 2), 1060));
        assert_eq!(grown[0].integrity, Integrity::Writing);
    }

    #[test]
    fn what_is_new_or_has_settled_is_not() {
        let before = facts(1000, &[(2, 10, 990)]);
        for now in [
            facts(1060, &[(2, 10, 990)]),
            // Another file, whole when it came.
            facts(1060, &[(3, 20, 1059), (2, 10, 990)]),
            // Changed, but not just now.
            facts(1060, &[(2, 20, 995)]),
        ] {
            assert_eq!(moving(&before, &now), [], "{now:?}");
        }
    }
}

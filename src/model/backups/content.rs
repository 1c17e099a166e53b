//! What is in a copy: whether it can be read, and whether it is of its source.

use super::BackupRow;
use crate::model::backup::{BackupFacts, Comparison, Copy, Integrity};
use crate::model::calendar;
use crate::model::unit::is_below;

/// Whether a copy is of its source.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Source {
    /// It is.
    Right,
    /// It is not, for that reason.
    Wrong(String),
    /// Nobody can tell, for that reason.
    Unknown(String),
    /// There is nothing to compare.
    None,
}

/// More sampled files than one in twenty that are not there as they are: another source.
const TOLERATED: u32 = 20;
/// Times in a copy that are all the same within this, in seconds, are not the files' own.
const SPREAD: i64 = 300;
/// A copy whose name does not say when it began may have taken so long, in seconds.
const LONGEST: i64 = 600;

/// Why a copy cannot be read.
pub(super) fn broken(facts: &BackupFacts, copy: &Copy) -> Option<String> {
    match &facts.check(copy)?.integrity {
        Integrity::Empty => Some(format!("{} holds nothing", copy.name)),
        Integrity::Corrupt(why) => Some(format!("{} cannot be read: {why}", copy.name)),
        Integrity::Good | Integrity::Unknown(_) => None,
    }
}

/// Three tests: files that have not changed must be in it as they are, the newest of them must be
/// as new as the source was, and what makes it must read the source.
pub fn source(row: &BackupRow<'_>) -> Source {
    let (Some(facts), Some(newest), Some(source)) =
        (row.facts, row.newest, row.spec.source.as_deref())
    else {
        return Source::None;
    };
    // Nothing can be told of one that cannot be read; that is said already.
    if broken(facts, newest).is_some() {
        return Source::None;
    }
    let by_path = by_path(facts, source);
    let compared = facts.check(newest).map(|check| &check.comparison);
    match (compared, by_path) {
        (Some(Ok(compared)), by_path) => match by_content(compared) {
            Source::Unknown(why) => by_path.or(Source::Unknown(why)),
            told => told,
        },
        (Some(Err(why)), by_path) => by_path.or(Source::Unknown(format!("not compared: {why}"))),
        (None, by_path) => by_path.or(Source::Unknown("not compared yet".to_owned())),
    }
}

impl Source {
    fn or(self, other: Self) -> Self {
        if matches!(self, Self::None) { other } else { self }
    }
}

fn by_content(compared: &Comparison) -> Source {
    let wrong = compared.missing.saturating_add(compared.different);
    if compared.sampled > 0 && wrong.saturating_mul(TOLERATED) > compared.sampled {
        return Source::Wrong(format!(
            "of {} live files that have not changed since before it was made, {} are not in it \
             and {} are there with another size: it is of something else",
            compared.sampled, compared.missing, compared.different
        ));
    }
    // Where a copy keeps the files' times, the newest must be there.
    if let (Some(newest), Some(oldest), Some(live)) =
        (compared.newest_copied, compared.oldest_copied, compared.newest_before)
        && newest - oldest > SPREAD
        && live - newest > SPREAD
    {
        return Source::Wrong(
            "its newest file is older than the source was when it was made: it is of something \
             else"
                .to_owned(),
        );
    }
    if compared.sampled == 0 {
        return Source::Unknown(
            "all files of the source have changed since it was made, so there is nothing to \
             compare"
                .to_owned(),
        );
    }
    Source::Right
}

/// What the copy or its job says it is of; none where neither says.
fn by_path(facts: &BackupFacts, source: &str) -> Source {
    if !facts.says.is_empty() {
        let covered = facts.says.iter().any(|path| is_below(source, path));
        if covered {
            return Source::Right;
        }
        return Source::Wrong(format!("it is of {}, not of {source}", facts.says.join(", ")));
    }
    let Some(job) = &facts.job else { return Source::None };
    let identity = facts.source.as_ref().and_then(|source| source.identity);
    let same = |path: &str, found: Option<(u64, u64)>| {
        path == source || (identity.is_some() && found == identity)
    };
    if job.reads.iter().any(|named| same(&named.path, named.identity)) {
        return Source::Right;
    }
    // A directory above it may be put together with the rest.
    if job.reads.iter().any(|named| is_below(source, &named.path)) {
        return Source::None;
    }
    let others: Vec<&str> =
        job.reads.iter().filter(|n| n.identity.is_some()).map(|n| &*n.path).collect();
    if others.is_empty() {
        return Source::None;
    }
    Source::Wrong(format!("{} reads {}, and never {source}", job.script, others.join(", ")))
}

/// The moment before which a file must have been written to be in a copy for certain, in seconds on
/// the host's clock. A copy's last change is when it was done; when it began its name may say, else
/// it took some minutes.
pub fn began(copy: &Copy) -> i64 {
    let named = calendar::moment(&copy.name);
    let plausible = |at: &i64| *at <= copy.identity.changed && copy.identity.changed - *at < 86_400;
    // A date without a time is that day's midnight: earlier than it was, which is on the safe side.
    named.filter(plausible).unwrap_or(copy.identity.changed - LONGEST)
}

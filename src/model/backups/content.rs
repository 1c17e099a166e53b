//! What is in a copy: whether it can be read, and whether it is of its source.

use super::BackupRow;
use crate::model::backup::{BackupFacts, BackupSpec, Checked, Comparison, Copy, Integrity, Way};
use crate::model::calendar;
use crate::model::unit::is_below;

/// Whether a copy is of its source.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Source {
    /// It is.
    Right,
    /// It is not, for that reason.
    Wrong(String),
    /// It may well not be, for that reason.
    Doubtful(String),
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

/// Whether a copy is known to be no good. Those of a repository share their parts: of a damaged one
/// nobody knows which can be restored.
pub(super) fn is_broken(spec: &BackupSpec, facts: &BackupFacts, copy: &Copy) -> bool {
    let broken =
        |check: &Checked| matches!(check.integrity, Integrity::Corrupt(_) | Integrity::Empty);
    match spec.way {
        Way::Restic { .. } | Way::Borg { .. } => facts.checks.values().any(broken),
        Way::Files { .. } | Way::Git { .. } | Way::Command(_) | Way::Nothing(_) => {
            facts.check(copy).is_some_and(broken)
        }
    }
}

/// Why a copy cannot be read.
pub(super) fn broken(spec: &BackupSpec, facts: &BackupFacts, copy: &Copy) -> Option<String> {
    match &facts.check(copy)?.integrity {
        Integrity::Empty => Some(format!("{} holds nothing", copy.name)),
        Integrity::Corrupt(why) if matches!(spec.way, Way::Restic { .. } | Way::Borg { .. }) => {
            Some(format!("the repository is damaged: {why}"))
        }
        Integrity::Corrupt(why) => Some(format!("{} cannot be read: {why}", copy.name)),
        Integrity::Good | Integrity::Writing | Integrity::Unknown(_) => None,
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
    // These have no copy to look into.
    if matches!(row.spec.way, Way::Git { .. } | Way::Command(_) | Way::Nothing(_)) {
        return Source::None;
    }
    // Nothing can be told of one that cannot be read; that is said already.
    if broken(row.spec, facts, newest).is_some() {
        return Source::None;
    }
    let by_path = by_path(facts, newest, source);
    let check = facts.check(newest);
    let Some(compared) = check.map(|check| &check.comparison) else {
        return by_path.or(Source::Unknown("not compared yet".to_owned()));
    };
    let compared = match compared {
        Ok(compared) => compared,
        Err(why) => return by_path.or(Source::Unknown(format!("not compared: {why}"))),
    };
    let twin = check
        .into_iter()
        .flat_map(|check| &check.twins)
        .find(|(_, compared)| is_of(compared))
        .map(|(path, _)| &**path);
    match (by_content(compared), by_path, twin) {
        (Source::Wrong(why), _, Some(twin)) => Source::Wrong(format!("{why}: of {twin}")),
        (Source::Wrong(why), ..) => Source::Wrong(why),
        // A chain of copies may be meant: what is in it counts, where it leaves no doubt.
        (Source::Right, Source::Wrong(_), _) if !is_doubtful(compared) => Source::Right,
        (_, Source::Wrong(why), Some(twin)) => {
            Source::Wrong(format!("{why}; what is in it is that of {twin}"))
        }
        (_, Source::Wrong(why), None) => Source::Wrong(why),
        (Source::Right, ..) | (_, Source::Right, _) => Source::Right,
        (Source::Unknown(_), _, Some(twin)) if reads(facts, twin) => Source::Wrong(format!(
            "what is in it is that of {twin}, which is what its script reads, never {source}"
        )),
        (Source::Unknown(why), _, Some(twin)) => Source::Doubtful(format!(
            "what is in it is that of {twin}: is it a copy of that? {why}"
        )),
        (Source::Unknown(why), Source::Unknown(told), None) => {
            Source::Unknown(format!("{why}, and {told}"))
        }
        (Source::Unknown(why), ..) => Source::Unknown(why),
        (Source::Doubtful(why), ..) => Source::Doubtful(why),
        (Source::None, by_path, _) => by_path,
    }
}

/// Whether a copy is of what it was compared with: enough files that have not changed, and they are
/// in it as they are.
pub const fn is_of(compared: &Comparison) -> bool {
    compared.sampled >= 3 && !differs(compared)
}

const fn differs(compared: &Comparison) -> bool {
    let wrong = compared.missing.saturating_add(compared.different);
    compared.sampled > 0 && wrong.saturating_mul(TOLERATED) > compared.sampled
}

/// Whether something in it is not as it is in the source, or too little could be compared.
pub const fn is_doubtful(compared: &Comparison) -> bool {
    compared.missing > 0 || compared.different > 0 || compared.sampled < 3
}

/// Whether what makes the newest copy says that it reads something else.
pub fn reads_other(facts: &BackupFacts, newest: &Copy, source: &str) -> bool {
    matches!(by_path(facts, newest, source), Source::Wrong(_))
}

/// Whether what makes it reads that, whenever it was written.
fn reads(facts: &BackupFacts, path: &str) -> bool {
    facts.job.as_ref().is_some_and(|job| {
        let identity = facts.source.as_ref().and_then(|source| source.identity);
        let source = job.reads.iter().any(|n| n.identity.is_some() && n.identity == identity);
        !source && !job.more && job.reads.iter().any(|named| *named.path == *path)
    })
}

impl Source {
    fn or(self, other: Self) -> Self {
        if matches!(self, Self::None) { other } else { self }
    }
}

/// Whether a copy is of its source, by what is in it alone.
pub fn by_content(compared: &Comparison) -> Source {
    if differs(compared) {
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
fn by_path(facts: &BackupFacts, newest: &Copy, source: &str) -> Source {
    if !facts.says.is_empty() {
        let covered = facts.says.iter().any(|path| is_below(source, path));
        if covered {
            return Source::Right;
        }
        return Source::Wrong(format!("it is of {}, not of {source}", facts.says.join(", ")));
    }
    let Some(job) = &facts.job else { return Source::None };
    // It says what the next one will be of, not this one.
    if job.changed.is_some_and(|changed| changed > newest.identity.changed) {
        return Source::Unknown(format!("{} has changed since it was made", job.script));
    }
    let identity = facts.source.as_ref().and_then(|source| source.identity);
    let same = |path: &str, found: Option<(u64, u64)>| {
        path == source || (identity.is_some() && found == identity)
    };
    if job.reads.iter().any(|named| same(&named.path, named.identity)) {
        return Source::Right;
    }
    // A directory above it may be put together with the rest, and what only a run knows may be it.
    if job.more || job.reads.iter().any(|named| is_below(source, &named.path)) {
        return Source::None;
    }
    let others: Vec<&str> =
        job.reads.iter().filter(|n| n.identity.is_some()).map(|n| &*n.path).collect();
    if others.is_empty() {
        return Source::None;
    }
    Source::Wrong(format!(
        "what makes it, {}, reads {} and never {source}",
        job.script,
        others.join(", ")
    ))
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

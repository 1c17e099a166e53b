//! Patterns of paths: which files they stand for, looked at again and again.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use super::entry::Entry;
use super::ground::Ground;
use super::reader::Reader;
use super::{End, Tails};
use crate::model::log::{Stream, TailState};
use crate::model::text::is_hostile;
use crate::probe::tail::Piece;

/// So often it is looked.
const AGAIN: Duration = Duration::from_secs(5);
/// For one look.
const DEADLINE: Duration = Duration::from_secs(15);
/// More files are not told.
const MOST: usize = 64;

/// More names are not remembered.
const MOST_KNOWN: usize = 1024;

/// Whether a path is what one of these was rotated to: it belongs to that one's log. A compressed
/// file does in any case, as it is not followed.
fn is_rotated(path: &str, known: &BTreeSet<Arc<str>>) -> bool {
    path.as_bytes().ends_with(b".gz")
        || known.iter().any(|base| {
            let suffix = path.strip_prefix(&**base).unwrap_or_default();
            suffix == ".old"
                || suffix.strip_prefix(['.', '-']).is_some_and(|date| {
                    let is_date = |b| matches!(b, b'0'..=b'9' | b'T' | b'.' | b':' | b'_' | b'-');
                    !date.is_empty() && date.bytes().all(is_date)
                })
        })
}

/// Tells which files match, at first and whenever that changes.
pub(super) async fn watch(
    tails: &Tails,
    ground: &Ground<'_>,
    reader: &Reader,
    entry: &Entry,
    pattern: &str,
) -> End {
    let mut told: Option<Vec<Arc<str>>> = None;
    let mut known: BTreeSet<Arc<str>> = BTreeSet::new();
    let most = MOST.to_string();
    loop {
        let how = ground.root().unwrap_or_else(|| ground.first());
        let mut found: Vec<Arc<str>> = Vec::new();
        let mut left = 0_usize;
        let argv = ["qd_glob", pattern, &most];
        let asked = reader
            .ask(ground, how, &argv, DEADLINE, &mut |piece| {
                let Piece::Said(words) = piece else { return true };
                match words.split_once(' ') {
                    Some(("match", path)) if found.len() < MOST && !path.contains(is_hostile) => {
                        found.push(path.into());
                    }
                    Some(("match", _)) => left += 1,
                    Some(("more", more)) => left += more.parse().unwrap_or(0),
                    _ => {}
                }
                true
            })
            .await;
        if let Err(fault) = asked {
            return End::Fault(fault);
        }
        found.sort_unstable();
        if known.len() > MOST_KNOWN {
            known.clear();
        }
        known.extend(found.iter().cloned());
        found.retain(|path| !is_rotated(path, &known));
        if told.as_ref() != Some(&found) {
            tails.say(entry.tail.id, Stream::Files(found.clone())).await;
            told = Some(found);
        }
        // Behind the files: who asks once knows by it that they were all.
        let state = match left {
            0 => TailState::Following,
            left => TailState::Waiting(super::words::left_out(pattern, left, MOST)),
        };
        tails.state(entry, state).await;
        tokio::time::sleep(AGAIN).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_rotated_is_no_log_of_its_own() {
        let names = ["/a/app.log", "/a/app.log.1", "/a/app.log-20261121", "/a/app.log.old"];
        let known: BTreeSet<Arc<str>> = names.into_iter().map(Arc::from).collect();
        let is = |path| is_rotated(path, &known);
        assert!(names[1..].iter().all(|path| is(path)));
        assert!(is("/a/other.log.2.gz") && is("/a/app.log.1.2"));
        for path in ["/a/app.log", "/a/app.log.json", "/a/app.log.", "/a/other.log.1", "/a/app"] {
            assert!(!is(path), "{path}");
        }
    }
}

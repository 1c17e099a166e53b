//! Patterns of paths: which files they stand for, looked at again and again.

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
const MOST: usize = 32;

/// Whether a path is a pattern (glob(7)).
pub(super) fn is_pattern(path: &str) -> bool {
    path.contains(['*', '?', '['])
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
    let most = MOST.to_string();
    loop {
        let how = ground.root().unwrap_or_else(|| ground.first());
        let mut found: Vec<Arc<str>> = Vec::new();
        let argv = ["qd_glob", pattern, &most];
        let asked = reader
            .ask(ground, how, &argv, DEADLINE, &mut |piece| {
                if let Piece::Said(words) = piece
                    && let Some(path) = words.strip_prefix("match ")
                    && found.len() < MOST
                    && !path.contains(is_hostile)
                {
                    found.push(path.into());
                }
                true
            })
            .await;
        if let Err(fault) = asked {
            return End::Fault(fault);
        }
        tails.state(entry, TailState::Following).await;
        found.sort_unstable();
        if told.as_ref() != Some(&found) {
            tails.say(entry.tail.id, Stream::Files(found.clone())).await;
            told = Some(found);
        }
        tokio::time::sleep(AGAIN).await;
    }
}

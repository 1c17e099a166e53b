//! What is read once goes over a channel of its own, which is opened when it is first needed and
//! kept for a while: one question after the other.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Mutex;
use tokio::time::{Instant, timeout};

use super::fetch::Seen;
use super::ground::{Ground, How};
use super::talk::Talk;
use crate::model::fault::{Fault, FaultKind};
use crate::probe::tail::Piece;

/// A channel that has answered so lately is asked without a question before.
const FRESH: Duration = Duration::from_secs(5);
/// No answer takes longer as a whole, in times of the silence that is allowed.
const LONGEST: u32 = 20;
/// Sizes of compressed files that are remembered.
const WEIGHTS: usize = 256;

/// See the module.
#[derive(Default)]
pub(super) struct Reader {
    kept: Mutex<Option<Kept>>,
    zone: AtomicI64,
    /// What compressed files unpack to, in bytes, by their inode and size.
    weights: std::sync::Mutex<BTreeMap<(u64, u64), u64>>,
    seen: std::sync::Mutex<Option<Seen>>,
}

/// A channel that waits for a question.
struct Kept {
    how: How,
    talk: Talk,
    /// When it last answered, and when the program last heard that we are there.
    answered: Instant,
    renewed: Instant,
}

/// What is made of an answer.
pub(super) type Take<'a> = &'a mut (dyn FnMut(Piece<'_>) -> bool + Send);

impl Reader {
    /// Asks. `take` gets the answer piece by piece, and says whether it wants more. It is given up
    /// when nothing came for as long as `silence`.
    pub(super) async fn ask(
        &self,
        ground: &Ground<'_>,
        how: How,
        argv: &[&str],
        silence: Duration,
        take: Take<'_>,
    ) -> Result<(), Fault> {
        let late = |limit: Duration| {
            let detail = format!("no answer within {} s", limit.as_secs());
            Fault::new(FaultKind::TimedOut, "read a log on the host", detail)
        };
        let mut kept = self.kept.lock().await;
        let asked = async {
            // Taken out while it is used: one that was given up in the middle is of no more use.
            // One that was kept for too long has ended itself.
            let mut old = kept.take().filter(|kept| kept.how == how);
            if let Some(kept) = &mut old
                && !timeout(silence, renewed(kept, argv)).await.unwrap_or(false)
            {
                old = None;
            }
            let mut used = if let Some(kept) = old {
                kept
            } else {
                let mut talk = Talk::open(ground.transport, how).await?;
                self.zone.store(talk.zone, Ordering::Relaxed);
                talk.say(argv).await?;
                Kept { how, talk, answered: Instant::now(), renewed: Instant::now() }
            };
            let talk = &mut used.talk;
            let mut wants = true;
            let mut is_over = false;
            while wants && !is_over {
                timeout(silence, talk.read()).await.map_err(|_silent| late(silence))??;
                talk.take(&mut |piece| match piece {
                    Piece::Said(words) if words == "end" => is_over = true,
                    piece if wants => wants = take(piece),
                    _ => {}
                });
            }
            if is_over {
                used.answered = Instant::now();
                *kept = Some(used);
            }
            Ok(())
        };
        timeout(silence * LONGEST, asked).await.map_err(|_late| late(silence * LONGEST))?
    }

    /// Seconds that the host's zone is ahead of UTC, once something was asked.
    pub(super) fn zone(&self) -> i64 {
        self.zone.load(Ordering::Relaxed)
    }

    /// What was seen of files at the last look.
    pub(super) fn seen(&self) -> MutexGuard<'_, Option<Seen>> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn note_seen(&self, seen: Seen) {
        *self.seen() = Some(seen);
    }

    /// What a compressed file unpacks to, if that was asked before.
    pub(super) fn weight(&self, inode: u64, size: u64) -> Option<u64> {
        let weights = self.weights.lock().unwrap_or_else(PoisonError::into_inner);
        weights.get(&(inode, size)).copied()
    }

    pub(super) fn note_weight(&self, inode: u64, size: u64, weight: u64) {
        let mut weights = self.weights.lock().unwrap_or_else(PoisonError::into_inner);
        if weights.len() >= WEIGHTS {
            weights.clear();
        }
        weights.insert((inode, size), weight);
    }
}

/// Whether a channel that was kept takes a question and still answers.
async fn renewed(kept: &mut Kept, argv: &[&str]) -> bool {
    let talk = &mut kept.talk;
    if kept.renewed.elapsed() > FRESH {
        if talk.say(&["l"]).await.is_err() {
            return false;
        }
        kept.renewed = Instant::now();
    }
    if kept.answered.elapsed() > FRESH {
        if talk.say(&["qd_tell", "still"]).await.is_err() {
            return false;
        }
        let mut is_there = false;
        while !is_there {
            if talk.read().await.is_err() {
                return false;
            }
            talk.take(&mut |piece| is_there |= piece == Piece::Said("still".to_owned()));
        }
    }
    talk.say(argv).await.is_ok()
}

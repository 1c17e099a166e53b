//! What is read once goes over a channel of its own, which is opened when it is first needed and
//! kept for a while: one question after the other.

mod flow;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Mutex, OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout};

use self::flow::Flow;
pub(super) use self::flow::Span;
use super::Extent;
use super::fetch::Seen;
use super::ground::{Ground, How};
use super::spares::Spares;
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
pub(super) struct Reader {
    kept: Mutex<Option<Kept>>,
    flow: Mutex<Option<Flow>>,
    /// A wide channel that waits for its first stream.
    spare: Mutex<Option<(Talk, OwnedSemaphorePermit)>>,
    /// Channels that nobody has.
    slots: Arc<Semaphore>,
    /// Where lines are read to.
    pub(super) spares: Arc<Spares>,
    zone: AtomicI64,
    /// What compressed files unpack to, in bytes, by their inode and size.
    weights: std::sync::Mutex<BTreeMap<(u64, u64), u64>>,
    seen: std::sync::Mutex<Option<Seen>>,
    /// Where a page ended and the moment of its last line: the next may begin with lines that say none.
    ends: std::sync::Mutex<BTreeMap<u64, (u64, i64)>>,
}

/// A channel that waits for a question.
struct Kept {
    how: How,
    talk: Talk,
    /// When it last answered, and when the program last heard that we are there.
    answered: Instant,
    renewed: Instant,
}

/// Files of which it is remembered where a page ended.
const ENDS: usize = 256;

/// What is made of an answer.
pub(super) type Take<'a> = &'a mut (dyn FnMut(Piece<'_>) -> bool + Send);

impl Reader {
    pub(super) fn new(slots: Arc<Semaphore>, spares: Arc<Spares>) -> Self {
        Self {
            kept: Mutex::default(),
            flow: Mutex::default(),
            spare: Mutex::default(),
            slots,
            spares,
            zone: AtomicI64::default(),
            weights: std::sync::Mutex::default(),
            seen: std::sync::Mutex::default(),
            ends: std::sync::Mutex::default(),
        }
    }

    /// Opens before it is asked what will be: a channel for questions, and for one who reads to the end
    /// that of the stream.
    pub(super) async fn warm(&self, ground: &Ground<'_>, extent: Extent) {
        let asking = async {
            let mut kept = self.kept.lock().await;
            if let Ok(talk) = Talk::open(ground.transport, How::Plain).await {
                self.zone.store(talk.zone, Ordering::Relaxed);
                let now = Instant::now();
                *kept = Some(Kept { how: How::Plain, talk, answered: now, renewed: now });
            }
        };
        let pouring = async {
            let mut spare = self.spare.lock().await;
            let Ok(slot) = Arc::clone(&self.slots).try_acquire_owned() else { return };
            if let Ok(talk) = Talk::open_wide(ground.transport, How::Plain).await {
                *spare = Some((talk, slot));
            }
        };
        match extent {
            Extent::Part => asking.await,
            Extent::Rest => {
                tokio::join!(asking, pouring);
            }
        }
    }

    /// Pours from the stream that goes on there, or from one that is begun there if a channel is
    /// free. Answers how many bytes came: at least as many as are wanted, unless there is no stream
    /// or it has ended.
    pub(super) async fn pour(
        &self,
        ground: &Ground<'_>,
        span: Span<'_>,
        silence: Duration,
        take: &mut (dyn FnMut(&[u8]) + Send),
    ) -> u64 {
        let mut kept = self.flow.lock().await;
        let fits = kept.as_ref().is_some_and(|flow| flow.fits(&span));
        if !fits {
            // Its channel becomes free with it.
            drop(kept.take());
            // The last page needs none.
            if span.offset + span.bytes >= span.end {
                return 0;
            }
            let spare = self.spare.lock().await.take().filter(|_| span.how == How::Plain);
            let opened = if let Some((talk, slot)) = spare {
                Flow::begin(talk, slot, span).await
            } else {
                let Ok(slot) = Arc::clone(&self.slots).try_acquire_owned() else { return 0 };
                Flow::open(ground, slot, span).await
            };
            match opened {
                Ok(flow) => *kept = Some(flow),
                Err(fault) => {
                    tracing::info!("a stream of {}: {fault}", span.path);
                    return 0;
                }
            }
        }
        // Taken out while it is used: one that was given up in the middle is of no more use.
        let Some(mut flow) = kept.take() else { return 0 };
        let given = flow.pour(&span, silence, take).await;
        *kept = Some(flow).filter(|flow| !flow.is_over());
        given
    }

    /// Gives up a stream that nobody reads at the moment: its channel is wanted.
    pub(super) fn make_room(&self) {
        if let Ok(mut spare) = self.spare.try_lock() {
            *spare = None;
        }
        if let Ok(mut kept) = self.flow.try_lock()
            && kept.as_ref().is_some_and(Flow::is_at_rest)
        {
            *kept = None;
        }
    }

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

    /// The moment of the line before a place, if a page ended there.
    pub(super) fn moment_before(&self, inode: u64, offset: u64) -> Option<i64> {
        let ends = self.ends.lock().unwrap_or_else(PoisonError::into_inner);
        ends.get(&inode).filter(|(end, _)| *end == offset).map(|(_, at)| *at)
    }

    pub(super) fn note_end(&self, inode: u64, offset: u64, at: i64) {
        let mut ends = self.ends.lock().unwrap_or_else(PoisonError::into_inner);
        if ends.len() >= ENDS && !ends.contains_key(&inode) {
            ends.clear();
        }
        ends.insert(inode, (offset, at));
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

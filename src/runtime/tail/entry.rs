//! A tail that is wanted, and how far it came.

use std::collections::HashSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

use crate::model::log::{Mark, Tail, TailState};

/// See the module.
pub(super) struct Entry {
    /// What is wanted.
    pub(super) tail: Tail,
    progress: Mutex<Progress>,
    gone: watch::Sender<bool>,
}

/// How far a tail came. It changes when lines are delivered, and not before.
#[derive(Default)]
pub(super) struct Progress {
    state: Option<TailState>,
    /// Where the next connection goes on.
    pub(super) mark: Option<Mark>,
    /// The last line's moment on the host's clock, for telling of gaps.
    pub(super) at: Option<i64>,
    /// Of a file: how many bytes before the mark are known, and their checksum.
    pub(super) print: (u64, u32),
    /// Of a file: it was seen to be truncated, and is to be opened again for that.
    pub(super) truncated: bool,
    /// Of a journal: entries behind the mark that were told before the follower brought them.
    pub(super) early: HashSet<Box<str>>,
    /// Of a journal: when following began, where no line has come yet.
    pub(super) began: Option<i64>,
    /// What journalctl complained of last.
    pub(super) complaint: Option<String>,
    /// Of a container: it was read up to its end.
    pub(super) is_over: bool,
    /// It is read as root, since it cannot be otherwise.
    pub(super) as_root: bool,
}

impl Entry {
    pub(super) fn new(tail: Tail) -> Self {
        Self { tail, progress: Mutex::default(), gone: watch::Sender::new(false) }
    }

    pub(super) fn progress(&self) -> MutexGuard<'_, Progress> {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Nobody wants it any more.
    pub(super) fn let_go(&self) {
        self.gone.send_replace(true);
    }

    /// Waits until nobody wants it any more.
    pub(super) async fn gone(&self) {
        let mut gone = self.gone.subscribe();
        // The sender is ours, so it is there.
        let _ended = gone.wait_for(|gone| *gone).await.is_err();
    }

    pub(super) fn is_told(&self, state: &TailState) -> bool {
        self.progress().state.as_ref() == Some(state)
    }

    pub(super) fn note_state(&self, state: TailState) {
        self.progress().state = Some(state);
    }
}

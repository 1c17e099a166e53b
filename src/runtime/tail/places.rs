//! Over which channel of a connection a tail goes: one of its own as long as there are such, else
//! the one that is shared.

use std::sync::Arc;

use tokio::sync::{Mutex, OwnedSemaphorePermit, Semaphore};

use super::Ground;
use super::mux::{Mux, NoMux};
use crate::model::fault::Fault;

/// See the module.
pub(super) struct Places {
    slots: Arc<Semaphore>,
    shared: Mutex<Shared>,
}

enum Shared {
    /// Nobody has needed it yet, or it has ended.
    No,
    Yes(Arc<Mux>),
    /// The host has nothing that could share a channel.
    Never,
}

/// A channel for one tail.
pub(super) enum Place {
    /// Its own, if there is one.
    Own {
        _slot: Option<OwnedSemaphorePermit>,
    },
    Shared(Arc<Mux>),
}

impl Place {
    /// What the tail stands on.
    pub(super) fn ground<'a>(&'a self, ground: &'a Ground<'a>) -> Ground<'a> {
        match self {
            Self::Own { .. } => ground.over(ground.transport),
            Self::Shared(mux) => ground.over(&**mux),
        }
    }
}

impl Places {
    /// So many channels, of which one is kept for sharing.
    pub(super) fn new(channels: usize) -> Self {
        let slots = Arc::new(Semaphore::new(channels.saturating_sub(1)));
        Self { slots, shared: Mutex::new(Shared::No) }
    }

    /// Channels that nobody has.
    pub(super) fn slots(&self) -> Arc<Semaphore> {
        Arc::clone(&self.slots)
    }

    /// Whether no channel is free.
    pub(super) fn is_full(&self) -> bool {
        self.slots.available_permits() == 0
    }

    fn own(&self) -> Option<Place> {
        let slot = Arc::clone(&self.slots).try_acquire_owned().ok()?;
        Some(Place::Own { _slot: Some(slot) })
    }

    /// A place that is free; none where it has to be waited for.
    pub(super) async fn now(&self, ground: &Ground<'_>) -> Result<Option<Place>, Fault> {
        if let Some(own) = self.own() {
            return Ok(Some(own));
        }
        let mut shared = self.shared.lock().await;
        match &*shared {
            Shared::Never => return Ok(None),
            Shared::Yes(mux) if !mux.is_over() => {
                return Ok(Some(Place::Shared(Arc::clone(mux))));
            }
            Shared::Yes(_) | Shared::No => *shared = Shared::No,
        }
        match Mux::open(ground.transport).await {
            Ok(mux) => {
                let mux = Arc::new(mux);
                *shared = Shared::Yes(Arc::clone(&mux));
                Ok(Some(Place::Shared(mux)))
            }
            Err(NoMux::Never) => {
                *shared = Shared::Never;
                drop(shared);
                // The one that was kept.
                self.slots.add_permits(1);
                Ok(self.own())
            }
            Err(NoMux::Now(fault)) => Err(fault),
        }
    }

    /// Waits for a channel of its own.
    pub(super) async fn later(&self) -> Place {
        Place::Own { _slot: Arc::clone(&self.slots).acquire_owned().await.ok() }
    }
}

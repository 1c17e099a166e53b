//! Logs that are followed, and pieces of them that are read once. What is wanted of a host is kept
//! here, over all its connections: a tail goes on behind the last line that was delivered. Nothing
//! here decides what is shown.

mod container;
mod entry;
mod fetch;
mod file;
mod ground;
mod journal;
mod mux;
mod outlet;
mod paths;
mod places;
mod reader;
mod spares;
mod talk;
#[cfg(test)]
mod tests;
mod words;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use tokio::sync::{mpsc, watch};

use self::entry::Entry;
pub use self::ground::Ground;
use crate::model::fault::{Fault, FaultKind};
use crate::model::ids::UnitName;
use crate::model::log::{Batch, Fetch, Means, Origin, Stream, Tail, TailId, TailState};
use crate::model::path::is_pattern;
use crate::model::spec::Sudo;
use crate::msg::Msg;

/// Batches that wait for the model: with their size this bounds the memory of all tails together.
/// A tail waits when it is full.
pub const QUEUE: usize = 16;
/// Tails of one host; more are refused.
const MOST: usize = 128;
/// Fetches of one host that wait; older ones are given up.
const MOST_FETCHES: usize = 128;
/// Waits between tries.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// What is wanted of one host's logs.
pub struct Tails {
    wanted: Mutex<Wanted>,
    changed: watch::Sender<()>,
    logs: mpsc::Sender<Msg>,
    /// How far the host's clock is ahead of ours, in microseconds.
    skew: AtomicI64,
    /// Tails that wait for a channel.
    crowd: AtomicUsize,
    /// The host's clock was looked at, or it cannot be.
    compared: watch::Sender<bool>,
    spares: Arc<spares::Spares>,
}

#[derive(Default)]
struct Wanted {
    tails: BTreeMap<TailId, Arc<Entry>>,
    fetches: VecDeque<Fetch>,
    expected: Option<Extent>,
}

/// How much of a file is read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Extent {
    /// A part of it.
    Part,
    /// All from some place on.
    Rest,
}

impl Tails {
    /// Lines go to `logs`.
    pub fn new(logs: mpsc::Sender<Msg>) -> Self {
        Self {
            wanted: Mutex::default(),
            changed: watch::Sender::new(()),
            logs,
            skew: AtomicI64::new(0),
            crowd: AtomicUsize::new(0),
            compared: watch::Sender::new(false),
            spares: Arc::default(),
        }
    }

    /// How far the host's clock is ahead of ours, in microseconds, once it was connected.
    pub fn skew(&self) -> i64 {
        self.skew.load(Ordering::Relaxed)
    }

    fn wanted(&self) -> MutexGuard<'_, Wanted> {
        self.wanted.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A batch that was read and is of no more use.
    pub fn give_back(&self, batch: Batch) {
        self.spares.give(batch);
    }

    /// A file will be read, so that what is needed for it is opened while the host is looked at.
    pub fn expect(&self, extent: Extent) {
        self.wanted().expected = Some(extent);
    }

    /// Follows a stream until it is let go.
    pub fn add(&self, tail: Tail) {
        let id = tail.id;
        {
            let mut wanted = self.wanted();
            if wanted.tails.len() >= MOST {
                let fault = Fault::new(
                    FaultKind::Failed,
                    format!("follow {}", words::name(&tail.origin)),
                    format!("{MOST} logs of this host are followed already"),
                );
                let state = Stream::State(TailState::Waiting(fault));
                let _full = self.logs.try_send(Msg::Log(id, state)).is_err();
                return;
            }
            if let Some(before) = wanted.tails.insert(id, Arc::new(Entry::new(tail))) {
                before.let_go();
            }
        }
        self.changed.send_replace(());
    }

    /// Lets a tail go.
    pub fn remove(&self, id: TailId) {
        let entry = self.wanted().tails.remove(&id);
        if let Some(entry) = entry {
            entry.let_go();
        }
    }

    /// Units whose journal is followed; waits for the first.
    pub(super) async fn units(&self) -> Vec<UnitName> {
        let mut changed = self.changed.subscribe();
        loop {
            let units: Vec<UnitName> = self
                .wanted()
                .tails
                .values()
                .flat_map(|entry| match &entry.tail.origin {
                    Origin::Journal(unit) => vec![unit.clone()],
                    Origin::Units(units) => units.to_vec(),
                    Origin::System | Origin::File(_) | Origin::Container(_) => Vec::new(),
                })
                .collect();
            if !units.is_empty() {
                return units;
            }
            if changed.changed().await.is_err() {
                std::future::pending::<()>().await;
            }
        }
    }

    /// Reads once.
    pub fn fetch(&self, fetch: Fetch) {
        {
            let mut wanted = self.wanted();
            if wanted.fetches.len() >= MOST_FETCHES
                && let Some(old) = wanted.fetches.pop_front()
            {
                let fault = Fault::new(
                    FaultKind::Failed,
                    format!("read {}", words::name(&old.origin)),
                    "too much was asked of this host meanwhile",
                );
                let failed = Stream::FetchFailed(old.from, fault);
                let _full = self.logs.try_send(Msg::Log(old.tail, failed)).is_err();
            }
            wanted.fetches.push_back(fetch);
        }
        self.changed.send_replace(());
    }

    /// Waits until it is known how far the host's clock is ahead of ours, or that it cannot be.
    pub async fn compared(&self) {
        let mut compared = self.compared.subscribe();
        let _console_gone = compared.wait_for(|compared| *compared).await.is_err();
    }

    /// Tells all tails that they wait, and why; fetches fail. Goes on until it is dropped, as more
    /// may be asked meanwhile.
    pub async fn wait(&self, fault: &Fault) {
        self.compared.send_replace(true);
        let mut changed = self.changed.subscribe();
        loop {
            changed.mark_unchanged();
            let (tails, fetches) = {
                let mut wanted = self.wanted();
                (wanted.tails.values().cloned().collect::<Vec<_>>(), wanted.fetches.split_off(0))
            };
            for entry in tails {
                self.state(&entry, TailState::Waiting(fault.clone())).await;
            }
            for fetch in fetches {
                self.say(fetch.tail, Stream::FetchFailed(fetch.from, fault.clone())).await;
            }
            if changed.changed().await.is_err() {
                return;
            }
        }
    }

    /// Follows and reads all that is wanted, over one connection, until it is dropped.
    pub async fn run(&self, ground: &Ground<'_>) -> Fault {
        let places = places::Places::new(ground.channels());
        let reader = reader::Reader::new(places.slots(), Arc::clone(&self.spares));
        // Whoever asks before it is there waits for it.
        let warm = async {
            if let Some(extent) = self.expected(ground) {
                reader.warm(ground, extent).await;
            }
        };
        let ((), fault) = tokio::join!(warm, self.serve(ground, &places, &reader));
        fault
    }

    async fn serve(
        &self,
        ground: &Ground<'_>,
        places: &places::Places,
        reader: &reader::Reader,
    ) -> Fault {
        let mut changed = self.changed.subscribe();
        ground.known().await;
        self.skew.store(ground.skew(), Ordering::Relaxed);
        self.compared.send_replace(true);
        let mut followed = BTreeSet::new();
        let mut tails = FuturesUnordered::new();
        let mut fetches = FuturesUnordered::new();
        loop {
            changed.mark_unchanged();
            let (wanted, asked) = {
                let mut wanted = self.wanted();
                let tails: Vec<_> = wanted.tails.values().cloned().collect();
                (tails, wanted.fetches.split_off(0))
            };
            for entry in wanted {
                // By what it is and not by its number: one that took another's place is another.
                let key = Arc::as_ptr(&entry) as usize;
                if followed.insert(key) {
                    tails.push(Box::pin(async move {
                        self.follow(ground, places, reader, &entry).await;
                        key
                    }));
                }
            }
            for fetch in asked {
                fetches.push(Box::pin(fetch::answer(self, ground, reader, fetch)));
            }
            tokio::select! {
                more = changed.changed() => if more.is_err() { break },
                Some(key) = tails.next() => {
                    followed.remove(&key);
                }
                Some(()) = fetches.next() => {}
            }
        }
        std::future::pending().await
    }

    /// How a file is to be read as the user who logged in, if one is.
    fn expected(&self, ground: &Ground<'_>) -> Option<Extent> {
        let is_plain = ground.is_eager && ground.sudo != Sudo::Always;
        self.wanted().expected.filter(|_| is_plain)
    }

    async fn follow(
        &self,
        ground: &Ground<'_>,
        places: &places::Places,
        reader: &reader::Reader,
        entry: &Entry,
    ) {
        tokio::select! {
            () = entry.gone() => {}
            () = self.keep_following(ground, places, reader, entry) => {}
        }
    }

    /// Opens it again and again.
    async fn keep_following(
        &self,
        ground: &Ground<'_>,
        places: &places::Places,
        reader: &reader::Reader,
        entry: &Entry,
    ) {
        let mut pause = FIRST_PAUSE;
        loop {
            let began = tokio::time::Instant::now();
            let end = match &entry.tail.origin {
                Origin::File(path) if is_pattern(path) => {
                    // It shares the channel of what is read once.
                    paths::watch(self, ground, reader, entry, path).await
                }
                origin => {
                    if places.is_full() {
                        reader.make_room();
                    }
                    let place = match places.now(ground).await {
                        Ok(Some(place)) => Ok(place),
                        Ok(None) => {
                            let fault = words::no_channel(origin, ground.is_local);
                            self.state(entry, TailState::Waiting(fault)).await;
                            let _one_more = Crowd::new(&self.crowd);
                            Ok(places.later().await)
                        }
                        Err(fault) => Err(fault),
                    };
                    match place {
                        Ok(place) => {
                            self.state(entry, TailState::Opening).await;
                            let ground = place.ground(ground);
                            self.open(&ground, reader, entry).await
                        }
                        Err(fault) => End::Fault(fault),
                    }
                }
            };
            match end {
                End::Again => continue,
                End::Fault(fault) => self.state(entry, TailState::Waiting(fault)).await,
            }
            if began.elapsed() > LONGEST_PAUSE {
                pause = FIRST_PAUSE;
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    /// Opens it.
    async fn open(&self, ground: &Ground<'_>, reader: &reader::Reader, entry: &Entry) -> End {
        match &entry.tail.origin {
            Origin::Journal(_) | Origin::Units(_) | Origin::System => {
                journal::follow(self, ground, reader, entry).await
            }
            Origin::File(path) => file::follow(self, ground, reader, entry, path).await,
            Origin::Container(name) => container::follow(self, ground, entry, name).await,
        }
    }

    /// Tells how a tail is doing, once.
    async fn state(&self, entry: &Entry, state: TailState) {
        if entry.is_told(&state) {
            return;
        }
        self.say(entry.tail.id, Stream::State(state.clone())).await;
        entry.note_state(state);
    }

    /// Tells by what it is read, where that is not as usual.
    async fn means(&self, entry: &Entry, means: Means) {
        if means != Means::default() {
            self.say(entry.tail.id, Stream::Means(means)).await;
        }
    }

    async fn say(&self, id: TailId, stream: Stream) {
        // The console is gone: so are we, soon.
        drop(self.logs.send(Msg::Log(id, stream)).await);
    }
}

/// One that waits for a channel, as long as it does.
struct Crowd<'a>(&'a AtomicUsize);

impl<'a> Crowd<'a> {
    fn new(crowd: &'a AtomicUsize) -> Self {
        crowd.fetch_add(1, Ordering::Relaxed);
        Self(crowd)
    }
}

impl Drop for Crowd<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Why following has ended.
enum End {
    /// It is to be opened again at once.
    Again,
    /// Something is wrong.
    Fault(Fault),
}

//! Searches blocks of a log beside the screen, on as many threads as there are processors. A newer
//! question ends an older one.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};

use tokio::sync::mpsc;

use crate::model::log::search::{Scan, Scanned};
use crate::msg::Msg;

/// Blocks an answer has at most: so that the first lines are there soon.
const PART: usize = 16;
/// Threads at most.
const THREADS: usize = 8;

/// Searches.
#[derive(Clone, Default)]
pub struct Scanner {
    /// The number of the question that counts.
    current: Arc<AtomicU32>,
}

impl Scanner {
    /// Begins a search; what it finds comes as messages. Must be called within a tokio runtime.
    pub fn start(&self, scan: Scan, messages: &mpsc::Sender<Msg>) {
        self.current.store(scan.generation, Ordering::Relaxed);
        let threads = std::thread::available_parallelism().map_or(1, usize::from).min(THREADS);
        let work = Arc::new(Work {
            scan,
            next: AtomicUsize::new(0),
            running: AtomicUsize::new(threads),
            current: Arc::clone(&self.current),
        });
        for _ in 0..threads {
            let (work, messages) = (Arc::clone(&work), messages.clone());
            tokio::task::spawn_blocking(move || work.run(&messages));
        }
    }
}

struct Work {
    scan: Scan,
    /// The next block that nobody has taken.
    next: AtomicUsize,
    /// Threads that have not ended.
    running: AtomicUsize,
    current: Arc<AtomicU32>,
}

impl Work {
    fn run(&self, messages: &mpsc::Sender<Msg>) {
        let generation = self.scan.generation;
        let mut found = Vec::new();
        while self.current.load(Ordering::Relaxed) == generation {
            let next = self.next.fetch_add(1, Ordering::Relaxed);
            let Some((id, block)) = self.scan.blocks.get(next) else { break };
            found.push(Scanned {
                block: *id,
                wanted: self.scan.filter.as_ref().map(|filter| filter.lines(block, 0)),
                found: self.scan.search.as_ref().map(|pattern| pattern.lines(block, 0)),
            });
            // The newest lines are on the screen: they are told at once.
            if next == 0 || found.len() >= PART {
                let found = std::mem::take(&mut found);
                let told = messages.blocking_send(Msg::Scanned { generation, found, done: false });
                if told.is_err() {
                    return;
                }
            }
        }
        if !found.is_empty() {
            let told = messages.blocking_send(Msg::Scanned { generation, found, done: false });
            if told.is_err() {
                return;
            }
        }
        // Who ends last says so, behind all that the others have said.
        if self.running.fetch_sub(1, Ordering::AcqRel) == 1 {
            let done = Msg::Scanned { generation, found: Vec::new(), done: true };
            drop(messages.blocking_send(done));
        }
    }
}

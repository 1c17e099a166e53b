//! What outlives the console: counters of restarts, the timeline and the view. One SQLite file, so that an
//! operator can query it, written by one thread. Several consoles may share it.

mod acks;
mod counters;
mod events;
mod told;
mod view;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

use crate::model::acknowledged::{AckId, Acknowledged};
use crate::model::event::{Event, Wanted};
use crate::model::ids::{HostId, InstanceId};
use crate::model::restarts::Saved;
use crate::model::screen::View;
use crate::model::told::Told;

/// Writes that wait; a disk that hangs must not grow memory.
const QUEUE: usize = 512;
/// Events of earlier runs that the console starts with.
const RECALLED: usize = 500;

/// What can go wrong with the store.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The folder cannot be made.
    #[error("make the folder `{path}`: {source}")]
    Folder {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// SQLite refuses.
    #[error("open the store `{path}`: {source}")]
    Open {
        /// Which.
        path: PathBuf,
        /// Why.
        source: rusqlite::Error,
    },
    /// SQLite cannot read it.
    #[error("read the store `{path}`: {source}")]
    Read {
        /// Which.
        path: PathBuf,
        /// Why.
        source: rusqlite::Error,
    },
    /// The thread cannot be started.
    #[error("start the store's thread: {0}")]
    Thread(std::io::Error),
}

enum Write {
    Counters(Vec<(InstanceId, Saved)>),
    View(View),
    Events(Vec<Event>),
    Told(Vec<(HostId, Told)>),
    Ack(AckId, Option<Acknowledged>),
}

/// A handle to the thread that writes.
pub struct Store {
    writes: mpsc::SyncSender<Write>,
    thread: std::thread::JoinHandle<()>,
}

/// What an earlier run left.
#[derive(Debug, Default)]
pub struct Remembered {
    /// Counters by environment, host and service.
    pub counters: Vec<(InstanceId, Saved)>,
    /// The view.
    pub view: Option<View>,
    /// What was told of hosts.
    pub told: Vec<(HostId, Told)>,
    /// The newest events, oldest first.
    pub events: Vec<Event>,
    /// Findings that somebody has taken note of.
    pub acks: Vec<(AckId, Acknowledged)>,
}

/// Where the store is: `$XDG_STATE_HOME/quarterdeck/state.db`, `~/.local/state` if unset.
pub fn place(env: &dyn Fn(&str) -> Option<std::ffi::OsString>) -> Option<PathBuf> {
    let base = env("XDG_STATE_HOME")
        .map(PathBuf::from)
        .filter(|path| path.is_absolute())
        .or_else(|| Some(PathBuf::from(env("HOME")?).join(".local/state")))?;
    Some(base.join("quarterdeck").join("state.db"))
}

impl Store {
    /// Opens the store and reads what is there.
    pub fn open(path: &Path) -> Result<(Self, Remembered), StoreError> {
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)
                .map_err(|source| StoreError::Folder { path: folder.to_owned(), source })?;
        }
        let open = |source| StoreError::Open { path: path.to_owned(), source };
        let connection = Connection::open(path).map_err(open)?;
        prepare(&connection).map_err(open)?;
        let remembered = Remembered {
            counters: counters::read(&connection).map_err(open)?,
            view: view::read(&connection).map_err(open)?,
            told: told::read(&connection).map_err(open)?,
            events: events::read(&connection, &Wanted::default(), RECALLED).map_err(open)?,
            acks: acks::read(&connection).map_err(open)?,
        };
        let (writes, taken) = mpsc::sync_channel(QUEUE);
        let thread = std::thread::Builder::new()
            .name("store".to_owned())
            .spawn(move || write_all(connection, &taken))
            .map_err(StoreError::Thread)?;
        Ok((Self { writes, thread }, remembered))
    }

    /// Keeps counters; drops them when the disk is too slow: the next ones say the same and more.
    pub fn save_counters(&self, counters: Vec<(InstanceId, Saved)>) {
        self.write(Write::Counters(counters));
    }

    /// Keeps the view.
    pub fn save_view(&self, view: View) {
        self.write(Write::View(view));
    }

    /// Keeps events.
    pub fn record(&self, events: Vec<Event>) {
        self.write(Write::Events(events));
    }

    /// Keeps what was told of hosts.
    pub fn save_told(&self, told: Vec<(HostId, Told)>) {
        self.write(Write::Told(told));
    }

    /// Keeps that somebody has taken note of a finding, or forgets it.
    pub fn save_ack(&self, id: AckId, ack: Option<Acknowledged>) {
        self.write(Write::Ack(id, ack));
    }

    fn write(&self, write: Write) {
        if self.writes.try_send(write).is_err() {
            tracing::warn!("the store is too slow or gone; something was not kept");
        }
    }

    /// Waits until everything is written.
    pub fn close(self) {
        drop(self.writes);
        if self.thread.join().is_err() {
            tracing::error!("the store's thread ended by a fault");
        }
    }
}

fn prepare(connection: &Connection) -> rusqlite::Result<()> {
    connection.busy_timeout(Duration::from_secs(1))?;
    connection.execute_batch(
        "PRAGMA journal_mode = WAL;
         PRAGMA synchronous = NORMAL;
         CREATE TABLE IF NOT EXISTS counters (
             env TEXT NOT NULL, host TEXT NOT NULL, service TEXT NOT NULL,
             saved_at INTEGER NOT NULL, counters TEXT NOT NULL,
             PRIMARY KEY (env, host, service)
         ) STRICT;
         CREATE TABLE IF NOT EXISTS view (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;",
    )?;
    connection.execute_batch(events::TABLE)?;
    connection.execute_batch(told::TABLE)?;
    connection.execute_batch(acks::TABLE)
}

/// What waited to be written.
#[derive(Default)]
struct Batch {
    counters: BTreeMap<InstanceId, Saved>,
    view: Option<View>,
    events: Vec<Event>,
    told: BTreeMap<HostId, Told>,
    acks: BTreeMap<AckId, Option<Acknowledged>>,
}

impl Batch {
    fn write(self, connection: &mut Connection, written: &mut usize) -> rusqlite::Result<()> {
        // Events first: nothing else tells them again.
        events::write(connection, &self.events, written)?;
        counters::write(connection, self.counters)?;
        acks::write(connection, &self.acks)?;
        told::write(connection, &self.told)?;
        self.view.map_or(Ok(()), |view| view::write(connection, &view))
    }
}

/// Events of the store, oldest first, without writing anything; none where there is no store yet.
pub fn read_events(path: &Path, wanted: &Wanted, most: usize) -> Result<Vec<Event>, StoreError> {
    read_only(path, |connection| {
        if events::exist(connection)? {
            events::read(connection, wanted, most)
        } else {
            Ok(Vec::new())
        }
    })
}

/// Findings that somebody has taken note of, without writing anything; none where there is no store
/// yet.
pub fn read_acks(path: &Path) -> Result<Vec<(AckId, Acknowledged)>, StoreError> {
    read_only(
        path,
        |connection| {
            if acks::exist(connection)? { acks::read(connection) } else { Ok(Vec::new()) }
        },
    )
}

fn read_only<T>(
    path: &Path,
    reader: impl FnOnce(&Connection) -> rusqlite::Result<Vec<T>>,
) -> Result<Vec<T>, StoreError> {
    if !path.exists() {
        return Ok(Vec::new());
    }
    let read = |source| StoreError::Read { path: path.to_owned(), source };
    // Not read-only: the file beside it that says what of the log counts (`-shm`) may have to be
    // made. Nothing of ours is written.
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags).map_err(read)?;
    connection.busy_timeout(Duration::from_secs(1)).map_err(read)?;
    connection.pragma_update(None, "query_only", true).map_err(read)?;
    reader(&connection).map_err(read)
}

fn write_all(mut connection: Connection, writes: &mpsc::Receiver<Write>) {
    let mut written = 0;
    while let Ok(first) = writes.recv() {
        // What waits is written at once: only the latest view counts, and of each counter the
        // latest. So a store that another console holds delays the end by one wait, not by many.
        let mut latest = Batch::default();
        for write in std::iter::once(first).chain(writes.try_iter()) {
            match write {
                Write::Counters(more) => latest.counters.extend(more),
                Write::View(view) => latest.view = Some(view),
                Write::Events(more) => latest.events.extend(more),
                Write::Told(more) => latest.told.extend(more),
                Write::Ack(id, ack) => drop(latest.acks.insert(id, ack)),
            }
        }
        if let Err(error) = latest.write(&mut connection, &mut written) {
            tracing::error!("the store cannot be written: {error}");
        }
    }
}

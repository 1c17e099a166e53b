//! What outlives the console: counters of restarts and the view. One SQLite file, so that an
//! operator can query it, written by one thread. Several consoles may share it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::time::Duration;

use rusqlite::{Connection, OptionalExtension as _, params};
use serde::{Deserialize, Serialize};

use crate::model::ids::InstanceId;
use crate::model::restarts::{Bucket, Run, Saved};
use crate::model::screen::{Pane, SortBy, View};
use crate::model::time::Timestamp;

/// Writes that wait; a disk that hangs must not grow memory.
const QUEUE: usize = 64;

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
    /// The thread cannot be started.
    #[error("start the store's thread: {0}")]
    Thread(std::io::Error),
}

enum Write {
    Counters(Vec<(InstanceId, Saved)>),
    View(View),
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
            counters: read_counters(&connection).map_err(open)?,
            view: read_view(&connection).map_err(open)?,
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
    )
}

fn write_all(mut connection: Connection, writes: &mpsc::Receiver<Write>) {
    while let Ok(first) = writes.recv() {
        // What waits is written at once: only the latest view counts, and of each counter the
        // latest. So a store that another console holds delays the end by one wait, not by many.
        let mut view = None;
        let mut counters = BTreeMap::new();
        for write in std::iter::once(first).chain(writes.try_iter()) {
            match write {
                Write::Counters(more) => counters.extend(more),
                Write::View(latest) => view = Some(latest),
            }
        }
        let written = write_counters(&mut connection, counters)
            .and_then(|()| view.map_or(Ok(()), |view| write_view(&connection, &view)));
        if let Err(error) = written {
            tracing::error!("the store cannot be written: {error}");
        }
    }
}

fn write_counters(
    connection: &mut Connection,
    counters: BTreeMap<InstanceId, Saved>,
) -> rusqlite::Result<()> {
    if counters.is_empty() {
        return Ok(());
    }
    let now = super::clock::now().as_secs();
    let transaction = connection.transaction()?;
    {
        let mut insert = transaction.prepare_cached(
            "INSERT INTO counters (env, host, service, saved_at, counters)
             VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT DO UPDATE SET saved_at = ?4, counters = ?5",
        )?;
        for (id, saved) in counters {
            let text = serde_json::to_string(&Counters::from(saved)).unwrap_or_default();
            insert.execute(params![
                id.host.env.as_str(),
                id.host.host.as_str(),
                id.service.as_str(),
                now,
                text
            ])?;
        }
        // What nobody has watched for a quarter of a year is forgotten.
        transaction
            .execute("DELETE FROM counters WHERE saved_at < ?1", params![now - 90 * 86_400])?;
    }
    transaction.commit()
}

fn read_counters(connection: &Connection) -> rusqlite::Result<Vec<(InstanceId, Saved)>> {
    let mut select = connection.prepare("SELECT env, host, service, counters FROM counters")?;
    let rows = select.query_map([], |row| {
        let (env, host, service, text): (String, String, String, String) =
            (row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?);
        Ok((env, host, service, text))
    })?;
    let mut counters = Vec::new();
    for row in rows {
        let (env, host, service, text) = row?;
        // A row that another version wrote is as good as none.
        if let Ok(saved) = serde_json::from_str::<Counters>(&text) {
            let id = InstanceId {
                host: crate::model::ids::HostId::new(env, host),
                service: service.as_str().into(),
            };
            counters.push((id, saved.into()));
        }
    }
    Ok(counters)
}

fn write_view(connection: &Connection, view: &View) -> rusqlite::Result<()> {
    let text = serde_json::to_string(&StoredView::from(view)).unwrap_or_default();
    connection
        .execute(
            "INSERT INTO view (name, value) VALUES ('view', ?1) ON CONFLICT DO UPDATE SET value = ?1",
            params![text],
        )
        .map(|_rows| ())
}

fn read_view(connection: &Connection) -> rusqlite::Result<Option<View>> {
    let text: Option<String> = connection
        .query_row("SELECT value FROM view WHERE name = 'view'", [], |row| row.get(0))
        .optional()?;
    Ok(text.and_then(|text| serde_json::from_str::<StoredView>(&text).ok()).map(View::from))
}

#[derive(Serialize, Deserialize)]
struct Counters {
    total: u64,
    complete: bool,
    buckets: Vec<(u32, u16, u16)>,
    complete_since: Option<i64>,
    boot: String,
    n_restarts: Option<u32>,
    started: Option<u64>,
}

impl From<Saved> for Counters {
    fn from(saved: Saved) -> Self {
        Self {
            total: saved.total,
            complete: saved.total_is_complete,
            buckets: saved.buckets.iter().map(|b| (b.index, b.automatic, b.by_hand)).collect(),
            complete_since: saved.complete_since.map(Timestamp::as_micros),
            boot: saved.last.boot.into(),
            n_restarts: saved.last.n_restarts,
            started: saved.last.started,
        }
    }
}

impl From<Counters> for Saved {
    fn from(counters: Counters) -> Self {
        let bucket = |(index, automatic, by_hand)| Bucket { index, automatic, by_hand };
        Self {
            total: counters.total,
            total_is_complete: counters.complete,
            buckets: counters.buckets.into_iter().map(bucket).collect(),
            complete_since: counters.complete_since.map(Timestamp::from_micros),
            last: Run {
                boot: counters.boot.into(),
                n_restarts: counters.n_restarts,
                started: counters.started,
            },
        }
    }
}

#[derive(Serialize, Deserialize)]
struct StoredView {
    env: Option<String>,
    filter: String,
    problems_only: bool,
    sort: String,
    inverted: bool,
    zoom: bool,
    focus: String,
    theme: Option<String>,
}

impl From<&View> for StoredView {
    fn from(view: &View) -> Self {
        Self {
            env: view.env.as_ref().map(|env| env.as_str().to_owned()),
            filter: view.filter.clone(),
            problems_only: view.problems_only,
            sort: view.sort.name().to_owned(),
            inverted: view.inverted,
            zoom: view.zoom,
            focus: view.focus.name().to_owned(),
            theme: view.theme.clone(),
        }
    }
}

impl From<StoredView> for View {
    fn from(stored: StoredView) -> Self {
        Self {
            env: stored.env.map(crate::model::ids::EnvName::new),
            filter: crate::model::text::clean(&stored.filter, 256),
            problems_only: stored.problems_only,
            sort: SortBy::from_name(&stored.sort).unwrap_or_default(),
            inverted: stored.inverted,
            zoom: stored.zoom,
            focus: Pane::from_name(&stored.focus).unwrap_or_default(),
            theme: stored.theme.map(|theme| crate::model::text::clean(&theme, 64)),
        }
    }
}

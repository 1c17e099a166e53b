//! Backups of a host: copies are listed each minute. What is in the newest is looked at only when
//! it is another one, or once a day: one at a time, at idle priority, over a line of its own.

mod content;
mod listing;
mod tools;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;

use super::line::Line;
use super::serve::Shared;
use crate::model::backup::{BackupFacts, BackupSpec, Checked, Identity, Way};
use crate::model::fault::Fault;
use crate::model::host::Part;
use crate::model::ids::BackupName;
use crate::msg::HostEvent;
use crate::runtime::transport::Transport;

/// How often copies are listed.
const PACE: Duration = crate::model::backups::PACE;
/// A single reading does not wait longer for what is in a copy.
const PATIENCE: Duration = Duration::from_secs(15);

/// What was found out about copies; kept over connections, so that a link that flaps does not make
/// a host read its archives again and again.
#[derive(Default)]
pub(super) struct Memory(Mutex<BTreeMap<BackupName, BTreeMap<Identity, Checked>>>);

impl Memory {
    fn of(&self, name: &BackupName) -> BTreeMap<Identity, Checked> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(name).cloned().unwrap_or_default()
    }

    fn keep(&self, name: &BackupName, checked: Checked) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.entry(name.clone()).or_default().insert(checked.identity.clone(), checked);
    }

    /// Forgets copies that are gone.
    fn only(&self, name: &BackupName, facts: &BackupFacts) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(checks) = known.get_mut(name) {
            checks.retain(|identity, _| facts.copies.iter().any(|copy| copy.identity == *identity));
        }
    }
}

/// What the listing tells the reader of contents.
#[derive(Default)]
struct Desk {
    /// The last listing of each.
    facts: Mutex<BTreeMap<BackupName, BackupFacts>>,
    /// There is another listing.
    listed: Notify,
    /// All contents that there are to look at were looked at.
    done: Notify,
}

impl Desk {
    fn put(&self, name: &BackupName, facts: BackupFacts) {
        let mut all = self.facts.lock().unwrap_or_else(PoisonError::into_inner);
        all.insert(name.clone(), facts);
    }

    fn get(&self, name: &BackupName) -> Option<BackupFacts> {
        self.facts.lock().unwrap_or_else(PoisonError::into_inner).get(name).cloned()
    }
}

/// Looks until the connection is gone.
pub(super) async fn run(transport: &dyn Transport, shared: &Shared, memory: &Memory) -> Fault {
    let mut known = shared.facts.subscribe();
    if known.wait_for(Option::is_some).await.is_err() {
        return std::future::pending().await;
    }
    let desk = Desk::default();
    let reader = Reader { transport, shared, memory, desk: &desk, line: Line::default() };
    let settle = async {
        // A reading without any backup is over at once; else after the first look into each.
        let late = tokio::time::sleep(PATIENCE);
        tokio::select! { () = desk.done.notified() => {} () = late => {} }
        shared.reporter.say(HostEvent::Part(Part::Backups)).await;
        std::future::pending::<()>().await;
    };
    tokio::select! {
        () = reader.list_for_ever() => {}
        () = reader.look_for_ever() => {}
        () = settle => {}
    }
    std::future::pending().await
}

/// Reads the backups of one connection.
struct Reader<'a> {
    transport: &'a dyn Transport,
    shared: &'a Shared,
    memory: &'a Memory,
    desk: &'a Desk,
    /// For lists: they may take a while, and must wait for no archive.
    line: Line,
}

impl Reader<'_> {
    /// What this host should have.
    fn specs(&self) -> (Arc<[BackupSpec]>, Vec<usize>) {
        let watch = self.shared.watch.borrow();
        let mine = watch.backups.iter().enumerate();
        let mine = mine.filter(|(_, spec)| {
            spec.host == watch.host.host && !matches!(spec.way, Way::Nothing(_))
        });
        let places = mine.map(|(place, _)| place).collect();
        (Arc::clone(&watch.backups), places)
    }

    async fn report(&self, spec: &BackupSpec, read: Result<BackupFacts, Fault>) {
        let event = HostEvent::Backup(spec.name.clone(), read.map(Box::new));
        self.shared.reporter.say(event).await;
    }
}

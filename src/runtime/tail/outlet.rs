//! Where a tail's lines go: at once when there is room, else together until there is.

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use tokio::sync::mpsc;
use tokio::sync::mpsc::error::SendError;

use super::entry::{Entry, Progress};
use crate::model::log::batch::BATCH;
use crate::model::log::{Batch, Mark, Stream};
use crate::msg::Msg;

/// What is to be noted when the lines are delivered.
pub(super) trait Note {
    /// Where the batch begins and where it ends.
    fn marks(&mut self) -> (Option<Mark>, Option<Mark>);
    /// It was delivered.
    fn delivered(&mut self, progress: &mut Progress);
}

/// See the module.
pub(super) struct Outlet<'a> {
    entry: &'a Entry,
    logs: mpsc::Sender<Msg>,
    /// Our place among those who wait for room: one that is given up with each line that comes
    /// would never be ours while another host floods.
    place: Option<BoxFuture<'static, Result<mpsc::OwnedPermit<Msg>, SendError<()>>>>,
    /// Lines that wait.
    pub(super) batch: Batch,
}

impl<'a> Outlet<'a> {
    pub(super) fn new(entry: &'a Entry, logs: &mpsc::Sender<Msg>) -> Self {
        Self { entry, logs: logs.clone(), place: None, batch: Batch::default() }
    }

    /// Whether more may be read.
    pub(super) fn has_room(&self) -> bool {
        self.batch.text.len() < BATCH
    }

    /// Waits for room in the queue; for ever while there is nothing to deliver.
    pub(super) async fn room(&mut self) -> mpsc::OwnedPermit<Msg> {
        if self.batch.is_empty() {
            return std::future::pending().await;
        }
        let logs = &self.logs;
        let place = self.place.get_or_insert_with(|| logs.clone().reserve_owned().boxed());
        let granted = place.await;
        self.place = None;
        match granted {
            Ok(permit) => permit,
            // The console is gone.
            Err(_closed) => std::future::pending().await,
        }
    }

    /// Waits for room no more: something else is going to be said.
    pub(super) fn give_up_place(&mut self) {
        self.place = None;
    }

    /// Delivers if there is room now.
    pub(super) fn offer(&mut self, note: &mut (dyn Note + Send)) {
        if !self.batch.is_empty()
            && let Ok(permit) = self.logs.clone().try_reserve_owned()
        {
            self.deliver(permit, note);
        }
    }

    /// Delivers.
    pub(super) fn deliver(&mut self, permit: mpsc::OwnedPermit<Msg>, note: &mut (dyn Note + Send)) {
        self.place = None;
        let batch = std::mem::take(&mut self.batch);
        let at = batch.lines.last().map(|line| line.at);
        let (first, last) = note.marks();
        let stream = Stream::Newer { batch: Box::new(batch), first, last };
        drop(permit.send(Msg::Log(self.entry.tail.id, stream)));
        let mut progress = self.entry.progress();
        progress.at = at.or(progress.at);
        note.delivered(&mut progress);
    }

    /// Delivers what is left, however long that takes.
    pub(super) async fn flush(&mut self, note: &mut (dyn Note + Send)) {
        if !self.batch.is_empty() {
            let permit = self.room().await;
            self.deliver(permit, note);
        }
    }

    /// A line of ours.
    pub(super) fn note(&mut self, text: &str, at: i64, is_gap: bool) {
        self.batch.push_note(text, at, is_gap);
    }
}

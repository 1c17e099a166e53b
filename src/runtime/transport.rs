//! The seam between a host and all that reads it. Behind it stand ssh, this machine, and
//! simulated hosts; before it nobody can tell which.

use std::collections::BTreeSet;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite};
use tokio::sync::watch;

use crate::model::fault::{Fault, FaultKind};
use crate::model::ids::UnitName;
use crate::model::text::clean_bytes;
use crate::model::unit::UnitFacts;

/// A boxed future, so that the traits can be objects.
pub type Future<'a, T> = Pin<Box<dyn std::future::Future<Output = T> + Send + 'a>>;

/// A connected host.
pub trait Transport: Send + Sync {
    /// Starts `/bin/sh -s` there and answers its ends. It ends when the channel is dropped.
    fn shell(&self) -> Future<'_, Result<Channel, Fault>>;

    /// The same for what prints much: as much of that as may be waits between it and us.
    fn wide_shell(&self) -> Future<'_, Result<Channel, Fault>> {
        self.shell()
    }

    /// systemd's bus; `Missing` where there is none that we can reach.
    fn bus(&self) -> Future<'_, Result<Box<dyn UnitBus>, Fault>>;

    /// The remote shell by which a program of this machine, such as rsync, reaches it over this very
    /// connection: words that need no more quoting but for spaces; none where there is no such.
    fn rsh(&self) -> Option<String> {
        None
    }

    /// Runs a command there on a terminal of its own, with this process's terminal, which must be free;
    /// whether it succeeded.
    fn on_terminal<'a>(&'a self, command: &'a str) -> Future<'a, Result<bool, Fault>> {
        let fault = Fault::new(FaultKind::Missing, format!("run {command}"), "it has no terminal");
        Box::pin(std::future::ready(Err(fault)))
    }

    /// Waits until the connection is lost, and says why.
    fn lost(&self) -> Future<'_, Fault>;
}

/// systemd by its bus: readings when asked, and names of what changed since.
pub trait UnitBus: Send + Sync {
    /// From now on changes of these units are told; all loaded services where `all` is set.
    fn watch(&self, units: &[UnitName], all: bool);

    /// Reads units.
    fn read<'a>(
        &'a self,
        units: &'a [UnitName],
    ) -> Future<'a, Result<Vec<(UnitName, UnitFacts)>, Fault>>;

    /// Loaded services that are not simply down.
    fn services(&self) -> Future<'_, Result<Vec<UnitName>, Fault>>;

    /// Waits for the next changes; an error when the bus is gone.
    fn changed(&self) -> Future<'_, Result<BTreeSet<UnitName>, Fault>>;

    /// Whether systemd answers.
    fn ping(&self) -> Future<'_, Result<(), Fault>>;
}

/// A running command's ends.
pub struct Channel {
    /// What it reads.
    pub stdin: Box<dyn AsyncWrite + Send + Unpin>,
    /// What it prints.
    pub stdout: Box<dyn AsyncRead + Send + Unpin>,
    /// What it complains of.
    pub stderr: Complaints,
    /// Keeps the command; dropping it ends it.
    pub guard: Box<dyn std::any::Any + Send + Sync>,
}

/// The last words on a standard error stream, bounded and harmless.
#[derive(Clone, Default)]
pub struct Complaints {
    text: Arc<Mutex<Vec<u8>>>,
    /// Its sender is gone when the stream has ended.
    open: Option<watch::Receiver<()>>,
}

/// A stream whose program has ended has ended soon; somebody else may hold it open.
const ENDING: Duration = Duration::from_secs(1);

impl Complaints {
    /// Collects from a stream until it ends.
    pub fn collect(mut stream: impl AsyncRead + Send + Unpin + 'static) -> Self {
        let (sender, open) = watch::channel(());
        let complaints = Self { open: Some(open), ..Self::default() };
        let kept = Arc::clone(&complaints.text);
        tokio::spawn(async move {
            let _open = sender;
            let mut chunk = [0; 1024];
            while let Ok(n @ 1..) = stream.read(&mut chunk).await {
                let Ok(mut kept) = kept.lock() else { break };
                kept.extend_from_slice(chunk.get(..n).unwrap_or_default());
                let surplus = kept.len().saturating_sub(2048);
                kept.drain(..surplus);
            }
        });
        complaints
    }

    /// Waits until all of them are there: for what a program said last before it ended.
    pub async fn whole(&self) {
        if let Some(mut open) = self.open.clone() {
            let _late = tokio::time::timeout(ENDING, open.changed()).await.is_err();
        }
    }

    /// The last line; where there is none yet, it is waited for a moment: what a program complains of
    /// may come behind what it prints.
    pub async fn soon(&self) -> Option<String> {
        let whole = || self.text.lock().is_ok_and(|text| text.ends_with(b"\n"));
        let soon = async {
            while !whole() {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        let _nothing_more = tokio::time::timeout(ENDING, soon).await.is_err();
        self.last_line()
    }

    /// The last line, for a fault's detail.
    pub fn last_line(&self) -> Option<String> {
        self.last_line_but(&[])
    }

    /// The last line that does not begin with one of these.
    pub fn last_line_but(&self, but: &[&str]) -> Option<String> {
        let kept = self.text.lock().ok()?;
        let mut lines = kept.split(|b| *b == b'\n').rev().map(<[u8]>::trim_ascii);
        let line = lines.find(|line| {
            !line.is_empty() && !but.iter().any(|words| line.starts_with(words.as_bytes()))
        })?;
        Some(clean_bytes(line, 300))
    }
}

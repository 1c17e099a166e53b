//! Many shells over one channel of the connection, since an ssh server lets us have few: those
//! behind the last free one share it. What each may print before it was read here is counted, so
//! that one that floods waits on the host and the others go on.

mod ends;
mod pump;

use std::sync::Arc;
use std::time::Duration;

use tokio::io::AsyncReadExt as _;
use tokio::task::JoinSet;
use tokio::time::timeout;

use self::ends::{In, Lines, Out};
use super::words::unshared;
use crate::model::fault::{Fault, FaultKind};
use crate::probe::tail::mux::{Frame, frame, start};
use crate::runtime::collector::{MAX_NOISE, noisy};
use crate::runtime::transport::{Channel, Complaints, Future, Transport, UnitBus};

/// For starting it.
const OPENING: Duration = Duration::from_secs(20);
/// Shells at most.
const MOST: usize = 128;

/// See the module.
pub(super) struct Mux {
    lines: Arc<Lines>,
    complaints: Complaints,
    /// What passes on between the channel and its shells; it ends with us.
    _pump: JoinSet<()>,
}

/// Why there is none.
pub(super) enum NoMux {
    /// Nothing on the host can do it.
    Never,
    /// Not this time.
    Now(Fault),
}

impl From<Fault> for NoMux {
    fn from(fault: Fault) -> Self {
        Self::Now(fault)
    }
}

impl Mux {
    /// Starts it over a channel of its own.
    pub(super) async fn open(transport: &dyn Transport) -> Result<Self, NoMux> {
        timeout(OPENING, Self::start(transport)).await.map_err(|_late| {
            let detail = format!("no answer within {} s", OPENING.as_secs());
            Fault::new(FaultKind::TimedOut, "share a channel", detail)
        })?
    }

    async fn start(transport: &dyn Transport) -> Result<Self, NoMux> {
        let mut channel = transport.shell().await?;
        let word = || std::iter::repeat_with(fastrand::alphanumeric).take(20).collect::<String>();
        let (hello, nonce) = (word(), word());
        let mut came = Vec::new();
        write(&mut channel, start(&hello).as_bytes()).await?;
        let needle = format!("\x1e@@{hello} ");
        let by = loop {
            more(&mut channel, &mut came).await?;
            let found = memchr::memmem::find(&came, needle.as_bytes());
            let said = found.and_then(|at| came.get(at + needle.len()..)).unwrap_or_default();
            if let Some(end) = memchr::memchr(b'\n', said) {
                break said.get(..end).unwrap_or_default().to_vec();
            }
            if came.len() > MAX_NOISE {
                return Err(noisy().into());
            }
        };
        if by == b"none" {
            return Err(NoMux::Never);
        }
        // From here on only the program prints, and it says nothing before it has this.
        came.clear();
        write(&mut channel, format!("{nonce}\n").as_bytes()).await?;
        while frame(&nonce, &came).0 == Frame::Part {
            more(&mut channel, &mut came).await?;
        }
        let (first, length) = frame(&nonce, &came);
        if first != Frame::Printed(0, b"") {
            return Err(unshared("something else prints there").into());
        }
        came.drain(..length);
        let lines = Arc::new(Lines::default());
        let complaints = channel.stderr.clone();
        let mut pump = JoinSet::new();
        pump.spawn(pump::run(channel, nonce, came, Arc::clone(&lines)));
        Ok(Self { lines, complaints, _pump: pump })
    }

    /// Whether it has ended.
    pub(super) fn is_over(&self) -> bool {
        self.lines.is_over()
    }
}

impl Transport for Mux {
    fn shell(&self) -> Future<'_, Result<Channel, Fault>> {
        Box::pin(async {
            let number = self.lines.open(MOST).map_err(unshared)?;
            let line = Arc::new(ends::Line { lines: Arc::clone(&self.lines), number });
            Ok(Channel {
                stdin: Box::new(In(Arc::clone(&line))),
                stdout: Box::new(Out(Arc::clone(&line))),
                stderr: self.complaints.clone(),
                guard: Box::new(line),
            })
        })
    }

    fn bus(&self) -> Future<'_, Result<Box<dyn UnitBus>, Fault>> {
        Box::pin(std::future::ready(Err(unshared("no bus goes over a shared channel"))))
    }

    fn lost(&self) -> Future<'_, Fault> {
        Box::pin(std::future::pending())
    }
}

async fn write(channel: &mut Channel, bytes: &[u8]) -> Result<(), Fault> {
    use tokio::io::AsyncWriteExt as _;
    let sent = async {
        channel.stdin.write_all(bytes).await?;
        channel.stdin.flush().await
    };
    sent.await.map_err(|_closed| unshared("the channel was closed"))
}

async fn more(channel: &mut Channel, came: &mut Vec<u8>) -> Result<(), Fault> {
    if let Ok(1..) = channel.stdout.read_buf(came).await {
        return Ok(());
    }
    let said = channel.stderr.last_line();
    Err(unshared(&said.unwrap_or_else(|| "the shell on the host ended".to_owned())))
}

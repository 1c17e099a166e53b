//! A channel to the program that reads logs on a host.

use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::time::timeout;

use super::ground::How;
use crate::model::fault::{Fault, FaultKind};
use crate::probe::quote::quote_all;
use crate::probe::tail::{Piece, Secret, Splitter, become_root, program};
use crate::runtime::collector::{MAX_NOISE, noisy};
use crate::runtime::transport::{Channel, Complaints, Future, Transport};

/// For starting the shell.
const OPENING: Duration = Duration::from_secs(20);
/// For a host to take a command.
const TAKING: Duration = Duration::from_secs(10);
/// Read at once.
const CHUNK: usize = 64 * 1024;
/// The same where much comes.
const WIDE: usize = 256 * 1024;

/// A shell that is being started.
type Shell<'a> = Future<'a, Result<Channel, Fault>>;

/// See the module.
pub(super) struct Talk {
    stdin: Box<dyn AsyncWrite + Send + Unpin>,
    stdout: Box<dyn AsyncRead + Send + Unpin>,
    complaints: Complaints,
    splitter: Splitter,
    chunk: Vec<u8>,
    /// Seconds that the host's zone is ahead of UTC.
    pub(super) zone: i64,
    _guard: Box<dyn std::any::Any + Send + Sync>,
}

impl Talk {
    /// Starts the program and waits until it is ready.
    pub(super) async fn open(transport: &dyn Transport, how: How) -> Result<Self, Fault> {
        Self::open_over(transport.shell(), how).await
    }

    /// The same for what comes without a pause.
    pub(super) async fn open_wide(transport: &dyn Transport, how: How) -> Result<Self, Fault> {
        let mut talk = Self::open_over(transport.wide_shell(), how).await?;
        talk.chunk.reserve(WIDE);
        Ok(talk)
    }

    async fn open_over(shell: Shell<'_>, how: How) -> Result<Self, Fault> {
        timeout(OPENING, Self::start(shell, how)).await.map_err(|_late| {
            let detail = format!("no answer within {} s", OPENING.as_secs());
            Fault::new(FaultKind::TimedOut, "start /bin/sh", detail)
        })?
    }

    async fn start(shell: Shell<'_>, how: How) -> Result<Self, Fault> {
        let Channel { stdin, stdout, stderr, guard } = shell.await?;
        let nonce: String = std::iter::repeat_with(fastrand::alphanumeric).take(20).collect();
        let secret = Secret::new(nonce, fastrand::u64(..));
        let mut talk = Self {
            stdin,
            stdout,
            complaints: stderr,
            splitter: Splitter::new(&secret),
            chunk: Vec::with_capacity(CHUNK),
            zone: 0,
            _guard: guard,
        };
        if how == How::Sudo {
            // Nothing more before it is root's: a shell may read ahead.
            talk.write(become_root(&secret).as_bytes()).await?;
            talk.until("sudo").await?;
        }
        talk.write(program(&secret, how.word()).as_bytes()).await?;
        let ready = talk.until("ready").await?;
        talk.zone = ready.split(' ').nth(2).map_or(0, zone);
        Ok(talk)
    }

    /// Skips noise until this is said.
    async fn until(&mut self, word: &str) -> Result<String, Fault> {
        let mut noise = 0;
        let mut found = None;
        while found.is_none() {
            self.read().await?;
            self.take(&mut |piece| match piece {
                Piece::Data(bytes) => noise += bytes.len(),
                Piece::Said(words) if words.split(' ').next() == Some(word) => found = Some(words),
                Piece::Said(_) | Piece::Complaint(_) => {}
            });
            if noise > MAX_NOISE {
                return Err(noisy());
            }
        }
        Ok(found.unwrap_or_default())
    }

    /// Gives a command.
    pub(super) async fn say(&mut self, argv: &[&str]) -> Result<(), Fault> {
        if argv.iter().any(|word| word.contains(['\n', '\0'])) {
            let detail = "a name with a line feed cannot be asked for";
            return Err(Fault::new(FaultKind::Failed, "ask the host", detail));
        }
        self.write(format!("{}\n", quote_all(argv)).as_bytes()).await
    }

    async fn write(&mut self, bytes: &[u8]) -> Result<(), Fault> {
        let sent = timeout(TAKING, async {
            self.stdin.write_all(bytes).await?;
            self.stdin.flush().await
        });
        match sent.await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_closed)) => Err(self.cut("the channel was closed")),
            Err(_late) => Err(self.cut("it takes no commands")),
        }
    }

    /// Waits for more; nothing is lost when it is dropped.
    pub(super) async fn read(&mut self) -> Result<(), Fault> {
        match self.stdout.read_buf(&mut self.chunk).await {
            Ok(1..) => Ok(()),
            Ok(0) | Err(_) => Err(self.cut("the shell on the host ended")),
        }
    }

    /// Gives out what was read.
    pub(super) fn take(&mut self, take: &mut dyn FnMut(Piece<'_>)) {
        self.splitter.push(&self.chunk, take);
        self.chunk.clear();
    }

    /// What was complained of last.
    pub(super) fn complaint(&self) -> Option<String> {
        self.complaints.last_line()
    }

    fn cut(&self, what: &str) -> Fault {
        let detail = match self.complaint() {
            Some(said) => format!("{what}: {said}"),
            None => what.to_owned(),
        };
        Fault::new(FaultKind::Failed, "read a log on the host", detail)
    }
}

/// Seconds of `+0200`, as date(1) prints a zone.
fn zone(text: &str) -> i64 {
    let (sign, digits) = match text.split_at_checked(1) {
        Some(("-", digits)) => (-1, digits),
        Some(("+", digits)) => (1, digits),
        _ => return 0,
    };
    let Some((hours, minutes)) = digits.split_at_checked(2) else { return 0 };
    let number = |text: &str| text.parse::<u8>().map_or(0, i64::from);
    sign * (number(hours) * 3600 + number(minutes) * 60)
}

#[cfg(test)]
mod tests {
    #[test]
    fn zones_are_read() {
        for (text, seconds) in [("+0200", 7200), ("-0330", -12_600), ("UTC", 0), ("", 0)] {
            assert_eq!(super::zone(text), seconds, "{text}");
        }
    }
}

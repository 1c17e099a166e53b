//! Speaks with the collector on a host: one request, one framed answer. Deadlines are the
//! caller's; a request that was given up leaves the channel useless, and it must be dropped.

use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};

use super::transport::{Channel, Complaints, Transport};
use crate::model::fault::{Fault, FaultKind};
use crate::probe::collector as protocol;
use crate::probe::quote::quote;

/// Noise of a login shell that is skipped before the program is ready.
pub(super) const MAX_NOISE: usize = 1 << 20;

/// A running collector.
pub struct Collector {
    stdin: Box<dyn tokio::io::AsyncWrite + Send + Unpin>,
    stdout: BufReader<Box<dyn tokio::io::AsyncRead + Send + Unpin>>,
    complaints: Complaints,
    nonce: String,
    next: u64,
    kept: protocol::Kept,
    _guard: Box<dyn std::any::Any + Send + Sync>,
}

/// What a function printed and how it ended.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Answer {
    /// Its exit status; 124 is a time-out on the host.
    pub status: u8,
    /// Its output, invalid UTF-8 replaced.
    pub text: String,
}

impl Collector {
    /// Starts one and waits until it is ready.
    pub async fn open(transport: &dyn Transport) -> Result<Self, Fault> {
        let mut collector = Self::begin(transport).await?;
        let program = protocol::program(&collector.nonce);
        collector.start(&program).await?;
        Ok(collector)
    }

    /// Starts one that acts, with all rights on the host: its user's own, or those of `sudo -n`.
    pub async fn open_acting(transport: &dyn Transport, sudo: bool) -> Result<Self, Fault> {
        let mut collector = Self::begin(transport).await?;
        let nonce = collector.nonce.clone();
        let shell = format!("printf '\\n@@%s root\\n' {nonce}; exec /bin/sh -s");
        let otherwise =
            if sudo { format!("sudo -n /bin/sh -c {}", quote(&shell)) } else { "false".to_owned() };
        // One line, since a shell may read ahead: nothing more is sent before the other one is there.
        let line = format!(
            "if [ \"$(id -u)\" = 0 ]; then {shell}; fi; {otherwise}; printf '\\n@@%s denied\\n' {nonce}\n"
        );
        collector.send(line.as_bytes()).await?;
        let (root, denied) = (format!("@@{nonce} root"), format!("@@{nonce} denied"));
        if collector.wait_for(&[root.as_bytes(), denied.as_bytes()]).await? == 1 {
            return Err(denied_fault(sudo, collector.complaints.soon().await));
        }
        let program = crate::probe::act::program(&collector.nonce);
        collector.start(&program).await?;
        Ok(collector)
    }

    /// Begins one that is let in by sudo on a terminal; answers where that terminal's part lies on the
    /// host: a path of plain characters.
    pub async fn open_door(transport: &dyn Transport) -> Result<(Self, String), Fault> {
        let mut collector = Self::begin(transport).await?;
        let nonce = collector.nonce.clone();
        let line = format!("exec /bin/sh -c {} sh {nonce}\n", quote(crate::probe::act::PASSWORD));
        collector.send(line.as_bytes()).await?;
        let (mark, no) = (format!("@@{nonce} at "), format!("@@{nonce} no"));
        let mut noise = 0;
        loop {
            let line = collector.line().await?;
            noise += line.len();
            if line.trim_ascii_end() == no.as_bytes() {
                let said = collector.complaints.soon().await;
                return Err(Fault::new(
                    FaultKind::Denied,
                    "make a pipe in /tmp on the host, by which sudo could ask",
                    said.unwrap_or_else(|| "it failed".to_owned()),
                ));
            }
            let place = line.trim_ascii_end().strip_prefix(mark.as_bytes());
            if let Some(place) = place.and_then(|place| std::str::from_utf8(place).ok()) {
                let plain =
                    |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'/' | b'.' | b'-' | b'_');
                if place.starts_with('/') && place.len() < 200 && place.bytes().all(plain) {
                    return Ok((collector, place.to_owned()));
                }
            }
            if noise > MAX_NOISE {
                return Err(noisy());
            }
        }
    }

    /// Goes on with what sudo has let in.
    pub async fn through_door(mut self) -> Result<Self, Fault> {
        self.send(b"in\n").await?;
        let root = format!("@@{} root", self.nonce);
        self.wait_for(&[root.as_bytes()]).await?;
        let program = crate::probe::act::program(&self.nonce);
        self.start(&program).await?;
        Ok(self)
    }

    async fn begin(transport: &dyn Transport) -> Result<Self, Fault> {
        let Channel { stdin, stdout, stderr, guard } = transport.shell().await?;
        let nonce: String = std::iter::repeat_with(fastrand::alphanumeric).take(20).collect();
        Ok(Self {
            stdin,
            stdout: BufReader::with_capacity(4096, stdout),
            complaints: stderr,
            nonce,
            next: 1,
            kept: protocol::Kept::default(),
            _guard: guard,
        })
    }

    async fn start(&mut self, program: &str) -> Result<(), Fault> {
        self.send(program.as_bytes()).await?;
        let ready = protocol::ready(&self.nonce);
        self.wait_for(&[ready.as_bytes()]).await.map(|_| ())
    }

    /// Skips what login shells print before one of these lines; which it is.
    async fn wait_for(&mut self, wanted: &[&[u8]]) -> Result<usize, Fault> {
        let mut noise = 0;
        loop {
            let line = self.line().await?;
            noise += line.len();
            if let Some(place) = wanted.iter().position(|one| line.trim_ascii_end() == *one) {
                return Ok(place);
            }
            if noise > MAX_NOISE {
                return Err(noisy());
            }
        }
    }

    /// Calls a function of the program.
    pub async fn request(&mut self, argv: &[&str]) -> Result<Answer, Fault> {
        let (status, bytes) = self.request_bytes(argv).await?;
        Ok(Answer { status, text: String::from_utf8_lossy(&bytes).into_owned() })
    }

    /// Calls a function of the program; its exit status and its output as it is.
    pub async fn request_bytes(&mut self, argv: &[&str]) -> Result<(u8, Vec<u8>), Fault> {
        let id = self.next;
        self.next += 1;
        let Some(line) = self.kept.request(id, argv) else {
            return Err(Fault::new(
                FaultKind::Failed,
                "ask the host",
                "a name with a line feed cannot be asked for",
            ));
        };
        self.send(line.as_bytes()).await?;
        let mut noise = 0;
        loop {
            let line = self.line().await?;
            noise += line.len();
            match protocol::header(&self.nonce, line.trim_ascii_end()) {
                Some(header) => {
                    // The line feed behind the answer is read with it.
                    let mut body = vec![0; header.length + 1];
                    self.stdout
                        .read_exact(&mut body)
                        .await
                        .map_err(|_cut| self.cut("the answer was cut in the middle"))?;
                    if body.pop() != Some(b'\n') {
                        return Err(self.cut("an answer is longer than it says"));
                    }
                    if header.id == id {
                        return Ok((header.status, body));
                    }
                }
                None if noise > MAX_NOISE => {
                    return Err(self.cut("output that is no answer"));
                }
                None => {}
            }
        }
    }

    async fn send(&mut self, bytes: &[u8]) -> Result<(), Fault> {
        let sent = async {
            self.stdin.write_all(bytes).await?;
            self.stdin.flush().await
        };
        sent.await.map_err(|_closed| self.cut("the channel was closed"))
    }

    /// One line, with a bound: a host that prints without line feeds does not fill our memory.
    async fn line(&mut self) -> Result<Vec<u8>, Fault> {
        let mut line = Vec::new();
        let mut bounded = (&mut self.stdout).take(65_536);
        match bounded.read_until(b'\n', &mut line).await {
            Ok(1..) => Ok(line),
            Ok(0) | Err(_) => Err(self.cut("the shell on the host ended")),
        }
    }

    fn cut(&self, what: &str) -> Fault {
        let detail = match self.complaints.last_line() {
            Some(said) => format!("{what}: {said}"),
            None => what.to_owned(),
        };
        Fault::new(FaultKind::Garbled, "talk to /bin/sh on the host", detail)
            .remedy("it must let us run /bin/sh with a command's standard input")
    }
}

/// Nobody lets us act.
fn denied_fault(sudo: bool, said: Option<String>) -> Fault {
    let fault = |detail: String| Fault::new(FaultKind::Denied, "act on the host", detail);
    if sudo {
        let said = said.unwrap_or_else(|| "`sudo -n` does not work".to_owned());
        let remedy = if said.ends_with("not found") {
            "connect as root, or install sudo"
        } else {
            "let sudo ask on a terminal: `p` in the plan, or the command typed on one; or let this \
             user run /bin/sh with sudo without a password, or connect as root"
        };
        fault(format!("it needs root, and {said}")).remedy(remedy)
    } else {
        fault("it needs root, and the config says `sudo = \"never\"`".to_owned())
            .remedy("allow sudo for this host in the config, or connect as root")
    }
}

/// A login shell that prints more than [`MAX_NOISE`] before it starts ours.
pub(super) fn noisy() -> Fault {
    Fault::new(FaultKind::Garbled, "start /bin/sh", "the login shell prints without an end")
        .remedy("look at the shell's start files on the host")
}

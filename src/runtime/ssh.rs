//! Hosts over the user's own OpenSSH: its config, agent, jump hosts and known hosts. A master
//! process of ours carries all channels of a host; the openssh crate speaks with it. Nothing here
//! weakens a check of a host's key, and nothing asks on a terminal that was not given to it.

pub(super) mod classify;
mod master;
mod spawn;

use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::sync::Arc;

use openssh::{Session, Stdio};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use self::master::Master;
pub use self::spawn::Spawner;
use super::bus::Bus;
use super::transport::{Channel, Complaints, Future, Transport, UnitBus};
use crate::model::fault::{Fault, FaultKind};
use crate::runtime::collector::MAX_NOISE;

/// A connected host.
pub struct Ssh {
    session: Arc<Session>,
    master: Master,
    destination: String,
}

impl Ssh {
    /// Connects. `directory` is private to us and short enough for a socket's path. ssh `asks` on
    /// the terminal only where that has been given to it; else it never does.
    pub async fn connect(
        spawner: &Spawner,
        directory: PathBuf,
        destination: &str,
        asks: bool,
    ) -> Result<Self, Fault> {
        let master = Master::start(spawner, directory, destination, asks).await?;
        let session = Session::resume_mux(master.socket().into(), None);
        Ok(Self { session: Arc::new(session), master, destination: destination.to_owned() })
    }

    fn fault(&self, what: &str, error: &openssh::Error) -> Fault {
        let mut detail = error.to_string();
        let mut source = std::error::Error::source(error);
        while let Some(cause) = source {
            detail = format!("{detail}: {cause}");
            source = cause.source();
        }
        let what = format!("{what} on {}", self.destination);
        if detail.contains("Session open refused") {
            return Fault::new(FaultKind::Failed, what, "its sshd allows no more sessions")
                .remedy("raise MaxSessions in its sshd_config, or open fewer logs of it at once");
        }
        Fault::new(FaultKind::Failed, what, crate::model::text::clean(&detail, 300))
    }
}

/// What a pipe holds that much goes through, in bytes; others hold a quarter (pipe(7)).
const WIDE: usize = 256 * 1024;

impl Ssh {
    async fn open_shell(&self, is_wide: bool) -> Result<Channel, Fault> {
        // `exec`, so that the login shell, whichever it is, does not stay beside ours.
        let mut child = Arc::clone(&self.session)
            .arc_command("exec")
            .arg("/bin/sh")
            .arg("-s")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .await
            .map_err(|error| self.fault("start /bin/sh", &error))?;
        let (Some(stdin), Some(stdout), Some(stderr)) =
            (child.stdin().take(), child.stdout().take(), child.stderr().take())
        else {
            return Err(Fault::new(FaultKind::Failed, "start /bin/sh", "it has no streams"));
        };
        if is_wide {
            // All pipes of a user together may be a thousand times this (pipe(7)): one for each
            // host at most is so. Where it cannot be, it is as it was.
            let _as_it_was = rustix::pipe::fcntl_setpipe_size(&stdout, WIDE).is_err();
        }
        Ok(Channel {
            stdin: Box::new(stdin),
            stdout: Box::new(stdout),
            stderr: Complaints::collect(stderr),
            guard: Box::new(child),
        })
    }
}

impl Transport for Ssh {
    fn shell(&self) -> Future<'_, Result<Channel, Fault>> {
        Box::pin(self.open_shell(false))
    }

    fn wide_shell(&self) -> Future<'_, Result<Channel, Fault>> {
        Box::pin(self.open_shell(true))
    }

    fn bus(&self) -> Future<'_, Result<Box<dyn UnitBus>, Fault>> {
        Box::pin(async {
            let broken = |detail: String| {
                Fault::new(FaultKind::Failed, "start systemd-stdio-bridge", detail)
            };
            let (ours, theirs) = UnixStream::pair().map_err(|e| broken(e.to_string()))?;
            let again = theirs.try_clone().map_err(|e| broken(e.to_string()))?;
            ours.set_nonblocking(true).map_err(|e| broken(e.to_string()))?;
            let mut ours =
                tokio::net::UnixStream::from_std(ours).map_err(|e| broken(e.to_string()))?;
            // By way of a shell that says when the bridge comes: what a login shell's start files
            // print would be taken for the bus.
            let mut child = Arc::clone(&self.session)
                .arc_command("exec")
                .arg("/bin/sh")
                .arg("-s")
                .stdin(Stdio::from(OwnedFd::from(theirs)))
                .stdout(Stdio::from(OwnedFd::from(again)))
                .stderr(Stdio::piped())
                .spawn()
                .await
                .map_err(|error| self.fault("start systemd-stdio-bridge", &error))?;
            let complaints = child.stderr().take().map(Complaints::collect).unwrap_or_default();
            let nonce: String = std::iter::repeat_with(fastrand::alphanumeric).take(20).collect();
            // One line, as a shell may read ahead and nothing of the bus must go there.
            let line = format!("printf '\\n@@{nonce} ready\\n'; exec systemd-stdio-bridge\n");
            ours.write_all(line.as_bytes()).await.map_err(|e| broken(e.to_string()))?;
            skip_noise(&mut ours, format!("\n@@{nonce} ready\n").as_bytes())
                .await
                .map_err(|e| broken(complaints.last_line().unwrap_or_else(|| e.to_string())))?;
            let missing = |detail: String| {
                let detail = complaints.last_line().unwrap_or(detail);
                Fault::new(
                    FaultKind::Missing,
                    "start systemd-stdio-bridge",
                    crate::model::text::clean(&detail, 300),
                )
            };
            let guid = authenticate(&mut ours).await.map_err(|e| missing(e.to_string()))?;
            let connection = zbus::connection::Builder::authenticated_socket(ours, guid.as_str())
                .map_err(|e| missing(e.to_string()))?
                .build()
                .await
                .map_err(|e| missing(e.to_string()))?;
            // Part of the handshake that was not left to zbus.
            let bus = Some("org.freedesktop.DBus");
            connection
                .call_method(bus, "/org/freedesktop/DBus", bus, "Hello", &())
                .await
                .map_err(|e| missing(e.to_string()))?;
            let bus = Bus::new(connection, Box::new(child)).await?;
            Ok(Box::new(bus) as Box<dyn UnitBus>)
        })
    }

    fn rsh(&self) -> Option<String> {
        // Where the master is gone nothing else is connected in its place: no config is read, and no
        // host is reached but through its socket.
        let socket = self.master.socket();
        let socket = socket.to_str().filter(|path| !path.contains('"'))?;
        Some(format!(
            "ssh -F /dev/null -S \"{socket}\" -T -o ControlMaster=no -o ProxyCommand=false -o BatchMode=yes"
        ))
    }

    fn on_terminal<'a>(&'a self, command: &'a str) -> Future<'a, Result<bool, Fault>> {
        Box::pin(async move {
            // Over the master that there is, or not at all.
            let status = tokio::process::Command::new("ssh")
                .args(["-F", "/dev/null", "-q", "-tt", "-S"])
                .arg(self.master.socket())
                .args(["-o", "ControlMaster=no", "-o", "ProxyCommand=false"])
                .args(["-o", "EscapeChar=none", "--"])
                .arg(&self.destination)
                .arg(format!("exec {command}"))
                .kill_on_drop(true)
                .status();
            match status.await {
                Ok(status) => Ok(status.success()),
                Err(error) => Err(Fault::new(
                    FaultKind::Missing,
                    format!("open a terminal on {}", self.destination),
                    format!("start ssh: {error}"),
                )),
            }
        })
    }

    fn lost(&self) -> Future<'_, Fault> {
        Box::pin(self.master.ended())
    }
}

/// Longest line of the handshake.
const MAX_LINE: usize = 256;

/// The client's side of D-Bus' handshake (D-Bus specification, "Authentication Protocol"), as
/// ANONYMOUS: the bridge is on the far side of sshd, which has authenticated us. Not left to zbus,
/// whose reading of it never yields to anybody while a host prints without a line's end.
async fn authenticate(stream: &mut tokio::net::UnixStream) -> std::io::Result<String> {
    // With a trace (ours says "q"): without one sd-bus asks for it first.
    stream.write_all(b"\0AUTH ANONYMOUS 71\r\n").await?;
    let mut line = Vec::new();
    while !line.ends_with(b"\n") {
        if line.len() > MAX_LINE {
            return Err(std::io::Error::other("what it prints is no bus"));
        }
        // Byte by byte: what comes behind the line is for zbus.
        line.push(stream.read_u8().await?);
    }
    let line = String::from_utf8_lossy(&line);
    let Some(guid) = line.trim_end().strip_prefix("OK ") else {
        let said = crate::model::text::clean(line.trim_end(), 100);
        return Err(std::io::Error::other(format!("it does not let us in: {said}")));
    };
    stream.write_all(b"BEGIN\r\n").await?;
    Ok(guid.to_owned())
}

/// Reads up to a mark, behind which nothing comes before we have spoken.
async fn skip_noise(stream: &mut tokio::net::UnixStream, mark: &[u8]) -> std::io::Result<()> {
    let mut read = Vec::new();
    loop {
        if read.ends_with(mark) {
            return Ok(());
        }
        if read.len() > MAX_NOISE {
            return Err(std::io::Error::other("the login shell prints without an end"));
        }
        if stream.read_buf(&mut read).await? == 0 {
            return Err(std::io::Error::other("the shell on the host ended"));
        }
    }
}

//! One ssh master: our own child, without `-f`, so that killing it is enough.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use tokio::process::{Child, Command};
use tokio::sync::watch;

use super::classify::classify;
use super::spawn::Spawner;
use crate::model::fault::{Fault, FaultKind};

/// `ConnectTimeout` covers reaching the host, not a server that stops in the middle of the key
/// exchange.
const DEADLINE: Duration = Duration::from_secs(20);

/// Somebody who types a password or compares a fingerprint takes longer.
const PATIENCE: Duration = Duration::from_secs(300);

/// A connected master.
pub(super) struct Master {
    directory: PathBuf,
    ended: watch::Receiver<Option<Fault>>,
    /// Dropped with us; the task that waits for the child then kills it.
    _alive: tokio::sync::oneshot::Sender<()>,
}

impl Master {
    /// Starts `ssh` and waits until its socket is there.
    pub(super) async fn start(
        spawner: &Spawner,
        directory: PathBuf,
        destination: &str,
        asks: bool,
    ) -> Result<Self, Fault> {
        let tried = format!("connect to {destination}");
        let fault = |kind, detail: String| Fault::new(kind, tried.clone(), detail);
        std::fs::create_dir_all(&directory)
            .map_err(|e| fault(FaultKind::Failed, format!("{}: {e}", directory.display())))?;
        let socket = directory.join("m");
        let log = directory.join("log");
        let command = command(&socket, &log, destination, asks);
        let mut child = spawner.spawn(command, asks).await.map_err(|e| {
            fault(FaultKind::Missing, format!("start ssh: {e}"))
                .remedy("install the OpenSSH client")
        })?;
        let deadline = if asks { PATIENCE } else { DEADLINE };
        let began = tokio::time::Instant::now();
        loop {
            if socket.exists() {
                break;
            }
            if let Ok(Some(status)) = child.try_wait() {
                let said = said(&log);
                remove(&directory);
                return Err(classify(destination, &said, &status.to_string()));
            }
            if began.elapsed() > deadline {
                drop(child);
                remove(&directory);
                return Err(fault(
                    FaultKind::TimedOut,
                    format!("ssh was not through within {} s", deadline.as_secs()),
                ));
            }
            tokio::time::sleep(Duration::from_millis(4)).await;
        }
        let (report, ended) = watch::channel(None);
        let (alive, dropped) = tokio::sync::oneshot::channel();
        let destination = destination.to_owned();
        let place = directory.clone();
        tokio::spawn(async move {
            wait(child, dropped, &place, &destination, &report).await;
        });
        Ok(Self { directory, ended, _alive: alive })
    }

    /// The control socket.
    pub(super) fn socket(&self) -> PathBuf {
        self.directory.join("m")
    }

    /// Waits until the connection is lost.
    pub(super) async fn ended(&self) -> Fault {
        let mut ended = self.ended.clone();
        match ended.wait_for(Option::is_some).await {
            Ok(fault) => fault.clone(),
            Err(_closed) => None,
        }
        .unwrap_or_else(|| Fault::new(FaultKind::Unreachable, "keep the connection", "ssh ended"))
    }
}

async fn wait(
    mut child: Child,
    dropped: tokio::sync::oneshot::Receiver<()>,
    directory: &Path,
    destination: &str,
    report: &watch::Sender<Option<Fault>>,
) {
    tokio::select! {
        status = child.wait() => {
            let status = status.map_or_else(|e| e.to_string(), |s| s.to_string());
            let mut fault = classify(destination, &said(&directory.join("log")), &status);
            fault.tried = format!("keep the connection to {destination}");
            report.send_replace(Some(fault));
        }
        _gone = dropped => {
            // SIGKILL leaves nothing behind: the socket is removed here, and the server ends the
            // session when the connection closes.
            drop(child.kill().await);
        }
    }
    remove(directory);
}

fn command(socket: &Path, log: &Path, destination: &str, asks: bool) -> Command {
    let mut command = Command::new("ssh");
    command.arg("-S").arg(socket).arg("-E").arg(log).args(["-N", "-T"]);
    for option in [
        "ControlMaster=yes",
        "ControlPersist=no",
        "ConnectTimeout=5",
        "ServerAliveInterval=3",
        "ServerAliveCountMax=2",
        "LogLevel=ERROR",
        // What the user's config may say for logins is not for us.
        "RemoteCommand=none",
        "RequestTTY=no",
        "PermitLocalCommand=no",
        "ClearAllForwardings=yes",
        "ForwardAgent=no",
        "ForwardX11=no",
    ] {
        command.arg("-o").arg(option);
    }
    if !asks {
        // A question would be drawn over the screen, or wait for ever.
        command.args(["-o", "BatchMode=yes"]).env("SSH_ASKPASS_REQUIRE", "never");
    }
    command
        .arg("--")
        .arg(destination)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true);
    command
}

/// What ssh wrote into its log, bounded.
fn said(log: &Path) -> String {
    let bytes = std::fs::read(log).unwrap_or_default();
    let start = bytes.len().saturating_sub(8192);
    String::from_utf8_lossy(bytes.get(start..).unwrap_or_default()).into_owned()
}

fn remove(directory: &Path) {
    // It may be gone already, and there is nobody to tell.
    drop(std::fs::remove_dir_all(directory));
}

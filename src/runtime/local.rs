//! This machine: no ssh.

use std::process::Stdio;

use tokio::process::Command;

use super::bus::Bus;
use super::transport::{Channel, Complaints, Future, Transport, UnitBus};
use crate::model::fault::{Fault, FaultKind};

/// This machine.
pub struct Local;

impl Transport for Local {
    fn shell(&self) -> Future<'_, Result<Channel, Fault>> {
        Box::pin(async {
            let fault = |detail: String| Fault::new(FaultKind::Failed, "start /bin/sh", detail);
            let mut child = Command::new("/bin/sh")
                .arg("-s")
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .stderr(Stdio::piped())
                // Not in the terminal's foreground group: its ctrl-c is ours alone.
                .process_group(0)
                .kill_on_drop(true)
                .spawn()
                .map_err(|error| fault(error.to_string()))?;
            let (Some(stdin), Some(stdout), Some(stderr)) =
                (child.stdin.take(), child.stdout.take(), child.stderr.take())
            else {
                return Err(fault("it has no streams".to_owned()));
            };
            Ok(Channel {
                stdin: Box::new(stdin),
                stdout: Box::new(stdout),
                stderr: Complaints::collect(stderr),
                guard: Box::new(child),
            })
        })
    }

    fn bus(&self) -> Future<'_, Result<Box<dyn UnitBus>, Fault>> {
        Box::pin(async {
            // sd_booted(3): this folder is there exactly when systemd runs the machine.
            if !std::path::Path::new("/run/systemd/system").is_dir() {
                return Err(Fault::new(
                    FaultKind::Missing,
                    "reach systemd",
                    "this machine was not started by systemd",
                ));
            }
            let connection = zbus::Connection::system().await.map_err(|error| {
                Fault::new(FaultKind::Missing, "connect to the system bus", error.to_string())
            })?;
            let bus = Bus::new(connection, Box::new(())).await?;
            Ok(Box::new(bus) as Box<dyn UnitBus>)
        })
    }

    fn on_terminal<'a>(&'a self, command: &'a str) -> Future<'a, Result<bool, Fault>> {
        Box::pin(async move {
            let status = Command::new("/bin/sh").arg("-c").arg(command).kill_on_drop(true).status();
            let fault =
                |e: std::io::Error| Fault::new(FaultKind::Failed, "start /bin/sh", e.to_string());
            Ok(status.await.map_err(fault)?.success())
        })
    }

    fn rsh(&self) -> Option<String> {
        // As ssh does it: a host's name, then words that a shell takes as one command.
        Some("sh -c 'shift; eval \"$*\"' sh".to_owned())
    }

    fn lost(&self) -> Future<'_, Fault> {
        Box::pin(std::future::pending())
    }
}

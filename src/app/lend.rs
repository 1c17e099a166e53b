//! The terminal in other hands for a while: ssh's, a shell's, or the user's pager's. Hosts go on reporting.

use tokio::sync::oneshot;

use super::terminal::Tty;
use super::{App, Next, pager};
use crate::model::ids::HostId;
use crate::model::log::extract::Extract;
use crate::model::severity::Severity;
use crate::model::spec::Reach;
use crate::msg::Msg;
use crate::runtime::engine::Engine;

impl App {
    /// Gives the terminal to whom that says.
    pub(super) async fn away(&mut self, tty: &mut Tty, away: Next) -> std::io::Result<()> {
        match away {
            Next::Login(host) => {
                self.lend(tty, &format!("log in to {host}"), |engine| engine.login(&host)).await
            }
            Next::LetIn(host) => {
                let what = format!("sudo on {host} asks for your password");
                self.lend(tty, &what, |engine| engine.let_in(&host)).await
            }
            Next::Shell(host, reach) => self.shell(tty, &host, &reach).await,
            Next::Page(lines) => self.page(tty, &lines).await,
            Next::Suspend => tty.suspend(),
            Next::Go | Next::End(_) => Ok(()),
        }
    }

    /// Gives the terminal to who asks there, until it has what it needs or gives up.
    async fn lend(
        &mut self,
        tty: &mut Tty,
        what: &str,
        asks: impl FnOnce(&Engine) -> oneshot::Receiver<bool>,
    ) -> std::io::Result<()> {
        let Some(engine) = &self.engine else { return Ok(()) };
        Tty::lend(&format!("quarterdeck: {what}; ctrl-c gives up"))?;
        let mut done = asks(engine);
        let succeeded = loop {
            tokio::select! {
                // An error is an answer too: it was connected meanwhile.
                done = &mut done => break done.unwrap_or(false),
                // The hosts go on reporting.
                Some(msg) = self.messages.recv() => self.take(msg),
                Some(msg) = self.logs.recv() => self.take(msg),
            }
        };
        if !succeeded {
            // Who still types a password must not press the console's keys with it.
            let mut enter = tokio::task::spawn_blocking(Tty::wait_for_enter);
            loop {
                tokio::select! {
                    _ = &mut enter => break,
                    Some(msg) = self.messages.recv() => self.take(msg),
                    Some(msg) = self.logs.recv() => self.take(msg),
                }
            }
        }
        tty.resume()
    }

    /// Gives the terminal to a shell on a host: the user's own ssh, with all that it may ask.
    async fn shell(&mut self, tty: &mut Tty, host: &HostId, reach: &Reach) -> std::io::Result<()> {
        let mut command = match reach {
            Reach::Ssh(destination) => {
                let mut ssh = tokio::process::Command::new("ssh");
                ssh.arg("--").arg(destination);
                ssh
            }
            Reach::Local | Reach::Simulated(_) => {
                let shell = std::env::var_os("SHELL").filter(|shell| !shell.is_empty());
                tokio::process::Command::new(shell.unwrap_or_else(|| "/bin/sh".into()))
            }
        };
        Tty::lend(&format!("quarterdeck: a shell on {host}; it ends with `exit`"))?;
        let ended = {
            let ended = command.status();
            tokio::pin!(ended);
            loop {
                tokio::select! {
                    ended = &mut ended => break ended,
                    Some(msg) = self.messages.recv() => self.take(msg),
                }
            }
        };
        tty.resume()?;
        // ssh's own word for a connection that it could not make (ssh(1)).
        let said = match ended {
            Ok(status) if status.code() == Some(255) => {
                format!("ssh to {} ended with 255", host.host)
            }
            Ok(_) => return Ok(()),
            Err(error) => format!("the shell on {}: {error}", host.host),
        };
        self.take(Msg::Noticed(Severity::Warning, said));
        Ok(())
    }

    /// Gives the terminal to the user's pager. Hosts go on reporting, and wait where that is much.
    async fn page(&mut self, tty: &mut Tty, lines: &Extract) -> std::io::Result<()> {
        Tty::lend("")?;
        let shown = {
            let pager = pager::show(lines);
            tokio::pin!(pager);
            loop {
                tokio::select! {
                    shown = &mut pager => break shown,
                    Some(msg) = self.messages.recv() => self.take(msg),
                }
            }
        };
        tty.resume()?;
        if let Err(error) = shown {
            self.take(Msg::Noticed(Severity::Warning, format!("the pager: {error}")));
        }
        Ok(())
    }
}

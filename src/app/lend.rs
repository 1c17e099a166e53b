//! The terminal in other hands for a while: ssh's, a shell's, or the user's pager's. Hosts go on reporting.

use crossterm::event::{Event, EventStream, KeyCode};
use futures_util::StreamExt as _;
use tokio::sync::oneshot;

use super::signals::Signals;
use super::terminal::Tty;
use super::{App, Next, pager};
use crate::model::ids::HostId;
use crate::model::log::extract::Extract;
use crate::model::severity::Severity;
use crate::model::spec::Reach;
use crate::msg::Msg;
use crate::runtime::engine::Engine;

impl App {
    /// Gives the terminal to whom that says; the exit code where the program is to end meanwhile.
    pub(super) async fn away(
        &mut self,
        tty: &mut Tty,
        signals: &mut Signals,
        away: Next,
    ) -> std::io::Result<Option<u8>> {
        match away {
            Next::Login(host) => {
                let what = format!("log in to {host}");
                return self.lend(tty, signals, &what, |engine| engine.login(&host)).await;
            }
            Next::LetIn(host) => {
                let what = format!("sudo on {host} asks for your password");
                return self.lend(tty, signals, &what, |engine| engine.let_in(&host)).await;
            }
            Next::Shell(host, reach) => self.shell(tty, &host, &reach).await?,
            Next::Page(lines) => self.page(tty, &lines).await?,
            Next::Suspend => tty.suspend()?,
            Next::Go | Next::End(_) => {}
        }
        Ok(None)
    }

    /// Gives the terminal to who asks there, until it has what it needs or gives up.
    async fn lend(
        &mut self,
        tty: &mut Tty,
        signals: &mut Signals,
        what: &str,
        asks: impl FnOnce(&Engine) -> oneshot::Receiver<bool>,
    ) -> std::io::Result<Option<u8>> {
        let Some(engine) = &self.engine else { return Ok(None) };
        Tty::lend(&format!("quarterdeck: {what}; ctrl-c gives up"))?;
        let mut done = asks(engine);
        let succeeded = loop {
            tokio::select! {
                // An error is an answer too: it was connected meanwhile.
                done = &mut done => break done.unwrap_or(false),
                code = signals.end() => return Ok(Some(code)),
                // The hosts go on reporting.
                Some(msg) = self.messages.recv() => self.take(msg),
                Some(msg) = self.logs.recv() => self.take(msg),
            }
        };
        if !succeeded {
            // Who still types a password must not press the console's keys with it.
            Tty::ask_for_enter()?;
            let ended = self.wait_for_enter(signals).await;
            Tty::asked();
            if ended.is_some() {
                return Ok(ended);
            }
        }
        tty.resume()?;
        Ok(None)
    }

    async fn wait_for_enter(&mut self, signals: &mut Signals) -> Option<u8> {
        let mut keys = EventStream::new();
        loop {
            tokio::select! {
                key = keys.next() => match key {
                    Some(Ok(Event::Key(key))) if key.code != KeyCode::Enter => {}
                    Some(Ok(Event::Key(_)) | Err(_)) | None => return None,
                    Some(Ok(_)) => {}
                },
                code = signals.end() => return Some(code),
                Some(msg) = self.messages.recv() => self.take(msg),
                Some(msg) = self.logs.recv() => self.take(msg),
            }
        }
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

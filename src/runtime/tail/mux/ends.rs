//! The ends of the shells that share a channel, as what reads logs sees them.

use std::collections::BTreeMap;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::Notify;

/// What a shell may print before it was read here, in bytes.
pub(super) const WINDOW: usize = 256 * 1024;
/// Commands that a shell has not taken yet, in bytes.
const COMMANDS: usize = 128 * 1024;

/// All shells of a channel.
#[derive(Default)]
pub(super) struct Lines {
    state: Mutex<State>,
    /// Something is to be told to the host.
    pub(super) stir: Notify,
}

#[derive(Default)]
struct State {
    shells: BTreeMap<u32, Shell>,
    next: u32,
    is_over: bool,
}

#[derive(Default)]
struct Shell {
    is_started: bool,
    /// Nobody wants it any more.
    is_gone: bool,
    is_ended: bool,
    commands: Vec<u8>,
    printed: Vec<u8>,
    /// So much of what it printed was read.
    place: usize,
    /// Read, and not allowed anew yet.
    taken: usize,
    waker: Option<Waker>,
}

impl Lines {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn is_over(&self) -> bool {
        self.state().is_over
    }

    /// One more.
    pub(super) fn open(&self, most: usize) -> Result<u32, &'static str> {
        let mut state = self.state();
        if state.is_over {
            return Err("the channel was closed");
        }
        if state.shells.len() >= most {
            return Err("too many logs share a channel");
        }
        state.next += 1;
        let number = state.next;
        state.shells.insert(number, Shell::default());
        drop(state);
        self.stir.notify_one();
        Ok(number)
    }

    /// What is to be told to the host.
    pub(super) fn collect(&self, out: &mut Vec<u8>) {
        let mut say = |what: char, number: u32, length: usize| {
            out.extend_from_slice(format!("{what} {number} {length}\n").as_bytes());
        };
        let mut commands = Vec::new();
        let mut state = self.state();
        state.shells.retain(|number, shell| {
            if shell.is_gone {
                if shell.is_started {
                    say('c', *number, 0);
                }
                return false;
            }
            if !std::mem::replace(&mut shell.is_started, true) {
                say('o', *number, WINDOW);
            }
            if shell.taken > WINDOW / 4 {
                say('a', *number, std::mem::take(&mut shell.taken));
            }
            if !shell.commands.is_empty() {
                commands.push((*number, std::mem::take(&mut shell.commands)));
            }
            true
        });
        drop(state);
        for (number, bytes) in commands {
            // A pipe takes this much at once.
            for bytes in bytes.chunks(32 * 1024) {
                out.extend_from_slice(format!("w {number} {}\n", bytes.len()).as_bytes());
                out.extend_from_slice(bytes);
            }
        }
    }

    /// A shell printed this, or ended. Whether it may have: more than was allowed has never come
    /// from our program.
    pub(super) fn printed(&self, number: u32, bytes: &[u8]) -> bool {
        let mut state = self.state();
        // One that nobody wants any more.
        let Some(shell) = state.shells.get_mut(&number) else { return true };
        if bytes.is_empty() {
            shell.is_ended = true;
        }
        if shell.place == shell.printed.len() {
            shell.printed.clear();
            shell.place = 0;
        }
        shell.printed.extend_from_slice(bytes);
        let waiting = shell.printed.len() - shell.place + shell.taken;
        let waker = shell.waker.take();
        drop(state);
        if let Some(waker) = waker {
            waker.wake();
        }
        waiting <= WINDOW
    }

    /// The channel has ended, and all shells with it.
    pub(super) fn end(&self) {
        let mut state = self.state();
        state.is_over = true;
        let wakers: Vec<Waker> =
            state.shells.values_mut().filter_map(|shell| shell.waker.take()).collect();
        drop(state);
        wakers.into_iter().for_each(Waker::wake);
    }
}

/// A shell, as long as somebody wants it.
pub(super) struct Line {
    pub(super) lines: Arc<Lines>,
    pub(super) number: u32,
}

impl Drop for Line {
    fn drop(&mut self) {
        if let Some(shell) = self.lines.state().shells.get_mut(&self.number) {
            shell.is_gone = true;
        }
        self.lines.stir.notify_one();
    }
}

/// Where it is told what to do.
pub(super) struct In(pub(super) Arc<Line>);

impl AsyncWrite for In {
    fn poll_write(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let lines = &self.0.lines;
        let mut state = lines.state();
        let is_over = state.is_over;
        let shell = state.shells.get_mut(&self.0.number);
        let Some(shell) = shell.filter(|shell| {
            !is_over && !shell.is_ended && shell.commands.len() + bytes.len() <= COMMANDS
        }) else {
            return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()));
        };
        shell.commands.extend_from_slice(bytes);
        drop(state);
        lines.stir.notify_one();
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

/// What it prints.
pub(super) struct Out(pub(super) Arc<Line>);

impl AsyncRead for Out {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let lines = &self.0.lines;
        let mut state = lines.state();
        let is_over = state.is_over;
        let Some(shell) = state.shells.get_mut(&self.0.number) else {
            return Poll::Ready(Ok(()));
        };
        let waiting = shell.printed.get(shell.place..).unwrap_or_default();
        if waiting.is_empty() {
            if is_over || shell.is_ended {
                return Poll::Ready(Ok(()));
            }
            shell.waker = Some(cx.waker().clone());
            return Poll::Pending;
        }
        let length = waiting.len().min(buf.remaining());
        buf.put_slice(waiting.get(..length).unwrap_or_default());
        shell.place += length;
        shell.taken += length;
        let is_low = shell.taken > WINDOW / 4;
        drop(state);
        if is_low {
            lines.stir.notify_one();
        }
        Poll::Ready(Ok(()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_beyond_what_was_allowed_is_none_of_ours() {
        let lines = Lines::default();
        let number = lines.open(1).unwrap();
        assert!(lines.open(1).is_err());
        assert!(lines.printed(number, &vec![b'x'; WINDOW]));
        assert!(!lines.printed(number, b"x"));
    }

    #[test]
    fn what_is_told_says_whose_it_is_and_how_long() {
        let lines = Arc::new(Lines::default());
        let line = Line { lines: Arc::clone(&lines), number: lines.open(2).unwrap() };
        let mut out = Vec::new();
        lines.collect(&mut out);
        assert_eq!(out, format!("o 1 {WINDOW}\n").as_bytes());
        drop(line);
        out.clear();
        lines.collect(&mut out);
        lines.collect(&mut out);
        assert_eq!(out, b"c 1 0\n");
    }
}

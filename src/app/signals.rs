//! The signals that end or stop the console.

use std::io;
use std::time::Duration;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::time::Instant;

/// The signals that end or stop us.
pub(super) struct Signals {
    pub(super) terminate: Signal,
    pub(super) hangup: Signal,
    pub(super) interrupt: Signal,
    /// Until then an interrupt is not ours.
    deaf: Option<Instant>,
    pub(super) stop: Signal,
}

/// The kernel sends an interrupt to all in the terminal's foreground at once, but it is told here some
/// time later: maybe only when who it was for has ended by it.
const LATE: Duration = Duration::from_secs(1);

impl Signals {
    pub(super) fn new() -> io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            hangup: signal(SignalKind::hangup())?,
            interrupt: signal(SignalKind::interrupt())?,
            deaf: None,
            stop: signal(SignalKind::from_raw(rustix::process::Signal::TSTP.as_raw()))?,
        })
    }

    /// The exit code with which somebody wants the program to end.
    pub(super) async fn end(&mut self) -> u8 {
        tokio::select! {
            _ = self.terminate.recv() => 143,
            _ = self.hangup.recv() => 129,
        }
    }

    /// An interrupt that came meanwhile was for somebody else. Our own keys are none: in raw mode ctrl-c
    /// is a key like others.
    pub(super) fn forget_interrupt(&mut self) {
        self.deaf = Some(Instant::now() + LATE);
    }

    /// Whether an interrupt that came just now is meant for us.
    pub(super) fn is_ours(&self) -> bool {
        self.deaf.is_none_or(|until| Instant::now() >= until)
    }
}

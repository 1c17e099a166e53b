//! The signals that end or stop the console.

use std::io;

use tokio::signal::unix::{Signal, SignalKind, signal};

/// The signals that end or stop us.
pub(super) struct Signals {
    pub(super) terminate: Signal,
    pub(super) hangup: Signal,
    pub(super) interrupt: Signal,
    pub(super) stop: Signal,
}

impl Signals {
    pub(super) fn new() -> io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            hangup: signal(SignalKind::hangup())?,
            interrupt: signal(SignalKind::interrupt())?,
            stop: signal(SignalKind::from_raw(rustix::process::Signal::TSTP.as_raw()))?,
        })
    }

    /// An interrupt that came meanwhile was for somebody else.
    pub(super) fn forget_interrupt(&mut self) -> io::Result<()> {
        self.interrupt = signal(SignalKind::interrupt())?;
        Ok(())
    }
}

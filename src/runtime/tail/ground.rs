//! What a tail stands on: a connection, and what is known of its host.

use tokio::sync::watch;

use crate::model::host::HostFacts;
use crate::model::ids::UnitName;
use crate::model::spec::Sudo;
use crate::runtime::clock;
use crate::runtime::transport::Transport;

/// Channels for tails over one connection, with one that the tails beyond share. sshd allows ten
/// (`MaxSessions`), of which the console itself needs up to seven.
const CHANNELS: usize = 3;
/// The same where only logs are read: one is for what is read once, one for the bus.
const CHANNELS_ALONE: usize = 7;
/// Channels for tails of this machine.
const LOCAL_CHANNELS: usize = 64;

/// One connection of a host.
pub struct Ground<'a> {
    /// The connection.
    pub transport: &'a dyn Transport,
    /// It is this machine.
    pub is_local: bool,
    /// Nothing but logs is read over it.
    pub is_alone: bool,
    /// What will be asked is opened before it is asked. Not where that failed: a host may allow no more
    /// than one session (`MaxSessions`).
    pub is_eager: bool,
    /// Whether sudo may be used.
    pub sudo: Sudo,
    /// The host's facts, once they are known.
    pub facts: watch::Receiver<Option<HostFacts>>,
    /// Units that have changed just now.
    pub stirred: watch::Receiver<Vec<UnitName>>,
}

/// As whom something is read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum How {
    /// As the user who logged in.
    Plain,
    /// As root, by `sudo -n`.
    Sudo,
}

impl How {
    /// The program's word for it.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Sudo => "sudo",
        }
    }
}

impl<'a> Ground<'a> {
    /// The same host over a channel that is shared.
    pub(super) fn over<'b>(&self, transport: &'b dyn Transport) -> Ground<'b>
    where
        'a: 'b,
    {
        let (facts, stirred) = (self.facts.clone(), self.stirred.clone());
        Ground { transport, facts, stirred, ..*self }
    }

    /// How many tails may have a channel at one time.
    pub(super) const fn channels(&self) -> usize {
        match (self.is_local, self.is_alone) {
            (true, _) => LOCAL_CHANNELS,
            (false, true) => CHANNELS_ALONE,
            (false, false) => CHANNELS,
        }
    }

    /// Waits until the facts are known.
    pub(super) async fn known(&self) {
        let mut facts = self.facts.clone();
        if facts.wait_for(Option::is_some).await.is_err() {
            std::future::pending::<()>().await;
        }
    }

    /// How the journal can be read; none when the user has no right to.
    pub(super) fn journal(&self) -> Option<How> {
        journal_by(self.facts.borrow().as_ref()?, self.sudo)
    }

    /// How what only root may see is read, where that is allowed.
    pub(super) fn root(&self) -> Option<How> {
        let can = self.facts.borrow().as_ref().is_some_and(|facts| facts.sudo);
        (can && self.sudo != Sudo::Never).then_some(How::Sudo)
    }

    /// How a file is read first.
    pub(super) fn first(&self) -> How {
        if self.sudo == Sudo::Always { self.root().unwrap_or(How::Plain) } else { How::Plain }
    }

    /// Now, on the host's clock, in microseconds.
    pub(super) fn now(&self) -> i64 {
        clock::now().shifted(self.skew()).as_micros()
    }

    /// How far its clock is ahead of ours, in microseconds.
    pub(super) fn skew(&self) -> i64 {
        self.facts.borrow().as_ref().map_or(0, HostFacts::measured_skew)
    }

    pub(super) fn user(&self) -> String {
        self.facts.borrow().as_ref().map(|facts| facts.user.clone()).unwrap_or_default()
    }
}

/// How the journal can be read with these rights.
fn journal_by(facts: &HostFacts, policy: Sudo) -> Option<How> {
    match policy {
        Sudo::Always if facts.sudo => Some(How::Sudo),
        _ if facts.journal || &*facts.user == "root" => Some(How::Plain),
        Sudo::Auto | Sudo::Always if facts.sudo => Some(How::Sudo),
        Sudo::Auto | Sudo::Always | Sudo::Never => None,
    }
}

//! Findings that somebody has taken note of, until when, and why. This changes nothing on a host;
//! it keeps the console from ringing, and says on the screen who looks after it.

use std::collections::BTreeMap;
use std::time::Duration;

use super::finding::Key;
use super::ids::HostId;
use super::severity::Severity;
use super::text::clean;
use super::time::Timestamp;
use super::told::Found;

/// No acknowledgment lasts longer: what is known for good is silenced in the config.
pub const LONGEST: Duration = Duration::from_secs(7 * 86_400);
/// How long one lasts unless something else is typed.
pub const DEFAULT: &str = "1h";
/// Bytes of a note.
pub const NOTE_BYTES: usize = 200;

/// That somebody has taken note of a finding.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Acknowledged {
    /// Who: `user@machine` of the console.
    pub by: Box<str>,
    /// Why, in their words.
    pub note: Box<str>,
    /// When.
    pub at: Timestamp,
    /// Until when.
    pub until: Timestamp,
    /// How bad the finding was then: one that gets worse is news again.
    pub severity: Severity,
    /// Also when it gets worse, nobody wants to hear of it.
    pub mute: bool,
}

impl Acknowledged {
    /// The word for what was done.
    pub const fn word(&self) -> &'static str {
        if self.mute { "muted" } else { "acknowledged" }
    }

    /// Whether it still holds for a finding that is that bad now.
    pub fn holds(&self, severity: Severity, now: Timestamp) -> bool {
        self.until > now && (self.mute || severity.rank() <= self.severity.rank())
    }
}

/// A finding on a host, as the store names it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct AckId {
    /// Where.
    pub host: HostId,
    /// What.
    pub found: Found,
}

impl AckId {
    /// Of a finding's key.
    pub fn new(host: &HostId, key: &Key) -> Self {
        Self { host: host.clone(), found: Found::of(key) }
    }
}

/// All that hold.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Acks {
    by_finding: BTreeMap<AckId, Acknowledged>,
}

impl Acks {
    /// What somebody has said of a finding.
    pub fn get(&self, id: &AckId) -> Option<&Acknowledged> {
        self.by_finding.get(id)
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.by_finding.is_empty()
    }

    /// Takes one in, made harmless and bounded.
    pub fn insert(&mut self, id: AckId, mut ack: Acknowledged) {
        ack.note = clean(&ack.note, NOTE_BYTES).into();
        ack.by = clean(&ack.by, NOTE_BYTES).into();
        ack.until = ack.until.min(ack.at + LONGEST);
        self.by_finding.insert(id, ack);
    }

    /// Takes one back.
    pub fn remove(&mut self, id: &AckId) -> Option<Acknowledged> {
        self.by_finding.remove(id)
    }

    /// Those whose time is over, taken out.
    pub fn over(&mut self, now: Timestamp) -> Vec<(AckId, Acknowledged)> {
        let (over, left) = std::mem::take(&mut self.by_finding)
            .into_iter()
            .partition::<BTreeMap<_, _>, _>(|(_, ack)| ack.until <= now);
        self.by_finding = left;
        over.into_iter().collect()
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = (&AckId, &Acknowledged)> {
        self.by_finding.iter()
    }
}

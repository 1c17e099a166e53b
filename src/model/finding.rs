//! Findings: what is wrong, the lines that prove it, and the commands that mend it.

use std::fmt;
use std::time::Duration;

use super::acknowledged::Acknowledged;
use super::host::Host;
use super::ids::{BackupName, HostName, ServiceName};
use super::port::Protocol;
use super::rule::Rule;
use super::severity::Severity;
use super::time::Timestamp;

/// What a finding is about, on the host that has it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Subject {
    /// The host itself.
    Host,
    /// A service there.
    Service(ServiceName),
    /// A port there that belongs to no service.
    Port(Protocol, u16),
    /// A backup there.
    Backup(BackupName),
    /// A directory or a file there.
    Path(Box<str>),
    /// Where its reverse proxy sends requests: a pool's name, or an address with its port.
    Upstream(Box<str>),
}

impl Subject {
    /// The name without the host.
    pub fn name(&self) -> String {
        match self {
            Self::Host => String::new(),
            Self::Service(name) => name.to_string(),
            Self::Port(protocol, port) => format!("{port}/{}", protocol.name()),
            Self::Backup(name) => name.to_string(),
            Self::Path(name) | Self::Upstream(name) => name.to_string(),
        }
    }

    /// `host/what`, or the host alone. A path's own slash is the one between them.
    pub fn on(&self, host: &HostName) -> String {
        on_host(host, &self.name())
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.name())
    }
}

/// `host/what` for a name of something on a host, or the host alone.
pub fn on_host(host: &HostName, name: &str) -> String {
    if name.is_empty() {
        return host.to_string();
    }
    format!("{host}/{}", name.strip_prefix('/').unwrap_or(name))
}

/// What makes a finding the same one over time, on one host.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Key {
    /// The rule.
    pub rule: Rule,
    /// What it is about.
    pub subject: Subject,
}

/// A line that proves something.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Evidence {
    /// Where it was read, such as `systemctl show` or `ss`.
    pub source: Box<str>,
    /// What was read, harmless to show.
    pub text: String,
    /// When it was true, on the console's clock, where that matters.
    pub at: Option<Timestamp>,
}

/// One step of mending: a command to copy, never run by itself.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Step {
    /// The command, quoted for a shell; empty for a step that is no command.
    pub command: String,
    /// What it is for, and what it may hurt.
    pub note: String,
}

/// A diagnosis.
#[derive(Clone, PartialEq, Debug)]
pub struct Finding {
    /// Rule and subject.
    pub key: Key,
    /// How bad.
    pub severity: Severity,
    /// One sentence.
    pub summary: String,
    /// What proves it, the strongest first.
    pub evidence: Vec<Evidence>,
    /// What mends it, in order.
    pub fix: Vec<Step>,
    /// It follows from that one, which is to be mended first.
    pub because: Option<Key>,
    /// The host of the environment that has what it follows from; none is its own.
    pub elsewhere: Option<HostName>,
    /// As a cause, in the words that stand behind "because".
    pub reason: Option<String>,
    /// As a warning sign it has to hold for so long before it counts.
    pub confirm: Duration,
}

impl Finding {
    /// A finding without evidence yet.
    pub fn new(
        rule: Rule,
        subject: Subject,
        severity: Severity,
        summary: impl Into<String>,
    ) -> Self {
        Self {
            key: Key { rule, subject },
            severity,
            summary: summary.into(),
            evidence: Vec::new(),
            fix: Vec::new(),
            because: None,
            elsewhere: None,
            reason: None,
            confirm: Duration::ZERO,
        }
    }

    /// With a line that proves it.
    #[must_use]
    pub fn proof(mut self, source: &str, text: impl Into<String>) -> Self {
        self.evidence.push(Evidence { source: source.into(), text: text.into(), at: None });
        self
    }

    /// With a line that proves it and the moment when it was true.
    #[must_use]
    pub fn proof_at(
        mut self,
        source: &str,
        text: impl Into<String>,
        at: Option<Timestamp>,
    ) -> Self {
        self.evidence.push(Evidence { source: source.into(), text: text.into(), at });
        self
    }

    /// With a command that mends it.
    #[must_use]
    pub fn step(mut self, command: impl Into<String>, note: impl Into<String>) -> Self {
        self.fix.push(Step { command: command.into(), note: note.into() });
        self
    }

    /// It has to hold for so long before it counts.
    #[must_use]
    pub const fn confirmed_after(mut self, span: Duration) -> Self {
        self.confirm = span;
        self
    }

    /// With the words that stand behind "because" where something follows from it.
    #[must_use]
    pub fn as_reason(mut self, reason: impl Into<String>) -> Self {
        self.reason = Some(reason.into());
        self
    }

    /// Where its commands are to be run, and with whose rights, where the user with whom the host
    /// is read has not got them. No `sudo` stands before each: redirections would not have it.
    pub fn run_as(&self, host: &Host) -> Option<String> {
        let root = host.facts.value().is_some_and(|facts| facts.user == "root");
        let commands = self.fix.iter().any(|step| !step.command.is_empty());
        (commands && !root)
            .then(|| format!("on {} as root, such as after `sudo -i`", host.spec.name))
    }

    /// It follows from another one.
    #[must_use]
    pub fn because(mut self, rule: Rule, subject: Subject) -> Self {
        self.because = Some(Key { rule, subject });
        self
    }
}

/// A finding over time.
#[derive(Clone, PartialEq, Debug)]
pub struct Tracked {
    /// As it was found last.
    pub finding: Finding,
    /// When it was found first.
    pub since: Timestamp,
    /// Whether it counts: it held for as long as its rule asks.
    pub open: bool,
    /// Since when it is not found any more, while it is kept lest it flaps.
    pub gone_since: Option<Timestamp>,
    /// The config silences it, for that reason.
    pub silenced: Option<Box<str>>,
    /// Somebody looks after it, and wants no more noise about it for a while.
    pub acknowledged: Option<Acknowledged>,
}

impl Tracked {
    /// Whether somebody has to look at it.
    pub const fn counts(&self) -> bool {
        self.open && self.silenced.is_none()
    }
}

/// What a new look has changed.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Changed {
    /// Count from now on.
    pub opened: Vec<Finding>,
    /// Do not count any more.
    pub closed: Vec<Finding>,
}

/// A finding that is gone is kept for so long, lest one that flaps opens and closes all the time.
pub const HOLD: Duration = Duration::from_secs(3);

/// Takes a new look into what was found before.
pub fn track(known: &mut Vec<Tracked>, fresh: Vec<Finding>, now: Timestamp) -> Changed {
    let mut changed = Changed::default();
    for tracked in known.iter_mut() {
        tracked.gone_since = tracked.gone_since.or(Some(now));
    }
    for finding in fresh {
        match known.iter_mut().find(|tracked| tracked.finding.key == finding.key) {
            Some(tracked) => {
                tracked.gone_since = None;
                tracked.finding = finding;
            }
            None => known.push(Tracked {
                finding,
                since: now,
                open: false,
                gone_since: None,
                silenced: None,
                acknowledged: None,
            }),
        }
    }
    for tracked in known.iter_mut() {
        if !tracked.open
            && tracked.gone_since.is_none()
            && now.since(tracked.since) >= tracked.finding.confirm
        {
            tracked.open = true;
            changed.opened.push(tracked.finding.clone());
        }
    }
    known.retain(|tracked| {
        let gone = tracked.gone_since.is_some_and(|at| !tracked.open || now.since(at) >= HOLD);
        if gone && tracked.open {
            changed.closed.push(tracked.finding.clone());
        }
        !gone
    });
    known.sort_by(|a, b| {
        let rank = |t: &Tracked| std::cmp::Reverse(t.finding.severity.rank());
        rank(a).cmp(&rank(b)).then_with(|| a.finding.key.cmp(&b.finding.key))
    });
    changed
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(confirm: u64) -> Finding {
        Finding::new(Rule::CrashLoop, Subject::Host, Severity::Warning, "s")
            .confirmed_after(Duration::from_secs(confirm))
    }

    #[test]
    fn a_warning_sign_counts_after_a_while_and_stays_a_moment() {
        let at = Timestamp::from_secs;
        let mut known = Vec::new();
        assert_eq!(track(&mut known, vec![found(10)], at(0)), Changed::default());
        assert_eq!(track(&mut known, vec![found(10)], at(10)).opened.len(), 1);
        assert_eq!(track(&mut known, vec![], at(20)), Changed::default());
        assert!(known[0].counts());
        // It comes back before it is forgotten: nothing happened.
        assert_eq!(track(&mut known, vec![found(10)], at(22)), Changed::default());
        assert_eq!(track(&mut known, vec![], at(30)), Changed::default());
        assert_eq!(track(&mut known, vec![], at(33)).closed.len(), 1);
        assert!(known.is_empty());
    }

    #[test]
    fn one_that_never_counted_goes_without_a_word() {
        let at = Timestamp::from_secs;
        let mut known = Vec::new();
        track(&mut known, vec![found(10)], at(0));
        assert_eq!(track(&mut known, vec![], at(5)), Changed::default());
        assert!(known.is_empty());
    }
}

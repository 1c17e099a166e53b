//! Findings: what is wrong, the lines that prove it, and the commands that mend it.

use std::fmt;
use std::time::Duration;

use super::acknowledged::Acknowledged;
use super::flaps;
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
    /// When it happened, on the console's clock, where it is an event.
    pub at: Option<Timestamp>,
    /// When it was read; none for what the config says.
    pub read: Option<Timestamp>,
}

impl Evidence {
    /// The moment that belongs beside it, after a word: that of an event, where its text does not tell
    /// how long ago it was; that of a reading, where it is older than `NEW`.
    pub fn moment(&self, now: Timestamp) -> Option<(&'static str, Timestamp)> {
        match (self.at, self.read) {
            (Some(_), _) if self.text.contains(" ago") => None,
            (Some(at), _) => Some(("", at)),
            (None, read) => Some(("read ", read.filter(|read| now.since(*read) > NEW)?)),
        }
    }
}

/// A reading is new for so long.
const NEW: Duration = Duration::from_secs(60);

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
    /// Lines of the section `[Service]` that mend it, as a drop-in of its unit; empty where nothing of
    /// that kind does.
    pub setting: String,
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
            setting: String::new(),
            because: None,
            elsewhere: None,
            reason: None,
            confirm: Duration::ZERO,
        }
    }

    /// With a line that proves it.
    #[must_use]
    pub fn proof(mut self, source: &str, text: impl Into<String>) -> Self {
        self.evidence.push(Evidence {
            source: source.into(),
            text: text.into(),
            at: None,
            read: None,
        });
        self
    }

    /// With a line that proves it and the moment when that happened.
    #[must_use]
    pub fn proof_at(
        mut self,
        source: &str,
        text: impl Into<String>,
        at: Option<Timestamp>,
    ) -> Self {
        self.evidence.push(Evidence { source: source.into(), text: text.into(), at, read: None });
        self
    }

    /// With a command that mends it.
    #[must_use]
    pub fn step(mut self, command: impl Into<String>, note: impl Into<String>) -> Self {
        self.fix.push(Step { command: command.into(), note: note.into() });
        self
    }

    /// With lines of the section `[Service]` that mend it.
    #[must_use]
    pub fn mended_by(mut self, setting: impl Into<String>) -> Self {
        self.setting = setting.into();
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
    /// It comes and goes all the time: it is one incident until it is quiet.
    pub flapping: bool,
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

    /// For how long it is kept after it was found last.
    const fn hold(&self) -> Duration {
        if self.flapping { flaps::SPAN } else { HOLD }
    }

    /// It is kept although it is not so just now, which its words must not hide.
    fn fade(&mut self) {
        let finding = &mut self.finding;
        if finding.severity.rank() > Severity::Warning.rank() {
            finding.severity = Severity::Warning;
        }
        finding.summary = format!("not so just now, but it comes and goes: {}", finding.summary);
    }
}

/// What a new look has changed.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Changed {
    /// Count from now on.
    pub opened: Vec<Finding>,
    /// Do not count any more.
    pub closed: Vec<Finding>,
    /// Came or went: these, and those that are kept although they come and go.
    pub turned: Vec<Key>,
}

/// A finding that is gone is kept for so long, lest one that flaps opens and closes all the time.
pub const HOLD: Duration = Duration::from_secs(3);

/// Takes a new look into what was found before.
pub fn track(known: &mut Vec<Tracked>, fresh: Vec<Finding>, now: Timestamp) -> Changed {
    let mut changed = Changed::default();
    let there: Vec<bool> = known.iter().map(|tracked| tracked.gone_since.is_none()).collect();
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
                flapping: false,
                silenced: None,
                acknowledged: None,
            }),
        }
    }
    for (tracked, there) in known.iter_mut().zip(there.into_iter().chain(std::iter::repeat(true))) {
        let is_there = tracked.gone_since.is_none();
        if tracked.flapping && there != is_there {
            changed.turned.push(tracked.finding.key.clone());
            if !is_there {
                tracked.fade();
            }
        }
        if !tracked.open
            && tracked.gone_since.is_none()
            && now.since(tracked.since) >= tracked.finding.confirm
        {
            tracked.open = true;
            changed.opened.push(tracked.finding.clone());
        }
    }
    known.retain(|tracked| {
        let hold = tracked.hold();
        let gone = tracked.gone_since.is_some_and(|at| !tracked.open || now.since(at) >= hold);
        if gone && tracked.open {
            changed.closed.push(tracked.finding.clone());
        }
        !gone
    });
    let counted = changed.opened.iter().chain(&changed.closed);
    changed.turned.extend(counted.map(|finding| finding.key.clone()));
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
    fn an_event_has_its_moment_and_a_reading_only_when_it_is_old() {
        let at = |secs| Some(Timestamp::from_secs(secs));
        let proof =
            |text: &str, at, read| Evidence { source: "s".into(), text: text.into(), at, read };
        let now = Timestamp::from_secs(100);
        assert_eq!(proof("died", at(7), at(99)).moment(now), at(7).map(|at| ("", at)));
        assert_eq!(proof("died 93 s ago", at(7), at(99)).moment(now), None);
        assert_eq!(proof("is so", None, at(40)).moment(now), None);
        assert_eq!(proof("is so", None, at(39)).moment(now), at(39).map(|at| ("read ", at)));
        assert_eq!(proof("is declared", None, None).moment(now), None);
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

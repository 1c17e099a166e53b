//! What happened, and when: the timeline. An event is made once, from a difference between what
//! was told last and what is true now, and never changes.

use std::collections::VecDeque;
use std::time::Duration;

use super::finding::on_host;
use super::ids::{EnvName, HostId};
use super::screen::EventId;
use super::severity::Severity;
use super::text::clean;
use super::time::Timestamp;
use super::words::words;

/// Events in memory; the store keeps more.
pub const MOST: usize = 2000;
/// Lines beneath an event.
const DETAIL_LINES: usize = 12;
/// How a line beneath a finding's event begins that says what the finding follows from.
pub const BECAUSE: &str = "because: ";
/// Bytes of a line beneath an event.
const DETAIL_BYTES: usize = 400;
/// Bytes of an event's sentence.
const TEXT_BYTES: usize = 400;
/// Bytes of a name or a word in an event.
const WORD_BYTES: usize = 200;
/// As far back as one looks for what may have caused a failure.
pub const BEFORE: Duration = Duration::from_secs(3600);

words! {
    /// What happened. The words are stable: the store and JSON have them.
    EventKind;
    State "state" "a service is in another state";
    Restart "restart" "a service was started again";
    Check "check" "a check fails, or passes again";
    FindingOpened "finding-opened" "the doctor found something";
    FindingRaised "finding-raised" "a finding is worse than it was";
    FindingClosed "finding-closed" "a finding is gone";
    Link "link" "a host is not reached, or is again";
    Reboot "reboot" "a host was booted";
    Package "package" "software on a host was changed";
    Config "config" "the console's config was read again, or refused";
    Action "action" "somebody did something with the console";
    Acknowledged "acknowledged" "somebody took note of a finding, or takes it back";
}

/// Something that happened.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Event {
    /// When, on the console's clock.
    pub at: Timestamp,
    /// On which host; none is the console itself.
    pub host: Option<HostId>,
    /// What: a service, or a finding's subject; empty is the host itself.
    pub subject: Box<str>,
    /// What of it: a finding's rule, a check's name; empty where the kind says all.
    pub topic: Box<str>,
    /// What happened to it.
    pub kind: EventKind,
    /// How bad it is now.
    pub severity: Severity,
    /// The word for what was before; empty where there was none.
    pub from: Box<str>,
    /// The word for what is now.
    pub to: Box<str>,
    /// One sentence.
    pub text: String,
    /// Lines that prove it.
    pub detail: Vec<String>,
}

impl Event {
    /// An event without words and proof. Its texts are made harmless here, whatever they were.
    pub fn new(
        at: Timestamp,
        kind: EventKind,
        host: Option<HostId>,
        severity: Severity,
        text: &str,
    ) -> Self {
        Self {
            at,
            host,
            subject: Box::default(),
            topic: Box::default(),
            kind,
            severity,
            from: Box::default(),
            to: Box::default(),
            text: clean(text, TEXT_BYTES),
            detail: Vec::new(),
        }
    }

    /// About this.
    #[must_use]
    pub fn about(mut self, subject: &str, topic: &str) -> Self {
        self.subject = clean(subject, WORD_BYTES).into();
        self.topic = clean(topic, WORD_BYTES).into();
        self
    }

    /// From this to that.
    #[must_use]
    pub fn turned(mut self, from: &str, to: &str) -> Self {
        self.from = clean(from, WORD_BYTES).into();
        self.to = clean(to, WORD_BYTES).into();
        self
    }

    /// Proved by these lines, of which the first few are kept.
    #[must_use]
    pub fn proved<S: AsRef<str>>(mut self, lines: impl IntoIterator<Item = S>) -> Self {
        let left = DETAIL_LINES.saturating_sub(self.detail.len());
        self.detail
            .extend(lines.into_iter().take(left).map(|line| clean(line.as_ref(), DETAIL_BYTES)));
        self
    }

    /// What tells it from others.
    pub fn id(&self) -> EventId {
        EventId {
            at: self.at,
            host: self.host.clone(),
            kind: self.kind,
            subject: self.subject.clone(),
            topic: self.topic.clone(),
        }
    }

    /// The environment; none is the console itself.
    pub fn env(&self) -> Option<&EnvName> {
        self.host.as_ref().map(|host| &host.env)
    }

    /// `host/subject`, the host alone, or `console`.
    pub fn place(&self) -> String {
        match (&self.host, &*self.subject) {
            (None, _) => "console".to_owned(),
            (Some(id), subject) => on_host(&id.host, subject),
        }
    }

    /// Whether it says that something was started, stopped, changed or done, so that it may be
    /// the cause of what came after it. What the doctor thinks of it causes nothing.
    pub const fn is_change(&self) -> bool {
        match self.kind {
            EventKind::State
            | EventKind::Restart
            | EventKind::Check
            | EventKind::Link
            | EventKind::Reboot
            | EventKind::Package
            | EventKind::Config
            | EventKind::Action => true,
            EventKind::FindingOpened
            | EventKind::FindingRaised
            | EventKind::FindingClosed
            | EventKind::Acknowledged => false,
        }
    }
}

/// Which events.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Wanted {
    /// From then on.
    pub since: Option<Timestamp>,
    /// Of this environment.
    pub env: Option<String>,
    /// Of this host.
    pub host: Option<String>,
    /// About this.
    pub subject: Option<String>,
    /// Of one of these kinds; none is any.
    pub kinds: Vec<EventKind>,
}

impl Wanted {
    /// Whether that is one of them. What the console says of itself belongs to every environment.
    pub fn takes(&self, event: &Event) -> bool {
        let env = |wanted: &String| event.env().is_none_or(|env| env.as_str() == wanted);
        let host =
            |wanted: &String| event.host.as_ref().is_some_and(|id| id.host.as_str() == wanted);
        self.since.is_none_or(|since| event.at >= since)
            && self.env.as_ref().is_none_or(env)
            && self.host.as_ref().is_none_or(host)
            && self.subject.as_ref().is_none_or(|wanted| **wanted == *event.subject)
            && (self.kinds.is_empty() || self.kinds.contains(&event.kind))
    }
}

/// The newest events, oldest first.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Timeline {
    events: VecDeque<Event>,
}

impl Timeline {
    /// Takes an event in; the oldest goes when there are too many. One that happened earlier than
    /// others that we know of, such as while no console ran, gets its place among them.
    pub fn push(&mut self, event: Event) {
        let later = self.events.iter().rev().take_while(|known| known.at > event.at).count();
        self.events.insert(self.events.len() - later, event);
        if self.events.len() > MOST {
            self.events.pop_front();
        }
    }

    /// All of them, oldest first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Event> {
        self.events.iter()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.events.len()
    }

    /// Whether nothing happened.
    pub fn is_empty(&self) -> bool {
        self.events.is_empty()
    }

    /// Those that are wanted, oldest first.
    pub fn only<'a>(&'a self, wanted: &'a Wanted) -> impl Iterator<Item = &'a Event> {
        self.events.iter().filter(|event| wanted.takes(event))
    }

    /// What changed in the hour before something failed at `at` on a host: there, and in the rest
    /// of its environment, the nearest in time first. The failure itself is not its own cause.
    pub fn before<'a>(&'a self, host: &'a HostId, at: Timestamp) -> Vec<&'a Event> {
        let mut found: Vec<&Event> = self
            .events
            .iter()
            .rev()
            .filter(|event| event.at < at && at.since(event.at) <= BEFORE && event.is_change())
            .filter(|event| event.env().is_none_or(|env| *env == host.env))
            .collect();
        // What happened on the host itself is nearer than what happened elsewhere.
        found.sort_by_key(|event| event.host.as_ref() != Some(host));
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(secs: i64, kind: EventKind, host: &str) -> Event {
        let at = Timestamp::from_secs(secs);
        Event::new(at, kind, Some(HostId::new("production", host)), Severity::Info, "text")
    }

    #[test]
    fn the_newest_stay_and_all_stand_in_order() {
        let mut timeline = Timeline::default();
        for n in 0..MOST + 10 {
            timeline.push(event(i64::try_from(n).unwrap(), EventKind::State, "coord"));
        }
        timeline.push(event(500, EventKind::Reboot, "coord"));
        assert_eq!(timeline.len(), MOST);
        let times: Vec<Timestamp> = timeline.iter().map(|event| event.at).collect();
        assert!(times.is_sorted());
        assert_eq!(times[0], Timestamp::from_secs(11));
    }

    #[test]
    fn texts_are_harmless_and_bounded() {
        let event = event(0, EventKind::State, "coord")
            .about("a\x1b[2Jb", "t")
            .turned("\u{202e}", "x")
            .proved((0..50).map(|n| format!("{n}\x07{}", "x".repeat(5000))));
        assert_eq!(&*event.subject, "a\\x1b[2Jb");
        assert_eq!(&*event.from, "\\u{202e}");
        assert_eq!(event.detail.len(), DETAIL_LINES);
        assert!(event.detail.iter().all(|line| line.len() < 420 && !line.contains('\x07')));
    }

    #[test]
    fn what_came_before_a_failure_is_nearest_first_and_no_finding() {
        let mut timeline = Timeline::default();
        timeline.push(event(0, EventKind::Package, "coord"));
        timeline.push(event(4000, EventKind::Package, "coord"));
        timeline.push(event(4100, EventKind::Link, "web"));
        timeline.push(event(4200, EventKind::FindingOpened, "coord"));
        timeline.push(event(4300, EventKind::Reboot, "coord"));
        timeline.push(event(4500, EventKind::State, "coord"));
        let host = HostId::new("production", "coord");
        let before = timeline.before(&host, Timestamp::from_secs(4500));
        let kinds: Vec<EventKind> = before.iter().map(|event| event.kind).collect();
        assert_eq!(kinds, [EventKind::Reboot, EventKind::Package, EventKind::Link]);
    }

    #[test]
    fn names_and_kinds_are_one_to_one() {
        for kind in EventKind::ALL {
            assert_eq!(EventKind::from_name(kind.name()), Some(*kind));
        }
    }

    #[test]
    fn only_what_is_wanted() {
        let wanted = Wanted {
            since: Some(Timestamp::from_secs(10)),
            env: Some("production".to_owned()),
            host: Some("coord".to_owned()),
            subject: None,
            kinds: vec![EventKind::Link],
        };
        assert!(wanted.takes(&event(10, EventKind::Link, "coord")));
        assert!(!wanted.takes(&event(9, EventKind::Link, "coord")));
        assert!(!wanted.takes(&event(10, EventKind::State, "coord")));
        assert!(!wanted.takes(&event(10, EventKind::Link, "web")));
    }
}

//! What deserves somebody's attention even when nobody looks at the screen: changes for the worse,
//! each told once.

use std::collections::BTreeMap;
use std::time::Duration;

use super::event::{Event, EventKind};
use super::ids::HostId;
use super::severity::Severity;
use super::time::Timestamp;

/// What was called out is not called out again for so long, however often it comes and goes.
const QUIET: Duration = Duration::from_secs(300);
/// What is well again and fails once more within this only flaps.
const FLAPS: Duration = Duration::from_secs(60);
/// Things called out within that time; beyond it everybody is awake.
const MOST: usize = 1000;

/// How the terminal calls somebody.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Notify {
    /// Not at all.
    #[default]
    Off,
    /// With its bell (BEL).
    Bell,
    /// With a notification of the desktop (OSC 9, as in iTerm2), and the bell.
    Osc9,
}

impl Notify {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Off, Self::Bell, Self::Osc9];

    /// The word in the config.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Bell => "bell",
            Self::Osc9 => "osc9",
        }
    }
}

/// What was called out lately: a host's service or other subject, and when.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Alarms {
    last: BTreeMap<(HostId, Box<str>), Timestamp>,
}

impl Alarms {
    /// Whether an event is worth a call: it is bad, and nothing else about the same thing was
    /// called out in the last minutes.
    pub fn is_news(&mut self, event: &Event, now: Timestamp) -> bool {
        let Some(host) = event.host.clone() else { return false };
        self.last.retain(|_, at| now.since(*at) < QUIET);
        let key = (host, event.subject.clone());
        if event.kind == EventKind::State && event.severity == Severity::Ok {
            // It was well in between: the next failure is another one, unless it flaps.
            if self.last.get(&key).is_some_and(|at| now.since(*at) >= FLAPS) {
                self.last.remove(&key);
            }
            return false;
        }
        if !is_bad(event) {
            return false;
        }
        if self.last.contains_key(&key) || self.last.len() >= MOST {
            return false;
        }
        self.last.insert(key, now);
        true
    }
}

fn is_bad(event: &Event) -> bool {
    match event.kind {
        EventKind::State
        | EventKind::Check
        | EventKind::FindingOpened
        | EventKind::FindingRaised => event.severity == Severity::Critical,
        // A host that is not reached may be fine; nobody knows.
        EventKind::Link => event.severity.is_problem(),
        EventKind::Restart
        | EventKind::FindingClosed
        | EventKind::Reboot
        | EventKind::Package
        | EventKind::Config
        | EventKind::Action
        | EventKind::Acknowledged => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(kind: EventKind, severity: Severity, subject: &str) -> Event {
        let host = HostId::new("production", "coord");
        Event::new(Timestamp::from_secs(0), kind, Some(host), severity, "x").about(subject, "")
    }

    #[test]
    fn a_change_for_the_worse_is_called_out_once() {
        let mut alarms = Alarms::default();
        let bad = event(EventKind::State, Severity::Critical, "api");
        let at = Timestamp::from_secs(1000);
        assert!(alarms.is_news(&bad, at));
        let found = event(EventKind::FindingOpened, Severity::Critical, "api");
        assert!(!alarms.is_news(&found, at + Duration::from_secs(2)));
        assert!(alarms.is_news(&event(EventKind::State, Severity::Critical, "db"), at));
        assert!(alarms.is_news(&bad, at + QUIET));
    }

    #[test]
    fn a_second_outage_is_called_out_and_a_flap_is_not() {
        let mut alarms = Alarms::default();
        let at = Timestamp::from_secs(1000);
        let bad = event(EventKind::State, Severity::Critical, "api");
        let well = event(EventKind::State, Severity::Ok, "api");
        assert!(alarms.is_news(&bad, at));
        assert!(!alarms.is_news(&well, at + Duration::from_secs(20)));
        assert!(!alarms.is_news(&bad, at + Duration::from_secs(25)));
        assert!(!alarms.is_news(&well, at + Duration::from_secs(90)));
        assert!(alarms.is_news(&bad, at + Duration::from_secs(100)));
    }

    #[test]
    fn what_is_no_worse_is_not_called_out() {
        let mut alarms = Alarms::default();
        for (kind, severity) in [
            (EventKind::State, Severity::Ok),
            (EventKind::State, Severity::Warning),
            (EventKind::FindingClosed, Severity::Critical),
            (EventKind::Restart, Severity::Critical),
        ] {
            assert!(!alarms.is_news(&event(kind, severity, "api"), Timestamp::from_secs(9)));
        }
        let lost = event(EventKind::Link, Severity::Unknown, "");
        assert!(alarms.is_news(&lost, Timestamp::from_secs(9)));
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let mut alarms = Alarms::default();
        let at = Timestamp::from_secs(9);
        for n in 0..MOST + 10 {
            let one = event(EventKind::State, Severity::Critical, &format!("s{n}"));
            assert_eq!(alarms.is_news(&one, at), n < MOST);
        }
    }
}

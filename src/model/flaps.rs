//! Findings that come and go all the time: one incident, not one each time.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use super::finding::{Changed, Key};
use super::time::Timestamp;

/// As far back as turns count, and as long as it has to be quiet until it is over.
pub const SPAN: Duration = Duration::from_secs(1800);
/// More turns than that within it are flapping; to come and to go are a turn each.
pub const MOST: usize = 4;
/// As many of a host are remembered; the rest is not called flapping.
const KEPT: usize = 500;

/// What of a host's findings comes and goes.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Flaps {
    turns: BTreeMap<Key, Turns>,
}

/// When one came and went lately, the oldest first, and whether that was too often. That stays so until
/// it is quiet, however long ago the turns were that made it so.
#[derive(Clone, PartialEq, Debug, Default)]
struct Turns {
    last: VecDeque<Timestamp>,
    flapping: bool,
}

impl Turns {
    fn note(&mut self, now: Timestamp) {
        self.last.push_back(now);
        if self.last.len() > MOST {
            let oldest = self.last.pop_front();
            self.flapping |= oldest.is_some_and(|at| now.since(at) < SPAN);
        }
    }

    fn is_quiet(&self, now: Timestamp) -> bool {
        self.last.back().is_none_or(|at| now.since(*at) >= SPAN)
    }
}

impl Flaps {
    /// Takes in what a look has changed.
    pub fn note(&mut self, changed: &Changed, now: Timestamp) {
        self.turns.retain(|_, turns| !turns.is_quiet(now));
        for key in &changed.turned {
            if self.turns.len() < KEPT || self.turns.contains_key(key) {
                self.turns.entry(key.clone()).or_default().note(now);
            }
        }
    }

    /// Whether it comes and goes all the time.
    pub fn has(&self, key: &Key) -> bool {
        self.turns.get(key).is_some_and(|turns| turns.flapping)
    }
}

#[cfg(test)]
mod tests {
    use super::super::finding::{Finding, HOLD, Subject, Tracked, track};
    use super::super::rule::Rule;
    use super::super::severity::Severity;
    use super::*;

    /// One look, as the reducer takes it in.
    fn look(known: &mut Vec<Tracked>, flaps: &mut Flaps, there: bool, now: Timestamp) -> Changed {
        let finding = Finding::new(Rule::HealthFailing, Subject::Host, Severity::Critical, "fails");
        let changed = track(known, there.then_some(finding).into_iter().collect(), now);
        flaps.note(&changed, now);
        for tracked in known {
            tracked.flapping = flaps.has(&tracked.finding.key);
        }
        changed
    }

    #[test]
    fn what_comes_and_goes_is_one_incident_until_it_is_quiet() {
        let (mut known, mut flaps) = (Vec::new(), Flaps::default());
        let mut now = Timestamp::from_secs(1_000);
        let (mut opened, mut closed) = (0, 0);
        for _ in 0..20 {
            for there in [true, false, false] {
                let changed = look(&mut known, &mut flaps, there, now);
                opened += changed.opened.len();
                closed += changed.closed.len();
                now = now + HOLD;
            }
        }
        assert_eq!((opened, closed), (3, 2), "twice it was gone; the third time is the incident");
        let held = known.first().unwrap();
        assert!(held.flapping && held.counts());
        assert_eq!(held.finding.severity, Severity::Warning, "it does not hurt now");
        assert_eq!(held.finding.summary, "not so just now, but it comes and goes: fails");
        look(&mut known, &mut flaps, true, now);
        let back = known.first().unwrap();
        assert_eq!((back.finding.severity, &*back.finding.summary), (Severity::Critical, "fails"));
        // However often it is looked at meanwhile, it is over after half an hour of quiet and not before.
        now = now + HOLD;
        let gone = now;
        while now.since(gone) < SPAN {
            let changed = look(&mut known, &mut flaps, false, now);
            assert_eq!(changed.closed, [], "after {:?}", now.since(gone));
            assert!(known.first().is_some_and(|held| held.flapping), "{:?}", now.since(gone));
            now = now + Duration::from_secs(7);
        }
        assert_eq!(look(&mut known, &mut flaps, false, now).closed.len(), 1);
        assert_eq!(known, []);
        // The next time is another one.
        look(&mut known, &mut flaps, true, now + HOLD);
        assert!(known.first().is_some_and(|anew| !anew.flapping));
    }

    #[test]
    fn it_stays_one_incident_for_as_long_as_it_goes_on_and_until_it_holds() {
        let (mut known, mut flaps) = (Vec::new(), Flaps::default());
        let mut now = Timestamp::from_secs(1_000);
        let mut told = 0;
        // Two hours, a turn each five minutes, a look each ten seconds.
        for turn in 0..24 {
            for _ in 0..30 {
                let changed = look(&mut known, &mut flaps, turn % 2 == 0, now);
                told += changed.opened.len() + changed.closed.len();
                now = now + Duration::from_secs(10);
            }
        }
        assert_eq!(told, 5, "the fifth turn makes it an incident");
        assert!(known.first().is_some_and(|held| held.flapping));
        // It comes, and stays so.
        for _ in 0..=SPAN.as_secs() / 10 {
            assert!(known.first().is_some_and(|held| held.flapping));
            look(&mut known, &mut flaps, true, now);
            now = now + Duration::from_secs(10);
        }
        let held = known.first().unwrap();
        assert!(!held.flapping && held.counts(), "it just is so");
        look(&mut known, &mut flaps, false, now);
        assert_eq!(look(&mut known, &mut flaps, false, now + HOLD).closed.len(), 1);
    }

    #[test]
    fn what_fails_now_and_then_is_an_incident_each_time() {
        let (mut known, mut flaps) = (Vec::new(), Flaps::default());
        let mut closed = 0;
        for minute in 0..60 {
            let now = Timestamp::from_secs(1_000 + minute * 60);
            closed += look(&mut known, &mut flaps, minute % 18 == 0, now).closed.len();
            closed += look(&mut known, &mut flaps, false, now + HOLD).closed.len();
        }
        assert!(closed >= 3, "{closed}");
    }
}

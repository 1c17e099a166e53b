//! What health checks said, over time, and the verdict on each.

use std::collections::VecDeque;
use std::time::Duration;

use super::check::CheckSpec;
use super::severity::Severity;
use super::time::Timestamp;

/// Why a check did not pass.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Hash)]
pub enum Why {
    /// Nobody listens there.
    Refused,
    /// No answer, or no whole one, in time.
    TimedOut,
    /// The name leads nowhere.
    Unresolved,
    /// The certificate is not trusted, or there is no secure connection for another reason.
    Tls,
    /// Another status than expected.
    Status,
    /// The answer does not say what it has to.
    Content,
    /// The stream gave no event.
    NoEvent,
    /// Another trouble on the way.
    Broken,
}

/// How one try ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// As it has to be.
    Passed,
    /// Not so.
    Failed(Why),
    /// It could not be tried; why stands in the detail.
    Unknown,
}

/// One try of a check.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CheckReading {
    /// How it ended.
    pub outcome: Outcome,
    /// How long it took, where that was measured.
    pub latency: Option<Duration>,
    /// In a few words: the status, or what is wrong.
    pub detail: Box<str>,
    /// The beginning of the answer, where it says more.
    pub excerpt: Box<str>,
}

impl CheckReading {
    /// A try that could not be made.
    pub fn unknown(detail: impl Into<Box<str>>) -> Self {
        Self {
            outcome: Outcome::Unknown,
            latency: None,
            detail: detail.into(),
            excerpt: Box::default(),
        }
    }
}

/// The verdict on a check, as in `status --json`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Hash)]
pub enum CheckState {
    /// As it has to be.
    Passing,
    /// Not asked often enough yet to know.
    Pending,
    /// Not as it has to be, several times in a row.
    Failing,
    /// It cannot be asked, or was not for too long.
    Unknown,
}

impl CheckState {
    /// The word in JSON and on the screen.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Passing => "passing",
            Self::Pending => "pending",
            Self::Failing => "failing",
            Self::Unknown => "unknown",
        }
    }

    /// How bad that is for a service that runs.
    pub const fn severity(self) -> Severity {
        match self {
            Self::Passing => Severity::Ok,
            Self::Pending => Severity::Info,
            Self::Failing => Severity::Critical,
            Self::Unknown => Severity::Unknown,
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Point {
    at: Timestamp,
    passed: bool,
    /// It says something of a service that should have answered.
    counts: bool,
    /// `u32::MAX` where it was not measured.
    micros: u32,
}

/// Tries that are kept: a quarter of an hour at the usual pace.
const KEPT: usize = 128;
/// Shares and percentiles look back so far.
const WINDOW: Duration = Duration::from_secs(900);
/// News of a stop may come so much later than the failures that it made.
const LATE: Duration = Duration::from_secs(10);
/// Of fewer tries no share is made.
const ENOUGH: usize = 20;

/// A check over time.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct CheckLog {
    points: VecDeque<Point>,
    last: Option<(Timestamp, CheckReading)>,
    /// Failures in a row, up to now.
    streak: u32,
    /// Decided: failing or not; and since when.
    decided: Option<(bool, Timestamp)>,
    /// Until when the certificate is valid, and when that was read.
    certificate: Option<(Timestamp, Timestamp)>,
}

impl CheckLog {
    /// Takes a try.
    pub fn push(&mut self, spec: &CheckSpec, reading: CheckReading, now: Timestamp) {
        let began = match &self.last {
            // Failing since the first failure of the row, not since it counts.
            Some((at, last)) if self.streak > 0 && matches!(last.outcome, Outcome::Failed(_)) => {
                self.points.iter().rev().take_while(|p| !p.passed).last().map_or(*at, |p| p.at)
            }
            _ => now,
        };
        match reading.outcome {
            Outcome::Passed => {
                self.streak = 0;
                if self.decided.is_none_or(|(failing, _)| failing) {
                    self.decided = Some((false, now));
                }
            }
            Outcome::Failed(_) => {
                self.streak = self.streak.saturating_add(1);
                let counts = self.streak >= spec.retries.max(1);
                if counts && self.decided.is_none_or(|(failing, _)| !failing) {
                    self.decided = Some((true, began));
                }
            }
            Outcome::Unknown => {}
        }
        if reading.outcome != Outcome::Unknown {
            let micros = reading
                .latency
                .map_or(u32::MAX, |l| u32::try_from(l.as_micros()).unwrap_or(u32::MAX - 1));
            if self.points.len() >= KEPT {
                self.points.pop_front();
            }
            let passed = reading.outcome == Outcome::Passed;
            self.points.push_back(Point { at: now, passed, counts: true, micros });
        }
        self.last = Some((now, reading));
    }

    /// The service does not run or has just begun: that it fails now, or did just before that was
    /// known, is no sign of one that answers now and then only.
    pub fn forgive(&mut self, now: Timestamp) {
        for point in self.points.iter_mut().rev().take_while(|p| now.since(p.at) <= LATE) {
            point.counts = point.passed;
        }
    }

    /// Takes until when the certificate is valid.
    pub const fn certify(&mut self, until: Timestamp, now: Timestamp) {
        self.certificate = Some((until, now));
    }

    /// Until when the certificate is valid; nothing that was read more than a day ago.
    pub fn certificate(&self, now: Timestamp) -> Option<Timestamp> {
        let (until, read) = self.certificate?;
        (now.since(read) < Duration::from_secs(86_400)).then_some(until)
    }

    /// The verdict at `now`, given that the way there is open.
    pub fn state(&self, spec: &CheckSpec, now: Timestamp) -> CheckState {
        let Some((at, last)) = &self.last else { return CheckState::Pending };
        if last.outcome == Outcome::Unknown || now.since(*at) > patience(spec) {
            return CheckState::Unknown;
        }
        match self.decided {
            Some((true, _)) if self.streak > 0 => CheckState::Failing,
            Some((false, _)) if self.streak == 0 => CheckState::Passing,
            Some(_) | None => CheckState::Pending,
        }
    }

    /// Since when it is failing, or passing.
    pub fn since(&self) -> Option<Timestamp> {
        self.decided.map(|(_, at)| at)
    }

    /// The last try, and when it was.
    pub fn last(&self) -> Option<(Timestamp, &CheckReading)> {
        self.last.as_ref().map(|(at, reading)| (*at, reading))
    }

    /// 95 of 100 answers of the last quarter of an hour came within this; none of too few.
    pub fn p95(&self, now: Timestamp) -> Option<Duration> {
        let mut all: Vec<u32> =
            self.recent(now).map(|point| point.micros).filter(|n| *n < u32::MAX).collect();
        if all.len() < ENOUGH {
            return None;
        }
        all.sort_unstable();
        let place = (all.len() * 95).div_ceil(100).saturating_sub(1);
        all.get(place).map(|n| Duration::from_micros(u64::from(*n)))
    }

    /// Whether [`Self::p95`] is longer than this, without putting answers in order.
    pub fn is_slower(&self, limit: Duration, now: Timestamp) -> bool {
        let limit = u32::try_from(limit.as_micros()).unwrap_or(u32::MAX - 1).min(u32::MAX - 1);
        let (within, all) = self.recent(now).fold((0_usize, 0_usize), |(within, all), point| {
            let measured = usize::from(point.micros < u32::MAX);
            (within + usize::from(point.micros <= limit), all + measured)
        });
        all >= ENOUGH && within < (all * 95).div_ceil(100)
    }

    /// The share of tries that failed in the last quarter of an hour, in percent; none of too few.
    pub fn failing_percent(&self, now: Timestamp) -> Option<f64> {
        let (failed, all) = self.failed_tries(now)?;
        Some(failed as f64 * 100.0 / all as f64)
    }

    /// How many tries failed in the last quarter of an hour, and of how many; none of too few.
    /// Those while the service was down or starting are left out.
    pub fn failed_tries(&self, now: Timestamp) -> Option<(usize, usize)> {
        let (failed, all) = self.recent(now).fold((0_usize, 0_usize), |(failed, all), point| {
            (failed + usize::from(point.counts && !point.passed), all + usize::from(point.counts))
        });
        (all >= ENOUGH).then_some((failed, all))
    }

    fn recent(&self, now: Timestamp) -> impl Iterator<Item = &Point> {
        let oldest = now - WINDOW;
        let (front, back) = self.points.as_slices();
        front.iter().chain(back).filter(move |point| point.at >= oldest)
    }
}

/// After this without a new try nothing is known any more: twice its pace, and what the tries
/// themselves may take.
fn patience(spec: &CheckSpec) -> Duration {
    spec.every.saturating_mul(2) + spec.timeout.saturating_mul(2) + Duration::from_secs(5)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::check::Target;

    fn spec() -> CheckSpec {
        CheckSpec::new(Target::Tcp("a".into(), 1))
    }

    fn reading(outcome: Outcome, ms: u64) -> CheckReading {
        let latency = Some(Duration::from_millis(ms));
        CheckReading { outcome, latency, detail: "x".into(), excerpt: "".into() }
    }

    const FAILED: Outcome = Outcome::Failed(Why::Status);

    #[test]
    fn one_failure_is_pending_and_several_are_failing_since_the_first() {
        let at = Timestamp::from_secs;
        let mut log = CheckLog::default();
        assert_eq!(log.state(&spec(), at(0)), CheckState::Pending);
        log.push(&spec(), reading(Outcome::Passed, 1), at(0));
        assert_eq!(log.state(&spec(), at(1)), CheckState::Passing);
        log.push(&spec(), reading(FAILED, 1), at(10));
        assert_eq!(log.state(&spec(), at(10)), CheckState::Pending);
        log.push(&spec(), reading(FAILED, 1), at(20));
        assert_eq!(log.state(&spec(), at(20)), CheckState::Failing);
        assert_eq!(log.since(), Some(at(10)));
        log.push(&spec(), reading(Outcome::Passed, 1), at(30));
        assert_eq!(log.state(&spec(), at(30)), CheckState::Passing);
        assert_eq!(log.since(), Some(at(30)));
        log.push(&spec(), CheckReading::unknown("no curl"), at(40));
        assert_eq!(log.state(&spec(), at(40)), CheckState::Unknown);
    }

    #[test]
    fn what_is_not_asked_any_more_is_not_known() {
        let mut log = CheckLog::default();
        log.push(&spec(), reading(Outcome::Passed, 1), Timestamp::from_secs(0));
        assert_eq!(log.state(&spec(), Timestamp::from_secs(35)), CheckState::Passing);
        assert_eq!(log.state(&spec(), Timestamp::from_secs(36)), CheckState::Unknown);
    }

    #[test]
    fn what_fails_while_the_service_is_down_makes_no_share() {
        let mut log = CheckLog::default();
        for n in 0..30 {
            log.push(&spec(), reading(Outcome::Passed, 1), Timestamp::from_secs(n * 10));
        }
        for n in 300..306 {
            log.push(&spec(), reading(FAILED, 1), Timestamp::from_secs(n));
        }
        let now = Timestamp::from_secs(306);
        assert_eq!(log.failed_tries(now), Some((6, 36)));
        log.forgive(now);
        assert_eq!(log.failed_tries(now), Some((0, 30)));
        assert_eq!(log.state(&spec(), now), CheckState::Failing);
    }

    #[test]
    fn shares_and_percentiles_are_of_enough_tries_within_the_window() {
        let mut log = CheckLog::default();
        for n in 0..19 {
            log.push(&spec(), reading(Outcome::Passed, n + 1), Timestamp::from_secs(n as i64));
        }
        let now = Timestamp::from_secs(20);
        assert_eq!((log.p95(now), log.failing_percent(now)), (None, None));
        log.push(&spec(), reading(FAILED, 900), now);
        assert_eq!(log.p95(now), Some(Duration::from_millis(19)));
        assert_eq!(log.failing_percent(now), Some(5.0));
        assert_eq!(log.failing_percent(Timestamp::from_secs(2000)), None);
        for n in 0..1000 {
            log.push(&spec(), reading(Outcome::Passed, 1), Timestamp::from_secs(n));
        }
        assert_eq!(log.points.len(), KEPT);
    }
}

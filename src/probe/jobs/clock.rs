//! When a schedule's moments are, in a time zone with its changes of the clock.
//!
//! cron(8) of Debian's 3.0pl1 and of cronie: jobs whose hour and minute are fixed run once, right
//! after the change where theirs was left out, and not again where it comes twice. Jobs with an
//! asterisk there follow the wall clock.

use jiff::civil::{Date, DateTime, Time};
use jiff::tz::{AmbiguousOffset, TimeZone};
use jiff::{Timestamp as Moment, ToSpan as _};

use super::schedule::Times;

/// Days that are looked through: a 29th of February may be eight years off.
const DAYS: usize = 366 * 8 + 2;

/// The first moment after `now`, in seconds since the epoch.
pub fn next(times: &Times, zone: &TimeZone, now: i64) -> Option<i64> {
    let mut date = day_of(zone, now)?.yesterday().ok()?;
    for _ in 0..DAYS {
        if let Some(at) = moments(times, zone, date).into_iter().filter(|at| *at > now).min() {
            return Some(at);
        }
        date = date.tomorrow().ok()?;
    }
    None
}

/// The last moment that is not after `now`, in seconds since the epoch.
pub fn before(times: &Times, zone: &TimeZone, now: i64) -> Option<i64> {
    let mut date = day_of(zone, now)?.tomorrow().ok()?;
    for _ in 0..DAYS {
        if let Some(at) = moments(times, zone, date).into_iter().filter(|at| *at <= now).max() {
            return Some(at);
        }
        date = date.yesterday().ok()?;
    }
    None
}

fn day_of(zone: &TimeZone, secs: i64) -> Option<Date> {
    Some(zone.to_datetime(Moment::from_second(secs).ok()?).date())
}

/// All its moments on a day of the wall clock.
fn moments(times: &Times, zone: &TimeZone, date: Date) -> Vec<i64> {
    let (month, day) = (date.month().unsigned_abs(), date.day().unsigned_abs());
    let weekday = date.weekday().to_sunday_zero_offset().unsigned_abs();
    if !times.on(month, day, weekday) {
        return Vec::new();
    }
    let mut all = Vec::new();
    // On most days nothing changes, and one question is enough.
    let (start, end) = (date.to_datetime(Time::MIN), date.to_datetime(Time::MAX));
    let plain = match (
        zone.to_ambiguous_timestamp(start).offset(),
        zone.to_ambiguous_timestamp(end).offset(),
    ) {
        (
            AmbiguousOffset::Unambiguous { offset: a },
            AmbiguousOffset::Unambiguous { offset: b },
        ) if a == b => Some(a),
        _ => None,
    };
    let midnight = plain.and_then(|offset| offset.to_timestamp(start).ok()).map(Moment::as_second);
    for (hour, minute) in times.of_day() {
        if let Some(midnight) = midnight {
            all.push(midnight + i64::from(hour) * 3600 + i64::from(minute) * 60);
        } else if let Ok(time) = Time::new(hour.cast_signed(), minute.cast_signed(), 0, 0) {
            around(times.wild, zone, date.to_datetime(time), &mut all);
        }
    }
    all
}

/// A moment of a day on which the clock may change.
fn around(wild: bool, zone: &TimeZone, at: DateTime, all: &mut Vec<i64>) {
    let moment = |offset: jiff::tz::Offset| offset.to_timestamp(at).ok().map(Moment::as_second);
    match zone.to_ambiguous_timestamp(at).offset() {
        AmbiguousOffset::Unambiguous { offset } => all.extend(moment(offset)),
        // Left out: right after the change.
        AmbiguousOffset::Gap { before, .. } if !wild => {
            let after = before.to_timestamp(at).ok().and_then(|at| at.checked_add(1.second()).ok());
            let change = after.and_then(|after| zone.preceding(after).next());
            all.extend(change.map(|change| change.timestamp().as_second()));
        }
        AmbiguousOffset::Gap { .. } => {}
        AmbiguousOffset::Fold { before, .. } if !wild => all.extend(moment(before)),
        AmbiguousOffset::Fold { before, after } => {
            all.extend(moment(before));
            all.extend(moment(after));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::probe::jobs::schedule::Schedule;

    /// Central European time by its rule alone (`tzset(3)`).
    fn zone() -> TimeZone {
        TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").unwrap()
    }

    fn secs(text: &str) -> i64 {
        text.parse::<Moment>().unwrap().as_second()
    }

    fn times(text: &str) -> Times {
        let fields: Vec<&str> = text.split(' ').collect();
        match Schedule::parse(&fields) {
            Some(Schedule::At(times)) => times,
            other => panic!("{other:?}"),
        }
    }

    fn run(schedule: &str, from: &str, n: usize) -> Vec<String> {
        let (times, zone) = (times(schedule), zone());
        let mut at = secs(from);
        let mut all = Vec::new();
        for _ in 0..n {
            let after = next(&times, &zone, at).unwrap();
            // And back again.
            assert_eq!(before(&times, &zone, after), Some(after));
            assert!(before(&times, &zone, after - 1).unwrap() <= at.max(after - 60), "{schedule}");
            at = after;
            all.push(Moment::from_second(at).unwrap().to_string());
        }
        all
    }

    #[test]
    fn a_fixed_moment_that_is_left_out_comes_right_after() {
        // On 2026-03-29 the clock goes from 2:00 to 3:00, at 1:00 UTC.
        let all = run("30 2 * * *", "2026-03-28T00:00:00Z", 3);
        assert_eq!(all, ["2026-03-28T01:30:00Z", "2026-03-29T01:00:00Z", "2026-03-30T00:30:00Z"]);
    }

    #[test]
    fn a_fixed_moment_that_comes_twice_counts_once() {
        // On 2026-10-25 the clock goes from 3:00 back to 2:00, at 1:00 UTC.
        let all = run("30 2 * * *", "2026-10-24T12:00:00Z", 2);
        assert_eq!(all, ["2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"]);
    }

    #[test]
    fn an_asterisk_follows_the_wall_clock() {
        let all = run("*/30 * * * *", "2026-03-29T00:15:00Z", 3);
        assert_eq!(all, ["2026-03-29T00:30:00Z", "2026-03-29T01:00:00Z", "2026-03-29T01:30:00Z"]);
        // What is left out is left out.
        let all = run("* 2 * * *", "2026-03-28T01:59:30Z", 1);
        assert_eq!(all, ["2026-03-30T00:00:00Z"]);
        // What comes twice runs twice.
        let all = run("15 * * * *", "2026-10-24T23:30:00Z", 4);
        assert_eq!(
            all,
            [
                "2026-10-25T00:15:00Z",
                "2026-10-25T01:15:00Z",
                "2026-10-25T02:15:00Z",
                "2026-10-25T03:15:00Z"
            ]
        );
    }

    #[test]
    fn rare_days_are_found_and_days_that_never_come_are_not() {
        let all = run("0 12 29 2 *", "2096-03-01T00:00:00Z", 1);
        assert_eq!(all, ["2104-02-29T11:00:00Z"]);
        assert_eq!(next(&times("0 0 31 2 *"), &zone(), 0), None);
        assert_eq!(before(&times("0 0 31 2 *"), &zone(), 0), None);
    }

    #[test]
    fn no_moment_is_too_far() {
        for now in [i64::MIN, i64::MAX, -377_705_023_201, 253_402_207_200] {
            let _any = (
                next(&times("* * * * *"), &zone(), now),
                before(&times("* * * * *"), &zone(), now),
            );
        }
    }
}

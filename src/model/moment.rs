//! Moments as people write them: how long ago, a time of day, or a date with or without one. The
//! same forms wherever one is asked for; a moment without a zone is one of the reader's own.

use std::time::Duration;

use super::calendar::{DAY, Date, days};
use super::time::Timestamp;

/// What may be written, for those who wrote something else.
pub const FORMS: &str =
    "03:12, 2026-11-20 03:12, -10m or 2h 30m (s, m, h, d, w), or 2026-11-20T03:12:00Z";
/// The longest text that is looked at, in bytes.
const LONGEST: usize = 100;
const SECOND: i64 = 1_000_000;

/// Reads a moment: `10m`, `-10m`, `2h 30m`, `1.5 hours ago`; `03:12` and `03:12:30`, the last such
/// one before `now`; `2026-11-20` and `2026-11-20 03:12`, also with `T`, seconds and parts of them;
/// and RFC 3339, where the zone is told. `offset` is how many seconds the reader's zone is ahead of
/// UTC at a moment.
pub fn parse(text: &str, now: Timestamp, offset: impl Fn(Timestamp) -> i32) -> Option<Timestamp> {
    let text = text.trim();
    if text.len() > LONGEST {
        return None;
    }
    if let Some(ago) = ago(text) {
        return Some(now - ago);
    }
    let Some((date, rest)) = split_date(text) else {
        let (of_day, zone) = clock(text)?;
        if zone.is_some() {
            return None;
        }
        let today = (now.as_secs() + i64::from(offset(now))).div_euclid(DAY);
        let at = local(today, of_day, &offset);
        // A time of day that is yet to come was yesterday's.
        return Some(if at > now { local(today - 1, of_day, &offset) } else { at });
    };
    if rest.is_empty() {
        return Some(local(date, 0, &offset));
    }
    let (of_day, zone) = clock(rest.strip_prefix(['T', 't', ' '])?.trim_start())?;
    Some(match zone {
        Some(zone) => Timestamp::from_micros((date * DAY - zone) * SECOND + of_day),
        None => local(date, of_day, &offset),
    })
}

/// The moment of a day, in microseconds, in the zone of `offset`. Where the clock was set back it is
/// the first of two; where it was set forward, so much later as it was.
fn local(day: i64, of_day: i64, offset: &impl Fn(Timestamp) -> i32) -> Timestamp {
    let at =
        |offset: i32| Timestamp::from_micros((day * DAY - i64::from(offset)) * SECOND + of_day);
    // No zone changes twice within three days.
    let before = offset(Timestamp::from_secs((day - 1) * DAY));
    let after = offset(Timestamp::from_secs((day + 2) * DAY));
    [before, after].into_iter().find(|o| offset(at(*o)) == *o).map_or_else(|| at(before), at)
}

/// `90m`, `-10m`, `2h 30m`, `1.5 hours ago`.
fn ago(text: &str) -> Option<Duration> {
    let text = text.strip_prefix('-').unwrap_or(text);
    let mut rest = text.strip_suffix("ago").unwrap_or(text).trim();
    if rest.is_empty() {
        return None;
    }
    let mut micros = 0_i64;
    while !rest.is_empty() {
        let (number, behind) = rest.split_at(end(rest, |c| c.is_ascii_digit() || c == '.'));
        let behind = behind.trim_start();
        let (unit, behind) = behind.split_at(end(behind, |c| c.is_ascii_alphabetic()));
        micros = micros.checked_add(of_unit(number, unit_of(unit)?)?)?;
        rest = behind.strip_prefix(',').unwrap_or(behind).trim_start();
    }
    Some(Duration::from_micros(micros.unsigned_abs()))
}

/// Where the characters end that are of a kind.
fn end(text: &str, is: impl Fn(char) -> bool) -> usize {
    text.find(|c| !is(c)).unwrap_or(text.len())
}

/// So many of a unit, in microseconds.
fn of_unit(number: &str, unit: i64) -> Option<i64> {
    let (whole, part) = number.split_once('.').unwrap_or((number, "0"));
    let whole: i64 = whole.parse().ok()?;
    whole.checked_mul(unit)?.checked_add(unit * micros_of(part)? / SECOND)
}

/// Microseconds of a unit of time.
fn unit_of(name: &str) -> Option<i64> {
    Some(match name {
        "ms" | "msec" | "msecs" | "millisecond" | "milliseconds" => SECOND / 1000,
        "s" | "sec" | "secs" | "second" | "seconds" => SECOND,
        "m" | "min" | "mins" | "minute" | "minutes" => 60 * SECOND,
        "h" | "hr" | "hrs" | "hour" | "hours" => 3600 * SECOND,
        "d" | "day" | "days" => DAY * SECOND,
        "w" | "wk" | "wks" | "week" | "weeks" => 7 * DAY * SECOND,
        _ => return None,
    })
}

/// Behind a point: as millionths.
fn micros_of(digits: &str) -> Option<i64> {
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let known = digits.bytes().chain(std::iter::repeat(b'0')).take(6);
    Some(known.fold(0, |n, digit| n * 10 + i64::from(digit - b'0')))
}

/// `2026-11-20` at the front, as days since the epoch, and what is behind it.
fn split_date(text: &str) -> Option<(i64, &str)> {
    let (date, rest) = text.split_at_checked(10)?;
    let mut parts = date.split('-');
    let year = number(parts.next()?, 4, 9999)?;
    let (month, day) = (number(parts.next()?, 2, 12)?, number(parts.next()?, 2, 31)?);
    Some((days(Date { year, month, day })?, rest))
}

/// `03:12`, `03:12:30`, `03:12:30.5`, in microseconds of the day, and the seconds that its zone is
/// ahead of UTC where it says one.
fn clock(text: &str) -> Option<(i64, Option<i64>)> {
    let (clock, zone) = match text.find(['Z', 'z', '+', '-']) {
        Some(at) => (text.get(..at)?.trim_end(), Some(zone(text.get(at..)?)?)),
        None => (text, None),
    };
    let mut parts = clock.split(':');
    let (hour, minute) = (number(parts.next()?, 2, 23)?, number(parts.next()?, 2, 59)?);
    let (second, micros) = match parts.next() {
        None => (0, 0),
        Some(text) => {
            let (second, part) = text.split_once('.').unwrap_or((text, "0"));
            (number(second, 2, 60)?, micros_of(part)?)
        }
    };
    let of_day = (hour * 3600 + minute * 60 + second) * SECOND + micros;
    parts.next().is_none().then_some((of_day, zone))
}

/// `Z`, `+02:00`, `+0200`, `-03`; the name of a zone in brackets behind it changes nothing.
fn zone(text: &str) -> Option<i64> {
    let text = match text.split_once('[') {
        Some((text, name)) => name.ends_with(']').then_some(text)?,
        None => text,
    };
    let ahead = match text.split_at_checked(1)? {
        ("Z" | "z", "") => return Some(0),
        ("+", ahead) => (1, ahead),
        ("-", ahead) => (-1, ahead),
        _ => return None,
    };
    let (hours, minutes) = ahead.1.split_at_checked(2)?;
    let minutes = match minutes.strip_prefix(':').unwrap_or(minutes) {
        "" => 0,
        minutes => number(minutes, 2, 59)?,
    };
    Some(ahead.0 * (number(hours, 2, 25)? * 3600 + minutes * 60))
}

/// A number of at most so many digits and at most so large.
fn number(text: &str, digits: usize, most: i64) -> Option<i64> {
    let fits = (1..=digits).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    text.parse().ok().filter(|number| fits && *number <= most)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-11-21 03:00:00 UTC.
    const NOW: Timestamp = Timestamp::from_secs(1_795_230_000);

    /// Seconds from now, two hours ahead of UTC.
    fn read(text: &str) -> Option<i64> {
        parse(text, NOW, |_| 7200).map(|at| at.as_secs() - NOW.as_secs())
    }

    #[test]
    fn moments_are_read_as_people_write_them() {
        for (text, secs) in [
            ("90m", -5400),
            ("-10m", -600),
            (" 10 min ago ", -600),
            ("2h 30m", -9000),
            ("2h30m", -9000),
            ("2 hours, 30 minutes", -9000),
            ("1.5h", -5400),
            ("1d", -86_400),
            ("-2w", -1_209_600),
            ("0s", 0),
            ("04:59", -60),
            ("4:59", -60),
            ("04:59:30", -30),
            ("05:00:30", 30 - 86_400),
            ("05:00", 0),
            ("2026-11-20 05:00", -86_400),
            ("2026-11-21 04:00", -3600),
            ("2026-11-21T04:00:30", -3570),
            ("2026-11-21", -18_000),
            ("2026-11-21T02:00:00Z", -3600),
            ("2026-11-21t02:00:00z", -3600),
            ("2026-11-21 02:00Z", -3600),
            ("2026-11-21T04:30:00+02:00", -1800),
            ("2026-11-21T00:30:00-0200", -1800),
            ("2026-11-21T04:30:00+02[Europe/Helsinki]", -1800),
        ] {
            assert_eq!(read(text), Some(secs), "{text}");
        }
        let fine = parse("2026-11-21T03:00:00.25Z", NOW, |_| 0).unwrap();
        assert_eq!(fine.as_micros() - NOW.as_micros(), 250_000);
        let fine = parse("1.5s", NOW, |_| 0).unwrap();
        assert_eq!(NOW.as_micros() - fine.as_micros(), 1_500_000);
    }

    #[test]
    fn what_is_no_moment_is_none() {
        for wrong in [
            "",
            "-",
            "5",
            "soon",
            "10x",
            "-10x",
            "--10m",
            "m",
            "ago",
            "1.h",
            ".5h",
            "1h\u{1b}",
            "ü",
            "25:00",
            "05:61",
            "05:00:00:00",
            "05:00Z",
            "05:+1",
            "2026-13-01 00:00",
            "2026-02-30",
            "2026-11-21x04:00",
            "2026-11-21 04:00+",
            "2026-11-21 04:00+02:00[x",
            "2026-11-2ü 04:00",
            "99999999999999999999s",
            "9223372036854775807w",
            "999999999999999d 999999999999999d",
        ] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
        assert_eq!(read(&"1s".repeat(LONGEST)), None);
    }

    #[test]
    fn a_clock_that_was_set_is_minded() {
        // Central Europe: one hour ahead from 2026-10-25 01:00 UTC, two from 2026-03-29 01:00 on.
        let (spring, autumn) = (1_774_746_000, 1_792_890_000);
        let zone = move |at: Timestamp| {
            if (spring..autumn).contains(&at.as_secs()) { 7200 } else { 3600 }
        };
        let read = |text| parse(text, NOW, zone).unwrap().as_secs();
        assert_eq!(read("2026-10-25 01:30"), autumn - 5400);
        assert_eq!(read("2026-10-25 02:30"), autumn - 1800, "the first of two");
        assert_eq!(read("2026-10-25 03:30"), autumn + 5400);
        assert_eq!(read("2026-03-29 01:30"), spring - 1800);
        assert_eq!(read("2026-03-29 02:30"), spring + 1800, "there was none");
        assert_eq!(read("2026-03-29 03:30"), spring + 1800);
        assert_eq!(read("2026-07-01"), 1_782_856_800);
    }
}

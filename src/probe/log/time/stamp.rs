//! Moments written as a date and a time of day. Each gives microseconds since the epoch and how
//! many bytes it took.

use super::{SECOND, plausible};
use crate::model::calendar::{self, DAY, Date};

fn d2(tens: u8, ones: u8) -> Option<i64> {
    (tens.is_ascii_digit() && ones.is_ascii_digit())
        .then(|| i64::from(tens - b'0') * 10 + i64::from(ones - b'0'))
}

fn d4(a: u8, b: u8, c: u8, d: u8) -> Option<i64> {
    Some(d2(a, b)? * 100 + d2(c, d)?)
}

/// `.123456` or `,123` as microseconds, and its length; nothing is zero of no length.
fn fraction(text: &[u8]) -> (i64, usize) {
    let Some(([b'.' | b','], digits)) = text.split_at_checked(1) else { return (0, 0) };
    let (mut micros, mut count) = (0, 0);
    for digit in digits.iter().take(12).take_while(|b| b.is_ascii_digit()) {
        if count < 6 {
            micros = micros * 10 + i64::from(digit - b'0');
        }
        count += 1;
    }
    if count == 0 {
        return (0, 0);
    }
    for _ in count..6 {
        micros *= 10;
    }
    (micros, count + 1)
}

/// `Z`, `+01:00`, `+0100`, `+01`, ` +0100`, ` UTC`: seconds ahead of UTC and its length.
fn offset(text: &[u8]) -> Option<(i64, usize)> {
    match text {
        [b'Z' | b'z', ..] => Some((0, 1)),
        [b' ', b'U', b'T', b'C', ..] | [b' ', b'G', b'M', b'T', ..] => Some((0, 4)),
        [b' ', sign @ (b'+' | b'-'), rest @ ..] => {
            // A lone `- 12` is text.
            let (seconds, len) = hours(*sign, rest)?;
            (len >= 4).then_some((seconds, len + 2))
        }
        [sign @ (b'+' | b'-'), rest @ ..] => {
            let (seconds, len) = hours(*sign, rest)?;
            Some((seconds, len + 1))
        }
        _ => None,
    }
}

fn hours(sign: u8, text: &[u8]) -> Option<(i64, usize)> {
    let [h1, h2, rest @ ..] = text else { return None };
    let hours = d2(*h1, *h2).filter(|hours| *hours <= 18)?;
    let (minutes, len) = match rest {
        [b':', m1, m2, ..] => (d2(*m1, *m2)?, 5),
        [m1, m2, ..] if m1.is_ascii_digit() => (d2(*m1, *m2)?, 4),
        _ => (0, 2),
    };
    let seconds = hours * 3600 + minutes * 60;
    Some((if sign == b'-' { -seconds } else { seconds }, len))
}

/// `03:00:00.123`: seconds of the day, microseconds, length.
fn clock(text: &[u8]) -> Option<(i64, i64, usize)> {
    let [h1, h2, b':', m1, m2, b':', s1, s2, rest @ ..] = text else { return None };
    let (hour, minute, second) = (d2(*h1, *h2)?, d2(*m1, *m2)?, d2(*s1, *s2)?);
    if hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let (micros, len) = fraction(rest);
    Some((hour * 3600 + minute * 60 + second, micros, 8 + len))
}

const MONTHS: [&[u8]; 12] = [
    b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec",
];

fn month(text: &[u8]) -> Option<i64> {
    let text = text.get(..3)?;
    MONTHS.into_iter().zip(1..).find_map(|(name, number)| (name == text).then_some(number))
}

/// Bytes of `2026-11-10T03:00:00`.
const WHOLE: usize = 19;

/// The last moment that was read, up to its second: lines mostly come several a second.
#[derive(Clone, Copy, Debug)]
pub(super) struct Known {
    text: [u8; WHOLE],
    secs: i64,
}

impl Known {
    /// None was; no moment is written so.
    pub(super) const NONE: Self = Self { text: [0; WHOLE], secs: 0 };
}

/// `2026-11-10T03:00:00.123456+01:00`, with a space for the T, slashes for the dashes, a comma
/// for the point. Without an offset it is in `zone`.
pub(in super::super) fn iso(text: &[u8], zone: i64) -> Option<(i64, usize)> {
    iso_after(text, zone, &mut { Known::NONE })
}

/// The same, where the last one is known.
pub(super) fn iso_after(text: &[u8], zone: i64, known: &mut Known) -> Option<(i64, usize)> {
    let (whole, rest) = text.split_first_chunk::<WHOLE>()?;
    if *whole != known.text {
        *known = Known { text: *whole, secs: iso_secs(whole)? };
    }
    let (micros, len) = fraction(rest);
    let (zone, more) = offset(rest.get(len..)?).unwrap_or((zone, 0));
    Some(((known.secs - zone) * SECOND + micros, WHOLE + len + more))
}

fn iso_secs(text: &[u8; WHOLE]) -> Option<i64> {
    let [
        y1,
        y2,
        y3,
        y4,
        dash @ (b'-' | b'/'),
        m1,
        m2,
        dash2,
        d1,
        d2_,
        b'T' | b't' | b' ' | b'_',
        rest @ ..,
    ] = text
    else {
        return None;
    };
    if dash != dash2 {
        return None;
    }
    let date = Date { year: d4(*y1, *y2, *y3, *y4)?, month: d2(*m1, *m2)?, day: d2(*d1, *d2_)? };
    let (seconds, ..) = clock(rest)?;
    Some(calendar::days(date)? * DAY + seconds)
}

/// `10/Nov/2026:03:00:00 +0000`, the common log format.
pub(super) fn access(text: &[u8]) -> Option<(i64, usize)> {
    let [d1, d2_, b'/', _, _, _, b'/', y1, y2, y3, y4, b':', rest @ ..] = text else { return None };
    let month = month(text.get(3..)?)?;
    let date = Date { year: d4(*y1, *y2, *y3, *y4)?, month, day: d2(*d1, *d2_)? };
    let (seconds, micros, len) = clock(rest)?;
    let (zone, more) = offset(rest.get(len..)?)?;
    Some(((calendar::days(date)? * DAY + seconds - zone) * SECOND + micros, 12 + len + more))
}

/// `Nov 10 03:00:00` or `Nov  1 …`. The year is the one that brings it closest before `now`.
pub(super) fn syslog(text: &[u8], zone: i64, now: i64) -> Option<(i64, usize)> {
    let month = month(text)?;
    let [_, _, _, b' ', d1, d2_, b' ', rest @ ..] = text else { return None };
    let day = d2(if *d1 == b' ' { b'0' } else { *d1 }, *d2_)?;
    let (seconds, micros, len) = clock(rest)?;
    Some((yearless(month, day, seconds, micros, zone, now)?, 7 + len))
}

/// `E1110 03:00:00.123456`.
pub(super) fn klog(text: &[u8], zone: i64, now: i64) -> Option<(i64, usize)> {
    let [b'I' | b'W' | b'E' | b'F', m1, m2, d1, d2_, b' ', rest @ ..] = text else { return None };
    let (seconds, micros, len) = clock(rest)?;
    let at = yearless(d2(*m1, *m2)?, d2(*d1, *d2_)?, seconds, micros, zone, now)?;
    Some((at, 6 + len))
}

/// `Tue Nov 10 03:00:00.123456 2026`.
pub(super) fn ctime(text: &[u8], zone: i64) -> Option<(i64, usize)> {
    let [_, _, _, b' ', rest @ ..] = text else { return None };
    let month = month(rest)?;
    let [_, _, _, b' ', d1, d2_, b' ', rest @ ..] = rest else { return None };
    let day = d2(if *d1 == b' ' { b'0' } else { *d1 }, *d2_)?;
    let (seconds, micros, len) = clock(rest)?;
    let [b' ', y1, y2, y3, y4, ..] = rest.get(len..)? else { return None };
    let date = Date { year: d4(*y1, *y2, *y3, *y4)?, month, day };
    Some(((calendar::days(date)? * DAY + seconds - zone) * SECOND + micros, 16 + len))
}

/// `10 Nov 2026 03:00:00.123`.
pub(super) fn redis(text: &[u8], zone: i64) -> Option<(i64, usize)> {
    let [d1, d2_, b' ', _, _, _, b' ', y1, y2, y3, y4, b' ', rest @ ..] = text else { return None };
    let month = month(text.get(3..)?)?;
    let date = Date { year: d4(*y1, *y2, *y3, *y4)?, month, day: d2(*d1, *d2_)? };
    let (seconds, micros, len) = clock(rest)?;
    Some(((calendar::days(date)? * DAY + seconds - zone) * SECOND + micros, 12 + len))
}

fn yearless(month: i64, day: i64, seconds: i64, micros: i64, zone: i64, now: i64) -> Option<i64> {
    let today = (now.div_euclid(SECOND).saturating_add(zone)).div_euclid(DAY);
    let year = calendar::date(today).year;
    // The next one for a clock that is ahead on New Year's Eve; eight years, for the 29th of
    // February.
    (0..9).find_map(|back| {
        let days = calendar::days(Date { year: year + 1 - back, month, day })?;
        let at = days.saturating_mul(DAY).saturating_add(seconds - zone);
        let at = at.saturating_mul(SECOND).saturating_add(micros);
        plausible(at, now).then_some(at)
    })
}

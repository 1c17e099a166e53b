//! Moments written as a number since the epoch.

use super::SECOND;

/// The year 2001, in seconds; before it a number of ten digits is none of a moment.
const EARLIEST: i64 = 1_000_000_000;

/// `1762743600`, `1762743600.123`, `1762743600123` at a line's beginning, up to a blank, a
/// bracket, a colon or a comma.
pub(super) fn front(text: &[u8]) -> Option<(i64, usize)> {
    let digits = text.iter().take(17).take_while(|b| b.is_ascii_digit()).count();
    if !matches!(digits, 10 | 13 | 16) {
        return None;
    }
    let mut end = digits;
    if digits == 10 && text.get(end) == Some(&b'.') {
        let more = text.get(end + 1..)?.iter().take(9).take_while(|b| b.is_ascii_digit()).count();
        end += if more > 0 { more + 1 } else { 0 };
    }
    if !matches!(text.get(end), None | Some(b' ' | b'\t' | b']' | b',' | b':')) {
        return None;
    }
    Some((number(text.get(..end)?)?, end))
}

/// A number of seconds, milliseconds, microseconds or nanoseconds since the epoch, by its size;
/// as microseconds.
pub(in super::super) fn number(text: &[u8]) -> Option<i64> {
    let digits = text.iter().take(20).take_while(|b| b.is_ascii_digit()).count();
    let rest = text.get(digits..)?;
    if rest.iter().any(|b| matches!(b, b'e' | b'E')) {
        return exponent(text);
    }
    let mut whole: i64 = 0;
    for digit in text.get(..digits)? {
        whole = whole.checked_mul(10)?.checked_add(i64::from(digit - b'0'))?;
    }
    // So many microseconds are one of its unit.
    let (micros, scale) = match digits {
        10 if whole >= EARLIEST => (whole.checked_mul(SECOND)?, SECOND),
        13 => (whole.checked_mul(1000)?, 1000),
        16 => (whole, 1),
        19 => return Some(whole / 1000),
        _ => return None,
    };
    match rest {
        [] => Some(micros),
        [b'.', fraction @ ..] if fraction.iter().all(u8::is_ascii_digit) => {
            let (mut more, mut of) = (0, scale);
            for digit in fraction.iter().take(6) {
                of /= 10;
                more += of * i64::from(digit - b'0');
            }
            Some(micros + more)
        }
        _ => None,
    }
}

/// `1.7627436e9`, as some encoders write it.
fn exponent(text: &[u8]) -> Option<i64> {
    let text = str::from_utf8(text.get(..text.len().min(40))?).ok()?;
    let value: f64 = text.parse().ok()?;
    let seconds = EARLIEST as f64;
    let scale = [1.0, 1e3, 1e6, 1e9].into_iter().find(|scale| value / scale < seconds * 10.0)?;
    let value = value / scale;
    (value >= seconds).then_some((value * 1e6) as i64)
}

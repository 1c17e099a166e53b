//! What stands before a moment.

use super::super::word;
use super::{Found, stamp};

/// How far into a line an access log's moment is looked for.
const REACH: usize = 200;

/// Bytes before the moment: blanks, the priority of sd-daemon(3) or of RFC 5424 (`<165>1 `), a
/// level (`INFO 2026-…`), or Redis' process (`123:M `).
pub(super) fn before(line: &[u8]) -> usize {
    // It begins with a year.
    if let [b'0'..=b'9', b'0'..=b'9', _, _, b'-', ..] = line {
        return 0;
    }
    let mut at = line.iter().take(8).take_while(|b| **b == b' ').count();
    if line.get(at) == Some(&b'<') {
        let digits = line.iter().skip(at + 1).take(4).take_while(|b| b.is_ascii_digit()).count();
        if (1..=3).contains(&digits) && line.get(at + 1 + digits) == Some(&b'>') {
            at += digits + 2;
            if line.get(at..at + 2) == Some(b"1 ") {
                at += 2;
            }
        }
    }
    let rest = line.get(at..).unwrap_or_default();
    let letters = rest.iter().take(10).take_while(|b| b.is_ascii_uppercase()).count();
    if letters >= 3 {
        let is_level = rest.get(..letters).and_then(word::level).is_some();
        let gap = rest.get(letters..).unwrap_or_default();
        let gap = gap.iter().take(4).take_while(|b| matches!(b, b' ' | b':' | b'\t')).count();
        let follows = rest.get(letters + gap).is_some_and(|b| b.is_ascii_digit() || *b == b'[');
        if is_level && gap > 0 && follows {
            at += letters + gap;
        }
    } else if letters == 0 {
        // `123:M 10 Nov 2026 …`
        let digits = rest.iter().take(8).take_while(|b| b.is_ascii_digit()).count();
        if let Some([b':', b'A'..=b'Z', b' ']) = rest.get(digits..digits + 3)
            && digits > 0
        {
            at += digits + 3;
        }
    }
    at
}

/// `… [10/Nov/2026:03:00:00 +0000] …` of an access log.
pub(super) fn access(text: &[u8]) -> Option<Found> {
    let head = text.get(..text.len().min(REACH))?;
    memchr::memchr_iter(b'[', head).take(4).find_map(|from| {
        let (at, len) = stamp::access(text.get(from + 1..)?)?;
        (text.get(from + 1 + len) == Some(&b']')).then_some(())?;
        Some(Found { at, from, to: from + len + 2, is_access: true })
    })
}

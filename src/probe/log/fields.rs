//! Moment and level of lines that are made of fields: a JSON object, or logfmt. Only what stands
//! at the top is looked at, and no further than both are found.

use memchr::memchr2;

use super::time::{iso, number};
use super::word;
use crate::model::log::Level;

/// A logfmt line is looked through this far.
const REACH: usize = 4096;

/// What a line's fields say.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Said {
    /// A moment in microseconds, and where its value stands.
    pub(super) at: Option<(i64, usize, usize)>,
    /// The level.
    pub(super) level: Option<Level>,
}

impl Said {
    const fn is_all(&self) -> bool {
        self.at.is_some() && self.level.is_some()
    }
}

fn is_time(key: &[u8]) -> bool {
    let keys: [&[u8]; 10] = [
        b"time",
        b"timestamp",
        b"ts",
        b"@timestamp",
        b"datetime",
        b"date",
        b"asctime",
        b"t",
        b"@t",
        b"$date",
    ];
    keys.into_iter().any(|name| key.eq_ignore_ascii_case(name))
}

fn moment(value: &[u8], zone: i64) -> Option<i64> {
    iso(value, zone).map(|(at, _)| at).or_else(|| number(value))
}

/// Whether a text is a JSON object as far as its ends say.
pub(super) fn is_json(text: &[u8]) -> bool {
    let text = text.trim_ascii();
    matches!(text, [b'{', .., b'}'])
}

/// What a JSON object says. `log` and `t` are looked into: ECS nests, and so does `MongoDB`.
pub(super) fn json(text: &[u8], zone: i64) -> Said {
    let mut said = Said::default();
    object(text, 0, zone, &mut said, true);
    said
}

fn object(text: &[u8], base: usize, zone: i64, said: &mut Said, inside: bool) {
    let mut at = blanks(text, 0);
    if text.get(at) != Some(&b'{') {
        return;
    }
    at += 1;
    while !said.is_all() {
        at = blanks(text, at);
        if text.get(at) == Some(&b',') {
            at = blanks(text, at + 1);
        }
        if text.get(at) != Some(&b'"') {
            return;
        }
        let Some(key_end) = string_end(text, at + 1) else { return };
        let key = text.get(at + 1..key_end).unwrap_or_default();
        at = blanks(text, key_end + 1);
        if text.get(at) != Some(&b':') {
            return;
        }
        at = blanks(text, at + 1);
        let Some(end) = value_end(text, at) else { return };
        let (from, to) = match text.get(at) {
            Some(b'"') => (at + 1, end.saturating_sub(1)),
            _ => (at, end),
        };
        let value = text.get(from..to).unwrap_or_default();
        if matches!(value.first(), Some(b'{')) && text.get(at) == Some(&b'{') {
            if inside && (key == b"log" || key == b"t") {
                object(value, base + from, zone, said, false);
            }
        } else if said.level.is_none() && word::is_key(key) {
            said.level = word::value(value);
        } else if said.at.is_none() && is_time(key) {
            said.at = moment(value, zone).map(|at| (at, base + from, base + to));
        }
        at = end;
    }
}

fn blanks(text: &[u8], at: usize) -> usize {
    let rest = text.get(at..).unwrap_or_default();
    at + rest.iter().take_while(|b| matches!(b, b' ' | b'\t' | b'\r')).count()
}

/// Where the string ends that begins before `at`: its closing quote.
pub(super) fn string_end(text: &[u8], mut at: usize) -> Option<usize> {
    loop {
        at += memchr2(b'"', b'\\', text.get(at..)?)?;
        if text.get(at) == Some(&b'"') {
            return Some(at);
        }
        at += 2;
    }
}

/// Behind a value of any kind. What is nested is passed over by counting.
fn value_end(text: &[u8], mut at: usize) -> Option<usize> {
    match text.get(at)? {
        b'"' => Some(string_end(text, at + 1)? + 1),
        b'{' | b'[' => {
            let mut depth = 0_usize;
            loop {
                match text.get(at)? {
                    b'"' => at = string_end(text, at + 1)?,
                    b'{' | b'[' => depth += 1,
                    b'}' | b']' => depth -= 1,
                    _ => {}
                }
                at += 1;
                if depth == 0 {
                    return Some(at);
                }
            }
        }
        _ => {
            let rest = text.get(at..)?;
            let len = rest.iter().position(|b| matches!(b, b',' | b'}' | b']' | b' '))?;
            Some(at + len)
        }
    }
}

/// Whether a text begins as logfmt does: `key=`.
pub(super) fn is_logfmt(text: &[u8]) -> bool {
    let key = text.iter().take(32).take_while(|b| key_byte(**b)).count();
    key > 0 && text.get(key) == Some(&b'=')
}

const fn key_byte(b: u8) -> bool {
    b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'@' | b'-')
}

/// What a line of logfmt says.
pub(super) fn logfmt(text: &[u8], zone: i64) -> Said {
    let text = text.get(..text.len().min(REACH)).unwrap_or_default();
    let mut said = Said::default();
    let mut at = 0;
    while !said.is_all() {
        at = blanks(text, at);
        let rest = text.get(at..).unwrap_or_default();
        if rest.is_empty() {
            break;
        }
        let key_len = rest.iter().take_while(|b| key_byte(**b)).count();
        let key = rest.get(..key_len).unwrap_or_default();
        if rest.get(key_len) != Some(&b'=') {
            // A word without a value.
            at += rest.iter().position(|b| *b == b' ').unwrap_or(rest.len()).max(1);
            continue;
        }
        let from = at + key_len + 1;
        let (from, to, end) = if text.get(from) == Some(&b'"') {
            let to = string_end(text, from + 1).unwrap_or(text.len());
            (from + 1, to, to + 1)
        } else {
            let rest = text.get(from..).unwrap_or_default();
            let to = from + memchr::memchr(b' ', rest).unwrap_or(rest.len());
            (from, to, to)
        };
        let value = text.get(from..to).unwrap_or_default();
        if said.level.is_none() && key.len() > 1 && word::is_key(key) {
            said.level = word::value(value);
        } else if said.at.is_none() && is_time(key) {
            said.at = moment(value, zone).map(|at| (at, from, to));
        }
        at = end;
    }
    said
}

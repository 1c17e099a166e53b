//! Fields of a line of logfmt: `key=value key="a value"`.

use super::super::ink::plain;
use super::{Field, MOST, quoted_end, unquoted};

/// A line of which less than two words are fields has none: any text may have an equals sign.
const LEAST: usize = 2;

pub(super) fn fields(text: &[u8]) -> Vec<Field> {
    let mut out = Vec::new();
    let mut at = 0;
    while at < text.len() && out.len() < MOST {
        let rest = text.get(at..).unwrap_or_default();
        let key_len = rest.iter().take_while(|b| is_key(**b)).count();
        let key = rest.get(..key_len).unwrap_or_default();
        let from = at + key_len + 1;
        if key.is_empty() || rest.get(key_len) != Some(&b'=') {
            // A word that is no field.
            at += rest.iter().position(|b| *b == b' ').map_or(rest.len(), |space| space + 1);
            continue;
        }
        let value = if text.get(from) == Some(&b'"') {
            let end = quoted_end(text, from + 1);
            at = end + 1;
            unquoted(text.get(from + 1..end).unwrap_or_default())
        } else {
            let rest = text.get(from..).unwrap_or_default();
            let len = rest.iter().position(|b| *b == b' ').unwrap_or(rest.len());
            at = from + len;
            plain(rest.get(..len).unwrap_or_default())
        };
        at += usize::from(text.get(at) == Some(&b' '));
        out.push((plain(key), value));
    }
    if out.len() < LEAST {
        out.clear();
    }
    out
}

const fn is_key(b: u8) -> bool {
    b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'@' | b'-' | b'/')
}

//! Fields of one JSON object.

use super::super::ink::plain;
use super::{Field, MOST, quoted_end, unquoted};

/// What is nested deeper stays one value.
const DEEPEST: usize = 8;

pub(super) fn fields(text: &[u8]) -> Vec<Field> {
    let mut out = Vec::new();
    object(text, 0, "", 1, &mut out);
    out
}

/// Reads the object at `at` and says where it ends; none where it makes no sense any more.
fn object(text: &[u8], at: usize, path: &str, depth: usize, out: &mut Vec<Field>) -> Option<usize> {
    let mut at = blanks(text, at + 1);
    loop {
        match text.get(at)? {
            b',' => at = blanks(text, at + 1),
            b'}' => return Some(at + 1),
            _ => {}
        }
        if text.get(at) == Some(&b'}') {
            return Some(at + 1);
        }
        if text.get(at) != Some(&b'"') || out.len() >= MOST {
            return None;
        }
        let end = quoted_end(text, at + 1);
        let key = unquoted(text.get(at + 1..end).unwrap_or_default());
        let path = if path.is_empty() { key } else { format!("{path}.{key}") };
        at = blanks(text, end + 1);
        if text.get(at) != Some(&b':') {
            return None;
        }
        at = blanks(text, at + 1);
        at = blanks(text, value(text, at, path, depth, out)?);
    }
}

fn value(
    text: &[u8],
    at: usize,
    path: String,
    depth: usize,
    out: &mut Vec<Field>,
) -> Option<usize> {
    match text.get(at)? {
        b'"' => {
            let end = quoted_end(text, at + 1);
            out.push((path, unquoted(text.get(at + 1..end).unwrap_or_default())));
            Some(end + 1)
        }
        b'{' if depth < DEEPEST && text.get(blanks(text, at + 1)) != Some(&b'}') => {
            object(text, at, &path, depth + 1, out)
        }
        b'{' | b'[' => {
            let end = nested_end(text, at);
            out.push((path, plain(text.get(at..end).unwrap_or_default())));
            Some(end)
        }
        _ => {
            let rest = text.get(at..)?;
            let len = rest.iter().position(|b| matches!(b, b',' | b'}' | b']'));
            let end = at + len.unwrap_or(rest.len());
            out.push((path, plain(text.get(at..end).unwrap_or_default().trim_ascii())));
            Some(end)
        }
    }
}

fn blanks(text: &[u8], at: usize) -> usize {
    let rest = text.get(at..).unwrap_or_default();
    at + rest.iter().take_while(|b| b.is_ascii_whitespace()).count()
}

/// Behind what is nested, or the text's end.
fn nested_end(text: &[u8], mut at: usize) -> usize {
    let mut depth = 0_usize;
    while let Some(byte) = text.get(at) {
        match byte {
            b'"' => at = quoted_end(text, at + 1),
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth -= 1,
            _ => {}
        }
        at += 1;
        if depth == 0 {
            break;
        }
    }
    at.min(text.len())
}

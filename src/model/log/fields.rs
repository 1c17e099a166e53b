//! A line's fields, of a JSON object or of logfmt, for columns; and JSON spread over lines. Both
//! are tolerant: what is cut or wrong ends where it makes no sense any more. What comes out has
//! no control character.

mod json;
mod logfmt;
mod pretty;

pub use pretty::pretty;

/// At most so many fields of a line.
pub const MOST: usize = 200;

/// A field: its path, with dots for what is nested, and its value as text.
pub type Field = (String, String);

/// The fields of a line's body, in their order; none when it has no fields.
pub fn fields(body: &[u8]) -> Vec<Field> {
    let body = body.trim_ascii();
    match body.first() {
        Some(b'{') => json::fields(body),
        _ => logfmt::fields(body),
    }
}

/// Where a quoted string ends that begins behind its quote at `at`: its closing quote, or the end
/// of the text.
fn quoted_end(text: &[u8], mut at: usize) -> usize {
    while let Some(byte) = text.get(at) {
        match byte {
            b'"' => return at,
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
    text.len()
}

/// The text of a string without its quotes. What stands for a control character stays as it is
/// written.
fn unquoted(text: &[u8]) -> String {
    use super::ink::plain;
    if !text.contains(&b'\\') {
        return plain(text);
    }
    let mut out = Vec::with_capacity(text.len());
    let mut at = 0;
    while let Some(byte) = text.get(at) {
        match (byte, text.get(at + 1)) {
            (b'\\', Some(known @ (b'"' | b'\\' | b'/'))) => {
                out.push(*known);
                at += 2;
            }
            (b'\\', Some(b'u')) => {
                let read = escaped(text.get(at..).unwrap_or_default());
                if let Some((c, len)) = read {
                    out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
                    at += len;
                } else {
                    out.extend_from_slice(b"\\u");
                    at += 2;
                }
            }
            _ => {
                out.push(*byte);
                at += 1;
            }
        }
    }
    plain(&out)
}

/// `\u00e4`, or a pair of surrogates: the character and the length. A control character is none.
fn escaped(text: &[u8]) -> Option<(char, usize)> {
    let unit = |at: usize| {
        let text = text.get(at..at + 6)?.strip_prefix(b"\\u")?;
        u32::from_str_radix(str::from_utf8(text).ok()?, 16).ok()
    };
    let first = unit(0)?;
    let (code, len) = match first {
        0xd800..0xdc00 => {
            let second = unit(6).filter(|unit| (0xdc00..0xe000).contains(unit))?;
            (0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00), 12)
        }
        _ => (first, 6),
    };
    let c = char::from_u32(code)?;
    (!c.is_control()).then_some((c, len))
}

#[cfg(test)]
mod tests;

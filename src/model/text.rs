//! Text from hosts and files is hostile. It passes through here once, when it is parsed.

use std::fmt::Write as _;

/// Makes text harmless for a terminal, a log and a report: control characters (C0, C1, DEL) and
/// the characters that reorder or hide text (bidirectional controls of UAX #9, zero-width ones,
/// line separators) are written out, such as `\x1b` or `\u{202e}`. Tabs become a space.
/// At most `limit` bytes are kept; a cut is marked with `…`.
pub fn clean(text: &str, limit: usize) -> String {
    let mut out = String::with_capacity(text.len().min(limit));
    for c in text.chars() {
        if out.len() >= limit {
            out.push('…');
            break;
        }
        if c == '\t' {
            out.push(' ');
        } else if is_hostile(c) {
            // Writing to a String does not fail.
            let _ok = if u32::from(c) < 0x100 {
                write!(out, "\\x{:02x}", u32::from(c))
            } else {
                write!(out, "\\u{{{:x}}}", u32::from(c))
            };
        } else {
            out.push(c);
        }
    }
    out
}

/// [`clean`] for bytes that may not be UTF-8.
pub fn clean_bytes(bytes: &[u8], limit: usize) -> String {
    clean(&String::from_utf8_lossy(bytes), limit)
}

/// Whether a character may not reach a terminal as it is.
pub fn is_hostile(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{200b}'..='\u{200f}'   // zero width, direction marks
            | '\u{115f}' | '\u{1160}' | '\u{3164}' | '\u{ffa0}' // invisible fillers
            | '\u{2028}'..='\u{202e}' // separators, embeddings, overrides
            | '\u{2060}'..='\u{206f}' // invisible operators, isolates
            | '\u{061c}' | '\u{feff}' // Arabic letter mark, byte order mark
            | '\u{fff9}'..='\u{fffb}' // interlinear annotation
            | '\u{e0000}'..='\u{e007f}') // tags
}

#[cfg(test)]
mod tests {
    use super::clean;

    #[test]
    fn escapes_are_written_out() {
        assert_eq!(clean("a\x1b[31mb\u{9b}c\u{202e}d\te", 100), "a\\x1b[31mb\\x9bc\\u{202e}d e");
    }

    #[test]
    fn a_cut_is_marked() {
        assert_eq!(clean("abcdef", 3), "abc…");
    }
}

//! A line's text as it may be shown: colors become data, and nothing else of what a terminal
//! would obey is left. Complete sequences without text of their own are dropped as a whole, such
//! as a cursor's move or a question to the terminal; of a link (OSC 8) its text stays. Strings
//! (other OSC, DCS, APC, PM, SOS) are written out, since text could be hidden in them, and so is
//! what is incomplete, and every other control character, as
//! [`crate::model::text::clean`] writes it. Each byte is looked at a bounded number of times.

mod escape;
mod style;

pub use style::{Effects, Ink, Style};

use std::fmt::Write as _;

use self::escape::Sequence;
use crate::model::text::is_hostile;

/// Tabs go to the next multiple of so many columns.
const TAB: usize = 8;

/// Text of one style.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Span {
    /// How it looks.
    pub style: Style,
    /// Without any control character.
    pub text: String,
}

/// A line for the screen.
pub fn spans(bytes: &[u8]) -> Vec<Span> {
    spans_up_to(bytes, usize::MAX)
}

/// The first `limit` characters of a line for the screen; the work is bounded by them and by the
/// sequences among them.
pub fn spans_up_to(bytes: &[u8], limit: usize) -> Vec<Span> {
    let mut out: Vec<Span> = Vec::new();
    walk(bytes, limit, &mut |style, text| match out.last_mut() {
        Some(last) if last.style == style => last.text.push_str(text),
        _ => out.push(Span { style, text: text.to_owned() }),
    });
    out
}

/// A line without its colors: to be saved, copied, printed.
pub fn plain(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len());
    walk(bytes, usize::MAX, &mut |_, text| out.push_str(text));
    out
}

fn walk(bytes: &[u8], limit: usize, tell: &mut dyn FnMut(Style, &str)) {
    let mut style = Style::default();
    let (mut at, mut column) = (0, 0_usize);
    let mut written = String::new();
    while let Some(byte) = bytes.get(at).copied() {
        if column >= limit {
            return;
        }
        let rest = bytes.get(at..).unwrap_or_default();
        let shown = style.shown();
        match byte {
            0x20..=0x7e => {
                let run = rest.iter().take(limit - column);
                let len = run.take_while(|b| matches!(b, 0x20..=0x7e)).count();
                let text = rest.get(..len).and_then(|run| str::from_utf8(run).ok());
                tell(shown, text.unwrap_or_default());
                (at, column) = (at + len, column + len);
                continue;
            }
            b'\t' => {
                let spaces = TAB - column % TAB;
                tell(shown, "        ".get(..spaces).unwrap_or_default());
                (at, column) = (at + 1, column + spaces);
                continue;
            }
            0x1b => match escape::sequence(rest) {
                Some(Sequence::Style { len }) => {
                    let inner = rest.get(2..len.saturating_sub(1)).unwrap_or_default();
                    style.apply(inner);
                    at += len;
                    continue;
                }
                Some(Sequence::Other { len }) => {
                    at += len;
                    continue;
                }
                None => {}
            },
            _ => {}
        }
        written.clear();
        let (c, len) = first_char(rest);
        match c {
            Some(c) if !is_hostile(c) => written.push(c),
            // Writing to a String does not fail.
            Some(c) => {
                let _ok = if u32::from(c) < 0x100 {
                    write!(written, "\\x{:02x}", u32::from(c))
                } else {
                    write!(written, "\\u{{{:x}}}", u32::from(c))
                };
            }
            None => {
                let _ok = write!(written, "\\x{byte:02x}");
            }
        }
        tell(shown, &written);
        at += len;
        column += written.chars().count();
    }
}

/// The character at the front and its length; none is a byte that begins no character.
fn first_char(rest: &[u8]) -> (Option<char>, usize) {
    let len = match rest.first() {
        Some(0xc2..=0xdf) => 2,
        Some(0xe0..=0xef) => 3,
        Some(0xf0..=0xf4) => 4,
        _ => 1,
    };
    let text = rest.get(..len).and_then(|bytes| str::from_utf8(bytes).ok());
    text.and_then(|text| text.chars().next()).map_or((None, 1), |c| (Some(c), len))
}

#[cfg(test)]
mod tests;

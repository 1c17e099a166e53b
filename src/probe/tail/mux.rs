//! Many shells over one channel: sshd lets us have few. On the host a small program in what is
//! there (perl, else python) passes on what they print, each piece behind a header.

use crate::probe::quote::quote;

const PERL: &str = include_str!("mux.pl");
const PYTHON: &str = include_str!("mux.py");

/// A header is never longer.
const LONGEST: usize = 96;

/// Starts the program; says before by which. `hello` is a word that is used for nothing else.
pub fn start(hello: &str) -> String {
    format!(
        "if perl -MFcntl -e 1 2>/dev/null; then printf '\\036@@{hello} perl\\n'; exec perl -e {}\n\
         elif python3 -c 1 2>/dev/null; then printf '\\036@@{hello} python\\n'; exec python3 -c {}\n\
         else printf '\\036@@{hello} none\\n'; fi\n",
        quote(PERL),
        quote(PYTHON),
    )
}

/// Something that came.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Frame<'a> {
    /// A shell printed this; nothing when it has ended. None of them has the number zero, by which
    /// the program says that it is ready.
    Printed(u32, &'a [u8]),
    /// More is needed.
    Part,
    /// This is none of the program's.
    Noise,
}

/// Reads the first frame, and says how many bytes it has.
pub fn frame<'b>(nonce: &str, bytes: &'b [u8]) -> (Frame<'b>, usize) {
    let Some(end) = memchr::memchr(b'\n', bytes) else {
        let is_noise = bytes.len() > LONGEST;
        return (if is_noise { Frame::Noise } else { Frame::Part }, 0);
    };
    let (head, rest) = bytes.split_at_checked(end + 1).unwrap_or((bytes, &[]));
    let Some((number, length)) = header(nonce, head.get(..end).unwrap_or_default()) else {
        return (Frame::Noise, 0);
    };
    match rest.get(..length) {
        Some(data) => (Frame::Printed(number, data), end + 1 + length),
        None => (Frame::Part, 0),
    }
}

fn header(nonce: &str, head: &[u8]) -> Option<(u32, usize)> {
    let rest = str::from_utf8(head).ok()?.strip_prefix("\x1e@@")?.strip_prefix(nonce)?;
    let (number, length) = rest.strip_prefix(' ')?.split_once(' ')?;
    let length = length.parse().ok().filter(|length| *length <= MOST)?;
    Some((number.parse().ok()?, length))
}

/// Bytes that a frame has at most.
const MOST: usize = 64 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_shell_prints_is_no_header() {
        let all = b"\x1e@@n 7 14\n\x1e@@n 8 3\nabcd\n\x1e@@n 7 0\n";
        let (first, len) = frame("n", all);
        assert_eq!(first, Frame::Printed(7, b"\x1e@@n 8 3\nabcd\n"));
        assert_eq!(frame("n", &all[len - 1..]), (Frame::Noise, 0));
        assert_eq!(frame("n", &all[len..]), (Frame::Printed(7, b""), 9));
    }

    #[test]
    fn parts_are_waited_for_and_noise_is_not() {
        let all = b"\x1e@@n 7 5\nabcde";
        for cut in 0..all.len() {
            assert_eq!(frame("n", &all[..cut]), (Frame::Part, 0), "{cut}");
        }
        for noise in [
            &b"hello\n"[..],
            b"\x1e@@m 7 1\na",
            b"\x1e@@n 7 65537\n",
            b"\x1e@@n -1 5\nabcde",
            b"\x1e@@n 7\n",
            &[b'x'; 97],
        ] {
            assert_eq!(frame("n", noise), (Frame::Noise, 0), "{noise:?}");
        }
    }
}

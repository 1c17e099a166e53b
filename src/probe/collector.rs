//! The collector's protocol: the program that runs on the host and the frames it answers with.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use super::quote::quote_all;
use crate::model::text::clean;

/// The program's fixed part; each probe adds its functions.
pub(super) const PRELUDE: &str = include_str!("collector.sh");

/// No answer is longer; what the host sends beyond is cut there, and a frame that claims more is
/// a forgery.
pub const MAX_ANSWER: usize = 4 << 20;

/// The whole program for one connection. Ends by calling its main loop with the nonce; the shell
/// must not be sent a request before it has said [`ready`], since it may read ahead.
pub fn program(nonce: &str) -> String {
    let mut text = String::from(PRELUDE);
    for functions in [
        super::facts::SCRIPT,
        super::tick::SCRIPT,
        super::units::SCRIPT,
        super::history::SCRIPT,
        super::detail::SCRIPT,
        super::ports::SCRIPT,
        super::survey::SCRIPT,
        super::words::SCRIPT,
        super::paths::SCRIPT,
        super::packages::SCRIPT,
        super::checks::SCRIPT,
        super::checks::FAST,
        super::nginx::SCRIPT,
        super::scripts::SCRIPT,
        super::jobs::SCRIPT,
        super::processes::SCRIPT,
        super::act::CLAIMS,
    ] {
        text.push_str(functions);
    }
    for functions in super::backups::SCRIPTS {
        text.push_str(functions);
    }
    text.push_str(&quote_all(&["qd_main", nonce]));
    text.push('\n');
    text
}

/// The tool without which a request could not be answered, where it says so; see `qd_needs`.
pub fn missing_tool(text: &str) -> Option<String> {
    let tool = text.lines().next()?.strip_prefix("missing ")?;
    Some(format!("the host has no `{}`", clean(tool, 32)))
}

/// The line that the program says first.
pub fn ready(nonce: &str) -> String {
    format!("@@{nonce} ready")
}

/// A request. None when an argument has a line feed, which one line cannot carry.
pub fn request(id: u64, argv: &[&str]) -> Option<String> {
    if argv.iter().any(|word| word.contains(['\n', '\0'])) {
        return None;
    }
    Some(format!("{id} {}\n", quote_all(argv)))
}

/// As many requests are remembered on a host, and shorter or longer ones are not.
const KEPT: usize = 16;
const SHORT: usize = 64;
const LONG: usize = 65_536;

/// What a channel's far end remembers of the requests before. Of each only a hash is kept here: two
/// with the same one would at worst be answered as the first of them.
#[derive(Debug, Default)]
pub struct Kept(BTreeMap<String, (u64, bool)>);

impl Kept {
    /// A request as it is said to this channel, which has then to be sent. None as of [`request`].
    pub fn request(&mut self, id: u64, argv: &[&str]) -> Option<String> {
        let whole = request(id, argv)?;
        let name = argv.first().copied().unwrap_or("");
        let plain = !name.is_empty() && name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
        if !plain || !(SHORT..LONG).contains(&whole.len()) {
            return Some(whole);
        }
        let (_, words) = whole.split_once(' ')?;
        let mut hasher = DefaultHasher::new();
        words.hash(&mut hasher);
        let hash = hasher.finish();
        let room = self.0.len() < KEPT;
        match self.0.get_mut(name) {
            Some((before, true)) if *before == hash => return Some(format!("{id} = {name}\n")),
            Some((before, told)) if *before == hash => {
                *told = true;
                return Some(format!("{id} + {words}"));
            }
            Some(other) => *other = (hash, false),
            None if room => {
                self.0.insert(name.to_owned(), (hash, false));
            }
            None => {}
        }
        Some(whole)
    }
}

/// An answer's first line, read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Header {
    /// The request's id.
    pub id: u64,
    /// The function's exit status.
    pub status: u8,
    /// Bytes that follow, without the line feed behind them.
    pub length: usize,
}

/// Reads a header; none for anything else, such as noise of a login shell.
pub fn header(nonce: &str, line: &[u8]) -> Option<Header> {
    let line = std::str::from_utf8(line).ok()?;
    let rest = line.strip_prefix("@@")?.strip_prefix(nonce)?.strip_prefix(' ')?;
    let mut words = rest.split(' ');
    let header = Header {
        id: words.next()?.parse().ok()?,
        status: words.next()?.parse().ok()?,
        length: words.next()?.parse().ok()?,
    };
    (words.next().is_none() && header.length <= MAX_ANSWER).then_some(header)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_is_read_and_noise_is_not() {
        let good = Header { id: 7, status: 0, length: 12 };
        assert_eq!(header("n0", b"@@n0 7 0 12"), Some(good));
        for noise in ["@@n1 7 0 12", "@@n0 7 0", "@@n0 7 0 12 9", "Welcome", "@@n0 7 0 99999999999"]
        {
            assert_eq!(header("n0", noise.as_bytes()), None, "{noise}");
        }
    }

    #[test]
    fn what_is_asked_again_is_said_once() {
        let mut kept = Kept::default();
        let long = "x".repeat(80);
        let said = format!("'qd_x' '{long}'\n");
        assert_eq!(kept.request(1, &["qd_x", &long]), Some(format!("1 {said}")));
        assert_eq!(kept.request(2, &["qd_x", &long]), Some(format!("2 + {said}")));
        assert_eq!(kept.request(3, &["qd_y", "a"]), Some("3 'qd_y' 'a'\n".to_owned()));
        assert_eq!(kept.request(4, &["qd_x", &long]), Some("4 = qd_x\n".to_owned()));
        assert_eq!(kept.request(5, &["qd_x", &said.replace('\n', "")]).unwrap().find('+'), None);
        assert_eq!(kept.request(6, &["qd_x", &long]), Some(format!("6 {said}")));
        let odd = kept.request(7, &["qd x", &long]);
        assert_eq!(odd, kept.request(7, &["qd x", &long]), "no name of a variable");
    }

    #[test]
    fn a_line_feed_is_refused() {
        assert_eq!(request(1, &["qd_units", "a\nb"]), None);
        assert_eq!(request(1, &["a", "b'c"]).unwrap(), "1 'a' 'b'\\''c'\n");
    }
}

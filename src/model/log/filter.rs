//! Which lines are wanted: regular expressions that a line must match or must not, and a least
//! level. Blocks are searched in one piece, not line by line.

use std::fmt;

use regex::bytes::{Regex, RegexBuilder};

use super::batch::{Batch, text_of};
use super::bits::Bits;
use super::level::Level;

/// Bytes that a compiled expression may take; a greater one is refused instead of being slow.
const COMPILED: usize = 1 << 20;
/// Matches over several lines in a block after which it is searched line by line.
const CROSSINGS: usize = 32;

/// A regular expression. Without a capital letter it does not tell capitals from small letters.
#[derive(Clone)]
pub struct Pattern {
    text: Box<str>,
    regex: Regex,
    /// Speaks of a text's own beginning or end: it is tried on each line alone.
    alone: bool,
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl fmt::Debug for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "/{}/", self.text)
    }
}

impl Pattern {
    /// Compiles it; an error is one line that says what is wrong where.
    pub fn new(text: &str) -> Result<Self, String> {
        let regex = RegexBuilder::new(text)
            .case_insensitive(!has_capital(text))
            .multi_line(true)
            .unicode(!is_of_bytes(text))
            .size_limit(COMPILED)
            .dfa_size_limit(4 * COMPILED)
            .nest_limit(64)
            .build()
            .map_err(|error| reason(&error))?;
        let alone = text.contains("\\A") || text.contains("\\z");
        Ok(Self { text: text.into(), regex, alone })
    }

    /// As it was typed.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether it does not tell capitals from small letters.
    pub fn takes_both_cases(&self) -> bool {
        !has_capital(&self.text)
    }

    /// Whether a line matches.
    pub fn is_match(&self, line: &[u8]) -> bool {
        self.regex.is_match(line)
    }

    /// Where a line matches, in bytes; at most so many places.
    pub fn places(&self, line: &[u8], most: usize) -> Vec<(usize, usize)> {
        let found = self.regex.find_iter(line).filter(|found| !found.is_empty());
        found.take(most).map(|found| (found.start(), found.end())).collect()
    }

    /// Which lines of a batch match, from the one at `from` on.
    pub fn lines(&self, batch: &Batch, from: usize) -> Bits {
        let (text, lines) = (&*batch.text, &*batch.lines);
        let mut bits = Bits::none(lines.len().saturating_sub(from));
        let mut place = from;
        let mut crossings = 0;
        while !self.alone && crossings < CROSSINGS {
            let Some(line) = lines.get(place) else { return bits };
            let Some(found) = self.regex.find_at(text, line.start as usize) else { return bits };
            // The line of the match's beginning.
            let rest = lines.get(place..).unwrap_or_default();
            let ahead = gallop(rest, found.start());
            place += ahead;
            let end = lines.get(place + 1).map_or(text.len(), |next| next.start as usize);
            // A match may run over the line's end, such as by `\s`: then the line alone decides.
            if found.end() < end {
                bits.set(place - from);
            } else {
                crossings += 1;
                if self.regex.is_match(text_of(text, lines, place)) {
                    bits.set(place - from);
                }
            }
            place += 1;
        }
        for place in place..lines.len() {
            if self.regex.is_match(text_of(text, lines, place)) {
                bits.set(place - from);
            }
        }
        bits
    }
}

/// How many lines further the line of a byte is: near ones are found at once.
fn gallop(lines: &[super::batch::Line], byte: usize) -> usize {
    let mut reach = 1;
    while lines.get(reach).is_some_and(|line| line.start as usize <= byte) {
        reach *= 2;
    }
    let part = lines.get(..reach.min(lines.len())).unwrap_or_default();
    part.partition_point(|line| line.start as usize <= byte).saturating_sub(1)
}

/// Whether an expression means the same of bytes as of characters, or nearly: then it is searched
/// several times as fast. `\s`, `\d`, `\w` and `\b` are then ASCII's.
fn is_of_bytes(text: &str) -> bool {
    let of_characters = [".", "[^", r"\S", r"\D", r"\W", r"\p", r"\P", r"\B", "(?"];
    text.is_ascii() && !of_characters.into_iter().any(|part| text.contains(part))
}

/// Capitals in an escape, such as `\S`, are none.
fn has_capital(text: &str) -> bool {
    let mut escaped = false;
    text.chars().any(|c| {
        let capital = c.is_uppercase() && !escaped;
        escaped = c == '\\' && !escaped;
        capital
    })
}

/// The last line of the library's drawing of the fault, which says what it is.
fn reason(error: &regex::Error) -> String {
    if matches!(error, regex::Error::CompiledTooBig(_)) {
        return "the expression is too big: write it shorter, with smaller counts".to_owned();
    }
    let text = error.to_string();
    let last = text.lines().last().unwrap_or("").trim();
    last.strip_prefix("error: ").unwrap_or(last).to_owned()
}

/// A term: what a line must match, or must not.
#[derive(Clone, PartialEq, Debug)]
pub struct Term {
    /// What.
    pub pattern: Pattern,
    /// It must not.
    pub not: bool,
}

impl Term {
    /// The lines of a batch in which it matches, from the one at `from` on, and what belongs to them.
    fn lines(&self, batch: &Batch, from: usize) -> Bits {
        let mut found = self.pattern.lines(batch, from);
        together(&mut found, batch, from);
        found
    }
}

/// Which lines are wanted.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Filter {
    /// All of them hold.
    pub terms: Vec<Term>,
    /// Lines milder than this are not wanted; lines that say no level are only wanted where this
    /// is `Unknown`.
    pub level: Level,
}

impl Filter {
    /// Reads what is typed: expressions with ` && ` between them, one that must not match behind a
    /// `!`; `\!` is an exclamation mark. An error names the term.
    pub fn parse(text: &str, level: Level) -> Result<Self, String> {
        let mut terms = Vec::new();
        for term in text.split(" && ") {
            let (not, pattern) = match term.strip_prefix('!') {
                Some(rest) => (true, rest),
                None => (false, term),
            };
            let pattern = pattern.trim_start();
            let pattern =
                pattern.strip_prefix('\\').filter(|p| p.starts_with('!')).unwrap_or(pattern);
            if pattern.is_empty() {
                continue;
            }
            let pattern = Pattern::new(pattern).map_err(|error| format!("{term}: {error}"))?;
            terms.push(Term { pattern, not });
        }
        Ok(Self { terms, level })
    }

    /// Whether every line is wanted.
    pub fn is_all(&self) -> bool {
        self.terms.is_empty() && self.level == Level::Unknown
    }

    /// Which lines of a batch are wanted, from the one at `from` on. Lines that belong together
    /// are judged together: all are wanted if one is, unless a term that must not match does in one.
    pub fn lines(&self, batch: &Batch, from: usize) -> Bits {
        let len = batch.lines.len().saturating_sub(from);
        let mut wanted = Bits::all(len);
        if self.level > Level::Unknown {
            let mut level = Bits::none(len);
            for (place, line) in batch.lines.iter().skip(from).enumerate() {
                if line.level >= self.level || line.flags.has(super::batch::Flags::NOTE) {
                    level.set(place);
                }
            }
            wanted.and(&level);
        }
        for term in &self.terms {
            let found = term.lines(batch, from);
            if term.not { wanted.and_not(&found) } else { wanted.and(&found) }
        }
        wanted
    }

    /// Takes the lines of a batch away in which a term matches that must not.
    pub fn leave_out(&self, batch: &Batch, shown: &mut Bits) {
        for term in self.terms.iter().filter(|term| term.not) {
            shown.and_not(&term.lines(batch, 0));
        }
    }
}

/// Sets all lines of a group of which one is set: a head and what continues it.
fn together(bits: &mut Bits, batch: &Batch, from: usize) {
    let continued = |place: usize| {
        batch
            .lines
            .get(from + place)
            .is_some_and(|line| line.flags.has(super::batch::Flags::CONTINUED))
    };
    let mut place = 0;
    while place < bits.len() {
        let mut end = place + 1;
        while end < bits.len() && continued(end) {
            end += 1;
        }
        if end > place + 1 && (place..end).any(|one| bits.has(one)) {
            (place..end).for_each(|one| bits.set(one));
        }
        place = end;
    }
}

#[cfg(test)]
mod tests {
    use super::super::batch::{Flags, Line};
    use super::*;

    fn batch(lines: &[&str]) -> Batch {
        let mut batch = Batch::default();
        for line in lines {
            let flags = if line.starts_with(' ') {
                Flags::default().with(Flags::CONTINUED)
            } else {
                Flags::default()
            };
            batch.push(line.as_bytes(), Line { flags, ..Line::default() });
        }
        batch
    }

    fn found(filter: &str, lines: &[&str]) -> Vec<usize> {
        let batch = batch(lines);
        let bits = Filter::parse(filter, Level::Unknown).unwrap().lines(&batch, 0);
        (0..lines.len()).filter(|place| bits.has(*place)).collect()
    }

    #[test]
    fn terms_are_combined_and_excluded() {
        let lines = ["GET /a 200", "GET /health 200", "POST /a 500", "get /b 500"];
        assert_eq!(found("get", &lines), [0, 1, 3]);
        assert_eq!(found("GET", &lines), [0, 1]);
        assert_eq!(found("get && !health", &lines), [0, 3]);
        assert_eq!(found("!get", &lines), [2]);
        assert_eq!(found("get && 500$", &lines), [3]);
        assert_eq!(found("", &lines), [0, 1, 2, 3]);
    }

    #[test]
    fn no_match_runs_over_a_lines_end_and_none_is_missed() {
        assert_eq!(found(r"a\s+b", &["a", "b", "a b"]), [2]);
        assert_eq!(found(r"a[^x]*c", &["a", "ac", "x", "a", "b", "c"]), [1]);
        let many: Vec<&str> = std::iter::repeat_n("a", 100).chain(["ac"]).collect();
        assert_eq!(found("a[^x]*c", &many), [100]);
        assert_eq!(found(r"\Ab", &["ab", "ba"]), [1]);
        assert_eq!(found("^$", &["", "a", ""]), [0, 2]);
        assert_eq!(found("a$", &["ba", "ab", "a"]), [0, 2]);
    }

    #[test]
    fn characters_beyond_ascii_are_one_and_of_either_case() {
        assert_eq!(found("a.b", &["aüb", "aüüb"]), [0]);
        assert_eq!(found("größe", &["GRÖSSE", "GRÖßE", "größe"]), [1, 2]);
        assert_eq!(found("[^a]b", &["üb", "ab"]), [0]);
        assert_eq!(found("\\sx", &["ü x"]), [0]);
    }

    #[test]
    fn a_trace_is_kept_together() {
        let lines = ["error: x", "  at main", "  at y", "other"];
        assert_eq!(found("main", &lines), [0, 1, 2]);
        assert_eq!(found("!main", &lines), [3]);
    }

    #[test]
    fn a_fault_names_its_term_and_a_big_one_is_refused() {
        let fault = Filter::parse("a && (b", Level::Unknown).unwrap_err();
        assert!(fault.starts_with("(b: ") && fault.contains("unclosed group"), "{fault}");
        let fault = Filter::parse("(a{1000}){1000}", Level::Unknown).unwrap_err();
        assert!(fault.contains("too big"), "{fault}");
    }

    proptest::proptest! {
        #[test]
        fn a_block_is_searched_as_its_lines_are(
            lines in proptest::collection::vec("[abc \r]{0,6}", 0..40),
            pattern in proptest::sample::select(vec!["a", "^b", "c$", "a\\s*b", "[^a]+c", "b?", "^$", "(?s)a.b", "\\s$", "a\\z", "\\bb"]),
        ) {
            let mut batch = Batch::default();
            for line in &lines {
                batch.push(line.as_bytes(), Line::default());
            }
            let pattern = Pattern::new(pattern).unwrap();
            let bits = pattern.lines(&batch, 0);
            for (place, line) in lines.iter().enumerate() {
                proptest::prop_assert_eq!(bits.has(place), pattern.is_match(line.as_bytes()), "{:?}", line);
            }
        }
    }
}

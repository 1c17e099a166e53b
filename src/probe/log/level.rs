//! The level of a line of text, from its front. A word counts where loggers put a level: first,
//! in brackets, in capitals, before a colon, between tabs; never in the middle of a sentence.

use super::fields::string_end;
use super::word;
use crate::model::log::Level;

/// So much of a line's body is looked at.
const REACH: usize = 200;
/// And so many words of it.
const WORDS: usize = 10;

/// What a word says about the one behind it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Before {
    /// Nothing is before.
    Nothing,
    /// A column's end: a colon, a dash, a bar.
    Column,
    /// `level:`.
    Key,
    /// A word like any other.
    Word,
}

/// The level at the front of a text, behind its timestamp.
pub(super) fn of_text(body: &[u8]) -> Level {
    let head = body.get(..body.len().min(REACH)).unwrap_or_default();
    if let Some(level) = opening(head) {
        return level;
    }
    let (mut at, mut prose) = (0, 0);
    let mut before = Before::Nothing;
    // "0 ERROR" counts them; behind MySQL's thread a level is in brackets.
    let mut counted = false;
    for _ in 0..WORDS {
        let rest = head.get(at..).unwrap_or_default();
        at += rest.iter().take_while(|b| matches!(b, b' ' | b'\t')).count();
        let rest = head.get(at..).unwrap_or_default();
        let len = rest.iter().position(|b| matches!(b, b' ' | b'\t')).unwrap_or(rest.len());
        let Some(token) = rest.get(..len).filter(|token| !token.is_empty()) else { break };
        let in_tabs =
            rest.get(len) == Some(&b'\t') && (at == 0 || head.get(at - 1) == Some(&b'\t'));
        let next_column = rest
            .get(len..)
            .is_some_and(|rest| matches!(rest, [b' ', b'-' | b'|', b' ', ..] | [b' ', b':', ..]));
        if (!counted || token.starts_with(b"["))
            && let Some(level) = of_token(token, before, in_tabs, next_column)
        {
            return level;
        }
        before = match token {
            [.., b':'] if is_level_key(token) => Before::Key,
            [.., b':' | b']' | b'|'] | [b'-'] | [b'-', b'-'] => Before::Column,
            _ if next_column => Before::Column,
            _ if token.iter().all(u8::is_ascii_alphabetic) => {
                prose += 1;
                if prose > 1 || is_negation(token) {
                    break;
                }
                Before::Word
            }
            _ => Before::Word,
        };
        counted = token == b"0";
        at += len;
    }
    Level::Unknown
}

/// Beginnings that say it in more than a word.
fn opening(head: &[u8]) -> Option<Level> {
    let starts =
        |what: &[u8]| head.get(..what.len()).is_some_and(|front| front.eq_ignore_ascii_case(what));
    if starts(b"fatal error") {
        return Some(Level::Critical);
    }
    if head.starts_with(b"Traceback (most") || head.starts_with(b"Exception in thread") {
        return Some(Level::Error);
    }
    // `E: Unable to locate package`
    if let [letter @ (b'E' | b'W' | b'N'), b':', b' ', ..] = head {
        return word::letter(*letter);
    }
    // `TypeError: x`, `java.io.IOException: y`
    let name = head.iter().take_while(|b| b.is_ascii_alphanumeric() || **b == b'.').count();
    let is_thrown = head.get(..name).is_some_and(|name| {
        name.len() > 6 && (name.ends_with(b"Error") || name.ends_with(b"Exception"))
    });
    (is_thrown && head.get(name) == Some(&b':')).then_some(Level::Error)
}

fn of_token(token: &[u8], before: Before, in_tabs: bool, next_column: bool) -> Option<Level> {
    if let Some(equals) = memchr::memchr(b'=', token) {
        let (key, value) = token.split_at_checked(equals)?;
        return (key.len() > 1 && word::is_key(key)).then(|| word::value(letters(value))).flatten();
    }
    let in_brackets = matches!(token.first(), Some(b'[' | b'<'));
    let skip = token.iter().take_while(|b| !b.is_ascii_alphanumeric()).count();
    let core = token.get(skip..)?;
    let len = core.iter().take_while(|b| b.is_ascii_alphabetic()).count();
    let (name, behind) = core.split_at_checked(len)?;
    if in_brackets {
        // `[core:error]`
        let inner = core.get(..core.iter().position(|b| matches!(b, b']' | b'>'))?)?;
        let inner = inner.rsplit(|b| *b == b':').next()?;
        if let [one] = inner {
            return word::letter(*one);
        }
        if let Some(level) = word::level(inner) {
            return Some(level);
        }
    }
    let level = word::level(name)?;
    let is_upper = name.iter().all(u8::is_ascii_uppercase);
    let ends = matches!(behind.first(), None | Some(b':' | b']' | b'|' | b'!' | b')' | b','));
    let ends = ends || is_upper && matches!(behind.first(), Some(b'/' | b'['));
    let colon = behind.first() == Some(&b':');
    let column = matches!(before, Before::Nothing | Before::Column);
    let counts = (ends && (is_upper || before == Before::Key))
        || (colon && column && behind.len() == 1)
        || (in_tabs && behind.is_empty())
        || (before == Before::Column && next_column && behind.is_empty());
    counts.then_some(level)
}

/// A value without quotes and what follows.
fn letters(value: &[u8]) -> &[u8] {
    let value = value.strip_prefix(b"=").unwrap_or(value);
    let value = value.strip_prefix(b"\"").unwrap_or(value);
    let len = value.iter().take_while(|b| b.is_ascii_alphanumeric()).count();
    value.get(..len).unwrap_or_default()
}

fn is_level_key(token: &[u8]) -> bool {
    token.strip_suffix(b":").is_some_and(|key| key.len() > 1 && word::is_key(key))
}

fn is_negation(word: &[u8]) -> bool {
    let words: [&[u8]; 9] =
        [b"no", b"not", b"without", b"zero", b"any", b"an", b"the", b"of", b"with"];
    words.into_iter().any(|other| word.eq_ignore_ascii_case(other))
}

/// The level of a line of an access log by what is behind its moment: `"GET / HTTP/1.1" 502 …`.
/// A request that failed on the server's side is an error; one that a client got wrong is not.
pub(super) fn of_access(behind: &[u8]) -> Level {
    let status = || {
        let request = behind.strip_prefix(b" \"")?;
        let rest = request.get(string_end(request, 0)? + 1..)?;
        let [b' ', first, second, third, ..] = rest else { return None };
        (second.is_ascii_digit() && third.is_ascii_digit()).then_some(*first)
    };
    if status() == Some(b'5') { Level::Error } else { Level::Unknown }
}

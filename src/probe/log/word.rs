//! The words and numbers that loggers have for a level.

use crate::model::log::Level;

/// The longest word that is one.
const LONGEST: usize = 11;

/// The level that a word means, in any case.
pub(super) fn level(word: &[u8]) -> Option<Level> {
    if !word.first()?.is_ascii_alphabetic() {
        return None;
    }
    let mut lower = [0; LONGEST];
    let lower = lower.get_mut(..word.len())?;
    lower.copy_from_slice(word);
    lower.make_ascii_lowercase();
    Some(match &*lower {
        // The commonest first.
        b"info" | b"information" | b"inf" => Level::Info,
        b"error" | b"err" | b"eror" | b"severe" | b"fail" => Level::Error,
        b"warn" | b"warning" | b"wrn" => Level::Warning,
        b"trace" | b"trc" | b"verbose" | b"finest" | b"finer" => Level::Trace,
        b"debug" | b"dbg" | b"dbug" | b"debg" | b"fine" => Level::Debug,
        b"notice" | b"note" => Level::Notice,
        b"fatal" | b"ftl" | b"critical" | b"crit" | b"panic" | b"dpanic" | b"alert" | b"emerg"
        | b"emergency" => Level::Critical,
        _ => return None,
    })
}

/// The level of a single letter: klog, logcat, `MongoDB`, apt.
pub(super) const fn letter(letter: u8) -> Option<Level> {
    Some(match letter {
        b'T' | b'V' => Level::Trace,
        b'D' => Level::Debug,
        b'I' => Level::Info,
        b'N' => Level::Notice,
        b'W' => Level::Warning,
        b'E' => Level::Error,
        b'F' | b'C' => Level::Critical,
        _ => return None,
    })
}

/// The level that a field's value says: a word, a letter, bunyan's and pino's numbers from 10 to
/// 60, or a priority of syslog(3) as in GELF.
pub(super) fn value(text: &[u8]) -> Option<Level> {
    match text {
        [one] if one.is_ascii_digit() => Some(Level::from_priority(one - b'0')),
        [one] => letter(*one),
        [tens @ b'1'..=b'6', b'0'..=b'9'] => Some(match tens {
            b'1' => Level::Trace,
            b'2' => Level::Debug,
            b'3' => Level::Info,
            b'4' => Level::Warning,
            b'5' => Level::Error,
            _ => Level::Critical,
        }),
        word => level(word),
    }
    .filter(|level| *level != Level::Unknown)
}

/// Whether a field of that name says the level.
pub(super) fn is_key(key: &[u8]) -> bool {
    let keys: [&[u8]; 9] = [
        b"level",
        b"lvl",
        b"severity",
        b"log.level",
        b"levelname",
        b"loglevel",
        b"log_level",
        b"@l",
        b"s",
    ];
    keys.into_iter().any(|name| key.eq_ignore_ascii_case(name))
}

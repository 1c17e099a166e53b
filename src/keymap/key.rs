//! A key, as it is written in the config and as terminals send it.

use std::fmt;
use std::str::FromStr;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

/// A key with its modifiers, in one form only: two that terminals cannot tell apart are equal.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Key {
    code: KeyCode,
    modifiers: KeyModifiers,
}

/// Why a text is not a key.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum KeyError {
    /// No such key.
    Unknown(String),
    /// Terminals send the same for another key.
    Same {
        /// As written.
        key: String,
        /// What it would be taken for.
        same: &'static str,
    },
    /// Terminals send nothing, or not this.
    Unsent(String),
    /// Which character shift gives depends on the keyboard.
    Shifted(String),
}

impl KeyError {
    /// What is wrong, and what to do.
    pub fn parts(&self) -> (String, &'static str) {
        match self {
            Self::Unknown(key) => (
                format!("there is no key `{key}`"),
                "write it like `x`, `X`, `f5`, `pagedown`, `space`, `ctrl-x`, `alt-x`",
            ),
            Self::Same { key, same } => (
                format!("terminals cannot tell `{key}` from `{same}`"),
                "choose another, or write the one that is meant",
            ),
            Self::Unsent(key) => (
                format!("terminals do not send `{key}`"),
                "with `ctrl-`, choose a letter or `space`",
            ),
            Self::Shifted(key) => (
                format!("what `{key}` gives depends on the keyboard"),
                "write the character itself",
            ),
        }
    }
}

impl fmt::Display for KeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (message, remedy) = self.parts();
        write!(f, "{message} ({remedy})")
    }
}

impl std::error::Error for KeyError {}

/// Keys with a name.
const NAMED: [(&str, KeyCode); 16] = [
    ("enter", KeyCode::Enter),
    ("esc", KeyCode::Esc),
    ("tab", KeyCode::Tab),
    ("backtab", KeyCode::BackTab),
    ("backspace", KeyCode::Backspace),
    ("space", KeyCode::Char(' ')),
    ("up", KeyCode::Up),
    ("down", KeyCode::Down),
    ("left", KeyCode::Left),
    ("right", KeyCode::Right),
    ("home", KeyCode::Home),
    ("end", KeyCode::End),
    ("pageup", KeyCode::PageUp),
    ("pagedown", KeyCode::PageDown),
    ("insert", KeyCode::Insert),
    ("delete", KeyCode::Delete),
];

const MODIFIERS: [(&str, KeyModifiers); 3] = [
    ("ctrl-", KeyModifiers::CONTROL),
    ("alt-", KeyModifiers::ALT),
    ("shift-", KeyModifiers::SHIFT),
];

/// Control characters that are keys of their own: ASCII has one code for both.
const SAME: [(char, &str); 4] = [('m', "enter"), ('i', "tab"), ('h', "backspace"), ('[', "esc")];

impl Key {
    /// Drops what terminals report differently or not at all: shift of a character, which the
    /// character shows by itself, and the case of a letter with ctrl.
    fn normal(code: KeyCode, modifiers: KeyModifiers) -> Self {
        let shift = modifiers.contains(KeyModifiers::SHIFT);
        let control = modifiers.contains(KeyModifiers::CONTROL);
        let without_shift = modifiers - KeyModifiers::SHIFT;
        match code {
            KeyCode::Char(c) if control => {
                Self { code: KeyCode::Char(c.to_ascii_lowercase()), modifiers: without_shift }
            }
            // With the kitty protocol, shift comes with the unshifted letter.
            KeyCode::Char(c) if shift => {
                Self { code: KeyCode::Char(c.to_ascii_uppercase()), modifiers: without_shift }
            }
            KeyCode::Tab if shift => Self { code: KeyCode::BackTab, modifiers: without_shift },
            KeyCode::BackTab => Self { code, modifiers: without_shift },
            _ => Self { code, modifiers },
        }
    }
}

impl From<KeyEvent> for Key {
    fn from(event: KeyEvent) -> Self {
        Self::normal(event.code, event.modifiers)
    }
}

impl FromStr for Key {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        let unknown = || KeyError::Unknown(shown(text));
        let mut modifiers = KeyModifiers::NONE;
        let mut rest = text;
        while let Some((modifier, after)) = strip_modifier(rest) {
            if modifiers.contains(modifier) {
                return Err(unknown());
            }
            modifiers |= modifier;
            rest = after;
        }
        let code = code(rest).ok_or_else(unknown)?;
        if let KeyCode::Char(c) = code {
            sent(text, c, modifiers)?;
        }
        Ok(Self::normal(code, modifiers))
    }
}

/// Whether terminals send that character with those modifiers, and as nothing else.
fn sent(text: &str, c: char, modifiers: KeyModifiers) -> Result<(), KeyError> {
    if modifiers.contains(KeyModifiers::CONTROL) {
        let c = c.to_ascii_lowercase();
        if let Some((_, same)) = SAME.iter().find(|(other, _)| *other == c) {
            return Err(KeyError::Same { key: shown(text), same });
        }
        // Ctrl with a digit or a sign arrives as another key or as none.
        if !c.is_ascii_lowercase() && c != ' ' {
            return Err(KeyError::Unsent(shown(text)));
        }
    }
    if modifiers.contains(KeyModifiers::SHIFT) && !c.is_ascii_alphabetic() {
        return Err(KeyError::Shifted(shown(text)));
    }
    Ok(())
}

/// A modifier in front, and what it modifies.
fn strip_modifier(text: &str) -> Option<(KeyModifiers, &str)> {
    MODIFIERS.iter().find_map(|(prefix, modifier)| {
        let (head, rest) = text.split_at_checked(prefix.len())?;
        (head.eq_ignore_ascii_case(prefix) && !rest.is_empty()).then_some((*modifier, rest))
    })
}

fn code(text: &str) -> Option<KeyCode> {
    let mut chars = text.chars();
    if let (Some(c), None) = (chars.next(), chars.next()) {
        // A blank would not be seen in the help; it is called `space`.
        return (!c.is_control() && !c.is_whitespace()).then_some(KeyCode::Char(c));
    }
    let name = text.to_ascii_lowercase();
    if let Some((_, code)) = NAMED.iter().find(|(other, _)| *other == name) {
        return Some(*code);
    }
    let number: u8 = name.strip_prefix('f')?.parse().ok()?;
    let canonical = name == format!("f{number}");
    (canonical && (1..=12).contains(&number)).then_some(KeyCode::F(number))
}

/// The text, short and safe to print.
fn shown(text: &str) -> String {
    text.chars().take(20).flat_map(char::escape_debug).collect()
}

impl fmt::Display for Key {
    /// As it is written in the config.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (prefix, modifier) in MODIFIERS {
            if self.modifiers.contains(modifier) {
                f.write_str(prefix)?;
            }
        }
        if let Some((name, _)) = NAMED.iter().find(|(_, code)| *code == self.code) {
            return f.write_str(name);
        }
        match self.code {
            KeyCode::Char(c) => write!(f, "{c}"),
            KeyCode::F(number) => write!(f, "f{number}"),
            // Keys of multimedia keyboards and bare modifiers: they cannot be bound.
            other => write!(f, "{}", other.to_string().to_lowercase()),
        }
    }
}

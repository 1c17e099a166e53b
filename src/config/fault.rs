//! A fault in a config or a theme, and how it is told. The one rule for its words: lower case,
//! no full stop, the offending value in backquotes, and what to do about it.

use std::fmt;
use std::path::PathBuf;

use unicode_width::UnicodeWidthChar;

/// How much of a long line is shown.
const LINE_SHOWN: usize = 100;
/// How much of a long value is quoted.
const VALUE_SHOWN: usize = 60;

/// What is wrong, where, and what to do about it. Safe to print: text from the file is freed
/// of control bytes first.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ConfigFault {
    /// The file.
    pub file: PathBuf,
    /// Where in it; none when the file as a whole is meant.
    pub place: Option<Place>,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub remedy: String,
}

/// A place in a file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Place {
    /// From 1.
    pub line: usize,
    /// In characters, from 1.
    pub column: usize,
    /// How many characters of the line are meant; 0 is a point.
    pub length: usize,
    /// The line's text.
    pub text: String,
}

impl ConfigFault {
    /// A fault of the file as a whole.
    pub fn whole(
        file: impl Into<PathBuf>,
        message: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Self { file: file.into(), place: None, message: message.into(), remedy: remedy.into() }
    }
}

impl std::error::Error for ConfigFault {}

impl fmt::Display for ConfigFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", printable(&self.file.display().to_string()))?;
        if let Some(place) = &self.place {
            write!(f, ":{}:{}", place.line, place.column)?;
        }
        write!(f, ": {}", self.message)?;
        if let Some(place) = &self.place {
            place.draw(f)?;
        }
        if !self.remedy.is_empty() {
            write!(f, "\n  = help: {}", self.remedy)?;
        }
        Ok(())
    }
}

impl Place {
    /// The line and, beneath it, carets under what is meant.
    fn draw(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let column = self.column.saturating_sub(1);
        // A long line is shown from shortly before the place.
        let skip = if column + 20 > LINE_SHOWN { column - 20 } else { 0 };
        let shown = printable(&self.text.chars().skip(skip).take(LINE_SHOWN).collect::<String>());
        let width = |c: char| c.width().unwrap_or(1);
        let before: usize = shown.chars().take(column - skip).map(width).sum();
        let under: usize = shown.chars().skip(column - skip).take(self.length).map(width).sum();
        let gutter = self.line.to_string().len();
        write!(f, "\n  {} | {}", self.line, shown.trim_end())?;
        let (blank, carets) = (" ".repeat(before), "^".repeat(under.max(1)));
        write!(f, "\n  {:gutter$} | {blank}{carets}", "")
    }
}

/// A value in backquotes, short and safe to print.
pub(crate) fn quoted(value: &str) -> String {
    let mut text: String = value.chars().take(VALUE_SHOWN).collect();
    if value.chars().nth(VALUE_SHOWN).is_some() {
        text.push('…');
    }
    format!("`{}`", printable(&text))
}

/// Several values in backquotes.
pub(crate) fn quoted_list<'a>(values: impl IntoIterator<Item = &'a str>) -> String {
    values.into_iter().map(quoted).collect::<Vec<_>>().join(", ")
}

/// Whether a character may be shown: neither control nor one that hides or reorders others.
pub(crate) fn is_printable(c: char) -> bool {
    !c.is_control()
        && !matches!(c,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e007f}')
}

/// The text with a blank for a tab and a mark for all else that may not be shown. Keeps the
/// number of characters, on which the carets rest.
fn printable(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '\t' => ' ',
            c if is_printable(c) => c,
            _ => '\u{fffd}',
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Source;

    #[test]
    fn a_fault_shows_its_line_with_carets_and_a_remedy() {
        let source = Source::new("c.toml", "a = 1\nname = \"日本\"\n");
        let fault = source.fault(&(13..21), "bad name `日本`", "choose another");
        assert_eq!(
            fault.to_string(),
            "c.toml:2:8: bad name `日本`\n  2 | name = \"日本\"\n    |        ^^^^^^\n  = help: choose another"
        );
    }

    #[test]
    fn escapes_and_reordering_marks_never_reach_the_terminal() {
        let source = Source::new("c\u{1b}.toml", "a = \"\u{1b}[2J\u{202e}\"\n");
        let text = source.fault(&(4..8), format!("bad {}", quoted("\u{1b}[2J")), "").to_string();
        assert!(text.chars().all(|c| c == '\n' || is_printable(c)), "{text:?}");
    }

    #[test]
    fn a_long_line_is_shown_around_the_place() {
        let source = Source::new("c.toml", format!("{}here{}", "x".repeat(5000), "y".repeat(5000)));
        let text = source.fault(&(5000..5004), "m", "r").to_string();
        let lines: Vec<_> = text.lines().collect();
        assert!(lines[1].len() < 120);
        assert_eq!(lines[1].find("here"), lines[2].find('^'));
    }
}

//! A file's text, and where in it a byte is.

use std::ops::Range;
use std::path::{Path, PathBuf};

use super::fault::{ConfigFault, Place};

/// A file that has been read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Source {
    path: PathBuf,
    text: String,
    line_starts: Vec<usize>,
}

impl Source {
    /// The text of the file at `path`; the path only names it in faults.
    pub fn new(path: impl Into<PathBuf>, text: impl Into<String>) -> Self {
        let text = text.into();
        let newlines = text.match_indices('\n').map(|(newline, _)| newline + 1);
        let line_starts = std::iter::once(0).chain(newlines).collect();
        Self { path: path.into(), text, line_starts }
    }

    /// Its path, as it was given.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Its text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The line of a byte, from 1.
    pub fn line(&self, byte: usize) -> usize {
        self.line_starts.partition_point(|start| *start <= byte)
    }

    /// Line, column and the line's text, for a span of bytes.
    pub fn place(&self, span: &Range<usize>) -> Place {
        let before = self.before(span.start);
        let line = self.line(before.len());
        let line_start = self.line_starts.get(line - 1).copied().unwrap_or(0);
        let rest = self.text.get(line_start..).unwrap_or("");
        let text = rest.split('\n').next().unwrap_or("").trim_end_matches('\r');
        let column = self.text.get(line_start..before.len()).unwrap_or("").chars().count() + 1;
        let spanned = self.text.get(before.len()..span.end).unwrap_or("");
        let length = spanned.split('\n').next().unwrap_or("").trim_end().chars().count();
        Place { line, column, length, text: text.to_owned() }
    }

    /// A fault at a span of this file.
    pub fn fault(
        &self,
        span: &Range<usize>,
        message: impl Into<String>,
        remedy: impl Into<String>,
    ) -> ConfigFault {
        ConfigFault {
            file: self.path.clone(),
            place: Some(self.place(span)),
            message: message.into(),
            remedy: remedy.into(),
        }
    }

    /// The text up to a byte, cut down to a character's boundary and to the text's end.
    fn before(&self, byte: usize) -> &str {
        let mut end = byte.min(self.text.len());
        while !self.text.is_char_boundary(end) {
            end -= 1;
        }
        self.text.get(..end).unwrap_or("")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_count_lines_and_characters_from_one() {
        let source = Source::new("a", "x = 1\r\ngröße = \"ü\"\n");
        let start = source.text().find('"').unwrap();
        let place = source.place(&(start..start + 4));
        assert_eq!((place.line, place.column, place.length), (2, 9, 3));
        assert_eq!(place.text, "größe = \"ü\"");
        assert_eq!(source.place(&(0..5)).text, "x = 1");
    }

    #[test]
    fn a_span_past_the_end_or_inside_a_character_is_still_a_place() {
        let source = Source::new("a", "ü");
        assert_eq!(source.place(&(1..1)).column, 1);
        assert_eq!(source.place(&(99..100)).column, 2);
    }
}

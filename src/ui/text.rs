//! Width and cutting of text, by grapheme: a wide character cut in half breaks a frame.

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

/// Columns that a text takes.
pub(super) fn width(text: &str) -> usize {
    if text.is_ascii() { text.len() } else { text.width() }
}

/// The text in at most `columns`; a cut is marked with `mark`, one column wide.
pub(super) fn fit(text: &str, columns: usize, mark: &str) -> String {
    if width(text) <= columns {
        return text.to_owned();
    }
    let mut out = String::new();
    let mut used = 0;
    for grapheme in text.graphemes(true) {
        let wide = grapheme.width();
        if used + wide + 1 > columns {
            break;
        }
        used += wide;
        out.push_str(grapheme);
    }
    if used < columns {
        out.push_str(mark);
    }
    out
}

/// The text in lines of at most `columns`, broken at spaces where there are any.
pub(super) fn wrap(text: &str, columns: usize) -> Vec<String> {
    let columns = columns.max(1);
    let mut lines = Vec::new();
    for line in text.lines() {
        let mut now = String::new();
        let mut used = 0;
        for word in line.split_inclusive(' ') {
            let wide = width(word);
            // A space at the end of a line needs no room.
            let needed = width(word.trim_end_matches(' '));
            if used + needed > columns && used > 0 {
                lines.push(std::mem::take(&mut now).trim_end().to_owned());
                used = 0;
            }
            if used + needed <= columns {
                now.push_str(word);
                used += wide;
                continue;
            }
            for grapheme in word.graphemes(true) {
                let wide = grapheme.width();
                if used + wide > columns && used > 0 {
                    lines.push(std::mem::take(&mut now).trim_end().to_owned());
                    used = 0;
                }
                now.push_str(grapheme);
                used += wide;
            }
        }
        lines.push(now.trim_end().to_owned());
    }
    lines
}

/// The text in pieces of at most `columns`, with every character of it.
pub(super) fn chop(text: &str, columns: usize) -> Vec<String> {
    let mut pieces = vec![String::new()];
    let mut used = 0;
    for grapheme in text.graphemes(true) {
        let wide = grapheme.width();
        if used + wide > columns.max(1) && used > 0 {
            pieces.push(String::new());
            used = 0;
        }
        if let Some(last) = pieces.last_mut() {
            last.push_str(grapheme);
        }
        used += wide;
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::{chop, fit, wrap};

    #[test]
    fn what_is_chopped_loses_nothing() {
        assert_eq!(chop("ab  cd", 3), ["ab ", " cd"]);
        assert_eq!(chop("日本", 3), ["日", "本"]);
        assert_eq!(chop("", 3), [""]);
    }

    #[test]
    fn a_wide_character_is_never_cut_in_half() {
        assert_eq!(fit("日本語", 6, "…"), "日本語");
        assert_eq!(fit("日本語", 5, "…"), "日本…");
        assert_eq!(fit("日本語", 4, "…"), "日…");
        assert_eq!(fit("日本語", 1, "…"), "…");
        assert_eq!(fit("日本語", 0, "…"), "");
        assert_eq!(fit("coordination", 6, "~"), "coord~");
    }

    #[test]
    fn wraps_at_spaces_or_anywhere() {
        assert_eq!(wrap("read only file system", 10), ["read only", "file", "system"]);
        assert_eq!(wrap("ab cdefghi", 4), ["ab", "cdef", "ghi"]);
        assert_eq!(wrap("abcdefgh", 3), ["abc", "def", "gh"]);
        assert_eq!(wrap("", 3), Vec::<String>::new());
    }
}

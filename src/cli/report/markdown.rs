//! Text in Markdown: whatever a host has said stays text. It ends no table cell, makes no link,
//! no HTML and no heading (`CommonMark` 0.31 2.4 "Backslash escapes", GFM 4.10 "Tables" and 6.9
//! "Autolinks").

use crate::model::text::clean;

/// Bytes of a text.
const MOST: usize = 2000;

/// Text within a line or a table's cell.
pub(super) fn text(text: &str) -> String {
    let text = clean(text, MOST);
    let mut out = String::with_capacity(text.len() + 8);
    for (at, c) in text.char_indices() {
        let first = at == 0;
        let special = match c {
            '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '|' | '~' | '&' | '#' | '@' | '$'
            | '!' => true,
            // A bare address would become a link.
            ':' => text.get(at..).is_some_and(|rest| rest.starts_with("://")),
            '.' => text.get(..at).is_some_and(|before| before.to_lowercase().ends_with("www")),
            // A list, a heading beneath, a numbered list.
            '-' | '+' | '=' if first => true,
            ')' => is_number(text.get(..at)),
            _ => false,
        };
        if special || (c == '.' && is_number(text.get(..at))) {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

fn is_number(before: Option<&str>) -> bool {
    before.is_some_and(|digits| !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()))
}

/// Text as it was printed, within a line.
pub(super) fn code(text: &str) -> String {
    let text = clean(text, MOST);
    if text.trim().is_empty() {
        return String::new();
    }
    let fence = "`".repeat(longest_run(&text) + 1);
    // A space on both sides goes away, and is needed beside a backtick.
    format!("{fence} {text} {fence}")
}

/// Lines as a block to be copied.
pub(super) fn block(lines: &[String]) -> String {
    let lines: Vec<String> = lines.iter().map(|line| whole(line)).collect();
    let longest = lines.iter().map(|line| longest_run(line)).max().unwrap_or(0);
    let fence = "`".repeat(longest.max(2) + 1);
    format!("{fence}sh\n{}\n{fence}\n", lines.join("\n"))
}

/// A line that may be pasted: one that was cut, or changed to be harmless, would do something else.
fn whole(line: &str) -> String {
    let harmless = clean(line, MOST);
    if harmless == line || line.starts_with('#') {
        return harmless;
    }
    format!("# left out, {} bytes: `quarterdeck doctor --json` has it whole", line.len())
}

/// How many backticks stand beside each other at most.
fn longest_run(text: &str) -> usize {
    text.split(|c| c != '`').map(str::len).max().unwrap_or(0)
}

/// A table's row of finished cells.
pub(super) fn row<const N: usize>(cells: [&str; N]) -> String {
    format!("| {} |\n", cells.join(" | "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_that_cannot_be_shown_whole_is_left_out() {
        let long = format!("echo '{}'", "x".repeat(10_000));
        for line in [long.as_str(), "rm 'a\x1bb'"] {
            let block = block(&[line.to_owned(), "true".to_owned()]);
            assert!(block.contains("# left out"), "{block}");
            assert!(!block.contains("echo") && !block.contains("rm "), "{block}");
            assert!(block.contains("\ntrue\n"), "{block}");
        }
    }

    #[test]
    fn hostile_text_stays_text() {
        assert_eq!(text("a | b"), "a \\| b");
        assert_eq!(text("[x](http://evil) <img src=x>"), "\\[x\\](http\\://evil) \\<img src=x\\>");
        assert_eq!(text("www.evil.example"), "www\\.evil.example");
        assert_eq!(text("# heading"), "\\# heading");
        assert_eq!(text("- item"), "\\- item");
        assert_eq!(text("12. item"), "12\\. item");
        assert_eq!(text("exit 1.5"), "exit 1.5");
        assert_eq!(text("a\n\n| b |\x1b[31m"), "a\\\\x0a\\\\x0a\\| b \\|\\\\x1b\\[31m");
        assert_eq!(text("&lt; @team"), "\\&lt; \\@team");
    }

    #[test]
    fn backticks_do_not_end_code() {
        assert_eq!(code("a `b` ``c``"), "``` a `b` ``c`` ```");
        assert_eq!(code(" "), "");
        let block = block(&["echo ```".to_owned(), "# x\n```\n# out".to_owned()]);
        assert_eq!(block, "````sh\necho ```\n# x\\x0a```\\x0a# out\n````\n");
    }
}

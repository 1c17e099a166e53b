//! The one function by which a value becomes a word of a POSIX shell.

/// Quotes a value as one word. Always quoted, so that no value is ever a keyword, an assignment,
/// a glob or an option of the shell's own (POSIX.1-2024, Shell Command Language, 2.2.2: within
/// single quotes nothing is special but the single quote).
///
/// A value with a NUL byte cannot be a word of any command; such bytes are left out. A line feed
/// is kept: callers that speak a line protocol must refuse it first.
pub fn quote(value: &str) -> String {
    let mut out = String::with_capacity(value.len() + 2);
    out.push('\'');
    for c in value.chars() {
        match c {
            '\0' => {}
            '\'' => out.push_str("'\\''"),
            c => out.push(c),
        }
    }
    out.push('\'');
    out
}

/// A word of a command that people read and run: as it is where no shell finds anything special in
/// it, else quoted. Not for the first word of a command, which `=` could make an assignment.
pub fn word(value: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"_./:@%+=,-".contains(&b);
    if !value.is_empty() && value.bytes().all(plain) { value.to_owned() } else { quote(value) }
}

/// Quotes an argument vector as one line.
pub fn quote_all<S: AsRef<str>>(argv: &[S]) -> String {
    argv.iter().map(|word| quote(word.as_ref())).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_a_shell_would_change_is_quoted_for_people() {
        for plain in ["api@1.service", "/etc/a-b_c.d/x", "50%+1,a=b:c"] {
            assert_eq!(word(plain), plain);
        }
        let hostile =
            [("", "''"), ("we\\x2dird.service", "'we\\x2dird.service'"), ("a'b", "'a'\\''b'")];
        for (value, quoted) in hostile {
            assert_eq!(word(value), quoted);
        }
        for value in ["a b", "~root", "$x", "a;b", "*", "#a", "{a,b}", "!a", "a\nb", "ü"] {
            assert_eq!(word(value), quote(value));
        }
    }
}

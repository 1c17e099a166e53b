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

/// Quotes an argument vector as one line.
pub fn quote_all<S: AsRef<str>>(argv: &[S]) -> String {
    argv.iter().map(|word| quote(word.as_ref())).collect::<Vec<_>>().join(" ")
}

//! TOML's own faults, told like ours.

use toml::Spanned;
use toml::de::DeTable;

use super::faults::Faults;
use super::source::Source;

/// The file's tree; none, and the faults pushed, if it is not TOML. A tree that was patched up
/// is not read further: its gaps would show as faults that the author did not make.
pub(crate) fn tree<'a>(source: &'a Source, faults: &mut Faults) -> Option<Spanned<DeTable<'a>>> {
    let (tree, errors) = DeTable::parse_recoverable(source.text());
    if errors.is_empty() {
        return Some(tree);
    }
    let mut last_line = 0;
    for error in &errors {
        let span = error.span().unwrap_or(0..0);
        // A broken line often gives a train of errors, of which the first tells.
        let line = source.line(span.start);
        if line != last_line {
            faults.at(source, &span, error.message(), remedy(error.message()));
        }
        last_line = line;
    }
    None
}

fn remedy(message: &str) -> &'static str {
    if message.contains("duplicate") {
        "keep one of them; for several tables of a kind, write `[[double brackets]]`"
    } else if message.contains("string") {
        "write text as `key = \"text\"`, with a backslash doubled"
    } else if message.contains("array") {
        "write an array as `key = [\"a\", \"b\"]`"
    } else {
        "TOML is written `key = \"text\"`, `key = true`, `[table]`, `[[one of many]]`"
    }
}

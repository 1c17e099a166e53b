//! The journal's formats (<https://systemd.io/JOURNAL_EXPORT_FORMATS/>).

use serde_json::Value;

use crate::model::text::{clean, clean_bytes};
use crate::model::unit::JournalLine;

/// Longest text of a line that is kept.
const LONGEST: usize = 4096;

/// Reads `journalctl -o json`, one object a line. A line that is none is left out: the answer was
/// cut there.
pub fn parse_json(text: &str) -> Vec<JournalLine> {
    text.lines().filter_map(parse_line).collect()
}

/// The run of a unit that a line of `journalctl -o json` is from or about, where it says so.
pub(super) fn run_of(line: &str) -> Option<String> {
    let entry: Value = serde_json::from_str(line).ok()?;
    // Of systemd's own lines it is the one that they are about, not systemd's.
    let names = ["INVOCATION_ID", "_SYSTEMD_INVOCATION_ID"];
    names.into_iter().find_map(|name| entry.get(name).and_then(text_of))
}

fn parse_line(line: &str) -> Option<JournalLine> {
    let entry: Value = serde_json::from_str(line).ok()?;
    let field = |name: &str| entry.get(name).and_then(text_of);
    let who = field("SYSLOG_IDENTIFIER").or_else(|| field("_COMM")).unwrap_or_default();
    let pid = field("_PID").or_else(|| field("SYSLOG_PID"));
    Some(JournalLine {
        at: field("__REALTIME_TIMESTAMP")?.parse().ok()?,
        priority: field("PRIORITY").and_then(|p| p.parse().ok()),
        from: pid.map_or_else(|| who.clone(), |pid| format!("{who}[{pid}]")),
        text: field("MESSAGE").unwrap_or_default(),
    })
}

/// A field is a string; bytes when it is not printable; null when it is too long; a list when it
/// occurs more than once, of which the first counts.
fn text_of(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(clean(text, LONGEST)),
        Value::Array(items) => match items.first() {
            Some(Value::Number(_)) => {
                let bytes: Vec<u8> = items
                    .iter()
                    .filter_map(|n| n.as_u64().and_then(|n| u8::try_from(n).ok()))
                    .collect();
                Some(clean_bytes(&bytes, LONGEST))
            }
            Some(first) => text_of(first),
            None => None,
        },
        Value::Null => Some("(too long to show)".to_owned()),
        Value::Bool(_) | Value::Number(_) | Value::Object(_) => None,
    }
}

/// Splits `journalctl -o export` into entries of text fields. Fields in the binary form are
/// left out, and so is an entry that is cut.
pub fn parse_export(text: &str) -> Vec<Vec<(&str, &str)>> {
    text.split("\n\n")
        .map(|entry| entry.lines().filter_map(|line| line.split_once('=')).collect::<Vec<_>>())
        .filter(|entry| !entry.is_empty())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_and_escapes_are_harmless() {
        let line = r#"{"__REALTIME_TIMESTAMP":"1795237326000000","PRIORITY":"3","_COMM":"x","_PID":"7","MESSAGE":[27,91,51,49,109,104,105]}"#;
        let parsed = parse_json(line);
        assert_eq!(parsed[0].text, "\\x1b[31mhi");
        assert_eq!(parsed[0].from, "x[7]");
    }

    #[test]
    fn a_cut_line_is_left_out() {
        assert_eq!(parse_json("{\"MESSAGE\":\"a").len(), 0);
    }
}

//! The last words of what is down: the journal's last lines of a unit's last run.

use super::journal::parse_json;
use crate::model::ids::UnitName;
use crate::model::text::clean;
use crate::model::unit::JournalLine;

/// Runs on the host.
pub const SCRIPT: &str = include_str!("words.sh");

/// As many lines of a run are read.
pub const LINES: usize = 20;

/// Reads an answer of `qd_words`: each unit with its lines, oldest first. A line of the journal is
/// a JSON object and cannot be taken for a heading.
pub fn parse_words(text: &str) -> Vec<(UnitName, Vec<JournalLine>)> {
    let mut units: Vec<(UnitName, Vec<JournalLine>)> = Vec::new();
    for line in text.lines() {
        if let Some(unit) = line.strip_prefix("unit ") {
            units.push((UnitName::new(clean(unit, 256)), Vec::new()));
        } else if let Some((_, lines)) = units.last_mut()
            && lines.len() < LINES
        {
            lines.extend(parse_json(line));
        }
    }
    units
}

#[cfg(test)]
mod tests {
    use super::parse_words;

    #[test]
    fn each_unit_has_its_own_lines() {
        let text = "unit a.service\nESSAGE\":\"cut\"}\n\
            {\"__REALTIME_TIMESTAMP\":\"1795237326000000\",\"_COMM\":\"python3\",\"_PID\":\"7\",\
            \"MESSAGE\":\"unit b.service\\u001b[31m\"}\n\nunit b.service\n\n";
        let words = parse_words(text);
        assert_eq!(words.len(), 2);
        assert_eq!(words[0].1.len(), 1);
        assert_eq!(words[0].1[0].text, "unit b.service\\x1b[31m");
        assert_eq!((words[1].0.as_str(), words[1].1.len()), ("b.service", 0));
    }
}

//! The last words of what is down: the journal's last lines of a unit's last run.

use super::journal::{parse_json, run_of};
use crate::model::ids::UnitName;
use crate::model::text::clean;
use crate::model::unit::JournalLine;

/// Runs on the host.
pub const SCRIPT: &str = include_str!("words.sh");

/// As many lines of a run are kept.
pub const LINES: usize = 20;
/// As many lines are read: those of other runs may be among them.
pub const READ: usize = 60;
/// systemd says that it has started a process a little after that has begun to speak.
const AHEAD: i64 = 100_000;

/// Reads an answer of `qd_words`: each unit with its run's lines, oldest first. A line of the
/// journal is a JSON object and cannot be taken for a heading.
pub fn parse_words(text: &str) -> Vec<(UnitName, Vec<JournalLine>)> {
    let mut units = Vec::new();
    for part in format!("\n{text}").split("\nunit ").skip(1) {
        let (head, lines) = part.split_once('\n').unwrap_or((part, ""));
        let Some((unit, run)) = head.split_once(' ') else { continue };
        units.push((UnitName::new(clean(unit, 256)), of_run(run, lines)));
    }
    units
}

/// The last lines of a run: those that name it, and those that name none and came with them.
fn of_run(run: &str, text: &str) -> Vec<JournalLine> {
    let mut lines: Vec<(Option<String>, JournalLine)> = Vec::new();
    for line in text.lines().take(READ) {
        lines.extend(parse_json(line).into_iter().map(|parsed| (run_of(line), parsed)));
    }
    let is_of = |id: &Option<String>| run == "-" || id.as_deref() == Some(run);
    let began = lines.iter().find(|(id, _)| is_of(id)).map(|(_, line)| line.at - AHEAD);
    let mut kept: Vec<JournalLine> = lines
        .into_iter()
        .filter(|(id, line)| {
            is_of(id) || (id.is_none() && began.is_none_or(|began| line.at >= began))
        })
        .map(|(_, line)| line)
        .collect();
    kept.drain(..kept.len().saturating_sub(LINES));
    kept
}

#[cfg(test)]
mod tests {
    use super::{LINES, parse_words};

    fn line(at: u64, run: &str, text: &str) -> String {
        let run =
            if run.is_empty() { String::new() } else { format!(",\"INVOCATION_ID\":\"{run}\"") };
        format!("{{\"__REALTIME_TIMESTAMP\":\"{at}\",\"MESSAGE\":\"{text}\"{run}}}\n")
    }

    #[test]
    fn each_unit_has_its_own_lines() {
        let text = format!(
            "unit a.service 77\nESSAGE\":\"cut\"}}\n{}\nunit b.service 78\n\n",
            line(1_000_000, "77", "unit b.service\\u001b[31m")
        );
        let words = parse_words(&text);
        assert_eq!(words.len(), 2);
        assert_eq!(words[0].1.len(), 1);
        assert_eq!(words[0].1[0].text, "unit b.service\\x1b[31m");
        assert_eq!((words[1].0.as_str(), words[1].1.len()), ("b.service", 0));
    }

    #[test]
    fn lines_of_other_runs_are_left_out_and_those_without_a_run_go_by_their_time() {
        let mut text = "unit a.service 2\n".to_owned();
        for (at, run, said) in [
            (1_000_000, "1", "one"),
            (2_000_000, "", "of one, too short to be known"),
            (9_950_000, "", "of two, before systemd said so"),
            (10_000_000, "2", "two"),
            (11_000_000, "", "of two, too short to be known"),
        ] {
            text.push_str(&line(at, run, said));
        }
        let words = parse_words(&text);
        let said: Vec<&str> = words[0].1.iter().map(|line| line.text.as_str()).collect();
        assert_eq!(
            said,
            ["of two, before systemd said so", "two", "of two, too short to be known"]
        );
    }

    #[test]
    fn no_more_than_the_last_are_kept() {
        let lines: String = (0..30).map(|n| line(n, "", &n.to_string())).collect();
        let words = parse_words(&format!("unit a.service -\n{lines}"));
        assert_eq!((words[0].1.len(), words[0].1[0].text.as_str()), (LINES, "10"));
    }
}

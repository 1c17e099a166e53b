//! Restarts and exits of the last hour, from the journal.

use std::collections::BTreeMap;

use super::journal::parse_export;
use crate::model::ids::UnitName;
use crate::model::text::clean;
use crate::model::unit::{Exit, ExitCode};

/// Runs on the host.
pub const SCRIPT: &str = include_str!("history.sh");

/// What the journal has, on the host's wall clock in microseconds.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Recalled {
    /// The oldest entry that there is.
    pub first: Option<i64>,
    /// Automatic restarts.
    pub restarts: Vec<(UnitName, i64)>,
    /// How each unit's main process ended last.
    pub exits: BTreeMap<UnitName, Exit>,
}

/// Reads an answer of `qd_history`.
pub fn parse_history(text: &str) -> Recalled {
    let mut recalled = Recalled::default();
    let (head, exits) = text.split_once("\nexits\n").unwrap_or((text, ""));
    for line in head.lines() {
        if let Some(first) = line.strip_prefix("first ") {
            recalled.first = micros(first);
        } else if let Some(entry) = line.strip_prefix("restart ") {
            recalled.restarts.extend(restart(entry));
        }
    }
    for entry in parse_export(exits) {
        let field = |name: &str| entry.iter().find(|(key, _)| *key == name).map(|(_, v)| *v);
        let (Some(unit), Some(code), Some(status)) =
            (field("UNIT"), field("EXIT_CODE"), field("EXIT_STATUS"))
        else {
            continue;
        };
        let code = match code {
            "exited" => ExitCode::Exited,
            "killed" => ExitCode::Killed,
            "dumped" => ExitCode::Dumped,
            _ => continue,
        };
        let exit = Exit {
            code,
            status: status.parse().unwrap_or(0),
            at: field("__MONOTONIC_TIMESTAMP").and_then(|at| at.parse().ok()),
        };
        recalled.exits.insert(UnitName::new(clean(unit, 256)), exit);
    }
    recalled
}

/// `1795237326.123456 host systemd[1]: x.service: Scheduled restart job, …`.
fn restart(line: &str) -> Option<(UnitName, i64)> {
    let (time, rest) = line.split_once(' ')?;
    let (_, message) = rest.split_once("]: ")?;
    let (unit, _) = message.split_once(": ")?;
    Some((UnitName::new(clean(unit, 256)), micros(time)?))
}

/// `short-unix`: seconds and six digits of their fraction.
pub(super) fn micros(text: &str) -> Option<i64> {
    let (secs, fraction) = text.trim().split_once('.')?;
    let secs: i64 = secs.parse().ok()?;
    let micros: i64 = fraction.get(..6)?.parse().ok()?;
    secs.checked_mul(1_000_000)?.checked_add(micros)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_restarts_and_exits() {
        let text = "first 1795230000.000001\n\
            restart 1795237326.123456 coord systemd[1]: x.service: Scheduled restart job, restart counter is at 30.\n\
            exits\n__CURSOR=s=1\n__MONOTONIC_TIMESTAMP=77\nUNIT=x.service\nEXIT_CODE=exited\nEXIT_STATUS=203\n\n";
        let recalled = parse_history(text);
        assert_eq!(recalled.first, Some(1_795_230_000_000_001));
        assert_eq!(recalled.restarts, vec![("x.service".into(), 1_795_237_326_123_456)]);
        assert_eq!(recalled.exits[&"x.service".into()].label(), "203/EXEC");
    }
}

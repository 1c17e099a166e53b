//! `crash-loop`: systemd starts a service again and again. Between two crashes it looks as if it
//! ran, and it is never among `systemctl --failed`.

use std::time::Duration;

use super::patient::{Patient, setting};
use crate::model::finding::{Finding, Subject};
use crate::model::fleet::Row;
use crate::model::instance::ServiceState;
use crate::model::rule::Rule;
use crate::model::severity::Severity;
use crate::model::span::words;
use crate::probe::quote::word;

const FIVE: Duration = Duration::from_secs(300);
/// Last lines shown as evidence.
const LINES: usize = 8;

pub(super) fn check(patient: &Patient<'_>, findings: &mut Vec<Finding>) {
    for row in patient.rows.iter().filter(|row| row.verdict.state == ServiceState::CrashLooping) {
        findings.push(found(patient, row));
    }
}

fn found(patient: &Patient<'_>, row: &Row<'_>) -> Finding {
    let restarts = &row.instance.restarts;
    let name = row.instance.kind.unit().map_or(row.service.as_str(), |unit| unit.as_str());
    // A slow or a fading loop has its restarts further apart.
    let (five, minutes) = match restarts.within(FIVE, patient.now) {
        few if few.n < 3 => (restarts.within(FIVE * 2, patient.now), 10),
        many => (many, 5),
    };
    let exit = row.instance.last_exit;
    let clean = exit.is_some_and(|exit| exit.is_clean());
    let about = if five.at_least { "at least " } else { "" };
    // Why, `consequences` adds.
    let counted = row.instance.facts.value().and_then(|facts| facts.n_restarts);
    let summary = match counted.filter(|_| five.n < 2) {
        // We look since a moment ago; systemd has counted for longer.
        Some(n) => {
            format!("{} is started again and again: {n} times by systemd's count", row.service)
        }
        None => {
            format!("{} has restarted {about}{} times in {minutes} minutes", row.service, five.n)
        }
    };
    // Ending well and being started again may be somebody's wish.
    let severity = if clean { Severity::Warning } else { Severity::Critical };
    let subject = Subject::Service(row.service.clone());
    let mut found = Finding::new(Rule::CrashLoop, subject, severity, summary);
    let total = restarts.total();
    let since = row
        .verdict
        .since
        .map_or_else(String::new, |at| format!(", looping for {}", words(patient.now.since(at))));
    found = found.proof(
        "restart counter",
        format!("{} in all, {:.1} a minute{since}", total.n, restarts.per_minute(patient.now)),
    );
    if let Some(facts) = row.instance.facts.value() {
        let pause = facts
            .restart_usec
            .map_or_else(String::new, |usec| format!(", RestartUSec={}", setting(usec)));
        found = found.proof("systemctl show", format!("Restart={}{pause}", facts.restart));
    }
    if let Some(exit) = exit {
        let at = exit.at.and_then(|at| patient.host.at(at));
        found =
            found.proof_at("systemctl show", format!("main process ended: {}", exit.label()), at);
    }
    let said = &row.instance.words;
    for line in said.iter().skip(said.len().saturating_sub(LINES)) {
        found = found.proof_at("journal", line.text.clone(), patient.host.wall(line.at));
    }
    let quoted = word(name);
    found
        .step(format!("journalctl -u {quoted} -n 50"), "its last words; mend what they name")
        .step(format!("systemctl stop {quoted}"), "as a stop-gap: ends the loop, and the service")
}

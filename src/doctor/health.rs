//! Rules on health checks. What a check said is the model's; here it gets its reason and its fix.

pub(super) mod certificate;
pub(super) mod failing;
pub(super) mod flaky;
pub(super) mod slow;

use std::time::Duration;

use super::patient::Patient;
use crate::model::check::{CheckSpec, Origin};
use crate::model::finding::{Finding, Subject};
use crate::model::fleet::Row;
use crate::model::health::CheckLog;
use crate::model::rule::Rule;

/// A check's name, and who asks where that is not its host.
fn name(spec: &CheckSpec) -> String {
    match spec.from {
        Origin::Host => spec.label(),
        Origin::Console => format!("{}, asked from the console", spec.label()),
    }
}

fn subject(row: &Row<'_>) -> Subject {
    Subject::Service(row.service.clone())
}

/// Whether a rule had found something about a service before.
fn was_open(patient: &Patient<'_>, rule: Rule, row: &Row<'_>) -> bool {
    patient.was_open(rule, &subject(row))
}

/// What a check said last.
fn last_proof(finding: Finding, spec: &CheckSpec, log: &CheckLog) -> Finding {
    let Some((at, reading)) = log.last() else { return finding };
    let finding = finding.proof_at(&name(spec), &*reading.detail, Some(at));
    if reading.excerpt.is_empty() {
        return finding;
    }
    finding.proof_at("its answer", &*reading.excerpt, Some(at))
}

/// The command that asks the same by hand.
fn by_hand(spec: &CheckSpec) -> String {
    use crate::model::check::Target;
    use crate::probe::quote::quote_all;
    let limit = spec.timeout.as_secs().max(1).to_string();
    match &spec.target {
        Target::Http(url) => quote_all(&["curl", "-gsSi", "-m", &limit, url]),
        Target::Sse(url) => quote_all(&["curl", "-gsSiN", "-m", &limit, url]),
        Target::Tcp(host, port) => quote_all(&["nc", "-vz", "-w", &limit, host, &port.to_string()]),
        Target::Command(argv) => quote_all(argv),
    }
}

/// `12 ms`, `1.2 s`.
fn span(of: Duration) -> String {
    let ms = of.as_millis();
    if ms < 1000 { format!("{ms} ms") } else { format!("{:.1} s", of.as_secs_f64()) }
}

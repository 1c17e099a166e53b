//! `undeclared-port`: something listens for other hosts that no service declares.

use super::{listens, owner_proof, with};
use crate::doctor::patient::Patient;
use crate::model::finding::{Finding, Subject};
use crate::model::ports::PortVerdict;
use crate::model::rule::Rule;

pub(in crate::doctor) fn check(patient: &Patient<'_>, findings: &mut Vec<Finding>) {
    // What only its own host can reach is in the ports pane and hurts nobody.
    for port in with(patient, PortVerdict::Undeclared).filter(|port| port.severity.is_problem()) {
        let Some(owner) = &port.owner else { continue };
        let subject = Subject::Port(port.protocol, port.port);
        let label = match owner.label() {
            label if label.is_empty() => "something".to_owned(),
            label => label,
        };
        let summary = format!(
            "{label} listens on {}/{} for other hosts, and no service declares it",
            port.port,
            port.protocol.name()
        );
        let found = Finding::new(Rule::UndeclaredPort, subject, port.severity, summary)
            .proof("ss -Hltune", listens(port));
        let found = owner_proof(patient, found, owner)
            .step("", format!("if it belongs there, add {} to its service's `ports`", port.port))
            .step("", "else bind it to 127.0.0.1, or stop it");
        findings.push(found);
    }
}

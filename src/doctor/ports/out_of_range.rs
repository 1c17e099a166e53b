//! `port-out-of-range`: something listens outside the ports that the environment allows.

use super::{listens, owner_proof, subject, with};
use crate::doctor::patient::Patient;
use crate::model::finding::Finding;
use crate::model::port::PortRange;
use crate::model::ports::PortVerdict;
use crate::model::rule::Rule;

pub(in crate::doctor) fn check(patient: &Patient<'_>, findings: &mut Vec<Finding>) {
    for port in with(patient, PortVerdict::OutOfRange).filter(|port| port.severity.is_problem()) {
        let Some(owner) = &port.owner else { continue };
        let label = match owner.label() {
            label if label.is_empty() => "something".to_owned(),
            label => label,
        };
        let ranges: Vec<String> = patient
            .env
            .ports
            .iter()
            .map(|range| {
                let PortRange { first, last } = range;
                if first == last { first.to_string() } else { format!("{first}-{last}") }
            })
            .collect();
        let summary = format!(
            "{label} listens on {}/{}, which {} does not allow",
            port.port,
            port.protocol.name(),
            patient.env.name
        );
        let found = Finding::new(Rule::PortOutOfRange, subject(port), port.severity, summary)
            .proof("config", format!("ports of {}: {}", patient.env.name, ranges.join(", ")))
            .proof("ss -Hltune", listens(port));
        findings.push(
            owner_proof(patient, found, owner)
                .step("", "move it into the range, or stop it; a development server left running is the usual cause")
                .step("", format!("if it belongs there, add {} to the environment's `ports`", port.port)),
        );
    }
}

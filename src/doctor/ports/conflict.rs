//! `port-conflict`: two services of a host declare the same port; only one of them can have it.

use super::{listens, with};
use crate::doctor::patient::Patient;
use crate::model::finding::{Finding, Subject};
use crate::model::ports::PortVerdict;
use crate::model::rule::Rule;

pub(in crate::doctor) fn check(patient: &Patient<'_>, findings: &mut Vec<Finding>) {
    for port in with(patient, PortVerdict::Conflict) {
        let services: Vec<&str> = port.declared.iter().map(|(name, _)| name.as_str()).collect();
        let summary = format!(
            "{} all declare port {}/{}; only one of them can have it",
            services.join(" and "),
            port.port,
            port.protocol.name()
        );
        let subject = Subject::Port(port.protocol, port.port);
        let mut found = Finding::new(Rule::PortConflict, subject, port.severity, summary);
        for (service, _) in &port.declared {
            found = found.proof("config", format!("{service} declares {}", port.port));
        }
        if let Some(owner) = port.owner.as_ref().filter(|owner| !owner.label().is_empty()) {
            let text = format!("{}, by {}", listens(port), owner.label());
            found = found.proof("ss -Hltune", text);
        }
        findings.push(found.step(
            "",
            "give one of them another port; who listens now is the authority for the other's",
        ));
    }
}

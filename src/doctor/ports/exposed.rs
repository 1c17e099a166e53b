//! `exposed-port`: a port that is declared for its own host only can be reached from others.

use super::{listens, owner_proof, subject, with};
use crate::doctor::patient::Patient;
use crate::model::finding::Finding;
use crate::model::ports::PortVerdict;
use crate::model::rule::Rule;

pub(in crate::doctor) fn check(patient: &Patient<'_>, findings: &mut Vec<Finding>) {
    for port in with(patient, PortVerdict::Exposed) {
        let services: Vec<&str> = port.declared.iter().map(|(name, _)| name.as_str()).collect();
        let summary = format!(
            "port {} of {} is declared for its own host and listens for all",
            port.port,
            services.join(", ")
        );
        let found = Finding::new(Rule::ExposedPort, subject(port), port.severity, summary)
            .proof("config", "bind = \"loopback\"")
            .proof("ss -Hltune", listens(port));
        let found = match &port.owner {
            Some(owner) => owner_proof(patient, found, owner),
            None => found,
        };
        findings.push(
            found
                .step("", "make the service bind to 127.0.0.1, in its own settings, and restart it")
                .step(
                    format!("ss -Hltn 'sport = :{}'", port.port),
                    "a firewall in front is no cure: container engines write their rules before it",
                ),
        );
    }
}

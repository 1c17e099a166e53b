//! `port-owner-unknown`: a declared port is held, its service does not run, and we may not see by
//! whom. Never taken for free.

use super::{listens, subject, with};
use crate::doctor::patient::Patient;
use crate::model::finding::Finding;
use crate::model::ports::PortVerdict;
use crate::model::rule::Rule;

pub(in crate::doctor) fn check(patient: &Patient<'_>, findings: &mut Vec<Finding>) {
    // No right helps without the tool: `blind` tells.
    if patient.host.ports.value().is_some_and(|sockets| sockets.ownerless) {
        return;
    }
    for port in with(patient, PortVerdict::OwnerUnknown).filter(|port| port.severity.is_problem()) {
        let services: Vec<&str> = port.declared.iter().map(|(name, _)| name.as_str()).collect();
        let summary = format!(
            "somebody listens on port {} of {}, which does not run; we may not see who",
            port.port,
            services.join(", ")
        );
        let user = patient.host.facts.value().map_or("", |facts| facts.user.as_str());
        findings.push(
            Finding::new(Rule::PortOwnerUnknown, subject(port), port.severity, summary)
                .proof("ss -Hltune", listens(port))
                .proof(
                    "rights",
                    format!("{user} may not see others' sockets, and `sudo -n` does not work"),
                )
                .step(format!("sudo ss -Hltnpe 'sport = :{}'", port.port), "names the process"),
        );
    }
}

//! `exposed-port`: a port that is declared for its own host, or for one address, can be reached on
//! others.

use core::net::IpAddr;

use super::{listens, owner_proof, subject, with};
use crate::doctor::patient::Patient;
use crate::model::finding::Finding;
use crate::model::port::Bind;
use crate::model::ports::PortVerdict;
use crate::model::rule::Rule;

pub(in crate::doctor) fn check(patient: &Patient<'_>, findings: &mut Vec<Finding>) {
    for port in with(patient, PortVerdict::Exposed) {
        let services: Vec<&str> = port.declared.iter().map(|(name, _)| name.as_str()).collect();
        let address = port.declared.iter().find_map(|(_, spec)| match spec.bind {
            Some(Bind::Address(address)) => Some(address.to_string()),
            Some(Bind::Any | Bind::Loopback) | None => None,
        });
        let (meant, bind, own) = match &address {
            Some(address) => (format!("for {address}"), &**address, &**address),
            None => ("for its own host".to_owned(), "loopback", "127.0.0.1"),
        };
        let listening = if port.binds.iter().any(IpAddr::is_unspecified) {
            "for all"
        } else {
            "on other addresses"
        };
        let summary = format!(
            "port {} of {} is declared {meant} and listens {listening}",
            port.port,
            services.join(", ")
        );
        let found = Finding::new(Rule::ExposedPort, subject(port), port.severity, summary)
            .proof("config", format!("bind = \"{bind}\""))
            .proof("ss -Hltune", listens(port));
        let found = match &port.owner {
            Some(owner) => owner_proof(patient, found, owner),
            None => found,
        };
        findings.push(
            found
                .step(
                    "",
                    format!("make the service bind to {own}, in its own settings, and restart it"),
                )
                .step(
                    format!("ss -Hltn 'sport = :{}'", port.port),
                    "a firewall in front is no cure: container engines write their rules before it",
                ),
        );
    }
}

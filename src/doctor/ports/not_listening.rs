//! `port-not-listening`: a service runs for a while and does not listen where it says it does.

use super::with;
use crate::doctor::patient::Patient;
use crate::model::finding::{Finding, Subject};
use crate::model::ports::PortVerdict;
use crate::model::rule::Rule;
use crate::model::severity::Severity;
use crate::model::span::words;
use crate::probe::quote::word;

pub(in crate::doctor) fn check(patient: &Patient<'_>, findings: &mut Vec<Finding>) {
    // Where the service itself is down, its own row says so.
    let ports = with(patient, PortVerdict::NotListening);
    for port in ports.filter(|port| port.severity == Severity::Critical) {
        for (service, spec) in &port.declared {
            let Some(row) = patient.row(service) else { continue };
            let Some(unit) = row.instance.kind.unit() else { continue };
            let quoted = word(unit.as_str());
            let up = row.instance.up_since(patient.host).map(|at| patient.now.since(at));
            let up = up.map_or_else(String::new, |span| format!(" for {}", words(span)));
            let number = port.port;
            let name = spec.name.as_ref().map_or_else(String::new, |name| format!(" ({name})"));
            let where_ = match (port.binds.as_slice(), spec.bind) {
                ([], _) => "nobody listens there".to_owned(),
                (_, _) => "it listens on the loopback address only".to_owned(),
            };
            let found = Finding::new(
                Rule::PortNotListening,
                Subject::Service((*service).clone()),
                Severity::Critical,
                format!("{service} runs{up} without listening on port {number}{name}: {where_}"),
            );
            let found = found
                .proof("config", format!("{service} declares {number}/{}", port.protocol.name()))
                .proof(
                    "ss -Hltune",
                    if port.binds.is_empty() {
                        format!("no socket on {number}/{}", port.protocol.name())
                    } else {
                        super::listens(port)
                    },
                )
                .step(
                    format!("journalctl -u {quoted} -n 50"),
                    "why it did not bind, or where it did",
                )
                .step(
                    format!("ss -Hltunpe | grep -F {quoted}"),
                    "what it listens on; correct the config if the port has moved",
                )
                .step(format!("systemctl restart {quoted}"), "interrupts what it serves now");
            findings.push(found);
        }
    }
}

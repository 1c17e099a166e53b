//! Rules on ports. The verdict is the model's; here it gets its evidence and its fix.

pub(super) mod conflict;
pub(super) mod exposed;
pub(super) mod foreign_owner;
pub(super) mod not_listening;
pub(super) mod out_of_range;
pub(super) mod owner_unknown;
pub(super) mod undeclared;

#[cfg(test)]
mod tests;

use super::patient::Patient;
use crate::model::finding::{Finding, Subject};
use crate::model::ports::{Owner, PortRow, PortVerdict};

/// The rows of a verdict.
fn with<'p, 'a>(
    patient: &'p Patient<'a>,
    verdict: PortVerdict,
) -> impl Iterator<Item = &'p PortRow<'a>> {
    patient.ports.iter().filter(move |port| port.verdict == verdict)
}

/// The service that declares a port, or the port itself.
fn subject(port: &PortRow<'_>) -> Subject {
    port.declared.first().map_or(Subject::Port(port.protocol, port.port), |(service, _)| {
        Subject::Service((*service).clone())
    })
}

/// `tcp 127.0.0.1:3444, [::1]:3444`.
fn listens(port: &PortRow<'_>) -> String {
    let places: Vec<String> = port
        .binds
        .iter()
        .map(|address| core::net::SocketAddr::new(*address, port.port).to_string())
        .collect();
    format!("{} {}", port.protocol.name(), places.join(", "))
}

/// What is known of who listens, one fact a line.
fn owner_proof(patient: &Patient<'_>, mut finding: Finding, owner: &Owner<'_>) -> Finding {
    if let (Some(pid), Some(process)) = (owner.pid, owner.process) {
        let began = process.started.and_then(|at| patient.host.at(at));
        let since =
            began.map_or_else(String::new, |at| format!(", started {} ago", patient.ago(at)));
        finding =
            finding.proof_at(&format!("/proc/{pid}"), format!("{}{since}", process.command), began);
        if let Some(directory) = &process.directory {
            finding = finding.proof(&format!("/proc/{pid}/cwd"), &**directory);
        }
    }
    if let Some(cgroup) = owner.cgroup {
        finding = finding.proof("control group of the socket", cgroup);
    }
    finding
}

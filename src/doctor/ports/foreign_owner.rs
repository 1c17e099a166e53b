//! `foreign-port-owner`: a declared port is held by something else than its service. The service
//! cannot start, and what holds the port is often not managed: it will not come back after a reboot.

use super::{listens, owner_proof, with};
use crate::doctor::patient::Patient;
use crate::model::finding::{Finding, Subject};
use crate::model::port::Keeper;
use crate::model::ports::{Owner, PortRow, PortVerdict};
use crate::model::rule::Rule;
use crate::model::severity::Severity;
use crate::probe::quote::word;

pub(in crate::doctor) fn check(patient: &Patient<'_>, findings: &mut Vec<Finding>) {
    for port in with(patient, PortVerdict::ForeignOwner) {
        let (Some((service, _)), Some(owner)) = (port.declared.first(), &port.owner) else {
            continue;
        };
        let subject = Subject::Service((*service).clone());
        let summary =
            format!("{} holds port {} of {service}{}", who(patient, owner), port.port, fate(owner));
        let found = Finding::new(Rule::ForeignPortOwner, subject, Severity::Critical, summary)
            .proof("ss -Hltnpe", listens(port))
            .as_reason(format!("{} holds its port {}", who(patient, owner), port.port));
        let mut found = owner_proof(patient, found, owner);
        found = words(patient, port, found);
        findings.push(fix(patient, port, owner, found));
    }
}

fn who(patient: &Patient<'_>, owner: &Owner<'_>) -> String {
    let name = match (owner.pid, owner.process) {
        (Some(pid), Some(process)) => format!("pid {pid} ({})", process.name),
        (Some(pid), None) => format!("pid {pid}"),
        (None, _) => "a process that we may not see".to_owned(),
    };
    let began = owner.process.and_then(|p| p.started).and_then(|at| patient.host.at(at));
    let age = began.map_or_else(String::new, |at| format!(" {} ago", patient.ago(at)));
    match owner.keeper() {
        Some(Keeper::Unit(unit) | Keeper::UserUnit(unit)) if !is_login(unit) => {
            format!("{unit}, {name},")
        }
        Some(Keeper::Container(id)) => {
            format!("container {}, {name},", id.get(..12).unwrap_or(id))
        }
        Some(Keeper::Session(_) | Keeper::Nobody | Keeper::Unit(_) | Keeper::UserUnit(_)) => {
            format!("{name}, started by hand{age} and not managed by systemd,")
        }
        None => name,
    }
}

/// Without `pam_systemd` what is started in a session stays in the unit of ssh or cron.
fn is_login(unit: &str) -> bool {
    matches!(unit, "ssh.service" | "sshd.service" | "dropbear.service")
}

fn fate(owner: &Owner<'_>) -> &'static str {
    match owner.keeper() {
        Some(Keeper::Session(_) | Keeper::Nobody) => " and will not come back after a reboot",
        Some(Keeper::Unit(unit)) if is_login(unit) => " and will not come back after a reboot",
        _ => "",
    }
}

/// The service's own last words about it.
fn words(patient: &Patient<'_>, port: &PortRow<'_>, mut found: Finding) -> Finding {
    for (service, _) in &port.declared {
        let Some(row) = patient.row(service) else { continue };
        let said = row.instance.words.iter().rev().find(|line| {
            ["EADDRINUSE", "ddress already in use", "AddrInUse", "rrno 98", "os error 98"]
                .iter()
                .any(|sign| line.text.contains(sign))
        });
        if let Some(line) = said {
            let at = patient.host.wall(line.at);
            found = found.proof_at("journal", line.text.clone(), at);
        }
    }
    found
}

fn fix(patient: &Patient<'_>, port: &PortRow<'_>, owner: &Owner<'_>, found: Finding) -> Finding {
    let Some(row) = port.declared.first().and_then(|(service, _)| patient.row(service)) else {
        return found;
    };
    let Some(unit) = row.instance.kind.unit() else { return found };
    let number = port.port;
    let quoted = word(unit.as_str());
    let found = found
        .step(
            format!("systemctl cat {quoted}"),
            "mend first what keeps the unit itself from running",
        )
        .step(
            format!("systemctl stop {quoted}"),
            "ends a crash loop; what holds the port goes on serving",
        );
    let found = match owner.pid {
        Some(pid) => found.step(
            format!(
                "kill -TERM {pid}; for i in $(seq 20); do ss -Hltn 'sport = :{number}' | grep -q . || break; sleep 0.5; done"
            ),
            "from here until the start nobody serves",
        ),
        None => found.step(
            format!("sudo ss -Hltnp 'sport = :{number}'"),
            "names the process; end it, and wait until the port is free",
        ),
    };
    found
        .step(format!("systemctl reset-failed {quoted}; systemctl start {quoted}"), "")
        // It needs a moment from its start to its port.
        .step(
            format!(
                "for i in $(seq 20); do ss -Hltn 'sport = :{number}' | grep -q . && break; sleep 0.5; done; ss -Hltnp 'sport = :{number}'"
            ),
            "waits for up to 10 s; the unit has the port now",
        )
        .step(format!("systemctl enable {quoted}"), "so that it comes back after a reboot")
}

#[cfg(test)]
mod tests {
    use crate::doctor::case::{Case, NOW};
    use crate::model::port::{PortSpec, Process, Protocol, Socket, Sockets};
    use crate::model::rule::Rule;
    use crate::model::spec::Promises;

    const OWN: &str = "/system.slice/api.service";

    /// A port of a service that made its socket, held by processes of these groups.
    fn held(groups: &[&str]) -> Case {
        let spec = PortSpec { port: 3444, protocol: Protocol::Tcp, name: None, bind: None };
        let mut case = Case::promising(Promises { ports: vec![spec], ..Promises::default() });
        case.unit().control_group = OWN.into();
        let pids = 900..;
        let processes = pids.clone().zip(groups).map(|(pid, group)| {
            let name = "python3".into();
            (pid, Process { name, cgroup: (*group).into(), ..Process::default() })
        });
        let socket = Socket {
            protocol: Protocol::Tcp,
            address: [127, 0, 0, 1].into(),
            port: 3444,
            uid: Some(0),
            inode: 7,
            cgroup: Some(OWN.into()),
            pids: pids.take(2).collect(),
            waiting: 0,
            backlog: 5,
        };
        let sockets =
            Sockets { list: vec![socket], processes: processes.collect(), ..Sockets::default() };
        case.host().ports.see(sockets, NOW);
        case
    }

    #[test]
    fn a_socket_that_was_handed_on_is_held_by_who_has_it_now() {
        let other = "/system.slice/other.service";
        let found = held(&[other, other]).found(Rule::ForeignPortOwner).unwrap();
        assert!(found.summary.starts_with("other.service, pid 900"), "{}", found.summary);
        for groups in [&[other, OWN][..], &["/system.slice/api.service/worker", other], &[other]] {
            let found = held(groups).found(Rule::ForeignPortOwner);
            assert_eq!(found, None, "{groups:?}: also the service has it, or nobody knows");
        }
    }
}

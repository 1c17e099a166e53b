//! `blind`: something of the host may not be seen. Nothing is proved by not seeing it.

use crate::doctor::patient::Patient;
use crate::doctor::services::may_read_journal;
use crate::model::fault::FaultKind;
use crate::model::finding::{Finding, Subject};
use crate::model::instance::{Instance, ServiceState};
use crate::model::path::PathKind;
use crate::model::ports::PortVerdict;
use crate::model::rule::Rule;
use crate::model::severity::Severity;
use crate::model::spec::Kind;
use crate::probe::quote::word;

pub(in crate::doctor) fn check(patient: &Patient<'_>, findings: &mut Vec<Finding>) {
    let host = patient.host;
    let Some(facts) = host.facts.value() else { return };
    let mut unseen: Vec<(&str, String)> = Vec::new();
    let mut fixes: Vec<(String, &str)> = Vec::new();
    let user = if facts.user.is_empty() { "USER" } else { &facts.user };
    // Worse than not to see it is to need it.
    let mut needed = false;
    if !may_read_journal(patient) && facts.systemd.is_some() {
        let down = |state| matches!(state, ServiceState::Failed | ServiceState::CrashLooping);
        needed |= patient.rows.iter().any(|row| down(row.verdict.state));
        unseen.push((
            "the journal",
            format!("{user} is neither root nor in the group systemd-journal or adm, and `sudo -n` does not work"),
        ));
        fixes.push((
            format!("usermod -aG systemd-journal {}", crate::probe::quote::quote(user)),
            "from its next login on it may read the journal",
        ));
    }
    if let Some(fault) = host.ports.fault() {
        needed |= host.instances.values().any(|instance| !instance.promises.ports.is_empty());
        unseen.push(("what listens", fault.to_string()));
        fixes.push(("command -v ss".to_owned(), "from the package iproute2"));
    }
    let mut hidden =
        patient.ports.iter().filter(|port| port.verdict == PortVerdict::OwnerUnknown).peekable();
    if host.ports.value().is_some_and(|sockets| sockets.ownerless) {
        needed |= hidden.any(|port| port.severity.is_problem());
        unseen.push((
            "who listens",
            "the host has no `ss`, without which nobody sees whose a socket is".to_owned(),
        ));
        fixes.push(("command -v ss".to_owned(), "from the package iproute2"));
    } else if hidden.peek().is_some() {
        unseen.push(("who listens", "of others' sockets only root sees the process".to_owned()));
        fixes.push(("sudo -n ss -Hltnp".to_owned(), "allow it without a password, or none at all"));
    }
    for port in &patient.ports {
        let Some(why) = port.unseen() else { continue };
        needed = true;
        if !unseen.iter().any(|(_, known)| *known == why) {
            unseen.push(("what listens", why));
            let unit = port.declared.iter().find_map(|(name, _)| {
                host.instances.get(*name).and_then(|instance| instance.kind.unit())
            });
            let unit = word(unit.map_or("UNIT", |unit| unit.as_str()));
            let pid = format!("$(systemctl show -P MainPID {unit})");
            fixes.push((
                format!("sudo nsenter -n -t \"{pid}\" ss -Hltun"),
                "what listens in the service's own network",
            ));
        }
    }
    if let Some(fault) = host.paths.fault() {
        unseen.push(("files that services rest on", fault.to_string()));
    }
    let denied = host.paths.value().into_iter().flatten();
    if let Some((path, _)) = denied.into_iter().find(|(_, facts)| facts.kind == PathKind::Denied) {
        unseen.push(("files that services rest on", format!("{user} may not look at {path}")));
    }
    for row in patient.rows.iter().filter(|row| row.verdict.severity == Severity::Unknown) {
        let what = match &row.instance.kind {
            Kind::Cron(_) => "jobs of cron",
            Kind::Process(_) => "processes",
            Kind::Unit(_) | Kind::Timer(_) | Kind::Command(_) => continue,
        };
        let Some(why) = row.instance.unseen(host) else { continue };
        needed = true;
        if !unseen.iter().any(|(_, known)| *known == why) {
            unseen.push((what, why));
        }
    }
    // Without its tool nobody looks for them at all.
    let is_process = |instance: &Instance| matches!(instance.kind, Kind::Process(_));
    let toolless = host.processes.fault().filter(|fault| fault.kind == FaultKind::Missing);
    if let Some(fault) = toolless.filter(|_| host.instances.values().any(is_process)) {
        needed = true;
        unseen.push(("processes", fault.to_string()));
    }
    if unseen.is_empty() {
        return;
    }
    let what: Vec<&str> = unseen.iter().map(|(what, _)| *what).collect();
    let mut named: Vec<&str> = Vec::new();
    for what in what {
        if !named.contains(&what) {
            named.push(what);
        }
    }
    let severity = if needed { Severity::Unknown } else { Severity::Info };
    let mut found = Finding::new(
        Rule::Blind,
        Subject::Host,
        severity,
        format!("not everything of this host may be seen: {}", named.join(", ")),
    );
    for (what, why) in unseen {
        found = found.proof(what, why);
    }
    for (command, note) in fixes {
        found = found.step(command, note);
    }
    findings.push(found);
}

#[cfg(test)]
mod tests {
    use crate::doctor::case::{Case, NOW};
    use crate::model::port::{PortSpec, Protocol};
    use crate::model::rule::Rule;
    use crate::model::severity::Severity;
    use crate::model::spec::Promises;
    use crate::probe::ports::parse_ports;

    fn without_journal(mut case: Case) -> Case {
        let facts = case.facts();
        facts.systemd = Some("252".to_owned());
        facts.journal = false;
        facts.sudo = false;
        facts.user = "ops2".to_owned();
        case
    }

    #[test]
    fn not_seeing_is_told_and_is_never_well_where_it_is_needed() {
        assert_eq!(Case::new().found(Rule::Blind), None);
        let found = without_journal(Case::new()).found(Rule::Blind).unwrap();
        assert_eq!(found.severity, Severity::Info);
        assert!(found.summary.ends_with("the journal"));
        assert!(found.evidence[0].text.contains("ops2"));
        let failed = without_journal(Case::new().failed(1, &[]));
        assert_eq!(failed.found(Rule::Blind).unwrap().severity, Severity::Unknown);
    }

    #[test]
    fn what_has_a_network_of_its_own_is_not_said_to_be_silent() {
        let port = PortSpec { port: 8080, protocol: Protocol::Tcp, name: None, bind: None };
        let promises = || Promises { ports: vec![port.clone()], ..Promises::default() };
        let sockets = || parse_ports("ss\ntcp LISTEN 0 128 0.0.0.0:22 0.0.0.0:*\n");
        let mut plain = Case::promising(promises());
        plain.unit().main_pid = Some(7);
        plain.host().ports.see(sockets(), NOW);
        assert!(plain.found(Rule::PortNotListening).is_some());
        assert_eq!(plain.found(Rule::Blind), None);
        let mut inner = Case::promising(promises());
        inner.unit().main_pid = Some(7);
        inner.unit().network = "PrivateNetwork=yes".into();
        inner.host().ports.see(sockets(), NOW);
        assert_eq!(inner.found(Rule::PortNotListening), None);
        let found = inner.found(Rule::Blind).unwrap();
        assert_eq!(found.severity, Severity::Unknown);
        assert!(found.evidence[0].text.contains("(PrivateNetwork=yes)"), "{found:?}");
        assert!(found.fix[0].command.contains("-P MainPID api.service"), "{found:?}");
    }

    /// All that a host without ss(8) tells of its ssh and of a port of `api`.
    #[test]
    fn without_its_tool_nothing_but_that_is_told() {
        let port = PortSpec { port: 8080, protocol: Protocol::Tcp, name: None, bind: None };
        let promises = Promises { ports: vec![port], ..Promises::default() };
        let mut case = Case::promising(promises).failed(1, &[]);
        let text = "proc tcp\n00000000:0016 00000000:00000000 0 11\n00000000:1F90 00000000:00000000 0 12\n";
        let sockets = parse_ports(text);
        assert_eq!(sockets.list.len(), 2);
        assert!(sockets.ownerless);
        case.host().ports.see(sockets, NOW);
        assert_eq!(case.found(Rule::UndeclaredPort), None);
        assert_eq!(case.found(Rule::PortOwnerUnknown), None);
        let found = case.found(Rule::Blind).unwrap();
        assert_eq!(found.severity, Severity::Unknown);
        assert!(found.evidence[0].text.starts_with("the host has no `ss`"), "{found:?}");
        assert!(found.fix.iter().all(|step| !step.command.contains("sudo")), "{found:?}");
    }
}

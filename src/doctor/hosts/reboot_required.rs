//! `reboot-required`: the system wants to be booted anew, and what would not come back with it.

use crate::doctor::patient::Patient;
use crate::model::finding::{Finding, Subject};
use crate::model::path::PathKind;
use crate::model::port::Keeper;
use crate::model::rule::Rule;
use crate::model::severity::Severity;

/// Debian and Ubuntu make it, with an update of the kernel or of the C library.
const SIGN: &str = "/run/reboot-required";

pub(in crate::doctor) fn check(patient: &Patient<'_>, findings: &mut Vec<Finding>) {
    let Some(sign) = patient.path(SIGN).filter(|facts| facts.kind == PathKind::File) else {
        return;
    };
    // What somebody started by hand is gone with the boot, and serves now.
    let mut lost = Vec::new();
    for port in patient.ports.iter().filter(|port| !port.declared.is_empty()) {
        let Some(owner) = &port.owner else { continue };
        if let Some(Keeper::Session(_) | Keeper::Nobody) = owner.keeper() {
            lost.push(format!("{} holds port {}, started by hand", owner.label(), port.port));
        }
    }
    let summary = if lost.is_empty() {
        "the host waits for a reboot: what was updated is not what runs".to_owned()
    } else {
        "the host waits for a reboot, and something that serves a declared port will not come back"
            .to_owned()
    };
    let severity = if lost.is_empty() { Severity::Info } else { Severity::Warning };
    let at = sign.changed.and_then(|at| patient.wall(at));
    let since = at.map_or_else(String::new, |at| format!(", made {} ago", patient.ago(at)));
    let mut found = Finding::new(Rule::RebootRequired, Subject::Host, severity, summary).proof_at(
        "stat",
        format!("{SIGN} exists{since}"),
        at,
    );
    for line in lost {
        found = found.proof("ss -Hltnpe", line);
    }
    findings.push(
        found
            .step("cat /run/reboot-required.pkgs", "what was updated")
            .step("systemctl reboot", "when it suits: interrupts all that the host serves"),
    );
}

#[cfg(test)]
mod tests {
    use crate::doctor::case::{Case, file};
    use crate::model::path::PathFacts;
    use crate::model::rule::Rule;

    #[test]
    fn the_systems_wish_is_found_and_its_absence_is_not() {
        let case = Case::new().path(super::SIGN, PathFacts::default());
        assert_eq!(case.found(Rule::RebootRequired), None);
        let case = case.path(super::SIGN, file(86_400 * 3));
        let found = case.found(Rule::RebootRequired).unwrap();
        assert!(found.evidence[0].text.contains("made 3 d ago"));
    }
}

//! `daemon-reload-needed`: the unit's file on disk is newer than what systemd has read: the next
//! start still takes the old one.

use super::all;
use crate::doctor::patient::Patient;
use crate::model::finding::Finding;
use crate::model::rule::Rule;
use crate::model::severity::Severity;

pub(in crate::doctor) fn check(patient: &Patient<'_>, findings: &mut Vec<Finding>) {
    for service in all(patient).filter(|service| service.facts.need_daemon_reload) {
        let summary = format!(
            "the unit of {} was edited and systemd has not read it: a restart would still take the old one",
            service.row.service
        );
        let mut found = service
            .finding(Rule::DaemonReloadNeeded, Severity::Warning, summary)
            .proof("systemctl show", format!("{}: NeedDaemonReload=yes", service.unit));
        let files = std::iter::once(&service.facts.fragment).chain(&service.facts.drop_ins);
        for file in files {
            if let Some(changed) = patient.path(file).and_then(|facts| facts.changed) {
                let at = patient.wall(changed);
                let ago = at.map_or_else(String::new, |at| format!(" {} ago", patient.ago(at)));
                found = found.proof_at("stat", format!("{file} was changed{ago}"), at);
            }
        }
        findings.push(found.step("systemctl daemon-reload", "restarts nothing").step(
            format!("systemctl restart {quoted}", quoted = service.quoted()),
            "when it suits: interrupts it",
        ));
    }
}

#[cfg(test)]
mod tests {
    use crate::doctor::case::{Case, file};
    use crate::model::rule::Rule;

    #[test]
    fn an_edited_unit_is_found_and_one_that_was_read_is_not() {
        let mut case = Case::new().path("/etc/systemd/system/api.service", file(9000));
        assert_eq!(case.found(Rule::DaemonReloadNeeded), None);
        case.unit().need_daemon_reload = true;
        let found = case.found(Rule::DaemonReloadNeeded).unwrap();
        assert!(found.evidence[1].text.contains("api.service was changed 2 h ago"));
    }
}

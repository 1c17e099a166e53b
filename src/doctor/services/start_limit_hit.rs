//! `start-limit-hit`: systemd has started the service too often and has given up. `Result=` says so
//! only when the last end was clean; else it says how the process ended (systemd 237 to 257).

use super::all;
use crate::doctor::patient::{Patient, setting};
use crate::model::finding::Finding;
use crate::model::instance::ServiceState;
use crate::model::rule::Rule;
use crate::model::severity::Severity;

pub(in crate::doctor) fn check(patient: &Patient<'_>, findings: &mut Vec<Finding>) {
    for service in all(patient).filter(|s| s.row.verdict.state == ServiceState::Failed) {
        let facts = service.facts;
        let said = service.said(&["Start request repeated too quickly"]);
        // Whatever it ended with, systemd would have started it again, were it not for the limit.
        let counted = facts.limit_burst.zip(facts.n_restarts).is_some_and(|(burst, n)| n >= burst);
        let given_up = counted && &*facts.restart == "always";
        if said.is_none() && &*facts.result != "start-limit-hit" && !given_up {
            continue;
        }
        let name = service.row.service;
        let summary = format!("systemd has given up starting {name}: it failed too often in a row");
        let found = service.finding(Rule::StartLimitHit, Severity::Critical, summary);
        let found = service.exit_proof(patient, found);
        let found = match (facts.limit_burst, facts.limit_usec) {
            (Some(burst), Some(usec)) => found.proof(
                "systemctl show",
                format!("Restart={}, at most {burst} starts in {}", facts.restart, setting(usec)),
            ),
            _ => found,
        };
        let why = "why it ended each time; mend that first";
        findings.push(service.told_by_its_words(patient, found, why));
    }
}

#[cfg(test)]
mod tests {
    use crate::doctor::case::Case;
    use crate::model::rule::Rule;

    #[test]
    fn one_that_was_given_up_is_found() {
        let case = Case::new().failed(1, &["api.service: Start request repeated too quickly."]);
        assert!(case.found(Rule::StartLimitHit).is_some());
        assert!(case.found(Rule::ServiceFailed).is_none(), "once is enough");
        let mut case = Case::new().failed(1, &[]);
        case.unit().restart = "always".into();
        case.unit().n_restarts = Some(5);
        case.unit().limit_burst = Some(5);
        assert!(case.found(Rule::StartLimitHit).is_some());
    }

    #[test]
    fn one_that_failed_once_is_not() {
        assert_eq!(Case::new().failed(1, &["boom"]).found(Rule::StartLimitHit), None);
    }
}

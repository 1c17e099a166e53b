//! `unit-missing`: the config declares a unit that the host does not have.

use super::all;
use crate::doctor::patient::Patient;
use crate::model::finding::Finding;
use crate::model::rule::Rule;
use crate::model::severity::Severity;
use crate::model::unit::LoadState;
use crate::probe::quote::quote;

pub(in crate::doctor) fn check(patient: &Patient<'_>, findings: &mut Vec<Finding>) {
    for service in all(patient).filter(|service| service.facts.load == LoadState::NotFound) {
        let unit = service.unit;
        let stem = unit.as_str().split('.').next().unwrap_or("");
        let summary =
            format!("the host has no unit {unit}, which {} is declared to be", service.row.service);
        findings.push(
            service
                .finding(Rule::UnitMissing, Severity::Critical, summary)
                .proof("systemctl show", format!("{unit}: LoadState=not-found"))
                .as_reason(format!("the host has no unit {unit}"))
                .step(
                    format!(
                        "systemctl list-unit-files {quoted}",
                        quoted = quote(&format!("*{stem}*"))
                    ),
                    "what it is called there; correct the config, or install it",
                ),
        );
    }
}

#[cfg(test)]
mod tests {
    use crate::doctor::case::Case;
    use crate::model::rule::Rule;
    use crate::model::unit::{ActiveState, LoadState};

    #[test]
    fn a_unit_that_is_not_there_is_found_and_one_that_is_down_is_not() {
        let mut case = Case::new();
        case.unit().active = ActiveState::Inactive;
        assert_eq!(case.found(Rule::UnitMissing), None);
        case.unit().load = LoadState::NotFound;
        assert!(case.found(Rule::UnitMissing).unwrap().summary.contains("api.service"));
    }
}

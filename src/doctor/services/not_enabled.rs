//! `not-enabled`: the service runs, and nothing starts it after a reboot.

use super::all;
use crate::doctor::patient::Patient;
use crate::model::finding::Finding;
use crate::model::rule::Rule;
use crate::model::severity::Severity;

pub(in crate::doctor) fn check(patient: &Patient<'_>, findings: &mut Vec<Finding>) {
    let forgotten = all(patient).filter(|service| {
        let facts = service.facts;
        service.runs()
            && !service.row.instance.discovered
            && &*facts.unit_file_state == "disabled"
            && facts.triggered_by.is_empty()
            && facts.wanted_by.is_empty()
    });
    for service in forgotten {
        let unit = service.unit;
        let quoted = service.quoted();
        let summary = format!("{} runs and will not come back after a reboot", service.row.service);
        findings.push(
            service
                .finding(Rule::NotEnabled, Severity::Warning, summary)
                .proof(
                    "systemctl show",
                    format!("{unit}: UnitFileState=disabled, nothing wants it"),
                )
                .step(format!("systemctl enable {quoted}"), "changes nothing now"),
        );
    }
}

#[cfg(test)]
mod tests {
    use crate::doctor::case::Case;
    use crate::model::rule::Rule;

    #[test]
    fn one_that_nothing_starts_is_found_and_one_that_something_wants_is_not() {
        let mut case = Case::new();
        case.unit().unit_file_state = "disabled".into();
        assert!(case.found(Rule::NotEnabled).is_some());
        case.unit().wanted_by = vec!["app.target".into()];
        assert_eq!(case.found(Rule::NotEnabled), None);
        case.unit().wanted_by.clear();
        case.unit().unit_file_state = "static".into();
        assert_eq!(case.found(Rule::NotEnabled), None);
    }
}

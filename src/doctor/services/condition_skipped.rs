//! `condition-skipped`: the service is down since its conditions did not hold when it was started.
//! systemd calls that a success.

use super::all;
use crate::doctor::patient::Patient;
use crate::model::finding::Finding;
use crate::model::rule::Rule;
use crate::model::severity::Severity;
use crate::model::unit::ActiveState;

pub(in crate::doctor) fn check(patient: &Patient<'_>, findings: &mut Vec<Finding>) {
    let skipped = all(patient).filter(|service| {
        service.facts.condition_failed
            && service.facts.active == ActiveState::Inactive
            && !service.row.instance.discovered
    });
    for service in skipped {
        let unit = service.unit;
        let quoted = service.quoted();
        let summary = format!(
            "{} is not running since a Condition…= of its unit did not hold when it was started",
            service.row.service
        );
        findings.push(
            service
                .finding(Rule::ConditionSkipped, Severity::Warning, summary)
                .proof("systemctl show", format!("{unit}: ConditionResult=no"))
                .step(format!("systemctl status {quoted}"), "names the condition that did not hold")
                .step(format!("systemctl start {quoted}"), "once it holds"),
        );
    }
}

#[cfg(test)]
mod tests {
    use crate::doctor::case::Case;
    use crate::model::rule::Rule;
    use crate::model::unit::ActiveState;

    #[test]
    fn one_that_was_skipped_is_found_and_one_that_runs_is_not() {
        let mut case = Case::new();
        case.unit().condition_failed = true;
        assert_eq!(case.found(Rule::ConditionSkipped), None);
        case.unit().active = ActiveState::Inactive;
        assert!(case.found(Rule::ConditionSkipped).is_some());
    }
}

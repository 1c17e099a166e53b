//! `service-failed`: the service is down against everybody's wish. Left out where a rule knows why.

use super::all;
use crate::doctor::patient::Patient;
use crate::model::finding::Finding;
use crate::model::rule::Rule;
use crate::model::severity::Severity;

pub(in crate::doctor) fn check(patient: &Patient<'_>, findings: &mut Vec<Finding>) {
    for service in all(patient).filter(super::Service::failed) {
        let name = service.row.service;
        let result = &*service.facts.result;
        let how = match (result, service.exit()) {
            ("timeout", _) => "it did not start or stop in time".to_owned(),
            ("watchdog", _) => "it did not tell its watchdog that it is alive".to_owned(),
            ("resources", _) => "systemd lacked what it needs to start it".to_owned(),
            ("protocol", _) => "it did not do as its Type= says".to_owned(),
            (_, Some(exit)) => format!("it ended with {}", exit.label()),
            (_, None) if result.is_empty() => "systemd does not say why".to_owned(),
            (_, None) => format!("its result is {result}"),
        };
        let summary = format!("{name} has failed: {how}");
        let found = service.finding(Rule::ServiceFailed, Severity::Critical, summary);
        let found = service.exit_proof(patient, found);
        let found = found.proof("systemctl show", format!("Result={result}"));
        let why = "its last words; mend what they name";
        findings.push(service.told_by_its_words(patient, found, why));
    }
}

#[cfg(test)]
mod tests {
    use crate::doctor::case::Case;
    use crate::model::ids::UnitName;
    use crate::model::rule::Rule;
    use crate::model::severity::Severity;
    use crate::model::spec::Kind;

    #[test]
    fn one_that_failed_is_found_with_its_last_words() {
        let found = Case::new().failed(3, &["giving up"]).found(Rule::ServiceFailed).unwrap();
        assert_eq!(found.severity, Severity::Critical);
        assert_eq!(found.summary, "api has failed: it ended with 3");
        assert!(found.evidence.iter().any(|proof| proof.text == "giving up"));
    }

    #[test]
    fn one_that_may_not_be_heard_says_so() {
        let mut case = Case::new().failed(3, &[]);
        case.facts().journal = false;
        case.facts().sudo = false;
        let found = case.found(Rule::ServiceFailed).unwrap();
        assert!(found.evidence.iter().any(|proof| proof.text.contains("may not be read")));
    }

    /// What systemd-escape(1) makes of `we-ird`.
    #[test]
    fn the_fix_names_that_unit_and_no_other() {
        let mut case = Case::new().failed(3, &[]);
        case.instance().kind = Kind::Unit(UnitName::new("we\\x2dird.service"));
        let found = case.found(Rule::ServiceFailed).unwrap();
        let commands: Vec<&str> = found.fix.iter().map(|step| &*step.command).collect();
        assert_eq!(
            commands,
            [
                r"journalctl -u 'we\x2dird.service' -n 50",
                r"systemctl reset-failed 'we\x2dird.service'; systemctl restart 'we\x2dird.service'",
            ]
        );
    }

    #[test]
    fn one_that_runs_is_not() {
        assert_eq!(Case::new().found(Rule::ServiceFailed), None);
    }
}

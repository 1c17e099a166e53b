//! `clock-skew`: the host's clock is off, so that times of its logs, certificates and schedules are
//! not what they seem.

use std::time::Duration;

use crate::doctor::patient::Patient;
use crate::model::finding::{Finding, Subject};
use crate::model::rule::Rule;
use crate::model::severity::Severity;
use crate::model::span::words;

pub(in crate::doctor) fn check(patient: &Patient<'_>, findings: &mut Vec<Finding>) {
    let Some(facts) = patient.host.facts.value() else { return };
    let severity = facts.clock_severity();
    if severity == Severity::Ok {
        return;
    }
    let off = Duration::from_micros(facts.skew.unsigned_abs());
    let way = if facts.skew > 0 { "ahead of" } else { "behind" };
    findings.push(
        Finding::new(
            Rule::ClockSkew,
            Subject::Host,
            severity,
            format!("the host's clock is {} {way} this machine's", words(off)),
        )
        .proof("date", format!("{:+.1} s", facts.skew as f64 / 1e6))
        .step("timedatectl", "whether it is kept in step, and by what")
        .step("chronyc tracking || systemctl status systemd-timesyncd", "why it is not")
        .step("date", "here as well: it may be this machine's clock that is off"),
    );
}

#[cfg(test)]
mod tests {
    use crate::doctor::case::Case;
    use crate::model::rule::Rule;
    use crate::model::severity::Severity;

    #[test]
    fn a_clock_that_is_off_is_found_and_one_that_is_right_is_not() {
        let mut case = Case::new();
        case.facts().skew = -900_000;
        assert_eq!(case.found(Rule::ClockSkew), None);
        case.facts().skew = -7_200_000_000;
        let found = case.found(Rule::ClockSkew).unwrap();
        assert_eq!(found.severity, Severity::Warning);
        assert!(found.summary.contains("2 h behind"), "{}", found.summary);
    }
}

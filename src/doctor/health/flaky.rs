//! `health-flaky`: more than 5 % of the tries fail, yet not enough in a row to count as failing. It
//! is left at 3 %.

use super::{by_hand, last_proof, name, subject, was_open};
use crate::doctor::patient::Patient;
use crate::model::finding::Finding;
use crate::model::health::CheckState;
use crate::model::rule::Rule;
use crate::model::severity::Severity;

/// Above this share, in percent, it begins.
const ENTERED: f64 = 5.0;
/// Down to this share it is over.
const LEFT: f64 = 3.0;

pub(in crate::doctor) fn check(patient: &Patient<'_>, findings: &mut Vec<Finding>) {
    for row in &patient.rows {
        let limit = if was_open(patient, Rule::HealthFlaky, row) { LEFT } else { ENTERED };
        let flaky = row.instance.checks().find_map(|(spec, log)| {
            // One that fails all the time is told as that.
            let down = log.state(spec, patient.now) == CheckState::Failing;
            let percent = log.failing_percent(patient.now).filter(|_| !down)?;
            (percent > limit).then_some((spec, log, percent))
        });
        let Some((spec, log, percent)) = flaky else { continue };
        let summary = format!(
            "{} is answered now and then only: more than one in twenty tries of {} fail",
            row.service,
            name(spec)
        );
        let found = Finding::new(Rule::HealthFlaky, subject(row), Severity::Warning, summary)
            .proof("last quarter of an hour", format!("{percent:.0} % of the tries failed"));
        let found = last_proof(found, spec, log).step(
            format!("for i in $(seq 20); do {} >/dev/null || echo failed; done", by_hand(spec)),
            "shows how often; one bad instance behind a balancer fails in turn",
        );
        findings.push(found);
    }
}

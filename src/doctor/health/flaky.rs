//! `health-flaky`: more tries fail than may, yet not enough in a row to count as failing.

use super::{by_hand, last_proof, name, subject, was_open};
use crate::doctor::patient::Patient;
use crate::model::finding::Finding;
use crate::model::health::CheckState;
use crate::model::rule::Rule;
use crate::model::severity::Severity;

/// At this share of the limit it is over.
const LEFT_AT: f64 = 0.6;

pub(in crate::doctor) fn check(patient: &Patient<'_>, findings: &mut Vec<Finding>) {
    for row in &patient.rows {
        let factor = if was_open(patient, Rule::HealthFlaky, row) { LEFT_AT } else { 1.0 };
        let limit = patient.host.spec.limits.failing_checks * factor;
        let flaky = row.instance.checks().find_map(|(spec, log)| {
            let (failed, all) = log.failed_tries(patient.now)?;
            if failed as f64 * 100.0 / all as f64 <= limit {
                return None;
            }
            // One that fails all the time is told as that.
            let down = log.state(spec, patient.now) == CheckState::Failing;
            (!down).then_some((spec, log, (failed, all)))
        });
        let Some((spec, log, (failed, all))) = flaky else { continue };
        let summary = format!(
            "{} does not always pass {}: tries fail again and again, too few in a row to count as \
             down",
            row.service,
            name(spec)
        );
        let found = Finding::new(Rule::HealthFlaky, subject(row), Severity::Warning, summary)
            .proof(
                "health",
                format!(
                    "{failed} of {all} tries failed in 15 minutes; {} % may",
                    patient.host.spec.limits.failing_checks
                ),
            );
        let found = last_proof(found, spec, log).step(
            format!("for i in $(seq 20); do {} >/dev/null || echo failed; done", by_hand(spec)),
            "shows how often; one bad instance behind a balancer fails in turn",
        );
        findings.push(found);
    }
}

//! `health-slow`: answers come later than the config allows. It is left later than it is entered.

use std::time::Duration;

use super::{by_hand, name, span, subject, was_open};
use crate::doctor::patient::Patient;
use crate::model::check::{CheckSpec, Target};
use crate::model::finding::Finding;
use crate::model::limits::Limits;
use crate::model::rule::Rule;
use crate::model::severity::Severity;
use crate::probe::quote::word;

/// Below this share of the limit it is over.
const LEFT_AT: f64 = 0.8;

/// A command's time says more of its own work than of the service.
fn limit(spec: &CheckSpec, limits: &Limits) -> Option<Duration> {
    spec.latency.or(match spec.target {
        Target::Http(_) | Target::Sse(_) | Target::Tcp(..) => Some(limits.latency),
        Target::Command(_) => None,
    })
}

pub(in crate::doctor) fn check(patient: &Patient<'_>, findings: &mut Vec<Finding>) {
    for row in &patient.rows {
        let factor = if was_open(patient, Rule::HealthSlow, row) { LEFT_AT } else { 1.0 };
        let slow = row.instance.checks().find_map(|(spec, log)| {
            let limit = limit(spec, &patient.host.spec.limits)?;
            if !log.is_slower(limit.mul_f64(factor), patient.now) {
                return None;
            }
            Some((spec, limit, log.p95(patient.now)?))
        });
        let Some((spec, limit, p95)) = slow else { continue };
        let summary = format!(
            "{} answers slowly: of 100 answers of {} more than 5 need longer than {}",
            row.service,
            name(spec),
            span(limit)
        );
        let mut found = Finding::new(Rule::HealthSlow, subject(row), Severity::Warning, summary)
            .proof("last quarter of an hour", format!("95 of 100 within {}", span(p95)))
            .step(format!("time {}", by_hand(spec)), "how long it takes now");
        if let Some(unit) = row.instance.kind.unit() {
            let quoted = word(unit.as_str());
            found = found.step(
                format!("systemd-cgtop -n 1; systemctl status {quoted}"),
                "whether it or its host is short of processor or memory",
            );
        }
        findings.push(found);
    }
}

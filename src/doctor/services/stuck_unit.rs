//! `stuck-unit`: the service is starting or stopping for much longer than it should take.

use std::time::Duration;

use super::all;
use crate::doctor::patient::Patient;
use crate::model::finding::Finding;
use crate::model::rule::Rule;
use crate::model::severity::Severity;
use crate::model::span::words;
use crate::model::unit::ActiveState;

/// Nobody waits longer than this for a start without asking why, whatever the unit allows.
const LONG: Duration = Duration::from_secs(600);
/// A job may take its time where it is given it.
const JOB: Duration = Duration::from_secs(6 * 3600);
/// Nothing is stuck sooner.
const SHORT: Duration = Duration::from_secs(20);

pub(in crate::doctor) fn check(patient: &Patient<'_>, findings: &mut Vec<Finding>) {
    for service in all(patient) {
        let facts = service.facts;
        let (doing, timeout) = match facts.active {
            // What loops is between two starts, not in one.
            ActiveState::Activating if !facts.sub.starts_with("auto-restart") => {
                ("starting", facts.start_timeout)
            }
            ActiveState::Deactivating => ("stopping", facts.stop_timeout),
            ActiveState::Activating
            | ActiveState::Active
            | ActiveState::Reloading
            | ActiveState::Inactive
            | ActiveState::Failed
            | ActiveState::Other => continue,
        };
        let Some(since) = facts.changed.and_then(|at| patient.host.at(at)) else { continue };
        let job = &*facts.unit_type == "oneshot" && timeout.is_none();
        let patience = timeout.map_or(if job { JOB } else { LONG }, |usec| {
            (Duration::from_micros(usec) / 2).clamp(SHORT, LONG)
        });
        let span = patient.now.since(since);
        if span < patience {
            continue;
        }
        let name = service.row.service;
        let end = timeout.map_or_else(
            || "systemd will wait for ever".to_owned(),
            |usec| format!("systemd will end it after {}", words(Duration::from_micros(usec))),
        );
        let summary = format!("{name} is {doing} for {} and does not get ready", words(span));
        let found = service.finding(Rule::StuckUnit, Severity::Warning, summary).proof_at(
            "systemctl show",
            format!("SubState={}; {end}", facts.sub),
            Some(since),
        );
        let quoted = service.quoted();
        findings.push(
            service
                .words_proof(patient, found)
                .step(format!("systemctl status {quoted}"), "which process it waits for")
                .step(format!("systemctl list-jobs {quoted}"), "which other job it waits for"),
        );
    }
}

#[cfg(test)]
mod tests {
    use crate::doctor::case::{Case, monotonic};
    use crate::model::rule::Rule;
    use crate::model::unit::ActiveState;

    fn starting(secs: u64) -> Case {
        let mut case = Case::new();
        let unit = case.unit();
        unit.active = ActiveState::Activating;
        unit.sub = "start".into();
        unit.changed = Some(monotonic(secs));
        unit.start_timeout = Some(90_000_000);
        case
    }

    #[test]
    fn one_that_does_not_get_ready_is_found() {
        let found = starting(60).found(Rule::StuckUnit).unwrap();
        assert_eq!(found.summary, "api is starting for 60 s and does not get ready");
        assert_eq!(starting(30).found(Rule::StuckUnit), None);
    }

    #[test]
    fn a_long_job_is_not_stuck() {
        let mut case = starting(3600);
        case.unit().unit_type = "oneshot".into();
        case.unit().start_timeout = None;
        assert_eq!(case.found(Rule::StuckUnit), None);
    }
}

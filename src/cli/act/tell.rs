//! What is said of an operation while it is followed.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::time::Duration;

use crate::model::operation::{Operation, StepState};

/// That hosts are not reached, or all are again.
pub(super) fn words_of_loss(lost: &[String], timeout: Duration) -> String {
    if lost.is_empty() {
        return "quarterdeck: all hosts are reached again".to_owned();
    }
    let hosts: Vec<&str> = lost.iter().map(String::as_str).take(5).collect();
    format!(
        "quarterdeck: not reached: {}; what was begun there goes on; tried for {} s more",
        hosts.join(", "),
        timeout.as_secs()
    )
}

/// A line for each step that began or ended and for each tenth that was sent, once.
pub(super) fn tell(operation: &Operation, told: &mut BTreeSet<String>) {
    let mut err = std::io::stderr().lock();
    for (run, plan) in operation.runs.iter().zip(&operation.plan().hosts) {
        if let Some(sent) = run.sent
            && told.insert(format!("{} sent {}", plan.host.host, sent.percent / 10))
        {
            drop(writeln!(err, "{}: {}", plan.host.host, sent.text()));
        }
        for (step, planned) in run.steps.iter().zip(&plan.steps) {
            if step.state == StepState::Waiting {
                continue;
            }
            let took = step
                .took
                .map_or_else(String::new, |took| format!(" in {:.1} s", took.as_secs_f64()));
            let line = format!(
                "{} {} {}: {}{took}",
                plan.host.host,
                step.number,
                planned.title,
                step.state.name()
            );
            if told.insert(line.clone()) {
                drop(writeln!(err, "{line}"));
            }
        }
    }
}

//! What the timeline is told of an operation.

use crate::model::Model;
use crate::model::event::{Event, EventKind};
use crate::model::operation::{Operation, Phase};
use crate::model::severity::Severity;
use crate::update::timeline;

/// The last words of what went wrong.
pub(super) fn words(operation: &Operation) -> Vec<String> {
    let mut all: Vec<String> = operation.halted.iter().cloned().collect();
    all.extend(operation.drained.iter().map(|(_, text)| text.clone()));
    for (run, plan) in operation.runs.iter().zip(&operation.plan().hosts) {
        let why = match &run.phase {
            Phase::Refused(refusal) => refusal.text(),
            Phase::Lost(fault, _) => fault.to_string(),
            Phase::Ended(outcome) => {
                let last = run.output.lines(1).pop().unwrap_or_default();
                format!("{}: {last}", outcome.name())
            }
            phase => phase.name().to_owned(),
        };
        all.push(format!("{}: {why}", plan.host.host));
    }
    all
}

/// Tells the timeline, once a host.
pub(super) fn tell(
    model: &mut Model,
    operation: &Operation,
    what: &str,
    severity: Severity,
    detail: &[String],
) {
    let plan = operation.plan();
    let mut events = Vec::new();
    for (place, host) in plan.hosts.iter().enumerate() {
        let (verb, operator) = (plan.intent.verb.name(), &operation.operator);
        let text = if plan.is_drain(place) {
            format!("drain for {} by {operator}: {what}", plan.title())
        } else {
            format!("{verb} {} by {operator}: {what}", host.service)
        };
        let event =
            Event::new(model.now, EventKind::Action, Some(host.host.clone()), severity, &text)
                .about(host.service.as_str(), verb)
                .proved(detail.iter().chain([&format!("operation {}", operation.id)]));
        events.push(event);
    }
    timeline::tell(model, events);
}

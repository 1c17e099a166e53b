//! What remains to be done by hand where a host could not take back what it did.

use super::{HostRun, RunId, StepState};
use crate::model::plan::HostPlan;

/// Where a host keeps operations, each by its name.
const OPERATIONS: &str = "/var/lib/quarterdeck/ops";

/// A line each; none where nothing remains. Of the host it is said what was not taken back and how that
/// is tried again there, and how others are let act again.
pub fn remains(run: &HostRun, host: &HostPlan, id: &RunId) -> Vec<String> {
    let mut lines = Vec::new();
    for (step, planned) in run.steps.iter().zip(&host.steps) {
        let StepState::UndoFailed(status) = step.state else { continue };
        lines.push(format!(
            "`cd {OPERATIONS}/{id} && sh ./{number}.undo` as root on {name} tries again, once the reason is \
             gone, what could not be taken back (status {status}): step {number}, {title}",
            number = step.number,
            title = planned.title,
            id = id.as_str(),
            name = host.host.host,
        ));
    }
    if !lines.is_empty() {
        // What is locked is not a service of every config, such as a balancer's nginx.
        lines.push(format!(
            "`quarterdeck ops thaw {}` lets others act there again: it is frozen",
            host.subject
        ));
    }
    lines
}

//! `restart-script-no-op`: a script ends processes by an assignment such as `PORT=3446`. That stands
//! in their environment, never among their arguments (`pgrep(1)`, `-f`): nothing is ended, and the
//! new process finds its port taken.

use super::found;
use crate::doctor::patient::Patient;
use crate::model::finding::Finding;
use crate::model::rule::Rule;
use crate::model::script::Slip;
use crate::model::severity::Severity;

/// What it comes to.
const WHY: &str = "looks for processes by an assignment, which is in no arguments: it ends nothing, and the old process keeps its port";

pub(in crate::doctor) fn check(patient: &Patient<'_>, findings: &mut Vec<Finding>) {
    findings.extend(found(
        patient,
        Rule::RestartScriptNoOp,
        Slip::MatchesNothing,
        Severity::Info,
        WHY,
    ));
}

//! What a runner has done since it was last looked at.

use std::time::Duration;

use super::on_run;
use crate::effect::Effect;
use crate::model::Model;
use crate::model::fault::{Fault, FaultKind};
use crate::model::operation::{HostRun, Outcome, Phase, Progress, RunId, Verdict};

/// A runner that was launched has begun by then, or never will.
const BEGINS: Duration = Duration::from_secs(20);

/// What is new of a run.
pub(super) fn followed(
    model: &mut Model,
    run: &RunId,
    progress: Result<Box<Progress>, Fault>,
) -> Vec<Effect> {
    let now = model.now;
    on_run(model, run, |run| match progress {
        Ok(progress) => {
            let late = run.launched.is_some_and(|at| now.since(at) > BEGINS);
            take(run, *progress, late);
        }
        // Its directory is gone, or it never was there.
        Err(fault) if fault.kind == FaultKind::Missing => {
            run.result = Some(fault.detail);
            run.phase = Phase::Ended(Outcome::Unknown);
        }
        Err(fault) => run.phase = Phase::Lost(fault, now),
    })
}

pub(super) fn take(run: &mut HostRun, progress: Progress, late: bool) {
    let Progress { state, log: (at, total, piece), events: (from, events), steps: _ } = progress;
    run.output.take(at, &piece, total);
    run.read_events(from, &events);
    let all = run.output.wanted() >= total;
    match (state.verdict(), &state.result) {
        // All that it printed comes before its last word.
        (_, Some(result)) if all => run.end(result),
        (Verdict::Running, _) | (_, Some(_)) => run.phase = Phase::Running,
        (Verdict::Claimed, None) if !late => run.phase = Phase::Running,
        (verdict, None) => {
            run.result = Some(verdict.doc().to_owned());
            run.phase = Phase::Ended(Outcome::Unknown);
        }
    }
}

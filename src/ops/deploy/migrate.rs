//! Data that has to fit what comes. It is migrated before the new one is made the current one: what expands
//! it the old one can live with; what contracts it is a point of no return, from which on nothing is taken
//! back.

use std::time::Duration;

use super::shell::record;
use super::{Job, MIGRATE};
use crate::model::deploy::Migration;
use crate::model::plan::{Change, Step, Undo};
use crate::probe::quote::quote;

/// Number of the step that only rehearses it.
const REHEARSE: u8 = 22;

/// Its steps; `step` makes one of number, title, change, script, undo.
pub(super) fn steps(
    job: &Job<'_>,
    migration: &Migration,
    limit: Duration,
    step: &dyn Fn(u8, String, Change, String, Undo, Duration) -> Step,
) -> Vec<Step> {
    let run = |body: &str| {
        format!(
            "as env REVISION=\"$rev\" sh -c {} \"$stage\" </dev/null || exit\n",
            quote(&format!("cd -- \"$0\" || exit 1\n{body}\n"))
        )
    };
    let mut steps = Vec::new();
    if let Some(dry_run) = &migration.dry_run {
        let script = run(dry_run);
        let title = "rehearse the migration".to_owned();
        steps.push(step(REHEARSE, title, Change::ReadOnly, script, Undo::NotNeeded, limit));
    }
    let (title, change, script, undo) = if migration.contract {
        (
            "migrate the data, for good",
            Change::Irreversible,
            format!("{}{}", run(&migration.run), record("contract", job.revision)),
            Undo::NotPossible(
                "it contracts: what was there before does not know the data any more".to_owned(),
            ),
        )
    } else {
        let undo = match &migration.undo {
            Some(undo) => run(undo),
            None => {
                "echo 'the data stays expanded: what was there before works with it'\n".to_owned()
            }
        };
        let undo = Undo::Script(format!(". ./common\n{undo}exit 0\n"));
        ("migrate the data", Change::Reversible, run(&migration.run), undo)
    };
    steps.push(step(MIGRATE, title.to_owned(), change, format!("{script}exit 0\n"), undo, limit));
    steps
}

/// Before what takes a step back that comes with a migration for good.
pub(super) fn stays(number: u8) -> String {
    format!(
        "if grep -q ' {MIGRATE} start' events && grep -q ' {} start' events; then\n  \
         echo 'the data was migrated for good: what came stays'\n  exit 0\nfi\n",
        number.max(MIGRATE)
    )
}

//! The backups pane: worst first, then as the config has them.

use super::filter::Filter;
use super::{Shown, in_env};
use crate::model::backups::{BackupRow, judge_env};
use crate::model::fleet::Fleet;
use crate::model::screen::{BackupId, View};
use crate::model::time::Timestamp;

/// The backups pane.
pub fn backups<'a>(fleet: &'a Fleet, view: &View, now: Timestamp) -> Shown<BackupRow<'a>> {
    let filter = Filter::new(&view.filter);
    let mut hidden = 0;
    let mut rows = Vec::new();
    for env in &fleet.envs {
        if !in_env(view, env) {
            hidden += env.backups.len();
            continue;
        }
        for row in judge_env(env, now) {
            if (!view.problems_only || row.shown_severity().is_problem()) && takes(&filter, &row) {
                rows.push(row);
            } else {
                hidden += 1;
            }
        }
    }
    rows.sort_by_key(|row| std::cmp::Reverse(row.shown_severity().rank()));
    Shown { rows, hidden }
}

fn takes(filter: &Filter, row: &BackupRow<'_>) -> bool {
    filter.takes_all()
        || filter.takes(&[
            row.spec.name.as_str(),
            row.spec.way.name(),
            row.verdict.name(),
            row.shown_severity().name(),
            row.host.spec.name.as_str(),
            row.env.name.as_str(),
            &row.detail,
        ])
}

/// The place of the selected backup; the first one where it is not shown (any more).
pub fn place_of_backup(rows: &[BackupRow<'_>], selected: Option<&BackupId>) -> usize {
    let Some(id) = selected else { return 0 };
    rows.iter().position(|row| row.id() == *id).unwrap_or(0)
}

//! The ports pane: what is declared beside what listens, worst first, then by number.

use super::filter::Filter;
use super::{Shown, in_env};
use crate::model::fleet::Fleet;
use crate::model::ports::{self, PortRow};
use crate::model::screen::{PortId, View};
use crate::model::time::Timestamp;

/// The ports pane.
pub fn ports<'a>(fleet: &'a Fleet, view: &View, now: Timestamp) -> Shown<PortRow<'a>> {
    let filter = Filter::new(&view.filter);
    let mut hidden = 0;
    let mut rows = Vec::new();
    for (env, host) in fleet.hosts() {
        for row in ports::judge(env, host, fleet.interval, now) {
            if in_env(view, env)
                && (!view.problems_only || row.severity.is_problem())
                && takes(&filter, &row)
            {
                rows.push(row);
            } else {
                hidden += 1;
            }
        }
    }
    rows.sort_by_key(|row| std::cmp::Reverse(row.severity.rank()));
    Shown { rows, hidden }
}

fn takes(filter: &Filter, row: &PortRow<'_>) -> bool {
    let number = row.port.to_string();
    let owner = row.owner.as_ref().map_or_else(String::new, ports::Owner::label);
    let mut texts = vec![
        number.as_str(),
        row.protocol.name(),
        row.verdict.name(),
        row.severity.name(),
        row.host.spec.name.as_str(),
        row.env.name.as_str(),
        row.name(),
        owner.as_str(),
    ];
    texts.extend(row.declared.iter().map(|(name, _)| name.as_str()));
    filter.takes(&texts)
}

/// The place of the selected port; the first one where it is not shown (any more).
pub fn place_of_port(rows: &[PortRow<'_>], selected: Option<&PortId>) -> usize {
    let Some(id) = selected else { return 0 };
    rows.iter().position(|row| row.is(id)).unwrap_or(0)
}

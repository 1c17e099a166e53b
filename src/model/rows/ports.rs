//! The ports pane: what is declared beside what listens, worst first, then by number.

use super::filter::Filter;
use super::{Shown, in_env};
use crate::model::fleet::{Env, Fleet};
use crate::model::host::Host;
use crate::model::ports::{self, Owner, PortBrief, PortRow};
use crate::model::screen::{PortId, View};
use crate::model::severity::Severity;
use crate::model::time::Timestamp;

/// A row of the ports pane, in short: only those that are seen are looked at closely.
#[derive(Clone, Copy, Debug)]
pub struct ShortPort<'a> {
    /// Where.
    pub env: &'a Env,
    /// Where.
    pub host: &'a Host,
    /// What was found.
    pub brief: PortBrief,
    /// How bad that is now.
    pub severity: Severity,
}

impl<'a> ShortPort<'a> {
    /// The row's identity.
    pub fn id(&self) -> PortId {
        let host = self.host.id(&self.env.name);
        PortId { host, protocol: self.brief.protocol, port: self.brief.port }
    }

    /// All that is known of it.
    pub fn whole(&self, fleet: &Fleet, now: Timestamp) -> Option<PortRow<'a>> {
        let key = (self.brief.port, self.brief.protocol);
        ports::judge_one(self.env, self.host, key, fleet.interval, now)
    }
}

/// The ports pane.
pub fn ports<'a>(fleet: &'a Fleet, view: &View, now: Timestamp) -> Shown<ShortPort<'a>> {
    let filter = Filter::new(&view.filter);
    let mut hidden = 0;
    let mut rows = Vec::new();
    for (env, host) in fleet.hosts() {
        let stale = ports::is_stale(host, fleet.interval, now);
        for brief in &host.port_briefs {
            let severity = if stale { Severity::Unknown } else { brief.severity };
            let row = ShortPort { env, host, brief: *brief, severity };
            if in_env(view, env)
                && (!view.problems_only || severity.is_problem())
                && (filter.takes_all() || takes(&filter, &row, fleet, now))
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

fn takes(filter: &Filter, short: &ShortPort<'_>, fleet: &Fleet, now: Timestamp) -> bool {
    let Some(row) = short.whole(fleet, now) else { return false };
    let number = row.port.to_string();
    let owner = row.owner.as_ref().map_or_else(String::new, Owner::label);
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
pub fn place_of_port(rows: &[ShortPort<'_>], selected: Option<&PortId>) -> usize {
    let Some(id) = selected else { return 0 };
    rows.iter()
        .position(|row| {
            row.brief.port == id.port
                && row.brief.protocol == id.protocol
                && row.host.spec.name == id.host.host
                && row.env.name == id.host.env
        })
        .unwrap_or(0)
}

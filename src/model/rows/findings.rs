//! The findings pane: causes, the most urgent first; what follows from one is folded under it.

use super::filter::Filter;
use super::{Shown, in_env};
use crate::model::finding::Tracked;
use crate::model::fleet::{Env, Fleet};
use crate::model::host::Host;
use crate::model::priority::Priority;
use crate::model::screen::{FindingId, View};

/// A finding with its surroundings.
#[derive(Clone, Copy, Debug)]
pub struct FindingRow<'a> {
    /// Where.
    pub env: &'a Env,
    /// Where.
    pub host: &'a Host,
    /// What.
    pub tracked: &'a Tracked,
    /// As many others follow from it.
    pub effects: usize,
}

impl<'a> FindingRow<'a> {
    /// The row's identity.
    pub fn id(&self) -> FindingId {
        FindingId { host: self.host.id(&self.env.name), key: self.tracked.finding.key.clone() }
    }

    /// How urgent.
    pub fn priority(&self) -> Priority {
        Priority::of(self.tracked.finding.severity, self.env.tier)
    }

    /// `host/what`, or the host alone.
    pub fn subject(&self) -> String {
        subject(self.host, self.tracked)
    }

    /// What follows from it.
    pub fn effects(&self) -> impl Iterator<Item = &'a Tracked> {
        let key = &self.tracked.finding.key;
        self.host
            .findings
            .iter()
            .filter(move |other| other.counts() && root(self.host, other).is_some_and(|r| r == key))
    }
}

/// `host/what`, or the host alone.
fn subject(host: &Host, tracked: &Tracked) -> String {
    tracked.finding.key.subject.on(&host.spec.name)
}

/// The finding at the beginning of what one follows from; none where it follows from nothing that
/// is open.
fn root<'h>(host: &'h Host, tracked: &'h Tracked) -> Option<&'h crate::model::finding::Key> {
    let mut found = None;
    let mut at = tracked;
    // As long as the chain is; a ring of causes ends too.
    for _ in 0..8 {
        let Some(key) = &at.finding.because else { break };
        let cause = host.findings.iter().find(|other| other.finding.key == *key && other.counts());
        let Some(cause) = cause else { break };
        found = Some(&cause.finding.key);
        at = cause;
    }
    found.filter(|key| **key != tracked.finding.key)
}

/// The findings pane. Silenced ones are hidden, and counted as such.
pub fn findings<'a>(fleet: &'a Fleet, view: &View) -> Shown<FindingRow<'a>> {
    let filter = Filter::new(&view.filter);
    let mut hidden = 0;
    let mut rows = Vec::new();
    for (env, host) in fleet.hosts() {
        for tracked in host.findings.iter().filter(|tracked| tracked.open) {
            if tracked.silenced.is_some() {
                hidden += 1;
                continue;
            }
            if root(host, tracked).is_some() {
                continue;
            }
            let mut row = FindingRow { env, host, tracked, effects: 0 };
            let subject = row.subject();
            let finding = &tracked.finding;
            let texts = [
                subject.as_str(),
                env.name.as_str(),
                env.tier.name(),
                finding.summary.as_str(),
                finding.key.rule.name(),
                finding.severity.name(),
            ];
            let problem = !view.problems_only || finding.severity.is_problem();
            if in_env(view, env) && problem && filter.takes(&texts) {
                row.effects = row.effects().count();
                rows.push(row);
            } else {
                hidden += 1;
            }
        }
    }
    rows.sort_by_key(|row| {
        let severity = row.tracked.finding.severity;
        (Priority::order(severity, row.env.tier), row.tracked.since)
    });
    Shown { rows, hidden }
}

/// The place of the selected finding; the first one where it is not shown (any more).
pub fn place_of_finding(rows: &[FindingRow<'_>], selected: Option<&FindingId>) -> usize {
    let Some(id) = selected else { return 0 };
    rows.iter()
        .position(|row| {
            row.tracked.finding.key == id.key
                && row.host.spec.name == id.host.host
                && row.env.name == id.host.env
        })
        .unwrap_or(0)
}

//! Which rows are shown, in which order: derived from the fleet and the view each time, so that
//! the screen, the selection and the counters can never disagree.

mod backups;
mod events;
mod filter;
mod findings;
mod ports;

use std::time::Duration;

pub use self::backups::{backups, place_of_backup};
pub use self::events::{events, place_of_event};
use self::filter::Filter;
pub use self::findings::{FindingRow, findings, place_of_finding};
pub use self::ports::{ShortPort, place_of_port, ports};

use super::fleet::{Env, Fleet, Row, Tally};
use super::host::Host;
use super::ids::{HostId, InstanceId};
use super::instance::ServiceState;
use super::screen::{SortBy, View};
use super::severity::Severity;
use super::time::Timestamp;

/// As far back as the crash-loop pane looks.
const HOUR: Duration = Duration::from_secs(3600);

/// Rows of a pane, and how many the view hides.
#[derive(Debug)]
pub struct Shown<T> {
    /// In the order of the screen.
    pub rows: Vec<T>,
    /// Left out by the filter, by problems-only, or by showing one environment.
    pub hidden: usize,
}

/// All instances with their verdicts at one moment: what every part of a frame is made of. An
/// instance is judged, and its memory touched, once; with 14,000 of them that is what a frame
/// costs.
#[derive(Debug)]
pub struct Judged<'a> {
    now: Timestamp,
    /// In the fleet's order.
    rows: Vec<Row<'a>>,
    /// Those that were started again in the last hour.
    restarted: Vec<Row<'a>>,
}

impl<'a> Judged<'a> {
    /// Judges all instances.
    pub fn new(fleet: &'a Fleet, now: Timestamp) -> Self {
        let n = fleet.hosts().map(|(_, host)| host.instances.len()).sum();
        let mut judged = Self { now, rows: Vec::with_capacity(n), restarted: Vec::new() };
        for row in fleet.rows(now) {
            if was_restarted(&row, now) {
                judged.restarted.push(row);
            }
            judged.rows.push(row);
        }
        judged
    }

    /// All of them.
    pub fn rows(&self) -> &[Row<'a>] {
        &self.rows
    }

    /// The services pane.
    pub fn services(&self, view: &View) -> Shown<Row<'a>> {
        sorted(self.rows.iter().copied(), view, self.now)
    }

    /// The crash-loop pane.
    pub fn crash_loops(&self, view: &View) -> Shown<Row<'a>> {
        fastest_first(self.restarted.iter().copied(), view, self.now)
    }

    /// Each environment's worst severity and counts, in the fleet's order.
    pub fn sums(&self, fleet: &'a Fleet) -> Vec<(&'a Env, Severity, Tally)> {
        let mut rows = self.rows.iter().peekable();
        let sum = |env: &'a Env| {
            let own = std::iter::from_fn(|| rows.next_if(|row| std::ptr::eq(row.env, env)));
            let (worst, tally) = env.sum_up(own);
            (env, worst, tally)
        };
        fleet.envs.iter().map(sum).collect()
    }
}

/// The services pane.
pub fn services<'a>(fleet: &'a Fleet, view: &View, now: Timestamp) -> Shown<Row<'a>> {
    sorted(fleet.rows(now), view, now)
}

/// The crash-loop pane: all that systemd started again in the last hour, fastest first.
pub fn crash_loops<'a>(fleet: &'a Fleet, view: &View, now: Timestamp) -> Shown<Row<'a>> {
    fastest_first(fleet.rows(now).filter(|row| was_restarted(row, now)), view, now)
}

fn was_restarted(row: &Row<'_>, now: Timestamp) -> bool {
    row.instance.restarts.automatic_within(HOUR, now) > 0
        || row.verdict.state == ServiceState::CrashLooping
}

/// Those that the view shows.
fn shown<'a>(all: impl Iterator<Item = Row<'a>>, view: &View) -> Shown<Row<'a>> {
    let filter = Filter::new(&view.filter);
    let mut hidden = 0;
    let mut rows = Vec::with_capacity(all.size_hint().0);
    for row in all {
        if in_env(view, row.env)
            && (!view.problems_only || row.severity().is_problem())
            && filter.takes_row(&row)
        {
            rows.push(row);
        } else {
            hidden += 1;
        }
    }
    Shown { rows, hidden }
}

fn sorted<'a>(all: impl Iterator<Item = Row<'a>>, view: &View, now: Timestamp) -> Shown<Row<'a>> {
    let mut shown = shown(all, view);
    let rows = &mut shown.rows;
    match view.sort {
        // Rows come in the fleet's order; equals stay in it.
        SortBy::Severity => {
            rows.sort_by_key(|row| std::cmp::Reverse(row.severity().rank()));
        }
        SortBy::Service => rows.sort_by(|a, b| a.service.cmp(b.service)),
        SortBy::Host => rows.sort_by(|a, b| a.host.spec.name.cmp(&b.host.spec.name)),
        SortBy::Since => rows.sort_by_key(|row| std::cmp::Reverse(row.verdict.since)),
        SortBy::Restarts => rows
            .sort_by_cached_key(|row| std::cmp::Reverse(row.instance.restarts.within(HOUR, now).n)),
        SortBy::Memory => rows.sort_by_key(|row| std::cmp::Reverse(row.instance.usage.memory)),
        SortBy::Cpu => rows.sort_by(|a, b| {
            let cpu = |row: &Row<'_>| row.instance.usage.cpu_percent.unwrap_or(-1.0);
            cpu(b).total_cmp(&cpu(a))
        }),
    }
    if view.inverted {
        rows.reverse();
    }
    shown
}

fn fastest_first<'a>(
    all: impl Iterator<Item = Row<'a>>,
    view: &View,
    now: Timestamp,
) -> Shown<Row<'a>> {
    let mut shown = shown(all, view);
    shown.rows.sort_by_cached_key(|row| {
        let restarts = &row.instance.restarts;
        let five = restarts.within(Duration::from_secs(300), now).n;
        let hour = restarts.within(HOUR, now).n;
        std::cmp::Reverse((row.verdict.severity.rank(), five, hour))
    });
    shown
}

/// The hosts pane, worst first.
pub fn hosts<'a>(fleet: &'a Fleet, view: &View) -> Shown<(&'a Env, &'a Host)> {
    let filter = Filter::new(&view.filter);
    let mut hidden = 0;
    let mut rows: Vec<(&Env, &Host)> = fleet
        .hosts()
        .filter(|(env, host)| {
            let show = in_env(view, env)
                && (!view.problems_only || host.shown_severity().is_problem())
                && filter.takes_host(env, host);
            hidden += usize::from(!show);
            show
        })
        .collect();
    rows.sort_by_cached_key(|(_, host)| {
        (std::cmp::Reverse(host.shown_severity().rank()), host.spec.name.clone())
    });
    Shown { rows, hidden }
}

/// The place of the selected row; the first one where it is not shown (any more).
pub fn place_of(rows: &[Row<'_>], selected: Option<&InstanceId>) -> usize {
    let Some(id) = selected else { return 0 };
    rows.iter()
        .position(|row| {
            *row.service == id.service
                && row.host.spec.name == id.host.host
                && row.env.name == id.host.env
        })
        .unwrap_or(0)
}

/// The place of the selected host.
pub fn place_of_host(rows: &[(&Env, &Host)], selected: Option<&HostId>) -> usize {
    let Some(id) = selected else { return 0 };
    rows.iter().position(|(env, host)| host.spec.name == id.host && env.name == id.env).unwrap_or(0)
}

fn in_env(view: &View, env: &Env) -> bool {
    view.env.as_ref().is_none_or(|only| *only == env.name)
}

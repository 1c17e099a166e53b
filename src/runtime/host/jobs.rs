//! What is scheduled on a host. Tables are read when they were changed and else rarely, since `sudo`
//! writes a line for each time; timers and the journal of cron when something of theirs is due to
//! have happened, when the bus tells of one, and every other minute.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::serve::{Shared, journal_by};
use super::stamps::{Who, others};
use crate::model::fault::Fault;
use crate::model::host::Part;
use crate::model::ids::UnitName;
use crate::model::job::{JobFacts, Jobs, PACE, RunEnd};
use crate::model::script;
use crate::model::time::Timestamp;
use crate::msg::HostEvent;
use crate::probe::collector::missing_tool;
use crate::probe::jobs::cron_jobs;
use crate::probe::jobs::runs::Runs;
use crate::probe::jobs::tables::{Tables, parse_tables};
use crate::probe::jobs::timers::{Clocks, is_timer, parse_timers};
use crate::runtime::clock;
use crate::runtime::transport::Transport;

/// For one question.
const DEADLINE: Duration = Duration::from_secs(30);
/// Timers and runs are read again after this, whatever was due.
const WHOLE: Duration = Duration::from_secs(120);
/// A run is read about so long after it was to begin: cron and systemd begin a little late.
const LATE: Duration = Duration::from_secs(2);
/// Not read more often than this.
const REST: Duration = Duration::from_secs(5);
/// Where tables of cron are (cron(8) of Debian, cronie, busybox).
const TABLES: [&str; 9] = [
    "/etc/crontab",
    "/etc/cron.d",
    "/etc/crontabs",
    "/var/spool/cron",
    "/var/spool/cron/crontabs",
    "/etc/cron.hourly",
    "/etc/cron.daily",
    "/etc/cron.weekly",
    "/etc/cron.monthly",
];
/// The journal tells of a moment ago a little late.
const OVERLAP: i64 = 5;

/// What is kept between two looks.
#[derive(Default)]
struct Known {
    tables: Option<(Instant, Arc<Tables>)>,
    runs: Runs,
    /// When the journal was asked last, on the host's wall clock in seconds.
    asked: Option<i64>,
}

/// Reads until the connection is gone.
pub(super) async fn run(transport: &dyn Transport, shared: &Shared) -> Fault {
    let mut facts = shared.facts.subscribe();
    if facts.wait_for(Option::is_some).await.is_err() {
        return std::future::pending().await;
    }
    let mut asked_now = shared.now.subscribe();
    let mut watches = shared.watch.subscribe();
    let mut stirred = shared.stirred.subscribe();
    let mut stamps = shared.stamps.subscribe();
    let mut known = Known::default();
    let mut stamped = None;
    loop {
        let began = Instant::now();
        let looked = look(transport, shared, &mut known).await;
        if looked.is_err() && shared.tables.borrow().is_none() {
            // Who waits for them waits no longer.
            shared.tables.send_replace(Some(Arc::default()));
        }
        let jobs = looked.as_ref().ok().cloned();
        shared.reporter.say(HostEvent::Jobs(looked.map(Box::new))).await;
        shared.reporter.say(HostEvent::Part(Part::Jobs)).await;
        if let Some((_, tables)) = &known.tables {
            shared.stamps.want(Who::Tables, watched(tables));
        }
        let mut said = Instant::now();
        let mut soon = began + jobs.as_ref().map_or(PACE, |jobs| due(jobs, clock::now()));
        loop {
            tokio::select! {
                () = tokio::time::sleep_until(soon) => break,
                () = tokio::time::sleep_until(said + PACE) => {
                    // Nothing was due since, and nobody has told of anything.
                    if let Some(jobs) = &jobs {
                        shared.reporter.say(HostEvent::Jobs(Ok(Box::new(jobs.clone())))).await;
                    }
                    said = Instant::now();
                }
                _ = stirred.changed() => {
                    let units = stirred.borrow_and_update().clone();
                    if jobs.as_ref().is_some_and(|jobs| concerns(jobs, &units)) {
                        soon = soon.min(began + REST);
                    }
                }
                _ = stamps.changed() => {
                    let paths = known.tables.as_ref().map(|(_, tables)| watched(tables));
                    let paths = paths.unwrap_or_default();
                    if others(stamps.borrow_and_update().as_ref(), &paths, &mut stamped) {
                        known.tables = None;
                        stamped = None;
                        break;
                    }
                }
                _ = asked_now.changed() => { known.tables = None; break }
                _ = watches.changed() => break,
            }
        }
    }
}

/// Where tables are and may come to be.
fn watched(tables: &Tables) -> BTreeSet<Box<str>> {
    let files = tables.lines.iter().map(|line| &*line.table);
    let files = files.chain(TABLES).filter(|path| path.starts_with('/'));
    files.map(Box::from).collect()
}

/// How long what was read holds: until something is to run.
fn due(jobs: &Jobs, now: Timestamp) -> Duration {
    let running =
        |job: &JobFacts| job.last.as_ref().is_some_and(|last| last.end == RunEnd::Running);
    if jobs.list.iter().any(running) {
        return PACE;
    }
    let next = jobs.list.iter().filter_map(|job| job.next).filter(|next| *next > now).min();
    next.map_or(WHOLE, |next| (next.since(now) + LATE).clamp(REST, WHOLE))
}

/// Whether one of the units is a timer or what a timer starts.
fn concerns(jobs: &Jobs, units: &[UnitName]) -> bool {
    units.iter().any(|unit| {
        is_timer(unit.as_str()) || jobs.list.iter().any(|job| job.activates.as_ref() == Some(unit))
    })
}

async fn look(
    transport: &dyn Transport,
    shared: &Shared,
    known: &mut Known,
) -> Result<Jobs, Fault> {
    let clocks = shared.facts.borrow().as_ref().map_or_else(Clocks::default, |facts| Clocks {
        skew: facts.skew,
        boot: facts.boot,
        started: facts.started,
    });
    let tables = tables(transport, shared, known).await?;
    let how = journal_by(shared);
    if let Some(how) = how.filter(|_| !tables.lines.is_empty()) {
        let there = clock::now().shifted(clocks.skew).as_secs();
        let since = known.asked.map_or_else(|| "-".to_owned(), |at| (at - OVERLAP).to_string());
        let answer =
            shared.patient.ask(transport, &["qd_cron_runs", how, &since], DEADLINE).await?;
        known.runs.take(&answer.text);
        known.asked = Some(there);
    }
    let units = shared.watch.borrow().units.clone();
    let timers = units.iter().map(UnitName::as_str).filter(|unit| is_timer(unit));
    let mut argv = vec!["qd_timers"];
    argv.extend(timers.take(128));
    let answer = shared.patient.ask(transport, &argv, DEADLINE).await?;
    let mut list = parse_timers(&answer.text, &clocks);
    let heard = how.map(|_| &known.runs).filter(|runs| runs.since.is_some());
    list.extend(cron_jobs(&tables, heard, &clocks, clock::now()));
    let user = shared.facts.borrow().as_ref().map(|facts| facts.user.clone()).unwrap_or_default();
    let denied = |path: &String| format!("{user} may not read {path}, and `sudo -n` does not help");
    Ok(Jobs {
        list,
        // Of tables that could not be read at all nothing is known of the daemon either.
        cron_runs: (!tables.lines.is_empty() || tables.cut.is_none()).then_some(tables.runs),
        unseen: tables.denied.iter().map(denied).chain(tables.cut.clone()).collect(),
        unheard: if how.is_none() {
            Some(format!("{user} may not read the journal"))
        } else if heard.is_none() && !tables.lines.is_empty() {
            Some("the journal has no entries".to_owned())
        } else {
            None
        },
        warnings: tables.warnings.clone(),
    })
}

async fn tables(
    transport: &dyn Transport,
    shared: &Shared,
    known: &mut Known,
) -> Result<Arc<Tables>, Fault> {
    if let Some((read, tables)) = &known.tables
        && read.elapsed() < script::PACE
    {
        return Ok(Arc::clone(tables));
    }
    let line = &shared.patient;
    let answer = line.ask(transport, &["qd_tables", shared.root()], DEADLINE).await?;
    let mut read = parse_tables(&answer.text);
    read.cut = missing_tool(&answer.text).or(read.cut);
    let wanted = read.wanted();
    if !wanted.is_empty() {
        let mut argv = vec!["qd_zones"];
        argv.extend(wanted.iter().map(String::as_str));
        read.take_zones(&line.ask(transport, &argv, DEADLINE).await?.text);
    }
    let read = Arc::new(read);
    shared.tables.send_replace(Some(Arc::clone(&read)));
    known.tables = Some((Instant::now(), Arc::clone(&read)));
    Ok(read)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::job::{JobOrigin, LastRun};

    #[test]
    fn what_was_read_holds_until_something_is_to_run() {
        let now = Timestamp::from_secs(1_000_000);
        let timer = |unit: &str| JobFacts::new(JobOrigin::Timer(UnitName::new(unit)));
        let mut jobs = Jobs::default();
        assert_eq!(due(&jobs, now), WHOLE);
        let soon = JobFacts { next: Some(now + Duration::from_secs(50)), ..timer("a.timer") };
        let past = JobFacts { next: Some(now - Duration::from_secs(50)), ..timer("b.timer") };
        jobs.list = vec![soon, past];
        assert_eq!(due(&jobs, now), Duration::from_secs(52));
        jobs.list[0].next = Some(now + Duration::from_secs(1));
        assert_eq!(due(&jobs, now), REST);
        jobs.list[0].last = Some(LastRun { at: now, end: RunEnd::Running });
        assert_eq!(due(&jobs, now), PACE);
        jobs.list[0].activates = Some(UnitName::new("a.service"));
        assert!(concerns(&jobs, &[UnitName::new("a.service")]));
        assert!(concerns(&jobs, &[UnitName::new("z.timer")]));
        assert!(!concerns(&jobs, &[UnitName::new("z.service")]));
    }
}

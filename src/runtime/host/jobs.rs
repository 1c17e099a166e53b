//! What is scheduled on a host. Tables are read rarely, since they seldom change and `sudo` writes
//! a line for each time; timers and the journal of cron more often.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::serve::{Shared, journal_by};
use crate::model::fault::Fault;
use crate::model::host::Part;
use crate::model::ids::UnitName;
use crate::model::job::{Jobs, PACE};
use crate::model::script;
use crate::msg::HostEvent;
use crate::probe::jobs::cron_jobs;
use crate::probe::jobs::runs::Runs;
use crate::probe::jobs::tables::{Tables, parse_tables};
use crate::probe::jobs::timers::{Clocks, is_timer, parse_timers};
use crate::runtime::clock;
use crate::runtime::transport::Transport;

/// For one question.
const DEADLINE: Duration = Duration::from_secs(30);
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
    let mut known = Known::default();
    loop {
        let looked = look(transport, shared, &mut known).await;
        if looked.is_err() && shared.tables.borrow().is_none() {
            // Who waits for them waits no longer.
            shared.tables.send_replace(Some(Arc::default()));
        }
        shared.reporter.say(HostEvent::Jobs(looked.map(Box::new))).await;
        shared.reporter.say(HostEvent::Part(Part::Jobs)).await;
        tokio::select! {
            () = tokio::time::sleep(PACE) => {}
            _ = asked_now.changed() => known.tables = None,
            _ = watches.changed() => {}
        }
    }
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
        cron_runs: Some(tables.runs),
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

//! Scripts that cron and units start: read when they or the tables were changed, and else rarely.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::serve::Shared;
use super::stamps::{Who, others};
use crate::model::backup::Job;
use crate::model::fault::Fault;
use crate::model::host::Part;
use crate::model::ids::UnitName;
use crate::model::script::{PACE, Scripts};
use crate::msg::HostEvent;
use crate::probe::scripts::{MOST, examine, starters};
use crate::runtime::transport::Transport;

/// For one question.
const DEADLINE: Duration = Duration::from_secs(40);
/// As many units are asked what they start.
const UNITS: usize = 128;

/// Reads until the connection is gone.
pub(super) async fn run(transport: &dyn Transport, shared: &Shared) -> Fault {
    let mut known = shared.facts.subscribe();
    let mut read = shared.read.subscribe();
    if known.wait_for(Option::is_some).await.is_err() {
        return std::future::pending().await;
    }
    let mut asked_now = shared.now.subscribe();
    let mut stamps = shared.stamps.subscribe();
    let mut tables = shared.tables.subscribe();
    loop {
        let units = read.borrow_and_update().clone();
        let mut paths = BTreeSet::new();
        let found = look(transport, shared, units.as_deref().unwrap_or(&[]), &mut paths).await;
        let before = tables.borrow_and_update().clone();
        shared.stamps.want(Who::Scripts, paths.iter().cloned());
        shared.scripts.send_replace(Some(Arc::new(found.as_ref().cloned().unwrap_or_default())));
        shared.reporter.say(HostEvent::Scripts(found.map(Box::new))).await;
        shared.reporter.say(HostEvent::Part(Part::Scripts)).await;
        let first = units.is_none();
        let until = Instant::now() + PACE;
        let mut stamped = None;
        loop {
            tokio::select! {
                () = tokio::time::sleep_until(until) => break,
                _ = asked_now.changed() => break,
                () = shared.rescript.notified() => break,
                // Which units there are is known a little later, and only that is waited for.
                _ = read.changed(), if first => break,
                _ = stamps.changed() => {
                    if others(stamps.borrow_and_update().as_ref(), &paths, &mut stamped) {
                        break;
                    }
                }
                // They are read again now and then, mostly to find the same.
                _ = tables.changed() => {
                    if *tables.borrow_and_update() != before {
                        break;
                    }
                }
            }
        }
    }
}

async fn look(
    transport: &dyn Transport,
    shared: &Shared,
    units: &[UnitName],
    watched: &mut BTreeSet<Box<str>>,
) -> Result<Scripts, Fault> {
    let line = &shared.patient;
    // Whoever reads jobs reads the tables; where that fails, units are still to be looked at.
    let mut tables = shared.tables.subscribe();
    let jobs = match tables.wait_for(Option::is_some).await {
        Ok(tables) => tables.clone().unwrap_or_default(),
        Err(_gone) => Arc::default(),
    };
    let mut argv = vec!["qd_starters"];
    // What backups are made by is not always watched as a service.
    let backups = shared.watch.borrow().backups.clone();
    let timers = backups.iter().filter_map(|backup| match &backup.job {
        Some(Job::Timer(timer)) => Some(timer.as_str().trim_end_matches(".timer")),
        Some(Job::Cron(_)) | None => None,
    });
    let services: Vec<String> = timers.map(|name| format!("{name}.service")).collect();
    argv.extend(services.iter().take(UNITS).map(String::as_str));
    argv.extend(units.iter().take(UNITS).map(UnitName::as_str));
    let answer = line.ask(transport, &argv, DEADLINE).await?;
    let starters = starters(&jobs.lines, &answer.text);
    let mut paths: Vec<&str> =
        starters.iter().flat_map(|starter| &starter.scripts).map(String::as_str).collect();
    let mut known = BTreeSet::new();
    paths.retain(|path| known.insert(*path));
    let more = paths.len().saturating_sub(MOST);
    paths.truncate(MOST);
    watched.extend(paths.iter().map(|path| Box::from(*path)));
    let text = if paths.is_empty() {
        String::new()
    } else {
        let mut argv = vec!["qd_scripts", shared.root()];
        argv.extend(paths);
        line.ask(transport, &argv, DEADLINE).await?.text
    };
    let mut found = examine(&starters, &text);
    if more > 0 {
        found.warnings.push(format!("{more} more scripts than we read"));
    }
    Ok(found)
}

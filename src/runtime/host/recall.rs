//! What the journal says of the time before this connection.

use std::collections::BTreeSet;
use std::time::Duration;

use super::serve::{Shared, journal_by};
use crate::model::fault::Fault;
use crate::model::ids::UnitName;
use crate::model::time::Timestamp;
use crate::msg::{History, HostEvent};
use crate::probe::history::parse_history;
use crate::runtime::clock;
use crate::runtime::collector::Collector;
use crate::runtime::transport::Transport;

/// For the journal's account of an hour.
const HISTORY_DEADLINE: Duration = Duration::from_secs(40);

/// Asks the journal what was before us: once a connection, when units come to be watched that
/// were not, and when it is asked for.
pub(super) async fn run(transport: &dyn Transport, shared: &Shared) -> Fault {
    let mut known = shared.facts.subscribe();
    let mut read = shared.read.subscribe();
    let mut asked_now = shared.now.subscribe();
    let mut asked: BTreeSet<UnitName> = BTreeSet::new();
    if known.wait_for(Option::is_some).await.is_err() {
        return std::future::pending().await;
    }
    loop {
        let units = read.borrow_and_update().clone();
        let again = asked_now.borrow_and_update().to_owned() > 0;
        if let Some(units) = units.filter(|u| again || u.iter().any(|u| !asked.contains(u))) {
            asked.extend(units.iter().cloned());
            let history = in_time(ask_journal(transport, shared, &units)).await;
            shared.reporter.say(HostEvent::Recalled(history)).await;
        } else if shared.read.borrow().as_ref().is_some_and(|units| units.is_empty()) {
            // Nothing to ask about is an answer too.
            shared.reporter.say(HostEvent::Recalled(None)).await;
        }
        tokio::select! {
            changed = read.changed() => if changed.is_err() { break },
            changed = asked_now.changed() => if changed.is_err() { break },
        }
    }
    std::future::pending().await
}

/// The journal's account, or none; why not is in our log.
async fn in_time(asked: impl Future<Output = Result<Option<History>, Fault>>) -> Option<History> {
    match tokio::time::timeout(HISTORY_DEADLINE, asked).await {
        Ok(Ok(history)) => history,
        Ok(Err(fault)) => {
            tracing::warn!("the journal's history: {fault}");
            None
        }
        Err(_late) => {
            tracing::warn!("the journal's history took too long");
            None
        }
    }
}

async fn ask_journal(
    transport: &dyn Transport,
    shared: &Shared,
    units: &[UnitName],
) -> Result<Option<History>, Fault> {
    let Some(how) = journal_by(shared).filter(|_| !units.is_empty()) else { return Ok(None) };
    let mut collector = Collector::open(transport).await?;
    let asked_at = clock::now();
    let mut argv = vec!["qd_history", how];
    argv.extend(units.iter().map(UnitName::as_str));
    let answer = collector.request(&argv).await?;
    let recalled = parse_history(&answer.text);
    let (skew, started) = shared
        .facts
        .borrow()
        .as_ref()
        .map_or_else(Default::default, |facts| (facts.skew, facts.started));
    let here = |wall: i64| Timestamp::from_micros(wall).shifted(skew.saturating_neg());
    let Some(first) = recalled.first.map(here) else { return Ok(None) };
    let hour = asked_at - Duration::from_secs(3600);
    // The answer is cut at the front when there is too much of it.
    let cut = (answer.text.len() > 2_900_000)
        .then(|| recalled.restarts.iter().map(|(_, at)| here(*at)).min())
        .flatten();
    // journald starts a little after PID 1. Where its account goes back to there, nothing was
    // before it.
    let since_boot = first <= started + Duration::from_secs(60) && cut.is_none();
    let complete_since = if since_boot { hour } else { first.max(hour) };
    Ok(Some(History {
        complete_since: complete_since.max(cut.unwrap_or(hour)),
        since_boot,
        restarts: recalled.restarts.into_iter().map(|(unit, at)| (unit, here(at))).collect(),
        exits: recalled.exits.into_iter().collect(),
    }))
}

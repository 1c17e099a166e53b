//! Who answers a check that passes although its service does not run: a green word must not be
//! about somebody else.

use std::time::Duration;

use super::check::{CheckSpec, Origin};
use super::fleet::Row;
use super::health::{CheckLog, CheckState};
use super::instance::ServiceState;
use super::port::Protocol;
use super::ports::{self, PortVerdict};
use super::time::Timestamp;

/// Why a check that passes says nothing good of its service; none where it does, or where nobody
/// can tell. `interval` is how often the host should be read.
pub fn not_by_it(
    row: &Row<'_>,
    (spec, log): (&CheckSpec, &CheckLog),
    interval: Duration,
    now: Timestamp,
) -> Option<String> {
    if row.verdict.stale || log.state(spec, now) != CheckState::Passing {
        return None;
    }
    if let Some((_, port)) = spec.place().filter(|_| spec.from == Origin::Host)
        && let Some(held) =
            ports::judge_one(row.env, row.host, (port, Protocol::Tcp), interval, now)
        && !held.stale
        && held.verdict == PortVerdict::ForeignOwner
        && held.declared.iter().any(|(service, _)| *service == row.service)
        && let Some(owner) = &held.owner
    {
        let who = owner.pid.map_or_else(|| owner.label(), |pid| format!("pid {pid}"));
        return Some(format!("answered, but not by this service: {who} holds port {port}"));
    }
    row.instance.kind.unit()?;
    let pid = row.instance.facts.value().and_then(|facts| facts.main_pid);
    let down = match row.verdict.state {
        ServiceState::Stopped | ServiceState::Failed | ServiceState::Missing => true,
        ServiceState::CrashLooping => pid.is_none(),
        ServiceState::Running
        | ServiceState::Starting
        | ServiceState::Reloading
        | ServiceState::Stopping
        | ServiceState::Completed
        | ServiceState::Waiting
        | ServiceState::Paused
        | ServiceState::Unknown => false,
    };
    // An answer from before it went down was its own.
    let later = log.last().zip(row.verdict.since).is_some_and(|((at, _), since)| at > since);
    (down && later).then(|| "passing although the service does not run".to_owned())
}

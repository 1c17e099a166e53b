//! A service in another state, or started again.

use std::time::Duration;

use super::Teller;
use crate::model::event::EventKind;
use crate::model::host::Host;
use crate::model::ids::{ServiceName, UnitName};
use crate::model::instance::{Instance, ServiceState, Verdict};
use crate::model::severity::Severity;
use crate::model::told::MOST_STATES;

/// A state that passes by itself, such as `starting`, is told when it lasts.
const PASSING: Duration = Duration::from_secs(10);
/// Restarts of a service are told at most that often, with their number.
const RESTARTS: Duration = Duration::from_secs(60);
/// A change that is seen later than this after it happened was not seen when it happened.
const LATE: Duration = Duration::from_secs(3);

/// Counts restarts that a reading has shown.
pub(in crate::update) fn restarted(host: &mut Host, unit: &UnitName, n: u64, by_hand: bool) {
    let Some(service) = host.by_unit.get(unit).filter(|_| n > 0) else { return };
    let state = host.told.states.entry(service.clone()).or_default();
    state.restarts = state.restarts.saturating_add(n);
    state.by_hand = by_hand;
}

impl Teller<'_> {
    pub(super) fn services(&mut self, touched: &[ServiceName], interval: Duration) {
        let host = self.host;
        for name in touched {
            let Some(instance) = host.instances.get(name) else {
                self.told.unsaved |= self.told.states.remove(name).is_some();
                continue;
            };
            let verdict = instance.judge(host, interval, self.now);
            // What is not known is no other state.
            if !verdict.stale && verdict.state != ServiceState::Unknown {
                self.state(name, instance, verdict);
            }
            // They are counted, whatever became of the host since.
            self.restarts(name, instance);
        }
        if self.told.states.len() > MOST_STATES {
            self.told.states.retain(|name, _| host.instances.contains_key(name));
        }
    }

    fn state(&mut self, name: &ServiceName, instance: &Instance, verdict: Verdict) {
        let told = self.told.states.entry(name.clone()).or_default();
        if matches!(
            verdict.state,
            ServiceState::Starting | ServiceState::Stopping | ServiceState::Reloading
        ) {
            let since = *told.passing.get_or_insert(self.now);
            if self.now.since(since) < PASSING {
                return;
            }
        } else {
            told.passing = None;
        }
        let before = told.state.replace(verdict.state);
        if before == Some(verdict.state) {
            return;
        }
        self.told.unsaved = true;
        // What a first look finds is no change.
        let Some(before) = before else { return };
        let late = verdict.since.filter(|at| self.now.since(*at) > LATE);
        // A loop and what passes began before they were told, by their nature.
        let at = late.filter(|_| verdict.state != ServiceState::CrashLooping).unwrap_or(self.now);
        let text = format!("{} → {}{}", before.name(), verdict.state.name(), why(instance));
        let event = self
            .event(at, EventKind::State, verdict.severity, &text)
            .about(name.as_str(), "")
            .turned(before.name(), verdict.state.name())
            .proved(proof(instance));
        self.events.push(event);
    }

    fn restarts(&mut self, name: &ServiceName, instance: &Instance) {
        let now = self.now;
        let Some(told) = self.told.states.get_mut(name) else { return };
        let recently = told.restarts_at.is_some_and(|at| now.since(at) < RESTARTS);
        if told.restarts == 0 || recently {
            return;
        }
        let n = std::mem::take(&mut told.restarts);
        told.restarts_at = Some(now);
        let by_hand = told.by_hand;
        let (who, severity) = if by_hand {
            ("by somebody", Severity::Info)
        } else {
            ("by systemd", Severity::Warning)
        };
        let text = match n {
            1 => format!("restarted {who}{}", why(instance)),
            n => format!("restarted {n} times{}", why(instance)),
        };
        // They are told together, some time later; the last of them was then.
        let at = instance.restarts.last_at().filter(|at| now.since(*at) < RESTARTS * 2);
        let event = self
            .event(at.unwrap_or(now), EventKind::Restart, severity, &text)
            .about(name.as_str(), "")
            .turned("", &n.to_string())
            .proved(proof(instance));
        self.events.push(event);
    }
}

/// Why it went down, as far as systemd says.
fn why(instance: &Instance) -> String {
    let Some(facts) = instance.facts.value() else { return String::new() };
    let exit = instance.last_exit.filter(|exit| !exit.is_clean());
    match (&*facts.result, exit) {
        ("" | "success", None) => String::new(),
        ("" | "success", Some(exit)) => format!(", last run {} {}", exit.code.name(), exit.label()),
        (result, None) => format!(", {result}"),
        (result, Some(exit)) => format!(", {result}, {} {}", exit.code.name(), exit.label()),
    }
}

/// What systemd said, and the last words of the run that ended.
fn proof(instance: &Instance) -> Vec<String> {
    let Some(facts) = instance.facts.value() else { return Vec::new() };
    let mut lines = vec![format!(
        "systemctl show: LoadState={:?} ActiveState={:?} SubState={} Result={} NRestarts={}",
        facts.load,
        facts.active,
        facts.sub,
        facts.result,
        facts.n_restarts.map_or_else(|| "?".to_owned(), |n| n.to_string()),
    )];
    let words = instance.words.iter().rev().take(6).rev();
    lines.extend(words.map(|line| format!("journal: {}", line.text)));
    lines
}

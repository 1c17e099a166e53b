//! The end of a maintenance: what is still bad calls then, once.

use crate::model::Model;
use crate::model::event::{Event, EventKind};
use crate::model::fleet::{Env, Fleet};
use crate::model::severity::Severity;
use crate::model::time::Timestamp;

pub(super) fn tick(model: &mut Model) {
    let now = model.now;
    let mut over = Vec::new();
    for env in &mut model.fleet.envs {
        let is = env.maintained(now).is_some();
        if std::mem::replace(&mut env.was_maintained, is) && !is {
            over.push(env.name.clone());
        }
    }
    let over = over.iter().filter_map(|name| model.fleet.env(name));
    let calls: Vec<Event> = over.flat_map(|env| still(&model.fleet, env, now)).collect();
    for event in calls {
        if model.alarms.is_news(&event, now) {
            model.alarming.push(event);
        }
    }
}

/// What the timeline has told already and nobody was called for.
fn still(fleet: &Fleet, env: &Env, now: Timestamp) -> Vec<Event> {
    let mut events = Vec::new();
    for host in env.hosts.values() {
        let mut tell = |kind, severity, text: &str, subject: &str, topic: &str| {
            let text = format!("still so after the maintenance: {text}");
            let id = host.id(&env.name);
            events.push(Event::new(now, kind, Some(id), severity, &text).about(subject, topic));
        };
        if !host.link.is_up() {
            if let Some(why) = host.link.fault() {
                tell(EventKind::Link, host.link.severity(), &why.to_string(), "", "");
            }
            continue;
        }
        for tracked in host.findings.iter().filter(|tracked| tracked.counts()) {
            let finding = &tracked.finding;
            let (subject, rule) = (finding.key.subject.name(), finding.key.rule.name());
            if finding.severity == Severity::Critical && !host.is_muted(&subject) {
                tell(EventKind::FindingOpened, finding.severity, &finding.summary, &subject, rule);
            }
        }
        for row in fleet.rows_of(env, host, now) {
            let state = row.verdict.state.name();
            if row.verdict.severity == Severity::Critical && !host.is_muted(row.service.as_str()) {
                let text = format!("{} is {state}", row.service);
                tell(EventKind::State, Severity::Critical, &text, row.service.as_str(), "");
            }
        }
    }
    events
}

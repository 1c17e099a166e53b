//! A health check that fails, or passes again.

use super::Teller;
use crate::model::event::EventKind;
use crate::model::health::CheckState;
use crate::model::severity::Severity;

impl Teller<'_> {
    pub(super) fn checks(&mut self) {
        let (host, now) = (self.host, self.now);
        for (name, instance) in &host.instances {
            for (spec, log) in instance.checks() {
                let state = log.state(spec, now);
                let severity = match state {
                    CheckState::Passing => Severity::Ok,
                    CheckState::Failing => Severity::Critical,
                    // Not knowing is no other state.
                    CheckState::Pending | CheckState::Unknown => continue,
                };
                let key = (name.clone(), spec.label().into_boxed_str());
                let before = self.told.checks.insert(key, state);
                // What a first look finds is no change.
                let Some(before) = before.filter(|before| *before != state) else { continue };
                let detail = log.last().map_or("", |(_, reading)| &reading.detail);
                let text = format!("{} is {}: {detail}", spec.label(), state.name());
                let event = self
                    .event(now, EventKind::Check, severity, &text)
                    .about(name.as_str(), &spec.label())
                    .turned(before.name(), state.name());
                self.events.push(event);
            }
        }
        let known = |name: &_| host.instances.contains_key(name);
        self.told.checks.retain(|(name, _), _| known(name));
    }
}

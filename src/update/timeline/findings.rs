//! Findings that come, get worse and go.

use super::Teller;
use crate::model::event::{BECAUSE, Event, EventKind};
use crate::model::finding::{Evidence, Tracked};
use crate::model::severity::Severity;
use crate::model::told::Found;

/// Open findings of one host beyond this are not told.
const MOST: usize = 1000;

impl Teller<'_> {
    pub(super) fn findings(&mut self) {
        // What does not answer proves nothing: neither that it is mended nor that it is not.
        if !self.host.link.is_up() {
            return;
        }
        let settled = self.host.is_settled();
        if settled && self.told.settled.is_none() {
            self.told.settled = Some(self.now);
        }
        for tracked in &self.host.findings {
            if tracked.open && tracked.silenced.is_none() {
                self.open(tracked);
            }
        }
        // Before all is read again, what is missing may only not have been found yet.
        if settled && !self.told.findings.is_empty() {
            self.close();
        }
    }

    fn open(&mut self, tracked: &Tracked) {
        let found = Found::of(&tracked.finding.key);
        let severity = tracked.finding.severity;
        let before = self.told.findings.get(&found).copied();
        // What comes and goes is told once.
        if before.is_some() && tracked.flapping {
            return;
        }
        if before == Some(severity) || (before.is_none() && self.told.findings.len() >= MOST) {
            return;
        }
        self.told.findings.insert(found, severity);
        self.told.unsaved = true;
        let (kind, from) = match before {
            None => (EventKind::FindingOpened, ""),
            Some(before) if before.rank() < severity.rank() => {
                (EventKind::FindingRaised, before.name())
            }
            // Less bad, and still there.
            Some(_) => return,
        };
        let event = self.about(tracked, kind).turned(from, severity.name());
        self.events.push(event);
    }

    fn about(&self, tracked: &Tracked, kind: EventKind) -> Event {
        let found = &tracked.finding;
        let cause = found.because.as_ref().map(|key| {
            let (rule, name) = (key.rule.name(), key.subject.name());
            format!("{BECAUSE}{rule} {name}")
        });
        self.event(self.now, kind, found.severity, &found.summary)
            .about(&found.key.subject.name(), found.key.rule.name())
            .proved(cause)
            .proved(found.evidence.iter().map(proof))
    }

    fn close(&mut self) {
        let known: Vec<Found> =
            self.host.findings.iter().map(|tracked| Found::of(&tracked.finding.key)).collect();
        let gone: Vec<Found> =
            self.told.findings.keys().filter(|found| !known.contains(found)).cloned().collect();
        for found in gone {
            let before = self.told.findings.remove(&found).unwrap_or_default();
            self.told.unsaved = true;
            let text = format!("{} is not found any more", found.rule);
            let last = self.told.closed.iter().rfind(|last| Found::of(&last.key) == found);
            let last = last.map_or(&[][..], |last| &last.evidence);
            let event = self
                .event(self.now, EventKind::FindingClosed, Severity::Ok, &text)
                .about(&found.subject, &found.rule)
                .turned(before.name(), "closed")
                .proved(last.iter().map(proof));
            self.events.push(event);
        }
        self.told.closed.clear();
    }
}

fn proof(proof: &Evidence) -> String {
    format!("{}: {}", proof.source, proof.text)
}

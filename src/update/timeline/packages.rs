//! Software of a host was changed: what fails afterwards may well fail for it.

use super::Teller;
use crate::model::event::EventKind;
use crate::model::severity::Severity;

impl Teller<'_> {
    pub(super) fn packages(&mut self) {
        let Some((changed, lines)) = &self.host.packages else { return };
        let mark: Box<str> = changed.to_string().into();
        if self.told.packages == mark {
            return;
        }
        let before = std::mem::replace(&mut self.told.packages, mark.clone());
        self.told.unsaved = true;
        // What a first look finds is no change.
        if before.is_empty() {
            return;
        }
        let at = self.host.wall(changed.saturating_mul(1_000_000));
        let at = at.map_or(self.now, |at| at.min(self.now));
        let text = match lines.last() {
            Some(last) => format!("packages were changed, last: {last}"),
            None => "packages were changed".to_owned(),
        };
        let event = self
            .event(at, EventKind::Package, Severity::Info, &text)
            .turned(&before, &mark)
            .proved(lines);
        self.events.push(event);
    }
}

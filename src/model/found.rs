//! What the doctor found about one thing, as short as its row in a pane wants it.

use std::fmt;

use super::finding::{Subject, Tracked};
use super::rule::Rule;
use super::severity::Severity;

/// The worst finding about something, causes before what follows from them, and how many there are
/// besides. Only what somebody has to look at: no hints, nothing that is silenced.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Found {
    /// How bad.
    pub severity: Severity,
    /// Which rule.
    pub rule: Rule,
    /// Further ones about the same.
    pub more: usize,
}

impl Found {
    /// About subjects of that kind, among the findings of their host, the worst first.
    pub fn about(findings: &[Tracked], is: impl Fn(&Subject) -> bool) -> Option<Self> {
        let mut all = findings.iter().filter(|tracked| {
            let finding = &tracked.finding;
            tracked.counts() && finding.severity.is_problem() && is(&finding.key.subject)
        });
        let worst = all.next()?;
        let severity = worst.finding.severity;
        let mut found = Self { severity, rule: worst.finding.key.rule, more: 0 };
        let mut follows = worst.finding.because.is_some();
        for tracked in all {
            found.more += 1;
            if follows && tracked.finding.because.is_none() {
                found.rule = tracked.finding.key.rule;
                follows = false;
            }
        }
        Some(found)
    }

    /// The worse of how something is by itself and of what was found about it.
    pub const fn worse(found: Option<&Self>, own: Severity) -> Severity {
        match found {
            Some(found) => own.max(found.severity),
            None => own,
        }
    }

    /// Columns that its words need.
    pub fn width(&self) -> usize {
        self.rule.name().len()
            + match self.more {
                0 => 0,
                1..10 => 3,
                _ => 4,
            }
    }
}

/// The rule's name, and `+2` where there are two more.
impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.rule.name())?;
        if self.more > 0 { write!(f, " +{}", self.more) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::finding::{Finding, track};
    use crate::model::time::Timestamp;

    #[test]
    fn the_cause_is_named_with_the_worst_sign_and_hints_are_not_told() {
        let of = |rule, severity| Finding::new(rule, Subject::Host, severity, "s");
        let mut known = Vec::new();
        let fresh = vec![
            of(Rule::CrashLoop, Severity::Critical).because(Rule::ReadOnlyData, Subject::Host),
            of(Rule::ReadOnlyData, Severity::Warning),
            of(Rule::NotEnabled, Severity::Info),
            Finding::new(Rule::DiskFull, Subject::Path("/".into()), Severity::Critical, "s"),
        ];
        let _changed = track(&mut known, fresh, Timestamp::from_secs(1));
        let host = |subject: &Subject| *subject == Subject::Host;
        let found = Found::about(&known, host).unwrap();
        assert_eq!(
            (found.severity, found.to_string().as_str()),
            (Severity::Critical, "read-only-data +1")
        );
        for tracked in &mut known {
            tracked.silenced = Some("known".into());
        }
        assert_eq!(Found::about(&known, host), None);
    }
}

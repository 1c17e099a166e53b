//! What is mended first: how bad a thing is, weighed by how dear its environment is.

use super::severity::Severity;
use super::spec::Tier;

/// From 1, for what gets somebody out of bed, to 4, for what can wait.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Priority(u8);

impl Priority {
    /// What hurts is 1, what will hurt or is not known 2, hints 4; one more in staging, two more where
    /// nobody but developers is hurt.
    pub fn of(severity: Severity, tier: Tier) -> Self {
        let base = match severity {
            Severity::Critical => 1,
            Severity::Unknown | Severity::Warning => 2,
            Severity::Info | Severity::Ok => 4,
        };
        let weight = match tier {
            Tier::Production => 0,
            Tier::Staging => 1,
            Tier::Development | Tier::Local => 2,
        };
        Self(4.min(base + weight))
    }

    /// What is shown first: the most urgent, among them the worst.
    pub fn order(severity: Severity, tier: Tier) -> impl Ord {
        (Self::of(severity, tier), std::cmp::Reverse(severity.rank()))
    }

    /// The number.
    pub const fn number(self) -> u8 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn production_comes_first_and_hints_come_last() {
        let of = |severity, tier| Priority::of(severity, tier).number();
        let tiers = [Tier::Production, Tier::Staging, Tier::Development, Tier::Local];
        assert_eq!(tiers.map(|tier| of(Severity::Critical, tier)), [1, 2, 3, 3]);
        assert_eq!(tiers.map(|tier| of(Severity::Unknown, tier)), [2, 3, 4, 4]);
        assert_eq!(tiers.map(|tier| of(Severity::Warning, tier)), [2, 3, 4, 4]);
        assert_eq!(tiers.map(|tier| of(Severity::Info, tier)), [4, 4, 4, 4]);
    }
}

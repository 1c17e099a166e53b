//! How an action goes over several hosts.

use std::time::Duration;

/// A number of hosts, or a share of them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Share {
    /// So many.
    Number(usize),
    /// So many of a hundred, rounded up.
    Percent(u8),
}

impl Share {
    /// Of that many hosts, at least one; none where the number is zero.
    pub fn of(self, all: usize) -> usize {
        match self {
            Self::Number(number) => number,
            Self::Percent(percent) => (all * usize::from(percent.min(100))).div_ceil(100).max(1),
        }
    }

    /// `2` or `25%`.
    pub fn text(self) -> String {
        match self {
            Self::Number(number) => number.to_string(),
            Self::Percent(percent) => format!("{percent}%"),
        }
    }

    /// Reads `2` or `25%`.
    pub fn parse(text: &str) -> Option<Self> {
        match text.strip_suffix('%') {
            Some(percent) => {
                percent.parse().ok().filter(|p| (1..=100).contains(p)).map(Self::Percent)
            }
            None => text.parse().ok().filter(|number| *number > 0).map(Self::Number),
        }
    }
}

/// What becomes of a deploy over several hosts when one of them fails. Whatever it is, no further batch is
/// begun behind too many failures.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub enum Policy {
    /// The host stays as it failed, for somebody to look at.
    Halt,
    /// The host takes back what it did; others stay as they are.
    #[default]
    RevertHost,
    /// Others of its batch that succeeded go back to the release before, too.
    RevertBatch,
    /// All hosts that succeeded go back to the release before, too.
    RevertFleet,
}

impl Policy {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Halt, Self::RevertHost, Self::RevertBatch, Self::RevertFleet];

    /// The word in the config, on the command line and in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Halt => "halt",
            Self::RevertHost => "revert-host",
            Self::RevertBatch => "revert-batch",
            Self::RevertFleet => "revert-fleet",
        }
    }

    /// It in a sentence.
    pub const fn doc(self) -> &'static str {
        match self {
            Self::Halt => "a host that fails stays as it is, for somebody to look at",
            Self::RevertHost => "a host that fails takes back what it did; others stay as they are",
            Self::RevertBatch => {
                "a host that fails takes back what it did, and others of its batch go back to the release before"
            }
            Self::RevertFleet => {
                "a host that fails takes back what it did, and all others go back to the release before"
            }
        }
    }

    /// Reads the word.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.name() == text)
    }
}

/// One batch after the other.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Rollout {
    /// Hosts that go first, alone; none goes first where this is zero.
    pub canary: usize,
    /// Hosts at one time.
    pub batch: Share,
    /// When more hosts than these have failed, no further batch is begun. Hosts that are not
    /// reached, and hosts of which it is not known, have failed.
    pub max_failures: usize,
    /// Between two batches.
    pub wait: Duration,
    /// What becomes of a deploy when a host fails.
    pub on_fail: Policy,
}

impl Rollout {
    /// All at once.
    pub const ALL: Self = Self {
        canary: 0,
        batch: Share::Percent(100),
        max_failures: 0,
        wait: Duration::ZERO,
        on_fail: Policy::RevertHost,
    };

    /// One host after the other.
    pub const ONE_BY_ONE: Self = Self { batch: Share::Number(1), ..Self::ALL };

    /// Places of so many hosts, a batch after the other.
    pub fn batches(&self, hosts: usize) -> Vec<Vec<usize>> {
        let mut rest: Vec<usize> = (0..hosts).collect();
        let mut batches = Vec::new();
        if self.canary > 0 && self.canary < hosts {
            batches.push(rest.drain(..self.canary).collect());
        }
        let size = self.batch.of(hosts).max(1);
        batches.extend(rest.chunks(size).map(<[usize]>::to_vec));
        batches
    }

    /// Of two ways over so many hosts, in everything the more careful one.
    #[must_use]
    pub fn stricter(self, other: Self, hosts: usize) -> Self {
        Self {
            canary: match (self.canary, other.canary) {
                (0, canary) | (canary, 0) => canary,
                (one, other) => one.min(other),
            },
            batch: if self.batch.of(hosts) <= other.batch.of(hosts) {
                self.batch
            } else {
                other.batch
            },
            max_failures: self.max_failures.min(other.max_failures),
            wait: self.wait.max(other.wait),
            on_fail: self.on_fail.max(other.on_fail),
        }
    }
}

/// What somebody says of a rollout; what is left out is for somebody else to say.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Wish {
    /// See [`Rollout::canary`].
    pub canary: Option<usize>,
    /// See [`Rollout::batch`].
    pub batch: Option<Share>,
    /// See [`Rollout::max_failures`].
    pub max_failures: Option<usize>,
    /// See [`Rollout::wait`].
    pub wait: Option<Duration>,
    /// Of all instances of the service so many have to serve at any time: no batch is begun when
    /// fewer would. Zero is none.
    pub min_available: Option<Share>,
    /// See [`Rollout::on_fail`].
    pub on_fail: Option<Policy>,
}

impl Wish {
    /// The other's where this says nothing.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self {
            canary: self.canary.or(other.canary),
            batch: self.batch.or(other.batch),
            max_failures: self.max_failures.or(other.max_failures),
            wait: self.wait.or(other.wait),
            min_available: self.min_available.or(other.min_available),
            on_fail: self.on_fail.or(other.on_fail),
        }
    }

    /// What it comes to. Whoever says something of the way has hosts go one by one unless that says
    /// otherwise; `usual` is the way where nothing is said.
    pub fn over(self, usual: Rollout) -> Rollout {
        let Self { canary, batch, max_failures, wait, min_available, on_fail } = self;
        let none = Self { min_available, on_fail, ..Self::default() };
        let base = if self == none { usual } else { Rollout::ONE_BY_ONE };
        Rollout {
            canary: canary.unwrap_or(base.canary),
            batch: batch.unwrap_or(base.batch),
            max_failures: max_failures.unwrap_or(base.max_failures),
            wait: wait.unwrap_or(base.wait),
            on_fail: on_fail.unwrap_or(base.on_fail),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_a_number_or_a_percentage() {
        assert_eq!(Share::parse("2"), Some(Share::Number(2)));
        assert_eq!(Share::parse("25%"), Some(Share::Percent(25)));
        for bad in ["", "0", "0%", "101%", "-1", "x", "%"] {
            assert_eq!(Share::parse(bad), None, "{bad}");
        }
        assert_eq!(Share::Percent(25).of(5), 2);
        assert_eq!(Share::Percent(1).of(5), 1);
    }

    #[test]
    fn what_is_said_on_the_command_line_wins_and_the_rest_is_the_configs() {
        let config = Wish {
            canary: Some(1),
            batch: Some(Share::Percent(25)),
            wait: Some(Duration::from_secs(10)),
            ..Wish::default()
        };
        let flags = Wish { batch: Some(Share::Number(3)), ..Wish::default() };
        let way = flags.or(config).over(Rollout::ALL);
        assert_eq!((way.canary, way.batch), (1, Share::Number(3)));
        assert_eq!(way.wait, Duration::from_secs(10));
        assert_eq!(Wish::default().over(Rollout::ALL), Rollout::ALL);
        let only = Wish { max_failures: Some(1), ..Wish::default() };
        assert_eq!(only.over(Rollout::ALL).batch, Share::Number(1));
        // How much has to serve says nothing of the batches.
        let serve = Wish { min_available: Some(Share::Number(1)), ..Wish::default() };
        assert_eq!(serve.over(Rollout::ALL), Rollout::ALL);
    }

    #[test]
    fn of_two_ways_the_more_careful_one_is_gone() {
        let one = Rollout { canary: 1, batch: Share::Percent(50), max_failures: 2, ..Rollout::ALL };
        let other =
            Rollout { batch: Share::Number(3), wait: Duration::from_secs(1), ..Rollout::ALL };
        let both = one.stricter(other, 10);
        assert_eq!(both, other.stricter(one, 10));
        assert_eq!((both.canary, both.batch, both.max_failures), (1, Share::Number(3), 0));
        assert_eq!(both.wait, Duration::from_secs(1));
        assert_eq!(one.stricter(other, 4).batch, Share::Percent(50));
    }

    #[test]
    fn every_host_is_in_one_batch_and_the_canary_goes_first() {
        let rollout = Rollout { canary: 1, batch: Share::Number(2), ..Rollout::ALL };
        assert_eq!(rollout.batches(6), [vec![0], vec![1, 2], vec![3, 4], vec![5]]);
        assert_eq!(rollout.batches(1), [vec![0]]);
        assert_eq!(Rollout::ALL.batches(3), [vec![0, 1, 2]]);
        assert_eq!(Rollout::ONE_BY_ONE.batches(2), [vec![0], vec![1]]);
        assert!(Rollout::ALL.batches(0).is_empty());
    }
}

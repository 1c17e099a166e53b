//! Names of operations: the time first, so that they sort by it, then chance.

use std::fmt;

use crate::model::time::Timestamp;

/// Crockford's base 32, as in ULIDs: no I, L, O, U.
const DIGITS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// An operation's name: a ULID, 26 characters.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct OpId(Box<str>);

/// One host's part of an operation: the operation's name and the part's place.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct RunId(Box<str>);

impl OpId {
    /// Of a moment and eighty bits of chance.
    pub fn new(now: Timestamp, chance: u128) -> Self {
        let millis = u128::from((now.as_micros() / 1000).max(0).unsigned_abs());
        let bits = (millis << 80) | (chance & ((1 << 80) - 1));
        let digit = |place: u32| {
            let five = (bits >> (place * 5)) & 31;
            DIGITS.get(five as usize).copied().map_or('0', char::from)
        };
        Self((0..26).rev().map(digit).collect::<String>().into())
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// When it was made, on its operator's clock, to the millisecond.
    pub fn began(&self) -> Timestamp {
        let digits = self.0.bytes().take(10);
        let millis = digits.fold(0_i64, |sum, byte| {
            let digit = DIGITS.iter().position(|one| *one == byte).unwrap_or(0);
            sum * 32 + i64::try_from(digit).unwrap_or(0)
        });
        Timestamp::from_micros(millis.saturating_mul(1000))
    }

    /// What is typed to name it: the last of its characters, which are chance.
    pub fn suffix(&self) -> &str {
        self.0.get(20..).unwrap_or_default()
    }

    /// One host's part of it.
    pub fn run(&self, place: usize) -> RunId {
        RunId(format!("{}{place:03}", self.0).into())
    }
}

impl RunId {
    /// The one of that name, as a host tells it; none where it is not one of ours.
    pub fn parse(text: &str) -> Option<Self> {
        let good = text.len() == 29 && text.bytes().all(|b| DIGITS.contains(&b));
        good.then(|| Self(text.into()))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The operation.
    pub fn op(&self) -> OpId {
        OpId(self.0.get(..26).unwrap_or_default().into())
    }
}

impl fmt::Display for OpId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Display for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_sort_by_time_and_are_read_back() {
        let old = OpId::new(Timestamp::from_secs(1_700_000_000), u128::MAX);
        let new = OpId::new(Timestamp::from_secs(1_700_000_001), 0);
        assert!(old < new);
        assert_eq!(old.as_str().len(), 26);
        assert_eq!(new.began(), Timestamp::from_secs(1_700_000_001));
        let run = new.run(7);
        assert_eq!(RunId::parse(run.as_str()), Some(run.clone()));
        assert_eq!(run.op(), new);
        for bad in ["", "../../etc/passwd", &"I".repeat(29), &"0".repeat(28)] {
            assert_eq!(RunId::parse(bad), None, "{bad}");
        }
    }
}

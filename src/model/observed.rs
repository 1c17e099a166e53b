//! A value with its age and the fault that stopped us since.

use std::time::Duration;

use super::fault::Fault;
use super::time::Timestamp;

/// The last good value, when it was true, and what has stopped us since. Everything shown is one.
#[derive(Clone, PartialEq, Debug)]
pub struct Observed<T> {
    /// The last good value.
    value: Option<T>,
    /// When it was last known to be true.
    as_of: Option<Timestamp>,
    /// Why there is nothing newer; none while all is well.
    fault: Option<Fault>,
}

impl<T> Default for Observed<T> {
    fn default() -> Self {
        Self { value: None, as_of: None, fault: None }
    }
}

impl<T> Observed<T> {
    /// A good reading replaces the value and ends the fault.
    pub fn see(&mut self, value: T, as_of: Timestamp) {
        self.value = Some(value);
        self.as_of = Some(as_of);
        self.fault = None;
    }

    /// The value was confirmed without being sent again.
    pub fn confirm(&mut self, as_of: Timestamp) {
        if self.value.is_some() {
            self.as_of = self.as_of.max(Some(as_of));
            self.fault = None;
        }
    }

    /// A failed reading keeps the last good value.
    pub fn fail(&mut self, fault: Fault) {
        self.fault = Some(fault);
    }

    /// The last good value.
    pub const fn value(&self) -> Option<&T> {
        self.value.as_ref()
    }

    /// The last good value, to be corrected in place by a partial reading.
    pub const fn value_mut(&mut self) -> Option<&mut T> {
        self.value.as_mut()
    }

    /// When the value was last known to be true.
    pub const fn as_of(&self) -> Option<Timestamp> {
        self.as_of
    }

    /// Why there is nothing newer.
    pub const fn fault(&self) -> Option<&Fault> {
        self.fault.as_ref()
    }

    /// Whether the value may not be trusted as current: a fault since, never read, or older
    /// than twice the interval it should have been read in.
    pub fn is_stale(&self, now: Timestamp, interval: Duration) -> bool {
        self.fault.is_some()
            || self.as_of.is_none_or(|as_of| now.since(as_of) > interval.saturating_mul(2))
    }
}

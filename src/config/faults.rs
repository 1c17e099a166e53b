//! Collects faults, bounded: a file of a million slips is told in two hundred.

use std::ops::Range;
use std::path::Path;

use super::fault::ConfigFault;
use super::source::Source;

/// How many faults are told.
const FAULTS_MAX: usize = 200;

/// Faults so far.
#[derive(Default, Debug)]
pub(crate) struct Faults {
    list: Vec<ConfigFault>,
    untold: usize,
}

impl Faults {
    /// Adds one.
    pub(crate) fn push(&mut self, fault: ConfigFault) {
        if self.list.len() < FAULTS_MAX {
            self.list.push(fault);
        } else {
            self.untold += 1;
        }
    }

    /// Adds one at a span of a file.
    pub(crate) fn at(
        &mut self,
        source: &Source,
        span: &Range<usize>,
        message: impl Into<String>,
        remedy: impl Into<String>,
    ) {
        if self.list.len() < FAULTS_MAX {
            self.list.push(source.fault(span, message, remedy));
        } else {
            self.untold += 1;
        }
    }

    /// How many there are.
    pub(crate) fn count(&self) -> usize {
        self.list.len() + self.untold
    }

    /// All of them, file by file in the order given, top to bottom.
    pub(crate) fn sorted(mut self, files: &[Source]) -> Vec<ConfigFault> {
        let rank = |path: &Path| files.iter().position(|source| source.path() == path);
        self.list.sort_by_cached_key(|fault| {
            let place = fault.place.as_ref().map(|place| (place.line, place.column));
            (rank(&fault.file).unwrap_or(usize::MAX), place)
        });
        if let Some(last) = self.list.last().filter(|_| self.untold > 0) {
            let message = format!("{} more faults are not shown", self.untold);
            self.list.push(ConfigFault::whole(&last.file, message, "mend the ones above first"));
        }
        self.list
    }
}

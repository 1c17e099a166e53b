//! `dump-pipe-hides-failure`: the status of `dump | gzip > file` is that of gzip. A dump that fails
//! leaves a file of 20 bytes, which even passes `gzip -t`.

use super::found;
use crate::doctor::patient::Patient;
use crate::model::finding::Finding;
use crate::model::rule::Rule;
use crate::model::script::Slip;
use crate::model::severity::Severity;

/// What it comes to.
const WHY: &str = "pipes a dump without pipefail: when the dump fails, an empty archive is written and all looks well";

pub(in crate::doctor) fn check(patient: &Patient<'_>, findings: &mut Vec<Finding>) {
    findings.extend(found(
        patient,
        Rule::DumpPipeHidesFailure,
        Slip::DumpHidden,
        Severity::Warning,
        WHY,
    ));
}

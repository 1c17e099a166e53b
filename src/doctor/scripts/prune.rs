//! `prune-by-age-only`: copies are deleted by their age, whether or not there is a newer one. When
//! backups fail unseen for that long, the last good one is deleted as well.

use super::found;
use crate::doctor::patient::Patient;
use crate::model::finding::Finding;
use crate::model::rule::Rule;
use crate::model::script::Slip;
use crate::model::severity::Severity;

/// What it comes to.
const WHY: &str =
    "deletes backups by age alone: when no new ones come, the last good one goes as well";

pub(in crate::doctor) fn check(patient: &Patient<'_>, findings: &mut Vec<Finding>) {
    findings.extend(found(patient, Rule::PruneByAgeOnly, Slip::PruneByAge, Severity::Warning, WHY));
}

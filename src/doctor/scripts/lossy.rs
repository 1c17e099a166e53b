//! `backup-lossy-copy`: `cp -r SOURCE/*` copies what the shell lists, and it does not list hidden
//! files; without `-a` or `-p` every copy is as new as the backup, so that a stale source looks
//! fresh.

use super::found;
use crate::doctor::patient::Patient;
use crate::model::finding::Finding;
use crate::model::rule::Rule;
use crate::model::script::Slip;
use crate::model::severity::Severity;

/// What it comes to.
const WHY: &str = "copies with `/*`: hidden files are not in the backup, and without `-a` every file's time is that of the copy";

pub(in crate::doctor) fn check(patient: &Patient<'_>, findings: &mut Vec<Finding>) {
    findings.extend(found(patient, Rule::BackupLossyCopy, Slip::LossyCopy, Severity::Warning, WHY));
}

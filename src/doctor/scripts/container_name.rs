//! `old-container-name`: a script names a container as Compose v1 did, `project_service_1`. Compose
//! v2 joins with hyphens, so that after an upgrade there is no such container.

use super::found;
use crate::doctor::patient::Patient;
use crate::model::finding::Finding;
use crate::model::rule::Rule;
use crate::model::script::Slip;
use crate::model::severity::Severity;

/// What it comes to.
const WHY: &str = "names a container in Compose v1's way, with underscores: Compose v2 makes it with hyphens, and the command then finds none";

pub(in crate::doctor) fn check(patient: &Patient<'_>, findings: &mut Vec<Finding>) {
    findings.extend(found(
        patient,
        Rule::OldContainerName,
        Slip::OldContainerName,
        Severity::Info,
        WHY,
    ));
}

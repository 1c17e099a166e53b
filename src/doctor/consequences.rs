//! Which findings follow from others: what is mended first stands first.

use super::patient::Patient;
use crate::model::finding::{Finding, Key, Subject};
use crate::model::rule::Rule;

/// Causes before their effects, of the same service.
const CAUSES: &[(Rule, &[Rule])] = &[(Rule::ForeignPortOwner, &[Rule::CrashLoop])];

/// Notes for each finding which other one it follows from.
pub(super) fn link(patient: &Patient<'_>, findings: &mut [Finding]) {
    let keys: Vec<Key> = findings.iter().map(|finding| finding.key.clone()).collect();
    for finding in findings.iter_mut().filter(|finding| finding.because.is_none()) {
        let Subject::Service(_) = &finding.key.subject else { continue };
        let cause = CAUSES
            .iter()
            .filter(|(_, effects)| effects.contains(&finding.key.rule))
            .map(|(cause, _)| Key { rule: *cause, subject: finding.key.subject.clone() })
            .find(|cause| keys.contains(cause));
        finding.because = cause;
    }
    super::proxy::follow(patient, findings);
}

//! Rules on scripts that run unwatched: a file a rule, over what the probe saw in them.

pub(super) mod container_name;
pub(super) mod dump;
pub(super) mod lossy;
pub(super) mod no_op;
pub(super) mod prune;
#[cfg(test)]
mod tests;

use super::patient::Patient;
use crate::model::finding::{Finding, Subject};
use crate::model::rule::Rule;
use crate::model::script::{Lint, Slip};
use crate::model::severity::Severity;

/// A finding for each script with a mistake, with all its lines.
fn found(
    patient: &Patient<'_>,
    rule: Rule,
    slip: Slip,
    severity: Severity,
    why: &str,
) -> Vec<Finding> {
    let Some(read) = patient.scripts() else { return Vec::new() };
    let mut paths: Vec<&str> = Vec::new();
    let lints: Vec<&Lint> = read.lints.iter().filter(|lint| lint.slip == slip).collect();
    for lint in &lints {
        if !paths.contains(&&*lint.path) {
            paths.push(&lint.path);
        }
    }
    let one = |path: &&str| {
        let subject = Subject::Path((*path).into());
        let mut found = Finding::new(rule, subject, severity, format!("{path} {why}"));
        let own = || lints.iter().filter(|lint| *lint.path == **path).take(8);
        for lint in own() {
            found = found.proof(&format!("{}:{}", lint.path, lint.line), &*lint.text);
        }
        let by = own().map(|lint| &lint.started_by).find(|by| !by.is_empty());
        if let Some(by) = by.filter(|by| !by.starts_with(*path)) {
            found = found.proof("started by", &**by);
        }
        for lint in own() {
            found = found.step("", format!("line {}: {}", lint.line, lint.better));
        }
        found
    };
    paths.iter().map(one).collect()
}

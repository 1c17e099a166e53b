//! `backup-unverified`: nobody has seen, or can see, whether a backup is any good.

use std::time::Duration;

use super::{finding, with};
use crate::doctor::patient::Patient;
use crate::model::backup::Way;
use crate::model::backups::BackupVerdict;
use crate::model::finding::{Finding, Subject};
use crate::model::observed::Observed;
use crate::model::rule::Rule;
use crate::model::severity::Severity;

/// It takes a while until the newest has been read for the first time.
const PATIENCE: Duration = Duration::from_secs(60);

pub(in crate::doctor) fn check(patient: &Patient<'_>, findings: &mut Vec<Finding>) {
    for (row, problem) in with(patient, BackupVerdict::Unverified) {
        let name = &row.spec.name;
        let summary = match problem.severity {
            Severity::Unknown => format!("the backups of {name} cannot be looked at"),
            _ => format!("the newest backup of {name} is not verified"),
        };
        let mut found = finding(Rule::BackupUnverified, row, problem, summary)
            .proof(&row.spec.way.place(), problem.detail.clone());
        if row.check().is_none() && problem.severity == Severity::Info {
            found = found.confirmed_after(PATIENCE);
        }
        if problem.severity == Severity::Unknown {
            found = found.step("", "let the user read it, or allow `sudo -n` there");
        }
        findings.push(found);
    }
    // What does not answer at all says nothing; that it does not is worth saying.
    for row in &patient.backups {
        let fault = patient.host.backups.get(&row.spec.name).and_then(Observed::fault);
        let Some(fault) = fault.filter(|_| !matches!(row.spec.way, Way::Nothing(_))) else {
            continue;
        };
        let summary = format!("the backups of {} cannot be looked at", row.spec.name);
        let subject = Subject::Backup(row.spec.name.clone());
        let mut found = Finding::new(Rule::BackupUnverified, subject, Severity::Unknown, summary)
            .proof(&fault.tried, fault.detail.clone());
        if !fault.remedy.is_empty() {
            found = found.step("", fault.remedy.clone());
        }
        findings.push(found);
    }
}

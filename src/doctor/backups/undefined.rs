//! `backup-undefined`: a service in production has data, and no backup covers it.

use crate::doctor::patient::Patient;
use crate::model::finding::{Finding, Subject};
use crate::model::rule::Rule;
use crate::model::severity::Severity;
use crate::model::spec::Tier;
use crate::model::unit::is_below;

pub(in crate::doctor) fn check(patient: &Patient<'_>, findings: &mut Vec<Finding>) {
    if patient.env.tier != Tier::Production {
        return;
    }
    for (service, instance) in &patient.host.instances {
        let uncovered: Vec<&str> = instance
            .promises
            .data
            .iter()
            .map(|path| &**path)
            .filter(|path| {
                let sources = patient.backups.iter().filter_map(|row| row.spec.path());
                !sources.into_iter().any(|source| is_below(path, source))
            })
            .collect();
        if uncovered.is_empty() {
            continue;
        }
        let summary = format!("no backup covers the data of {service}");
        let subject = Subject::Service(service.clone());
        let mut found = Finding::new(Rule::BackupUndefined, subject, Severity::Warning, summary);
        for path in uncovered {
            found = found.proof("config", format!("{service} has data in {path}"));
        }
        let found = found.step(
            "",
            "add an `[[env.backup]]` with that `source`, or one with `none` and the reason",
        );
        findings.push(found);
    }
}

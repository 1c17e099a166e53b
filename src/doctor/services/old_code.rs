//! `old-code`: the code on disk was changed after the process began, so that not it is running.

use std::time::Duration;

use super::all;
use crate::doctor::patient::Patient;
use crate::model::finding::Finding;
use crate::model::rule::Rule;
use crate::model::severity::Severity;

/// A deploy may touch files while it restarts the service.
const SAME: Duration = Duration::from_secs(10);

pub(in crate::doctor) fn check(patient: &Patient<'_>, findings: &mut Vec<Finding>) {
    for service in all(patient).filter(super::Service::runs) {
        let Some(directory) = &service.row.instance.promises.directory else { continue };
        let facts = service.facts;
        let Some(began) = facts.started.and_then(|at| patient.host.at(at)) else { continue };
        let Some(code) = patient.path(directory) else { continue };
        let Some(changed) = code.newest.and_then(|at| patient.wall(at)) else { continue };
        if changed <= began + SAME {
            continue;
        }
        let name = service.row.service;
        let newest = code.newest_file.as_deref().unwrap_or(directory);
        let summary = format!(
            "{name} runs older code than that on disk: {newest} was changed after it began"
        );
        findings.push(
            service
                .finding(Rule::OldCode, Severity::Warning, summary)
                .proof_at("find", format!("{newest} was changed {} ago", patient.ago(changed)), Some(changed))
                .proof_at("systemctl show", format!("its process began {} ago", patient.ago(began)), Some(began))
                .step(
                    format!("systemctl restart {quoted}", quoted = service.quoted()),
                    "takes the new code, after looking whether it is meant to: interrupts what it serves now",
                ),
        );
    }
}

#[cfg(test)]
mod tests {
    use crate::doctor::case::{Case, directory};
    use crate::model::rule::Rule;
    use crate::model::spec::Promises;

    #[test]
    fn code_that_came_later_is_found_and_older_code_is_not() {
        let promises = Promises { directory: Some("/srv/api".into()), ..Promises::default() };
        let case = Case::promising(promises.clone()).path("/srv/api", directory(7200));
        assert_eq!(case.found(Rule::OldCode), None);
        let case = Case::promising(promises).path("/srv/api", directory(60));
        assert!(case.found(Rule::OldCode).is_some());
    }
}

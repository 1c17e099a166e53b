//! `config-newer-than-process`: the unit's files were changed after its process began: what runs is
//! not what is written.

use std::time::Duration;

use super::all;
use crate::doctor::patient::Patient;
use crate::model::finding::Finding;
use crate::model::rule::Rule;
use crate::model::severity::Severity;

/// Within this a change and a start are one act.
const SAME: Duration = Duration::from_secs(2);

pub(in crate::doctor) fn check(patient: &Patient<'_>, findings: &mut Vec<Finding>) {
    // Where systemd has not even read it, that comes first; and a package's update of a unit that
    // nobody declared is no news.
    let running = all(patient).filter(|service| {
        service.runs() && !service.facts.need_daemon_reload && !service.row.instance.discovered
    });
    for service in running {
        let facts = service.facts;
        let Some(began) = facts.started.and_then(|at| patient.host.at(at)) else { continue };
        let files = std::iter::once(&facts.fragment).chain(&facts.drop_ins).chain(&facts.env_files);
        let newest = files
            .filter_map(|file| {
                let file = file.trim_start_matches('-');
                Some((patient.wall(patient.path(file)?.changed?)?, file))
            })
            .max();
        let Some((changed, file)) = newest.filter(|(at, _)| *at > began + SAME) else { continue };
        let name = service.row.service;
        let summary = format!(
            "{name} runs with older settings than those on disk: {file} was changed after it began"
        );
        findings.push(
            service
                .finding(Rule::ConfigNewerThanProcess, Severity::Warning, summary)
                .proof_at(
                    "stat",
                    format!("{file} was changed {} ago", patient.ago(changed)),
                    Some(changed),
                )
                .proof_at(
                    "systemctl show",
                    format!("its process began {} ago", patient.ago(began)),
                    Some(began),
                )
                .step(
                    format!("systemctl cat {quoted}", quoted = service.quoted()),
                    "what would run",
                )
                .step(
                    format!("systemctl restart {quoted}", quoted = service.quoted()),
                    "interrupts what it serves now",
                ),
        );
    }
}

#[cfg(test)]
mod tests {
    use crate::doctor::case::{Case, file};
    use crate::model::rule::Rule;

    #[test]
    fn a_later_change_is_found_and_an_earlier_one_is_not() {
        let mut case = Case::new()
            .path("/etc/systemd/system/api.service", file(7200))
            .path("/etc/default/api", file(60));
        assert_eq!(case.found(Rule::ConfigNewerThanProcess), None, "not a file of it");
        case.unit().env_files = vec!["/etc/default/api".into()];
        let found = case.found(Rule::ConfigNewerThanProcess).unwrap();
        assert!(found.summary.contains("/etc/default/api"), "{}", found.summary);
        case.unit().need_daemon_reload = true;
        assert_eq!(case.found(Rule::ConfigNewerThanProcess), None, "told otherwise");
    }
}

//! `working-directory-missing`: the unit's `WorkingDirectory=` cannot be entered (200/CHDIR).

use super::ailing;
use crate::doctor::patient::Patient;
use crate::model::finding::Finding;
use crate::model::path::PathKind;
use crate::model::rule::Rule;
use crate::model::severity::Severity;
use crate::probe::quote::quote;

/// systemd.exec(5), "Process Exit Codes".
const CHDIR: i32 = 200;

pub(in crate::doctor) fn check(patient: &Patient<'_>, findings: &mut Vec<Finding>) {
    for service in ailing(patient).filter(|service| service.spawn_status() == Some(CHDIR)) {
        let directory = service.facts.directory.trim_start_matches(['-', '!']);
        let known = patient.path(directory).map(|facts| facts.kind);
        let what = match known {
            Some(PathKind::Missing) => "does not exist",
            Some(PathKind::File | PathKind::Other) => "is no directory",
            Some(PathKind::Directory) => "may not be entered by its user",
            Some(PathKind::Denied) | None => "cannot be entered",
        };
        let reason = format!("its working directory {directory} {what}");
        let summary = format!("{} cannot start: {reason}", service.row.service);
        let found = service
            .finding(Rule::WorkingDirectoryMissing, Severity::Critical, summary)
            .as_reason(reason);
        let found = service.exit_proof(patient, found);
        let found =
            found.proof("systemctl show", format!("WorkingDirectory={}", service.facts.directory));
        let found = service.words_proof(patient, found);
        let owner = match &*service.facts.user {
            "" => String::new(),
            user => format!(" -o {}", quote(user)),
        };
        let found = if known == Some(PathKind::Directory) {
            found.step(format!("ls -ld {}; namei -l {0}", quote(directory)), "whom it lets in")
        } else {
            found.step(
                format!("install -d{owner} {}", quote(directory)),
                "or correct WorkingDirectory=; where it is on a mount that comes late, \
                 RequiresMountsFor= makes the unit wait",
            )
        };
        findings.push(service.start(found));
    }
}

#[cfg(test)]
mod tests {
    use crate::doctor::case::{Case, directory};
    use crate::model::path::PathFacts;
    use crate::model::rule::Rule;

    #[test]
    fn a_missing_directory_is_named() {
        let mut case = Case::new().failed(
            200,
            &["api.service: Failed at step CHDIR spawning /x: No such file or directory"],
        );
        case.unit().directory = "/srv/api".into();
        let case = case.path("/srv/api", PathFacts::default());
        let found = case.found(Rule::WorkingDirectoryMissing).unwrap();
        assert!(found.summary.contains("/srv/api does not exist"), "{}", found.summary);
        let case = case.path("/srv/api", directory(9));
        let found = case.found(Rule::WorkingDirectoryMissing).unwrap();
        assert!(found.summary.contains("may not be entered"), "{}", found.summary);
    }

    #[test]
    fn another_failure_is_not_taken_for_it() {
        assert_eq!(Case::new().failed(1, &[]).found(Rule::WorkingDirectoryMissing), None);
    }
}

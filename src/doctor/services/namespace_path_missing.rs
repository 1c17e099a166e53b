//! `namespace-path-missing`: the unit's sandbox names a path that is not there (226/NAMESPACE).

use super::{Service, ailing, between};
use crate::doctor::patient::Patient;
use crate::model::finding::Finding;
use crate::model::path::PathKind;
use crate::model::rule::Rule;
use crate::model::severity::Severity;
use crate::probe::quote::quote;

/// systemd.exec(5), "Process Exit Codes".
const NAMESPACE: i32 = 226;

pub(in crate::doctor) fn check(patient: &Patient<'_>, findings: &mut Vec<Finding>) {
    for service in ailing(patient).filter(|service| service.spawn_status() == Some(NAMESPACE)) {
        findings.push(found(patient, service));
    }
}

fn found(patient: &Patient<'_>, service: Service<'_, '_>) -> Finding {
    // systemd 245 and later: "Failed to set up mount namespacing: /run/systemd/unit-root/PATH: No
    // such file or directory"; 237 names no path.
    let said = service.said(&["Failed to set up mount namespacing"]);
    let named = said
        .and_then(|line| between(&line.text, "mount namespacing: ", ": "))
        .map(|path| path.strip_prefix("/run/systemd/unit-root").unwrap_or(path))
        .filter(|path| path.starts_with('/'));
    let sandbox = &service.facts.sandbox;
    let listed = sandbox.read_write.iter().chain(&sandbox.read_only);
    let missing = named.or_else(|| {
        listed
            .map(|path| &**path)
            .filter(|path| !path.starts_with(['-', '+']))
            .find(|path| patient.path(path).is_some_and(|facts| facts.kind == PathKind::Missing))
    });
    let reason = missing.map_or_else(
        || "systemd cannot set up its sandbox".to_owned(),
        |path| format!("its sandbox names {path}, which does not exist"),
    );
    let summary = format!("{} cannot start: {reason}", service.row.service);
    let found =
        service.finding(Rule::NamespacePathMissing, Severity::Critical, summary).as_reason(reason);
    let found = service.exit_proof(patient, found);
    let found = match said {
        Some(line) => Service::line_proof(patient, found, line),
        None => service.words_proof(patient, found),
    };
    let listed: Vec<&str> = sandbox.read_write.iter().map(|path| &**path).collect();
    let found = if listed.is_empty() {
        found
    } else {
        found.proof("systemctl show", format!("ReadWritePaths={}", listed.join(" ")))
    };
    let found = found.step(
        format!("systemctl cat {quoted}", quoted = service.quoted()),
        "which setting names the path: correct it, or write `-` before a path that may be missing",
    );
    let found = match missing {
        Some(path) => found.step(
            format!("mkdir -p {}", quote(path)),
            "where it should exist; StateDirectory= would make it by itself",
        ),
        None => found,
    };
    service.start(found)
}

#[cfg(test)]
mod tests {
    use crate::doctor::case::Case;
    use crate::model::path::PathFacts;
    use crate::model::rule::Rule;

    #[test]
    fn the_path_is_named_by_systemd_or_found_missing() {
        // systemd 252 with a private root.
        let case = Case::new().failed(226, &[
            "api.service: Failed to set up mount namespacing: /run/systemd/unit-root/srv/gone: No such file or directory",
            "api.service: Failed at step NAMESPACE spawning /bin/sleep: No such file or directory",
        ]);
        let found = case.found(Rule::NamespacePathMissing).unwrap();
        assert!(found.summary.contains("names /srv/gone, which"), "{}", found.summary);
        let mut case = Case::new().failed(226, &[]).path("/srv/x", PathFacts::default());
        case.unit().sandbox.read_write = vec!["-/srv/may-be-missing".into(), "/srv/x".into()];
        let found = case.found(Rule::NamespacePathMissing).unwrap();
        assert!(found.summary.contains("names /srv/x, which"), "{}", found.summary);
    }

    #[test]
    fn another_failure_is_not_taken_for_it() {
        assert_eq!(Case::new().failed(1, &[]).found(Rule::NamespacePathMissing), None);
    }
}

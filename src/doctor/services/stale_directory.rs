//! `stale-directory`: a directory that looks like a service's data and that its unit refers to, but
//! nobody writes to it any more: somebody took it for the data.

use std::collections::BTreeMap;
use std::time::Duration;

use super::all;
use crate::doctor::patient::{Patient, words};
use crate::model::alike::is_alike;
use crate::model::finding::{Finding, Subject};
use crate::model::path::{PathFacts, PathKind};
use crate::model::rule::Rule;
use crate::model::severity::Severity;
use crate::probe::quote::quote;

/// So much older than the data it has to be.
const OLDER: Duration = Duration::from_secs(48 * 3600);

pub(in crate::doctor) fn check(patient: &Patient<'_>, findings: &mut Vec<Finding>) {
    let mut found: BTreeMap<&str, Finding> = BTreeMap::new();
    for service in all(patient) {
        for data in &service.row.instance.promises.data {
            for (other, who) in references(patient) {
                if is_alike(data, other)
                    && !found.contains_key(other)
                    && let Some(finding) = compare(patient, data, other, &who)
                {
                    found.insert(other, finding);
                }
            }
        }
    }
    findings.extend(found.into_values());
}

/// Directories that something refers to as if data were there, and who does.
fn references<'p>(patient: &'p Patient<'_>) -> impl Iterator<Item = (&'p str, String)> {
    all(patient).flat_map(|service| {
        service.facts.sandbox.read_write.iter().map(move |path| {
            let path = path.trim_start_matches(['-', '+']).trim_end_matches('/');
            (path, format!("{}: ReadWritePaths={path}", service.unit))
        })
    })
}

fn compare(patient: &Patient<'_>, data: &str, other: &str, who: &str) -> Option<Finding> {
    let (live, stale) = (patient.path(data)?, patient.path(other)?);
    // One of them may be a link to the other.
    if stale.kind != PathKind::Directory || is_same(live, stale) {
        return None;
    }
    let (live_at, stale_at) = (patient.wall(live.newest?)?, patient.wall(stale.newest?)?);
    let older = live_at.since(stale_at);
    // Newer files may be among those that were not looked at.
    if older < OLDER || stale.partial {
        return None;
    }
    let summary = format!(
        "{other} is taken for {data}, and nothing in it has changed for {}",
        words(patient.now.since(stale_at))
    );
    let files =
        |facts: &PathFacts| facts.files.map_or_else(String::new, |n| format!(", {n} files"));
    let found = Finding::new(
        Rule::StaleDirectory,
        Subject::Path(other.into()),
        Severity::Warning,
        summary,
    )
    .proof_at(
        "find",
        format!("{other}: last change {} ago{}", patient.ago(stale_at), files(stale)),
        Some(stale_at),
    )
    .proof_at(
        "find",
        format!("{data}: last change {} ago{}", patient.ago(live_at), files(live)),
        Some(live_at),
    )
    .proof("systemctl show", who)
    .step(
        format!(
            "grep -rnF {} /etc/systemd/system /etc/cron* /var/spool/cron /etc/nginx",
            quote(other)
        ),
        "everything that still refers to it: correct each, backups among them",
    )
    .step(
        format!("mv {} {}", quote(other), quote(&format!("{other}.old"))),
        "only when nothing refers to it: a missing ReadWritePaths= keeps a unit from starting",
    );
    Some(found)
}

fn is_same(one: &PathFacts, other: &PathFacts) -> bool {
    one.identity.is_some() && one.identity == other.identity
}

#[cfg(test)]
mod tests {
    use crate::doctor::case::{Case, directory};
    use crate::model::rule::Rule;
    use crate::model::spec::Promises;

    const DATA: &str = "/mnt/c/production/data";
    const STALE: &str = "/mnt/c/production-data";

    fn case(age: i64, refers: bool) -> Case {
        let promises = Promises { data: vec![DATA.into()], ..Promises::default() };
        let mut case =
            Case::promising(promises).path(DATA, directory(3)).path(STALE, directory(age));
        if refers {
            case.unit().sandbox.read_write = vec![STALE.into()];
        }
        case
    }

    #[test]
    fn an_abandoned_twin_that_is_referred_to_is_found() {
        let found = case(3 * 86_400, true).found(Rule::StaleDirectory).unwrap();
        assert_eq!(
            found.summary,
            format!("{STALE} is taken for {DATA}, and nothing in it has changed for 3 d")
        );
    }

    #[test]
    fn one_that_is_written_or_that_nobody_refers_to_is_not() {
        assert_eq!(case(3600, true).found(Rule::StaleDirectory), None);
        assert_eq!(case(3 * 86_400, false).found(Rule::StaleDirectory), None);
    }
}

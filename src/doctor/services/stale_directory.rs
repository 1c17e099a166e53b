//! `stale-directory`: a directory that looks like a service's data and that its unit refers to, but
//! nobody writes to it any more: somebody took it for the data.

use std::collections::BTreeMap;
use std::time::Duration;

use super::all;
use crate::doctor::patient::Patient;
use crate::model::alike::is_alike;
use crate::model::finding::{Finding, Subject};
use crate::model::path::{PathFacts, PathKind};
use crate::model::rule::Rule;
use crate::model::script::Scripts;
use crate::model::severity::Severity;
use crate::model::span::words;
use crate::model::unit::is_below;
use crate::probe::quote::quote;
use crate::probe::scripts::renamed;

/// Places that are told of each finding.
const MOST: usize = 12;
/// So much older than the data it has to be.
const OLDER: Duration = Duration::from_secs(48 * 3600);

pub(in crate::doctor) fn check(patient: &Patient<'_>, findings: &mut Vec<Finding>) {
    let mut found: BTreeMap<&str, Finding> = BTreeMap::new();
    let taken = references(patient);
    // Often several services have the same.
    let mut data: Vec<&str> = all(patient)
        .flat_map(|service| &service.row.instance.promises.data)
        .map(|path| &**path)
        .collect();
    data.sort_unstable();
    data.dedup();
    for data in data {
        for other in &taken {
            if is_alike(data, other)
                && !found.contains_key(other)
                && let Some(finding) = compare(patient, data, other)
            {
                found.insert(other, finding);
            }
        }
    }
    findings.extend(found.into_values());
}

/// Directories that something refers to as if data were there.
fn references<'p>(patient: &'p Patient<'_>) -> Vec<&'p str> {
    let units = all(patient).flat_map(|service| &service.facts.sandbox.read_write);
    let units = units.map(|path| plain(path));
    let backups = patient.backups.iter().filter_map(|row| row.spec.source.as_deref());
    let scripts = patient.scripts().into_iter().flat_map(Scripts::paths);
    let all = units.chain(backups).chain(scripts);
    let mut all: Vec<&str> = all.map(|path| path.trim_end_matches('/')).collect();
    all.sort_unstable();
    all.dedup();
    all
}

/// A place that names a directory: where, what stands there, and what should stand there.
struct Place {
    source: String,
    text: String,
    better: String,
}

/// Every place that is known to name it or something below it.
fn places(patient: &Patient<'_>, data: &str, other: &str) -> Vec<Place> {
    let mut found = Vec::new();
    for service in all(patient) {
        let (unit, facts) = (service.unit, service.facts);
        let sandbox = &facts.sandbox;
        let directory = [facts.directory.clone()];
        for (setting, paths) in [
            ("ReadWritePaths", &*sandbox.read_write),
            ("ReadOnlyPaths", &sandbox.read_only),
            ("BindPaths", &sandbox.bound),
            ("WorkingDirectory", &directory),
        ] {
            for path in paths.iter().map(|path| plain(path)).filter(|path| is_below(path, other)) {
                found.push(Place {
                    source: "systemctl show".to_owned(),
                    text: format!("{unit}: {setting}={path}"),
                    better: format!("{unit}: let {setting}= name {data} instead of {path}"),
                });
            }
        }
    }
    for row in &patient.backups {
        if let Some(source) = row.spec.source.as_deref().filter(|path| is_below(path, other)) {
            let name = &row.spec.name;
            found.push(Place {
                source: "config".to_owned(),
                text: format!("backup {name}: source = \"{source}\""),
                better: format!("the config's backup {name}: let its source be {data}"),
            });
        }
    }
    for (script, line, text) in patient.scripts().map(|s| s.naming(other)).unwrap_or_default() {
        let better = renamed(text, other, data)
            .unwrap_or_else(|| format!("{text}   (reads {other}: let it read {data})"));
        found.push(Place {
            source: format!("{script}:{line}"),
            text: text.to_owned(),
            better: format!("{script}, line {line}: {better}"),
        });
    }
    found
}

fn compare(patient: &Patient<'_>, data: &str, other: &str) -> Option<Finding> {
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
    let mut found =
        Finding::new(Rule::StaleDirectory, Subject::Path(other.into()), Severity::Warning, summary)
            .proof_at(
                "find",
                format!("{other}: last change {} ago{}", patient.ago(stale_at), files(stale)),
                Some(stale_at),
            )
            .proof_at(
                "find",
                format!("{data}: last change {} ago{}", patient.ago(live_at), files(live)),
                Some(live_at),
            );
    let places = places(patient, data, other);
    for place in places.iter().take(MOST) {
        found = found.proof(&place.source, place.text.clone());
    }
    for place in places.iter().take(MOST) {
        found = found.step("", place.better.clone());
    }
    let mut scripts: Vec<&str> = patient
        .scripts()
        .into_iter()
        .flat_map(|s| s.naming(other))
        .map(|(path, ..)| path)
        .collect();
    scripts.dedup();
    let files = ["/etc/systemd/system /etc/cron* /var/spool/cron /etc/nginx".to_owned()];
    let own = scripts.iter().filter(|path| path.starts_with('/')).map(|path| quote(path));
    let files: Vec<String> = files.into_iter().chain(own.take(MOST)).collect();
    let found = found.step(
        format!("grep -rnE -- {} {}", quote(&whole(other)), files.join(" ")),
        "what else names it in the usual places; other programs and scripts may as well",
    );
    // Never a command: pasted with the rest, it would take a directory from under a backup.
    Some(found.step(
        "",
        format!(
            "when nothing names it any more, not before, it may be moved aside, such as to \
             {other}.old: what still reads it then fails, a unit that names it does not start"
        ),
    ))
}

/// A setting's path without what may stand before it.
fn plain(path: &str) -> &str {
    path.trim_start_matches(['-', '+', '!']).trim_end_matches('/')
}

/// As a pattern of `grep -E` that takes no longer name.
fn whole(path: &str) -> String {
    let mut out = String::new();
    for c in path.chars() {
        if "\\.^$*+?()[]{}|".contains(c) {
            out.push('\\');
        }
        out.push(c);
    }
    out + "([^[:alnum:]_.-]|$)"
}

fn is_same(one: &PathFacts, other: &PathFacts) -> bool {
    one.identity.is_some() && one.identity == other.identity
}

#[cfg(test)]
mod tests {
    use crate::doctor::case::{Case, NOW, directory};
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

    /// The script of seed 001: mended units do not end it while the backup still reads it.
    #[test]
    fn a_script_that_names_it_keeps_it_open_and_is_named_and_nothing_moves_it() {
        let script = format!(
            "script /opt/backup.sh\n|#!/bin/sh\n|B=\"{STALE}-backups/x\"\n|S=\"{STALE}\"\n|cp -r \"$S\"/* \"$B\"\n"
        );
        let mut case = case(3 * 86_400, false);
        case.host().scripts.see(crate::probe::scripts::examine(&[], &script), NOW);
        let found = case.found(Rule::StaleDirectory).unwrap();
        let proof: Vec<&str> = found.evidence.iter().map(|proof| &*proof.source).collect();
        assert_eq!(proof, ["find", "find", "/opt/backup.sh:3", "/opt/backup.sh:4"]);
        assert_eq!(found.fix[0].note, format!("/opt/backup.sh, line 3: S=\"{DATA}\""));
        let commands: Vec<&str> = found.fix.iter().map(|step| &*step.command).collect();
        assert!(commands.iter().all(|command| !command.contains("mv ")), "{commands:?}");
        assert!(
            commands.iter().any(|command| command.ends_with(" '/opt/backup.sh'")),
            "{commands:?}"
        );
        assert!(found.fix.last().unwrap().note.starts_with("when nothing names it any more"));
    }

    #[test]
    fn one_that_is_written_or_that_nobody_refers_to_is_not() {
        assert_eq!(case(3600, true).found(Rule::StaleDirectory), None);
        assert_eq!(case(3 * 86_400, false).found(Rule::StaleDirectory), None);
    }
}

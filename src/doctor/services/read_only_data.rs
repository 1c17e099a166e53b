//! `read-only-data`: the unit's sandbox leaves read-only what the service must write. It starts,
//! fails with "Read-only file system", and its files show no fault: the settings do.

use std::collections::BTreeSet;

use super::{Service, all};
use crate::doctor::patient::Patient;
use crate::model::alike::is_alike;
use crate::model::finding::Finding;
use crate::model::rule::Rule;
use crate::model::severity::Severity;
use crate::model::unit::{JournalLine, is_below};
use crate::probe::quote::quote;

/// As programs of various languages write EROFS.
const SIGNS: &[&str] = &["Read-only file system", "EROFS", "rrno 30", "os error 30"];

pub(in crate::doctor) fn check(patient: &Patient<'_>, findings: &mut Vec<Finding>) {
    for service in all(patient) {
        let said = if service.ails() { service.said(SIGNS) } else { None };
        let closed = closed(&service, said);
        if let Some(first) = closed.first() {
            findings.push(found(patient, &service, &closed, first, said));
        }
    }
}

/// What it must write and may not: declared data, and what its last words name.
fn closed(service: &Service<'_, '_>, said: Option<&JournalLine>) -> Vec<String> {
    let sandbox = &service.facts.sandbox;
    let data = service.row.instance.promises.data.iter().filter(|path| !sandbox.writable(path));
    let mut closed: Vec<String> = data.map(ToString::to_string).collect();
    let directory = service.facts.directory.trim_start_matches(['-', '!']);
    if let Some(path) = said.and_then(|line| named(&line.text, directory))
        && !sandbox.writable(&path)
        && !closed.iter().any(|known| is_below(&path, known))
    {
        closed.push(path);
    }
    closed
}

/// The path in a complaint, made whole by the working directory: `[Errno 30] Read-only file system:
/// 'data/x'`, `EROFS: read-only file system, open '/srv/x'`.
fn named(text: &str, directory: &str) -> Option<String> {
    let mut parts = text.split(['\'', '"']);
    parts.next();
    let path = parts.find(|part| part.contains('/') && !part.contains(char::is_whitespace))?;
    if path.starts_with('/') {
        return Some(path.to_owned());
    }
    directory.starts_with('/').then(|| format!("{}/{path}", directory.trim_end_matches('/')))
}

fn found(
    patient: &Patient<'_>,
    service: &Service<'_, '_>,
    closed: &[String],
    first: &str,
    said: Option<&JournalLine>,
) -> Finding {
    let sandbox = &service.facts.sandbox;
    let plain = |path: &str| path.trim_start_matches(['-', '+']).to_owned();
    let listed: Vec<String> = sandbox.read_write.iter().map(|path| plain(path)).collect();
    let taken = listed.iter().find(|path| is_alike(first, path));
    let age = taken.and_then(|path| {
        let facts = patient.path(path)?;
        patient.wall(facts.newest.or(facts.changed)?)
    });
    let (reason, rest) = match taken {
        Some(path) => (
            format!("it may not write {first} (ReadWritePaths= names {path})"),
            format!(
                "ReadWritePaths= names {path} instead{}",
                age.map_or_else(String::new, |at| {
                    format!(
                        ", where nothing has changed for {}",
                        crate::model::span::words(patient.now.since(at))
                    )
                })
            ),
        ),
        None => (
            format!("it may not write {first} (ProtectSystem={})", sandbox.protect_system),
            format!(
                "ProtectSystem={} makes it read-only and no setting excepts it",
                sandbox.protect_system
            ),
        ),
    };
    // Without a complaint it may be that it does not write there before later.
    let unheard = service.row.instance.words.is_empty() && service.ails();
    let severity = if said.is_some() || unheard { Severity::Critical } else { Severity::Warning };
    let name = service.row.service;
    let mut found = service
        .finding(Rule::ReadOnlyData, severity, format!("{name} may not write {first}: {rest}"))
        .as_reason(reason);
    if let Some(line) = said {
        found = Service::line_proof(patient, found, line);
    }
    found = found.proof(
        "systemctl show",
        format!("ProtectSystem={} ReadWritePaths={}", sandbox.protect_system, listed.join(" ")),
    );
    for path in closed {
        if service.row.instance.promises.data.iter().any(|data| **data == **path) {
            found = found.proof("config", format!("data = [\"{path}\"]"));
        }
    }
    if let (Some(path), Some(at)) = (taken, age) {
        found = found.proof_at(
            "find",
            format!("{path}: last change {} ago", patient.ago(at)),
            Some(at),
        );
    }
    let setting: Vec<String> =
        closed.iter().map(|path| format!("ReadWritePaths={}", value(path))).collect();
    fix(service, found.mended_by(setting.join("\n")), closed, &listed, taken)
}

fn fix(
    service: &Service<'_, '_>,
    found: Finding,
    closed: &[String],
    listed: &[String],
    taken: Option<&String>,
) -> Finding {
    let unit = service.unit;
    let quoted = service.quoted();
    // All that was excepted before but what was taken for the data.
    let kept = listed.iter().filter(|path| Some(*path) != taken);
    let paths: BTreeSet<&String> = kept.chain(closed).collect();
    let lines: Vec<String> =
        paths.iter().map(|path| quote(&format!("ReadWritePaths={}", value(path)))).collect();
    let folder = quote(&format!("/etc/systemd/system/{unit}.d"));
    let file = quote(&format!("/etc/systemd/system/{unit}.d/50-data.conf"));
    let user = match &*service.facts.user {
        "" => String::new(),
        user => format!(" -p {}", quote(&format!("User={user}"))),
    };
    let tried: Vec<String> = closed
        .iter()
        .map(|path| {
            let mark = quote(&format!("{path}/.quarterdeck"));
            let setting = quote(&format!("ReadWritePaths={}", value(path)));
            format!(
                "systemd-run --wait -q -p ProtectSystem={} -p {setting}{user} touch {mark} && rm {mark}",
                quote(&service.facts.sandbox.protect_system)
            )
        })
        .collect();
    found
        .step(
            format!(
                "mkdir -p {folder} && printf '%s\\n' '[Service]' 'ReadWritePaths=' {} >{file}",
                lines.join(" ")
            ),
            "the empty line takes back the list of the unit's file",
        )
        .step("systemctl daemon-reload", "restarts nothing")
        .step(tried.join(" && "), "a trial in the same sandbox: it may write there now")
        .step(
            format!("systemctl restart {quoted}"),
            "where something else holds its port, mend that first",
        )
}

/// A path as the value of a setting (systemd.syntax(7), systemd.unit(5) "Specifiers").
fn value(path: &str) -> String {
    let path = path.replace('%', "%%");
    if path.contains(char::is_whitespace) { format!("\"{path}\"") } else { path }
}

#[cfg(test)]
mod tests {
    use super::named;
    use crate::doctor::case::{Case, directory};
    use crate::model::rule::Rule;
    use crate::model::severity::Severity;
    use crate::model::spec::Promises;

    const DATA: &str = "/mnt/c/production/data";
    const STALE: &str = "/mnt/c/production-data";

    fn case(open: &str) -> Case {
        let promises = Promises { data: vec![DATA.into()], ..Promises::default() };
        let mut case = Case::promising(promises).path(STALE, directory(3 * 86_400));
        let unit = case.unit();
        unit.sandbox.protect_system = "strict".into();
        unit.sandbox.read_write = vec![open.into()];
        unit.directory = "/mnt/c/production".into();
        case
    }

    #[test]
    fn the_list_that_names_the_wrong_directory_is_found() {
        let words = ["OSError: [Errno 30] Read-only file system: 'data/messages/inbox.jsonl'"];
        let found = case(STALE).failed(1, &words).found(Rule::ReadOnlyData).unwrap();
        assert_eq!(found.severity, Severity::Critical);
        assert_eq!(
            found.summary,
            format!(
                "api may not write {DATA}: ReadWritePaths= names {STALE} instead, where nothing has changed for 3 d"
            )
        );
        assert_eq!(found.evidence.len(), 4, "{:?}", found.evidence);
        assert!(found.fix[0].command.contains(&format!("'ReadWritePaths={DATA}'")));
        assert!(!found.fix[0].command.contains(&format!("={STALE}")));
        let warned = case(STALE).found(Rule::ReadOnlyData).unwrap();
        assert_eq!(warned.severity, Severity::Warning, "it runs, for now");
    }

    #[test]
    fn what_may_be_written_is_not() {
        let words = ["OSError: [Errno 30] Read-only file system: 'data/messages/inbox.jsonl'"];
        assert_eq!(case("/mnt/c/production").failed(1, &words).found(Rule::ReadOnlyData), None);
    }

    #[test]
    fn the_path_of_a_complaint_is_made_whole() {
        for (text, path) in [
            ("[Errno 30] Read-only file system: 'data/x'", Some("/srv/data/x")),
            ("EROFS: read-only file system, open '/var/lib/x.db'", Some("/var/lib/x.db")),
            ("Read-only file system (os error 30)", None),
            ("it's a Read-only file system", None),
        ] {
            assert_eq!(named(text, "/srv").as_deref(), path, "{text}");
        }
    }
}

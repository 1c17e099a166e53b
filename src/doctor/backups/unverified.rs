//! `backup-unverified`: nobody has seen, or can see, whether a backup is any good.

use std::time::Duration;

use super::{file, finding, with};
use crate::doctor::patient::Patient;
use crate::model::backup::Way;
use crate::model::backups::{BackupRow, BackupVerdict};
use crate::model::finding::{Finding, Subject};
use crate::model::observed::Observed;
use crate::model::rule::Rule;
use crate::model::severity::Severity;
use crate::probe::quote::quote;

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
        // Its first check has not come to its end: not known yet is nothing found.
        if row.check().is_none() && problem.severity == Severity::Info {
            found = found.confirmed_after(PATIENCE);
        }
        if problem.severity == Severity::Unknown {
            found = found.step("", "let the user read it, or allow `sudo -n` there");
        } else {
            found = by_hand(row, found);
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
        found = match &*fault.remedy {
            "" => found.step("", format!("what was tried: {}; try it by hand", fault.tried)),
            remedy => found.step("", remedy),
        };
        findings.push(found);
    }
}

/// How to look into the newest copy by hand.
fn by_hand(row: &BackupRow<'_>, found: Finding) -> Finding {
    let copy = row.newest.and_then(|newest| Some((&*newest.name, file(row.spec, newest)?)));
    let command = match (&row.spec.way, copy) {
        (Way::Files { folders: true, .. }, Some((_, path))) => {
            format!("ls -lA {path} | head -n 20")
        }
        (Way::Files { .. }, Some((name, path))) => look(name, &path),
        (Way::Restic { repository, password_file }, _) => {
            let password = password_file
                .as_deref()
                .map_or_else(String::new, |file| format!(" --password-file {}", quote(file)));
            format!("restic -r {}{password} check", quote(repository))
        }
        (Way::Borg { repository, .. }, _) => format!("borg check {}", quote(repository)),
        (Way::Files { .. } | Way::Git { .. } | Way::Command(_) | Way::Nothing(_), _) => {
            String::new()
        }
    };
    let found = match command.as_str() {
        "" => found,
        command => found.step(command, "reads it and changes nothing"),
    };
    let source = row.spec.source.as_deref().map_or_else(String::new, |s| format!(", beside {s}"));
    found.step("", format!("restore it to an empty directory, and look into what is there{source}"))
}

/// What reads an archive to its end, by its name.
fn look(name: &str, path: &str) -> String {
    let name = name.to_lowercase();
    let is = |ends: &[&str]| ends.iter().any(|end| name.ends_with(end));
    if is(&[".tar", ".tar.gz", ".tgz", ".tar.xz", ".txz", ".tar.zst", ".tar.bz2", ".tbz2"]) {
        format!("tar -tvf {path} | tail -n 20")
    } else if is(&[".gz"]) {
        format!("gzip -tv {path}")
    } else if is(&[".xz"]) {
        format!("xz -tv {path}")
    } else if is(&[".zst"]) {
        format!("zstd -t {path}")
    } else if is(&[".zip"]) {
        format!("unzip -tq {path}")
    } else {
        format!("ls -l {path} && tail -c 400 {path}")
    }
}

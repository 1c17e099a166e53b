//! `backup-corrupt`: the newest copy is there, and nobody can restore it; or the repository that all
//! are in is damaged.

use super::{copy_proof, file, finding, job_steps, with};
use crate::doctor::patient::Patient;
use crate::model::backup::{BackupSpec, Way};
use crate::model::backups::BackupVerdict;
use crate::model::finding::Finding;
use crate::model::rule::Rule;
use crate::probe::quote::quote;

pub(in crate::doctor) fn check(patient: &Patient<'_>, findings: &mut Vec<Finding>) {
    for (row, problem) in with(patient, BackupVerdict::Corrupt) {
        let Some(newest) = row.newest else { continue };
        let tool = tool(row.spec);
        let summary = if tool.is_some() {
            format!(
                "the repository with the backups of {} is damaged: nobody knows which of them can \
                 be restored",
                row.spec.name
            )
        } else {
            format!("the newest backup of {} cannot be restored", row.spec.name)
        };
        let mut found = finding(Rule::BackupCorrupt, row, problem, summary);
        let read = if tool.is_some() { "its tool's own check" } else { "read to its end" };
        found = copy_proof(row, newest, found).proof(read, problem.detail.clone());
        if let Some(good) = row.good {
            found = found.proof_at("newest good one", &*good.name, row.wall(good.at));
        }
        if let Some(path) = file(row.spec, newest) {
            found = found
                .step(format!("file {path}"), "what it is")
                .step("df -h", "whether the disk was full when it was written");
        }
        if let Some((check, changes, repair)) = tool {
            found = found
                .step("", "keep a copy of the repository as it is: a repair lets go of what it cannot read")
                .step(check, format!("what is damaged; reads all of it, and {changes}"))
                .step(repair, "names the commands that repair it; it changes nothing itself")
                .step("", "make a new backup, and see with `smartctl -a` and `dmesg` whether the disk dies");
        }
        findings.push(job_steps(row, found));
    }
}

/// How a repository is checked by hand, what that changes there (restic 0.18, borg 1.4), and what tells how
/// it is repaired.
fn tool(spec: &BackupSpec) -> Option<(String, &'static str, &'static str)> {
    match &spec.way {
        Way::Restic { repository, password_file } => {
            let password = password_file
                .as_deref()
                .map_or_else(String::new, |file| format!(" --password-file {}", quote(file)));
            let check = format!("restic -r {}{password} check --read-data", quote(repository));
            Some((check, "locks it meanwhile", "restic help repair"))
        }
        Way::Borg { repository, .. } => {
            let check = format!("borg check {}", quote(repository));
            Some((check, "locks it and notes in its config how far it came", "borg help check"))
        }
        Way::Files { .. } | Way::Git { .. } | Way::Command(_) | Way::Nothing(_) => None,
    }
}

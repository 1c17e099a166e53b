//! What is said of a deploy to whoever confirms it.

use super::Job;
use crate::model::deploy::copy::{CopyLook as Copy, size};
use crate::model::deploy::{Release, ReleaseKind, short};
use crate::model::span;
use crate::model::time::Timestamp;

/// What somebody who confirms it should know.
pub(super) fn said(job: &Job<'_>) -> Vec<String> {
    let mut lines = Vec::new();
    let look = job.look;
    if job.back.is_none() {
        match proven(job) {
            // That speaks for it, and is said there.
            Some(_) => {}
            None if look.gone => lines.push(format!(
                "{} is not there any more: if this fails, nothing serves, for there is nothing to go back to",
                look.link
            )),
            None if look.current.is_empty() && !look.link.is_empty() => lines.push(format!(
                "{} was not deployed from here: if this fails, the host goes back to it, and nobody has proved it healthy",
                look.link
            )),
            None if look.current.is_empty() => {
                lines.push("nothing is deployed there yet: if it fails, the service is stopped".to_owned());
            }
            None => lines.push(format!(
                "{} was not deployed from here: if this fails, the host goes back to it, and nobody has proved it healthy",
                short(&look.current)
            )),
        }
        // Newest first: what came of it the last time is what counts.
        let mut deploys =
            look.releases.iter().filter(|release| release.kind == ReleaseKind::Deploy);
        let last = deploys.find(|release| release.revision == look.wanted);
        if let Some(tried) = last.filter(|last| !last.healthy && !look.wanted.is_empty()) {
            lines.push(format!(
                "{} was deployed there {} ago by {} already, and was taken back",
                tried.short(),
                age(job, tried),
                tried.by
            ));
        }
        if look.wanted == look.current && !look.wanted.is_empty() {
            lines.push(format!("{} is what is there already", short(&look.wanted)));
        }
    } else {
        lines.push("what is gone back from is not gone back to by itself: if the old one fails as well, all stays as it is".to_owned());
    }
    if job.unit.get("ActiveState") != "active" {
        lines.push(format!(
            "the service is {} now: if this fails, it is left stopped",
            job.unit.get("ActiveState")
        ));
    }
    if look.behind.is_some_and(|behind| behind > 0) {
        lines.push(format!(
            "{} commits are there that do not come from {}: they leave, and stay in git's reflog",
            look.behind.unwrap_or(0),
            look.from
        ));
    }
    lines
}

/// The one that is there, where it was deployed from here and proved healthy.
fn proven<'a>(job: &'a Job<'_>) -> Option<&'a Release> {
    let newest = job.look.releases.iter().find(|release| release.healthy)?;
    (newest.revision == job.look.current).then_some(newest)
}

/// When something was gone back from last there, and what was there before was proved: by a rollback, or by
/// the host itself after a failure.
fn gone_back<'a>(job: &'a Job<'_>) -> Option<&'a Release> {
    let all: Vec<&Release> =
        job.look.releases.iter().filter(|one| one.kind != ReleaseKind::Contract).collect();
    let is_back = |(at, one): &(usize, &&Release)| {
        let older = all.iter().skip(at + 1).filter(|older| older.healthy);
        let mut older = older.skip_while(|older| older.revision == one.revision);
        !one.healthy || older.any(|older| older.revision == one.revision)
    };
    all.iter().enumerate().find(is_back).map(|(_, one)| *one)
}

/// How old a release is, by the clock of who looked.
fn age(job: &Job<'_>, release: &Release) -> String {
    span::words(job.seen.since(Timestamp::from_secs(release.at)))
}

/// What comes with it.
pub(super) fn brings(job: &Job<'_>) -> Vec<String> {
    let look = job.look;
    let from = match (&*look.current, &*look.link) {
        ("", "") => "nothing",
        ("", link) => link,
        (current, _) => short(current),
    };
    let to = if job.revision.is_empty() { "what the script makes" } else { short(job.revision) };
    let mut lines = vec![format!("from {from} to {to}")];
    if let Some(release) = job.back {
        lines.push(format!(
            "which {} deployed {} ago, and which was healthy then",
            release.by,
            age(job, release)
        ));
        for other in look.choices().into_iter().filter(|other| other.revision != release.revision) {
            lines.push(format!(
                "or to {}, which {} deployed {} ago",
                other.short(),
                other.by,
                age(job, other)
            ));
        }
        return lines;
    }
    if let Some(ahead) = look.ahead {
        let files =
            if look.stat.is_empty() { String::new() } else { format!(":{}", look.stat.trim_end()) };
        let commits = if ahead == 1 { "commit" } else { "commits" };
        lines.push(format!("{ahead} {commits}{}", files.replacen(':', ": ", 1)));
    }
    if let Some(copy) = &look.copy {
        let Copy { added, changed, deleted, .. } = copy;
        lines.push(format!(
            "{added} new, {changed} changed, {deleted} deleted of {} in {}: {}",
            copy.items,
            copy.from,
            size(copy.bytes)
        ));
        lines.extend(copy.names.iter().map(|name| format!("  {name}")));
        let more = (added + changed + deleted) as usize;
        if more > copy.names.len() {
            lines.push(format!("  and {} more", more - copy.names.len()));
        }
    }
    lines.extend(look.commits.iter().map(|commit| format!("  {commit}")));
    lines.extend(look.diff.iter().map(|line| format!("  {line}")));
    if !look.current.is_empty() {
        lines.push(match gone_back(job) {
            Some(last) => {
                format!("last proved to go back there: {} ago, by {}", age(job, last), last.by)
            }
            None => "nobody has ever gone back there: that it works is not proved".to_owned(),
        });
    }
    if let Some(release) = proven(job) {
        lines.push(format!(
            "if it fails, the host goes back by itself to {}, which {} deployed {} ago and which was healthy",
            release.short(),
            release.by,
            age(job, release)
        ));
    }
    lines
}

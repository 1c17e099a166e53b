//! What is deployed on a simulated host, and what would come: a list of commits of which so many are
//! there already.

use std::fmt::Write as _;
use std::sync::Arc;

use super::scenario::{CommitPart, ServicePart};
use super::site::{Service, Site};
use crate::model::deploy::{DeploySpec, FREE, Strategy, TIMEOUT, Then};
use crate::model::digest::sha256;

const SECOND: i64 = 1_000_000;
/// Between two releases of the past.
const APART: i64 = 3 * 86_400 + 4_000;

/// What a config would say of how it is deployed.
pub(super) fn spec(part: &ServicePart) -> Option<Arc<DeploySpec>> {
    (!part.commits.is_empty()).then(|| {
        Arc::new(DeploySpec {
            strategy: Strategy::Release {
                repository: format!("git@git.example.org:{}.git", part.name).into(),
                reference: "main".into(),
                shared: part.data.iter().map(|_| Box::from("data")).take(1).collect(),
                keep: 5,
            },
            build: Some("npm ci && npm run build\n".into()),
            user: None,
            verify: None,
            migration: None,
            then: Then::Restart,
            timeout: TIMEOUT,
            free: FREE,
            after: None,
            backup: None,
            rollback_within: None,
        })
    })
}

/// A commit's name: what it says, summed up.
fn revision(commit: &CommitPart) -> String {
    let mut sum = sha256(format!("{} {}", commit.by, commit.subject).as_bytes());
    sum.truncate(40);
    sum
}

/// A line of the host's record.
fn line(at: i64, id: &str, word: &str, revision: &str, by: &str) -> String {
    format!("{at} {id} {word} {revision} {by}")
}

/// The record before anything was done, the oldest first: a release for each commit that is there.
fn past(site: &Site, service: &Service) -> Vec<String> {
    let commits = service.part.commits.iter().filter(|commit| commit.deployed);
    let now = site.began.as_micros() / SECOND;
    let mut all: Vec<String> = (1..)
        .zip(commits)
        .map(|(place, commit)| {
            let id = format!("0{:011}{:014}", 99_999_999_999_i64 - place, site.seed % 99_999_999);
            line(now - APART * place, &id, "healthy", &revision(commit), &commit.by)
        })
        .collect();
    all.reverse();
    all
}

/// The record with what was deployed since.
fn record(site: &Site, service: &Service, since: &[String]) -> Vec<String> {
    let mut all = past(site, service);
    all.extend_from_slice(since);
    all
}

/// What runs, by its record.
fn current(record: &[String]) -> Option<&str> {
    let healthy = record.iter().rev().find(|line| line.contains(" healthy "))?;
    healthy.split(' ').nth(3)
}

/// `qd_act_deploy`.
pub(super) fn look(site: &Site, subject: &str, wanted: &str, since: &[String]) -> String {
    let Some(service) = site.service(subject).filter(|service| !service.part.commits.is_empty())
    else {
        return format!("deploy.fault {subject} is not deployed there\n");
    };
    let commits = &service.part.commits;
    let record = record(site, service, since);
    let current = current(&record).unwrap_or_default();
    let place = |name: &str| commits.iter().position(|commit| revision(commit) == name);
    // A branch is at its newest; only commits have another name here.
    let target = place(wanted).unwrap_or(0);
    let mut text = format!("deploy.owner app\ndeploy.free 21340\ndeploy.current {current}\n");
    let release = record.iter().rev().find(|line| line.contains(" healthy "));
    let id = release.and_then(|line| line.split(' ').nth(1)).unwrap_or_default();
    let name = service.part.name.as_str();
    // Writing to a String does not fail.
    let _ok =
        writeln!(text, "deploy.link releases/{id}\ndeploy.from git@git.example.org:{name}.git");
    if let Some(commit) = commits.get(target) {
        let _ok = writeln!(text, "deploy.wanted {}", revision(commit));
    }
    let there = place(current).unwrap_or(commits.len());
    let comes = commits.get(target..there).unwrap_or_default();
    for commit in comes {
        let short: String = revision(commit).chars().take(10).collect();
        let _ok = writeln!(text, "deploy.commit {short} {}: {}", commit.by, commit.subject);
    }
    let _ok = writeln!(
        text,
        "deploy.ahead {}\ndeploy.behind {}",
        comes.len(),
        target.saturating_sub(there)
    );
    let files = comes.len() * 3 + 1;
    if !comes.is_empty() {
        let _ok = writeln!(
            text,
            "deploy.stat {files} files changed, {} insertions(+), {} deletions(-)",
            files * 17,
            files * 5
        );
    }
    for line in &record {
        let _ok = writeln!(text, "deploy.release {line}");
        if let Some(id) = line.split(' ').nth(1) {
            let _ok = writeln!(text, "deploy.kept {id}");
        }
    }
    text
}

/// `qd_now_claims`: what is deployed of each service.
pub(super) fn shown<'a>(site: &Site, since: impl Fn(&str) -> Vec<String> + 'a) -> String {
    let mut text = String::new();
    for service in site.services.iter().filter(|service| !service.part.commits.is_empty()) {
        let unit = service.unit.as_str();
        if let Some(line) = record(site, service, &since(unit)).last() {
            let _ok = writeln!(text, "deployed {unit} {line}");
        }
    }
    text
}

/// What a deploy's or a rollback's steps say, in their order; the fourth is when the unit is started.
pub(super) fn course(number: &str, back: bool, revision: &str) -> Option<(i64, String)> {
    let short: String = revision.chars().take(10).collect();
    Some(match number {
        "20" if back => (SECOND / 2, format!("{short} is there still\n")),
        "20" => (
            SECOND * 4,
            format!(
                "fetched {short}\nadded 412 packages in 2s\n> build\n> tsc --project .\nbuilt {short}\n"
            ),
        ),
        "30" => (SECOND / 5, format!("current is {short} now\n")),
        "40" => (SECOND, String::new()),
        "50" => (SECOND * 6, "healthy 3 times in a row, and then for 5 s\n".to_owned()),
        "60" => (SECOND / 5, String::new()),
        _ => return None,
    })
}

/// The line that the last step writes.
pub(super) fn written(site: &Site, t: i64, op: &str, revision: &str, by: &str) -> String {
    line(site.wall(t) / SECOND, op, "healthy", revision, by)
}

/// The revision that a plan's scripts have in common.
pub(super) fn revision_of(common: &str) -> String {
    let line = common.lines().find_map(|line| line.strip_prefix("rev="));
    line.unwrap_or_default().trim_matches('\'').to_owned()
}

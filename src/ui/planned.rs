//! Services that are no unit of their own: what is known of jobs, processes and commands, in words.

use super::overlay::page::Page;
use super::scene::Scene;
use super::{Role, words};
use crate::model::fleet::Row;
use crate::model::job::{JobFacts, RunEnd};
use crate::model::spec::Kind;

/// In one line, for the services pane; none for what is only a unit.
pub(super) fn says(scene: &Scene<'_>, row: &Row<'_>) -> Option<String> {
    let instance = row.instance;
    match &instance.kind {
        Kind::Unit(_) => None,
        Kind::Timer(_) | Kind::Cron(_) => Some(match instance.job(row.host) {
            Some(job) => {
                let mut parts = vec![last(scene, job), next(scene, job)];
                parts.extend(instance.unseen(row.host));
                parts.join(", ")
            }
            None => {
                instance.unseen(row.host).unwrap_or_else(|| "no table has such a job".to_owned())
            }
        }),
        Kind::Process(_) => {
            let found = instance.processes(row.host)?;
            let count = instance.promises.count.unwrap_or_default();
            let pids: Vec<String> = found.iter().take(4).map(|p| p.pid.to_string()).collect();
            let hidden = instance.unseen(row.host).map(|why| format!(", {why}"));
            let pids =
                if pids.is_empty() { String::new() } else { format!(": {}", pids.join(" ")) };
            let n = u32::try_from(found.len()).unwrap_or(u32::MAX);
            let wanted = if count.allows(n) { String::new() } else { format!(" of {count}") };
            Some(format!("{n}{wanted} run{pids}{}", hidden.unwrap_or_default()))
        }
        Kind::Command(_) => Some(match instance.checks().next() {
            None => "run by hand only".to_owned(),
            Some((_, log)) => match log.last() {
                Some((at, said)) => format!("{}, {} ago", said.detail, scene.age(at)),
                None => "not run yet".to_owned(),
            },
        }),
    }
}

fn last(scene: &Scene<'_>, job: &JobFacts) -> String {
    match &job.last {
        Some(run) => {
            let ago = scene.age(run.at);
            match &run.end {
                RunEnd::Succeeded => format!("ran well {ago} ago"),
                RunEnd::Failed(how) => format!("failed {ago} ago: {how}"),
                RunEnd::Running => format!("began {ago} ago"),
                RunEnd::Unknown => format!("ran {ago} ago"),
            }
        }
        None if job.seen_since.is_some() => "no run seen".to_owned(),
        None => "last run unknown".to_owned(),
    }
}

fn next(scene: &Scene<'_>, job: &JobFacts) -> String {
    match (&job.idle, job.next) {
        (Some(why), _) => why.to_string(),
        (None, Some(at)) if at > scene.now => {
            format!("next in {}", words::age(at.since(scene.now)))
        }
        (None, Some(at)) => format!("due {} ago", scene.age(at)),
        (None, None) => "next unknown".to_owned(),
    }
}

/// All of it, for the page on one service.
pub(super) fn write(scene: &Scene<'_>, page: &mut Page<'_, '_>, row: &Row<'_>) {
    match &row.instance.kind {
        Kind::Unit(_) => {}
        Kind::Timer(_) | Kind::Cron(_) => job(scene, page, row),
        Kind::Process(pattern) => {
            page.fact("process", &**pattern);
            if let Some(says) = says(scene, row) {
                page.fact("found", says);
            }
            for process in row.instance.processes(row.host).unwrap_or_default().iter().take(16) {
                let began = process.started.and_then(|at| row.host.at(at));
                let age = began.map_or_else(String::new, |at| format!(", {}", scene.age(at)));
                let name = format!("pid {}", process.pid);
                page.fact(&name, format!("{}{age}", process.command));
            }
        }
        Kind::Command(argv) => page.fact("command", argv.join(" ")),
    }
}

fn job(scene: &Scene<'_>, page: &mut Page<'_, '_>, row: &Row<'_>) {
    if let Some(why) = row.instance.unseen(row.host) {
        page.fact_in(Role::Unknown, "not seen", why);
    }
    let Some(job) = row.instance.job(row.host) else { return };
    page.fact("job", job.label());
    page.fact("schedule", &*job.schedule);
    page.fact("user", &*job.user);
    page.fact("command", &*job.command);
    if let Some(unit) = &job.activates {
        page.fact("starts", unit.as_str());
    }
    page.fact("last run", last(scene, job));
    page.fact("next run", next(scene, job));
    if let Some(at) = job.next {
        page.fact("at", words::moment(at, scene.chrome.utc_offset_secs));
    }
}

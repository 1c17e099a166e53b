//! What is the same whatever is brought back: services are claimed, stopped when all is proved, started and
//! proved.

use super::{Job, Made, first, services};
use crate::model::plan::Step;
use crate::model::restore::Proof;
use crate::ops::script::Read;

/// What each kind of data does its own way.
pub(super) struct Parts {
    pub(super) common: String,
    /// What it rests on besides the services.
    pub(super) reads: Vec<Read>,
    /// Beside what is there, and proved.
    pub(super) stage: Step,
    /// In its place.
    pub(super) swap: Step,
    pub(super) tidy: Step,
    pub(super) warnings: Vec<String>,
    pub(super) brings: Vec<String>,
}

/// The plan of one host.
pub(super) fn around(job: &Job<'_>, all: &[services::Service<'_>], parts: Parts) -> Made {
    let (more, of_units) = services::look(job, all);
    let (again, mut facts) = first(&parts.reads, &more);
    facts.extend(of_units);
    let mut steps = vec![again];
    if !all.is_empty() {
        steps.push(services::claim(all));
    }
    steps.push(parts.stage);
    if !all.is_empty() {
        steps.push(services::stop(job, all));
    }
    steps.push(parts.swap);
    let (started, left_out) = services::start(job, all);
    steps.extend(started);
    steps.push(parts.tidy);
    let mut warnings = parts.warnings;
    warnings.extend(left_out);
    let (common, brings) = (parts.common, parts.brings);
    Made { facts, warnings, steps, common, brings, load: None, nothing: None }
}

/// Who writes there besides the services that are stopped.
pub(super) fn strangers(job: &Job<'_>) -> Result<(), String> {
    let ours = |group: &str| {
        let mut units = job.target.writers.iter().map(|writer| writer.unit.as_str());
        units.any(|unit| group.split('/').any(|part| part == unit))
    };
    let stranger = job.look.writers.iter().find(|(_, _, group)| !ours(group));
    stranger.map_or(Ok(()), |(pid, name, group)| {
        Err(format!(
            "process {pid} ({name}, of {group}) has files of it open for writing and is of none of \
             the services that would be stopped: end it, or declare its service with `data`"
        ))
    })
}

/// What should be known whatever is brought back.
pub(super) fn besides(job: &Job<'_>, proof: &Proof, all: &[services::Service<'_>]) -> Vec<String> {
    let mut lines = Vec::new();
    for earlier in job.look.proofs.iter().take_while(|one| *one != proof) {
        let why = crate::model::restore::rejected(&job.target.ask, job.look, earlier);
        lines.extend(why.map(|why| format!("a newer one is passed over: {why}")));
    }
    if all.is_empty() {
        lines.push(
            "no service of the config has its `data` or `directory` there, or is named by `writers`: \
             nothing is stopped"
                .to_owned(),
        );
    }
    for service in all {
        if !service.comes_back() {
            lines.push(format!("{} does not run now, and is not started", service.writer.name));
        }
        if !service.triggers().is_empty() {
            lines.push(format!(
                "{} may be started meanwhile by {}",
                service.writer.name,
                service.triggers()
            ));
        }
    }
    for other in &job.target.others {
        lines.push(format!("{other} may write there as well, and is no unit that is stopped"));
    }
    lines
}

//! Another revision of a service: what all strategies have in common. What is staged is beside what runs
//! and can be lost; then it is made the current one, started, proved healthy, and written down. Up to
//! that last step the host takes all of it back by itself.

mod back;
mod few;
mod git;
mod migrate;
mod release;
mod rsync;
mod script;
mod shell;
mod unit_template;
mod words;

use std::time::Duration;

use self::back::back_to;
use self::shell::{
    AGAIN, ALONE, BEGUN, RECORD, SHOW, build, fetch, newest, prelude, record, start, up_again,
    verify,
};
use self::words::{brings, said};
use super::gate::{self, Gate};
use super::script::{QUICK, Read, begin, look_again, preflight, reads, restart_time};
use super::{Made, Target};
use crate::model::deploy::{DeployLook, DeploySpec, Release, Strategy, Then, short, template};
use crate::model::ids::UnitName;
use crate::model::look::UnitLook;
use crate::model::plan::{Change, Fact, Input, Intent, Step, Undo};
use crate::model::time::Timestamp;
use crate::model::verb::Verb;

/// Number of the step that starts the new one: its undo is that of the step before.
const START: u8 = 40;

/// Behind a gate that was passed: a drill has it fail all the same.
const BY_ORDER: &str = "why='all of it was proved: a drill has it fail by order'\nfail\n";
/// Why nothing is done to a unit.
const UNCHANGED: &str = "its unit file is what the template makes: nothing is to be done";
/// Number of the step that migrates data.
const MIGRATE: u8 = 25;
/// What verifies is ended after so long.
const VERIFY: Duration = Duration::from_secs(120);

/// What a strategy is given.
struct Job<'a> {
    spec: &'a DeploySpec,
    look: &'a DeployLook,
    unit: &'a UnitLook,
    /// Where it lives.
    directory: &'a str,
    /// What it becomes; empty where the strategy does not know.
    revision: &'a str,
    /// When it was looked at.
    seen: Timestamp,
    /// Gone back to.
    back: Option<&'a Release>,
    /// The gate that the old one has to pass after all was taken back.
    old_gate: String,
    /// What the host's record says when it was taken back.
    taken_back: &'static str,
}

/// What a strategy does to the host.
struct Done {
    /// Staged beside: the script, and what takes it back.
    stage: Option<(String, String)>,
    /// Made the current one: what is said of it, the script, and what takes it back.
    activate: (String, String, Undo),
    /// What all its scripts begin with.
    common: String,
    /// Written down before it is looked again: files that its scripts read.
    again: String,
    /// A function `keep` for what is made while the new one is proved; whether it was is seen in `tidy`.
    meanwhile: Option<String>,
    /// Tidied up when all is well.
    tidy: String,
    /// Facts that are read again, and by what.
    reads: Vec<Read>,
    /// A function's body that proves that what runs is what was put there.
    identity: Option<String>,
    warnings: Vec<String>,
}

pub(super) fn steps(intent: &Intent, target: &Target) -> Result<Made, String> {
    let spec = target
        .promises
        .deploy
        .as_deref()
        .ok_or("the config does not say how it is deployed: `deploy = { … }`")?;
    let unit = target.look.units.first().ok_or("only a unit of systemd is deployed")?;
    if target.look.systemd.is_none() {
        return Err("the host is not run by systemd".to_owned());
    }
    let look =
        target.look.deploy.as_deref().ok_or("the host did not say what is deployed there")?;
    let directory = target.promises.directory.as_deref().unwrap_or_default();
    let back = match intent.verb {
        Verb::Rollback => Some(back_to(intent, spec, look)?),
        _ => None,
    };
    refuse(intent, spec, look, target, back)?;
    let mut warnings = Vec::new();
    // What is not started anew goes on with the process there is.
    let ports = match spec.then {
        Then::Restart => gate::ports_of(&target.promises),
        Then::Reload | Then::Nothing => Vec::new(),
    };
    let checks = &target.promises.checks;
    let up = Gate { ports: &ports, ..Gate::up(&unit.name, Duration::ZERO) };
    let (old_gate, _) = gate::script(&up, checks, &target.look);
    // What was not healthy before need not be so, but has to run as it did.
    let (runs, _) = gate::script(&Gate::up(&unit.name, Duration::ZERO), &[], &target.look);
    let old_gate = format!(
        "if [ -e unwell ]; then\n(\n{runs})\nrc=$?\n\
         echo \"it was not healthy before this either: $(cat unwell)\"\nexit \"$rc\"\nfi\n{old_gate}"
    );
    let before = gate::before(&up, checks, &target.look);
    let made = match (&spec.strategy, back) {
        (Strategy::UnitTemplate(template), None) => {
            Some(template.rendered(&target.id, &UnitName::new(&*unit.name)))
        }
        _ => None,
    };
    let comes = made.as_deref().map(template::revision);
    if comes.as_deref().is_some_and(|comes| *comes == *look.current) {
        return Ok(Made::nothing(UNCHANGED));
    }
    let comes = comes.as_deref().unwrap_or(&look.wanted);
    let revision = back.map_or(comes, |release| &*release.revision);
    let taken_back = if intent.fails { "drilled" } else { "reverted" };
    let seen = target.seen;
    let job = Job { spec, look, unit, directory, revision, seen, back, old_gate, taken_back };
    let mut load = None;
    let done = match &spec.strategy {
        Strategy::Script { run, undo, .. } => script::done(&job, run, undo.as_deref(), intent)?,
        Strategy::Git { reference, built, .. } => {
            git::done(&job, wanted(intent, reference), built)?
        }
        Strategy::Release { reference, shared, keep, .. } => {
            release::done(&job, wanted(intent, reference), shared, *keep)
        }
        Strategy::Rsync(copy) => {
            if let (Input::Revision(Some(_)), None) = (&intent.input, back) {
                return Err(
                    "what it is copied from is one directory: it has no revisions".to_owned()
                );
            }
            load = rsync::load(&job, copy, &target.promises.data);
            rsync::done(&job, copy, &target.promises.data)?
        }
        Strategy::UnitTemplate(_) => {
            if let (Input::Revision(Some(_)), None) = (&intent.input, back) {
                return Err("a unit file is made from the config: it has no revisions".to_owned());
            }
            unit_template::done(&job, made.as_deref().unwrap_or_default())
        }
    };
    warnings.extend(said(&job));
    warnings.extend(done.warnings);
    let mut all = reads(&target.look.machine, &target.look.boot, unit);
    all.extend(done.reads);
    let common = format!("{}{}", prelude(&job), done.common);
    let prelude = ". ./common\n";
    let again = format!("{prelude}{}{ALONE}{}", done.again, preflight(&unit.name, &all));
    let mut steps = vec![look_again(again)];
    // What does not run has no way to be healthy.
    steps.extend(before.filter(|_| unit.get("ActiveState") == "active"));
    let limit = spec.timeout;
    let step = |number, title: String, change, script: String, undo, limit| Step {
        number,
        title,
        change,
        script: format!("{prelude}{script}"),
        undo,
        limit,
        idle: limit,
    };
    let undoing = |script: String| Undo::Script(format!("{prelude}{script}"));
    // Of what is gone back to the data are those of a newer one, which it can live with.
    let migration = spec.migration.as_ref().filter(|_| back.is_none());
    let stays = |number| match migration {
        Some(migration) if migration.contract => migrate::stays(number),
        _ => String::new(),
    };
    let verify = spec.verify.as_deref().map(verify);
    // Of what comes for the first time nothing may be there yet to be verified.
    if let Some(script) = verify.as_ref().filter(|_| !look.current.is_empty()) {
        let title = "verify what is there".to_owned();
        let script = script.clone();
        steps.push(step(15, title, Change::ReadOnly, script, Undo::NotNeeded, VERIFY));
    }
    if let Some((script, undo)) = done.stage {
        let does = if back.is_some() { "make ready" } else { "fetch and build" };
        let title = match (&spec.strategy, &spec.build) {
            (Strategy::Rsync(_), None) => "make what was sent ready, beside what runs".to_owned(),
            (Strategy::Rsync(_), Some(_)) => "build what was sent, beside what runs".to_owned(),
            (Strategy::UnitTemplate(_), _) => {
                "write the unit file beside, and let systemd prove it".to_owned()
            }
            _ => format!("{does} {}, beside what runs", short(revision)),
        };
        let undo = format!("{}{undo}", stays(30));
        steps.push(step(20, title, Change::Additive, script, undoing(undo), limit));
    }
    if let Some(migration) = migration {
        steps.extend(migrate::steps(&job, migration, limit, &step));
        if migration.contract {
            warnings.push(format!(
                "point of no return: from step {MIGRATE} on nothing is taken back; if what comes is not healthy, \
                 it stays, and a newer revision or the backup of the data is what remains"
            ));
        }
    }
    let (title, script, undo) = done.activate;
    let undo = match undo {
        Undo::Script(script) => undoing(format!("{}{script}", stays(MIGRATE))),
        other => other,
    };
    let change =
        if matches!(undo, Undo::Script(_)) { Change::Reversible } else { Change::Irreversible };
    steps.push(step(30, title, change, script, undo, limit));
    if let Some(script) = verify {
        let title = "verify what came".to_owned();
        steps.push(step(35, title, Change::ReadOnly, script, Undo::NotNeeded, VERIFY));
    }
    let time = restart_time(unit);
    if let Some((title, words)) = start(spec.then) {
        let undo = undoing(
            "# The step before takes this back: it starts the old one again.\n:\n".to_owned(),
        );
        steps.push(step(
            START,
            title.to_owned(),
            Change::Reversible,
            format!("{AGAIN}{}", begin(&unit.name, words)),
            undo,
            time,
        ));
    }
    let soak = intent.soak.unwrap_or(gate::SOAK);
    let proof = Gate {
        is_new: spec.then == Then::Restart,
        ports: &ports,
        more: done.identity.map(|body| format!("{body}\n")),
        ..Gate::up(&unit.name, soak)
    };
    let title = if intent.fails {
        "prove that the new one is healthy, and then fail by order"
    } else {
        "prove that the new one is healthy, and stays so"
    };
    let (mut gate, left_out) = gate::step(50, title, &proof, checks, &target.look);
    if let Some(keep) = done.meanwhile {
        gate.script = format!("{keep}keep &\nkeeping=$!\n{}wait \"$keeping\" || :\n", gate.script);
        gate.limit += limit;
        gate.idle += limit;
    }
    gate.script = format!("{prelude}{}", gate.script);
    if intent.fails {
        gate.script.push_str(BY_ORDER);
    }
    warnings.extend(left_out);
    steps.push(gate);
    let title = format!(
        "write down that {} is healthy, and tidy up",
        short(if revision.is_empty() { "it" } else { revision })
    );
    let kept = record("healthy", revision);
    steps.push(step(
        60,
        title,
        Change::Additive,
        format!("{kept}{SHOW}{}exit 0\n", done.tidy),
        undoing(record(taken_back, revision)),
        QUICK * 5,
    ));
    let mut facts: Vec<Fact> = all.iter().map(Read::fact).collect();
    facts.push(Fact { name: "revision".to_owned(), value: revision.to_owned() });
    Ok(Made { facts, warnings, steps, load, common, brings: brings(&job), nothing: None })
}

/// A branch or a tag that was named, else the config's.
fn wanted<'a>(intent: &'a Intent, config: &'a str) -> &'a str {
    match &intent.input {
        Input::Revision(Some(revision)) => revision,
        _ => config,
    }
}

/// What stands in the way.
fn refuse(
    intent: &Intent,
    spec: &DeploySpec,
    look: &DeployLook,
    target: &Target,
    back: Option<&Release>,
) -> Result<(), String> {
    if let Some(fault) = look.faults.first() {
        return Err(fault.to_string());
    }
    if look.owner.is_empty() {
        return Err("the host did not say whose the directory is".to_owned());
    }
    if &*look.owner != "root" && !target.look.tools.contains("runuser") {
        return Err("the host has no `runuser`, without which it would be built as root".to_owned());
    }
    if let Some(free) = look.free.filter(|free| *free < spec.free) {
        return Err(format!("{free} MiB are free there, and {} have to be (`free`)", spec.free));
    }
    let by_git = matches!(spec.strategy, Strategy::Git { .. } | Strategy::Release { .. });
    if by_git && back.is_none() && look.wanted.is_empty() {
        return Err("the host did not say which commit would come".to_owned());
    }
    if !look.changed.is_empty() {
        let files: Vec<&str> = look.changed.iter().take(5).map(|line| line.trim()).collect();
        return Err(format!(
            "files there were changed by hand and would be lost: {}; commit them, or take them back with `git checkout`",
            files.join(", ")
        ));
    }
    // Who names an older one means it: it may be none that one can go back to.
    let named = matches!(intent.input, Input::Revision(Some(_))) || back.is_some();
    if !named && look.behind.is_some_and(|behind| behind > 0) && look.ahead == Some(0) {
        let commits = match look.behind {
            Some(1) => "one commit".to_owned(),
            commits => format!("{} commits", commits.unwrap_or(0)),
        };
        let wanted = short(&look.wanted);
        return Err(format!("what runs is {commits} ahead of {wanted}: `rollback` goes back"));
    }
    Ok(())
}

#[cfg(test)]
mod tests;

//! The services that write to a source: claimed besides, stopped, started again and proved.

use std::fmt::Write as _;
use std::time::Duration;

use super::Job;
use crate::model::look::UnitLook;
use crate::model::plan::{Change, Fact, Step, Undo};
use crate::model::restore::Writer;
use crate::model::spec::Kind;
use crate::ops::gate::{self, Gate};
use crate::ops::script::{self, QUICK, reads};
use crate::probe::quote::{quote, quote_all};

/// Services that one restore stops at most.
const MOST: usize = 15;

/// One of them, as its host has it.
pub(super) struct Service<'a> {
    pub(super) writer: &'a Writer,
    unit: &'a UnitLook,
}

/// All of them.
///
/// # Errors
/// When one cannot be stopped, or there are too many.
pub(super) fn all<'a>(job: &Job<'a>) -> Result<Vec<Service<'a>>, String> {
    let mut all = Vec::new();
    for writer in &job.target.writers {
        let unit = job.target.look.units.iter().find(|unit| *unit.name == *writer.unit.as_str());
        let unit = unit.ok_or_else(|| format!("the host did not say how {} is", writer.name))?;
        let id = unit.get("Id");
        if !id.is_empty() && *id != *unit.name {
            return Err(format!("{} is another name of {id}: name that in the config", unit.name));
        }
        if unit.is("RefuseManualStop") {
            return Err(format!("{} refuses to be stopped by hand (RefuseManualStop)", unit.name));
        }
        // What is not there writes nothing.
        if unit.get("LoadState") != "not-found" {
            all.push(Service { writer, unit });
        }
    }
    if all.len() > MOST {
        return Err(format!("{} services write there: more than {MOST}", all.len()));
    }
    Ok(all)
}

impl Service<'_> {
    /// It is started afterwards, unless somebody had stopped it.
    pub(super) fn comes_back(&self) -> bool {
        self.unit.get("ActiveState") != "inactive"
    }

    fn was_well(&self) -> bool {
        self.unit.get("ActiveState") == "active" && script::is_settled(self.unit)
    }

    /// What starts it by itself.
    pub(super) fn triggers(&self) -> &str {
        self.unit.get("TriggeredBy")
    }

    fn time(&self) -> Duration {
        script::restart_time(self.unit)
    }
}

/// Their names, as words of a shell.
fn units(all: &[&Service<'_>]) -> String {
    quote_all(&all.iter().map(|service| service.unit.name.to_string()).collect::<Vec<_>>())
}

/// Lines of the first step that look at them, and what the plan rests on.
pub(super) fn look(job: &Job<'_>, all: &[Service<'_>]) -> (String, Vec<Fact>) {
    let mut text = String::new();
    let mut facts = Vec::new();
    let look = &job.target.look;
    for (number, service) in all.iter().enumerate() {
        text.push_str(&script::about(&service.unit.name));
        text.push_str("look\n");
        // The first two are the host's own.
        for read in reads(&look.machine, &look.boot, service.unit).into_iter().skip(2) {
            let name = format!("{} of {}", read.name, service.unit.name);
            let _infallible =
                writeln!(text, "same {} {} \"$({})\"", quote(&name), quote(&read.value), read.how);
            facts.push(Fact { name, value: read.value });
        }
        let _infallible = writeln!(
            text,
            "{{ prop InvocationID; prop MainPID; prop NRestarts; }} >before-{number}\n\
             prop ActiveState >was-{number}"
        );
    }
    (text, facts)
}

/// Nobody else acts on them meanwhile. The runner gives these claims back with its own.
pub(super) fn claim(all: &[Service<'_>]) -> Step {
    let subjects: Vec<String> = all
        .iter()
        .map(|service| Kind::Unit(service.writer.unit.clone()).subject().into())
        .collect();
    let script = format!(
        "own=../../subjects/$(. ./settings && printf %s \"$subject\")\n\
         for one in {}; do\n  \
         claim=../../subjects/$one/claim\n  \
         mkdir -p -- \"${{claim%/*}}\" || exit 1\n  \
         if [ -e \"${{claim%/*}}/freeze\" ]; then echo \"$one is frozen\"; exit 1; fi\n  \
         if mkdir -- \"$claim\" 2>/dev/null; then\n    \
         printf '%s\\n' \"$one\" >>also && cp -- \"$own/claim/claim\" \"$claim/claim\" || exit 1\n  \
         else\n    \
         echo \"$one is held by somebody else: $(sed -n 's/^what=//p' \"$claim/claim\")\"\n    exit 1\n  fi\ndone\n",
        quote_all(&subjects)
    );
    Step {
        number: 20,
        title: format!("claim what writes there: {}", names(all)),
        change: Change::Additive,
        script,
        undo: Undo::Script("# The runner gives them back when it ends.\n:\n".to_owned()),
        limit: QUICK,
        idle: QUICK,
    }
}

/// Their names for people.
pub(super) fn names(all: &[Service<'_>]) -> String {
    all.iter().map(|service| service.writer.name.as_str()).collect::<Vec<_>>().join(", ")
}

/// Stops them.
pub(super) fn stop_words(all: &[Service<'_>]) -> String {
    if all.is_empty() {
        return String::new();
    }
    format!("systemctl stop -- {} || exit 1\n", units(&all.iter().collect::<Vec<_>>()))
}

/// Stops them; taken back by starting those that ran, and proving that they are as they were.
pub(super) fn stop(job: &Job<'_>, all: &[Service<'_>]) -> Step {
    let mut undo = String::from("bad=0\n");
    for (number, service) in all.iter().enumerate() {
        let _infallible = write!(
            undo,
            "case $(cat was-{number}) in active | activating | reloading)\n  \
             systemctl reset-failed -- {unit} 2>/dev/null\n  \
             systemctl start -- {unit} || bad=1 ;;\nesac\n",
            unit = quote(&service.unit.name)
        );
        if service.was_well() {
            let gate = Gate::up(&service.unit.name, Duration::ZERO);
            let checks = &service.writer.promises.checks;
            let (script, _) = gate::script(&gate, checks, &job.target.look);
            let _infallible = write!(undo, "cp -- before-{number} before\n(\n{script}) || bad=1\n");
        }
    }
    undo.push_str("exit \"$bad\"\n");
    let limit = all.iter().map(Service::time).sum();
    Step {
        number: 40,
        title: format!("stop {}", names(all)),
        change: Change::Reversible,
        script: stop_words(all),
        undo: Undo::Script(undo),
        limit,
        idle: limit,
    }
}

/// Starts those that come back, and proves each; with what the gates leave out.
pub(super) fn start(job: &Job<'_>, all: &[Service<'_>]) -> (Vec<Step>, Vec<String>) {
    let back: Vec<&Service<'_>> = all.iter().filter(|service| service.comes_back()).collect();
    let (mut steps, mut left_out) = (Vec::new(), Vec::new());
    if back.is_empty() {
        return (steps, left_out);
    }
    let limit = back.iter().map(|service| service.time()).sum();
    let names: Vec<&str> = back.iter().map(|service| service.writer.name.as_str()).collect();
    steps.push(Step {
        number: 60,
        title: format!("start {}", names.join(", ")),
        change: Change::Reversible,
        script: format!(
            "systemctl reset-failed -- {0} 2>/dev/null\nsystemctl start -- {0}\n",
            units(&back)
        ),
        undo: Undo::Script(stop_words(all)),
        limit,
        idle: limit,
    });
    let places = all.iter().enumerate().filter(|(_, service)| service.comes_back());
    for ((place, service), number) in places.zip(61..) {
        let promises = &service.writer.promises;
        let soak = job.intent.soak.or(promises.soak).unwrap_or(gate::SOAK);
        let title = format!("prove that {} is healthy, and stays so", service.writer.name);
        let gate = Gate { is_new: true, ..Gate::up(&service.unit.name, soak) };
        let (mut step, warnings) =
            gate::step(number, &title, &gate, &promises.checks, &job.target.look);
        step.script = format!("cp -- before-{place} before\n{}", step.script);
        steps.push(step);
        left_out.extend(warnings);
    }
    (steps, left_out)
}

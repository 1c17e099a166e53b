//! What the config declares: a program or a script of the user's own, with its inputs.

use std::fmt::Write as _;

use super::gate::{self, Gate};
use super::script::{Read, look_again, preflight, reads};
use super::{Made, Target};
use crate::model::action::{ActionSpec, Run};
use crate::model::plan::{Change, Fact, Input, Intent, Step, Undo};
use crate::probe::quote::{quote, quote_all};

pub(super) fn steps(intent: &Intent, target: &Target) -> Result<Made, String> {
    let Input::Action(spec, values) = &intent.input else {
        return Err("which action?".to_owned());
    };
    let look = &target.look;
    if !spec.is_for(&target.id.service) {
        return Err(format!("the action {} is not for this service", spec.name));
    }
    if spec.user.is_some() && !look.tools.contains("runuser") {
        return Err("the host has no `runuser`, without which it would run as root".to_owned());
    }
    let mut warnings = Vec::new();
    let (facts, before) = match look.units.first().filter(|_| look.systemd.is_some()) {
        Some(unit) => {
            let reads = reads(&look.machine, &look.boot, unit);
            (reads.iter().map(Read::fact).collect(), preflight(&unit.name, &reads))
        }
        None => machine(&look.machine, &look.boot),
    };
    let change = match (&spec.undo, spec.safe) {
        (_, true) => Change::ReadOnly,
        (Some(_), false) => Change::Reversible,
        (None, false) => Change::Irreversible,
    };
    let undo = match (&spec.undo, change) {
        (Some(undo), _) => Undo::Script(as_user(spec, &with_inputs(values, undo))),
        (None, Change::ReadOnly) => Undo::NotNeeded,
        (None, _) => Undo::NotPossible("the config declares no `undo` for it".to_owned()),
    };
    let mut steps = vec![
        look_again(before),
        Step {
            number: 20,
            title: title(spec),
            change,
            script: as_user(spec, &body(spec, values)),
            undo,
            limit: spec.timeout,
            idle: spec.timeout,
        },
    ];
    if let Some(unit) =
        look.units.first().filter(|unit| spec.gate && unit.get("ActiveState") == "active")
    {
        let gate = Gate::up(&unit.name, intent.soak.unwrap_or(gate::SOAK));
        let title = "prove that the service is healthy, and stays so";
        let (step, left_out) = gate::step(30, title, &gate, &target.promises.checks, look);
        warnings.extend(left_out);
        steps.push(step);
    }
    Ok(Made::plain(facts, warnings, steps))
}

fn title(spec: &ActionSpec) -> String {
    if spec.doc.is_empty() { format!("run {}", spec.name) } else { spec.doc.to_string() }
}

/// Where there is no unit to look at.
fn machine(machine: &str, boot: &str) -> (Vec<Fact>, String) {
    let fact = |name: &str, value: &str| Fact { name: name.to_owned(), value: value.to_owned() };
    let script = format!(
        "# Is it still the same host?\n\
         [ \"$(cat /etc/machine-id 2>/dev/null)\" = {} ] && [ \"$(cat /proc/sys/kernel/random/boot_id)\" = {} ] ||\n  \
         {{ echo 'the plan is stale: it was made for another host, or before its last boot'; exit 75; }}\n",
        quote(machine),
        quote(boot)
    );
    (vec![fact("machine", machine), fact("boot", boot)], script)
}

/// Inputs as variables, then the script.
fn with_inputs(values: &[(String, String)], script: &str) -> String {
    let mut text = String::new();
    for (name, value) in values {
        let _infallible = writeln!(text, "export {name}={}", quote(value));
    }
    text.push_str(script);
    if !text.ends_with('\n') {
        text.push('\n');
    }
    text
}

fn body(spec: &ActionSpec, values: &[(String, String)]) -> String {
    match &spec.run {
        Run::Script(script) => with_inputs(values, script),
        Run::Argv(argv) => {
            let word = |word: &str| {
                let name = word.strip_prefix('{').and_then(|word| word.strip_suffix('}'));
                let value = name.and_then(|name| values.iter().find(|(known, _)| known == name));
                value.map_or_else(|| word.to_owned(), |(_, value)| value.clone())
            };
            let words: Vec<String> = argv.iter().map(|one| word(one)).collect();
            format!("exec {}\n", quote_all(&words))
        }
    }
}

/// With another user's rights, who cannot read the operation's own directory.
fn as_user(spec: &ActionSpec, script: &str) -> String {
    match &spec.user {
        Some(user) => {
            format!("cd / && exec runuser -u {} -- /bin/sh -c {}\n", quote(user), quote(script))
        }
        None => script.to_owned(),
    }
}

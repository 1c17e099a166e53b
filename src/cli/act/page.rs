//! A plan and an operation for people. All texts were made harmless where they came from.

use std::fmt::Write as _;

use crate::model::operation::{Operation, Outcome, Phase, remains};
use crate::model::plan::{Change, Plan, Step, Undo};
use crate::model::text::clean;
use crate::model::verb::Verb;

/// The whole plan: what is shown is what is shipped.
pub(super) fn plan(plan: &Plan) -> String {
    let mut out = String::new();
    let _ok = writeln!(out, "{} in {} ({})", plan.title(), plan.env(), plan.tier.name());
    let _ok = writeln!(out, "hash: {}", plan.hash());
    if plan.intent.verb == Verb::Deploy {
        let _ok = writeln!(out, "on failure: {}", plan.rollout.on_fail.doc());
    }
    for (number, batch) in plan.batches.iter().enumerate().filter(|_| plan.batches.len() > 1) {
        let names: Vec<String> = batch
            .iter()
            .filter_map(|place| plan.hosts.get(*place))
            .map(|host| format!("{} on {}", host.service, host.host.host))
            .collect();
        let _ok = writeln!(out, "batch {}: {}", number + 1, names.join(", "));
    }
    for serving in &plan.serving {
        let _ok = writeln!(
            out,
            "no batch begins when fewer than {} of {} instances of {} would serve without it",
            serving.need(),
            serving.instances.len(),
            serving.service
        );
    }
    for drain in &plan.drains {
        let Some(host) = plan.hosts.get(drain.place) else { continue };
        for part in &drain.parts {
            let addresses: Vec<&str> = part.servers.iter().map(|one| &*one.address).collect();
            let _ok = writeln!(
                out,
                "batch {}: nginx on {} sends nothing to {} meanwhile (its steps {} to {})",
                part.batch + 1,
                host.host.host,
                addresses.join(", "),
                part.drain,
                part.undrain
            );
        }
    }
    for host in &plan.hosts {
        let _ok = writeln!(
            out,
            "\n{} on {}: locks {}, runs as {}",
            host.service,
            host.host.host,
            host.subject,
            match host.launcher {
                crate::model::plan::Launcher::Systemd(_) => "a unit of systemd",
                crate::model::plan::Launcher::Setsid => "a session of its own",
            }
        );
        let facts: Vec<String> =
            host.facts.iter().map(|fact| format!("{} {}", fact.name, shown(&fact.value))).collect();
        let _ok = writeln!(out, "  rests on: {}", facts.join(", "));
        for line in &host.brings {
            let _ok = writeln!(out, "  + {}", clean(line, 400));
        }
        for warning in &host.warnings {
            let _ok = writeln!(out, "  ! {warning}");
        }
        if let Some(load) = &host.load {
            let _ok = writeln!(out, "\n  before: {}", clean(&load.title(), 1000));
            let _ok = writeln!(
                out,
                "    rights of {}; {}",
                load.owner,
                if load.far.is_some() {
                    "it goes by way of this machine, and is kept nowhere on it"
                } else if load.moves.is_some() {
                    "only what differs is sent"
                } else if load.links {
                    "what is there already is linked"
                } else {
                    "what is there already is copied there"
                }
            );
            for rule in &load.rules {
                let _ok = writeln!(out, "    | {}", clean(rule, 1000));
            }
        }
        if !host.common.is_empty() {
            let _ok = writeln!(out, "\n  common: what these steps read first");
            lines(&mut out, "    | ", &host.common);
        }
        for one in &host.steps {
            step(&mut out, one);
        }
    }
    out
}

/// The most lines of a recapitulation.
const RECAP: usize = 40;

/// What has to be known to confirm it, once more: the scripts have pushed it off the screen.
pub(super) fn recap(plan: &Plan) -> String {
    let mut lines = Vec::new();
    for host in &plan.hosts {
        lines.push(format!("  {} on {}", host.service, host.host.host));
        lines.extend(host.brings.iter().map(|line| format!("    + {}", clean(line, 400))));
        lines.extend(host.warnings.iter().map(|line| format!("    ! {line}")));
        let lasting = host.steps.iter().filter(|step| step.change == Change::Irreversible);
        lines.extend(
            lasting
                .map(|step| format!("    ! cannot be taken back: {} {}", step.number, step.title)),
        );
    }
    let more = lines.len().saturating_sub(RECAP);
    if more > 0 {
        lines.truncate(RECAP);
        lines.push(format!("  and {more} lines more, above"));
    }
    format!(
        "\n{} in {} ({}), in short:\n{}\n",
        plan.title(),
        plan.env(),
        plan.tier.name(),
        lines.join("\n")
    )
}

fn shown(value: &str) -> &str {
    if value.is_empty() { "-" } else { value }
}

fn step(out: &mut String, step: &Step) {
    let mark = if step.change == Change::Irreversible { " (IRREVERSIBLE)" } else { "" };
    let _ok = writeln!(
        out,
        "\n  {} {} [{}{mark}, at most {} s]",
        step.number,
        step.title,
        step.change.name(),
        step.limit.as_secs()
    );
    lines(out, "    | ", &step.script);
    match &step.undo {
        Undo::NotNeeded => {}
        Undo::Script(script) => {
            let _ok = writeln!(out, "    undo:");
            lines(out, "    < ", script);
        }
        Undo::NotPossible(why) => {
            let _ok = writeln!(out, "    no undo: {why}");
        }
    }
}

fn lines(out: &mut String, before: &str, text: &str) {
    for line in text.lines() {
        let _ok = writeln!(out, "{before}{}", clean(line, 4000));
    }
}

/// How it went on each host.
pub(super) fn operation(operation: &Operation) -> String {
    let mut out = String::new();
    let parts = operation.runs.iter().zip(&operation.plan().hosts);
    for (place, (run, plan)) in parts.enumerate() {
        let _ok = write!(out, "{} on {}: {}", plan.service, plan.host.host, run.phase.name());
        match &run.phase {
            Phase::Refused(refusal) => {
                let _ok = write!(out, ": {}", refusal.text());
            }
            Phase::Lost(fault, _) => {
                let _ok = write!(out, ": {fault}; it goes on by itself there");
            }
            Phase::Unstaging(fault) => {
                let _ok = write!(out, ": {fault}; what runs was not touched");
            }
            Phase::Waiting | Phase::Claimed | Phase::Claiming | Phase::Staging => {
                let _ok = write!(out, ": nothing was changed there");
            }
            Phase::Ended(_) | Phase::Running | Phase::Launching => {
                if let Some(result) = run.result.as_deref().filter(|_| !run.succeeded()) {
                    let _ok = write!(out, ": {}", ending(result, &plan.steps));
                }
            }
        }
        out.push('\n');
        if !run.succeeded() {
            for line in run.output.lines(30) {
                let _ok = writeln!(out, "  | {line}");
            }
            for line in remains(run, plan, &operation.id.run(place)) {
                let _ok = writeln!(out, "  remains: {line}");
            }
        }
    }
    if let Some(why) = &operation.halted {
        let _ok = writeln!(out, "halted: {why}");
    }
    for (_, one) in &operation.drained {
        let _ok = writeln!(out, "drained: {one}");
    }
    let outcome = operation.outcome().unwrap_or(Outcome::Unknown);
    let what = match outcome {
        Outcome::Succeeded => String::new(),
        other => format!(": {}", other.doc()),
    };
    let _ok = writeln!(
        out,
        "{}: {}{what} (operation {})",
        operation.plan().title(),
        outcome.name(),
        operation.id
    );
    out
}

/// What a runner's last word means: `WORD STEP STATUS`.
fn ending(result: &str, steps: &[Step]) -> String {
    let mut words = result.split_ascii_whitespace();
    let (word, number, status) = (words.next(), words.next(), words.next());
    let number = number.and_then(|number| number.parse().ok());
    let Some(step) = steps.iter().find(|step| Some(step.number) == number) else {
        return format!("({result})");
    };
    let at = format!("at step {}, {}", step.number, step.title);
    match word {
        Some("cancelled") => format!("cancelled {at}; what was done was taken back"),
        Some("undone") => format!(
            "failed {at} (status {}); what was done was taken back",
            status.unwrap_or("unknown")
        ),
        Some("undo-failed") => format!(
            "failed {at} (status {}), and what was done could not be taken back",
            status.unwrap_or("unknown")
        ),
        _ => format!("{at} ({result})"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_last_word_names_its_step_and_what_came_of_it() {
        let step = Step {
            number: 50,
            title: "prove it".to_owned(),
            change: Change::ReadOnly,
            script: String::new(),
            undo: Undo::NotNeeded,
            limit: std::time::Duration::from_secs(1),
            idle: std::time::Duration::from_secs(1),
        };
        let said = |word: &str| ending(word, std::slice::from_ref(&step));
        let failed = "failed at step 50, prove it (status 1); what was done was taken back";
        assert_eq!(said("undone 50 1"), failed);
        assert!(said("cancelled 50 0").starts_with("cancelled at step 50, prove it;"));
        let lost =
            "failed at step 50, prove it (status 1), and what was done could not be taken back";
        assert_eq!(said("undo-failed 50 1"), lost);
        assert_eq!(said("undone 77 1"), "(undone 77 1)");
    }
}

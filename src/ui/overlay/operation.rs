//! One operation, host by host and step by step, with what the running step prints; at its end the
//! table of results.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;

use super::page::Page;
use super::{boxed, scrolled};
use crate::model::command::Command;
use crate::model::ids::HostId;
use crate::model::operation::{
    HostRun, OpId, Operation, Outcome, Phase, Stage, StepRun, StepState, remains,
};
use crate::ui::chrome::Glyphs;
use crate::ui::scene::Scene;
use crate::ui::viewports::Viewports;
use crate::ui::{Role, words};

/// Lines of what a running step prints, and of what one printed that failed.
pub(super) const LIVE: usize = 5;
const LAST: usize = 30;

pub(super) fn draw(
    scene: &Scene<'_>,
    buf: &mut Buffer,
    area: Rect,
    viewports: &mut Viewports,
    (id, scroll): (&OpId, usize),
) {
    let Some(operation) = scene.model.acting.operation(id) else {
        let inner = boxed(scene, buf, area, "Operation", None);
        viewports.learn_overlay(area, 0, 0);
        let text = "This operation ended long ago; the timeline has its outcome.";
        scene.put(buf, inner, text, scene.style(Role::Muted));
        return;
    };
    let plan = operation.plan();
    let env = scene.model.fleet.env(plan.env());
    let inner = boxed(scene, buf, area, &plan.title(), env);
    let mut page = Page::new(scene, inner.width);
    head(scene, &mut page, operation);
    for (run, host) in operation.runs.iter().zip(&plan.hosts) {
        let part = Part {
            what: host.service.as_str(),
            host: &host.host,
            titles: host.steps.iter().map(|step| step.title.as_str()).collect(),
            run,
        };
        write(scene, &mut page, &part, LIVE);
    }
    if operation.is_over() {
        results(scene, &mut page, operation);
    }
    scrolled(scene, buf, (area, inner), viewports, &page.lines, scroll);
}

fn head(scene: &Scene<'_>, page: &mut Page<'_, '_>, operation: &Operation) {
    let (role, says) = stage(scene, operation);
    page.say(role, &says);
    let until = operation.ended.unwrap_or(scene.model.now);
    let took = until.since(operation.began).as_secs();
    let began = words::clock(operation.began, scene.chrome.utc_offset_secs);
    page.say(
        Role::Muted,
        &format!("by {}, began {began}, {took} s, {}", operation.operator, operation.id),
    );
    if let Some(why) = &operation.halted {
        page.say(Role::Warning, why);
    }
    for (_, one) in &operation.drained {
        page.say(Role::Critical, one);
    }
    if operation.cancelled && !operation.is_over() {
        page.say(Role::Notice, "cancelled: it ends at the next step's border");
    } else if !operation.is_over() {
        let key = |command| scene.chrome.key(command).unwrap_or_default();
        let (cancel, back) = (key(Command::OperationCancel), key(Command::Back));
        page.say(
            Role::Muted,
            &format!("{cancel} cancels at the next step's border; {back} leaves it running"),
        );
    }
}

/// Where it stands, in a sentence.
fn stage(scene: &Scene<'_>, operation: &Operation) -> (Role, String) {
    let plan = operation.plan();
    let batches = plan.batches.len();
    let of = |batch: usize| {
        if batches > 1 { format!("batch {} of {batches}", batch + 1) } else { String::new() }
    };
    let the = |batch: usize| {
        if batches > 1 { of(batch) } else { "it".to_owned() }
    };
    let busy = scene.chrome.glyphs.busy();
    match operation.stage {
        Stage::Claiming(next) => {
            let order = plan.claim_order();
            let host = order.get(next).and_then(|place| plan.hosts.get(*place));
            let host = host.map_or("", |host| host.host.host.as_str());
            (Role::Notice, format!("{busy} claiming {host}"))
        }
        Stage::Withdrawing(_) => {
            (Role::Warning, format!("{busy} giving back what was claimed: a host refused"))
        }
        Stage::Counting(batch) => {
            (Role::Notice, format!("{busy} counting who would serve besides {}", of(batch)))
        }
        Stage::Draining(batch) => {
            (Role::Notice, format!("{busy} waiting until nothing is sent to {}", the(batch)))
        }
        Stage::Undraining(batch) => (Role::Notice, format!("{busy} putting back {}", the(batch))),
        Stage::Closing => (Role::Notice, format!("{busy} putting back what was drained")),
        Stage::Running(batch) => {
            let doing = plan.intent.verb.doing();
            (Role::Notice, format!("{busy} {doing} {}", of(batch)).trim_end().to_owned())
        }
        Stage::Waiting(batch, until) => {
            let at = words::clock(until, scene.chrome.utc_offset_secs);
            (Role::Notice, format!("{busy} waiting until {at} before {}", of(batch)))
        }
        Stage::Releasing(_) => (Role::Notice, format!("{busy} giving the claims back")),
        Stage::Ended(Outcome::Failed) if operation.cancelled => {
            let text = "cancelled: what was begun went to its end, the rest was not begun";
            (
                Role::Warning,
                format!("{} {text}", outcome_sign(scene.chrome.glyphs, Outcome::Undone)),
            )
        }
        Stage::Ended(outcome) => {
            let sign = outcome_sign(scene.chrome.glyphs, outcome);
            (outcome_role(outcome), format!("{sign} {}: {}", outcome.name(), outcome.doc()))
        }
    }
}

pub(super) const fn outcome_role(outcome: Outcome) -> Role {
    match outcome {
        Outcome::Succeeded => Role::Ok,
        Outcome::Locked | Outcome::Stale | Outcome::Undone => Role::Warning,
        Outcome::Failed => Role::Critical,
        Outcome::Unknown => Role::Unknown,
    }
}

pub(super) const fn outcome_sign(glyphs: Glyphs, outcome: Outcome) -> &'static str {
    use crate::model::severity::Severity;
    glyphs.severity(match outcome {
        Outcome::Succeeded => Severity::Ok,
        Outcome::Locked | Outcome::Stale | Outcome::Undone => Severity::Warning,
        Outcome::Failed => Severity::Critical,
        Outcome::Unknown => Severity::Unknown,
    })
}

/// Sign and color of where a host stands.
fn phase(glyphs: Glyphs, phase: &Phase) -> (Role, &'static str) {
    match phase {
        Phase::Waiting | Phase::Claimed => (Role::Muted, "-"),
        Phase::Claiming | Phase::Staging | Phase::Launching | Phase::Running => {
            (Role::Notice, glyphs.busy())
        }
        Phase::Refused(_) | Phase::Unstaging(_) => (Role::Warning, "!"),
        Phase::Lost(..) => (Role::Unknown, "?"),
        Phase::Ended(outcome) => (outcome_role(*outcome), outcome_sign(glyphs, *outcome)),
    }
}

/// One host's part, and what is said of it.
pub(super) struct Part<'a> {
    /// What something is done to.
    pub(super) what: &'a str,
    pub(super) host: &'a HostId,
    /// Of its steps, in their order.
    pub(super) titles: Vec<&'a str>,
    pub(super) run: &'a HostRun,
}

/// Its steps, with so many lines of what the running one prints.
pub(super) fn write(scene: &Scene<'_>, page: &mut Page<'_, '_>, part: &Part<'_>, live: usize) {
    page.gap();
    let run = part.run;
    let (role, sign) = phase(scene.chrome.glyphs, &run.phase);
    let line = vec![
        scene.span(Role::Heading, format!("{} on {}  ", part.what, part.host.host)),
        scene.span(role, format!("{sign} {}", run.phase.name())),
    ];
    page.lines.push(Line::from(line));
    if let Some(why) = why(run) {
        page.say(role, &format!("  {why}"));
    }
    for (step, title) in run.steps.iter().zip(&part.titles) {
        page.lines.push(row(scene, part, step, title));
        if matches!(step.state, StepState::Running | StepState::Undoing) {
            output(scene, page, run, live);
        }
    }
}

/// Why a host is not as one would like.
fn why(run: &HostRun) -> Option<String> {
    match &run.phase {
        Phase::Refused(refusal) => Some(refusal.text()),
        Phase::Lost(fault, _) => {
            Some(format!("{fault}; it goes on by itself there, and is followed again"))
        }
        Phase::Staging => run.sent.map(|sent| sent.text()),
        Phase::Unstaging(fault) => Some(format!("{fault}; what runs was not touched")),
        // Of the others the steps say all.
        Phase::Ended(Outcome::Unknown) => run.result.clone(),
        Phase::Waiting
        | Phase::Claiming
        | Phase::Claimed
        | Phase::Launching
        | Phase::Running
        | Phase::Ended(_) => None,
    }
}

fn row(scene: &Scene<'_>, part: &Part<'_>, step: &StepRun, title: &str) -> Line<'static> {
    let glyphs = scene.chrome.glyphs;
    let ok = glyphs.severity(crate::model::severity::Severity::Ok);
    let bad = glyphs.severity(crate::model::severity::Severity::Critical);
    let busy = matches!(step.state, StepState::Running | StepState::Undoing);
    // Its runner died, or nobody hears of it.
    let unknown = busy && matches!(part.run.phase, Phase::Lost(..) | Phase::Ended(_));
    let (role, sign) = match step.state {
        _ if unknown => (Role::Unknown, "?"),
        StepState::Waiting => (Role::Muted, " "),
        StepState::Running | StepState::Undoing => (Role::Notice, glyphs.busy()),
        StepState::Done => (Role::Ok, ok),
        StepState::Undone | StepState::Cancelled => (Role::Warning, "!"),
        StepState::Failed(_) | StepState::UndoFailed(_) => (Role::Critical, bad),
    };
    let state = match step.state {
        state if unknown => format!("{}?", state.name()),
        StepState::Failed(124) => "failed: too late".to_owned(),
        StepState::Failed(status) | StepState::UndoFailed(status) => {
            format!("{} ({status})", step.state.name())
        }
        state => state.name().to_owned(),
    };
    let time = if unknown { String::new() } else { time(scene, part.host, step) };
    Line::from(vec![
        scene.span(role, format!("  {sign} {state:<16} ")),
        scene.span(Role::Muted, format!("{time:>7}  ")),
        scene.span(Role::Text, format!("{} {title}", step.number)),
    ])
}

/// How long a step took, or has taken so far.
fn time(scene: &Scene<'_>, host: &HostId, step: &StepRun) -> String {
    if let Some(took) = step.took {
        return format!("{:.1} s", took.as_secs_f64());
    }
    let busy = matches!(step.state, StepState::Running | StepState::Undoing);
    let Some(began) = step.began.filter(|_| busy) else { return String::new() };
    let boot = scene.model.fleet.host(host).and_then(|host| host.facts.value());
    boot.map_or_else(String::new, |facts| {
        format!("{} s", scene.model.now.since(facts.boot + began).as_secs())
    })
}

/// The last lines of what its steps print.
pub(super) fn output(scene: &Scene<'_>, page: &mut Page<'_, '_>, run: &HostRun, most: usize) {
    let (mark, _) = scene.chrome.glyphs.script();
    for text in run.output.lines(most) {
        let spans = vec![scene.span(Role::Muted, format!("      {mark}{text}"))];
        page.lines.push(Line::from(spans));
    }
}

/// One line a host, and the last words of those that failed.
fn results(scene: &Scene<'_>, page: &mut Page<'_, '_>, operation: &Operation) {
    page.heading("Results");
    let plan = operation.plan();
    for (place, (run, host)) in operation.runs.iter().zip(&plan.hosts).enumerate() {
        let (role, sign) = phase(scene.chrome.glyphs, &run.phase);
        let never = matches!(run.phase, Phase::Waiting | Phase::Claimed | Phase::Claiming);
        let name = if never { "not begun" } else { run.phase.name() };
        let failed = run.steps.iter().zip(&host.steps).find(|(step, _)| {
            matches!(step.state, StepState::Failed(_) | StepState::UndoFailed(_))
        });
        let at = failed.map_or_else(String::new, |(_, planned)| {
            format!(" at {} {}", planned.number, planned.title)
        });
        page.say(role, &format!("{sign} {} on {}: {name}{at}", host.service, host.host.host));
        if !run.succeeded() {
            output(scene, page, run, LAST);
            for line in remains(run, host, &operation.id.run(place)) {
                page.say(Role::Critical, &format!("  {line}"));
            }
        }
    }
}

//! What would be done, and the question whether it shall be. The answer that one gives without
//! thinking is no.

use std::time::Duration;

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::text::Span;

use super::page::Page;
use super::{below, boxed, plan_page, scrolled, top};
use crate::model::acting::Planning;
use crate::model::command::Command;
use crate::model::plan::{Plan, Withheld};
use crate::model::screen::{Input, Prompt};
use crate::model::verb::Verb;
use crate::ui::Role;
use crate::ui::chrome::tier_style;
use crate::ui::scene::Scene;
use crate::ui::text::width;
use crate::ui::viewports::Viewports;

/// What was seen that long ago may not be so any more.
const OLD: Duration = Duration::from_secs(60);

pub(super) fn draw(
    scene: &Scene<'_>,
    buf: &mut Buffer,
    area: Rect,
    viewports: &mut Viewports,
    (asked, scroll, typed): (u32, usize, Option<&(Prompt, Input)>),
) -> Option<Position> {
    let planning = scene.model.acting.planning.as_deref();
    let planning = planning.filter(|planning| planning.asked == asked);
    let Some(planning) = planning else {
        let inner = boxed(scene, buf, area, "Plan", None);
        viewports.learn_overlay(area, 0, 0);
        scene.put(buf, top(inner, 1), "This plan was given up.", scene.style(Role::Muted));
        return None;
    };
    let env = scene.model.fleet.env(&planning.intent.env);
    let name = format!("Plan: {}", planning.intent.title());
    let inner = boxed(scene, buf, area, &name, env);
    let question = question(scene, planning, typed);
    let asks = (question.len() as u16).min(inner.height);
    let text = Rect { height: inner.height - asks, ..inner };
    let mut page = Page::new(scene, text.width);
    plan_page::write(scene, &mut page, planning);
    scrolled(scene, buf, (area, text), viewports, &page.lines, scroll);
    let mut cursor = None;
    let place = below(inner, text.height);
    for (y, spans) in (place.y..place.bottom()).zip(&question) {
        let line = Rect { y, height: 1, ..place };
        if let Some(env) = env.filter(|_| y == place.y) {
            // A line in the tier's own look: where the answer is given one sees for what.
            buf.set_style(line, tier_style(scene.chrome, env.tier));
        }
        let end = scene.put_spans(buf, line, spans);
        if let Some((_, input)) = typed.filter(|_| y + 1 == place.bottom()) {
            let behind = width(input.text.get(input.cursor..).unwrap_or("")) as u16;
            cursor = Some(Position { x: end.saturating_sub(behind).min(line.right() - 1), y });
        }
    }
    cursor
}

/// The lines beneath the plan: what stands against it, and how it is answered.
fn question(
    scene: &Scene<'_>,
    planning: &Planning,
    typed: Option<&(Prompt, Input)>,
) -> Vec<Vec<Span<'static>>> {
    let key = |command| scene.chrome.key(command).unwrap_or_default();
    let (back, again) = (key(Command::Back), key(Command::Refresh));
    let head = |text: String| vec![Span::raw(format!(" {text}"))];
    let tier = scene.model.fleet.env(&planning.intent.env).map_or("", |env| env.tier.name());
    let place = format!("{} ({tier})", planning.intent.env);
    let answer = |parts: &[(&str, &str)]| {
        let mut spans = vec![Span::raw(" ")];
        for (key, label) in parts {
            spans.push(scene.span(Role::Key, (*key).to_owned()));
            spans.push(scene.span(Role::Muted, format!(" {label}  ")));
        }
        spans
    };
    let revision = key(Command::PlanRevision);
    let deploys = planning.intent.verb == Verb::Deploy;
    if let Some((Prompt::Revision, input)) = typed {
        let says = "a branch, a tag or a whole commit (empty: the config's)";
        return vec![head(format!("{place}: {says}")), prompt(scene, input)];
    }
    let plan = match &planning.made {
        None => {
            let hosts: Vec<&str> = planning.waits_for().map(|id| id.host.host.as_str()).collect();
            return vec![
                head(format!("{place}: asking {}", hosts.join(", "))),
                answer(&[(&back, "give up")]),
            ];
        }
        Some(Err(_)) => {
            let password = key(Command::PlanPassword);
            let mut keys = vec![(back.as_str(), "close"), (again.as_str(), "ask again")];
            if deploys {
                keys.push((revision.as_str(), "another revision"));
            }
            if planning.lacks_rights().is_some() {
                keys.push((password.as_str(), "let sudo ask for its password"));
            }
            return vec![head(format!("{place}: there is no plan")), answer(&keys)];
        }
        Some(Ok(plan)) => plan,
    };
    let age = age(scene, plan);
    if let Some((_, input)) = typed {
        let says = format!("{place}: type {} and enter to run it; esc leaves it", plan.phrase());
        return vec![head(says), prompt(scene, input)];
    }
    let confirm = key(Command::PlanConfirm);
    let permits = &scene.model.acting.permits;
    let withheld = permits.permit(plan.env(), plan.protected, scene.model.now).err();
    let unlock = key(Command::Unlock);
    let (says, mut keys) = match withheld {
        Some(Withheld::ReadOnly) => {
            ("this console only reads: it cannot be run".to_owned(), Vec::new())
        }
        Some(Withheld::Locked) => (
            format!("locked: {unlock} unlocks it, then this can be run"),
            vec![(unlock.as_str(), "unlock")],
        ),
        None if plan.is_typed() => (
            format!("run it? {confirm}, then its name: {}", plan.phrase()),
            vec![(confirm.as_str(), "type its name")],
        ),
        None => (format!("run it? {confirm} runs it"), vec![(confirm.as_str(), "run it")]),
    };
    let leave = format!("{back} or enter");
    keys.push((&leave, "leave it"));
    let others = format!("{} {}", key(Command::PlanOlder), key(Command::PlanNewer));
    match plan.intent.verb {
        Verb::Deploy => keys.push((&revision, "another revision")),
        Verb::Rollback => keys.push((&others, "another release")),
        Verb::Restore => keys.push((&others, "another copy")),
        _ => {}
    }
    let mut last = answer(&keys);
    match age {
        Some(age) => {
            let text = format!("looked at {age} ago: {again} looks again");
            last.push(scene.span(Role::Warning, text));
        }
        None => last.push(scene.span(Role::Muted, format!("hash {}", plan.hash()))),
    }
    vec![head(format!("{place}: {says}")), last]
}

/// What is typed.
fn prompt(scene: &Scene<'_>, input: &Input) -> Vec<Span<'static>> {
    vec![Span::raw(" "), scene.span(Role::Key, "> "), scene.span(Role::Text, input.text.clone())]
}

/// How old the oldest look is, where it is too old.
fn age(scene: &Scene<'_>, plan: &Plan) -> Option<String> {
    let oldest = plan.hosts.iter().map(|host| host.seen).min()?;
    let age = scene.model.now.since(oldest);
    (age > OLD).then(|| crate::ui::words::age(age))
}

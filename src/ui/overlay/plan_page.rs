//! A plan as a page: first what is done where in a few lines, then every script as it is shipped.

use ratatui::text::Line;

use super::page::Page;
use crate::model::acting::Planning;
use crate::model::plan::{Change, HostPlan, Launcher, Plan, Rollout, Step, Undo};
use crate::model::text::clean;
use crate::model::verb::Verb;
use crate::ui::scene::Scene;
use crate::ui::text::chop;
use crate::ui::{Role, words};

pub(super) fn write(scene: &Scene<'_>, page: &mut Page<'_, '_>, planning: &Planning) {
    match &planning.made {
        None => waiting(scene, page, planning),
        Some(Err(refusals)) => {
            page.say(Role::Text, "It cannot be done, and nothing was changed:");
            for (id, why) in refusals {
                page.gap();
                page.say(Role::Heading, &format!("{} on {}", id.service, id.host.host));
                page.say(Role::Warning, &format!("  {why}"));
            }
        }
        Some(Ok(plan)) => whole(scene, page, plan),
    }
}

fn waiting(scene: &Scene<'_>, page: &mut Page<'_, '_>, planning: &Planning) {
    page.say(Role::Text, "Every host is looked at anew; nothing is changed by that.");
    page.gap();
    for (id, look) in &planning.looks {
        let (role, says) = match look {
            None => (Role::Muted, "is being asked"),
            Some(Ok(_)) => (Role::Ok, "was looked at"),
            Some(Err(_)) => (Role::Warning, "cannot be looked at"),
        };
        let up = scene.model.fleet.host(&id.host).is_some_and(|host| host.link.is_up());
        let link = if look.is_none() && !up { ": it is not connected" } else { "" };
        page.say(role, &format!("{} on {} {says}{link}", id.service, id.host.host));
    }
}

fn whole(scene: &Scene<'_>, page: &mut Page<'_, '_>, plan: &Plan) {
    page.say(Role::Heading, &plan.title());
    page.fact("environment", format!("{} ({})", plan.env(), plan.tier.name()));
    page.fact_in(role_of(plan.change()), "does", change(plan.change()));
    rollout(page, plan);
    page.fact("hash", plan.hash().to_owned());
    for host in &plan.hosts {
        page.gap();
        page.say(Role::Heading, &format!("{} on {}", host.service, host.host.host));
        for line in &host.brings {
            page.say(Role::Text, &format!("+ {}", clean(line, 400)));
        }
        for warning in &host.warnings {
            page.say(Role::Warning, &format!("! {warning}"));
        }
        for step in &host.steps {
            page.say(role_of(step.change), &headline(step));
        }
    }
    for host in &plan.hosts {
        details(scene, page, host);
    }
}

/// A step in one line: its undo is told of where it matters.
fn headline(step: &Step) -> String {
    let undo = match &step.undo {
        Undo::NotNeeded => String::new(),
        Undo::Script(_) => "; undone by a script of its own".to_owned(),
        Undo::NotPossible(why) => format!("; no undo: {why}"),
    };
    format!("{} {} [{}{undo}]", step.number, step.title, mark(step.change))
}

const fn mark(change: Change) -> &'static str {
    match change {
        Change::Irreversible => "IRREVERSIBLE",
        Change::ReadOnly | Change::Additive | Change::Reversible => change.name(),
    }
}

const fn role_of(change: Change) -> Role {
    match change {
        Change::ReadOnly => Role::Muted,
        Change::Additive | Change::Reversible => Role::Text,
        Change::Irreversible => Role::Warning,
    }
}

const fn change(change: Change) -> &'static str {
    match change {
        Change::ReadOnly => "nothing but look",
        Change::Additive => "add something that was not there",
        Change::Reversible => "something that can be taken back",
        Change::Irreversible => "something that CANNOT be taken back",
    }
}

fn rollout(page: &mut Page<'_, '_>, plan: &Plan) {
    for serving in &plan.serving {
        let (need, all) = (serving.need(), serving.instances.len());
        let text = format!("{need} of {all} instances of {}, or no batch begins", serving.service);
        page.fact("must serve", text);
    }
    for drain in &plan.drains {
        let Some(host) = plan.hosts.get(drain.place) else { continue };
        let text = format!(
            "nginx on {} sends nothing to a batch while it is worked on, {} batch{}",
            host.host.host,
            drain.parts.len(),
            if drain.parts.len() == 1 { "" } else { "es" }
        );
        page.fact("drains", text);
    }
    if plan.intent.verb == Verb::Deploy {
        page.fact("on failure", plan.rollout.on_fail.doc());
    }
    if plan.batches.len() < 2 {
        return;
    }
    let Rollout { max_failures, wait, .. } = plan.rollout;
    for (number, batch) in plan.batches.iter().enumerate() {
        let names: Vec<String> = batch
            .iter()
            .filter_map(|place| plan.hosts.get(*place))
            .map(|host| format!("{} on {}", host.service, host.host.host))
            .collect();
        page.fact(&format!("batch {}", number + 1), names.join(", "));
    }
    let pause = if wait.is_zero() {
        String::new()
    } else {
        format!("{} s between two batches; ", wait.as_secs())
    };
    let s = if max_failures == 1 { "" } else { "s" };
    page.fact("goes on", format!("{pause}with at most {max_failures} host{s} failed"));
}

fn details(scene: &Scene<'_>, page: &mut Page<'_, '_>, host: &HostPlan) {
    page.heading(&format!("The scripts for {} on {}", host.service, host.host.host));
    let runs = match host.launcher {
        Launcher::Systemd(_) => "as a unit of systemd on the host",
        Launcher::Setsid => "in a session of its own on the host",
    };
    page.fact("runs", runs);
    page.fact("locks", &*host.subject);
    let at = words::clock(host.seen, scene.chrome.utc_offset_secs);
    let ago = words::age(scene.model.now.since(host.seen));
    let seen = format!("{at}, {ago} ago; it is looked at again before the first step");
    page.fact("looked at", seen);
    for fact in &host.facts {
        let value = if fact.value.is_empty() { "-" } else { fact.value.as_str() };
        page.fact(&fact.name, value);
    }
    if let Some(load) = &host.load {
        page.gap();
        page.say(Role::Text, &format!("Before the first step: {}", clean(&load.title(), 400)));
        for rule in &load.rules {
            page.say(Role::Muted, &clean(rule, 400));
        }
    }
    if !host.common.is_empty() {
        page.gap();
        page.say(Role::Text, "What these steps read first");
        script(scene, page, &host.common);
    }
    for step in &host.steps {
        page.gap();
        page.say(role_of(step.change), &headline(step));
        page.say(Role::Muted, &format!("ended after {} s", step.limit.as_secs()));
        script(scene, page, &step.script);
        if let Undo::Script(undo) = &step.undo {
            page.say(Role::Muted, "its undo:");
            script(scene, page, undo);
        }
    }
}

/// Every character of it, as it is shipped.
fn script(scene: &Scene<'_>, page: &mut Page<'_, '_>, text: &str) {
    let (first, rest) = scene.chrome.glyphs.script();
    for line in text.lines() {
        let mut mark = first;
        for piece in chop(&clean(line, 4000), page.columns().saturating_sub(2)) {
            let spans = vec![scene.span(Role::Muted, mark), scene.span(Role::Text, piece)];
            page.lines.push(Line::from(spans));
            mark = rest;
        }
    }
}

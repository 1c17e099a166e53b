//! Interventions: each is asked for by a key, says what it would do, and is done when what it wants
//! has been typed. Nothing is broken whose runner lives: the host itself says so, under its own lock.

use super::{keys, say, sight, typing};
use crate::effect::{Ask, Effect};
use crate::model::Model;
use crate::model::acting::{OpRow, place_of, rows};
use crate::model::ids::HostId;
use crate::model::offer;
use crate::model::operation::{Need, Verdict};
use crate::model::screen::{Input, Intervention, Overlay, parts};
use crate::model::severity::Severity;
use crate::msg::Edit;

/// What can be done about the chosen row of the list of operations.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    Cancel,
    Undo,
    Release,
    Thaw,
}

/// Asks why nothing is to be done to the selected service.
pub(super) fn freeze(model: &mut Model) {
    if model.screen.board {
        return;
    }
    match sight::instance(model) {
        Some(id) => ask(model, Intervention::Freeze(id)),
        None => say(model, Severity::Info, "select a service to freeze it"),
    }
}

/// Asks for what has to be typed, where that can be done about the chosen row.
pub(super) fn of_row(model: &mut Model, way: Way) {
    let Some(Overlay::Operations { chosen }) = model.screen.overlays.last() else {
        say(model, Severity::Info, "this is for the list of operations");
        return;
    };
    let rows = rows(&model.acting);
    let row = rows.get(place_of(&rows, chosen.as_ref()));
    let what = match (row, way) {
        (Some(OpRow::Frozen(host, freeze)), Way::Thaw) => {
            Ok(Intervention::Thaw((*host).clone(), freeze.subject.clone()))
        }
        (Some(OpRow::Frozen(..)), _) => Err("it is a freeze: lift it, or leave it"),
        (_, Way::Thaw) => Err("only a freeze can be lifted"),
        (Some(OpRow::Own(_)), _) => Err("it was begun here: open it"),
        (Some(OpRow::Foreign(host, foreign)), _) => {
            let (env, op) = (host.env.clone(), foreign.run.op());
            let parts = parts(&model.acting, &op);
            let runs = parts.iter().any(|(_, part)| part.verdict() == Verdict::Running);
            let needs = |need: &dyn Fn(Need) -> bool| {
                parts.iter().filter_map(|(_, part)| part.need()).any(need)
            };
            match way {
                Way::Cancel if runs => Ok(Intervention::Cancel(env, op)),
                Way::Cancel => Err("it runs on no host any more"),
                _ if runs => Err("its runner lives: it can be cancelled, and goes on until then"),
                Way::Undo if needs(&|need| need == Need::Undo) => Ok(Intervention::Undo(env, op)),
                Way::Undo => Err("it left nothing begun that could be taken back"),
                Way::Release if needs(&|_| true) => Ok(Intervention::Release(env, op)),
                Way::Release | Way::Thaw => Err("it is over and holds nothing"),
            }
        }
        (None, _) => Err("there is nothing in the list"),
    };
    match what {
        Ok(what) => ask(model, what),
        Err(why) => say(model, Severity::Info, why),
    }
}

/// Asks, where it may be done at all.
fn ask(model: &mut Model, what: Intervention) {
    let env = what.env();
    let protected = model.fleet.env(env).is_none_or(|env| env.protected);
    match model.acting.permits.permit(env, protected, model.now) {
        Ok(_) => keys::top(model, Overlay::Intervene { what, typed: Input::default() }),
        Err(withheld) => {
            let text = withheld.text(env);
            say(model, Severity::Warning, text);
        }
    }
}

/// A key in the prompt.
pub(super) fn typed(model: &mut Model, edit: Edit) -> Vec<Effect> {
    let Some(Overlay::Intervene { what, mut typed }) = model.screen.overlays.pop() else {
        return Vec::new();
    };
    match edit {
        Edit::Cancel => return Vec::new(),
        Edit::Accept => match accept(model, &what, typed.text.trim()) {
            Ok(effects) => {
                let asked = effects.iter().filter_map(|effect| match effect {
                    Effect::Act(_, Ask::List) => None,
                    Effect::Act(host, _) => Some(host.clone()),
                    _ => None,
                });
                model.acting.pending.extend(asked);
                say(model, Severity::Info, "its hosts are asked");
                return effects;
            }
            Err(why) => say(model, Severity::Warning, why),
        },
        edit => typing::change(&mut typed, edit),
    }
    model.screen.overlays.push(Overlay::Intervene { what, typed });
    Vec::new()
}

fn accept(model: &Model, what: &Intervention, text: &str) -> Result<Vec<Effect>, String> {
    match what.phrase() {
        None if text.is_empty() => {
            return Err("a freeze needs a reason: others have to know why".to_owned());
        }
        Some(phrase) if !text.eq_ignore_ascii_case(&phrase) => {
            return Err(format!("type {phrase}, or esc leaves it as it is"));
        }
        None | Some(_) => {}
    }
    let env = what.env();
    let protected = model.fleet.env(env).is_none_or(|env| env.protected);
    let permits = &model.acting.permits;
    let permit =
        permits.permit(env, protected, model.now).map_err(|withheld| withheld.text(env))?;
    let operator = model.operator.clone();
    let mut asks: Vec<(HostId, Ask)> = Vec::new();
    match what {
        Intervention::Freeze(id) => {
            for one in offer::instances(&model.fleet, id) {
                let host = model.fleet.host(&one.host);
                let Some(instance) = host.and_then(|host| host.instances.get(&one.service)) else {
                    continue;
                };
                let (permit, operator) = (permit.clone(), operator.clone());
                let (subject, reason, at) = (instance.kind.subject(), text.into(), model.now);
                asks.push((one.host, Ask::Freeze { permit, subject, reason, operator, at }));
            }
        }
        Intervention::Thaw(host, subject) => {
            asks.push((host.clone(), Ask::Thaw { permit, subject: subject.clone(), operator }));
        }
        Intervention::Cancel(_, op) => {
            for (host, part) in parts(&model.acting, op) {
                if part.verdict() == Verdict::Running {
                    asks.push((host.clone(), Ask::Cancel(permit.clone(), part.run.clone())));
                }
            }
        }
        Intervention::Undo(_, op) | Intervention::Release(_, op) => {
            let takes_back = matches!(what, Intervention::Undo(..));
            for (host, part) in parts(&model.acting, op) {
                let Some(need) = part.need() else { continue };
                let (permit, operator) = (permit.clone(), operator.clone());
                let (subject, run) = (part.subject.clone(), part.run.clone());
                if takes_back && need == Need::Undo {
                    asks.push((host.clone(), Ask::Revert { permit, subject, run, operator }));
                    continue;
                }
                if part.verdict() == Verdict::Orphaned {
                    asks.push((host.clone(), Ask::End(permit.clone(), run.clone())));
                }
                asks.push((host.clone(), Ask::Break { permit, subject, run, operator }));
            }
        }
    }
    if asks.is_empty() {
        return Err("nothing is left to be done about it".to_owned());
    }
    let mut hosts: Vec<HostId> = asks.iter().map(|(host, _)| host.clone()).collect();
    hosts.sort();
    hosts.dedup();
    // A host answers in the order in which it is asked: the list behind it shows what came of it.
    let asks = asks.into_iter().map(|(host, ask)| Effect::Act(host, ask));
    Ok(asks.chain(hosts.into_iter().map(|host| Effect::Act(host, Ask::List))).collect())
}

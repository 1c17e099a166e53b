//! Interventions: each is asked for by a key, says what it would do, and is done when what it wants
//! has been typed. Nothing is broken whose runner lives: the host itself says so, under its own lock.

use super::{keys, say, sight, typing};
use crate::effect::{Ask, Effect, settle};
use crate::model::Model;
use crate::model::acting::{OpRow, place_of, rows};
use crate::model::ids::{EnvName, HostId};
use crate::model::offer;
use crate::model::operation::{Need, OpId, Verdict};
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
    let what = match model.screen.overlays.last() {
        Some(Overlay::Attached { .. }) => match model.acting.attached.as_deref() {
            Some(attached) => of_foreign(model, &attached.env, &attached.op, way),
            None => Err("nothing is known of it any more"),
        },
        Some(Overlay::Operations { chosen }) => {
            let rows = rows(&model.acting);
            match rows.get(place_of(&rows, chosen.as_ref())) {
                Some(OpRow::Frozen(host, freeze)) if way == Way::Thaw => {
                    Ok(Intervention::Thaw((*host).clone(), freeze.subject.clone()))
                }
                Some(OpRow::Frozen(..)) => Err("it is a freeze: lift it, or leave it"),
                Some(OpRow::Own(_)) => Err("it was begun here: open it"),
                Some(OpRow::Foreign(host, foreign)) => {
                    of_foreign(model, &host.env, &foreign.run.op(), way)
                }
                None => Err("there is nothing in the list"),
            }
        }
        _ => Err("this is for the list of operations"),
    };
    match what {
        Ok(what) => ask(model, what),
        Err(why) => say(model, Severity::Info, why),
    }
}

/// What can be done about somebody's operation, as hosts told of it last.
fn of_foreign(
    model: &Model,
    env: &EnvName,
    op: &OpId,
    way: Way,
) -> Result<Intervention, &'static str> {
    let parts = parts(&model.acting, op);
    let runs = parts.iter().any(|(_, part)| part.verdict() == Verdict::Running);
    let needs =
        |need: &dyn Fn(Need) -> bool| parts.iter().filter_map(|(_, part)| part.need()).any(need);
    let (env, op) = (env.clone(), op.clone());
    match way {
        Way::Cancel if runs => Ok(Intervention::Cancel(env, op)),
        Way::Cancel => Err("it runs on no host any more"),
        Way::Thaw => Err("only a freeze can be lifted"),
        _ if runs => Err("its runner lives: it can be cancelled, and goes on until then"),
        Way::Undo if needs(&|need| need == Need::Undo) => Ok(Intervention::Undo(env, op)),
        Way::Undo => Err("it left nothing begun that could be taken back"),
        Way::Release if needs(&|_| true) => Ok(Intervention::Release(env, op)),
        Way::Release => Err("it is over and holds nothing"),
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
                let of_host = settle(&permit, &operator, part, takes_back);
                asks.extend(of_host.into_iter().map(|ask| (host.clone(), ask)));
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

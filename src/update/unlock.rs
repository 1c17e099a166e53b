//! Unlocking a protected environment for a while, with a reason, and locking it again. Touches no
//! host: it is what has to be done before a plan can be confirmed there.

use std::time::Duration;

use super::{keys, say, sight, timeline, typing};
use crate::model::Model;
use crate::model::audit::{Deed, Entry};
use crate::model::event::{Event, EventKind};
use crate::model::ids::EnvName;
use crate::model::plan::Unlocked;
use crate::model::screen::{Input, Overlay, UnlockField};
use crate::model::severity::Severity;
use crate::msg::Edit;

/// Unless somebody says otherwise.
const MINUTES: &str = "15";
/// Longer than a shift nobody remembers that it is open.
const MOST: u64 = 480;

/// Asks for a reason, or locks what is unlocked.
pub(super) fn toggle(model: &mut Model) {
    if model.screen.board {
        return;
    }
    if model.acting.permits.is_read_only() {
        say(model, Severity::Info, "this console only reads (--read-only); nothing unlocks it");
        return;
    }
    let env = sight::env(model).or_else(|| match model.fleet.envs.as_slice() {
        [one] => Some(one.name.clone()),
        _ => None,
    });
    let Some(env) = env else {
        say(model, Severity::Info, "select something of the environment that is to be unlocked");
        return;
    };
    if model.acting.permits.unlocked(&env).is_some() {
        model.acting.permits.lock(&env);
        audit(model, &env, Deed::Lock, "by hand");
        tell(model, &env, "locked", &format!("{env} was locked again"));
        say(model, Severity::Info, format!("{env} is locked again"));
        return;
    }
    if !model.fleet.env(&env).is_some_and(|env| env.protected) {
        say(model, Severity::Info, format!("{env} is not protected; it needs no unlocking"));
        return;
    }
    let (reason, minutes) = (Input::default(), Input::new(MINUTES));
    let field = UnlockField::default();
    keys::top(model, Overlay::Unlock { env, reason, minutes, field });
}

/// A key in the prompt.
pub(super) fn typed(model: &mut Model, edit: Edit) {
    let Some(Overlay::Unlock { env, mut reason, mut minutes, mut field }) =
        model.screen.overlays.pop()
    else {
        return;
    };
    match (edit, field) {
        (Edit::Cancel, _) => return,
        (Edit::Accept, _) => match accept(model, &env, &reason.text, &minutes.text) {
            Ok(()) => return,
            Err((which, refusal)) => {
                field = which;
                say(model, Severity::Warning, refusal);
            }
        },
        (Edit::Down | Edit::Up, _) => field = field.other(),
        (edit, UnlockField::Reason) => typing::change(&mut reason, edit),
        (edit, UnlockField::Minutes) => typing::change(&mut minutes, edit),
    }
    model.screen.overlays.push(Overlay::Unlock { env, reason, minutes, field });
}

fn accept(
    model: &mut Model,
    env: &EnvName,
    reason: &str,
    minutes: &str,
) -> Result<(), (UnlockField, String)> {
    let reason = reason.trim();
    if reason.is_empty() {
        return Err((UnlockField::Reason, "why? the reason is kept in the timeline".to_owned()));
    }
    let minutes: u64 = minutes
        .trim()
        .parse()
        .ok()
        .filter(|n| (1..=MOST).contains(n))
        .ok_or_else(|| (UnlockField::Minutes, format!("for how many minutes? 1 to {MOST}")))?;
    let until = model.now + Duration::from_secs(minutes * 60);
    let unlocked = Unlocked { reason: reason.into(), until };
    let permits = &mut model.acting.permits;
    let withheld = permits.unlock(env.clone(), unlocked).map_err(|withheld| withheld.text(env));
    withheld.map_err(|why| (UnlockField::Reason, why))?;
    let text = format!("{env} was unlocked by {} for {minutes} min: {reason}", model.operator);
    audit(model, env, Deed::Unlock, &format!("for {minutes} min: {reason}"));
    tell(model, env, "unlocked", &text);
    say(model, Severity::Info, format!("{env} is unlocked for {minutes} min"));
    Ok(())
}

/// It is written down what may be done, like what is.
fn audit(model: &mut Model, env: &EnvName, deed: Deed, about: &str) {
    let protected = model.fleet.env(env).is_none_or(|env| env.protected);
    let mut entry = Entry::new(deed, model.now, env.clone(), protected);
    about.clone_into(&mut entry.about);
    model.acting.unaudited.push(entry);
}

fn tell(model: &mut Model, env: &EnvName, to: &str, text: &str) {
    let event = Event::new(model.now, EventKind::Action, None, Severity::Info, text);
    timeline::tell(model, vec![event.about(env.as_str(), "unlock").turned("", to)]);
}

/// Tells of those whose time is over.
pub(super) fn tick(model: &mut Model) {
    for env in model.acting.permits.expire(model.now) {
        let text = format!("{env} is locked again: its time is over");
        audit(model, &env, Deed::Lock, "its time is over");
        tell(model, &env, "locked", &text);
        say(model, Severity::Info, text);
    }
}

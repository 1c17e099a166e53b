//! Another release than the one that is planned to be gone back to, another revision than the one that would be
//! deployed, or another copy than the one from which
//! data is to be brought back.

use super::{acts, say};
use crate::effect::Effect;
use crate::model::Model;
use crate::model::acting::Planning;
use crate::model::backup::Copy;
use crate::model::deploy::{Release, is_reference};
use crate::model::plan::{Input, Intent};
use crate::model::screen::{Input as Field, Overlay, Prompt};
use crate::model::severity::Severity;
use crate::model::text::clean;
use crate::model::verb::Verb;

/// Plans to go back to the next older or newer one that was healthy on every host.
pub(super) fn other(model: &mut Model, older: bool) -> Vec<Effect> {
    match next(model, older) {
        Some(Ok(intent)) => acts::plan(model, intent),
        Some(Err(why)) => {
            say(model, Severity::Info, why);
            Vec::new()
        }
        None => Vec::new(),
    }
}

/// Asks for another revision than the one that would be deployed.
pub(super) fn ask(model: &mut Model) {
    let deploys = |planning: &Planning| planning.intent.verb == Verb::Deploy;
    let planned = model.acting.planning.as_deref();
    let Some(Overlay::Plan { asked, typed, .. }) = model.screen.overlays.last_mut() else { return };
    match planned.filter(|planning| planning.asked == *asked) {
        Some(planning) if deploys(planning) => {
            let before = match &planning.intent.input {
                Input::Revision(Some(wanted)) => wanted,
                _ => "",
            };
            *typed = Some((Prompt::Revision, Field::new(before)));
        }
        _ => say(model, Severity::Info, "only a deploy has another revision".to_owned()),
    }
}

/// Plans to deploy that revision; nothing is the config's.
pub(super) fn named(model: &mut Model, wanted: &str) -> Vec<Effect> {
    let wanted = (!wanted.is_empty()).then(|| wanted.to_owned());
    if let Some(wanted) = wanted.as_deref().filter(|wanted| !is_reference(wanted)) {
        let text = clean(wanted, 64);
        say(
            model,
            Severity::Warning,
            format!("`{text}` is no name of a branch, a tag or a commit"),
        );
        return Vec::new();
    }
    let Some(planning) = model.acting.planning.as_deref() else { return Vec::new() };
    let intent = Intent { input: Input::Revision(wanted), ..planning.intent.clone() };
    acts::plan(model, intent)
}

fn next(model: &Model, older: bool) -> Option<Result<Intent, String>> {
    let Overlay::Plan { asked, .. } = model.screen.overlays.last()? else { return None };
    let planning = model.acting.planning.as_deref()?;
    if planning.asked == *asked && planning.intent.verb == Verb::Restore {
        return copy(planning, older);
    }
    if planning.asked != *asked || planning.intent.verb != Verb::Rollback {
        return Some(Err(
            "only a rollback has other releases, and a restore other copies".to_owned()
        ));
    }
    let looks: Vec<_> = planning
        .looks
        .values()
        .filter_map(|look| look.as_ref()?.as_ref().ok()?.0.deploy.as_deref())
        .collect();
    let (first, rest) = looks.split_first()?;
    let everywhere = |release: &&Release| {
        rest.iter().all(|look| look.choices().iter().any(|one| one.revision == release.revision))
    };
    let choices: Vec<&Release> = first.choices().into_iter().filter(everywhere).collect();
    let place = match &planning.made {
        Some(Ok(plan)) => {
            let facts = plan.hosts.first().map_or(&[][..], |host| &host.facts);
            let now = facts.iter().find(|fact| fact.name == "revision")?;
            choices.iter().position(|release| *release.revision == *now.value)
        }
        Some(Err(_)) | None => None,
    };
    let next = match (place, older) {
        (Some(place), true) => place.checked_add(1),
        (Some(place), false) => place.checked_sub(1),
        (None, _) => Some(0),
    };
    let Some(release) = next.and_then(|next| choices.get(next)) else {
        let which = if older { "older" } else { "newer" };
        return Some(Err(format!("no {which} release that was healthy is kept there")));
    };
    let input = Input::Revision(Some(release.revision.to_string()));
    Some(Ok(Intent { input, ..planning.intent.clone() }))
}

/// The next older or newer copy than the one that is planned to be brought back, or was refused.
fn copy(planning: &Planning, older: bool) -> Option<Result<Intent, String>> {
    let Input::Restore { from, phrase } = &planning.intent.input else { return None };
    let look = planning.looks.values().find_map(|look| look.as_ref()?.as_ref().ok())?;
    let look = look.0.backup.as_deref()?;
    let mut copies: Vec<&Copy> = look.facts.copies.iter().collect();
    copies.sort_by_key(|copy| std::cmp::Reverse(copy.at));
    // The one that was looked into last is the one that is taken, or nothing is.
    let now = match from {
        Some(from) => from.rsplit('/').next().unwrap_or_default(),
        None => look.proofs.last().map_or("", |proof| &*proof.copy.name),
    };
    let place = copies.iter().position(|copy| *copy.name == *now);
    let next = match (place, older) {
        (Some(place), true) => place.checked_add(1),
        (Some(place), false) => place.checked_sub(1),
        (None, _) => Some(0),
    };
    let Some(copy) = next.and_then(|next| copies.get(next)) else {
        let which = if older { "older" } else { "newer" };
        return Some(Err(format!("no {which} copy is there")));
    };
    let input = Input::Restore { from: Some(copy.name.to_string()), phrase: phrase.clone() };
    Some(Ok(Intent { input, ..planning.intent.clone() }))
}

//! Another release than the one that is planned to be gone back to.

use super::{acts, say};
use crate::effect::Effect;
use crate::model::Model;
use crate::model::deploy::Release;
use crate::model::plan::{Input, Intent};
use crate::model::screen::Overlay;
use crate::model::severity::Severity;
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

fn next(model: &Model, older: bool) -> Option<Result<Intent, String>> {
    let Overlay::Plan { asked, .. } = model.screen.overlays.last()? else { return None };
    let planning = model.acting.planning.as_deref()?;
    if planning.asked == *asked && planning.intent.verb == Verb::Restore {
        return Some(Err(
            "`quarterdeck restore NAME --from COPY` plans it from another copy".to_owned()
        ));
    }
    if planning.asked != *asked || planning.intent.verb != Verb::Rollback {
        return Some(Err("only a rollback has other releases".to_owned()));
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

//! To which release one goes back.

use crate::model::deploy::{DeployLook, DeploySpec, Release, Strategy};
use crate::model::plan::{Input, Intent};

/// The release that is gone back to.
pub(super) fn back_to<'a>(
    intent: &Intent,
    spec: &DeploySpec,
    look: &'a DeployLook,
) -> Result<&'a Release, String> {
    let there = |release: &&Release| match spec.strategy {
        Strategy::Release { .. } => !look.link.ends_with(&*release.id),
        Strategy::Git { .. }
        | Strategy::Script { .. }
        | Strategy::Rsync(_)
        | Strategy::UnitTemplate(_) => release.revision != look.current,
    };
    let (known, contract) = look.reachable();
    let found = match &intent.input {
        Input::Revision(Some(wanted)) => named(wanted, (look, known), there),
        Input::None
        | Input::Revision(None)
        | Input::Signal(_)
        | Input::DropIn(_)
        | Input::Restore { .. }
        | Input::Sync { .. }
        | Input::Action(..) => before(look, known),
    };
    match contract {
        Some(migration) if found.is_err() => Err(format!(
            "its data was migrated for {} by {} for good: what was there before does not know it any more. \
             What remains is a newer revision, or the data of a backup (`quarterdeck restore`) and then the \
             older one by `deploy --revision`",
            migration.short(),
            migration.by
        )),
        _ => found,
    }
}

/// The one that somebody names.
fn named<'a>(
    wanted: &str,
    (look, known): (&'a DeployLook, &'a [Release]),
    other: impl Fn(&&Release) -> bool,
) -> Result<&'a Release, String> {
    let is = |release: &&Release| {
        let part = release.id.ends_with(wanted) || release.revision.starts_with(wanted);
        *release.id == *wanted || (wanted.len() >= 4 && part)
    };
    // Of several of one revision the one that is kept.
    let mut fits: Vec<&Release> = known.iter().filter(is).collect();
    fits.sort_by_key(|release| !(release.kept && release.healthy));
    let Some(found) = fits.first().copied() else {
        let mut names: Vec<&str> = Vec::new();
        for release in look.releases.iter().filter(|release| release.healthy) {
            if !names.contains(&release.short()) && names.len() < 8 {
                names.push(release.short());
            }
        }
        let names = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
        return Err(format!("no release `{wanted}` is written down there; healthy were: {names}"));
    };
    if !found.healthy {
        return Err(format!("{} was never healthy there", found.short()));
    }
    if !found.kept {
        let revision = found.short();
        return Err(format!("{revision} was tidied up: deploy it again with `--revision`"));
    }
    if !other(&found) {
        return Err(format!("{} is what is there", found.short()));
    }
    Ok(found)
}

/// The revision that was deployed before the one that is there came for the first time, however often that was
/// deployed since: whoever goes back twice does not come to where they began.
fn before<'a>(look: &'a DeployLook, known: &'a [Release]) -> Result<&'a Release, String> {
    let other = |release: &Release| release.revision != look.current;
    let first = known.iter().rposition(|release| release.healthy && !other(release));
    let older = known.iter().skip(first.map_or(0, |first| first + 1));
    let mut older = older.filter(|release| release.healthy && release.kept && other(release));
    older.next().ok_or_else(|| {
        let others: Vec<&str> = look.choices().iter().map(|release| release.short()).collect();
        let others = match others.as_slice() {
            [] => "and no other is kept there".to_owned(),
            some => format!("`--to` goes to another one: {}", some.join(", ")),
        };
        format!(
            "no release before it that was healthy is written down there: there is nothing to go back to; \
             {others}"
        )
    })
}

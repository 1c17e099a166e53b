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
    match &intent.input {
        Input::Revision(Some(wanted)) => named(wanted, look, there),
        Input::None
        | Input::Revision(None)
        | Input::Signal(_)
        | Input::DropIn(_)
        | Input::Restore { .. }
        | Input::Action(..) => before(look, there),
    }
}

/// The one that somebody names.
fn named<'a>(
    wanted: &str,
    look: &'a DeployLook,
    other: impl Fn(&&Release) -> bool,
) -> Result<&'a Release, String> {
    let is = |release: &&Release| {
        let part = release.id.ends_with(wanted) || release.revision.starts_with(wanted);
        *release.id == *wanted || (wanted.len() >= 4 && part)
    };
    // Of several of one revision the one that is kept.
    let mut fits: Vec<&Release> = look.releases.iter().filter(is).collect();
    fits.sort_by_key(|release| !(release.kept && release.healthy));
    let Some(found) = fits.first().copied() else {
        let healthy = look.releases.iter().filter(|release| release.healthy);
        let mut known: Vec<&str> = Vec::new();
        for release in healthy {
            if !known.contains(&release.short()) && known.len() < 8 {
                known.push(release.short());
            }
        }
        let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
        return Err(format!("no release `{wanted}` is written down there; healthy were: {known}"));
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

/// What was deployed before the one that is there came for the first time: whoever goes back twice does
/// not come to where they began.
fn before(look: &DeployLook, other: impl Fn(&&Release) -> bool) -> Result<&Release, String> {
    let first = look.releases.iter().rposition(|release| release.healthy && !other(&release));
    let older = look.releases.iter().skip(first.map_or(0, |first| first + 1));
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

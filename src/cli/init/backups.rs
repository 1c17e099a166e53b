//! Backups, written: what a job archives, and a warning where that is not what services write.

use std::collections::BTreeSet;
use std::time::Duration;

use super::guess::unique;
use super::page::{Live, path};
use super::plan::{Env, Host};
use super::text::{Text, string};
use crate::model::alike::is_alike;
use crate::model::ids::UnitName;
use crate::model::path::is_pattern;
use crate::model::survey::{FoundBackup, Survey, Tool};
use crate::model::unit::is_below;

/// Where nothing tells the pause between a job's runs.
const DAY: Duration = Duration::from_secs(86_400);

/// All backups of a host.
pub(super) fn part(text: &mut Text, env: &Env<'_>, host: &Host<'_>, found: &Survey, live: Live) {
    let mut names: BTreeSet<String> = BTreeSet::new();
    if !found.backups.is_empty() {
        uncovered(text, found);
        if !live.backup() {
            text.blank();
            text.comment(&format!(
                "Backups of {}; this version does not watch them, so they stand here as comments.",
                host.name
            ));
        }
    }
    for backup in &found.backups {
        // A backup's name is its environment's, and other hosts may have the same.
        let many = env.hosts.len() > 1;
        let name = if many { format!("{}@{}", stem(backup), host.name) } else { stem(backup) };
        let name = unique(&name, |name| names.contains(name));
        names.insert(name.clone());
        text.blank();
        one(text, (host, found), backup, &name, live);
    }
}

/// Data that services write and no job archives: the fault that nobody sees until it is too late.
fn uncovered(text: &mut Text, found: &Survey) {
    let sources: Vec<&str> =
        found.backups.iter().flat_map(|backup| backup.sources.iter().map(|s| &**s)).collect();
    for unit in &found.units {
        for data in &unit.data {
            let told = found
                .backups
                .iter()
                .any(|backup| meant(backup, found).is_some_and(|(_, meant)| *meant == *data.path));
            if !told && !sources.iter().any(|source| is_below(&data.path, source)) {
                text.blank();
                text.comment(&format!(
                    "! {} has data in {}, which none of the jobs below archives. They archive: {}.",
                    unit.unit,
                    data.path,
                    if sources.is_empty() { "databases".to_owned() } else { sources.join(", ") }
                ));
            }
        }
    }
}

/// What a job is meant to archive, and whose data it is, where it archives a directory that is only
/// easily taken for it: as punctual as such backups are, they are worth nothing.
fn meant<'a>(backup: &FoundBackup, found: &'a Survey) -> Option<(&'a UnitName, &'a str)> {
    let [source] = backup.sources.as_slice() else { return None };
    let all = || {
        found.units.iter().flat_map(|unit| unit.data.iter().map(move |d| (&unit.unit, &*d.path)))
    };
    if all().any(|(_, data)| is_below(data, source)) {
        return None;
    }
    let mut alike = all().filter(|(_, data)| is_alike(data, source));
    // Of two nobody knows which.
    alike.next().filter(|_| alike.next().is_none())
}

/// A name: that of the script or of what is archived.
fn stem(backup: &FoundBackup) -> String {
    let path = backup.script.as_deref().or_else(|| backup.sources.first().map(|s| &**s));
    let last = path.unwrap_or(&backup.target).rsplit('/').next().unwrap_or("backup");
    let stem = last.split('.').next().filter(|stem| !stem.is_empty()).unwrap_or(last);
    stem.replace('*', "").trim_matches(['-', '_']).to_owned()
}

fn one(
    text: &mut Text,
    (host, found): (&Host<'_>, &Survey),
    backup: &FoundBackup,
    name: &str,
    known: Live,
) {
    let script = backup.script.as_ref().map_or_else(String::new, |path| format!(", by {path}"));
    text.comment(&format!(
        "Made with {}{script}; found in {} at `{}`",
        backup.tool.name(),
        backup.place,
        backup.schedule
    ));
    let way = way(backup);
    if way.is_none() {
        text.comment(&format!("It writes {}, which has to be looked at otherwise.", backup.target));
    }
    if backup.sources.len() > 1 {
        text.comment(&format!("It archives {}.", backup.sources.join(", ")));
    }
    let source = path(backup.sources.first().map(|source| &**source));
    let meant = meant(backup, found);
    if let (Some((unit, data)), Some(source)) = (meant, source) {
        text.comment(&format!(
            "! It archives {source}, but {unit} has its data in {data}: what should be archived is \
             below as its source."
        ));
    }
    let live = known.backup() && way.is_some();
    text.table("env.backup", live);
    text.key(live, "name", &string(name), "");
    text.key(live, "host", &string(&host.name), "");
    match (meant.and_then(|(_, data)| path(Some(data))), source) {
        (Some(data), _) => text.key(live, "source", &string(data), ""),
        (None, Some(source)) if !source.contains('*') => {
            text.key(live, "source", &string(source), "as the job archives it");
        }
        (None, _) => {}
    }
    if let Some((key, value)) = way {
        text.key(live, key, &value, "");
    }
    let (every, by) = match backup.every {
        Some(every) => (every, "by its schedule"),
        None => (DAY, "a guess, its schedule tells no pause"),
    };
    text.key(live, "every", &string(&span(every)), by);
    // Its runs take a while, which differs.
    text.key(live, "grace", &string(&span(every / 12)), "a guess");
    if let Some(keep) = backup.keep.filter(|keep| *keep > 0) {
        text.key(live, "keep", &keep.to_string(), "as the job counts");
    }
    let (key, job) = if is_timer(&backup.place) {
        ("timer", Some(&*backup.place))
    } else {
        ("cron", backup.script.as_deref())
    };
    if let Some(job) = job {
        text.key(live && known.backup_key(key), key, &string(job), "what makes it");
    }
}

fn is_timer(place: &str) -> bool {
    place.strip_suffix(".timer").is_some_and(|stem| !stem.contains('/'))
}

/// The key for how it is made, where there is one for it.
fn way(backup: &FoundBackup) -> Option<(&'static str, String)> {
    let repository = || format!("{{ repository = {} }}", string(&backup.target));
    match backup.tool {
        Tool::Tar | Tool::Dump => {
            // A pattern may stand in the last part only; where each run has its own directory,
            // that is the backup.
            let mut whole = String::new();
            let mut folder = false;
            for part in backup.target.split('/').filter(|part| !part.is_empty()) {
                if folder {
                    whole.push('/');
                    break;
                }
                whole.push('/');
                whole.push_str(part);
                folder = is_pattern(part);
            }
            path(Some(&whole)).map(|whole| ("files", string(whole)))
        }
        Tool::Restic if !backup.target.starts_with('-') => Some(("restic", repository())),
        Tool::Borg if !backup.target.starts_with('-') => Some(("borg", repository())),
        Tool::Restic | Tool::Borg | Tool::Rsync => None,
    }
}

/// A duration as the config takes it.
fn span(every: Duration) -> String {
    let minutes = every.as_secs().div_ceil(60).max(1);
    if minutes.is_multiple_of(60) { format!("{}h", minutes / 60) } else { format!("{minutes}m") }
}

//! `deploy = { strategy = "rsync", … }`.

use std::path::Path;

use super::paths;
use crate::config::check;
use crate::config::fault::{is_printable, quoted};
use crate::config::faults::Faults;
use crate::config::health::number;
use crate::config::reader::{At, Table, describe};
use crate::config::schema;
use crate::model::deploy::copy::{CopySpec, DELETIONS, Origin};
use crate::model::ids::EnvName;

/// Patterns of one list.
const PATTERNS: usize = 64;

pub(super) fn read(
    table: &Table<'_>,
    service: &Table<'_>,
    served: bool,
    faults: &mut Faults,
) -> Option<CopySpec> {
    // rsync takes these for patterns, also in the names of directories (rsync(1), --secluded-args).
    if let Some(directory) = service.text("directory", faults)
        && directory.get_ref().contains(['*', '?', '[', '\\'])
    {
        let message = format!("rsync takes {} for a pattern", quoted(directory.get_ref()));
        let remedy = "copy to a directory without `*`, `?`, `[` and `\\` in its name";
        faults.at(service.source, &directory.span(), message, remedy);
    }
    table.require("from", faults);
    Some(CopySpec {
        from: from(table, faults)?,
        paths: paths(table, "paths", faults),
        exclude: patterns(table, faults),
        built: paths(table, "built", faults),
        deletions: number(table, "deletions", 0..=u16::MAX, faults).map_or(DELETIONS, u32::from),
        served,
    })
}

/// `"dist"`, `{ directory = "/srv/build" }`, `{ env = "staging" }`.
fn from(table: &Table<'_>, faults: &mut Faults) -> Option<Origin> {
    let value = table.value_of("from")?;
    if value.get_ref().as_str().is_some() {
        let text = table.text("from", faults)?;
        return directory(table, &text, faults);
    }
    let Some(inner) = table.inner_table(value, &schema::FROM) else {
        let message =
            format!("`from` is a directory of this machine, but this is {}", describe(value));
        let remedy = "write such as `from = \"dist\"` or `from = { env = \"staging\" }`";
        faults.at(table.source, &value.span(), message, remedy);
        return None;
    };
    inner.refuse_unknown(faults);
    let text = inner.text("directory", faults);
    let env = inner.text("env", faults);
    match (text, env) {
        (Some(text), None) => directory(&inner, &text, faults),
        (None, Some(env)) => match check::name(env.get_ref()) {
            Ok(()) => Some(Origin::Env(EnvName::new(env.get_ref()))),
            Err(refusal) => {
                inner.refuse(&env.span(), refusal, faults);
                None
            }
        },
        _ => {
            let message = "`from` names one place: `directory` or `env`";
            let remedy = "write such as `from = { directory = \"/srv/build\" }`";
            faults.at(table.source, &value.span(), message, remedy);
            None
        }
    }
}

/// A directory of this machine, from where the config stands.
fn directory(table: &Table<'_>, text: &At<&str>, faults: &mut Faults) -> Option<Origin> {
    let value = *text.get_ref();
    if value.is_empty() || value.len() > 4000 || !value.chars().all(is_printable) {
        let message = format!("{} is no directory of this machine", quoted(value));
        faults.at(table.source, &text.span(), message, "write such as `from = \"dist\"`");
        return None;
    }
    let beside = table.source.path().parent().unwrap_or_else(|| Path::new(""));
    let path = beside.join(value.trim_end_matches('/'));
    Some(Origin::Directory(if value.trim_end_matches('/').is_empty() {
        "/".into()
    } else {
        path.to_string_lossy().into()
    }))
}

/// Patterns of rsync(1), each as it stands.
fn patterns(table: &Table<'_>, faults: &mut Faults) -> Vec<Box<str>> {
    let Some(list) = table.texts("exclude", faults) else { return Vec::new() };
    if list.get_ref().len() > PATTERNS {
        let message = format!("`exclude` has at most {PATTERNS} patterns");
        faults.at(table.source, &list.span(), message, "leave some out");
    }
    let good = |text: &&At<&str>| {
        let value = *text.get_ref();
        !value.trim().is_empty() && value.len() <= 512 && value.chars().all(is_printable)
    };
    for text in list.get_ref().iter().filter(|text| !good(text)) {
        let message = format!("{} is no pattern of rsync", quoted(text.get_ref()));
        faults.at(table.source, &text.span(), message, "write such as `exclude = [\"*.log\"]`");
    }
    list.get_ref().iter().filter(good).map(|text| (*text.get_ref()).into()).collect()
}

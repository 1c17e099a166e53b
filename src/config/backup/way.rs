//! How a backup is made: exactly one of several keys.

use crate::config::check;
use crate::config::fault::{quoted, quoted_list};
use crate::config::faults::Faults;
use crate::config::promises::path;
use crate::config::reader::{At, Table};
use crate::config::schema;
use crate::model::backup::Way;
use crate::model::path::is_pattern;
use crate::model::text::clean;

type Read = fn(&Table<'_>, &mut Faults) -> Option<Way>;

const WAYS: &[(&str, Read)] = &[
    ("files", files),
    ("restic", restic),
    ("borg", borg),
    ("git", git),
    ("command", command),
    ("none", none),
];

pub(super) fn read(table: &Table<'_>, faults: &mut Faults) -> Option<Way> {
    let mut given = WAYS.iter().filter(|(key, _)| table.has(key));
    match (given.next(), given.next()) {
        (Some((_, read)), None) => read(table, faults),
        (Some((first, _)), Some((second, _))) => {
            let message =
                format!("a backup is made one way, but this has `{first}` and `{second}`");
            let remedy = "keep one of them, and make a second backup of the other";
            faults.at(table.source, &table.span_of(second), message, remedy);
            None
        }
        (None, _) => {
            let list = quoted_list(WAYS.iter().map(|(key, _)| *key));
            let message = "this `[[env.backup]]` does not say how it is made";
            let remedy =
                format!("add exactly one of {list}, such as `files = \"/srv/backups/*.tar.gz\"`");
            faults.at(table.source, &table.span(), message, remedy);
            None
        }
    }
}

fn files(table: &Table<'_>, faults: &mut Faults) -> Option<Way> {
    let text = table.text("files", faults)?;
    if let Err(refusal) = check::path(text.get_ref()) {
        table.refuse(&text.span(), refusal, faults);
        return None;
    }
    let whole = text.get_ref().trim_end_matches('/');
    let folders = whole.len() < text.get_ref().len();
    let (directory, pattern) = whole.rsplit_once('/').unwrap_or(("", whole));
    if is_pattern(directory) || pattern.is_empty() {
        let message = format!("{} has a pattern before its last part", quoted(text.get_ref()));
        let remedy = "write the directory as it is, and a pattern for the names in it, such as \
                      `/srv/backups/data-*.tar.gz`";
        faults.at(table.source, &text.span(), message, remedy);
        return None;
    }
    let directory = if directory.is_empty() { "/" } else { directory };
    Some(Way::Files { directory: directory.into(), pattern: pattern.into(), folders })
}

/// A repository and the file with its password: never a password, which has no place here.
fn repository(
    table: &Table<'_>,
    key: &str,
    faults: &mut Faults,
) -> Option<(Box<str>, Option<Box<str>>)> {
    let inner = table.table(key, &schema::REPOSITORY, faults)?;
    inner.refuse_unknown(faults);
    inner.require("repository", faults);
    let place = inner.text("repository", faults)?;
    let password_file = match inner.text("password_file", faults) {
        Some(text) => Some(path(&inner, &text, faults)?),
        None => None,
    };
    Some((word(&inner, &place, faults)?, password_file))
}

/// A text that becomes an argument, and must not read as an option.
fn word(table: &Table<'_>, text: &At<&str>, faults: &mut Faults) -> Option<Box<str>> {
    let plain = clean(text.get_ref(), 4096);
    if plain.is_empty() || plain.starts_with('-') || plain != *text.get_ref() {
        let message = format!("{} cannot be an argument", quoted(text.get_ref()));
        let remedy =
            "write it as you would type it, without control characters and not as an option";
        faults.at(table.source, &text.span(), message, remedy);
        return None;
    }
    Some(plain.into())
}

fn restic(table: &Table<'_>, faults: &mut Faults) -> Option<Way> {
    let (repository, password_file) = repository(table, "restic", faults)?;
    Some(Way::Restic { repository, password_file })
}

fn borg(table: &Table<'_>, faults: &mut Faults) -> Option<Way> {
    let (repository, password_file) = repository(table, "borg", faults)?;
    Some(Way::Borg { repository, password_file })
}

fn git(table: &Table<'_>, faults: &mut Faults) -> Option<Way> {
    let inner = table.table("git", &schema::GIT, faults)?;
    inner.refuse_unknown(faults);
    inner.require("directory", faults);
    let directory = inner.text("directory", faults)?;
    Some(Way::Git { directory: path(&inner, &directory, faults)? })
}

fn command(table: &Table<'_>, faults: &mut Faults) -> Option<Way> {
    let words = table.texts("command", faults)?;
    let Some((program, rest)) = words.get_ref().split_first() else {
        let remedy = "write the program and its arguments, such as `[\"/usr/local/bin/last\"]`";
        faults.at(table.source, &words.span(), "`command` is empty", remedy);
        return None;
    };
    let mut argv = vec![word(table, program, faults)?];
    for argument in rest {
        if argument.get_ref().contains(['\n', '\0']) {
            let message = format!("the argument {} has a line feed", quoted(argument.get_ref()));
            let remedy = "put it into a script of its own and write that here";
            faults.at(table.source, &argument.span(), message, remedy);
            return None;
        }
        argv.push((*argument.get_ref()).into());
    }
    Some(Way::Command(argv))
}

fn none(table: &Table<'_>, faults: &mut Faults) -> Option<Way> {
    let reason = table.text("none", faults)?;
    if reason.get_ref().trim().is_empty() {
        let remedy = "say why there is none, for whoever needs one at night";
        faults.at(table.source, &reason.span(), "the reason is empty", remedy);
        return None;
    }
    Some(Way::Nothing(clean(reason.get_ref(), 256).into()))
}

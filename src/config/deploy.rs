//! `deploy` of a service.

mod copy;
mod migrate;
mod template;

pub(super) use template::{Templates, read_all as templates};

use std::time::Duration;

use super::action::{script, user};
use super::fault::{is_printable, quoted, quoted_list};
use super::faults::Faults;
use super::health::{duration, number};
use super::reader::{At, Table, describe, nearest};
use super::schema;
use crate::model::deploy::{DeploySpec, FREE, Strategy, TIMEOUT, Then, is_reference};
use crate::model::ids::{BackupName, EnvName};

/// Keys that only some strategies have.
const OF: &[(&str, &[&str])] = &[
    ("script", &["script", "undo", "revision"]),
    ("git", &["remote", "ref", "build", "built"]),
    ("release", &["repository", "ref", "build", "shared", "keep", "migrate"]),
    ("rsync", &["from", "paths", "exclude", "deletions", "build", "built", "migrate"]),
    ("static", &["from", "paths", "exclude", "deletions", "build", "built"]),
    ("unit-template", &["template", "values"]),
];
/// Releases that are kept where the config does not say.
const KEEP: u16 = 5;
/// What is asked of a web server where the config does not say.
const NGINX: &str = "nginx -t";
/// Paths of one list.
const PATHS: usize = 64;

/// `deploy = { strategy = "git", ref = "main", build = "npm ci" }`.
pub(super) fn read(
    table: &Table<'_>,
    templates: &Templates,
    faults: &mut Faults,
) -> Option<DeploySpec> {
    let value = table.value_of("deploy")?;
    let Some(inner) = table.inner_table(value, &schema::DEPLOY) else {
        let message = format!("`deploy` must be a table, but this is {}", describe(value));
        let remedy = "write such as `deploy = { strategy = \"git\", ref = \"main\" }`";
        faults.at(table.source, &value.span(), message, remedy);
        return None;
    };
    inner.refuse_unknown(faults);
    inner.require("strategy", faults);
    let strategy = inner.text("strategy", faults)?;
    let known = || OF.iter().map(|(name, _)| *name);
    let Some((name, own)) = OF.iter().find(|(name, _)| name == strategy.get_ref()) else {
        let message = format!("there is no strategy {}", quoted(strategy.get_ref()));
        let remedy = nearest(strategy.get_ref(), known()).map_or_else(
            || format!("there are {}", quoted_list(known())),
            |near| format!("did you mean `{near}`?"),
        );
        faults.at(table.source, &strategy.span(), message, remedy);
        return None;
    };
    for key in OF.iter().flat_map(|(_, keys)| *keys).filter(|key| !own.contains(key)) {
        if inner.has(key) && !own.contains(key) {
            let message = format!("the strategy `{name}` has no `{key}`");
            let remedy = format!("leave it out; it has {}", quoted_list(own.iter().copied()));
            faults.at(table.source, &inner.span_of(key), message, remedy);
            return None;
        }
    }
    let built_in = !matches!(*name, "script" | "unit-template");
    if built_in && !table.has("directory") {
        let message = format!("the strategy `{name}` has to know where the service lives");
        faults.at(table.source, &inner.span(), message, "add `directory = \"/srv/api\"` to it");
    }
    if matches!(*name, "git" | "rsync" | "static") && inner.has("build") && !inner.has("built") {
        let message = "what is built beside what runs has to come into it";
        let remedy = "name what the build makes, such as `built = [\"node_modules\"]`";
        faults.at(table.source, &inner.span_of("build"), message, remedy);
    }
    let strategy = match *name {
        "script" => {
            inner.require("script", faults);
            Strategy::Script {
                run: script(&inner, "script", faults)?,
                undo: script(&inner, "undo", faults),
                revision: script(&inner, "revision", faults),
            }
        }
        "git" => Strategy::Git {
            remote: address(&inner, "remote", faults).unwrap_or_else(|| "origin".into()),
            reference: reference(&inner, faults).unwrap_or_else(|| "main".into()),
            built: paths(&inner, "built", faults),
        },
        "unit-template" => Strategy::UnitTemplate(template::read(&inner, templates, faults)?),
        "rsync" | "static" => {
            Strategy::Rsync(copy::read(&inner, table, *name == "static", faults)?)
        }
        _ => {
            inner.require("repository", faults);
            Strategy::Release {
                repository: address(&inner, "repository", faults)?,
                reference: reference(&inner, faults).unwrap_or_else(|| "main".into()),
                shared: paths(&inner, "shared", faults),
                keep: number(&inner, "keep", 1..=100, faults).unwrap_or(KEEP),
            }
        }
    };
    let limits = Duration::from_secs(1)..=Duration::from_secs(86_400);
    let span = |key: &str, faults: &mut Faults| {
        duration(&inner, key, limits.clone(), "`1s` to `1d`", faults)
    };
    Some(DeploySpec {
        strategy,
        build: script(&inner, "build", faults),
        user: user(&inner, faults),
        migration: migrate::read(&inner, faults),
        verify: verify(&inner, *name == "static", faults),
        then: then(&inner, name, faults),
        timeout: span("timeout", faults).unwrap_or(TIMEOUT),
        rollback_within: span("rollback_within", faults),
        after: named(&inner, "after", faults).map(EnvName::new),
        backup: named(&inner, "backup", faults).map(BackupName::new),
        free: number(&inner, "free", 1..=u16::MAX, faults).map_or(FREE, u64::from),
    })
}

/// A name of something else in the config.
fn named<'a>(table: &Table<'a>, key: &str, faults: &mut Faults) -> Option<&'a str> {
    let text = table.text(key, faults)?;
    if let Err(refusal) = super::check::name(text.get_ref()) {
        table.refuse(&text.span(), refusal, faults);
        return None;
    }
    Some(text.get_ref())
}

/// What a web server hands out is of use as far as its own config is.
fn verify(table: &Table<'_>, is_static: bool, faults: &mut Faults) -> Option<Box<str>> {
    let usual = is_static && !table.has("verify");
    if usual { Some(NGINX.into()) } else { script(table, "verify", faults) }
}

/// A script is expected to start the service itself; a web server reads files each time, and its config
/// when it is told to.
fn then(table: &Table<'_>, strategy: &str, faults: &mut Faults) -> Then {
    let usual = match strategy {
        "script" => Then::Nothing,
        "static" => Then::Reload,
        _ => Then::Restart,
    };
    let Some(text) = table.text("then", faults) else { return usual };
    match *text.get_ref() {
        "restart" => Then::Restart,
        "reload" => Then::Reload,
        "nothing" => Then::Nothing,
        other => {
            let message = format!("a service is not made to use it by {}", quoted(other));
            let remedy = "write `restart`, `reload` or `nothing`";
            faults.at(table.source, &text.span(), message, remedy);
            usual
        }
    }
}

fn reference(table: &Table<'_>, faults: &mut Faults) -> Option<Box<str>> {
    let text = table.text("ref", faults)?;
    if !is_reference(text.get_ref()) {
        let message = format!("{} is no name of a branch or a tag", quoted(text.get_ref()));
        faults.at(table.source, &text.span(), message, "write such as `ref = \"main\"`");
        return None;
    }
    Some((*text.get_ref()).into())
}

/// Where git fetches from: a name, a path or an address.
fn address(table: &Table<'_>, key: &str, faults: &mut Faults) -> Option<Box<str>> {
    let text = table.text(key, faults)?;
    let value = *text.get_ref();
    let good = !value.is_empty()
        && value.len() <= 1024
        && !value.starts_with('-')
        // `ext::` and its like run programs (gitremote-helpers(7)).
        && !value.contains("::")
        && value.chars().all(|c| is_printable(c) && c != ' ');
    if !good {
        let message = format!("{} is nothing that git fetches from", quoted(value));
        let remedy = format!("write such as `{}`", table.example(key));
        faults.at(table.source, &text.span(), message, remedy);
        return None;
    }
    if value
        .split_once("://")
        .and_then(|(_, rest)| rest.split('/').next())
        .is_some_and(|host| host.split_once('@').is_some_and(|(user, _)| user.contains(':')))
    {
        let message = "there is a password in this address, and plans are shown and kept";
        let remedy = "leave it out; git on the host finds it, see gitcredentials(7)";
        faults.at(table.source, &text.span(), message, remedy);
        return None;
    }
    Some(value.into())
}

/// Paths within a directory.
fn paths(table: &Table<'_>, key: &str, faults: &mut Faults) -> Vec<Box<str>> {
    let Some(list) = table.texts(key, faults) else { return Vec::new() };
    if list.get_ref().len() > PATHS {
        let message = format!("`{key}` has at most {PATHS} paths");
        faults.at(table.source, &list.span(), message, "leave some out");
    }
    list.get_ref().iter().take(PATHS).filter_map(|text| within(table, key, text, faults)).collect()
}

fn within(table: &Table<'_>, key: &str, text: &At<&str>, faults: &mut Faults) -> Option<Box<str>> {
    let value = text.get_ref().trim_end_matches('/');
    let good = !value.is_empty()
        && value.len() <= 512
        && value.chars().all(is_printable)
        && value.split('/').all(|part| !matches!(part, "" | "." | ".." | ".git"));
    if !good {
        let message = format!("{} is no path within the directory", quoted(text.get_ref()));
        let remedy = format!("write such as `{}`", table.example(key));
        faults.at(table.source, &text.span(), message, remedy);
        return None;
    }
    Some(value.into())
}

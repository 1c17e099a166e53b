//! A database that is backed up.

use crate::config::action::user;
use crate::config::fault::quoted;
use crate::config::faults::Faults;
use crate::config::ports::number;
use crate::config::promises::path;
use crate::config::reader::{At, Table, nearest};
use crate::config::schema;
use crate::model::backup::Way;
use crate::model::database::{DatabaseSpec, Engine};
use crate::model::ids::{HostName, ServiceName};
use crate::model::spec::ServiceSpec;

/// Bytes of a name in PostgreSQL at most.
const NAME: usize = 63;
/// Databases that every server has for itself.
const OWN: [&str; 3] = ["postgres", "template0", "template1"];

/// `database`; `way` is how its copies are made.
pub(super) fn read(
    table: &Table<'_>,
    way: Option<&Way>,
    host: Option<&HostName>,
    services: &[ServiceSpec],
    faults: &mut Faults,
) -> Option<DatabaseSpec> {
    let inner = table.table("database", &schema::DATABASE, faults)?;
    inner.refuse_unknown(faults);
    if table.has("source") {
        let message = "a backup is of one thing, but this has `source` and `database`";
        let remedy = "leave `source` out; a database says itself where it is";
        faults.at(table.source, &table.span_of("source"), message, remedy);
        return None;
    }
    if way.is_some_and(|way| !matches!(way, Way::Files { folders: false, .. })) {
        let message = "copies of a database are files";
        let remedy = "say where they are with `files`, such as `\"/srv/backups/app-*.dump\"`, or \
                      leave `database` out";
        faults.at(table.source, &table.span_of("database"), message, remedy);
        return None;
    }
    let engine = engine(&inner, faults)?;
    Some(DatabaseSpec { engine, writers: writers(&inner, host, services, faults) })
}

fn engine(inner: &Table<'_>, faults: &mut Faults) -> Option<Engine> {
    match (inner.text("sqlite", faults), inner.text("postgres", faults)) {
        (Some(_), Some(_)) => {
            let message = "a database is one thing, but this has `sqlite` and `postgres`";
            let remedy = "keep one of them, and make a second backup of the other";
            faults.at(inner.source, &inner.span_of("postgres"), message, remedy);
            None
        }
        (Some(file), None) => {
            for key in ["user", "port"].into_iter().filter(|key| inner.has(key)) {
                let message = format!("a file has no `{key}`");
                let remedy = "leave it out; it is for `postgres`";
                faults.at(inner.source, &inner.span_of(key), message, remedy);
            }
            Some(Engine::Sqlite { path: path(inner, &file, faults)? })
        }
        (None, Some(name)) => {
            let name = named(inner, &name, faults)?;
            let user = if inner.has("user") { user(inner, faults)? } else { "postgres".into() };
            let port = match inner.value_of("port") {
                Some(value) => Some(number(inner, value, faults)?),
                None => None,
            };
            Some(Engine::Postgres { name, user, port })
        }
        (None, None) if inner.has("sqlite") || inner.has("postgres") => None,
        (None, None) => {
            let message = "this `database` does not say which it is";
            let remedy = "add `sqlite = \"/srv/api/api.db\"` or `postgres = \"api\"`";
            faults.at(inner.source, &inner.span(), message, remedy);
            None
        }
    }
}

/// A database's name. It stands in commands and in names that are made of it.
fn named(inner: &Table<'_>, text: &At<&str>, faults: &mut Faults) -> Option<Box<str>> {
    let name = *text.get_ref();
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    let mut refuse = |message: String, remedy: &str| {
        faults.at(inner.source, &text.span(), message, remedy);
        None
    };
    if name.is_empty() || name.len() > NAME || name.starts_with('-') || !name.chars().all(plain) {
        return refuse(
            format!("{} cannot be handled as a database's name", quoted(name)),
            "it has to be of letters from a to z, digits, `_`, `-` and `.`, at most 63",
        );
    }
    if OWN.contains(&name) {
        return refuse(
            format!("{} is the server's own", quoted(name)),
            "name the database of an application",
        );
    }
    Some(name.into())
}

/// Services that write to it, which have to be of its host.
fn writers(
    inner: &Table<'_>,
    host: Option<&HostName>,
    services: &[ServiceSpec],
    faults: &mut Faults,
) -> Vec<ServiceName> {
    let names = inner.texts("writers", faults).map(toml::Spanned::into_inner).unwrap_or_default();
    let mut writers = Vec::new();
    for name in names {
        let known = services.iter().find(|service| service.name.as_str() == *name.get_ref());
        let (message, remedy) = match (known, host) {
            (None, _) => (
                format!("this environment has no service {}", quoted(name.get_ref())),
                nearest(name.get_ref(), services.iter().map(|one| one.name.as_str())).map_or_else(
                    || "name a service of the same environment, or remove it".to_owned(),
                    |near| format!("did you mean `{near}`?"),
                ),
            ),
            (Some(service), Some(host)) if !service.hosts.contains(host) => (
                format!("{} does not run on {}", quoted(name.get_ref()), quoted(host.as_str())),
                "remove it; what runs on other hosts is not stopped from here, and while it is \
                 connected nothing is replaced"
                    .to_owned(),
            ),
            (Some(service), _) => {
                writers.push(service.name.clone());
                continue;
            }
        };
        faults.at(inner.source, &name.span(), message, remedy);
    }
    writers
}

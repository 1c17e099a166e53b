//! `[[env.service]]`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::env::name;
use super::fault::{quoted, quoted_list};
use super::faults::Faults;
use super::host::ReadHost;
use super::reader::{At, Table, nearest};
use super::{deploy, drain, kinds, promises, schema};
use crate::model::ids::{HostName, ServiceName};
use crate::model::spec::{Kind, ServiceSpec};

type ReadKind = fn(&Table<'_>, &str, &mut Faults) -> Option<Kind>;

/// The keys that say how a service is run, of which it must have exactly one.
const KINDS: &[(&str, ReadKind)] = &[
    ("unit", kinds::unit),
    ("timer", kinds::timer),
    ("cron", kinds::cron),
    ("process", kinds::process),
    ("command", kinds::command),
];

/// Every service of an environment with those hosts.
pub(super) fn read_all(
    env: &Table<'_>,
    hosts: &[ReadHost<'_>],
    faults: &mut Faults,
) -> Vec<ServiceSpec> {
    let templates = deploy::templates(env, faults);
    let tables = env.tables("service", &schema::SERVICE, faults);
    let mut seen = Seen::default();
    let mut needs = Vec::new();
    let mut services = Vec::new();
    for table in &tables {
        let Some(service) = read(table, hosts, &templates, &mut seen, faults) else { continue };
        needs.push((*table, service.name.clone(), Arc::clone(&service.promises)));
        services.push(service);
    }
    promises::check_needs(&needs, faults);
    services
}

/// What the environment has already, and on which line.
#[derive(Default)]
struct Seen<'a> {
    names: BTreeMap<&'a str, usize>,
    units: BTreeMap<(HostName, String), usize>,
}

fn read<'a>(
    table: &Table<'a>,
    known: &[ReadHost<'_>],
    templates: &deploy::Templates,
    seen: &mut Seen<'a>,
    faults: &mut Faults,
) -> Option<ServiceSpec> {
    table.refuse_unknown(faults);
    let name = name(table, faults);
    if let Some(name) = &name {
        table.refuse_twice(
            "service",
            name,
            &mut seen.names,
            "give one another name, or one of them the `hosts` of both",
            faults,
        );
    }
    let hosts = match table.texts("hosts", faults) {
        Some(listed) => listed_hosts(table, &listed, known, faults),
        None => known.iter().filter_map(|host| host.name).map(HostName::new).collect(),
    };
    let mut promises = promises::read(table, templates, faults);
    promises.drains = drain::read(table, known, &hosts, faults);
    let kind = kind(table, faults)?;
    kinds::promises(table, &kind, &mut promises, faults);
    let promises = Arc::new(promises);
    let line = table.source.line(table.span().start);
    for (unit, host) in hosts.iter().filter_map(|host| Some((kind.unit()?, host))) {
        let key = (host.clone(), unit.as_str().to_owned());
        if let Some(first) = seen.units.get(&key) {
            let message = format!(
                "the unit {} on host {} is watched already, by the service at line {first}",
                quoted(unit.as_str()),
                quoted(host.as_str())
            );
            let remedy = "remove one of the two, or give them different `hosts`";
            faults.at(table.source, &table.span_of(kind.name()), message, remedy);
            break;
        }
        seen.units.insert(key, line);
    }
    Some(ServiceSpec { name: ServiceName::new(name?.get_ref()), hosts, kind, promises })
}

fn listed_hosts(
    table: &Table<'_>,
    listed: &At<Vec<At<&str>>>,
    known: &[ReadHost<'_>],
    faults: &mut Faults,
) -> Vec<HostName> {
    if listed.get_ref().is_empty() {
        let remedy = "name at least one, or leave `hosts` out to mean all of the environment";
        faults.at(table.source, &listed.span(), "`hosts` is empty", remedy);
    }
    // Only as many as a reader can take in; a thousand hosts are no help.
    let names: BTreeSet<&str> = known.iter().filter_map(|host| host.name).collect();
    let mut hosts = Vec::new();
    let mut listed_before = BTreeSet::new();
    for host in listed.get_ref() {
        let text = *host.get_ref();
        if !names.contains(text) {
            let remedy = nearest(text, names.iter().copied()).map_or_else(
                || format!("its hosts are {}", quoted_list(names.iter().copied().take(10))),
                |near| format!("did you mean `{near}`?"),
            );
            let message = format!("this environment has no host {}", quoted(text));
            faults.at(table.source, &host.span(), message, remedy);
        } else if listed_before.insert(text) {
            hosts.push(HostName::new(text));
        } else {
            let message = format!("host {} is listed twice", quoted(text));
            faults.at(table.source, &host.span(), message, "remove one of them");
        }
    }
    hosts
}

fn kind(table: &Table<'_>, faults: &mut Faults) -> Option<Kind> {
    let list = quoted_list(KINDS.iter().map(|(key, _)| *key));
    let mut given = KINDS.iter().filter(|(key, _)| table.has(key));
    match (given.next(), given.next()) {
        (Some((key, read)), None) => read(table, key, faults),
        (Some((first, _)), Some((second, _))) => {
            let message = format!("a service is one kind, but this has `{first}` and `{second}`");
            let remedy = "keep one of them, and make a second service of the other";
            faults.at(table.source, &table.span_of(second), message, remedy);
            None
        }
        // The slip of the pen is told by itself.
        (None, _) if misspelled(table) => None,
        (None, _) => {
            let message = "this `[[env.service]]` does not say how it is run";
            let remedy = format!("add exactly one of {list}, such as `unit = \"name.service\"`");
            faults.at(table.source, &table.span(), message, remedy);
            None
        }
    }
}

/// Whether an unknown key is probably meant to be the kind.
fn misspelled(table: &Table<'_>) -> bool {
    let known = |key: &str| KINDS.iter().any(|(kind, _)| *kind == key);
    table.entries().iter().any(|(key, _)| {
        let kinds = KINDS.iter().map(|(kind, _)| *kind);
        !known(key.get_ref()) && nearest(key.get_ref(), kinds).is_some()
    })
}

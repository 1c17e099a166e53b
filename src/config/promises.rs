//! What an `[[env.service]]` promises besides running.

use std::sync::Arc;

use super::fault::quoted;
use super::faults::Faults;
use super::reader::{At, Table};
use super::{check, deploy, health, logs, ports, rollout};
use crate::model::ids::ServiceName;
use crate::model::spec::Promises;

pub(super) fn read(
    table: &Table<'_>,
    templates: &deploy::Templates,
    faults: &mut Faults,
) -> Promises {
    let directory = table.text("directory", faults);
    let data = table.texts("data", faults).map(toml::Spanned::into_inner).unwrap_or_default();
    let needs = table.texts("needs", faults).map(toml::Spanned::into_inner).unwrap_or_default();
    Promises {
        ports: ports::of_service(table, faults),
        needs: needs.iter().map(|name| ServiceName::new(name.get_ref())).collect(),
        directory: directory.and_then(|text| path(table, &text, faults)),
        data: data.iter().filter_map(|text| path(table, text, faults)).collect(),
        checks: health::read_all(table, faults),
        logs: logs::read_all(table, faults),
        rollout: rollout::read(table, faults),
        soak: rollout::soak(table, faults),
        deploy: deploy::read(table, templates, faults).map(Arc::new),
        ..Promises::default()
    }
}

/// An absolute path, as the host has it.
pub(super) fn path(table: &Table<'_>, text: &At<&str>, faults: &mut Faults) -> Option<Box<str>> {
    match check::path(text.get_ref()) {
        Ok(()) => {
            let plain = text.get_ref().trim_end_matches('/');
            Some(if plain.is_empty() { "/".into() } else { plain.into() })
        }
        Err(refusal) => {
            table.refuse(&text.span(), refusal, faults);
            None
        }
    }
}

/// Refuses needs that no service of the environment has, and needs that come round to themselves.
pub(super) fn check_needs(
    services: &[(Table<'_>, ServiceName, Arc<Promises>)],
    faults: &mut Faults,
) {
    for (table, name, promises) in services {
        for need in &promises.needs {
            let known = services.iter().any(|(_, other, _)| other == need);
            if !known {
                let message = format!("this environment has no service {}", quoted(need.as_str()));
                let names = services.iter().map(|(_, name, _)| name.as_str());
                let near = super::reader::nearest(need.as_str(), names);
                let remedy = near.map_or_else(
                    || "name a service of the same environment, or remove it".to_owned(),
                    |near| format!("did you mean `{near}`?"),
                );
                faults.at(table.source, &table.span_of("needs"), message, remedy);
            }
        }
        if let Some(way) = round(services, name) {
            let way: Vec<&str> = way.iter().map(ServiceName::as_str).collect();
            let message =
                format!("{} needs itself: {}", quoted(name.as_str()), way.join(" needs "));
            let remedy = "remove one of these needs; what cannot start without itself never starts";
            faults.at(table.source, &table.span_of("needs"), message, remedy);
            return;
        }
    }
}

/// The way from a service along its needs back to itself.
fn round(
    services: &[(Table<'_>, ServiceName, Arc<Promises>)],
    from: &ServiceName,
) -> Option<Vec<ServiceName>> {
    let needs = |name: &ServiceName| {
        services.iter().find(|(_, other, _)| other == name).map(|(_, _, p)| p.needs.clone())
    };
    let mut open = vec![vec![from.clone()]];
    let mut seen = std::collections::BTreeSet::new();
    while let Some(way) = open.pop() {
        for next in way.last().and_then(&needs).unwrap_or_default() {
            let mut longer = way.clone();
            longer.push(next.clone());
            if next == *from {
                return Some(longer);
            }
            if seen.insert(next) {
                open.push(longer);
            }
        }
    }
    None
}

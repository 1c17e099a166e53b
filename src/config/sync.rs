//! `[[env.sync]]`.

use std::collections::BTreeMap;

use super::action::script;
use super::backup::host;
use super::env::name;
use super::fault::{ConfigFault, is_printable, quoted, quoted_list};
use super::faults::Faults;
use super::host::ReadHost;
use super::promises::path;
use super::reader::{Table, nearest};
use super::{check, schema};
use crate::model::ids::{EnvName, HostName, ServiceName};
use crate::model::spec::EnvSpec;
use crate::model::sync::{Downward, Scrub, SyncFrom, SyncSpec};

/// Bytes of a reason.
const REASON: usize = 256;

/// Every directory of an environment with those hosts that is replaced by another one's.
pub(super) fn read_all(
    env: &Table<'_>,
    hosts: &[ReadHost<'_>],
    faults: &mut Faults,
) -> Vec<(SyncSpec, ConfigFault)> {
    let mut seen = BTreeMap::new();
    let tables = env.tables("sync", &schema::SYNC, faults);
    let place = |table: &Table<'_>| table.source.fault(&table.span_of("from"), "", "");
    let read = |table| Some((read(table, hosts, &mut seen, faults)?, place(table)));
    tables.iter().filter_map(read).collect()
}

/// Refuses what does not come down from an environment and a host that there is. Each has its place, whose
/// words are still to be said.
pub(super) fn check(
    envs: &[EnvSpec],
    places: Vec<(EnvName, SyncSpec, ConfigFault)>,
    faults: &mut Faults,
) {
    for (to, sync, place) in places {
        let Some(to) = envs.iter().find(|env| env.name == to) else { continue };
        let Some((message, remedy)) = wrong(envs, to, &sync.from) else { continue };
        faults.push(ConfigFault { message, remedy, ..place });
    }
}

fn wrong(envs: &[EnvSpec], to: &EnvSpec, from: &SyncFrom) -> Option<(String, String)> {
    let Some(source) = envs.iter().find(|env| env.name == from.env) else {
        let names = envs.iter().map(|env| env.name.as_str());
        let remedy = nearest(from.env.as_str(), names.clone()).map_or_else(
            || format!("there are {}", quoted_list(names)),
            |near| format!("did you mean `{near}`?"),
        );
        return Some((format!("there is no environment {}", quoted(from.env.as_str())), remedy));
    };
    if let Err(why) = Downward::of_specs(source, to) {
        return Some((why, "name a dearer environment, such as production, in `from`".to_owned()));
    }
    let names = || source.hosts.iter().map(|host| host.name.as_str());
    let remedy = || format!("its hosts are {}", quoted_list(names().take(10)));
    match &from.host {
        Some(name) if source.hosts.iter().all(|host| host.name != *name) => {
            Some((format!("{} has no host {}", source.name, quoted(name.as_str())), remedy()))
        }
        None if source.hosts.len() != 1 => {
            Some((format!("which host of {} is read is not said: `host`", source.name), remedy()))
        }
        _ => None,
    }
}

fn read<'a>(
    table: &Table<'a>,
    hosts: &[ReadHost<'_>],
    seen: &mut BTreeMap<&'a str, usize>,
    faults: &mut Faults,
) -> Option<SyncSpec> {
    table.refuse_unknown(faults);
    let name = name(table, faults);
    if let Some(name) = &name {
        table.refuse_twice("sync", name, seen, "rename or remove one of them", faults);
    }
    let host = host(table, hosts, faults);
    for key in ["to", "from", "scrub"] {
        table.require(key, faults);
    }
    let to = table.text("to", faults).and_then(|text| {
        let to = path(table, &text, faults)?;
        // Its name is that of what is put beside it.
        if to.matches('/').count() < 2 {
            let message = format!("{} lies in the root", quoted(&to));
            let remedy =
                "name a directory that has one of its own around it, such as `/srv/app/data`";
            faults.at(table.source, &text.span(), message, remedy);
            return None;
        }
        Some(to)
    });
    let scrub = scrub(table, faults);
    let from = from(table, to.as_deref(), faults);
    Some(SyncSpec {
        name: ServiceName::new(name?.get_ref()),
        host: host?,
        to: to?,
        from: from?,
        scrub: scrub?,
    })
}

/// `{ env = "production", host = "web1", path = "/srv/app/data" }`
fn from(table: &Table<'_>, to: Option<&str>, faults: &mut Faults) -> Option<SyncFrom> {
    if !table.has("from") {
        return None;
    }
    let from = table.table("from", &schema::SYNC_FROM, faults)?;
    from.refuse_unknown(faults);
    from.require("env", faults);
    let mut named = |key: &str| {
        let text = from.text(key, faults)?;
        match check::name(text.get_ref()) {
            Ok(()) => Some(*text.get_ref()),
            Err(refusal) => {
                from.refuse(&text.span(), refusal, faults);
                None
            }
        }
    };
    let (env, host) = (named("env"), named("host"));
    let path = match from.text("path", faults) {
        Some(text) => path(&from, &text, faults)?,
        None => to?.into(),
    };
    Some(SyncFrom { env: EnvName::new(env?), host: host.map(HostName::new), path })
}

/// POSIX sh, or why there is none.
fn scrub(table: &Table<'_>, faults: &mut Faults) -> Option<Scrub> {
    let value = table.value_of("scrub")?;
    let Some(inner) = table.inner_table(value, &schema::SCRUB) else {
        return script(table, "scrub", faults).map(Scrub::Script);
    };
    inner.refuse_unknown(faults);
    inner.require("waived", faults);
    let reason = inner.text("waived", faults)?;
    let value = reason.get_ref().trim();
    if value.is_empty() || value.len() > REASON || !value.chars().all(is_printable) {
        let message = "the reason is empty, longer than 256 bytes, or not printable";
        let remedy = "say why data of another environment needs no scrub";
        faults.at(table.source, &reason.span(), message, remedy);
        return None;
    }
    Some(Scrub::Waived(value.into()))
}

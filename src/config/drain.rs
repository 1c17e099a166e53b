//! `drain` of a service: the load balancers that send requests to it.

use std::collections::BTreeMap;
use std::time::Duration;

use super::fault::{quoted, quoted_list};
use super::faults::Faults;
use super::health::duration;
use super::host::ReadHost;
use super::reader::{At, Table, describe, nearest};
use super::{promises, schema};
use crate::model::drain::{DEAD_MAN, DrainSpec, TIMEOUT};
use crate::model::ids::HostName;

const HOUR: Duration = Duration::from_secs(3600);

/// `drain = { host = "lb1", file = "/etc/nginx/conf.d/api.conf" }`, or several such in an array.
pub(super) fn read(
    table: &Table<'_>,
    known: &[ReadHost<'_>],
    hosts: &[HostName],
    faults: &mut Faults,
) -> Vec<DrainSpec> {
    let Some(value) = table.value_of("drain") else { return Vec::new() };
    if let Some(inner) = table.inner_table(value, &schema::DRAIN) {
        return one(&inner, known, hosts, faults).into_iter().collect();
    }
    if value.get_ref().as_array().is_some() {
        let tables = table.tables("drain", &schema::DRAIN, faults);
        return tables.iter().filter_map(|inner| one(inner, known, hosts, faults)).collect();
    }
    let message = format!("`drain` must be a table, but this is {}", describe(value));
    let remedy =
        "write such as `drain = { host = \"lb1\", file = \"/etc/nginx/conf.d/api.conf\" }`";
    faults.at(table.source, &value.span(), message, remedy);
    Vec::new()
}

fn one(
    table: &Table<'_>,
    known: &[ReadHost<'_>],
    hosts: &[HostName],
    faults: &mut Faults,
) -> Option<DrainSpec> {
    table.refuse_unknown(faults);
    table.require("host", faults);
    table.require("file", faults);
    let host = table.text("host", faults).and_then(|host| balancer(table, &host, known, faults));
    let file = table.text("file", faults).and_then(|text| promises::path(table, &text, faults));
    let upstream = table.text("upstream", faults).map(|text| {
        if !is_plain(text.get_ref()) {
            let message = format!("{} is no name of an upstream", quoted(text.get_ref()));
            let remedy = "write the word behind `upstream` in the file";
            faults.at(table.source, &text.span(), message, remedy);
        }
        Box::from(*text.get_ref())
    });
    let servers = servers(table, hosts, faults);
    let told = "`0s` to `1h`";
    let timeout = duration(table, "timeout", Duration::ZERO..=HOUR, told, faults);
    let least = Duration::from_secs(10);
    let dead_man = duration(table, "dead_man", least..=HOUR, "`10s` to `1h`", faults);
    Some(DrainSpec {
        host: host?,
        file: file?,
        upstream: upstream.unwrap_or_default(),
        servers,
        timeout: timeout.unwrap_or(TIMEOUT),
        dead_man: dead_man.unwrap_or(DEAD_MAN),
    })
}

fn balancer(
    table: &Table<'_>,
    host: &At<&str>,
    known: &[ReadHost<'_>],
    faults: &mut Faults,
) -> Option<HostName> {
    let text = *host.get_ref();
    let names: Vec<&str> = known.iter().filter_map(|host| host.name).collect();
    if names.contains(&text) {
        return Some(HostName::new(text));
    }
    let remedy = nearest(text, names.iter().copied()).map_or_else(
        || format!("its hosts are {}", quoted_list(names.iter().copied().take(10))),
        |near| format!("did you mean `{near}`?"),
    );
    let message = format!("this environment has no host {}", quoted(text));
    faults.at(table.source, &host.span(), message, remedy);
    None
}

/// `servers = { web1 = "10.0.0.1:3000" }`: of all hosts of the service, or of none.
fn servers(
    table: &Table<'_>,
    hosts: &[HostName],
    faults: &mut Faults,
) -> BTreeMap<HostName, Box<str>> {
    let mut all = BTreeMap::new();
    let Some(map) = table.map("servers", faults) else { return all };
    for (name, value) in Table::sorted(map) {
        let host = HostName::new(name.get_ref());
        if !hosts.contains(&host) {
            let message = format!("the service does not run on {}", quoted(name.get_ref()));
            let remedy = "name its hosts only; see `hosts`";
            faults.at(table.source, &name.span(), message, remedy);
        }
        let address = value.get_ref().as_str().filter(|text| is_address(text));
        if address.is_none() {
            let message = format!("{} is no address with a port", describe(value));
            let remedy = "write it as nginx has it, with its port, such as `10.0.0.1:3000`";
            faults.at(table.source, &value.span(), message, remedy);
        }
        all.insert(host, address.unwrap_or_default().into());
    }
    if let Some(missing) = hosts.iter().find(|host| !all.contains_key(host)) {
        let message = format!("`servers` does not say what {} is called", quoted(missing.as_str()));
        let remedy = "name all hosts of the service, or leave `servers` out: they are found by their \
                      addresses";
        faults.at(table.source, &table.span_of("servers"), message, remedy);
    }
    all
}

/// `10.0.0.1:3000`, `web1:80` or `[fd00::1]:80`.
fn is_address(text: &str) -> bool {
    let Some((name, port)) = text.rsplit_once(':') else { return false };
    let inner = name.strip_prefix('[').and_then(|name| name.strip_suffix(']'));
    let good = match inner {
        Some(inner) => inner.parse::<core::net::Ipv6Addr>().is_ok(),
        None => is_plain(name),
    };
    good && port.parse::<u16>().is_ok_and(|port| port > 0)
}

/// A word that is nothing but a word, for nginx and for a shell.
fn is_plain(text: &str) -> bool {
    let good = |c: char| c.is_ascii_alphanumeric() || ".-_".contains(c);
    !text.is_empty() && !text.starts_with('-') && text.len() < 256 && text.chars().all(good)
}

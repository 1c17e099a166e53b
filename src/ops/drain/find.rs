//! What an instance is called in a balancer's pools, and whether enough are left without it.

use std::collections::BTreeSet;

use crate::model::drain::{DrainSpec, Pools};
use crate::model::ids::HostName;
use crate::model::port::Protocol;
use crate::ops::Target;

/// Servers of pools that a batch takes out.
#[derive(Default)]
pub(super) struct Servers {
    taken: BTreeSet<Box<str>>,
    all: BTreeSet<Box<str>>,
    /// So many of all have to be left.
    pub(super) least: usize,
}

impl Servers {
    pub(super) fn add(&mut self, address: Box<str>) {
        self.taken.insert(address);
    }

    pub(super) fn taken(&self) -> String {
        words(&self.taken)
    }

    pub(super) fn all(&self) -> String {
        words(&self.all)
    }

    /// Those that are `down` already.
    pub(super) fn down<'a>(&'a self, pools: &'a Pools) -> impl Iterator<Item = &'a str> {
        let members = pools.members.iter();
        members.filter(|one| one.down && self.taken.contains(&one.address)).map(|one| &*one.address)
    }
}

fn words(set: &BTreeSet<Box<str>>) -> String {
    set.iter().map(|one| &**one).collect::<Vec<_>>().join(" ")
}

/// The server that an instance is.
pub(super) fn address(
    target: &Target,
    balancer: &HostName,
    spec: &DrainSpec,
    pools: &Pools,
) -> Result<Box<str>, String> {
    let host = &target.id.host.host;
    let place = if spec.upstream.is_empty() {
        spec.file.to_string()
    } else {
        format!("upstream {} of {}", spec.upstream, spec.file)
    };
    if !spec.servers.is_empty() {
        let wanted = spec.servers.get(host).map_or("", |wanted| wanted);
        return match pools.members.iter().find(|member| *member.address == *wanted) {
            Some(member) => Ok(member.address.clone()),
            None => Err(format!(
                "{place} has no line `server {wanted} …;` of its own for {host}; it has: {}",
                known(pools)
            )),
        };
    }
    let ports = target.promises.ports.iter().filter(|port| port.protocol == Protocol::Tcp);
    let ports: Vec<u16> = ports.map(|port| port.port).collect();
    let own = |text: &str| {
        let loopback = matches!(text, "127.0.0.1" | "::1" | "localhost");
        text == host.as_str()
            || (loopback && host == balancer)
            || (!loopback && target.look.addresses.contains(text))
    };
    let fits = |address: &str| {
        let Some((name, port)) = address.rsplit_once(':') else { return false };
        let name = name.strip_prefix('[').and_then(|name| name.strip_suffix(']')).unwrap_or(name);
        let port: Option<u16> = port.parse().ok();
        own(name) && port.is_some_and(|port| ports.is_empty() || ports.contains(&port))
    };
    let found: BTreeSet<&Box<str>> =
        pools.members.iter().map(|member| &member.address).filter(|one| fits(one)).collect();
    let mut found = found.into_iter();
    match (found.next(), found.next()) {
        (Some(one), None) => Ok(one.clone()),
        (Some(one), Some(other)) => Err(format!(
            "{place} has both {one} and {other} for {host}: say which with `servers`, or with the \
             service's `ports`"
        )),
        (None, _) => Err(format!(
            "{place} has no `server` line with an address of {host} ({}){}; it has: {}. Say which it \
             is with `servers = {{ {host} = \"ADDRESS:PORT\" }}`",
            target.look.addresses.iter().map(|one| &**one).collect::<Vec<_>>().join(", "),
            if ports.is_empty() { "" } else { " and one of the service's ports" },
            known(pools)
        )),
    }
}

fn known(pools: &Pools) -> String {
    let names: Vec<&str> = pools.members.iter().take(20).map(|one| &*one.address).collect();
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}

/// Whether the pools can do without these servers; learns who else is in them.
pub(super) fn enough(servers: &mut Servers, pools: &Pools) -> Result<(), String> {
    let touched: BTreeSet<&str> = pools
        .members
        .iter()
        .filter(|one| servers.taken.contains(&one.address))
        .map(|one| &*one.upstream)
        .collect();
    for upstream in touched {
        let members = || pools.members.iter().filter(|one| *one.upstream == *upstream);
        servers.all.extend(members().map(|one| one.address.clone()));
        let takes = members().any(|one| !one.down && servers.taken.contains(&one.address));
        let left =
            members().filter(|one| !one.down && !servers.taken.contains(&one.address)).count();
        if takes && left == 0 {
            return Err(format!(
                "without {} nobody would be left in upstream {upstream}: make batches smaller, or say \
                 --no-drain",
                servers.taken()
            ));
        }
        if takes && left < servers.least {
            return Err(format!(
                "without {} {left} would be left in upstream {upstream}, and min_available asks for {}",
                servers.taken(),
                servers.least
            ));
        }
    }
    Ok(())
}

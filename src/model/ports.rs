//! The verdict on each port of a host: what is declared beside what listens.

mod holder;

use core::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use self::holder::holds;
use super::fleet::Env;
use super::host::Host;
use super::ids::ServiceName;
use super::instance::{Instance, ServiceState};
use super::port::{Bind, PortSpec, Protocol, Socket, Sockets};
pub use super::port::{Owner, PortBrief, PortVerdict};
use super::screen::PortId;
use super::severity::Severity;
use super::time::Timestamp;

/// A port of a host with its verdict.
#[derive(Clone, PartialEq, Debug)]
pub struct PortRow<'a> {
    /// Where.
    pub env: &'a Env,
    /// Where.
    pub host: &'a Host,
    /// How it is spoken to.
    pub protocol: Protocol,
    /// Its number.
    pub port: u16,
    /// Where it listens, without repetition.
    pub binds: Vec<IpAddr>,
    /// Who declares it.
    pub declared: Vec<(&'a ServiceName, &'a PortSpec)>,
    /// Who listens.
    pub owner: Option<Owner<'a>>,
    /// What that means.
    pub verdict: PortVerdict,
    /// How bad that is.
    pub severity: Severity,
    /// The reading is too old to be trusted.
    pub stale: bool,
}

impl PortRow<'_> {
    /// The row's identity.
    pub fn id(&self) -> PortId {
        let host = self.host.id(&self.env.name);
        PortId { host, protocol: self.protocol, port: self.port }
    }

    /// What it is for, as declared.
    pub fn name(&self) -> &str {
        self.declared.iter().find_map(|(_, spec)| spec.name.as_deref()).unwrap_or("")
    }

    /// Why nobody can tell whether it listens.
    pub fn unseen(&self) -> Option<String> {
        if self.verdict != PortVerdict::Unknown {
            return None;
        }
        let mut names = self.declared.iter().map(|(name, _)| name);
        let inner = |name: &&&ServiceName| {
            self.host.instances.get(**name).is_some_and(|instance| network(instance).is_some())
        };
        let name = names.find(inner)?;
        let setting = self.host.instances.get(*name).and_then(network)?;
        Some(format!(
            "{name} has a network of its own ({setting}), and what listens in there is not seen from \
             the host"
        ))
    }

    /// In short.
    pub const fn brief(&self) -> PortBrief {
        PortBrief {
            port: self.port,
            protocol: self.protocol,
            verdict: self.verdict,
            severity: self.severity,
        }
    }
}

/// A service that was started just now may not listen yet.
const WARMING: Duration = Duration::from_secs(30);
/// Ports that the kernel gives to whoever asks for any (`ip_local_port_range`, ip(7)).
const EPHEMERAL: u16 = 32_768;
/// Ports of the system's own services: ssh, DNS stub, DHCP, NTP, chrony's, mDNS, LLMNR.
const SYSTEM: &[u16] = &[22, 53, 68, 123, 323, 546, 547, 5353, 5355];

/// Whether an address is its own host's only; an IPv4 one may be written as IPv6.
pub fn is_loopback(address: &IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => v4.is_loopback(),
        IpAddr::V6(v6) => {
            v6.is_loopback() || v6.to_ipv4_mapped().is_some_and(|v4: Ipv4Addr| v4.is_loopback())
        }
    }
}

/// Who declares a port.
type Declared<'a> = (&'a ServiceName, &'a Instance, &'a PortSpec);

/// One port: who declares it, and what listens there.
#[derive(Clone, Copy)]
struct Slot<'s, 'a> {
    declared: &'s [Declared<'a>],
    sockets: &'s [&'a Socket],
}

/// Who holds a port's sockets, as far as anybody can tell.
struct Held<'a> {
    /// One that is none of the services that declare it.
    foreign: Option<&'a Socket>,
    /// One of them holds one.
    own: bool,
}

/// All ports of a host: declared ones and those that listen, in the order of their numbers.
/// Nothing before they have been read once.
pub fn judge<'a>(
    env: &'a Env,
    host: &'a Host,
    interval: Duration,
    now: Timestamp,
) -> Vec<PortRow<'a>> {
    let Some(sockets) = host.ports.value() else { return Vec::new() };
    let stale = is_stale(host, interval, now);
    let specs = |(name, instance): (&'a ServiceName, &'a Instance)| {
        instance.promises.ports.iter().map(move |spec| (name, instance, spec))
    };
    let mut declared: Vec<Declared<'a>> = host.instances.iter().flat_map(specs).collect();
    let mut listening: Vec<&Socket> = sockets.list.iter().collect();
    let declares = |(_, _, spec): &Declared<'_>| (spec.port, spec.protocol);
    let listens = |socket: &&Socket| (socket.port, socket.protocol);
    declared.sort_by_key(declares);
    listening.sort_by_key(listens);
    let (mut declared, mut listening) = (declared.as_slice(), listening.as_slice());
    let mut rows = Vec::with_capacity(declared.len().max(listening.len()));
    let first = |a: Option<_>, b: Option<_>| a.into_iter().chain(b).min();
    while let Some(key) = first(declared.first().map(declares), listening.first().map(listens)) {
        let slot = Slot {
            declared: front(&mut declared, |one| declares(one) == key),
            sockets: front(&mut listening, |one| listens(one) == key),
        };
        rows.extend(slot.row((env, host), key, sockets, stale, now));
    }
    rows
}

/// Takes those from the front of a list that are so.
fn front<'l, T>(list: &mut &'l [T], is: impl Fn(&T) -> bool) -> &'l [T] {
    let end = list.iter().take_while(|one| is(one)).count();
    let (taken, rest) = list.split_at_checked(end).unwrap_or((list, &[]));
    *list = rest;
    taken
}

/// One port of a host.
pub fn judge_one<'a>(
    env: &'a Env,
    host: &'a Host,
    (port, protocol): (u16, Protocol),
    interval: Duration,
    now: Timestamp,
) -> Option<PortRow<'a>> {
    let sockets = host.ports.value()?;
    let stale = is_stale(host, interval, now);
    let mut declared = Vec::new();
    for (name, instance) in &host.instances {
        let specs = instance.promises.ports.iter();
        let own = specs.filter(|spec| spec.port == port && spec.protocol == protocol);
        declared.extend(own.map(|spec| (name, instance, spec)));
    }
    let held = sockets.list.iter().filter(|s| s.port == port && s.protocol == protocol);
    let held: Vec<&Socket> = held.collect();
    if declared.is_empty() && held.is_empty() {
        return None;
    }
    let slot = Slot { declared: &declared, sockets: &held };
    slot.row((env, host), (port, protocol), sockets, stale, now)
}

/// Whether what is known of a host's ports is too old to be trusted.
pub fn is_stale(host: &Host, interval: Duration, now: Timestamp) -> bool {
    !host.link.is_up() || host.ports.is_stale(now, interval)
}

impl<'a> Slot<'_, 'a> {
    fn row(
        self,
        (env, host): (&'a Env, &'a Host),
        (port, protocol): (u16, Protocol),
        sockets: &'a Sockets,
        stale: bool,
        now: Timestamp,
    ) -> Option<PortRow<'a>> {
        let held = self.held(host);
        let owner = self.owner(&held, sockets);
        let (verdict, severity) =
            self.verdict((env, host), (port, protocol), &held, owner.as_ref(), now)?;
        let mut binds: Vec<IpAddr> = self.sockets.iter().map(|s| s.address).collect();
        binds.sort_unstable();
        binds.dedup();
        Some(PortRow {
            env,
            host,
            protocol,
            port,
            binds,
            declared: self.declared.iter().map(|(name, _, spec)| (*name, *spec)).collect(),
            owner,
            verdict,
            severity: if stale { Severity::Unknown } else { severity },
            stale,
        })
    }

    /// Who listens: where several do, one that is not what was declared.
    fn owner(self, held: &Held<'a>, all: &'a Sockets) -> Option<Owner<'a>> {
        let socket = held.foreign.or_else(|| self.sockets.first().copied())?;
        let pid = socket.pids.first().copied();
        let process = pid.and_then(|pid| all.processes.get(&pid));
        // The socket's own group is that of who made it.
        let own = process.map(|process| &*process.cgroup).filter(|path| !path.is_empty());
        let made = socket.cgroup.as_deref().filter(|path| !path.is_empty());
        Some(Owner { pid, process, cgroup: own.or(made) })
    }

    fn held(self, host: &Host) -> Held<'a> {
        let mut held = Held { foreign: None, own: false };
        for socket in self.sockets {
            match self.is_own(host, socket) {
                Some(true) => held.own = true,
                Some(false) => held.foreign = held.foreign.or(Some(socket)),
                None => {}
            }
        }
        held
    }

    /// Whether one of the declaring services holds a socket; none where nobody can tell.
    fn is_own(self, host: &Host, socket: &Socket) -> Option<bool> {
        let mut told = false;
        for (_, instance, _) in self.declared {
            match holds(host, instance, socket) {
                Some(true) => return Some(true),
                Some(false) => told = true,
                None => {}
            }
        }
        told.then_some(false)
    }

    fn verdict(
        self,
        (env, host): (&Env, &Host),
        (port, protocol): (u16, Protocol),
        held: &Held<'_>,
        owner: Option<&Owner<'_>>,
        now: Timestamp,
    ) -> Option<(PortVerdict, Severity)> {
        let open = self.sockets.iter().any(|socket| !is_loopback(&socket.address));
        let in_range = env.ports.is_empty() || env.ports.iter().any(|range| range.has(port));
        if self.declared.is_empty() {
            return undeclared(env, host, (port, protocol), owner, open, in_range);
        }
        if self.conflicts() {
            return Some((PortVerdict::Conflict, Severity::Critical));
        }
        if self.sockets.is_empty() {
            if self.declared.iter().any(|(_, i, _)| is_up(host, i) && network(i).is_some()) {
                return Some((PortVerdict::Unknown, Severity::Unknown));
            }
            return Some((PortVerdict::NotListening, self.missing(host, now)));
        }
        if held.foreign.is_some() {
            return Some((PortVerdict::ForeignOwner, Severity::Critical));
        }
        if !held.own {
            // Where the service runs it is most likely its own; where it does not, it is somebody
            // else, and we cannot say who.
            let runs = self.declared.iter().any(|(_, instance, _)| is_up(host, instance));
            let severity = if runs { Severity::Info } else { Severity::Unknown };
            return Some((PortVerdict::OwnerUnknown, severity));
        }
        if self.is_wider() {
            return Some((PortVerdict::Exposed, Severity::Warning));
        }
        if !self.reaches_declared() {
            return Some((PortVerdict::NotListening, self.missing(host, now)));
        }
        if !in_range {
            return Some((PortVerdict::OutOfRange, Severity::Warning));
        }
        Some((PortVerdict::Ok, Severity::Ok))
    }

    /// Whether it listens where it was declared to: an explicit `any` is not met by a loopback,
    /// and an address only by itself or by everywhere.
    fn reaches_declared(self) -> bool {
        self.declared.iter().filter_map(|(_, _, spec)| spec.bind).all(|bind| match bind {
            Bind::Any => self.sockets.iter().any(|s| !is_loopback(&s.address)),
            Bind::Loopback => true,
            Bind::Address(address) => {
                self.sockets.iter().any(|s| s.address == address || s.address.is_unspecified())
            }
        })
    }

    /// Whether it can be reached on an address for which nobody has declared it.
    fn is_wider(self) -> bool {
        let mut open = self.sockets.iter().filter(|socket| !is_loopback(&socket.address));
        let meant = |at| self.declared.iter().any(|(_, _, s)| s.bind.is_none_or(|b| b.has(at)));
        open.any(|socket| !meant(&socket.address))
    }

    /// Two services want it, on addresses that overlap.
    fn conflicts(self) -> bool {
        let [(_, _, first), rest @ ..] = self.declared else { return false };
        rest.iter().any(|(_, _, other)| match (first.bind, other.bind) {
            (Some(Bind::Address(a)), Some(Bind::Address(b))) => a == b,
            _ => true,
        })
    }

    /// How bad it is that nobody listens: what the service's own row says already is not said
    /// twice.
    fn missing(self, host: &Host, now: Timestamp) -> Severity {
        let worst = self.declared.iter().map(|(_, instance, _)| {
            let verdict = instance.judge(host, Duration::MAX, now);
            match verdict.state {
                ServiceState::Running | ServiceState::Completed | ServiceState::Waiting => {
                    let up = instance.up_since(host).or(verdict.since);
                    let warm = up.is_none_or(|at| now.since(at) >= WARMING);
                    if warm { Severity::Critical } else { Severity::Info }
                }
                ServiceState::Starting | ServiceState::Reloading => Severity::Info,
                ServiceState::Stopping
                | ServiceState::Stopped
                | ServiceState::Failed
                | ServiceState::CrashLooping
                | ServiceState::Paused
                | ServiceState::Missing => Severity::Warning,
                ServiceState::Unknown => Severity::Unknown,
            }
        });
        Severity::worst(worst)
    }
}

/// A port that no service declares. Nothing for those that nobody would ask about.
fn undeclared(
    env: &Env,
    host: &Host,
    (port, protocol): (u16, Protocol),
    owner: Option<&Owner<'_>>,
    open: bool,
    in_range: bool,
) -> Option<(PortVerdict, Severity)> {
    if protocol == Protocol::Udp && port >= EPHEMERAL {
        // A client that waits for its answer looks the same.
        return None;
    }
    let kept = owner.and_then(Owner::unit).is_some();
    if SYSTEM.contains(&port) && kept {
        return Some((PortVerdict::Ok, Severity::Ok));
    }
    if SYSTEM.contains(&port) && host.ports.value().is_some_and(|sockets| sockets.ownerless) {
        // Most likely the system's own; `blind` tells why nobody knows.
        return Some((PortVerdict::OwnerUnknown, Severity::Info));
    }
    if !env.ports.is_empty() && !in_range {
        let severity = if open { Severity::Warning } else { Severity::Info };
        return Some((PortVerdict::OutOfRange, severity));
    }
    // On a host for which nobody has declared any port, what a unit keeps is as good as declared.
    let declares = !env.ports.is_empty()
        || host.instances.values().any(|instance| !instance.promises.ports.is_empty());
    match (declares, kept, open) {
        (false, true, _) => Some((PortVerdict::Ok, Severity::Ok)),
        (true, _, true) => Some((PortVerdict::Undeclared, Severity::Warning)),
        (false, false, _) | (true, _, false) => Some((PortVerdict::Undeclared, Severity::Info)),
    }
}

/// The setting by which a service's network is not the host's.
fn network(instance: &Instance) -> Option<&str> {
    let facts = instance.facts.value()?;
    Some(&*facts.network).filter(|setting| !setting.is_empty())
}

fn is_up(host: &Host, instance: &Instance) -> bool {
    instance.processes(host).is_some_and(|found| !found.is_empty())
        || instance.facts.value().is_some_and(|facts| facts.main_pid.is_some())
}

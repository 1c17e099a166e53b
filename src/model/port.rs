//! Ports: what is declared, what really listens, and the verdict on each.

use core::net::IpAddr;
use std::collections::BTreeMap;

use super::severity::Severity;

/// How a port is spoken to.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default, Hash)]
pub enum Protocol {
    /// Streams.
    #[default]
    Tcp,
    /// Datagrams.
    Udp,
}

impl Protocol {
    /// The word in config, JSON and on the screen.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Tcp => "tcp",
            Self::Udp => "udp",
        }
    }
}

/// Where a declared port may be reached from.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Hash)]
pub enum Bind {
    /// From anywhere.
    #[default]
    Any,
    /// From its own host only.
    Loopback,
    /// By that address of the host.
    Address(IpAddr),
}

impl Bind {
    /// Whether an address of the host that is not its own only is meant; an IPv4 one may be written
    /// as IPv6.
    pub fn has(self, address: &IpAddr) -> bool {
        match self {
            Self::Any => true,
            Self::Loopback => false,
            Self::Address(meant) => meant.to_canonical() == address.to_canonical(),
        }
    }
}

/// A declared port of a service.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PortSpec {
    /// Its number.
    pub port: u16,
    /// How it is spoken to.
    pub protocol: Protocol,
    /// What it is for, such as `sse`.
    pub name: Option<Box<str>>,
    /// Where it may be reached from; none where the config does not say.
    pub bind: Option<Bind>,
}

/// Ports from one to another, both included.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PortRange {
    /// The first.
    pub first: u16,
    /// The last.
    pub last: u16,
}

impl PortRange {
    /// Whether a port is one of them.
    pub const fn has(self, port: u16) -> bool {
        self.first <= port && port <= self.last
    }
}

/// A socket that waits for somebody.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Socket {
    /// How it is spoken to.
    pub protocol: Protocol,
    /// Where it listens; unspecified (`0.0.0.0`, `::`) is everywhere.
    pub address: IpAddr,
    /// On which port.
    pub port: u16,
    /// Whose it is; none where the tool does not say (0 is left out by `ss`, and is root).
    pub uid: Option<u32>,
    /// Names the socket.
    pub inode: u64,
    /// The control group of who made it; none where the kernel or the tool does not say.
    pub cgroup: Option<Box<str>>,
    /// Processes that hold it, where we may see them.
    pub pids: Vec<u32>,
    /// Connections that nobody has taken yet (`Recv-Q`).
    pub waiting: u32,
    /// As many may wait (`Send-Q`); 0 where not known.
    pub backlog: u32,
}

/// A process that holds a socket.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Process {
    /// Its name (`comm`).
    pub name: Box<str>,
    /// Its arguments, as far as they may be seen.
    pub command: Box<str>,
    /// When it began, in microseconds since the kernel's boot.
    pub started: Option<u64>,
    /// Its control group.
    pub cgroup: Box<str>,
    /// Its working directory, where we may see it.
    pub directory: Option<Box<str>>,
    /// Whose it is.
    pub uid: Option<u32>,
}

/// All that listens on a host.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Sockets {
    /// Sockets, in the tool's order.
    pub list: Vec<Socket>,
    /// Processes behind those that matter, by pid.
    pub processes: BTreeMap<u32, Process>,
    /// The host has no `ss` that works: nobody sees who holds a socket.
    pub ownerless: bool,
    /// What could not be read, such as the owner of others' sockets.
    pub warnings: Vec<String>,
}

/// What a control group says about who runs there.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Keeper<'a> {
    /// A unit that systemd keeps.
    Unit(&'a str),
    /// A container of that id.
    Container(&'a str),
    /// A login session: started by hand, and gone with the next boot.
    Session(&'a str),
    /// A unit of a user's own systemd.
    UserUnit(&'a str),
    /// Nobody: a process outside of all units.
    Nobody,
}

/// Reads a control group's path: its last `*.service` or `*.scope` says who keeps its processes.
pub fn keeper(cgroup: &str) -> Keeper<'_> {
    let mut parts = cgroup.rsplit('/').filter(|part| !part.is_empty());
    let last = parts.next().unwrap_or("");
    if let Some(id) = last.strip_prefix("docker-").and_then(|rest| rest.strip_suffix(".scope")) {
        return Keeper::Container(id);
    }
    if let Some(rest) = cgroup.strip_prefix("/docker/") {
        return Keeper::Container(rest.split('/').next().unwrap_or(rest));
    }
    let found = std::iter::once(last)
        .chain(parts)
        .find(|part| [".service", ".scope", ".socket"].iter().any(|suffix| part.ends_with(suffix)));
    match found {
        Some(scope) if scope.starts_with("session-") => Keeper::Session(scope),
        Some(unit) if cgroup.contains("/user@") && !unit.starts_with("user@") => {
            Keeper::UserUnit(unit)
        }
        Some("init.scope") | None => Keeper::Nobody,
        Some(unit) => Keeper::Unit(unit),
    }
}

/// The verdict on a port, as in `status --json`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Hash)]
pub enum PortVerdict {
    /// As declared, or nothing that has to be.
    Ok,
    /// Declared, and nobody listens.
    NotListening,
    /// Somebody listens whom nobody declared.
    Undeclared,
    /// Not the service that declares it listens, but somebody else.
    ForeignOwner,
    /// Can be reached on addresses for which it is not declared.
    Exposed,
    /// Two services of the host declare it.
    Conflict,
    /// Not among the ports that the environment allows.
    OutOfRange,
    /// Somebody listens, and we may not see who.
    OwnerUnknown,
    /// Whether anybody listens cannot be seen: the service has a network of its own.
    Unknown,
}

impl PortVerdict {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Ok,
        Self::NotListening,
        Self::Undeclared,
        Self::ForeignOwner,
        Self::Exposed,
        Self::Conflict,
        Self::OutOfRange,
        Self::OwnerUnknown,
        Self::Unknown,
    ];

    /// The word in JSON and on the screen.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::NotListening => "not-listening",
            Self::Undeclared => "undeclared",
            Self::ForeignOwner => "foreign-owner",
            Self::Exposed => "exposed",
            Self::Conflict => "conflict",
            Self::OutOfRange => "out-of-range",
            Self::OwnerUnknown => "owner-unknown",
            Self::Unknown => "unknown",
        }
    }
}

/// A port with its verdict, in short: what a host keeps of its last look, so that a frame of a
/// thousand hosts does not judge each of their ports again.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PortBrief {
    /// Its number.
    pub port: u16,
    /// How it is spoken to.
    pub protocol: Protocol,
    /// What was found.
    pub verdict: PortVerdict,
    /// How bad that is.
    pub severity: Severity,
}

/// Who listens.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Owner<'a> {
    /// The process; none where we may not see it.
    pub pid: Option<u32>,
    /// What is known of it.
    pub process: Option<&'a Process>,
    /// Its control group.
    pub cgroup: Option<&'a str>,
}

impl<'a> Owner<'a> {
    /// Who keeps it, where its control group is known.
    pub fn keeper(&self) -> Option<Keeper<'a>> {
        self.cgroup.map(keeper)
    }

    /// The unit that keeps it.
    pub fn unit(&self) -> Option<&'a str> {
        match self.keeper()? {
            Keeper::Unit(unit) | Keeper::UserUnit(unit) => Some(unit),
            Keeper::Container(_) | Keeper::Session(_) | Keeper::Nobody => None,
        }
    }

    /// The container that keeps it.
    pub fn container(&self) -> Option<&'a str> {
        match self.keeper()? {
            Keeper::Container(id) => Some(id),
            Keeper::Unit(_) | Keeper::UserUnit(_) | Keeper::Session(_) | Keeper::Nobody => None,
        }
    }

    /// In a few words: unit, container, or process with its pid.
    pub fn label(&self) -> String {
        let process = match (self.pid, self.process) {
            (Some(pid), Some(process)) => format!("pid {pid} {}", process.name),
            (Some(pid), None) => format!("pid {pid}"),
            (None, _) => String::new(),
        };
        match self.keeper() {
            Some(Keeper::Unit(unit) | Keeper::UserUnit(unit)) => unit.to_owned(),
            Some(Keeper::Container(id)) => {
                format!("container {}", id.get(..12).unwrap_or(id))
            }
            Some(Keeper::Session(_) | Keeper::Nobody) if !process.is_empty() => process,
            Some(Keeper::Session(scope)) => scope.to_owned(),
            Some(Keeper::Nobody) | None => process,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Keeper, keeper};

    #[test]
    fn a_control_group_says_who_keeps_it() {
        for (path, kept) in [
            ("/system.slice/nginx.service", Keeper::Unit("nginx.service")),
            ("/system.slice/a.service/worker", Keeper::Unit("a.service")),
            ("/user.slice/user-0.slice/session-12.scope", Keeper::Session("session-12.scope")),
            (
                "/user.slice/user-1000.slice/user@1000.service/app.slice/a.service",
                Keeper::UserUnit("a.service"),
            ),
            ("/system.slice/docker-0a1b.scope", Keeper::Container("0a1b")),
            ("/docker/0a1b/init", Keeper::Container("0a1b")),
            ("/init.scope", Keeper::Nobody),
            ("/", Keeper::Nobody),
        ] {
            assert_eq!(keeper(path), kept, "{path}");
        }
    }
}

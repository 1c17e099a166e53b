//! A reverse proxy (nginx): where its configuration sends requests, and whether anybody is there.

use core::net::IpAddr;
use std::collections::BTreeMap;
use std::time::Duration;

/// Between two looks at a proxy.
pub const PACE: Duration = Duration::from_secs(30);

/// Where something stands in a configuration.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Place {
    /// The file.
    pub file: Box<str>,
    /// Its line, from 1.
    pub line: u32,
    /// The directive as it stands there, on one line.
    pub text: Box<str>,
}

/// Where requests are sent.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Target {
    /// An address or a name, and a port.
    Tcp(Box<str>, u16),
    /// A socket's path.
    Unix(Box<str>),
    /// It depends on the request (a variable), or we cannot read it.
    Unknown(Box<str>),
}

impl Target {
    /// As in a configuration: `127.0.0.1:8000`, `[::1]:80`, `unix:/run/a.sock`.
    pub fn label(&self) -> String {
        match self {
            Self::Tcp(host, port) if host.contains(':') => format!("[{host}]:{port}"),
            Self::Tcp(host, port) => format!("{host}:{port}"),
            Self::Unix(path) => format!("unix:{path}"),
            Self::Unknown(text) => text.to_string(),
        }
    }
}

/// A member of a pool.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Member {
    /// Where.
    pub target: Target,
    /// Marked `down`: nothing is sent there.
    pub down: bool,
    /// Marked `backup`: asked only when all others fail.
    pub backup: bool,
    /// Where it says so.
    pub place: Place,
}

/// A pool of equals: `upstream NAME { … }`.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Upstream {
    /// Its name.
    pub name: Box<str>,
    /// Its members, in their order.
    pub members: Vec<Member>,
}

/// A virtual server.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Server {
    /// `server_name`.
    pub names: Vec<Box<str>>,
    /// The first word of each `listen`.
    pub listens: Vec<Box<str>>,
}

impl Server {
    /// A name that somebody would know it by.
    pub fn label(&self) -> String {
        let named = self.names.iter().find(|name| !matches!(&***name, "" | "_"));
        match (named, self.listens.first()) {
            (Some(name), _) => name.to_string(),
            (None, Some(port)) if port.parse::<u16>().is_ok() => format!(":{port}"),
            (None, Some(address)) => address.to_string(),
            (None, None) => "a server".to_owned(),
        }
    }
}

/// What a route leads to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Way {
    /// To a pool, by its place in [`ProxyFacts::upstreams`].
    Pool(usize),
    /// Straight there.
    To(Target),
}

/// Requests that are passed on: `proxy_pass` and its kin.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Route {
    /// Whose requests, by the place in [`ProxyFacts::servers`]; none in a file that a server
    /// includes.
    pub server: Option<usize>,
    /// The location, as it stands there; empty outside of one.
    pub location: Box<str>,
    /// Where to.
    pub way: Way,
    /// Where it says so.
    pub place: Place,
}

/// What came of a connection from the proxy's own host.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Reached {
    /// Somebody took it.
    Answered,
    /// Nobody listens there.
    Refused,
    /// There is no such socket.
    Missing,
    /// No answer: it is down, or something on the way drops it.
    Silent,
    /// We could not tell, for that reason.
    Unknown(Box<str>),
}

/// What the proxy says of its own configuration.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ConfigTest {
    /// It would be taken.
    pub valid: bool,
    /// What it complained about.
    pub said: Vec<Box<str>>,
}

/// A file of the configuration.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ConfigFile {
    /// Its path.
    pub path: Box<str>,
    /// When it was changed last, in seconds since 1970 by the host's wall clock; none where we
    /// may not see it.
    pub modified: Option<i64>,
}

/// What a reverse proxy does, as its configuration on the disk says. What it really does is that
/// only since its workers began after the last change.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ProxyFacts {
    /// Addresses of the host itself, whether it has a proxy or not.
    pub addresses: Vec<IpAddr>,
    /// There is an nginx.
    pub present: bool,
    /// Its master's pid while it runs.
    pub master: Option<u32>,
    /// When the oldest worker began that takes requests, in microseconds since the kernel's boot.
    pub oldest_worker: Option<u64>,
    /// When the newest worker began, likewise.
    pub newest_worker: Option<u64>,
    /// Pools.
    pub upstreams: Vec<Upstream>,
    /// Virtual servers.
    pub servers: Vec<Server>,
    /// Where requests go.
    pub routes: Vec<Route>,
    /// Files that were read.
    pub files: Vec<ConfigFile>,
    /// Its own verdict on the configuration; none where we have no right to ask.
    pub test: Option<ConfigTest>,
    /// Connections that were tried, by [`Target`].
    pub reached: BTreeMap<Target, Reached>,
    /// What could not be read.
    pub warnings: Vec<String>,
}

impl ProxyFacts {
    /// Whether a name or an address is the host's own.
    pub fn is_own(&self, host: &str) -> bool {
        host == "localhost"
            || host.parse::<IpAddr>().is_ok_and(|address| {
                address.is_unspecified()
                    || super::ports::is_loopback(&address)
                    || self.addresses.contains(&address)
            })
    }

    /// Every address that requests are sent to, without repetition and without members that are
    /// marked `down`.
    pub fn targets(&self) -> Vec<&Target> {
        let members = self.upstreams.iter().flat_map(|upstream| &upstream.members);
        let straight = self.routes.iter().filter_map(|route| match &route.way {
            Way::To(target) => Some(target),
            Way::Pool(_) => None,
        });
        let mut all: Vec<&Target> = members
            .filter(|member| !member.down)
            .map(|member| &member.target)
            .chain(straight)
            .collect();
        // Stable, since that finds what is in order already, as places mostly are in a configuration.
        all.sort();
        all.dedup();
        all
    }

    /// The file that was changed last, and when.
    pub fn newest_file(&self) -> Option<(&str, i64)> {
        let dated = self.files.iter().filter_map(|file| Some((&*file.path, file.modified?)));
        dated.max_by_key(|(_, at)| *at)
    }
}

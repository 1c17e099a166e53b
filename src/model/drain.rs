//! Load balancers: before something is done to a service's instance, its balancer sends nothing more
//! there. Such a one is nginx on a host of the environment; the open-source one has no interface for
//! that but its files.

use std::collections::BTreeMap;
use std::time::Duration;

use super::ids::HostName;

/// What a balancer's part of a plan is called: no service of a config can have that name.
pub const SERVICE: &str = "drain/nginx";
/// What is locked on its host: the same as for whoever restarts it.
pub const SUBJECT: &str = "nginx.service";
/// So long open connections are waited for where nobody says otherwise.
pub const TIMEOUT: Duration = Duration::from_secs(30);
/// Who hears nothing of the console for so long puts everything back by itself.
pub const DEAD_MAN: Duration = Duration::from_secs(60);

/// `drain` of a service.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DrainSpec {
    /// The host of the balancer.
    pub host: HostName,
    /// The file that has the `server` lines.
    pub file: Box<str>,
    /// The pool in it; empty is every one that has the server.
    pub upstream: Box<str>,
    /// What instances are called there; where this is empty they are found by their hosts' addresses.
    pub servers: BTreeMap<HostName, Box<str>>,
    /// So long open connections are waited for.
    pub timeout: Duration,
    /// See [`DEAD_MAN`].
    pub dead_man: Duration,
}

impl DrainSpec {
    /// The pools.
    pub fn pools(&self) -> PoolId {
        PoolId { file: self.file.clone(), upstream: self.upstream.clone() }
    }
}

/// Pools of a file of nginx.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct PoolId {
    /// The file.
    pub file: Box<str>,
    /// One of them; empty is all.
    pub upstream: Box<str>,
}

/// Pools, looked at.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Pools {
    /// Which.
    pub id: PoolId,
    /// A sum of the file.
    pub sum: Box<str>,
    /// The servers that have a line of their own.
    pub members: Vec<Member>,
    /// Files that were changed after nginx has read them: a reload brings that into force.
    pub pending: Vec<Box<str>>,
    /// Why they cannot be changed, in nginx's or the host's own words.
    pub fault: Option<Box<str>>,
}

/// A server of a pool.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Member {
    /// The pool.
    pub upstream: Box<str>,
    /// As nginx calls it, with its port.
    pub address: Box<str>,
    /// Nothing is sent there.
    pub down: bool,
}

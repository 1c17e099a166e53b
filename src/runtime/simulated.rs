//! Simulated hosts: behind the same [`Transport`] as real ones, so that collector client, parsers,
//! model and screen cannot tell. For the demo, screenshots and the scale benchmark; they never
//! stand in for a real host in a claim.
//!
//! A scenario file says what a host is and what its services do. What is seen at a moment is a
//! pure function of the scenario, the host's name, the time since the fleet was loaded, and of what
//! was restarted. Absent
//! here: randomness, files, processes, and any knowledge of who reads.

mod acts;
mod answers;
mod bus;
mod declared;
mod deploys;
mod fleet;
mod generate;
mod journal;
mod life;
mod logs;
mod noise;
mod properties;
mod scenario;
mod shell;
mod site;
mod sockets;
#[cfg(test)]
mod tests;
mod told;

use std::sync::Arc;

pub use self::fleet::Fleet;
pub use self::generate::Size;
use self::site::Site;
use super::transport::{Channel, Future, Transport, UnitBus};
use crate::model::fault::{Fault, FaultKind};

/// A scenario that is built in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Named {
    /// What `quarterdeck demo` takes.
    pub name: &'static str,
    /// What it shows, in one line.
    pub doc: &'static str,
    /// Which keys show why, in one line.
    pub walk: &'static str,
    text: &'static str,
}

/// The scenarios that are built in, the default one first.
pub const fn scenarios() -> &'static [Named] {
    const ALL: &[Named] = &[
        Named {
            name: "crash-loop",
            doc: "a unit restarted 109,000 times, its port held by hand, backups of the wrong data",
            walk: "backtab to Findings, enter: why, what mends it; p: ports",
            text: include_str!("simulated/scenarios/crash-loop.toml"),
        },
        Named {
            name: "load-balancer",
            doc: "pools that mix services; after 15 s a container takes a port, for four minutes",
            walk: "n: who fails for whom; a loop begins in 15 s: enter on it",
            text: include_str!("simulated/scenarios/load-balancer.toml"),
        },
        Named {
            name: "processes",
            doc: "MCP servers as plain processes, of which one is gone; timers, cron and backups",
            walk: "backtab to Findings, enter: why; a job's runs: enter on it",
            text: include_str!("simulated/scenarios/processes.toml"),
        },
        Named {
            name: "lost-hosts",
            doc: "14 services on five hosts, of which one cannot be reached and one hangs",
            walk: "tab to Hosts, enter: why one is gone, and since when",
            text: include_str!("simulated/scenarios/lost-hosts.toml"),
        },
        Named {
            name: "fleet",
            doc: "many hosts whose services change all the time, as many as you like",
            walk: "/ filters, ! shows problems only, > sorts, 1 to 3 are the environments",
            text: include_str!("simulated/scenarios/fleet.toml"),
        },
    ];
    ALL
}

/// A simulated host that is connected.
pub struct Host(Arc<Site>);

impl Transport for Host {
    fn shell(&self) -> Future<'_, Result<Channel, Fault>> {
        Box::pin(async { Ok(shell::open(Arc::clone(&self.0))) })
    }

    fn bus(&self) -> Future<'_, Result<Box<dyn UnitBus>, Fault>> {
        Box::pin(async {
            let missing = |detail| Fault::new(FaultKind::Missing, "reach systemd", detail);
            if self.0.part.systemd == "none" {
                return Err(missing("the host was not started by systemd"));
            }
            if !self.0.part.bridge {
                return Err(missing("systemd-stdio-bridge: command not found"));
            }
            Ok(Box::new(bus::Bus::new(Arc::clone(&self.0))) as Box<dyn UnitBus>)
        })
    }

    fn lost(&self) -> Future<'_, Fault> {
        Box::pin(self.0.lost())
    }
}

//! Whose a socket is: by its process, and by the control group that it was made in.

use crate::model::host::Host;
use crate::model::instance::Instance;
use crate::model::port::{Keeper, Socket, keeper};
use crate::model::spec::Kind;
use crate::model::unit::is_below;

/// Whether an instance holds a socket; none where nobody can tell.
pub(super) fn holds(host: &Host, instance: &Instance, socket: &Socket) -> Option<bool> {
    match &instance.kind {
        Kind::Process(_) => {
            let found = instance.processes(host)?;
            let held = !socket.pids.is_empty();
            held.then(|| found.iter().any(|process| socket.pids.contains(&process.pid)))
        }
        Kind::Cron(_) | Kind::Command(_) => None,
        Kind::Unit(unit) | Kind::Timer(unit) => {
            let facts = instance.facts.value()?;
            if facts.main_pid.is_some_and(|pid| socket.pids.contains(&pid)) {
                return Some(true);
            }
            let cgroup = socket.cgroup.as_deref()?;
            if cgroup == "/init.scope" || socket.pids == [1] {
                // Socket activation: systemd listens for it.
                let activated = facts.triggered_by.iter().any(|by| by.ends_with(".socket"));
                return Some(activated);
            }
            if !facts.control_group.is_empty() {
                if let Some(others) = all_outside(host, socket, &facts.control_group) {
                    return Some(!others);
                }
                // Beneath it may be groups that the service has made for its workers.
                return Some(is_below(cgroup, &facts.control_group));
            }
            Some(matches!(keeper(cgroup), Keeper::Unit(kept) if kept == unit.as_str()))
        }
    }
}

/// Whether all processes that hold a socket are outside a control group: the socket's own is that of
/// who made it, and may have handed it on. None where not all of them are known.
fn all_outside(host: &Host, socket: &Socket, group: &str) -> Option<bool> {
    let processes = &host.ports.value()?.processes;
    let mut outside = None;
    for pid in &socket.pids {
        let cgroup = processes.get(pid).map(|process| &*process.cgroup)?;
        if cgroup.is_empty() {
            return None;
        }
        outside = Some(outside.unwrap_or(true) && !is_below(cgroup, group));
    }
    outside
}

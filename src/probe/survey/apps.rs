//! Which units of a host are applications, and which ports are theirs.
//!
//! The rule: a unit is an application when its file is an administrator's (below `/etc` or
//! `/usr/local`, or of no package); when it is the distribution's and listens on a port that is not
//! the system's; or when it is the distribution's and well known for running applications. The
//! system's own services (login, network, time, mail relay, updates, …) never are, nor is what has
//! no file. What neither runs nor is enabled is told, and left out.

use std::collections::BTreeMap;

use crate::model::ids::UnitName;
use crate::model::port::{Keeper, Process, Protocol, Socket, Sockets, keeper};
use crate::model::survey::{FoundPort, Why};
use crate::model::unit::{ActiveState, LoadState, UnitFacts};

/// Ports of the system's own services: ssh, mail relay, DNS stub, DHCP, portmapper, NTP, chrony's,
/// printing, mDNS, LLMNR.
const SYSTEM_PORTS: &[u16] = &[22, 25, 53, 67, 68, 111, 123, 323, 546, 547, 631, 5353, 5355];

/// Units of the system itself, whoever wrote their files; `*` is any end.
const SYSTEM: &[&str] = &[
    "systemd-*",
    "user@*",
    "user-runtime-dir@*",
    "*getty*",
    "dbus*",
    "ssh*",
    "cron*",
    "anacron*",
    "atd",
    "rsyslog",
    "syslog*",
    "polkit*",
    "accounts-daemon",
    "NetworkManager*",
    "networking",
    "network",
    "ifup@*",
    "dhc*",
    "wpa_supplicant*",
    "avahi-*",
    "rpc*",
    "chrony*",
    "ntp*",
    "exim4*",
    "cups*",
    "bluetooth",
    "ModemManager",
    "snapd*",
    "multipath*",
    "iscsi*",
    "udisks2",
    "packagekit*",
    "unattended-upgrades",
    "apt-*",
    "dpkg-*",
    "cloud-*",
    "qemu-guest-agent",
    "open-vm-tools",
    "walinuxagent",
    "google-*",
    "amazon-ssm-agent",
    "rescue*",
    "emergency*",
    "plymouth-*",
    "lvm2-*",
    "mdmonitor*",
    "smart*",
    "irqbalance",
    "tuned",
    "auditd",
    "firewalld",
    "nftables",
    "ufw",
    "rngd",
    "haveged",
    "sssd*",
    "dracut-*",
    "initrd-*",
];

/// Units of packages that run applications also while they listen on no port that we see.
const KNOWN: &[&str] = &[
    "apache2*",
    "caddy",
    "clickhouse-server",
    "containerd",
    "docker",
    "elasticsearch",
    "gitlab-runsvdir",
    "grafana-server",
    "haproxy",
    "httpd",
    "influxd*",
    "jenkins",
    "k3s*",
    "kubelet",
    "mariadb*",
    "memcached*",
    "mongod",
    "mysql*",
    "nginx",
    "php*-fpm",
    "postgresql@*",
    "prometheus*",
    "rabbitmq-server",
    "redis*",
    "supervisor*",
    "tomcat*",
    "traefik",
    "uwsgi*",
    "valkey*",
];

fn is_one_of(unit: &str, patterns: &[&str]) -> bool {
    let stem = unit.rsplit_once('.').map_or(unit, |(stem, _)| stem);
    patterns.iter().any(|pattern| {
        let mut parts = pattern.split('*');
        let first = parts.next().unwrap_or("");
        let Some(mut rest) = stem.strip_prefix(first) else { return false };
        let Some(last) = parts.next_back() else { return rest.is_empty() };
        for part in parts {
            let Some(at) = rest.find(part) else { return false };
            rest = rest.get(at + part.len()..).unwrap_or("");
        }
        rest.ends_with(last)
    })
}

/// Whose file it is, as far as its place says; none where a package manager has to be asked.
fn is_admins(fragment: &str) -> bool {
    ["/etc/", "/usr/local/", "/home/", "/opt/", "/srv/", "/root/"]
        .iter()
        .any(|place| fragment.starts_with(place))
}

/// Why a unit counts as an application; in the error's place why it might be meant and does not,
/// and nothing for what is the system's.
pub fn why(
    unit: &UnitName,
    facts: &UnitFacts,
    owned: Option<bool>,
    ports: &[FoundPort],
) -> Result<Why, Option<&'static str>> {
    let name = unit.as_str();
    let generated = facts.fragment.starts_with("/run/");
    if is_one_of(name, SYSTEM) || facts.load != LoadState::Loaded || facts.fragment.is_empty() {
        return Err(None);
    }
    let listens = ports.iter().any(|port| !SYSTEM_PORTS.contains(&port.port));
    let own = match owned {
        Some(owned) => !owned,
        None => is_admins(&facts.fragment),
    };
    let why = if own && !generated && !name.starts_with("snap.") {
        Why::Own
    } else if listens {
        Why::Listens
    } else if is_one_of(name, KNOWN) {
        Why::Known
    } else {
        return Err(None);
    };
    let down = matches!(facts.active, ActiveState::Inactive);
    match (down, facts.enabled()) {
        (true, Some(false)) => Err(Some("it is disabled and does not run")),
        // What nobody enables and nothing but a timer starts is a job of that timer.
        (true, None) if facts.triggered_by.is_empty() => {
            Err((why == Why::Own).then_some("it does not run, and nothing starts it at boot"))
        }
        _ => Ok(why),
    }
}

/// The paths under which a package manager may know a unit's file: where `/lib` is `/usr/lib`, it
/// knows the one and systemd says the other.
pub fn spellings(fragment: &str) -> Vec<String> {
    let mut both = vec![fragment.to_owned()];
    if let Some(short) = fragment.strip_prefix("/usr").filter(|short| short.starts_with("/lib/")) {
        both.push(short.to_owned());
    } else if fragment.starts_with("/lib/") {
        both.push(format!("/usr{fragment}"));
    }
    both
}

/// Where a unit's code lives: its working directory, else that of its process.
pub fn directory(facts: &UnitFacts, sockets: &Sockets) -> Option<Box<str>> {
    let plain = |path: &str| {
        // `!` stands before a directory that may be missing.
        let path = path.trim_start_matches(['!', '-']).trim_end_matches('/');
        (path.starts_with('/') && !path.contains("/../")).then(|| path.into())
    };
    plain(&facts.directory).or_else(|| {
        let process = sockets.processes.get(&facts.main_pid?)?;
        plain(process.directory.as_deref()?)
    })
}

/// Sockets sorted out: those of units, and those that nobody claims.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Sorted {
    /// Ports by unit.
    pub by_unit: BTreeMap<UnitName, Vec<FoundPort>>,
    /// Sockets of processes that no unit keeps.
    pub strangers: Vec<Socket>,
}

/// Tells whose the sockets are, by control group.
pub fn sort(sockets: &Sockets) -> Sorted {
    let mut sorted = Sorted::default();
    for socket in &sockets.list {
        let process = socket.pids.iter().find_map(|pid| sockets.processes.get(pid));
        let cgroup = socket.cgroup.as_deref().or_else(|| process.map(|p| &*p.cgroup));
        let keeper = cgroup.map(keeper);
        let stranger = match keeper {
            Some(Keeper::Session(_) | Keeper::UserUnit(_) | Keeper::Nobody) => true,
            Some(Keeper::Unit(unit)) => is_shell_of(unit, process),
            Some(Keeper::Container(_)) | None => false,
        };
        if stranger {
            sorted.strangers.push(socket.clone());
            continue;
        }
        let Some(Keeper::Unit(unit)) = keeper else { continue };
        // Published ports are the containers', though docker's proxies hold them.
        if unit == "docker.service" && process.is_none_or(|p| &*p.name != "dockerd") {
            continue;
        }
        // A socket that systemd holds for a service.
        let unit = unit
            .strip_suffix(".socket")
            .map_or_else(|| unit.to_owned(), |stem| format!("{stem}.service"));
        put(sorted.by_unit.entry(UnitName::new(unit)).or_default(), socket, None);
    }
    sorted
}

/// Without login sessions (`pam_systemd`) what was started by hand stays in sshd's own group.
fn is_shell_of(unit: &str, process: Option<&Process>) -> bool {
    matches!(unit, "ssh.service" | "sshd.service" | "cron.service" | "crond.service")
        && process.is_some_and(|process| !process.name.starts_with("ssh"))
}

/// Adds a socket to a unit's ports; one port may listen on several addresses.
pub fn put(ports: &mut Vec<FoundPort>, socket: &Socket, by_hand: Option<Box<str>>) {
    let same = |port: &&mut FoundPort| port.port == socket.port && port.protocol == socket.protocol;
    let place = if let Some(known) = ports.iter_mut().find(same) {
        known
    } else {
        ports.push(FoundPort {
            port: socket.port,
            protocol: socket.protocol,
            binds: Vec::new(),
            by_hand,
        });
        let Some(last) = ports.last_mut() else { return };
        last
    };
    if !place.binds.contains(&socket.address) {
        place.binds.push(socket.address);
        place.binds.sort_unstable();
    }
    ports.sort_by_key(|port| (port.port, port.protocol));
}

/// What a process that no unit keeps is, in a few words.
pub fn label(socket: &Socket, sockets: &Sockets) -> String {
    let found = socket.pids.iter().find_map(|pid| Some((pid, sockets.processes.get(pid)?)));
    match found {
        Some((pid, process)) => {
            let command: String = process.command.chars().take(80).collect();
            format!("pid {pid}, {command}")
        }
        None => "a process that we may not see".to_owned(),
    }
}

/// Ports that speak another protocol and complain in their logs of a question in HTTP: mail, DNS,
/// databases, queues.
const NOT_HTTP: &[u16] = &[
    22, 25, 53, 110, 111, 143, 389, 465, 587, 636, 993, 995, 1433, 1521, 1883, 2181, 3306, 5432,
    5433, 5671, 5672, 6379, 6380, 6432, 8883, 9042, 9092, 11211, 26379, 27017, 33060,
];

/// Whether to ask a port for its health.
pub fn may_be_http(port: &FoundPort) -> bool {
    port.protocol == Protocol::Tcp && !NOT_HTTP.contains(&port.port)
}

/// The address by which the host itself reaches a port, as in a URL.
pub fn own_address(port: &FoundPort) -> Option<String> {
    let any = port.binds.iter().find(|a| a.is_ipv4() && (a.is_unspecified() || a.is_loopback()));
    let address = any.or_else(|| port.binds.first())?;
    Some(match address {
        a if a.is_unspecified() => format!("127.0.0.1:{}", port.port),
        core::net::IpAddr::V4(v4) => format!("{v4}:{}", port.port),
        core::net::IpAddr::V6(v6) => format!("[{v6}]:{}", port.port),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use core::net::IpAddr;

    fn unit(fragment: &str, active: ActiveState, state: &str) -> UnitFacts {
        UnitFacts {
            load: LoadState::Loaded,
            fragment: fragment.into(),
            active,
            unit_file_state: state.into(),
            ..UnitFacts::default()
        }
    }

    fn listening(port: u16) -> Vec<FoundPort> {
        let any: IpAddr = "0.0.0.0".parse().unwrap();
        let protocol = Protocol::Tcp;
        vec![FoundPort { port, protocol, binds: vec![any], by_hand: None }]
    }

    #[test]
    fn applications_are_told_from_the_system() {
        let lib = "/lib/systemd/system/x.service";
        let etc = "/etc/systemd/system/x.service";
        let active = ActiveState::Active;
        for (name, fragment, owned, ports, verdict) in [
            ("api.service", etc, Some(false), vec![], Ok(Why::Own)),
            ("api.service", lib, Some(false), vec![], Ok(Why::Own)),
            ("api.service", etc, None, vec![], Ok(Why::Own)),
            ("api.service", lib, None, vec![], Err(None)),
            ("nginx.service", lib, Some(true), listening(80), Ok(Why::Listens)),
            ("odd.service", lib, Some(true), listening(25), Err(None)),
            ("docker.service", lib, Some(true), vec![], Ok(Why::Known)),
            ("postgresql@15-main.service", lib, Some(true), vec![], Ok(Why::Known)),
            ("ssh.service", etc, Some(false), listening(2222), Err(None)),
            ("getty@tty1.service", etc, Some(false), vec![], Err(None)),
            ("run-u1.service", "/run/systemd/transient/x.service", Some(false), vec![], Err(None)),
        ] {
            let facts = unit(fragment, active, "enabled");
            assert_eq!(why(&name.into(), &facts, owned, &ports), verdict, "{name} {fragment}");
        }
        let off = unit(etc, ActiveState::Inactive, "disabled");
        assert!(why(&"api.service".into(), &off, Some(false), &[]).unwrap_err().is_some());
        let mut job = unit(etc, ActiveState::Inactive, "static");
        job.triggered_by = vec!["api.timer".into()];
        assert_eq!(why(&"api.service".into(), &job, Some(false), &[]), Ok(Why::Own));
    }

    #[test]
    fn the_address_is_one_that_the_host_reaches_itself() {
        for (binds, asked) in [
            (vec!["0.0.0.0"], "127.0.0.1:80"),
            (vec!["::"], "127.0.0.1:80"),
            (vec!["127.0.0.1", "::1"], "127.0.0.1:80"),
            (vec!["::1"], "[::1]:80"),
            (vec!["10.0.0.5"], "10.0.0.5:80"),
        ] {
            let mut ports = listening(80);
            ports[0].binds = binds.iter().map(|a| a.parse().unwrap()).collect();
            assert_eq!(own_address(&ports[0]).as_deref(), Some(asked), "{binds:?}");
        }
    }
}

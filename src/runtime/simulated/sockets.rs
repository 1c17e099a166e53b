//! What listens on a simulated host, as `ss` (iproute2 6.1) and `/proc` say it.

use std::fmt::Write as _;

use super::noise;
use super::scenario::ListenerPart;
use super::site::{Service, Site};

/// A listening socket.
struct Socket<'a> {
    port: u16,
    address: &'a str,
    pid: u32,
    cgroup: String,
    name: &'a str,
    command: &'a str,
    directory: &'a str,
    /// Since the kernel's boot, in microseconds.
    began: u64,
}

fn sockets(site: &Site, t: i64) -> Vec<Socket<'_>> {
    let kept = site.services.iter().flat_map(|service| of_service(site, service, t));
    let there = site.part.listeners.iter().filter(|part| part.is_there(t));
    let by_hand = there.map(|part| by_hand(site, part));
    kept.chain(by_hand).collect()
}

fn of_service<'s>(
    site: &'s Site,
    service: &'s Service,
    t: i64,
) -> impl Iterator<Item = Socket<'s>> {
    let moment = site.moment(service, t);
    let taken = move |port: u16| {
        let mut there = site.part.listeners.iter().filter(|part| part.is_there(t));
        there.any(|listener| listener.port == port)
    };
    let running = moment.started.filter(|_| moment.pid > 0).map(|started| (moment.pid, started));
    service.part.ports.iter().filter(move |port| !taken(**port)).filter_map(move |port| {
        let (pid, started) = running?;
        let command = service.part.command.as_str();
        Some(Socket {
            port: *port,
            address: &service.part.bind,
            pid,
            cgroup: format!("/system.slice/{}", service.unit),
            name: program(command),
            command,
            directory: &service.part.directory,
            began: site.monotonic(started),
        })
    })
}

fn by_hand<'s>(site: &'s Site, part: &'s ListenerPart) -> Socket<'s> {
    let began = site.monotonic(part.begins - part.since);
    Socket {
        port: part.port,
        address: &part.address,
        pid: part.pid,
        cgroup: part.cgroup.clone(),
        name: program(&part.command),
        command: &part.command,
        directory: &part.directory,
        began,
    }
}

fn program(command: &str) -> &str {
    let path = command.split(' ').next().unwrap_or(command);
    path.rsplit('/').next().unwrap_or(path)
}

fn inode(site: &Site, socket: &Socket<'_>) -> u64 {
    let whose = i64::from(socket.port) << 32 | i64::from(socket.pid);
    noise::draw(site.seed, whose) % 900_000 + 10_000
}

/// `qd_ports`.
pub(super) fn listening(site: &Site, t: i64) -> String {
    let mut text = "ss\n".to_owned();
    for socket in sockets(site, t) {
        let address = if socket.address.contains(':') {
            format!("[{}]", socket.address)
        } else {
            socket.address.to_owned()
        };
        let _ok = writeln!(
            text,
            "tcp   LISTEN 0      511    {address}:{}      0.0.0.0:*    ino:{} sk:1 cgroup:{} <->",
            socket.port,
            inode(site, &socket),
            socket.cgroup
        );
    }
    text
}

/// `qd_owners`.
pub(super) fn owners(site: &Site, t: i64) -> String {
    let mut text = String::new();
    for socket in sockets(site, t) {
        let pid = socket.pid;
        let _ok = writeln!(
            text,
            "holder tcp LISTEN 0 511 127.0.0.1:{} 0.0.0.0:* users:((\"{}\",pid={pid},fd=18)) ino:{} sk:1\n\
             process {pid} began {} 100\nprocess {pid} name {}\nprocess {pid} command {}\n\
             process {pid} cgroup {}\nprocess {pid} uid 0\nprocess {pid} cwd {}",
            socket.port,
            socket.name,
            inode(site, &socket),
            socket.began / 10_000,
            socket.name,
            socket.command,
            socket.cgroup,
            socket.directory
        );
    }
    text
}

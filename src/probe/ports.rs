//! What listens, by `ss` or by `/proc/net`, and who holds it.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::collections::BTreeMap;

use crate::model::port::{Process, Protocol, Socket, Sockets};
use crate::model::text::clean;

/// Runs on the host.
pub const SCRIPT: &str = include_str!("ports.sh");

/// As many sockets are kept; what a host has beyond is told as a warning.
const MOST: usize = 4096;
/// As many ports are asked for by name.
const MOST_FILTERED: usize = 64;

/// The request for the sockets on these ports, whose answer is only compared with the one before;
/// with their `numbers` where nothing else tells that one took another's place.
pub fn marks(ports: &[(Protocol, u16)], numbers: bool) -> [String; 3] {
    let has = |wanted: Protocol| ports.iter().any(|(protocol, _)| *protocol == wanted);
    let protocols = match (has(Protocol::Tcp), has(Protocol::Udp)) {
        (true, true) => "tu",
        (false, true) => "u",
        (_, false) => "t",
    };
    // A longer filter costs more than what it saves.
    let filter = if ports.len() > MOST_FILTERED {
        "sport gt :0".to_owned()
    } else {
        let each: Vec<String> = ports.iter().map(|(_, port)| format!("sport = :{port}")).collect();
        format!("( {} )", each.join(" or "))
    };
    let numbers = if numbers { "e" } else { "" };
    ["qd_marks".to_owned(), format!("{protocols}{numbers}"), filter]
}

/// Whether an answer to [`marks`] and a whole reading tell of the same sockets. A range of all ports
/// answers more than was declared; what is not is passed over.
pub fn agree(text: &str, ports: &[(Protocol, u16)], declared: &[&Socket], numbers: bool) -> bool {
    let key = |s: &Socket| (s.protocol, s.address, s.port, if numbers { s.inode } else { 0 });
    let mut whole: Vec<_> = declared.iter().map(|socket| key(socket)).collect();
    let said = text.lines().filter_map(by_ss);
    let mut said: Vec<_> =
        said.filter(|s| ports.contains(&(s.protocol, s.port))).map(|s| key(&s)).collect();
    whole.sort_unstable();
    said.sort_unstable();
    whole == said
}

/// What listens, without owners, and which processes are gone.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Listed {
    /// Where it listens, in order; twice where two do.
    pub places: Vec<(Protocol, IpAddr, u16)>,
    /// Queues: waiting and backlog of the fullest, by place.
    pub queues: BTreeMap<(Protocol, IpAddr, u16), (u32, u32)>,
    /// Processes that were asked about and are no more, or may not be seen.
    pub gone: Vec<u32>,
}

impl Listed {
    /// The same of a whole reading.
    pub fn of(sockets: &[Socket]) -> Vec<(Protocol, IpAddr, u16)> {
        let mut places: Vec<_> = sockets.iter().map(place).collect();
        places.sort_unstable();
        places
    }

    /// Gives sockets that were read before the queues of now.
    pub fn refresh(&self, sockets: &mut [Socket]) {
        for socket in sockets {
            if let Some((waiting, backlog)) = self.queues.get(&place(socket)) {
                socket.waiting = *waiting;
                socket.backlog = *backlog;
            }
        }
    }
}

fn place(socket: &Socket) -> (Protocol, IpAddr, u16) {
    (socket.protocol, socket.address, socket.port)
}

/// Reads an answer of `qd_listed`.
pub fn parse_listed(text: &str) -> Listed {
    let mut listed = Listed::default();
    let mut sockets = Vec::new();
    for line in text.lines().take(2 * MOST) {
        match line.strip_prefix("gone ") {
            Some(pid) => listed.gone.extend(pid.parse::<u32>().ok()),
            None => sockets.extend(by_ss(line)),
        }
    }
    for socket in &sockets {
        let queue = listed.queues.entry(place(socket)).or_default();
        *queue = (*queue).max((socket.waiting, socket.backlog));
    }
    listed.places = Listed::of(&sockets);
    listed
}

/// Reads an answer of `qd_ports`.
pub fn parse_ports(text: &str) -> Sockets {
    let mut sockets = Sockets::default();
    let mut source = "";
    for line in text.lines() {
        match line {
            "ss" => source = "ss",
            _ if line.starts_with("proc ") => source = line.get(5..).unwrap_or(""),
            _ if sockets.list.len() >= MOST => {
                sockets.warnings.push(format!("more than {MOST} sockets listen"));
                break;
            }
            _ => sockets.list.extend(match source {
                "ss" => by_ss(line),
                _ => by_proc(source, line),
            }),
        }
    }
    sockets.ownerless = !matches!(source, "" | "ss");
    if source.is_empty() {
        sockets.warnings.push("neither `ss` nor /proc/net can be read".to_owned());
    }
    sockets
}

/// A line of `ss -Hltune`. Never split by columns alone: iproute2 4.15 glues state and queue
/// (`LISTEN0`), and the columns' widths are those of the longest address.
fn by_ss(line: &str) -> Option<Socket> {
    let line = line.trim_start();
    let (protocol, rest) = [("tcp", Protocol::Tcp), ("udp", Protocol::Udp)]
        .into_iter()
        .find_map(|(word, protocol)| Some((protocol, line.strip_prefix(word)?.trim_start())))?;
    let rest = ["LISTEN", "UNCONN"].into_iter().find_map(|state| rest.strip_prefix(state))?;
    let mut words = rest.split_ascii_whitespace();
    let waiting = words.next()?.parse().ok()?;
    let backlog = words.next()?.parse().ok()?;
    let (address, port) = words.next()?.rsplit_once(':')?;
    let _peer = words.next()?;
    let mut socket = Socket {
        protocol,
        address: address_of(address)?,
        port: port.parse().ok()?,
        uid: None,
        inode: 0,
        cgroup: None,
        pids: Vec::new(),
        waiting,
        backlog: if protocol == Protocol::Tcp { backlog } else { 0 },
    };
    let words: Vec<&str> = words.collect();
    for word in &words {
        match word.split_once(':') {
            Some(("uid", value)) => socket.uid = value.parse().ok(),
            Some(("ino", value)) => socket.inode = value.parse().unwrap_or(0),
            Some(("users", value)) => socket.pids = pids(value),
            // A cgroup whose path cannot be found is written `unreachable:ID`.
            Some(("cgroup", value)) if value.starts_with('/') => {
                socket.cgroup = Some(clean(value, 512).into());
            }
            _ => {}
        }
    }
    // Root's sockets go without `uid:`, where anything is said at all.
    if socket.uid.is_none() && socket.inode > 0 {
        socket.uid = Some(0);
    }
    Some(socket)
}

/// The numbers of `users:(("nginx",pid=12,fd=6),("nginx",pid=11,fd=6))`, without repetition.
fn pids(users: &str) -> Vec<u32> {
    let mut pids: Vec<u32> = users
        .split("pid=")
        .skip(1)
        .filter_map(|rest| {
            let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
            rest.get(..end)?.parse().ok()
        })
        .collect();
    pids.sort_unstable();
    pids.dedup();
    pids.truncate(64);
    pids
}

/// `0.0.0.0`, `[::]`, `*` (both families), `127.0.0.53%lo`.
fn address_of(text: &str) -> Option<IpAddr> {
    let text = text.trim_start_matches('[').trim_end_matches(']');
    let text = text.split_once('%').map_or(text, |(address, _zone)| address);
    if text == "*" {
        return Some(IpAddr::V6(Ipv6Addr::UNSPECIFIED));
    }
    text.trim_end_matches(']').parse().ok()
}

/// Local address, queues, uid and inode of a line of `/proc/net/*` (`proc_pid_net(5)`).
fn by_proc(source: &str, line: &str) -> Option<Socket> {
    let mut words = line.split_ascii_whitespace();
    let (address, port) = words.next()?.split_once(':')?;
    let (_sent, waiting) = words.next()?.split_once(':')?;
    let address = match source {
        "tcp" | "udp" => {
            IpAddr::V4(Ipv4Addr::from(u32::from_str_radix(address, 16).ok()?.to_le_bytes()))
        }
        // Four words, each in the host's own byte order.
        "tcp6" | "udp6" => {
            let mut bytes = [0_u8; 16];
            for (place, part) in bytes.chunks_exact_mut(4).enumerate() {
                let word = u32::from_str_radix(address.get(place * 8..place * 8 + 8)?, 16).ok()?;
                part.copy_from_slice(&word.to_le_bytes());
            }
            IpAddr::V6(Ipv6Addr::from(bytes))
        }
        _ => return None,
    };
    Some(Socket {
        protocol: if source.starts_with("tcp") { Protocol::Tcp } else { Protocol::Udp },
        address,
        port: u16::from_str_radix(port, 16).ok()?,
        uid: words.next()?.parse().ok(),
        inode: words.next()?.parse().ok()?,
        cgroup: None,
        pids: Vec::new(),
        waiting: u32::from_str_radix(waiting, 16).unwrap_or(0),
        backlog: 0,
    })
}

/// What `qd_owners` knows.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Owners {
    /// Processes by socket.
    pub pids: BTreeMap<u64, Vec<u32>>,
    /// Processes.
    pub processes: BTreeMap<u32, Process>,
}

/// Reads an answer of `qd_owners`.
pub fn parse_owners(text: &str) -> Owners {
    let mut owners = Owners::default();
    for line in text.lines() {
        let Some((word, rest)) = line.split_once(' ') else { continue };
        match word {
            "holder" => {
                if let Some(socket) = by_ss(rest).filter(|s| s.inode > 0 && !s.pids.is_empty()) {
                    owners.pids.insert(socket.inode, socket.pids);
                }
            }
            "process" => process(rest, &mut owners.processes),
            _ => {}
        }
    }
    // Whoever is in the socket's control group may hold it. One alone does.
    let mut members: BTreeMap<u64, Vec<u32>> = BTreeMap::new();
    for line in text.lines().filter_map(|line| line.strip_prefix("member ")) {
        if let Some((inode, pid)) = line.split_once(' ')
            && let (Ok(inode), Ok(pid)) = (inode.parse(), pid.trim().parse())
        {
            members.entry(inode).or_default().push(pid);
        }
    }
    for (inode, pids) in members {
        if owners.pids.contains_key(&inode) {
            continue;
        }
        // In a login session the daemon that made it and its shells are no holders.
        let likely: Vec<u32> = pids
            .into_iter()
            .filter(|pid| owners.processes.get(pid).is_none_or(|p| !is_login(&p.name)))
            .collect();
        if let [pid] = likely.as_slice() {
            owners.pids.insert(inode, vec![*pid]);
        }
    }
    owners
}

fn is_login(name: &str) -> bool {
    matches!(
        name.trim_start_matches('-'),
        "sshd" | "sshd-session" | "sh" | "bash" | "dash" | "zsh" | "fish" | "su" | "sudo" | "login"
    )
}

fn process(line: &str, processes: &mut BTreeMap<u32, Process>) {
    let mut words = line.splitn(3, ' ');
    let (Some(pid), Some(what)) = (words.next().and_then(|w| w.parse().ok()), words.next()) else {
        return;
    };
    let value = words.next().unwrap_or("");
    if processes.len() >= 1024 && !processes.contains_key(&pid) {
        return;
    }
    let process: &mut Process = processes.entry(pid).or_default();
    match what {
        "began" => process.started = super::facts::ticks(value),
        "name" => process.name = clean(value, 64).into(),
        "command" => process.command = clean(value.trim_end(), 1024).into(),
        "cgroup" => process.cgroup = clean(value, 512).into(),
        "uid" => process.uid = value.parse().ok(),
        "cwd" => process.directory = Some(clean(value, 512).into()),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_in_every_form() {
        for (line, address, port) in [
            // iproute2 6.1
            ("tcp LISTEN 0 128 0.0.0.0:22 0.0.0.0:* ino:1 sk:2 cgroup:/a <->", "0.0.0.0", 22),
            ("udp UNCONN 0 0 127.0.0.53%lo:53 0.0.0.0:* uid:102", "127.0.0.53", 53),
            ("tcp LISTEN 0 128 [::]:22 [::]:* v6only:1", "::", 22),
            // iproute2 4.15 glues state and queue, and 4.3 writes `*` and `:::`.
            ("tcp    LISTEN0      128                *:80                 *:*", "::", 80),
            ("tcp LISTEN 0 128 :::22 :::*", "::", 22),
        ] {
            let socket = by_ss(line).unwrap_or_else(|| panic!("{line}"));
            assert_eq!((socket.address.to_string().as_str(), socket.port), (address, port));
        }
        assert_eq!(by_ss("Netid State Recv-Q Send-Q Local Address:Port Peer Address:Port"), None);
    }

    #[test]
    fn a_list_tells_whether_the_last_whole_look_still_holds() {
        // iproute2 6.1: the same sockets, with and without their owners.
        let whole = "ss\ntcp LISTEN 0 511 0.0.0.0:80 0.0.0.0:* ino:7 sk:1 cgroup:/a <->\n\
            udp UNCONN 0 0 127.0.0.53%lo:53 0.0.0.0:* uid:102 ino:8 sk:2 cgroup:/b <->\n";
        let mut sockets = parse_ports(whole).list;
        let text = "udp   UNCONN 0      0      127.0.0.53%lo:53    0.0.0.0:*\n\
            tcp   LISTEN 3      511    0.0.0.0:80    0.0.0.0:*\ngone 12\ngone x\n";
        let listed = parse_listed(text);
        assert_eq!(listed.places, Listed::of(&sockets));
        assert_eq!(listed.gone, [12]);
        listed.refresh(&mut sockets);
        assert_eq!((sockets[0].waiting, sockets[0].backlog), (3, 511));
        let more = parse_listed("tcp LISTEN 0 511 0.0.0.0:80 0.0.0.0:*\n".repeat(2).as_str());
        assert_ne!(more.places, Listed::of(&sockets[..1]), "a second one beside it is another");
    }

    #[test]
    fn another_socket_in_the_place_of_one_does_not_agree() {
        let ports = [(Protocol::Tcp, 80), (Protocol::Tcp, 81)];
        let line = |port, inode| {
            format!("tcp LISTEN 0 5 0.0.0.0:{port} 0.0.0.0:* ino:{inode} sk:1 cgroup:/a <->\n")
        };
        let sockets = parse_ports(&format!("ss\n{}{}", line(80, 7), line(99, 9))).list;
        let declared = [&sockets[0]];
        let agrees = |text: &str, numbers| agree(text, &ports, &declared, numbers);
        assert!(
            agrees(&(line(80, 7) + &line(99, 10)), true),
            "what is not declared is passed over"
        );
        assert!(!agrees(&line(80, 8), true));
        assert!(agrees(&line(80, 8), false), "that is told by its holder");
        assert!(!agrees("", false));
        assert!(!agrees(&(line(80, 7) + &line(81, 8)), false), "one that was free is taken");
    }

    #[test]
    fn proc_is_read_in_both_families() {
        let text = "proc tcp\n0100007F:0D74 00000000:00000003 1000 26298\nproc tcp6\n\
            00000000000000000000000001000000:0016 00000000:00000000 0 77\n";
        let sockets = parse_ports(text).list;
        let read: Vec<_> = sockets.iter().map(|s| (s.address.to_string(), s.port)).collect();
        assert_eq!(read, [("127.0.0.1".to_owned(), 3444), ("::1".to_owned(), 22)]);
        assert_eq!((sockets[0].uid, sockets[0].inode, sockets[0].waiting), (Some(1000), 26298, 3));
    }

    #[test]
    fn holders_are_told_by_ss_or_by_their_control_group() {
        let text = "holder tcp LISTEN 0 5 127.0.0.1:3444 0.0.0.0:* users:((\"python3\",pid=68,fd=4)) ino:9\n\
            member 10 70\nmember 10 71\nmember 11 80\nmember 11 81\n\
            process 70 name bash\nprocess 71 name python3\nprocess 71 began 500 100\n\
            process 80 name a\nprocess 81 name b\n";
        let owners = parse_owners(text);
        assert_eq!(owners.pids[&9], [68]);
        assert_eq!(owners.pids[&10], [71]);
        assert_eq!(owners.pids.get(&11), None);
        assert_eq!(owners.processes[&71].started, Some(5_000_000));
    }
}

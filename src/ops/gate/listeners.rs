//! Who listens on a service's ports: an answer counts only where the service has given it, and the run
//! that is looked at.

use std::fmt::Write as _;

use crate::model::check::{CheckSpec, Origin};
use crate::model::port::Protocol;
use crate::model::spec::Promises;

/// What a port has to do with the unit.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::ops) enum Tie {
    /// The unit has to listen there.
    Held,
    /// Whoever listens there has to be the unit.
    Declared,
    /// A check asks there: something of another service may stand before it, as a proxy does.
    Asked,
}

/// A TCP port, and what it has to do with the unit.
pub(in crate::ops) type Listens = (u16, Tie);

/// Ports of a service whose holder decides whether its answers count.
pub(in crate::ops) fn of(promises: &Promises) -> Vec<Listens> {
    let tcp = promises.ports.iter().filter(|port| port.protocol == Protocol::Tcp);
    let mut all: Vec<Listens> = tcp.map(|port| (port.port, Tie::Declared)).collect();
    for check in promises.checks.iter().filter(|check| check.from == Origin::Host) {
        if let Some(port) = own_port(check).filter(|port| all.iter().all(|(one, _)| one != port)) {
            all.push((port, Tie::Asked));
        }
    }
    all
}

/// The port of its own host that a check asks.
fn own_port(check: &CheckSpec) -> Option<u16> {
    let (host, port) = check.place()?;
    let address: Option<core::net::IpAddr> = host.parse().ok();
    let own = address.map_or(host == "localhost", |address| address.is_loopback());
    own.then_some(port)
}

/// The functions that the bodies of [`holds`] call. Of what was begun anew, what began before the
/// operation is of a run before; of what was taken back, what began in between is of that.
///
/// A process is of the unit by its control group; of whoever started it by hand by a group that is no
/// service's, or by that of the daemon over which somebody came in.
pub(super) fn functions(is_new: bool) -> String {
    let (old, whose) = if is_new {
        ("[ \"$1\" -lt \"$(at 1)\" ]", "a run before")
    } else {
        (
            "[ \"$1\" -ge \"$(at 1)\" ] && [ \"$1\" -lt \"$(at '$')\" ]",
            "the run that was taken back",
        )
    };
    format!(
        "# When something was begun, in seconds since boot.\n\
         at() {{ sed -n \"$1s/[. ].*//p\" events; }}\n\
         hz=$(getconf CLK_TCK 2>/dev/null || echo 100)\n\
         old() {{ {old}; }}\n\
         # Who listens: PORT TIE.\n\
         listens() {{\n  \
         some='' other='' own=''\n  \
         # A process may call itself what looks like the number of another one: it has to have the socket.\n  \
         sockets=$(ss -Hltne \"sport = :$1\" |\n    \
         awk 'match($0, / ino:[0-9]+/) {{ print \"socket:[\" substr($0, RSTART + 5, RLENGTH - 5) \"]\" }}')\n  \
         if [ -z \"$sockets\" ]; then sockets=none; fi\n  \
         for one in $(ss -Hltnp \"sport = :$1\" | grep -o 'pid=[0-9]*' | cut -d = -f 2 | sort -u); do\n    \
         # A socket unit's is passed on by the first process.\n    \
         if [ \"$one\" = 1 ] || ! ls -l \"/proc/$one/fd\" 2>/dev/null | grep -qF -- \"$sockets\"; then continue; fi\n    \
         group=$(cat \"/proc/$one/cgroup\" 2>/dev/null) && stat=$(cat \"/proc/$one/stat\" 2>/dev/null) || continue\n    \
         some=$one\n    \
         case $group in\n    \
         *\"/$unit\" | *\"/$unit/\"* | *\"/$unit$nl\"*)\n      \
         # proc(5), field 22\n      \
         if old $(($(printf %s \"${{stat##*) }}\" | cut -d ' ' -f 20) / hz)); then\n        \
         why=\"port $1 is held by process $one, which is of {whose}\"\n        return 1\n      fi\n      \
         own=$one ;;\n    \
         *docker* | *libpod* | *kubepods*) if [ \"$2\" = held ]; then other=$one; fi ;;\n    \
         */ssh.service | */sshd.service | */cron.service | */crond.service) other=$one ;;\n    \
         *.service) if [ \"$2\" != asked ]; then other=$one; fi ;;\n    \
         *) other=$one ;;\n    \
         esac\n  done\n  \
         # On another address somebody else may listen.\n  \
         if [ -n \"$own\" ]; then return 0; fi\n  \
         if [ -n \"$other\" ]; then\n    \
         why=\"port $1 is held by process $other, which is not the unit's\"\n    return 1\n  fi\n  \
         if [ \"$2\" = held ] && [ -z \"$some\" ]; then why=\"nobody listens on port $1\"; return 1; fi\n}}\n"
    )
}

/// The body of a function that sees who listens on a port.
pub(super) fn holds((port, tie): Listens) -> String {
    let tie = match tie {
        Tie::Held => "held",
        Tie::Declared => "declared",
        Tie::Asked => "asked",
    };
    let mut body = String::new();
    let _infallible = writeln!(body, "  listens {port} {tie}");
    body
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::check::Target;

    #[test]
    fn ports_are_those_that_are_declared_and_those_that_are_asked_on_its_own_host() {
        let check = |url: &str| CheckSpec::new(Target::Http(url.into()));
        let mut there = check("http://127.0.0.1:7000/");
        there.from = Origin::Console;
        let promises = Promises {
            checks: vec![
                check("http://127.0.0.1:8081/health"),
                check("http://[::1]:8082/"),
                CheckSpec::new(Target::Tcp("localhost".into(), 8083)),
                check("http://127.0.0.1:8081/other"),
                check("https://api.example.org/"),
                there,
            ],
            ..Promises::default()
        };
        let asked = [8081, 8082, 8083].map(|port| (port, Tie::Asked));
        assert_eq!(of(&promises), asked);
    }
}

//! `dead-upstream`: a proxy sends requests to where nobody takes them.

use super::{Declared, facts, host_of, line, requests, service_of};
use crate::doctor::patient::Patient;
use crate::model::finding::{Finding, Subject};
use crate::model::port::{Protocol, Socket};
use crate::model::ports::is_loopback;
use crate::model::proxy::{Member, Place, ProxyFacts, Reached, Target, Way};
use crate::model::rule::Rule;
use crate::model::severity::Severity;
use crate::probe::quote::word;

/// Whether somebody takes what is sent there.
enum Life {
    Alive,
    /// Nobody does: why, and what shows it.
    Dead(&'static str, &'static str, String),
    Unknown,
}

pub(in crate::doctor) fn check(patient: &Patient<'_>, findings: &mut Vec<Finding>) {
    let Some(facts) = facts(patient) else { return };
    for target in facts.targets() {
        let Life::Dead(why, source, shown) = life(patient, facts, target) else { continue };
        findings.push(found(patient, facts, target, why).proof(source, shown));
    }
    // The evidence of the configuration is the strongest, and comes first; then the mending.
    for finding in findings.iter_mut().filter(|f| f.key.rule == Rule::DeadUpstream) {
        finding.evidence.sort_by_key(|proof| !proof.source.starts_with('/'));
    }
}

fn life(patient: &Patient<'_>, facts: &ProxyFacts, target: &Target) -> Life {
    let reached = facts.reached.get(target);
    let (host, port) = match target {
        Target::Tcp(host, port) => (host, port),
        Target::Unix(path) => return of_path(path, reached),
        Target::Unknown(_) => return Life::Unknown,
    };
    if !facts.is_own(host) {
        return match reached {
            Some(Reached::Answered) => Life::Alive,
            Some(Reached::Refused) => Life::Dead(
                "nobody listens there",
                "connect from the proxy's host",
                format!("{}: connection refused", target.label()),
            ),
            Some(Reached::Silent) => Life::Dead(
                "it does not answer",
                "connect from the proxy's host",
                format!("{}: no answer within 2 s", target.label()),
            ),
            Some(Reached::Missing | Reached::Unknown(_)) | None => Life::Unknown,
        };
    }
    let ports = &patient.host.ports;
    let Some(sockets) = ports.value() else { return Life::Unknown };
    if ports.is_stale(patient.now, patient.fleet.interval) {
        return Life::Unknown;
    }
    let listens = sockets.list.iter().any(|socket| takes(socket, host, *port));
    // Forwarded by the kernel, to a container: nobody listens, and still somebody answers.
    if listens || reached == Some(&Reached::Answered) {
        return Life::Alive;
    }
    Life::Dead(
        "nobody listens there",
        "listening sockets",
        format!("no socket takes {}", target.label()),
    )
}

/// Of a socket with a path.
fn of_path(path: &str, reached: Option<&Reached>) -> Life {
    match reached {
        Some(Reached::Answered) => Life::Alive,
        Some(Reached::Refused) => Life::Dead(
            "nobody listens there",
            "connect from the proxy's host",
            format!("{path}: connection refused"),
        ),
        Some(Reached::Missing) => {
            Life::Dead("the socket is not there", "listening sockets", format!("no {path}"))
        }
        Some(Reached::Silent | Reached::Unknown(_)) | None => Life::Unknown,
    }
}

/// Whether a socket takes connections to one of the host's own addresses.
fn takes(socket: &Socket, host: &str, port: u16) -> bool {
    if socket.port != port || socket.protocol != Protocol::Tcp {
        return false;
    }
    if socket.address.is_unspecified() {
        return true;
    }
    match host.parse::<core::net::IpAddr>() {
        Ok(address) if address.is_unspecified() => is_loopback(&socket.address),
        Ok(address) => socket.address.to_canonical() == address.to_canonical(),
        // `localhost` is both families, and nginx goes on to the next address by itself.
        Err(_name) => is_loopback(&socket.address),
    }
}

fn found(patient: &Patient<'_>, facts: &ProxyFacts, target: &Target, why: &str) -> Finding {
    let label = target.label();
    let member = |member: &&Member| member.target == *target && !member.down;
    let pools: Vec<(usize, &Member)> = facts
        .upstreams
        .iter()
        .enumerate()
        .filter_map(|(at, pool)| Some((at, pool.members.iter().find(member)?)))
        .collect();
    let goes = |way: &Way| match way {
        Way::Pool(pool) => pools.iter().any(|(at, _)| at == pool),
        Way::To(straight) => straight == target,
    };
    let hit = requests(facts, goes);
    let straight = facts.routes.iter().filter(|r| matches!(&r.way, Way::To(to) if to == target));
    let straight: Vec<&Place> = straight.map(|route| &route.place).collect();
    let severity = severity(patient, facts, &pools, !straight.is_empty());
    let service = service_of(patient, facts, &Declared::on(patient.host), target);
    let service = service.map_or_else(String::new, |(host, service)| {
        if host.spec.name == patient.host.spec.name {
            format!(" ({service})")
        } else {
            format!(" ({service} on {})", host.spec.name)
        }
    });
    let what = if hit.is_empty() { String::new() } else { format!(" requests for {hit}") };
    let mut found = Finding::new(
        Rule::DeadUpstream,
        Subject::Upstream(label.clone().into()),
        severity,
        format!("nginx sends{what} to {label}{service}, and {why}"),
    );
    for place in pools.iter().map(|(_, member)| &member.place).chain(straight).take(8) {
        found = line(found, place);
    }
    steps(patient, facts, target, found)
}

/// Where another member of the pool takes the request, nobody notices yet.
fn severity(
    patient: &Patient<'_>,
    facts: &ProxyFacts,
    pools: &[(usize, &Member)],
    straight: bool,
) -> Severity {
    let of_pool = |(at, member): &(usize, &Member)| {
        if member.backup {
            return Severity::Info;
        }
        let others = facts.upstreams.get(*at).map_or(&[][..], |pool| &pool.members);
        let serves = others
            .iter()
            .any(|other| !other.down && matches!(life(patient, facts, &other.target), Life::Alive));
        if serves { Severity::Warning } else { Severity::Critical }
    };
    let own = if straight { Severity::Critical } else { Severity::Ok };
    Severity::worst(pools.iter().map(of_pool)).max(own)
}

fn steps(patient: &Patient<'_>, facts: &ProxyFacts, target: &Target, found: Finding) -> Finding {
    let (host, port) = match target {
        Target::Tcp(host, port) => (host, port),
        Target::Unix(path) => return steps_of_path(path, found),
        Target::Unknown(_) => return found,
    };
    let at = host_of(patient, facts, host);
    let service = service_of(patient, facts, &Declared::on(patient.host), target);
    let instance = service.and_then(|(host, service)| host.instances.get(service));
    let place = match at {
        Some(host) if host.spec.name == patient.host.spec.name => String::new(),
        Some(host) => format!("on {}: ", host.spec.name),
        None => format!("on {host}: "),
    };
    let found = found.step(
        format!("ss -Hltnp 'sport = :{port}'"),
        format!("{place}who listens there now, if anybody"),
    );
    let found = match instance.and_then(|instance| instance.kind.unit()) {
        Some(unit) => {
            let quoted = word(unit.as_str());
            found
                .step(
                    format!("systemctl status {quoted}"),
                    format!("{place}why it does not listen"),
                )
                .step(format!("systemctl start {quoted}"), format!("{place}when that is mended"))
        }
        None => found.step("", format!("{place}start what should listen on port {port}")),
    };
    found.step(RELOAD.0, RELOAD.1)
}

const RELOAD: (&str, &str) = (
    "nginx -t && systemctl reload nginx",
    "if it has moved: correct the line first, or mark the member `down`; requests that run are \
     finished",
);

fn steps_of_path(path: &str, found: Finding) -> Finding {
    let quoted = word(path);
    found
        .step(format!("ls -l {quoted}"), "whether it is there, whose it is and since when")
        .step(format!("ss -Hlxp | grep -F {quoted}"), "who listens there now, if anybody")
        .step("", format!("start what should listen on {path}"))
        .step(RELOAD.0, RELOAD.1)
}

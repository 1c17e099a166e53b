//! `health-failing`: a service runs and does not pass its checks. Why is read from how it fails,
//! from what listens, and from what its other checks say.

use super::{by_hand, last_proof, name, subject};
use crate::doctor::patient::Patient;
use crate::model::check::{CheckSpec, Origin};
use crate::model::finding::Finding;
use crate::model::fleet::Row;
use crate::model::health::{CheckLog, CheckState, Outcome, Why};
use crate::model::ids::UnitName;
use crate::model::ports::{Owner, PortRow};
use crate::model::rule::Rule;
use crate::model::severity::Severity;
use crate::probe::quote::word;

pub(in crate::doctor) fn check(patient: &Patient<'_>, findings: &mut Vec<Finding>) {
    for row in patient.rows.iter().filter(|row| row.verdict.health == Some(CheckState::Failing)) {
        let failing: Vec<(&CheckSpec, &CheckLog)> = row
            .instance
            .checks()
            .filter(|(spec, log)| log.state(spec, patient.now) == CheckState::Failing)
            .collect();
        let Some((spec, log)) = failing.first() else { continue };
        let Some((_, last)) = log.last() else { continue };
        let Outcome::Failed(why) = last.outcome else { continue };
        let reason = reason(patient, row, spec, why, &last.detail);
        let summary = format!(
            "{} is {} but not healthy: {} {reason}",
            row.service,
            row.verdict.state.name(),
            name(spec),
        );
        let mut found =
            Finding::new(Rule::HealthFailing, subject(row), Severity::Critical, summary);
        for (spec, log) in failing.iter().take(8) {
            found = last_proof(found, spec, log);
        }
        if let Some((_, port)) = spec.place().filter(|_| spec.from == Origin::Host) {
            found = listens(patient, row, port, found);
        }
        for (spec, log) in row.instance.checks() {
            if log.state(spec, patient.now) == CheckState::Passing {
                found = last_proof(found, spec, log);
            }
        }
        findings.push(fix(row, spec, why, found));
    }
}

/// The rest of the sentence.
fn reason(
    patient: &Patient<'_>,
    row: &Row<'_>,
    spec: &CheckSpec,
    why: Why,
    detail: &str,
) -> String {
    let well_at_home = spec.from == Origin::Console
        && row.instance.checks().any(|(other, log)| {
            other.from == Origin::Host && log.state(other, patient.now) == CheckState::Passing
        });
    let port = spec.place().map(|(_, port)| port).filter(|_| spec.from == Origin::Host);
    let listener = port.and_then(|port| at(patient, port));
    match why {
        Why::Refused if spec.from == Origin::Host && listener.is_none() => {
            "is refused: nobody listens there, its port or its address is another one".to_owned()
        }
        Why::Refused => "is refused".to_owned(),
        Why::TimedOut if well_at_home => {
            "does not answer, while the service's own host is answered: a firewall or the name \
             stands between"
                .to_owned()
        }
        Why::TimedOut if listener.is_some_and(is_full) => {
            "does not answer: it listens, takes no connection, and its queue is full".to_owned()
        }
        Why::TimedOut if listener.is_some() => {
            "does not answer in time although it listens: it is stuck or overloaded".to_owned()
        }
        Why::TimedOut => "does not answer in time".to_owned(),
        Why::Unresolved => "cannot be asked: its name leads nowhere".to_owned(),
        Why::Tls => "has no connection that can be trusted".to_owned(),
        Why::Status
            if well_at_home && ["502", "503", "504"].iter().any(|s| detail.starts_with(s)) =>
        {
            format!(
                "says {detail}, while the service's own host is answered: the proxy in front \
                     asks at a wrong or dead place"
            )
        }
        Why::Status => format!("says {detail}"),
        Why::Content => format!("answers {detail}"),
        Why::NoEvent => "opens a stream that says nothing".to_owned(),
        Why::Broken => "breaks off".to_owned(),
    }
}

fn at<'p, 'a>(patient: &'p Patient<'a>, port: u16) -> Option<&'p PortRow<'a>> {
    patient.ports.iter().find(|row| row.port == port && !row.binds.is_empty())
}

/// A queue that is full takes nobody any more (listen(2), `Recv-Q` of `ss`).
fn is_full(port: &PortRow<'_>) -> bool {
    let sockets = port.host.ports.value().map_or(&[][..], |all| all.list.as_slice());
    let same = sockets.iter().filter(|s| s.port == port.port && s.protocol == port.protocol);
    same.into_iter().any(|socket| socket.backlog > 0 && socket.waiting >= socket.backlog)
}

/// What listens there, and where the service listens instead.
fn listens(patient: &Patient<'_>, row: &Row<'_>, port: u16, found: Finding) -> Finding {
    let place = |row: &PortRow<'_>| {
        let binds: Vec<String> = row
            .binds
            .iter()
            .map(|ip| core::net::SocketAddr::new(*ip, row.port).to_string())
            .collect();
        binds.join(", ")
    };
    if patient.host.ports.value().is_none() {
        return found;
    }
    if let Some(listener) = at(patient, port) {
        let owner = listener.owner.as_ref().map_or_else(String::new, Owner::label);
        return found.proof("ss -Hltune", format!("{} {owner}", place(listener)).trim_end());
    }
    let unit = row.instance.kind.unit().map(UnitName::as_str);
    let own = |port: &&PortRow<'_>| {
        port.owner.as_ref().and_then(Owner::unit).is_some_and(|kept| Some(kept) == unit)
    };
    let elsewhere: Vec<String> = patient.ports.iter().filter(own).map(place).collect();
    let found = found.proof("ss -Hltune", format!("nobody listens on {port}/tcp"));
    if elsewhere.is_empty() {
        return found;
    }
    found.proof("ss -Hltune", format!("{} listens on {}", row.service, elsewhere.join(", ")))
}

fn fix(row: &Row<'_>, spec: &CheckSpec, why: Why, found: Finding) -> Finding {
    let found = found.step(by_hand(spec), "asks the same by hand");
    let Some(unit) = row.instance.kind.unit() else { return found };
    let quoted = word(unit.as_str());
    let found = found.step(format!("journalctl -u {quoted} -n 50"), "what it says about it");
    match why {
        Why::Refused => found.step(
            format!("ss -Hltunpe | grep -F {quoted}"),
            "where it listens; correct its settings, or the check where they are right",
        ),
        Why::Tls => found.step("", "renew or install the certificate, and reload what serves it"),
        Why::Unresolved => found.step("", "mend the name, or ask by another one"),
        Why::TimedOut | Why::Status | Why::Content | Why::NoEvent | Why::Broken => found.step(
            format!("systemctl restart {quoted}"),
            "when it will not recover by itself; interrupts what it serves, and what it said goes \
             only to the journal",
        ),
    }
}

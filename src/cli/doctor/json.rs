//! The stable form of findings. Scripts rest on it: fields are added, never changed.

use serde::Serialize;

use crate::cli::status::rfc3339;
use crate::model::Model;
use crate::model::finding::{Key, Tracked};
use crate::model::fleet::Env;
use crate::model::host::Host;
use crate::model::priority::Priority;
use crate::model::severity::Severity;

#[derive(Serialize)]
pub(super) struct Report {
    schema: u32,
    at: String,
    severity: &'static str,
    findings: Vec<FindingReport>,
    /// Hosts of which nothing is known now, so that nothing can be found.
    unknown: Vec<Unknown>,
}

#[derive(Serialize)]
struct Unknown {
    env: String,
    host: String,
    state: &'static str,
    fault: Option<String>,
}

/// A finding.
#[derive(Serialize)]
pub(in crate::cli) struct FindingReport {
    id: &'static str,
    severity: &'static str,
    /// From 1, the most urgent, to 4.
    priority: u8,
    env: String,
    host: String,
    /// `host/what`, or the host alone.
    subject: String,
    summary: String,
    evidence: Vec<String>,
    evidence_details: Vec<Proof>,
    fix: Vec<String>,
    fix_details: Vec<Step>,
    /// The finding that is to be mended first: `id subject`.
    because: Option<String>,
    since: String,
    /// It comes and goes all the time.
    flapping: bool,
    /// The config silences it, for that reason.
    silenced: Option<String>,
    /// Somebody looks after it.
    acknowledged: Option<Ack>,
}

#[derive(Serialize)]
struct Ack {
    by: String,
    note: String,
    until: String,
    /// Also when it gets worse.
    muted: bool,
}

#[derive(Serialize)]
struct Proof {
    source: String,
    text: String,
    at: Option<String>,
    read: Option<String>,
}

#[derive(Serialize)]
struct Step {
    command: Option<String>,
    note: String,
}

/// All findings of the reading.
pub(super) fn report(model: &Model) -> Report {
    let fleet = &model.fleet;
    let unknown = fleet.hosts().filter(|(_, host)| !host.link.is_up()).map(|(env, host)| Unknown {
        env: env.name.to_string(),
        host: host.spec.name.to_string(),
        state: host.link.name(),
        fault: host.link.fault().map(ToString::to_string),
    });
    Report {
        schema: 1,
        at: rfc3339(model.now),
        severity: severity(model).name(),
        findings: fleet.envs.iter().flat_map(of_env).collect(),
        unknown: unknown.collect(),
    }
}

/// The worst of all findings and of the ways to the hosts, as `status` judges those.
pub(super) fn severity(model: &Model) -> Severity {
    let hosts = model.fleet.hosts().map(|(_, host)| {
        let units = if host.units_fault.is_some() { Severity::Unknown } else { Severity::Ok };
        host.link.severity().max(units).max(host.found_severity())
    });
    Severity::worst(hosts)
}

/// An environment's findings, host by host, worst first.
pub(in crate::cli) fn of_env(env: &Env) -> Vec<FindingReport> {
    let of_host = |host: &Host| -> Vec<FindingReport> {
        let open = host.findings.iter().filter(|tracked| tracked.open);
        open.map(|tracked| finding(env, host, tracked)).collect()
    };
    env.hosts.values().flat_map(of_host).collect()
}

fn finding(env: &Env, host: &Host, tracked: &Tracked) -> FindingReport {
    let found = &tracked.finding;
    let evidence = &found.evidence;
    // Once, at the first command.
    let who = found.run_as(host);
    let first = found.fix.iter().position(|step| !step.command.is_empty());
    FindingReport {
        id: found.key.rule.name(),
        severity: found.severity.name(),
        priority: Priority::of(found.severity, env.tier).number(),
        env: env.name.to_string(),
        host: host.spec.name.to_string(),
        subject: subject(host, &found.key),
        summary: found.summary.clone(),
        evidence: evidence
            .iter()
            .map(|proof| format!("{}: {}", proof.source, proof.text))
            .collect(),
        evidence_details: evidence
            .iter()
            .map(|proof| Proof {
                source: proof.source.to_string(),
                text: proof.text.clone(),
                at: proof.at.map(rfc3339),
                read: proof.read.map(rfc3339),
            })
            .collect(),
        fix: found
            .fix
            .iter()
            .map(|step| match (step.command.as_str(), step.note.as_str()) {
                ("", note) => format!("# {note}"),
                (command, _) => command.to_owned(),
            })
            .collect(),
        fix_details: found
            .fix
            .iter()
            .enumerate()
            .map(|(place, step)| Step {
                command: (!step.command.is_empty()).then(|| step.command.clone()),
                note: match &who {
                    Some(who) if Some(place) == first && step.note.is_empty() => who.clone(),
                    Some(who) if Some(place) == first => format!("{} ({who})", step.note),
                    Some(_) | None => step.note.clone(),
                },
            })
            .collect(),
        because: found
            .because
            .as_ref()
            .map(|key| format!("{} {}", key.rule.name(), subject(host, key))),
        since: rfc3339(tracked.since),
        acknowledged: tracked.acknowledged.as_ref().map(|ack| Ack {
            by: ack.by.to_string(),
            note: ack.note.to_string(),
            until: rfc3339(ack.until),
            muted: ack.mute,
        }),
        flapping: tracked.flapping,
        silenced: tracked.silenced.as_ref().map(ToString::to_string),
    }
}

/// `host/what`, or the host alone.
pub(super) fn subject(host: &Host, key: &Key) -> String {
    key.subject.on(&host.spec.name)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::model::fault::{Fault, FaultKind};
    use crate::model::fleet::Fleet;
    use crate::model::host::Link;
    use crate::model::ids::HostId;
    use crate::model::limits::Limits;
    use crate::model::spec::{EnvSpec, FleetSpec, HostSpec, Reach, Sudo, Tier};
    use crate::model::time::Timestamp;

    #[test]
    fn a_host_that_is_not_read_is_as_bad_as_in_a_status() {
        let env = EnvSpec {
            name: "production".into(),
            tier: Tier::Production,
            protected: true,
            hosts: vec![HostSpec {
                name: "h".into(),
                reach: Reach::Ssh("h".to_owned()),
                sudo: Sudo::Auto,
                limits: Limits::default(),
            }],
            services: Vec::new(),
            ports: Vec::new(),
            backups: Arc::default(),
            syncs: Arc::default(),
            windows: Arc::default(),
            silences: Vec::new(),
        };
        let fleet = Fleet::new(&FleetSpec { envs: vec![env], ..FleetSpec::default() });
        let now = Timestamp::from_secs(1_795_230_000);
        let mut model = Model { now, fleet, ..Model::default() };
        let fault = |kind| Fault::new(kind, "connect to h", "said");
        for (kind, code) in [
            (None, 0),
            (Some(FaultKind::Unreachable), 2),
            (Some(FaultKind::AuthFailed), 3),
            (Some(FaultKind::HostKeyChanged), 2),
        ] {
            let host = model.fleet.host_mut(&HostId::new("production", "h")).unwrap();
            host.link = kind.map_or(Link::Connected, |kind| Link::failed(fault(kind), now));
            assert_eq!(severity(&model).exit_code(), code, "{kind:?}");
            assert_eq!(model.fleet.severity(now).exit_code(), code, "{kind:?}");
        }
        let host = model.fleet.host_mut(&HostId::new("production", "h")).unwrap();
        host.link = Link::Connected;
        host.units_fault = Some(fault(FaultKind::Missing));
        assert_eq!(
            (severity(&model), model.fleet.severity(now)),
            (Severity::Unknown, Severity::Unknown)
        );
    }
}

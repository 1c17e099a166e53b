//! The stable form of a reading. Scripts rest on it: fields are added, never changed.

mod health;
mod planned;

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Serialize;

use self::health::HealthReport;
use super::backups::{self, Backup};
use crate::cli::doctor::{FindingReport, of_env};
use crate::model::Model;
use crate::model::drill::{Drilled, Exercise};
use crate::model::fault::Fault;
use crate::model::fleet::Row;
use crate::model::host::Host;
use crate::model::ports::{self, PortRow};
use crate::model::time::Timestamp;

/// The form's number; another one only if a field has to go.
const SCHEMA: u32 = 1;

#[derive(Serialize)]
pub(super) struct Report {
    schema: u32,
    at: String,
    severity: &'static str,
    environments: Vec<Environment>,
}

#[derive(Serialize)]
struct Environment {
    name: String,
    tier: &'static str,
    severity: &'static str,
    hosts: Vec<HostReport>,
    services: Vec<Service>,
    ports: Vec<Port>,
    backups: Vec<Backup>,
    findings: Vec<FindingReport>,
}

#[derive(Serialize)]
struct HostReport {
    name: String,
    state: &'static str,
    severity: &'static str,
    as_of: Option<String>,
    fault: Option<FaultReport>,
    latency_ms: Option<f64>,
    clock_skew_ms: Option<i64>,
    uptime_s: Option<u64>,
    os: Option<String>,
    kernel: Option<String>,
    systemd: Option<String>,
    pushed: bool,
    cpus: Option<u32>,
    load: Option<[f32; 3]>,
    memory: Option<Memory>,
    pressure: Option<Pressure>,
    disks: Vec<Disk>,
    user: Option<String>,
    rights: Option<Rights>,
    warnings: Vec<String>,
}

#[derive(Serialize)]
pub(super) struct FaultReport {
    kind: &'static str,
    tried: String,
    detail: String,
    remedy: String,
}

#[derive(Serialize)]
struct Memory {
    total: u64,
    available: u64,
}

#[derive(Serialize)]
struct Pressure {
    cpu: Option<f32>,
    memory: Option<f32>,
    io: Option<f32>,
}

#[derive(Serialize)]
struct Disk {
    mount: String,
    size: u64,
    available: u64,
    inodes: u64,
    inodes_available: u64,
}

#[derive(Serialize)]
struct Rights {
    journal: bool,
    sudo: bool,
}

#[derive(Serialize)]
struct DrilledReport {
    at: String,
    passed: bool,
    unfinished: bool,
    failed: Option<&'static str>,
    took_ms: BTreeMap<&'static str, u64>,
    by: String,
}

#[derive(Serialize)]
struct DeployedReport {
    release: String,
    revision: String,
    at: String,
    by: String,
}

#[derive(Serialize)]
struct Service {
    name: String,
    host: String,
    kind: &'static str,
    unit: Option<String>,
    state: &'static str,
    sub_state: Option<String>,
    result: Option<String>,
    since: Option<String>,
    started: Option<String>,
    pid: Option<u32>,
    restarts: Restarts,
    last_exit: Option<Exit>,
    memory_bytes: Option<u64>,
    cpu_percent: Option<f32>,
    enabled: Option<bool>,
    drilled: Option<DrilledReport>,
    deployed: Option<DeployedReport>,
    health: Vec<HealthReport>,
    description: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    job: Option<planned::JobReport>,
    #[serde(skip_serializing_if = "Option::is_none")]
    processes: Option<Vec<planned::ProcessReport>>,
    severity: &'static str,
    as_of: Option<String>,
    stale: bool,
    fault: Option<FaultReport>,
}

#[derive(Serialize)]
struct Restarts {
    total: u64,
    at_least: bool,
    last_5m: u64,
    last_1h: u64,
    per_minute: f64,
}

#[derive(Serialize)]
struct Exit {
    code: &'static str,
    status: i32,
    label: String,
    at: Option<String>,
}

#[derive(Serialize)]
struct Port {
    host: String,
    #[serde(rename = "port")]
    number: u16,
    protocol: &'static str,
    name: Option<String>,
    bind: Vec<String>,
    declared_by: Vec<String>,
    owner: Option<OwnerReport>,
    verdict: &'static str,
    detail: Option<String>,
    severity: &'static str,
    as_of: Option<String>,
    stale: bool,
}

#[derive(Serialize)]
struct OwnerReport {
    pid: Option<u32>,
    command: Option<String>,
    started: Option<String>,
    unit: Option<String>,
    container: Option<String>,
    cgroup: Option<String>,
}

/// The whole reading.
pub(super) fn report(model: &Model) -> Report {
    let (fleet, now) = (&model.fleet, model.now);
    Report {
        schema: SCHEMA,
        at: rfc3339(now),
        severity: fleet.severity(now).name(),
        environments: fleet
            .envs
            .iter()
            .map(|env| Environment {
                name: env.name.to_string(),
                tier: env.tier.name(),
                severity: fleet.sum_up(env, now).0.name(),
                hosts: env.hosts.values().map(|host| host_report(host, now)).collect(),
                services: env
                    .hosts
                    .values()
                    .flat_map(|host| fleet.rows_of(env, host, now))
                    .map(|row| service(&row, fleet.interval, now))
                    .collect(),
                ports: env
                    .hosts
                    .values()
                    .flat_map(|host| ports::judge(env, host, fleet.interval, now))
                    .map(|row| port(&row))
                    .collect(),
                backups: backups::of_env(env, now),
                findings: of_env(env),
            })
            .collect(),
    }
}

fn host_report(host: &Host, now: Timestamp) -> HostReport {
    let facts = host.facts.value();
    let text = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    HostReport {
        name: host.spec.name.to_string(),
        state: host.link.name(),
        severity: host.severity().name(),
        as_of: host.facts.as_of().map(rfc3339),
        fault: host.link.fault().or(host.units_fault.as_ref()).map(fault),
        latency_ms: host.latency.map(|latency| round(latency.as_secs_f64() * 1000.0)),
        clock_skew_ms: facts.map(|facts| facts.skew / 1000),
        uptime_s: facts.map(|facts| now.since(facts.started).as_secs()),
        os: facts.and_then(|facts| text(&facts.os)),
        kernel: facts.and_then(|facts| text(&facts.kernel)),
        systemd: facts.and_then(|facts| facts.systemd.clone()),
        pushed: host.pushed,
        cpus: facts.map(|facts| facts.cpus),
        load: facts.map(|facts| facts.load),
        memory: facts
            .map(|facts| Memory { total: facts.memory_total, available: facts.memory_available }),
        pressure: facts.map(|facts| Pressure {
            cpu: facts.pressure.cpu,
            memory: facts.pressure.memory,
            io: facts.pressure.io,
        }),
        disks: facts
            .map(|facts| {
                facts
                    .disks
                    .iter()
                    .map(|disk| Disk {
                        mount: disk.mount.clone(),
                        size: disk.size,
                        available: disk.available,
                        inodes: disk.inodes,
                        inodes_available: disk.inodes_available,
                    })
                    .collect()
            })
            .unwrap_or_default(),
        user: facts.and_then(|facts| text(&facts.user)),
        rights: facts.map(|facts| Rights { journal: facts.journal, sudo: facts.sudo }),
        warnings: facts.map(|facts| facts.warnings.clone()).unwrap_or_default(),
    }
}

fn service(row: &Row<'_>, interval: Duration, now: Timestamp) -> Service {
    let instance = row.instance;
    let facts = instance.facts.value();
    let restarts = &instance.restarts;
    let hour = restarts.within(Duration::from_secs(3600), now);
    let total = restarts.total();
    let text = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    let host = row.host;
    let unseen = instance.fault(host).or_else(|| host.link.fault());
    Service {
        name: row.service.to_string(),
        host: row.host.spec.name.to_string(),
        kind: instance.kind.name(),
        unit: instance.kind.unit().map(ToString::to_string),
        state: row.verdict.state.name(),
        sub_state: facts.and_then(|facts| text(&facts.sub)),
        result: facts.and_then(|facts| text(&facts.result)),
        since: row.verdict.since.map(rfc3339),
        started: instance.up_since(row.host).map(rfc3339),
        pid: facts.and_then(|facts| facts.main_pid),
        restarts: Restarts {
            total: total.n,
            at_least: instance.kind.unit().is_some() && (total.at_least || hour.at_least),
            last_5m: restarts.within(Duration::from_secs(300), now).n,
            last_1h: hour.n,
            per_minute: round(restarts.per_minute(now)),
        },
        last_exit: instance.last_exit.map(|exit| Exit {
            code: exit.code.name(),
            status: exit.status,
            label: exit.label(),
            at: exit.at.and_then(|at| row.host.at(at)).map(rfc3339),
        }),
        memory_bytes: instance.usage.memory,
        cpu_percent: instance.usage.cpu_percent,
        deployed: row.host.release(instance).map(|release| DeployedReport {
            release: release.id.to_string(),
            revision: release.revision.to_string(),
            at: rfc3339(Timestamp::from_secs(release.at)),
            by: release.by.to_string(),
        }),
        drilled: host.drilled(&instance.kind.subject()).map(drilled),
        enabled: facts.and_then(crate::model::unit::UnitFacts::enabled),
        health: health::report(row, interval, now),
        description: facts.and_then(|facts| text(&facts.description)),
        job: planned::job(row),
        processes: planned::processes(row),
        severity: row.verdict.severity.name(),
        as_of: instance.as_of(host).map(rfc3339),
        stale: row.verdict.stale,
        fault: unseen.filter(|_| row.verdict.stale).map(fault),
    }
}

fn port(row: &PortRow<'_>) -> Port {
    let owner = row.owner.as_ref().map(|owner| OwnerReport {
        pid: owner.pid,
        command: owner.process.map(|process| process.name.to_string()),
        started: owner
            .process
            .and_then(|process| process.started)
            .and_then(|at| row.host.at(at))
            .map(rfc3339),
        unit: owner.unit().map(ToOwned::to_owned),
        container: owner.container().map(ToOwned::to_owned),
        cgroup: owner.cgroup.map(ToOwned::to_owned),
    });
    Port {
        host: row.host.spec.name.to_string(),
        number: row.port,
        protocol: row.protocol.name(),
        name: (!row.name().is_empty()).then(|| row.name().to_owned()),
        bind: row.binds.iter().map(ToString::to_string).collect(),
        declared_by: row.declared.iter().map(|(name, _)| name.to_string()).collect(),
        owner,
        verdict: row.verdict.name(),
        detail: row.unseen(),
        severity: row.severity.name(),
        as_of: row.host.ports.as_of().map(rfc3339),
        stale: row.stale,
    }
}

pub(super) fn fault(fault: &Fault) -> FaultReport {
    FaultReport {
        kind: fault.kind.name(),
        tried: fault.tried.clone(),
        detail: fault.detail.clone(),
        remedy: fault.remedy.clone(),
    }
}

/// To a hundredth: more digits would only be noise.
fn round(n: f64) -> f64 {
    (n * 100.0).round() / 100.0
}

/// RFC 3339 in UTC, to the millisecond.
pub(in crate::cli) fn rfc3339(at: Timestamp) -> String {
    jiff::Timestamp::from_microsecond(at.as_micros() / 1000 * 1000)
        .map_or_else(|_out_of_range| String::new(), |at| format!("{at:.3}"))
}

/// How the last drill went.
fn drilled(drilled: &Drilled) -> DrilledReport {
    let took = |(what, took): &(Exercise, Duration)| (what.name(), took.as_millis() as u64);
    DrilledReport {
        at: rfc3339(Timestamp::from_secs(drilled.at)),
        passed: drilled.passed(),
        unfinished: drilled.open.is_some(),
        failed: drilled.failed.map(Exercise::name),
        took_ms: drilled.took.iter().map(took).collect(),
        by: drilled.by.to_string(),
    }
}

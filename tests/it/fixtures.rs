//! Fleets as the seeds have them, by plain constructors.

use std::sync::Arc;
use std::time::Duration;

use quarterdeck::model::Model;
use quarterdeck::model::fault::{Fault, FaultKind};
use quarterdeck::model::fleet::Fleet;
use quarterdeck::model::host::{Disk, Host, HostFacts, Link};
use quarterdeck::model::ids::{HostId, HostName, InstanceId, ServiceName, UnitName};
use quarterdeck::model::instance::{Instance, Usage};
use quarterdeck::model::limits::Limits;
use quarterdeck::model::restarts::{Bucket, RestartLog, Run, Saved};
use quarterdeck::model::spec::{
    ConsoleSpec, EnvSpec, FleetSpec, HostSpec, Kind, Promises, Reach, ServiceSpec, Sudo, Tier,
};
use quarterdeck::model::time::Timestamp;
use quarterdeck::model::unit::{
    ActiveState, Exit, ExitCode, JournalLine, LoadState, UnitDetail, UnitFacts,
};

/// 2026-11-21 03:00:00 UTC.
pub(crate) const NOW: Timestamp = Timestamp::from_secs(1_795_230_000);
/// How long the hosts of these fleets are up.
const UP: Duration = Duration::from_secs(41 * 86_400);

pub(crate) fn ago(secs: u64) -> Timestamp {
    NOW - Duration::from_secs(secs)
}

/// That long ago, on a host's monotonic clock.
pub(crate) fn monotonic(secs: u64) -> u64 {
    UP.saturating_sub(Duration::from_secs(secs)).as_micros() as u64
}

pub(crate) fn env(name: &str, tier: Tier, hosts: &[&str], services: &[(&str, &[&str])]) -> EnvSpec {
    EnvSpec {
        name: name.into(),
        tier,
        protected: tier == Tier::Production,
        hosts: hosts
            .iter()
            .map(|name| HostSpec {
                name: HostName::new(name),
                reach: Reach::Ssh((*name).to_owned()),
                sudo: Sudo::Auto,
                limits: Limits::default(),
            })
            .collect(),
        services: services
            .iter()
            .map(|(name, hosts)| ServiceSpec {
                name: ServiceName::new(name),
                hosts: hosts.iter().map(HostName::new).collect(),
                kind: Kind::Unit(UnitName::new(format!("{name}.service"))),
                promises: Arc::default(),
            })
            .collect(),
        ports: Vec::new(),
        silences: Vec::new(),
        backups: Arc::default(),
        syncs: Arc::default(),
        windows: Arc::default(),
    }
}

/// A fleet of the environment `lab`, whose service `api` runs on some of its hosts and promises that.
pub(crate) fn api(hosts: &[&str], on: &[&str], promises: Promises) -> FleetSpec {
    let mut lab = env("lab", Tier::Staging, hosts, &[("api", on)]);
    let promises = Arc::new(promises);
    lab.services.iter_mut().for_each(|service| service.promises = Arc::clone(&promises));
    FleetSpec { envs: vec![lab], ..FleetSpec::default() }
}

/// A model of which nothing is known yet.
pub(crate) fn loading(envs: Vec<EnvSpec>) -> Model {
    let spec = FleetSpec { console: ConsoleSpec::default(), envs, ..FleetSpec::default() };
    Model { now: NOW, fleet: Fleet::new(&Arc::new(spec)), ..Model::default() }
}

pub(crate) fn host_facts() -> HostFacts {
    HostFacts {
        os: "Debian GNU/Linux 12 (bookworm)".to_owned(),
        kernel: "6.1.0-18-amd64".to_owned(),
        systemd: Some("252.39-1~deb12u2".to_owned()),
        boot_id: "0b6e".into(),
        boot: NOW - UP,
        started: NOW - UP,
        skew: 40_000,
        load: [0.31, 0.28, 0.22],
        cpus: 4,
        memory_total: 8 << 30,
        memory_available: 5 << 30,
        disks: vec![disk("/", 40, 22), disk("/mnt/app", 200, 88)],
        user: "deploy".to_owned(),
        journal: true,
        sudo: false,
        ..HostFacts::default()
    }
}

pub(crate) fn disk(mount: &str, gib: u64, free: u64) -> Disk {
    Disk {
        mount: mount.to_owned(),
        size: gib << 30,
        available: free << 30,
        inodes: 2_000_000,
        inodes_available: 1_800_000,
        ..Disk::default()
    }
}

pub(crate) fn running(name: &str, pid: u32, since: u64) -> UnitFacts {
    UnitFacts {
        load: LoadState::Loaded,
        active: ActiveState::Active,
        sub: "running".into(),
        result: "success".into(),
        unit_type: "simple".into(),
        restart: "always".into(),
        restart_usec: Some(10_000_000),
        n_restarts: Some(0),
        main_pid: Some(pid),
        started: Some(monotonic(since)),
        changed: Some(monotonic(since)),
        activated: Some(monotonic(since)),
        invocation: "7c1f".into(),
        unit_file_state: "enabled".into(),
        description: format!("{name} for the coordination platform").into(),
        fragment: format!("/etc/systemd/system/{name}.service").into(),
        control_group: format!("/system.slice/{name}.service").into(),
        memory: Some(148 << 20),
        ..UnitFacts::default()
    }
}

/// All hosts answer, all services run.
pub(crate) fn well(envs: Vec<EnvSpec>) -> Model {
    let mut model = loading(envs);
    for env in &mut model.fleet.envs {
        for (n, host) in env.hosts.values_mut().enumerate() {
            connect(host, n as u32);
        }
    }
    model
}

pub(crate) fn connect(host: &mut Host, n: u32) {
    host.link = Link::Connected;
    host.latency = Some(Duration::from_millis(12));
    host.pushed = true;
    host.read_since = Some(ago(7200));
    host.facts.see(host_facts(), ago(2));
    for (m, (name, instance)) in host.instances.iter_mut().enumerate() {
        let m = m as u32;
        let since = u64::from(m * 7919 + n * 613 + 400) * 17;
        instance.facts.see(running(name.as_str(), 700 + m * 61 + n, since), ago(2));
        instance.usage =
            Usage { memory: Some((u64::from(m + 1) * 37) << 20), cpu_percent: Some(m as f32) };
        instance.restarts = log(0, &[], true);
    }
}

/// A log with `total` restarts, of which these, by seconds ago, are within the hour.
pub(crate) fn log(total: u64, ago_secs: &[u64], complete: bool) -> RestartLog {
    let mut buckets: Vec<Bucket> = Vec::new();
    for &secs in ago_secs {
        let index = (ago(secs).as_secs() / 10) as u32;
        match buckets.iter_mut().find(|b| b.index == index) {
            Some(bucket) => bucket.automatic += 1,
            None => buckets.push(Bucket { index, automatic: 1, by_hand: 0 }),
        }
    }
    let saved = Saved {
        total,
        total_is_complete: complete,
        buckets,
        complete_since: None,
        last: Run::default(),
    };
    let since = if complete { ago(7200) } else { ago(400) };
    RestartLog::restore(saved, since)
}

pub(crate) fn instance<'a>(
    model: &'a mut Model,
    env: &str,
    host: &str,
    service: &str,
) -> &'a mut Instance {
    let host = model.fleet.host_mut(&HostId::new(env, host)).unwrap();
    host.instances.get_mut(&ServiceName::new(service)).unwrap()
}

pub(crate) fn id(env: &str, host: &str, service: &str) -> InstanceId {
    InstanceId { host: HostId::new(env, host), service: service.into() }
}

const COORD: &[&str] = &["coord"];

/// Seed 001: the unit that restarts for a wrong `ReadWritePaths=`, beside healthy services.
pub(crate) fn incident() -> Model {
    let mut model = well(vec![
        env(
            "production",
            Tier::Production,
            &["coord"],
            &[
                ("mcp-coordination", COORD),
                ("nginx", COORD),
                ("postgresql", COORD),
                ("backup-production-data", COORD),
                ("cron", COORD),
            ],
        ),
        env(
            "staging",
            Tier::Staging,
            &["stage-1"],
            &[("mcp-coordination", &["stage-1"]), ("nginx", &["stage-1"])],
        ),
        env("dev", Tier::Development, &["dev-1"], &[("mcp-coordination-dev", &["dev-1"])]),
    ]);
    crash_loop(instance(&mut model, "production", "coord", "mcp-coordination"));
    let backup = instance(&mut model, "production", "coord", "backup-production-data");
    let facts = backup.facts.value_mut().unwrap();
    facts.active = ActiveState::Inactive;
    facts.sub = "dead".into();
    facts.unit_type = "oneshot".into();
    facts.main_pid = None;
    facts.memory = None;
    facts.triggered_by = vec!["backup-production-data.timer".into()];
    facts.unit_file_state = "static".into();
    facts.exit = Some(Exit { code: ExitCode::Exited, status: 0, at: Some(monotonic(3600)) });
    backup.usage = Usage::default();
    model
}

pub(crate) fn crash_loop(instance: &mut Instance) {
    let times: Vec<u64> = (0..33).map(|n| 3 + n * 8).collect();
    instance.restarts = log(109_033, &times, false);
    let facts = instance.facts.value_mut().unwrap();
    facts.active = ActiveState::Activating;
    facts.sub = "auto-restart".into();
    facts.result = "exit-code".into();
    facts.n_restarts = Some(109_033);
    facts.main_pid = None;
    facts.memory = Some(2 << 20);
    facts.changed = Some(monotonic(3));
    instance.last_exit = Some(Exit { code: ExitCode::Exited, status: 226, at: Some(monotonic(3)) });
    instance.usage = Usage::default();
}

pub(crate) fn fault(kind: FaultKind) -> Fault {
    match kind {
        FaultKind::AuthFailed => Fault::new(
            kind,
            "connect to hooks",
            "deploy@104.171.202.117: Permission denied (publickey).",
        )
        .remedy("ssh-add the key that the host knows, or set IdentityFile in ssh_config"),
        FaultKind::HostKeyChanged => Fault::new(
            kind,
            "connect to mcp-2",
            "REMOTE HOST IDENTIFICATION HAS CHANGED: ED25519 key SHA256:rq3Zt8wM",
        )
        .remedy("find out why before anything else; then ssh-keygen -R mcp-2"),
        _ => Fault::new(
            kind,
            "connect to data-pipeline",
            "ssh: connect to host 104.171.202.134 port 22: Connection timed out",
        )
        .remedy("check the network, then the host's console"),
    }
}

/// Seed 002: services over several hosts, with hosts in every kind of trouble.
pub(crate) fn trouble() -> Model {
    let hosts = ["ai-core", "business", "data-pipeline", "hooks", "mcp-2", "new"];
    let mut model = well(vec![env(
        "production",
        Tier::Production,
        &hosts,
        &[
            ("vector_search_mcp", &["ai-core"]),
            ("real_time_chat_mcp", &["ai-core"]),
            ("gong_mcp", &["business"]),
            ("hubspot_mcp", &["business"]),
            ("github_mcp", &["data-pipeline"]),
            ("postgres_mcp", &["data-pipeline"]),
            ("slack_mcp", &["hooks"]),
            ("linear_mcp", &["mcp-2"]),
            ("asana_mcp", &["new"]),
        ],
    )]);
    let host = |model: &mut Model, name: &str, link: Link| {
        model.fleet.host_mut(&HostId::new("production", name)).unwrap().link = link;
    };
    let retry_at = NOW + Duration::from_secs(12);
    host(&mut model, "data-pipeline", Link::failed(fault(FaultKind::TimedOut), retry_at));
    host(
        &mut model,
        "hooks",
        Link::failed(fault(FaultKind::AuthFailed), NOW + Duration::from_secs(290)),
    );
    host(
        &mut model,
        "mcp-2",
        Link::failed(fault(FaultKind::HostKeyChanged), NOW + Duration::from_secs(290)),
    );
    let new = model.fleet.host_mut(&HostId::new("production", "new")).unwrap();
    *new = Host {
        instances: new
            .instances
            .keys()
            .map(|name| {
                (
                    name.clone(),
                    Instance::new(Kind::Unit("asana_mcp.service".into()), Arc::default()),
                )
            })
            .collect(),
        ..Host::new(new.spec.clone())
    };
    let business = model.fleet.host_mut(&HostId::new("production", "business")).unwrap();
    let facts = business.facts.value_mut().unwrap();
    facts.disks = vec![disk("/var/lib/postgresql", 100, 3)];
    facts.memory_available = 400 << 20;
    facts.skew = -3 * 86_400 * 1_000_000;
    facts.sudo = true;
    facts.load = [6.4, 5.1, 3.0];
    model
}

pub(crate) fn detail() -> UnitDetail {
    let line = |secs: u64, priority: u8, from: &str, text: &str| JournalLine {
        at: ago(secs).as_micros(),
        priority: Some(priority),
        from: from.to_owned(),
        text: text.to_owned(),
    };
    UnitDetail {
        properties: [
            ("User", "root"),
            ("WorkingDirectory", "/mnt/app/production"),
            ("ProtectSystem", "strict"),
            ("ReadWritePaths", "/mnt/app/production-data"),
        ]
        .map(|(k, v)| (k.to_owned(), v.to_owned()))
        .to_vec(),
        files: vec![
            (
                "/etc/systemd/system/mcp-coordination.service".to_owned(),
                "[Unit]\nDescription=MCP coordination\n\n[Service]\nWorkingDirectory=/mnt/app/production\nExecStart=/usr/bin/node src/streamable-http-server.js\nReadWritePaths=/mnt/app/production-data\nProtectSystem=strict\nRestart=always\nRestartSec=10\n".to_owned(),
            ),
            (
                "/etc/systemd/system/mcp-coordination.service.d/limits.conf".to_owned(),
                "[Service]\nMemoryMax=1G\n".to_owned(),
            ),
        ],
        journal: vec![
            line(14, 6, "systemd[1]", "Started mcp-coordination.service - MCP coordination."),
            line(13, 3, "node[4711]", "Error: EROFS: read-only file system, open '/mnt/app/production/data/instances.json' while saving the state of the coordination server at startup"),
            line(12, 4, "systemd[1]", "mcp-coordination.service: Main process exited, code=exited, status=226/NAMESPACE"),
            line(12, 7, "systemd[1]", "mcp-coordination.service: Scheduled restart job, restart counter is at 109033."),
        ],
        warnings: vec!["the journal before 02:41 was rotated away".to_owned()],
    }
}

/// Many hosts in four environments, with some trouble among them.
pub(crate) fn many(hosts: usize, services: usize) -> Model {
    let service_names: Vec<String> = (0..services).map(|n| format!("svc-{n}")).collect();
    let tiers = Tier::ALL;
    let mut envs = Vec::new();
    for (n, tier) in tiers.into_iter().enumerate().take(hosts.min(4)) {
        let names: Vec<String> = (0..hosts)
            .filter(|host| host * 4 / hosts == n)
            .map(|host| format!("web-{host}"))
            .collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let services: Vec<(&str, &[&str])> =
            service_names.iter().map(|name| (name.as_str(), &names[..])).collect();
        envs.push(env(&format!("fleet-{n}"), tier, &names, &services));
    }
    let mut model = well(envs);
    let mut n = 0;
    for host in model.fleet.envs.iter_mut().flat_map(|env| env.hosts.values_mut()) {
        n += 1;
        if n % 37 == 0 {
            host.link = Link::failed(fault(FaultKind::TimedOut), NOW + Duration::from_secs(47));
        }
        if n % 23 == 0 {
            host.instances.values_mut().take(2).for_each(crash_loop);
        }
        if n % 11 == 0 {
            for instance in host.instances.values_mut().skip(2).take(1) {
                let facts = instance.facts.value_mut().unwrap();
                facts.active = ActiveState::Failed;
                facts.sub = "failed".into();
                facts.main_pid = None;
                facts.exit = Some(Exit { code: ExitCode::Killed, status: 9, at: None });
                instance.last_exit = facts.exit;
            }
        }
    }
    model
}

/// Names that are wide, long, or were hostile before they were cleaned.
pub(crate) fn wide() -> Model {
    use quarterdeck::model::text::clean;
    let hostile = clean("evil\u{1b}[2J\u{202e}txt", 64);
    let long = "a-service-with-a-name-that-is-longer-than-any-column-that-we-could-give-it";
    let mut model = well(vec![env(
        "本番環境",
        Tier::Production,
        &["東京-1", "osaka"],
        &[
            ("決済サービス決済サービス決済サービス", &["東京-1"]),
            ("cafe\u{301}-d\u{e9}j\u{e0}-vu", &["東京-1"]),
            (&hostile, &["osaka"]),
            (long, &["osaka"]),
        ],
    )]);
    crash_loop(instance(&mut model, "本番環境", "東京-1", "決済サービス決済サービス決済サービス"));
    "-サーバ".clone_into(&mut model.screen.view.filter);
    model
}

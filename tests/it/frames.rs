//! Frames: what the screen shows, as text, at the sizes that matter.

use quarterdeck::keymap::Keymap;
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use proptest::prelude::*;
use quarterdeck::model::Model;
use quarterdeck::model::backup::{self, BackupFacts, BackupSpec, Keep, Named, TimeFrom, Way};
use quarterdeck::model::fault::FaultKind;
use quarterdeck::model::finding::{Finding, Subject, track};
use quarterdeck::model::ids::{EnvName, HostId, HostName, ServiceName};
use quarterdeck::model::instance::Instance;
use quarterdeck::model::job::{JobFacts, JobOrigin, Jobs, LastRun, RunEnd};
use quarterdeck::model::observed::Observed;
use quarterdeck::model::port::{Bind, PortSpec, Protocol, Socket, Sockets};
use quarterdeck::model::process::{FoundProcess, Processes};
use quarterdeck::model::rule::Rule;
use quarterdeck::model::screen::{BackupId, DetailTab, Input, Overlay, Pane, SortBy, View};
use quarterdeck::model::severity::Severity;
use quarterdeck::model::spec::{Kind, Promises, Tier};
use quarterdeck::model::unit::{ActiveState, Exit, ExitCode, UnitDetail};
use quarterdeck::probe::backups::{parse_check, parse_listing, parse_source};
use quarterdeck::theme::Themes;
use quarterdeck::ui::{Chrome, Glyphs, Viewports, draw};
use quarterdeck::update::examine_all;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::Buffer;
use ratatui::layout::Position;

use crate::fixtures;

pub(crate) fn chrome() -> Chrome {
    Chrome {
        theme: Themes::shipped().get("dark").unwrap().without_color(),
        glyphs: Glyphs::Unicode,
        keymap: Keymap::default(),
        version: "0.1.0",
        utc_offset_secs: 0,
    }
}

pub(crate) fn frame(
    model: &Model,
    chrome: &Chrome,
    width: u16,
    height: u16,
) -> (Buffer, Viewports) {
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    let mut viewports = Viewports::default();
    let drawn = terminal.draw(|frame| draw(frame, model, chrome, &mut viewports)).unwrap();
    (drawn.buffer.clone(), viewports)
}

pub(crate) fn text(buffer: &Buffer) -> String {
    let mut out = String::new();
    for y in 0..buffer.area.height {
        let mut skip = 0;
        let mut line = String::new();
        for x in 0..buffer.area.width {
            let symbol = buffer[(x, y)].symbol();
            if skip == 0 {
                line.push_str(symbol);
                skip = unicode_width::UnicodeWidthStr::width(symbol).max(1);
            }
            skip -= 1;
        }
        out.push_str(line.trim_end());
        out.push('\n');
    }
    // As many as there are; a new one is no other frame.
    out.replace(&format!("by {} rules", Rule::ALL.len()), "by NN rules")
}

pub(crate) fn look(name: &str, model: &Model, chrome: &Chrome, sizes: &[(u16, u16)]) {
    for &(width, height) in sizes {
        let (buffer, _) = frame(model, chrome, width, height);
        insta::assert_snapshot!(format!("{name}_{width}x{height}"), text(&buffer));
    }
}

pub(crate) const SIZES: &[(u16, u16)] = &[(120, 40), (80, 24), (40, 15)];

#[test]
fn empty() {
    look("empty", &fixtures::loading(Vec::new()), &chrome(), SIZES);
}

#[test]
fn loading() {
    let mut model = fixtures::incident();
    model = Model { fleet: model.fleet.clone(), ..model };
    for env in &mut model.fleet.envs {
        for host in env.hosts.values_mut() {
            let spec = host.spec.clone();
            let instances = host
                .instances
                .iter()
                .map(|(name, known)| {
                    let fresh = Instance::new(known.kind.clone(), Arc::default());
                    (name.clone(), fresh)
                })
                .collect();
            *host = quarterdeck::model::host::Host {
                instances,
                ..quarterdeck::model::host::Host::new(spec)
            };
        }
    }
    look("loading", &model, &chrome(), SIZES);
}

#[test]
fn incident() {
    look("incident", &fixtures::incident(), &chrome(), SIZES);
}

/// What runs and has something wrong about it is not shown as if all were well.
#[test]
fn found() {
    let mut model = fixtures::incident();
    let findings = [
        (ServiceName::from("nginx"), Rule::NotEnabled, Severity::Warning),
        (ServiceName::from("nginx"), Rule::ExposedPort, Severity::Warning),
        (ServiceName::from("mcp-coordination"), Rule::StuckUnit, Severity::Info),
    ];
    let findings = findings.map(|(name, rule, severity)| {
        Finding::new(rule, Subject::Service(name), severity, "it is so")
    });
    let host = model.fleet.host_mut(&HostId::new("staging", "stage-1")).unwrap();
    track(&mut host.findings, findings.into(), fixtures::NOW);
    look("found", &model, &chrome(), &[(120, 40), (80, 24)]);
}

#[test]
fn trouble() {
    look("trouble", &fixtures::trouble(), &chrome(), SIZES);
}

#[test]
fn stale() {
    let mut model = fixtures::incident();
    model.now = model.now + Duration::from_secs(400);
    look("stale", &model, &chrome(), &[(120, 40), (80, 24)]);
}

#[test]
fn restarts_that_are_over() {
    let mut model = fixtures::incident();
    let known = fixtures::instance(&mut model, "staging", "stage-1", "nginx");
    known.restarts = fixtures::log(7, &[2500, 2400, 1900, 1850], true);
    let log = fixtures::instance(&mut model, "production", "coord", "mcp-coordination");
    log.restarts = fixtures::log(109_033, &[], true);
    look("restarts_over", &model, &chrome(), &[(80, 24)]);
}

/// Services that are jobs, processes and commands: a host where each is as it may be.
fn planned() -> Model {
    let names = ["backup", "nightly", "rotate", "scanner", "secret", "verify"];
    let services: Vec<(&str, &[&str])> = names.iter().map(|name| (*name, &["coord"][..])).collect();
    let env = fixtures::env("production", Tier::Production, &["coord"], &services);
    let mut model = fixtures::well(vec![env]);
    let id = HostId::new("production", "coord");
    let host = model.fleet.host_mut(&id).unwrap();
    for (name, kind) in [
        ("nightly", Kind::Cron("nightly.sh".into())),
        ("rotate", Kind::Cron("rotate.sh".into())),
        ("scanner", Kind::Process("scanner_server.py".into())),
        ("secret", Kind::Cron("secret.sh".into())),
        ("verify", Kind::Command(vec!["/srv/app/verify".into()])),
    ] {
        let instance = host.instances.get_mut(&name.into()).unwrap();
        *instance = Instance::new(kind, Arc::default());
    }
    let backup = host.instances.get_mut(&"backup".into()).unwrap();
    backup.kind = Kind::Timer("backup.timer".into());
    let job = |origin: JobOrigin, command: &str, end: Option<RunEnd>| JobFacts {
        user: "root".into(),
        command: command.into(),
        schedule: "0 */6 * * *".into(),
        last: end.map(|end| LastRun { at: fixtures::ago(7200), end }),
        next: Some(fixtures::NOW + Duration::from_secs(14_400)),
        due: Some(fixtures::ago(7200)),
        seen_since: Some(fixtures::ago(90_000)),
        ..JobFacts::new(origin)
    };
    let line = |line| JobOrigin::Cron { table: "/etc/cron.d/app".into(), line };
    let list = vec![
        job(
            JobOrigin::Timer("backup.timer".into()),
            "/srv/backup",
            Some(RunEnd::Failed("it ended with 3".into())),
        ),
        job(line(4), "/srv/nightly.sh", Some(RunEnd::Unknown)),
        job(line(5), "/srv/rotate.sh", None),
    ];
    let unseen = vec!["ops may not read /var/spool/cron, and `sudo -n` does not help".to_owned()];
    host.jobs.see(Jobs { list, unseen, ..Jobs::default() }, fixtures::NOW);
    let process = FoundProcess {
        pid: 4711,
        started: Some(fixtures::monotonic(300)),
        command: "python mcp_servers/scanner_server.py".into(),
    };
    let found = [("scanner_server.py".into(), vec![process])].into();
    host.processes.see(Processes { found, hidden: false }, fixtures::NOW);
    model
}

#[test]
fn jobs_processes_and_commands() {
    let mut model = planned();
    look("planned", &model, &chrome(), &[(120, 40), (80, 24)]);
    let id = fixtures::id("production", "coord", "nightly");
    let (detail, tab) = (Box::default(), DetailTab::Overview);
    model.screen.overlays.push(Overlay::Unit { id, detail, tab, scroll: 0 });
    look("planned_job", &model, &chrome(), &[(80, 24)]);
}

/// What an answer of `qd_backup_list` says.
fn listed(text: &str) -> BackupFacts {
    let listing = parse_listing(text, TimeFrom::Mtime);
    BackupFacts {
        taken: listing.taken,
        place: listing.place,
        device: listing.device,
        copies: listing.copies,
        count: listing.count,
        ..BackupFacts::default()
    }
}

/// A host with backups of which each is as it may be.
fn backed_up() -> Model {
    let (coord, home) = ("coord", "/mnt/coordinaton_mcp_data");
    let services: &[(&str, &[&str])] = &[("mcp-coordination", &[coord])];
    let mut env = fixtures::env("production", Tier::Production, &[coord], services);
    let spec = |name: &str, files: &str, source: Option<&str>, every: u64| BackupSpec {
        name: name.into(),
        host: coord.into(),
        source: source.map(Into::into),
        database: None,
        way: Way::Files {
            directory: files.into(),
            pattern: "data-*.tar.gz".into(),
            folders: false,
        },
        every: Duration::from_secs(every),
        grace: Duration::from_secs(1800),
        keep: Some(Keep::Count(30)),
        restore_within: None,
        min_size: None,
        time_from: TimeFrom::default(),
        job: None,
        make: None,
    };
    let live = format!("{home}/production/data");
    let stale = format!("{home}/production-data");
    env.backups = Arc::new([
        spec("production data", &format!("{home}/production-data-backups"), Some(&live), 21_600),
        spec("postgres dumps of the archive", "/backup/postgres", None, 86_400),
        spec("web", "/backup/web", None, 86_400),
        spec("lessons", "/backup/lessons", None, 86_400),
    ]);
    let mut model = fixtures::well(vec![env]);
    let host = model.fleet.host_mut(&HostId::new("production", coord)).unwrap();
    let script = format!("{home}/production/scripts/backup-production-data.sh");
    // As a host of the lab answered (Debian 12), and as old as the others are to be.
    for (name, hours) in [("production data", 4), ("postgres dumps of the archive", 31), ("web", 9)]
    {
        let now = fixtures::NOW.as_secs();
        let at = now - hours * 3600;
        let listing = format!(
            "now {now}\nplace read\ndevice 139\ncopy {at} 3947123 140:529 data-1.tar.gz\n\
             copy {} 3945100 140:530 data-2.tar.gz\ncount 30\nend 0\nstrange 0\n",
            at - 21_600
        );
        let mut facts = listed(&listing);
        let copy = facts.copies[0].identity.clone();
        let check = format!(
            "now {now}\npack gzip\nkind tar\nplace read\nunpack 0\nlist 0\nlive 231 0 0 {now}\n\
             members 230 {at} {at}\nlacks .schema-version\nnames 1 0\ncompared 0 0 0\n"
        );
        let checked = parse_check(&check, 0, copy.clone(), name == "production data");
        facts.checks.insert(copy, checked);
        if name == "production data" {
            facts.job = Some(backup::JobFacts {
                script: script.as_str().into(),
                started_by: "/var/spool/cron/crontabs/root:2".into(),
                line: script.as_str().into(),
                into: format!("{home}/production-data-backups/data-….tar.gz").into(),
                reads: vec![Named {
                    path: stale.as_str().into(),
                    line: 10,
                    text: "cp -r \"$SOURCE_DIR\"/* \"$BACKUP_DIR/\"".into(),
                    identity: Some((139, 146)),
                }],
                ..backup::JobFacts::default()
            });
            facts.source = Some(parse_source(&format!("place read\nself 139:142 {now} 140\n")));
        }
        let mut seen = Observed::default();
        seen.see(facts, fixtures::NOW);
        host.backups.insert(name.into(), seen);
    }
    let mut gone = Observed::default();
    let listing = format!("now {}\nplace missing\n", fixtures::NOW.as_secs());
    gone.see(listed(&listing), fixtures::NOW);
    host.backups.insert("lessons".into(), gone);
    let origin = JobOrigin::Cron { table: "/var/spool/cron/crontabs/root".into(), line: 2 };
    let run = JobFacts {
        user: "root".into(),
        command: script.as_str().into(),
        schedule: "0 */6 * * *".into(),
        last: Some(LastRun { at: fixtures::ago(4 * 3600), end: RunEnd::Unknown }),
        next: Some(fixtures::NOW + Duration::from_secs(7200)),
        ..JobFacts::new(origin)
    };
    host.jobs.see(Jobs { list: vec![run], ..Jobs::default() }, fixtures::NOW);
    model.screen.view.focus = Pane::Backups;
    examine_all(&mut model);
    model
}

#[test]
fn backups() {
    let mut model = backed_up();
    let sizes = &[(120, 40), (80, 24)];
    look("backups", &model, &chrome(), sizes);
    let whole = text(&frame(&model, &chrome(), 120, 40).0);
    assert!(whole.contains(" production data "), "a name is cut:\n{whole}");
    model.screen.view.zoom = true;
    look("backups_zoomed", &model, &chrome(), sizes);
    let zoomed = text(&frame(&model, &chrome(), 120, 40).0);
    assert!(zoomed.contains("postgres dumps of the archive"), "a name is cut:\n{zoomed}");
    let id = BackupId { host: HostId::new("production", "coord"), name: "production data".into() };
    model.screen.overlays.push(Overlay::Backup { id, scroll: 0 });
    look("backup", &model, &chrome(), sizes);
}

#[test]
fn many_hosts() {
    let mut model = fixtures::many(200, 14);
    look("many", &model, &chrome(), &[(120, 40), (80, 24)]);
    let last = fixtures::id("fleet-2", "web-149", "svc-13");
    model.screen.selection.service = Some(last);
    look("many_selected", &model, &chrome(), &[(80, 24)]);
}

#[test]
fn wide_and_hostile_text() {
    look("wide", &fixtures::wide(), &chrome(), SIZES);
}

#[test]
fn one_environment_filtered_sorted_and_frozen() {
    let mut model = fixtures::incident();
    model.screen.view = View {
        env: Some("production".into()),
        filter: "mcp".to_owned(),
        problems_only: true,
        sort: SortBy::Memory,
        inverted: true,
        ..View::default()
    };
    model.frozen = Some(Box::new((model.fleet.clone(), model.now)));
    look("filtered", &model, &chrome(), SIZES);
    model.screen.view.filter = "nothing-like-this".to_owned();
    model.frozen = None;
    look("filtered_out", &model, &chrome(), &[(80, 24)]);
    model.screen.editing = Some(Input::new("nothing-like-this"));
    look("filter_typed", &model, &chrome(), &[(80, 24), (40, 15)]);
}

#[test]
fn no_problems() {
    let mut model = fixtures::well(vec![fixtures::env(
        "local",
        Tier::Local,
        &["here"],
        &[("nginx", &["here"])],
    )]);
    model.screen.view.problems_only = true;
    look("no_problems", &model, &chrome(), &[(80, 24)]);
}

#[test]
fn zoomed_hosts() {
    let mut model = fixtures::trouble();
    model.screen.view.zoom = true;
    model.screen.view.focus = Pane::Hosts;
    look("zoomed_hosts", &model, &chrome(), SIZES);
}

#[test]
fn board() {
    let mut model = fixtures::incident();
    model.screen.board = true;
    look("board", &model, &chrome(), &[(120, 40), (80, 24)]);
}

#[test]
fn ascii() {
    let mut model = fixtures::trouble();
    let gong = fixtures::instance(&mut model, "production", "business", "gong_mcp");
    fixtures::crash_loop(gong);
    let chrome = Chrome { glyphs: Glyphs::Ascii, ..chrome() };
    look("ascii", &model, &chrome, &[(120, 40), (80, 24)]);
    let (buffer, _) = frame(&model, &chrome, 120, 40);
    assert!(text(&buffer).is_ascii());
    model.screen.overlays.push(Overlay::Help { scroll: 0 });
    look("ascii_help", &model, &chrome, &[(80, 24)]);
}

#[test]
fn notices_and_config_faults() {
    let mut model = fixtures::incident();
    model.screen.config_faults =
        vec!["config.toml:12:1: unknown key `hots`".to_owned(), "second".to_owned()];
    look("config_fault", &model, &chrome(), &[(80, 24)]);
    // Good news does not hide that the config on disk is not in force; bad news does.
    model.screen.says(Severity::Info, "copied", None);
    let (buffer, _) = frame(&model, &chrome(), 80, 24);
    assert!(text(&buffer).contains("config not taken"));
    model.screen.says(Severity::Warning, "not copied", None);
    let (buffer, _) = frame(&model, &chrome(), 80, 24);
    assert!(text(&buffer).contains("! not copied"));
    model.screen.config_faults.clear();
    model.screen.says(Severity::Info, "copied", None);
    let (buffer, _) = frame(&model, &chrome(), 80, 24);
    assert!(text(&buffer).contains("~ copied"));
}

fn unit(tab: DetailTab, scroll: usize) -> Model {
    let mut model = fixtures::incident();
    let mut detail = Box::new(Observed::default());
    detail.see(fixtures::detail(), fixtures::ago(1));
    let id = fixtures::id("production", "coord", "mcp-coordination");
    model.screen.overlays.push(Overlay::Unit { id, detail, tab, scroll });
    model
}

#[test]
fn unit_overview() {
    look("unit_overview", &unit(DetailTab::Overview, 0), &chrome(), SIZES);
    look("unit_overview_end", &unit(DetailTab::Overview, 999), &chrome(), &[(80, 24)]);
}

#[test]
fn unit_file() {
    look("unit_file", &unit(DetailTab::File, 0), &chrome(), &[(80, 24)]);
}

#[test]
fn unit_journal() {
    look("unit_journal", &unit(DetailTab::Journal, 0), &chrome(), &[(80, 24), (40, 15)]);
}

#[test]
fn unit_of_a_lost_host() {
    let mut model = fixtures::trouble();
    let mut detail: Box<Observed<UnitDetail>> = Box::default();
    detail.fail(fixtures::fault(FaultKind::TimedOut));
    let id = fixtures::id("production", "data-pipeline", "github_mcp");
    model.screen.overlays.push(Overlay::Unit { id, detail, tab: DetailTab::Overview, scroll: 0 });
    look("unit_lost", &model, &chrome(), &[(80, 24)]);
}

#[test]
fn host_detail() {
    let mut model = fixtures::trouble();
    let id = HostId::new("production", "business");
    model.screen.overlays.push(Overlay::Host { id, scroll: 0 });
    look("host", &model, &chrome(), SIZES);
    let id = HostId::new("production", "mcp-2");
    model.screen.overlays = vec![Overlay::Host { id, scroll: 0 }];
    look("host_key_changed", &model, &chrome(), &[(80, 24)]);
}

#[test]
fn help_and_palette() {
    let mut model = fixtures::incident();
    model.screen.overlays.push(Overlay::Help { scroll: 0 });
    look("help", &model, &chrome(), SIZES);
    model.screen.overlays = vec![Overlay::Palette { input: Input::new("sort"), chosen: 1 }];
    look("palette", &model, &chrome(), SIZES);
}

#[test]
fn own_log() {
    let mut model = fixtures::incident();
    model.screen.overlays.push(Overlay::OwnLog);
    look("own_log", &model, &chrome(), &[(80, 24), (40, 15)]);
}

fn needing(needs: &[(&str, &[&str])]) -> Model {
    let names: Vec<&str> = needs.iter().map(|(name, _)| *name).collect();
    let on: Vec<(&str, &[&str])> = names.iter().map(|name| (*name, &["coord"][..])).collect();
    let mut model =
        fixtures::well(vec![fixtures::env("production", Tier::Production, &["coord", "web"], &on)]);
    for (name, needs) in needs {
        let promises =
            Promises { needs: needs.iter().map(ServiceName::new).collect(), ..Promises::default() };
        fixtures::instance(&mut model, "production", "coord", name).promises = promises.into();
    }
    model.screen.overlays = vec![overlay_of_needs()];
    model
}

fn overlay_of_needs() -> Overlay {
    Overlay::Needs { env: "production".into(), list: false, scroll: 0 }
}

/// postgres is down, and with it what needs it, by the doctor's own findings.
fn postgres_down() -> Model {
    let mut model = needing(&[
        ("nginx", &["api", "web-ui"]),
        ("api", &["postgres", "redis"]),
        ("web-ui", &["api"]),
        ("reports", &["postgres"]),
        ("postgres", &[]),
        ("redis", &[]),
        ("cron", &[]),
    ]);
    let hosts = &mut model.fleet.envs[0].hosts;
    let redis = hosts[&HostName::new("coord")].instances[&ServiceName::new("redis")].clone();
    let second = hosts.get_mut(&HostName::new("web")).unwrap();
    second.instances.insert("redis".into(), redis);
    for name in ["postgres", "api", "reports"] {
        let known = fixtures::instance(&mut model, "production", "coord", name);
        let facts = known.facts.value_mut().unwrap();
        facts.active = ActiveState::Failed;
        facts.sub = "failed".into();
        facts.main_pid = None;
        let status = if name == "postgres" { 203 } else { 1 };
        facts.exit = Some(Exit { code: ExitCode::Exited, status, at: None });
        known.last_exit = facts.exit;
    }
    let host = HostId::new("production", "coord");
    let (env, sick) = model.fleet.hosts().find(|(env, known)| known.id(&env.name) == host).unwrap();
    let patient = quarterdeck::doctor::Patient::new(&model.fleet, env, sick, model.now);
    let findings = quarterdeck::doctor::examine(&patient);
    let known = &mut model.fleet.host_mut(&host).unwrap().findings;
    track(known, findings, fixtures::NOW);
    model
}

#[test]
fn dependencies() {
    let mut model = postgres_down();
    look("needs", &model, &chrome(), SIZES);
    let ascii = Chrome { glyphs: Glyphs::Ascii, ..chrome() };
    look("needs_ascii", &model, &ascii, &[(80, 24)]);
    assert!(text(&frame(&model, &ascii, 120, 40).0).is_ascii());
    model.screen.overlays =
        vec![Overlay::Needs { env: "production".into(), list: true, scroll: 0 }];
    look("needs_list", &model, &chrome(), &[(80, 24)]);
    look("needs_list_ascii", &model, &ascii, &[(80, 24)]);
    let mut model = fixtures::incident();
    model.screen.overlays = vec![overlay_of_needs()];
    look("needs_none", &model, &chrome(), &[(80, 24), (40, 15)]);
}

#[test]
fn dependencies_in_a_ring_or_by_the_hundred_are_drawn_too() {
    // The config refuses a ring; the page must end anyway.
    let model = needing(&[("a", &["b"]), ("b", &["c"]), ("c", &["a", "c"])]);
    let (buffer, _) = frame(&model, &chrome(), 80, 24);
    assert!(text(&buffer).contains("✓ a") && text(&buffer).contains("✓ c"));
    let names: Vec<String> = (0..100).map(|n| format!("サービス-{n}")).collect();
    let needs: Vec<[&str; 1]> = names.iter().skip(1).map(|name| [name.as_str()]).collect();
    let mut all: Vec<(&str, &[&str])> =
        names.iter().zip(&needs).map(|(name, needs)| (name.as_str(), &needs[..])).collect();
    all.push((names[99].as_str(), &[]));
    let mut model = needing(&all);
    look("needs_many", &model, &chrome(), &[(80, 24)]);
    model.screen.overlays =
        vec![Overlay::Needs { env: "production".into(), list: false, scroll: 9999 }];
    let (buffer, viewports) = frame(&model, &chrome(), 80, 24);
    assert!(text(&buffer).contains("サービス-99"), "{}", text(&buffer));
    assert!(viewports.overlay_max_scroll >= 80);
}

#[test]
fn ports_by_environment() {
    let mut model = fixtures::incident();
    let socket = |port: u16, address: &str, unit: &str| Socket {
        protocol: Protocol::Tcp,
        address: address.parse().unwrap(),
        port,
        uid: Some(0),
        inode: u64::from(port),
        cgroup: Some(format!("/system.slice/{unit}").into()),
        pids: Vec::new(),
        waiting: 0,
        backlog: 128,
    };
    let port = |port: u16, name: &str, bind: Option<Bind>| PortSpec {
        port,
        protocol: Protocol::Tcp,
        name: Some(name.into()),
        bind,
    };
    let inner = Some(Bind::Loopback);
    for (env, host, service, ports) in [
        (
            "production",
            "coord",
            "mcp-coordination",
            vec![port(3444, "http", inner), port(3445, "sse", inner)],
        ),
        ("staging", "stage-1", "mcp-coordination", vec![port(3448, "http", inner)]),
        (
            "dev",
            "dev-1",
            "mcp-coordination-dev",
            vec![port(3446, "http", inner), port(3447, "sse", None)],
        ),
    ] {
        let promises = Promises { ports, ..Promises::default() };
        fixtures::instance(&mut model, env, host, service).promises = promises.into();
    }
    for (env, host, list) in [
        (
            "production",
            "coord",
            vec![
                socket(3444, "127.0.0.1", "/user.slice/session-12.scope"),
                socket(22, "0.0.0.0", "ssh.service"),
            ],
        ),
        (
            "dev",
            "dev-1",
            vec![
                socket(3446, "0.0.0.0", "mcp-coordination-dev.service"),
                socket(3447, "0.0.0.0", "mcp-coordination-dev.service"),
                socket(9229, "0.0.0.0", "user@1000.service/app.slice/debug.scope"),
            ],
        ),
    ] {
        let host = model.fleet.host_mut(&HostId::new(env, host)).unwrap();
        host.ports.see(Sockets { list, ..Sockets::default() }, fixtures::ago(1));
    }
    model.screen.overlays = vec![Overlay::PortTable { scroll: 0 }];
    look("port_table", &model, &chrome(), SIZES);
    let ascii = Chrome { glyphs: Glyphs::Ascii, ..chrome() };
    look("port_table_ascii", &model, &ascii, &[(80, 24)]);
    assert!(text(&frame(&model, &ascii, 120, 40).0).is_ascii());
    model.screen.view.env = Some("staging".into());
    model.fleet.envs[1].hosts.values_mut().for_each(|host| {
        host.instances.values_mut().for_each(|known| known.promises = Promises::default().into());
        host.ports.see(Sockets::default(), fixtures::ago(1));
    });
    look("port_table_none", &model, &chrome(), &[(80, 24)]);
}

/// Where styles change, and to what: bold, dim, reverse and underlined remain without color.
#[test]
fn styles_without_color() {
    let (buffer, _) = frame(&fixtures::incident(), &chrome(), 80, 24);
    let mut out = String::new();
    for y in 0..24 {
        let mut x = 0;
        while x < 80 {
            let style = buffer[(x, y)].modifier;
            let start = x;
            let mut run = String::new();
            while x < 80 && buffer[(x, y)].modifier == style {
                assert_eq!(buffer[(x, y)].fg, ratatui::style::Color::Reset);
                run.push_str(buffer[(x, y)].symbol());
                x += 1;
            }
            if !style.is_empty() {
                writeln!(out, "{y:2}:{start:<2} {style:?} {}", run.trim_end()).unwrap();
            }
        }
    }
    insta::assert_snapshot!("styles_without_color", out);
}

#[test]
fn nothing_moves_while_seconds_go_by() {
    let mut model = fixtures::incident();
    for (name, host) in [("production", "coord"), ("staging", "stage-1"), ("dev", "dev-1")] {
        let host = model.fleet.host_mut(&HostId::new(name, host)).unwrap();
        host.facts.confirm(fixtures::NOW + Duration::from_secs(50));
        for instance in host.instances.values_mut() {
            instance.facts.confirm(fixtures::NOW + Duration::from_secs(50));
        }
    }
    let production = fixtures::instance(&mut model, "production", "coord", "mcp-coordination");
    production.restarts = fixtures::log(3, &[2000], true);
    let facts = production.facts.value_mut().unwrap();
    *facts = fixtures::running("mcp-coordination", 351, 1980);
    let (before, _) = frame(&model, &chrome(), 120, 40);
    for second in 1..20 {
        model.now = fixtures::NOW + Duration::from_secs(second);
        let (after, _) = frame(&model, &chrome(), 120, 40);
        assert_eq!(text(&before), text(&after), "after {second} s");
    }
}

#[test]
fn the_mouse_finds_rows_panes_and_environments() {
    let model = fixtures::incident();
    let (_, viewports) = frame(&model, &chrome(), 80, 24);
    assert_eq!(viewports.env_at(Position::new(5, 1)).map(EnvName::as_str), Some("staging"));
    assert_eq!(viewports.row_at(Position::new(5, 8)), Some((Pane::Services, 1)));
    assert_eq!(viewports.pane_at(Position::new(5, 22)), Some(Pane::Events));
    assert!(viewports.page > 5);
}

#[test]
fn a_list_scrolls_only_as_far_as_it_must() {
    let mut model = fixtures::many(40, 1);
    let mut viewports = Viewports::default();
    let mut terminal = Terminal::new(TestBackend::new(80, 24)).unwrap();
    let mut first = |model: &Model| {
        terminal.draw(|frame| draw(frame, model, &chrome(), &mut viewports)).unwrap();
        let services = viewports.panes().iter().find(|place| place.pane == Pane::Services);
        services.unwrap().offset
    };
    let select = |model: &mut Model, n: usize| {
        let (fleet, now) = model.shown();
        let rows = quarterdeck::model::rows::services(fleet, &model.screen.view, now).rows;
        let id = rows[n].id();
        model.screen.selection.service = Some(id);
    };
    assert_eq!(first(&model), 0);
    select(&mut model, 20);
    let down = first(&model);
    assert!(down > 0);
    select(&mut model, 18);
    assert_eq!(first(&model), down, "still in sight");
    select(&mut model, 0);
    assert_eq!(first(&model), 0);
}

fn overlays() -> impl Strategy<Value = Option<Overlay>> {
    let text = "[a-z\u{4e00}-\u{4e10}\\-]{0,12}";
    prop_oneof![
        Just(None),
        (0..200_usize).prop_map(|scroll| Some(Overlay::Help { scroll })),
        (text, 0..60_usize).prop_map(|(text, chosen)| {
            Some(Overlay::Palette { input: Input::new(&text), chosen })
        }),
        (proptest::sample::select(&DetailTab::ALL[..]), 0..200_usize).prop_map(|(tab, scroll)| {
            let mut detail = Box::new(Observed::default());
            detail.see(fixtures::detail(), fixtures::NOW);
            let id = fixtures::id("fleet-0", "web-0", "svc-0");
            Some(Overlay::Unit { id, detail, tab, scroll })
        }),
        (0..200_usize).prop_map(|scroll| {
            Some(Overlay::Host { id: HostId::new("fleet-0", "web-0"), scroll })
        }),
        Just(Some(Overlay::OwnLog)),
        (any::<bool>(), 0..200_usize).prop_map(|(list, scroll)| {
            Some(Overlay::Needs { env: "fleet-0".into(), list, scroll })
        }),
        (0..200_usize).prop_map(|scroll| Some(Overlay::PortTable { scroll })),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]
    #[test]
    fn no_size_panics_and_no_control_character_is_drawn(
        (width, height) in (1..220_u16, 1..70_u16),
        (hosts, services) in (0..30_usize, 0..6_usize),
        (focus, sort, zoom, problems_only, board, ascii) in
            (0..3_usize, 0..7_usize, any::<bool>(), any::<bool>(), any::<bool>(), any::<bool>()),
        filter in prop_oneof![Just(String::new()), "[a-z\u{0}-\u{20}\u{300}\u{65e5}\u{1f600}]{0,8}"],
        hostile in any::<String>(),
        overlay in overlays(),
        later in 0..100_000_u64,
    ) {
        let mut model = fixtures::many(hosts, services);
        model.now = model.now + Duration::from_secs(later);
        model.screen.view = View {
            filter,
            problems_only,
            zoom,
            focus: Pane::ALL[focus],
            sort: SortBy::ALL[sort],
            ..View::default()
        };
        model.screen.board = board;
        model.screen.overlays.extend(overlay);
        // Even what was not cleaned does not get through.
        model.screen.says(Severity::Info, hostile.clone(), None);
        for host in model.fleet.envs.iter_mut().flat_map(|env| env.hosts.values_mut()).take(1) {
            for instance in host.instances.values_mut() {
                if let Some(facts) = instance.facts.value_mut() {
                    facts.unit_file_state = hostile.clone().into();
                    facts.description = hostile.clone().into();
                }
            }
        }
        let glyphs = if ascii { Glyphs::Ascii } else { Glyphs::Unicode };
        let (buffer, _) = frame(&model, &Chrome { glyphs, ..chrome() }, width, height);
        for cell in &buffer.content {
            prop_assert!(!cell.symbol().contains(char::is_control), "{:?}", cell.symbol());
        }
    }
}

#[test]
fn ten_by_three() {
    for model in [fixtures::loading(Vec::new()), fixtures::incident(), fixtures::trouble()] {
        for (width, height) in [(10, 3), (1, 1), (3, 10), (200, 2), (2, 200)] {
            frame(&model, &chrome(), width, height);
        }
    }
    look("tiny", &fixtures::incident(), &chrome(), &[(10, 3)]);
}

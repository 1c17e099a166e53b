//! Surveys in, a config out, which loads.

use super::page::Live;
use super::plan::{Seen, plan};
use super::{page, written};
use crate::config::{self, Source};
use crate::model::fault::{Fault, FaultKind};
use crate::model::ids::UnitName;
use crate::model::port::Protocol;
use crate::model::spec::{FleetSpec, Tier};
use crate::model::survey::{
    FoundBackup, FoundContainer, FoundData, FoundHealth, FoundPort, FoundUnit, Says, Survey, Tool,
    Why,
};
use crate::model::unit::UnitFacts;

fn unit(name: &str, port: u16) -> FoundUnit {
    let any = "0.0.0.0".parse().unwrap();
    FoundUnit {
        unit: UnitName::new(name),
        facts: UnitFacts { fragment: "/etc/systemd/system/x".into(), ..UnitFacts::default() },
        why: Why::Own,
        ports: vec![FoundPort { port, protocol: Protocol::Tcp, binds: vec![any], by_hand: None }],
        directory: Some("/srv/app".into()),
        data: Vec::new(),
        health: None,
        after: Vec::new(),
        starts: None,
    }
}

fn seen(destination: &str, units: Vec<FoundUnit>) -> Seen {
    let found = Survey { os: "Debian".to_owned(), units, ..Survey::default() };
    Seen { destination: destination.to_owned(), found: Ok(found) }
}

fn load(text: &str) -> FleetSpec {
    config::parse(&[Source::new("t", text)]).unwrap_or_else(|faults| panic!("{faults:?}\n{text}"))
}

fn spec(all: &[Seen]) -> FleetSpec {
    load(
        &written(&plan(all, None, None, false), "now")
            .unwrap_or_else(|failure| panic!("{}", failure.message)),
    )
}

/// Name, hosts and kind of each service.
fn services(spec: &FleetSpec) -> Vec<(String, Vec<String>, String)> {
    let all = spec.envs.iter().flat_map(|env| &env.services);
    all.map(|service| {
        let hosts = service.hosts.iter().map(ToString::to_string).collect();
        (service.name.to_string(), hosts, format!("{:?}", service.kind))
    })
    .collect()
}

#[test]
fn what_runs_alike_on_several_hosts_is_one_service() {
    let all = [
        seen("web1", vec![unit("api.service", 80), unit("odd.service", 81)]),
        seen("web2", vec![unit("api.service", 80), unit("odd.service", 82)]),
    ];
    let spec = spec(&all);
    let kind = |unit: &str| format!("Unit({unit:?})");
    let text = |words: &[&str]| words.iter().map(|w| (*w).to_owned()).collect::<Vec<_>>();
    assert_eq!(
        services(&spec),
        [
            ("api".to_owned(), text(&["web1", "web2"]), kind("api.service")),
            ("odd-web1".to_owned(), text(&["web1"]), kind("odd.service")),
            ("odd-web2".to_owned(), text(&["web2"]), kind("odd.service")),
        ]
    );
    assert_eq!(spec.envs[0].services[0].promises.ports[0].port, 80);
    assert_eq!(spec.envs[0].services[0].promises.directory.as_deref(), Some("/srv/app"));
}

#[test]
fn hosts_go_into_environments_by_their_names() {
    let all = [
        seen("prod-web1", vec![unit("api.service", 80)]),
        seen("me@dev.example", vec![unit("api.service", 80)]),
        seen("ssh://prod-web1:2222", vec![unit("api.service", 80)]),
    ];
    let spec = spec(&all);
    let envs: Vec<_> = spec.envs.iter().map(|env| (env.tier, env.hosts.len())).collect();
    assert_eq!(envs, [(Tier::Production, 2), (Tier::Development, 1)]);
    assert_eq!(spec.envs[0].hosts[1].name.as_str(), "prod-web1-2");
    let one = plan(&all, Some("mine"), Some(Tier::Staging), false);
    assert_eq!((one.len(), one[0].guess.tier), (1, Tier::Staging));
}

#[test]
fn an_unread_host_stands_there_as_a_comment() {
    let fault = Fault::new(FaultKind::Unreachable, "connect\n[[env]]", "no route");
    let all = [
        seen("web1", vec![unit("api.service", 80)]),
        Seen { destination: "web2".to_owned(), found: Err(fault.clone()) },
        Seen { destination: "dev".to_owned(), found: Err(fault) },
    ];
    let envs = plan(&all, None, None, false);
    let text = page::page(&envs, Live::Known, "now");
    let spec = load(&text);
    assert_eq!((spec.envs.len(), spec.envs[0].hosts.len()), (1, 1));
    assert!(text.contains("# ssh = \"web2\"\n") && text.contains("# ssh = \"dev\"\n"), "{text}");
    assert!(text.contains("no route"), "{text}");
}

#[test]
fn a_timer_and_its_job_are_one_service() {
    let mut timer = unit("nightly.timer", 0);
    timer.ports.clear();
    timer.starts = Some(UnitName::new("nightly.service"));
    let mut job = unit("nightly.service", 0);
    job.ports.clear();
    let mut daemon = timer.clone();
    daemon.unit = UnitName::new("wake.timer");
    daemon.starts = Some(UnitName::new("api.service"));
    let all = [seen("web1", vec![timer, job, daemon, unit("api.service", 80)])];
    let names = |timers| {
        let envs = plan(&all, None, None, timers);
        let services = envs[0].services.iter();
        services.map(|s| (s.name.clone(), s.found.unit.to_string())).collect::<Vec<_>>()
    };
    let text = |a: &str, b: &str| (a.to_owned(), b.to_owned());
    assert_eq!(names(false), [text("nightly", "nightly.service"), text("api", "api.service")]);
    assert_eq!(
        names(true),
        [text("nightly", "nightly.timer"), text("wake", "wake.timer"), text("api", "api.service")]
    );
}

#[test]
fn needs_follow_the_units_and_never_go_round() {
    let after = |mut unit: FoundUnit, after: &[&str]| {
        unit.after = after.iter().map(UnitName::new).collect();
        unit
    };
    let all = [seen(
        "web1",
        vec![
            after(unit("api.service", 1), &["postgresql.service", "b.service", "api.service"]),
            after(unit("b.service", 2), &["api.service"]),
            unit("postgresql@15-main.service", 5432),
        ],
    )];
    let spec = spec(&all);
    let needs: Vec<Vec<String>> = spec.envs[0]
        .services
        .iter()
        .map(|service| service.promises.needs.iter().map(ToString::to_string).collect())
        .collect();
    assert_eq!(
        needs,
        [vec!["b".to_owned(), "postgresql@15-main".to_owned()], Vec::new(), Vec::new()]
    );
}

#[test]
fn a_port_is_as_open_as_it_was_found_and_one_that_passes_is_told() {
    let mut api = unit("api.service", 3444);
    api.ports[0].binds = vec!["127.0.0.1".parse().unwrap(), "::1".parse().unwrap()];
    let mut passing = api.ports[0].clone();
    passing.port = 40_123;
    let mut udp = api.ports[0].clone();
    udp.protocol = Protocol::Udp;
    udp.binds = vec!["0.0.0.0".parse().unwrap()];
    api.ports.extend([udp, passing]);
    let all = [seen("web1", vec![api])];
    let text =
        written(&plan(&all, None, None, false), "now").map_err(|failure| failure.message).unwrap();
    assert!(
        text.contains(
            "ports = [{ port = 3444, bind = \"loopback\" }, { port = 3444, protocol = \"udp\" }]"
        ),
        "{text}"
    );
    assert!(text.contains("# It listens on 40123/tcp too"), "{text}");
}

/// Texts that try to be more than text.
const HOSTILE: &[&str] = &[
    "x\"\n[[env]]\nname = \"forged\"\ntier = \"local\"",
    "'''",
    "\"\"\"",
    "\\",
    "a\u{1b}[2J",
    "\u{202e}x",
    "-",
    " ",
    "",
    "/",
    "/..",
    "/a/../b",
    "/*",
    "[[env]]",
    "é\u{301}\u{200d}",
];

#[test]
fn hostile_findings_make_a_config_that_loads() {
    for hostile in HOSTILE {
        let mut bad = unit("api.service", 80);
        bad.unit = UnitName::new(hostile);
        let mut api = unit("api.service", 80);
        api.facts.description = (*hostile).into();
        api.facts.fragment = (*hostile).into();
        api.facts.triggered_by = vec![(*hostile).into()];
        api.directory = Some((*hostile).into());
        api.data = vec![FoundData { path: (*hostile).into(), by: "x" }];
        api.health = Some(FoundHealth {
            url: format!("http://{hostile}"),
            says: Says::Field("status", (*hostile).into()),
        });
        api.ports[0].by_hand = Some((*hostile).into());
        api.after = vec![UnitName::new(hostile)];
        let mut host = seen("web1", vec![bad, api]);
        let found = host.found.as_mut().unwrap();
        found.os = (*hostile).to_owned();
        found.warnings = vec![(*hostile).to_owned()];
        found.strangers = vec![(*hostile).to_owned()];
        found.left_out = vec![(UnitName::new(hostile), "it is off")];
        for tool in [Tool::Tar, Tool::Dump, Tool::Restic, Tool::Borg, Tool::Rsync] {
            found.backups.push(FoundBackup {
                place: (*hostile).to_owned(),
                schedule: (*hostile).to_owned(),
                every: None,
                script: Some((*hostile).into()),
                tool,
                sources: vec![(*hostile).into()],
                target: (*hostile).into(),
                keep: Some(0),
            });
        }
        found.containers.push(FoundContainer {
            name: (*hostile).into(),
            image: (*hostile).into(),
            project: (*hostile).into(),
            service: (*hostile).into(),
            ports: (*hostile).into(),
        });
        let all = [host];
        let spec = spec(&all);
        assert_eq!(spec.envs.len(), 1, "{hostile:?}");
        assert_eq!(spec.envs[0].name.as_str(), "production");
        assert!(spec.envs[0].services.iter().any(|s| s.name.as_str() == "api"), "{hostile:?}");
    }
}

#[test]
fn data_that_no_job_archives_is_told() {
    let mut api = unit("api.service", 80);
    api.data = vec![FoundData { path: "/srv/app/data".into(), by: "its name" }];
    let mut host = seen("web1", vec![api]);
    let backup = FoundBackup {
        place: "/etc/cron.d/b".to_owned(),
        schedule: "0 */6 * * *".to_owned(),
        every: Some(std::time::Duration::from_secs(21_600)),
        script: Some("/srv/backup.sh".into()),
        tool: Tool::Tar,
        sources: vec!["/srv/old".into()],
        target: "/b/data-*/all.tar.gz".into(),
        keep: Some(30),
    };
    host.found.as_mut().unwrap().backups = vec![backup];
    let all = [host];
    let text =
        written(&plan(&all, None, None, false), "now").map_err(|failure| failure.message).unwrap();
    assert!(text.contains("! api.service has data in /srv/app/data"), "{text}");
    // The directory of each run: a pattern stands in the last part only.
    assert!(text.contains("files = \"/b/data-*/\""), "{text}");
    assert!(text.contains("every = \"6h\"") && text.contains("keep = 30"), "{text}");
    let all = {
        let mut all = all;
        all[0].found.as_mut().unwrap().backups[0].sources = vec!["/srv/app".into()];
        all
    };
    let text =
        written(&plan(&all, None, None, false), "now").map_err(|failure| failure.message).unwrap();
    assert!(!text.contains("! api.service has data in"), "{text}");
    // What is only easily taken for the data is not written down as right.
    let all = {
        let mut all = all;
        all[0].found.as_mut().unwrap().backups[0].sources = vec!["/srv/app-data".into()];
        all
    };
    let text = written(&plan(&all, None, None, false), "now").map_err(|f| f.message).unwrap();
    assert!(text.contains("! It archives /srv/app-data, but api.service has its data"), "{text}");
    assert!(text.contains("source = \"/srv/app/data\"\n"), "{text}");
}

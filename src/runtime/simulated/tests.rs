mod acts;

use std::collections::BTreeSet;
use std::time::Duration;

use super::properties::{shown, typed};
use super::*;
use crate::model::host::Link;
use crate::model::ids::UnitName;
use crate::model::spec::Reach;
use crate::model::time::Timestamp;
use crate::model::unit::{ActiveState, LoadState};
use crate::probe::act;
use crate::probe::detail::{PROPERTIES, parse_detail};
use crate::probe::facts::parse_facts;
use crate::probe::history::parse_history;
use crate::probe::properties::NAMES;
use crate::probe::tick::parse_tick;
use crate::probe::units::{argv, parse_services, parse_units};
use crate::runtime::clock;
use crate::runtime::collector::{Answer, Collector};

const SECOND: i64 = 1_000_000;

fn named(name: &str) -> Fleet {
    Fleet::named(name).unwrap_or_else(|fault| panic!("{name}: {fault}"))
}

/// Every host of a fleet, connected or not.
fn hosts(fleet: &Fleet) -> Vec<(String, Result<Host, Fault>)> {
    let spec = fleet.spec();
    let names = spec.hosts().map(|(_, host)| match &host.reach {
        Reach::Simulated(name) => (name.clone(), fleet.host(name)),
        other => panic!("{other:?}"),
    });
    names.collect()
}

async fn ask(collector: &mut Collector, words: &[&str]) -> Answer {
    collector.request(words).await.unwrap()
}

async fn ok(collector: &mut Collector, words: &[&str]) -> String {
    let answer = ask(collector, words).await;
    assert_eq!(answer.status, 0, "{words:?}");
    answer.text
}

#[test]
fn every_scenario_loads_and_its_spec_names_its_hosts() {
    for scenario in scenarios() {
        let fleet = named(scenario.name);
        let hosts = hosts(&fleet);
        assert!(!hosts.is_empty());
        let refused = hosts.iter().filter(|(_, host)| host.is_err()).count();
        assert_eq!(refused, usize::from(scenario.name == "lost-hosts"), "{}", scenario.name);
        let services: usize = fleet
            .spec()
            .envs
            .iter()
            .flat_map(|env| &env.services)
            .map(|service| service.hosts.len())
            .sum();
        assert!(services >= hosts.len());
    }
}

#[test]
fn what_cannot_be_is_refused_with_its_line() {
    let fault = Fleet::parse("\n[[env]]\nname = 'a'\ntier = 'production'\ncolor = 'red'\n");
    let detail = fault.unwrap_err().detail;
    assert!(detail.starts_with("line 5: unknown field `color`"), "{detail}");
    let text = "[[env]]\nname='a'\ntier='production'\n[[env.service]]\nname='x'\nhosts=['b']\n";
    assert!(Fleet::parse(text).unwrap_err().detail.contains("which a has not"));
    assert!(Fleet::named("no").unwrap_err().remedy.contains("crash-loop"));
    assert_eq!(named("crash-loop").host("production/x").err().unwrap().kind, FaultKind::Missing);
}

#[tokio::test]
async fn the_parsers_read_all_that_a_shell_answers() {
    let names =
        |scenario| hosts(&named(scenario)).into_iter().map(move |(name, _)| (scenario, name));
    for (scenario, name) in scenarios()
        .iter()
        .map(|scenario| scenario.name)
        .filter(|name| *name != "fleet")
        .flat_map(names)
    {
        // Each in a time of its own, since one falls silent soon.
        let Ok(host) = named(scenario).host(&name) else { continue };
        let site = Arc::clone(&host.0);
        let units: Vec<UnitName> = site.services.iter().map(|s| s.unit.clone()).collect();
        let mut c = Collector::open(&host).await.unwrap();
        assert_eq!(ok(&mut c, &["qd_ping"]).await, "");

        let facts = parse_facts(&ok(&mut c, &["qd_facts", "auto"]).await);
        let now = clock::now().as_micros();
        assert!((now - facts.wall.unwrap()).abs() < 5 * SECOND, "{name}");
        assert!(facts.uptime.unwrap() > 0 && facts.cpus > 0 && facts.journal);
        assert!(facts.systemd.is_some() && !facts.os.is_empty() && facts.boot_id.len() == 36);
        let disks = facts.disks.clone().unwrap();
        assert_eq!(disks[0].mount, "/");
        assert!(disks[0].available > 0 && disks[0].available < disks[0].size);
        assert!(disks[0].inodes_available > 0 && disks[0].inodes_available < disks[0].inodes);
        assert_eq!(parse_facts(&ok(&mut c, &["qd_disks"]).await).disks, facts.disks);

        let words = argv(&units);
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let (read, warnings) = parse_units(&ok(&mut c, &words).await);
        assert_eq!(warnings, Vec::<String>::new());
        assert_eq!(read.iter().map(|(unit, _)| unit.clone()).collect::<Vec<_>>(), units);

        let groups: Vec<&str> = read.iter().map(|(_, unit)| &*unit.control_group).collect();
        let groups: Vec<&str> = groups.into_iter().filter(|group| !group.is_empty()).collect();
        let tick = ok(&mut c, &[&["qd_now_tick"], groups.as_slice()].concat()).await;
        let tick = parse_tick(&tick, groups.len());
        assert!(tick.uptime >= facts.uptime && tick.load.is_some());
        assert!(tick.memory_available < tick.memory_total && tick.pressure.io.is_some());
        let loops = |unit: &str| site.service(unit).unwrap().life.next_change(0, 0).is_some();
        for (group, usage) in groups.iter().zip(&tick.groups) {
            let unit = group.rsplit('/').next().unwrap();
            assert!(loops(unit) || usage.0.is_some() && usage.1.is_some(), "{group}");
        }

        let listed = parse_services(&ok(&mut c, &["qd_services"]).await);
        assert!(listed.contains(&UnitName::new("ssh.service")));
        assert_eq!(listed.iter().collect::<BTreeSet<_>>().len(), listed.len());

        for unit in &units {
            let unit = unit.as_str();
            let properties = ok(&mut c, &["qd_properties", &PROPERTIES.join(","), unit]).await;
            let files = ok(&mut c, &["qd_cat", unit]).await;
            let journal = ok(&mut c, &["qd_last", "plain", unit]).await;
            let detail = parse_detail(&properties, &files, &journal);
            assert_eq!(detail.warnings, Vec::<String>::new(), "{unit}");
            assert_eq!(detail.journal.len(), journal.lines().count(), "{unit}");
            assert!(detail.journal.is_sorted_by_key(|line| line.at), "{unit}");
            let does = if unit.ends_with(".service") { "ExecStart=" } else { "OnCalendar=" };
            assert!(detail.files[0].1.contains(does), "{unit}");
            assert!(detail.properties.iter().any(|(name, _)| name == "ActiveState"));
        }
    }
}

#[test]
fn text_and_bus_tell_the_same() {
    for (name, host) in ["crash-loop", "lost-hosts", "fleet"].map(named).iter().flat_map(hosts) {
        let Ok(Host(site)) = host else { continue };
        let units = site.services.iter().map(|service| service.unit.as_str());
        for unit in units.chain(["nosuch.service"]) {
            for t in [0, SECOND / 2, 7 * SECOND, 3_600 * SECOND + 1] {
                let (read, warnings) = parse_units(&shown(&site, unit, t, &NAMES.join(",")));
                assert_eq!(warnings, Vec::<String>::new());
                let over_bus = typed(&site, unit, t, NAMES).facts();
                assert_eq!(read, vec![(UnitName::new(unit), over_bus)], "{name} {unit} {t}");
            }
        }
    }
}

#[test]
fn the_crash_loop_is_the_incident() {
    let Host(site) = named("crash-loop").host("production/coord").unwrap();
    let service = site.service("mcp-coordination.service").unwrap();
    let seed = site.seed_of(service);
    let facts = |t| typed(&site, "mcp-coordination.service", t, NAMES).facts();
    assert_eq!(facts(0).n_restarts, Some(109_000));
    assert_eq!(facts(111 * SECOND).n_restarts, Some(109_010));
    let crash = service.life.next_change(seed, 0).unwrap();
    let (down, up) = if facts(crash).main_pid.is_none() {
        (crash, crash + 10 * SECOND)
    } else {
        (crash + 1_100_000, crash)
    };
    assert_eq!((facts(down).active, &*facts(down).sub), (ActiveState::Activating, "auto-restart"));
    assert_eq!(facts(down).exit.unwrap().label(), "1");
    assert_eq!((facts(up).active, facts(up).exit), (ActiveState::Active, None));
    assert_eq!(facts(up).restart_usec, Some(10 * SECOND as u64));

    let unit = "mcp-coordination.service".to_owned();
    let recalled = parse_history(&journal::history(&site, std::slice::from_ref(&unit), 0));
    assert_eq!(recalled.restarts.len(), 324);
    assert!(recalled.first.unwrap() < recalled.restarts[0].1);
    assert_eq!(recalled.exits[&UnitName::new(&unit)].status, 1);
    let file = properties::file(service);
    assert!(file.contains("\nReadWritePaths=/mnt/coordinaton_mcp_data/production-data\n"));
    assert!(journal::last(&site, &unit, 0, 80).contains("EROFS: read-only file system"));
}

/// A host with one loop that ends after 40 ms and starts after 80 ms.
const QUICK: &str = "[[env]]\nname = 'e'\ntier = 'staging'\n\
    [[env.host]]\nname = 'h'\n\
    [[env.service]]\nname = 'quick'\nlife = { state = 'crash-loop', every = '80ms', runs = '40ms' }\n\
    [[env.service]]\nname = 'still'\n\
    [[env.service]]\nname = 'gone'\nlife = { state = 'missing' }\n";

#[tokio::test]
async fn the_bus_tells_of_a_change_within_its_step() {
    let host = Fleet::parse(QUICK).unwrap().host("e/h").unwrap();
    let quick = UnitName::new("quick.service");
    let bus = host.bus().await.unwrap();
    bus.ping().await.unwrap();
    bus.watch(&[quick.clone(), UnitName::new("still.service")], false);
    let mut seen = BTreeSet::new();
    // A machine that is busy may be told of a change after it has read it.
    for _ in 0..8 {
        let changed = tokio::time::timeout(Duration::from_secs(2), bus.changed()).await;
        assert_eq!(changed.unwrap().unwrap(), BTreeSet::from([quick.clone()]));
        let now = bus.read(std::slice::from_ref(&quick)).await.unwrap();
        seen.insert(now[0].1.changed);
    }
    assert!(seen.len() >= 4, "{seen:?}");
    let gone = bus.read(&[UnitName::new("gone.service")]).await.unwrap();
    assert_eq!(gone[0].1.load, LoadState::NotFound);
    let listed = bus.services().await.unwrap();
    assert!(listed.contains(&quick) && !listed.contains(&UnitName::new("gone.service")));

    bus.watch(&[UnitName::new("still.service")], false);
    let nothing = tokio::time::timeout(Duration::from_millis(200), bus.changed()).await;
    assert!(nothing.is_err());
}

#[tokio::test]
async fn an_unknown_request_is_an_unknown_command() {
    let host = Fleet::parse(QUICK).unwrap().host("e/h").unwrap();
    let mut c = Collector::open(&host).await.unwrap();
    for words in [&["rm", "-rf", "/"][..], &["qd_nonsense"], &["qd_units"]] {
        assert_eq!(ask(&mut c, words).await.status, 127, "{words:?}");
    }
    // It goes on after that.
    assert_eq!(ask(&mut c, &["qd_ping"]).await.status, 0);
}

#[tokio::test]
async fn a_host_without_systemd_says_so() {
    let text = QUICK.replace("name = 'h'", "name = 'h'\nsystemd = 'none'");
    let host = Fleet::parse(&text).unwrap().host("e/h").unwrap();
    assert_eq!(host.bus().await.err().unwrap().kind, FaultKind::Missing);
    let mut c = Collector::open(&host).await.unwrap();
    let answer = ask(&mut c, &["qd_units", "Id", "quick.service"]).await;
    assert!(answer.text.starts_with("System has not been booted with systemd"));
    assert_eq!(parse_facts(&ok(&mut c, &["qd_facts", "never"]).await).systemd, None);
}

#[tokio::test]
async fn troubles_are_named_as_ssh_names_them() {
    let troubles = [
        ("unreachable", FaultKind::Unreachable),
        ("timed-out", FaultKind::TimedOut),
        ("refused", FaultKind::Unreachable),
        ("auth-failed", FaultKind::AuthFailed),
        ("host-key-changed", FaultKind::HostKeyChanged),
        ("host-key-unknown", FaultKind::HostKeyUnknown),
    ];
    for (state, kind) in troubles {
        let with = |more: &str| {
            let text = QUICK.replace("name = 'h'", &format!("name = 'h'\nstate = '{state}'{more}"));
            Fleet::parse(&text).unwrap()
        };
        let fault = with("").host("e/h").err().unwrap();
        assert_eq!(fault.kind, kind, "{fault}");
        drop(Link::failed(fault, Timestamp::default()));
        // Later, it is a connection that is lost.
        let later = with("\nafter = '30ms'").host("e/h").unwrap();
        let lost = tokio::time::timeout(Duration::from_secs(2), later.lost()).await.unwrap();
        assert_eq!(lost.kind, FaultKind::Unreachable);
    }
}

#[test]
fn changes_are_told_exactly_and_spread_evenly() {
    let every = Duration::from_secs(5);
    let fleet = Fleet::generated(&Size { hosts: 60, services: 14, every });
    let mut buckets = [0_u32; 25];
    let mut looping = 0;
    for (_, host) in hosts(&fleet) {
        let Host(site) = host.unwrap();
        for service in site.services.iter().filter(|s| !s.part.name.is_empty()) {
            let seed = site.seed_of(service);
            let life = &service.life;
            let mut t = 0;
            let mut restarts = life.at(seed, 0).restarts;
            for _ in 0..40 {
                let next = life.next_change(seed, t).unwrap();
                assert!(next > t && next - t <= 5 * SECOND);
                let (now, before) = (life.at(seed, t), life.at(seed, next - 1));
                let same = (now.active, now.sub, now.restarts, now.changed, now.pid);
                let then = (before.active, before.sub, before.restarts, before.changed, before.pid);
                assert_eq!(same, then);
                let after = life.at(seed, next);
                assert!(after.changed <= Some(next) && after.started <= Some(next));
                assert!((0..=1).contains(&(after.restarts - restarts)));
                restarts = after.restarts;
                t = next;
            }
            assert_eq!(life.restarts_within(seed, 1, t).len(), restarts as usize);
            looping += u32::from(restarts > 0);
            buckets[(life.next_change(seed, 0).unwrap() / (SECOND / 5)) as usize % 25] += 1;
        }
    }
    assert!((5..50).contains(&looping), "{looping} of 840");
    let mean = 60 * 14 / 25;
    assert!(buckets.iter().all(|n| (mean / 3..mean * 2).contains(n)), "{buckets:?}");
}

#[test]
fn quoted_words_come_back() {
    for argv in [vec!["a"], vec!["", "it's", "a b", "'", "\\", "$x `y` \"z\""], vec!["ü\t"]] {
        assert_eq!(shell::words(&crate::probe::quote::quote_all(&argv)), argv);
    }
}

#[test]
fn what_begins_later_and_is_mended_is_so_at_its_moments() {
    let fleet = named("load-balancer");
    let site = fleet.host("production/ai-core").unwrap().0;
    let service = site.service("sophia-real_time_chat_mcp.service").unwrap();
    let (seed, life) = (site.seed_of(service), &service.life);
    let ports = |t: i64| sockets::owners(&site, t);
    let (begins, ends) = (15 * SECOND, 240 * SECOND);
    let before = life.at(seed, begins - 1);
    assert_eq!((before.active, before.restarts), ("active", 0));
    assert!(!ports(begins - 1).contains("docker-proxy") && ports(begins - 1).contains(":8001"));
    let broken = life.at(seed, begins);
    assert_eq!((broken.sub, broken.started), ("auto-restart", before.started));
    assert!(ports(begins).contains("docker-proxy"));
    // It is told of each change, in order, and of none after the last.
    let mut t = 0;
    let mut told = Vec::new();
    while let Some(next) = life.next_change(seed, t) {
        assert!(next > t && life.at(seed, next - 1).sub == life.at(seed, t).sub);
        told.push(next);
        t = next;
    }
    assert_eq!((told.first(), told.last()), (Some(&begins), Some(&ends)));
    let last = life.at(seed, ends - 1).restarts;
    assert!((15..25).contains(&last), "{last}");
    assert_eq!(life.restarts_within(seed, 0, ends * 2).len(), last as usize);
    let mended = life.at(seed, ends);
    assert_eq!((mended.active, mended.sub, mended.restarts), ("active", "running", 0));
    assert_eq!(mended.started, Some(ends));
    assert!(!ports(ends).contains("docker-proxy"));
    let said = |t: i64| journal::last(&site, service.unit.as_str(), t, 20);
    assert!(!said(begins - SECOND).contains("address already in use"));
    assert!(said(begins + 60 * SECOND).contains("address already in use"));
    assert!(!said(ends + 120 * SECOND).contains("address already in use"));
}

#[test]
fn a_fault_in_what_a_scenario_declares_is_told_with_its_line() {
    let text = "[[env]]\nname='a'\ntier='staging'\nconfig='''\n[[env.backup]]\nname='b'\nfile='x'\n'''\n\
                [[env.host]]\nname='h'\n";
    let fault = Fleet::parse(text).unwrap_err();
    assert!(fault.detail.starts_with("line 1 of the config of a: this"), "{fault}");
}

//! Of what a balancer's steps find and do; a real nginx is in the lab.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;

use super::*;
use crate::model::drain::{DEAD_MAN, Member, TIMEOUT};
use crate::model::look::UnitLook;
use crate::model::plan::{Intent, Share};
use crate::model::port::{PortSpec, Protocol};
use crate::model::spec::{Kind, Promises, Tier};
use crate::model::verb::Verb;

const FILE: &str = "/etc/nginx/it's.conf";

fn member(address: &str) -> Member {
    Member { upstream: "api".into(), address: address.into(), down: false }
}

fn pools(addresses: &[&str]) -> Pools {
    Pools {
        id: PoolId { file: FILE.into(), upstream: Box::default() },
        sum: "1 2".into(),
        members: addresses.iter().map(|one| member(one)).collect(),
        pending: Vec::new(),
        fault: None,
    }
}

fn spec() -> DrainSpec {
    DrainSpec {
        host: "lb".into(),
        file: FILE.into(),
        upstream: Box::default(),
        servers: BTreeMap::new(),
        timeout: TIMEOUT,
        dead_man: DEAD_MAN,
    }
}

fn look() -> Look {
    Look {
        machine: "m".into(),
        boot: "b".into(),
        root: true,
        tools: ["setsid", "systemd-run", "ss"].into_iter().map(Into::into).collect(),
        systemd: Some(252),
        disk: Some(1 << 30),
        ..Look::default()
    }
}

/// A service on a host with these addresses, that listens on these ports.
fn target(host: &str, addresses: &[&str], ports: &[u16]) -> Target {
    let port =
        |port: &u16| PortSpec { port: *port, protocol: Protocol::Tcp, name: None, bind: None };
    let properties = [("LoadState", "loaded"), ("ActiveState", "active")];
    Target {
        id: InstanceId { host: HostId::new("lab", host), service: "api".into() },
        kind: Kind::Unit("api.service".into()),
        promises: Arc::new(Promises {
            ports: ports.iter().map(port).collect(),
            drains: vec![spec()],
            ..Promises::default()
        }),
        look: Look {
            addresses: addresses.iter().map(|one| Box::from(*one)).collect(),
            units: vec![UnitLook {
                name: "api.service".into(),
                properties: properties.map(|(name, value)| (name.into(), value.into())).into(),
                files: "1".into(),
            }],
            ..look()
        },
        seen: Timestamp::from_secs(1),
        notes: Vec::new(),
        warnings: Vec::new(),
    }
}

#[test]
fn an_instance_is_found_by_its_addresses_and_ports() {
    let all = pools(&["10.0.0.1:3000", "10.0.0.1:4000", "[fd00::2]:3000", "w3:80", "127.0.0.1:1"]);
    let found = |host: &str, addresses: &[&str], ports: &[u16]| {
        let found = find::address(&target(host, addresses, ports), &"lb".into(), &spec(), &all);
        found.map(String::from)
    };
    assert_eq!(found("w1", &["127.0.0.1", "10.0.0.1"], &[3000]).as_deref(), Ok("10.0.0.1:3000"));
    assert_eq!(found("w2", &["fd00::2"], &[]).as_deref(), Ok("[fd00::2]:3000"));
    assert_eq!(found("w3", &["10.0.0.3"], &[]).as_deref(), Ok("w3:80"));
    // Loopback is the balancer's own, and nobody else's.
    assert_eq!(found("lb", &["10.0.0.9"], &[1]).as_deref(), Ok("127.0.0.1:1"));
    let both = found("w1", &["10.0.0.1"], &[]).unwrap_err();
    assert!(both.contains("has both 10.0.0.1:3000 and 10.0.0.1:4000"), "{both}");
    let none = found("w4", &["127.0.0.1", "10.0.0.4"], &[3000]).unwrap_err();
    assert!(none.contains("address of w4 (10.0.0.4, 127.0.0.1)"), "{none}");
    assert!(none.contains("servers = { w4 ="), "{none}");
    let mut named = spec();
    named.servers.insert("w4".into(), "10.0.0.1:4000".into());
    let of = |host: &str| find::address(&target(host, &[], &[]), &"lb".into(), &named, &all);
    assert_eq!(of("w4").unwrap().as_ref(), "10.0.0.1:4000");
    named.servers.insert("w4".into(), "10.0.0.1:5000".into());
    let wrong = find::address(&target("w4", &[], &[]), &"lb".into(), &named, &all).unwrap_err();
    assert!(wrong.contains("no line `server 10.0.0.1:5000"), "{wrong}");
}

fn planned(change: fn(&mut Look), batch: Share) -> Result<Plan, Refusals> {
    let targets = [target("w1", &["10.0.0.1"], &[80]), target("w2", &["10.0.0.2"], &[80])];
    let ids: Vec<InstanceId> = targets.iter().map(|one| one.id.clone()).collect();
    let mut intent = Intent::new(Verb::Restart, &ids).unwrap();
    intent.rollout.batch = Some(batch);
    let pools = vec![pools(&["10.0.0.1:80", "10.0.0.2:80", "10.0.0.3:80"])];
    let mut balancer = Balancer {
        host: HostId::new("lab", "lb"),
        look: Look { pools, ..look() },
        seen: Timestamp::from_secs(1),
    };
    change(&mut balancer.look);
    crate::ops::plan(intent, Tier::Staging, false, &targets, &[], &[balancer])
}

#[test]
fn a_balancer_has_three_steps_a_batch_and_every_change_has_an_undo() {
    let plan = planned(|_| {}, Share::Number(1)).unwrap();
    let balancer = plan.hosts.last().unwrap();
    assert_eq!((&*balancer.subject, plan.hosts.len()), (SUBJECT, 3));
    let numbers: Vec<u8> = balancer.steps.iter().map(|step| step.number).collect();
    assert_eq!(numbers, [10, 11, 12, 13, 14, 15, 16]);
    for step in &balancer.steps {
        let undo = match (step.change, &step.undo) {
            (Change::ReadOnly, Undo::NotNeeded) => None,
            (Change::Reversible, Undo::Script(undo)) => Some(undo),
            other => panic!("{}: {other:?}", step.number),
        };
        for script in [&step.script].into_iter().chain(undo) {
            for shell in ["sh", "bash"] {
                let read = Command::new(shell).args(["-n", "-c", script]).output().unwrap();
                let said = String::from_utf8_lossy(&read.stderr);
                assert!(read.status.success(), "{}: {said}\n{script}", step.number);
            }
        }
    }
    assert!(balancer.steps[1].script.contains(&quote(FILE)), "{}", balancer.steps[1].script);
    assert_eq!(plan.drains_of(1).next().unwrap().1.hold, 15);
    assert!(plan.is_rollout() && plan.is_drain(2) && !plan.is_drain(1));
    // The hash is of the balancer's part as well.
    let other = planned(|look| look.pools[0].sum = "3 4".into(), Share::Number(1)).unwrap();
    assert_ne!(plan.hash(), other.hash());
    assert_eq!(planned(|_| {}, Share::Number(2)).unwrap().drains_of(0).count(), 1);
}

#[test]
fn of_a_pair_of_balancers_each_has_its_part_and_a_service_on_one_of_them_is_no_hindrance() {
    let mut targets = [target("w1", &["10.0.0.1"], &[80]), target("lb", &["10.0.0.9"], &[80])];
    for one in &mut targets {
        let other = DrainSpec { host: "lb2".into(), ..spec() };
        Arc::make_mut(&mut one.promises).drains.push(other);
    }
    let balancer = |name: &str, own: &str| Balancer {
        host: HostId::new("lab", name),
        look: Look { pools: vec![pools(&["10.0.0.1:80", own])], ..look() },
        seen: Timestamp::from_secs(1),
    };
    // The one calls what runs beside it by the loopback address, the other cannot.
    let balancers = [balancer("lb", "127.0.0.1:80"), balancer("lb2", "10.0.0.9:80")];
    let made = |verb: Verb| {
        let ids: Vec<InstanceId> = targets.iter().map(|one| one.id.clone()).collect();
        let intent = Intent::new(verb, &ids).unwrap();
        crate::ops::plan(intent, Tier::Staging, false, &targets, &[], &balancers)
    };
    let plan = made(Verb::Restart).unwrap();
    let places: Vec<usize> = plan.drains.iter().map(|drain| drain.place).collect();
    assert_eq!((places, plan.batches.len()), (vec![2, 3], 2));
    let servers: Vec<&str> = plan.drains_of(0).map(|(_, part)| &*part.servers[0].address).collect();
    assert_eq!(servers, ["127.0.0.1:80", "10.0.0.9:80"]);
    // Who restarts the balancer itself does not drain by it at the same time.
    let mut nginx = targets[1].clone();
    nginx.id.service = "nginx".into();
    nginx.kind = Kind::Unit("nginx.service".into());
    nginx.look.units[0].name = "nginx.service".into();
    nginx.promises = Arc::default();
    let both = [targets[0].clone(), nginx];
    let ids: Vec<InstanceId> = both.iter().map(|one| one.id.clone()).collect();
    let intent = Intent::new(Verb::Restart, &ids).unwrap();
    let refusals =
        crate::ops::plan(intent, Tier::Staging, false, &both, &[], &balancers).unwrap_err();
    assert!(refusals[0].1.contains("one after the other"), "{refusals:?}");
}

#[test]
fn a_balancer_that_cannot_take_part_is_said_with_the_plan() {
    let refused = |change: fn(&mut Look)| {
        let refusals = planned(change, Share::Number(2)).unwrap_err();
        assert_eq!(refusals[0].0.to_string(), "lab/lb/drain/nginx");
        refusals[0].1.clone()
    };
    assert!(refused(|look| look.root = false).contains("sudo"));
    assert!(refused(|look| look.pools.clear()).contains("was not read"));
    assert!(refused(|look| look.pools[0].fault = Some("no such file".into())).contains("no such"));
    let last = refused(|look| look.pools[0].members[2].down = true);
    assert!(last.contains("nobody would be left in upstream api"), "{last}");
    let pending = planned(|look| look.pools[0].pending.push("/etc/x".into()), Share::Number(1));
    let warnings = &pending.unwrap().hosts[2].warnings;
    assert!(warnings[0].contains("files: /etc/x;"), "{warnings:?}");
    let warned = planned(|look| look.pools[0].members[0].down = true, Share::Number(1)).unwrap();
    let warnings = &warned.hosts.last().unwrap().warnings;
    assert!(warnings[0].contains("10.0.0.1:80 is `down`"), "{warnings:?}");
}

/// Runs the program for pools on a file's text: what it prints, and what it says to have changed.
fn awk(
    program: &[&str],
    mode: &str,
    upstream: &str,
    servers: &str,
    text: &str,
) -> (String, String) {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("changed"), "").unwrap();
    let (name, rest) = program.split_first().unwrap();
    let mut child = Command::new(name)
        .args(rest)
        .arg(SERVERS)
        .current_dir(folder.path())
        .env("LC_ALL", "C")
        .envs([("qd_mode", mode), ("qd_upstream", upstream), ("qd_servers", servers)])
        .env("qd_ends", if text.ends_with('\n') { "x" } else { "" })
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    let ended = child.wait_with_output().unwrap();
    assert!(ended.status.success(), "{program:?}");
    let changed = std::fs::read_to_string(folder.path().join("changed")).unwrap();
    (String::from_utf8(ended.stdout).unwrap(), changed)
}

const POOLS: &str = "# upstream api {\n#   server 10.0.0.1:80;\nupstream api {\n\tleast_conn;\n  \
    server 10.0.0.1 weight=5; # ü; down\n  server   10.0.0.2:80\tmax_fails=3;\r\n  \
    server 10.0.0.11:80;\n  server 10.0.0.3:80 down;\n  server 10.0.0.4:80 backup;\n  \
    server 10.0.0.5:80; server 10.0.0.6:80;\n  server\n    10.0.0.7:80;\n  # server 10.0.0.1:80;\n}\n\
    upstream one { server 10.0.0.1:80; }\nupstream ws\n{\n  server 10.0.0.1:80;\n}\n\
    server {\n  listen 10.0.0.1:80;\n  location ~ ^/a{2} { proxy_pass http://api; }\n}\n\
    upstream last {\n  server 10.0.0.1:80;\n}";

#[test]
fn only_the_lines_of_those_servers_are_changed_and_they_come_back_to_the_byte() {
    let mut tried = 0;
    for program in [&["mawk"][..], &["gawk"], &["busybox", "awk"], &["awk"]] {
        let known = |folder: &str| Path::new(folder).join(program[0]).exists();
        if !["/bin", "/usr/bin"].into_iter().any(known) {
            continue;
        }
        tried += 1;
        let (list, _) = awk(program, "list", "", "", POOLS);
        let lines: Vec<&str> = list.lines().collect();
        let wanted = [
            "api 10.0.0.1:80 up",
            "api 10.0.0.2:80 up",
            "api 10.0.0.11:80 up",
            "api 10.0.0.3:80 down",
            "api 10.0.0.4:80 backup",
            "ws 10.0.0.1:80 up",
            "last 10.0.0.1:80 up",
        ];
        assert_eq!(lines, wanted, "{program:?}");
        let servers = "10.0.0.1:80 10.0.0.2:80 10.0.0.3:80";
        let (drained, changed) = awk(program, "drain", "", servers, POOLS);
        let lines: Vec<&str> = changed.lines().collect();
        let wanted = ["api 10.0.0.1:80", "api 10.0.0.2:80", "ws 10.0.0.1:80", "last 10.0.0.1:80"];
        assert_eq!(lines, wanted, "{program:?}");
        let differ: Vec<(&str, &str)> =
            POOLS.split('\n').zip(drained.split('\n')).filter(|(a, b)| a != b).collect();
        assert_eq!(differ[0].1, "  server 10.0.0.1 weight=5 down; # ü; down");
        assert_eq!(differ[1].1, "  server   10.0.0.2:80\tmax_fails=3 down;\r");
        assert_eq!(differ.len(), 4, "{differ:?}");
        let mut text = drained.clone();
        for line in changed.lines() {
            let (pool, address) = line.split_once(' ').unwrap();
            text = awk(program, "back", pool, address, &text).0;
        }
        assert_eq!(text, POOLS, "{program:?}");
        // One pool only; and what somebody has written behind it meanwhile stays.
        let (one, _) = awk(program, "drain", "ws", servers, POOLS);
        assert_eq!(one.matches(" down;").count(), 2);
        let edited = one.replace("10.0.0.1:80 down;", "10.0.0.1:80 down weight=2;");
        let (back, _) = awk(program, "back", "ws", "10.0.0.1", &edited);
        assert_eq!(
            back,
            POOLS.replace(
                "{\n  server 10.0.0.1:80;\n}\nserver",
                "{\n  server 10.0.0.1:80 weight=2;\n}\nserver"
            )
        );
    }
    assert!(tried > 0, "there is no awk");
}

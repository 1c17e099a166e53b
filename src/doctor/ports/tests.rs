//! Each rule on ports: what it finds, and what it does not.

use core::net::{IpAddr, Ipv4Addr};

use crate::doctor::case::{Case, NOW, monotonic};
use crate::model::finding::Finding;
use crate::model::port::{Bind, PortRange, PortSpec, Protocol, Socket, Sockets};
use crate::model::rule::Rule;
use crate::model::severity::Severity;
use crate::model::spec::Promises;
use crate::model::unit::ActiveState;

const ALL: Ipv4Addr = Ipv4Addr::UNSPECIFIED;
const SELF: Ipv4Addr = Ipv4Addr::LOCALHOST;
const INNER: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 5);
const API: &str = "/system.slice/api.service";
const OTHER: &str = "/system.slice/other.service";

fn promise(port: u16, bind: Option<Bind>) -> Promises {
    let spec = PortSpec { port, protocol: Protocol::Tcp, name: None, bind };
    Promises { ports: vec![spec], ..Promises::default() }
}

/// What listens on that address and port, made in that control group.
fn socket(address: Ipv4Addr, port: u16, group: Option<&str>) -> Socket {
    Socket {
        protocol: Protocol::Tcp,
        address: address.into(),
        port,
        uid: Some(0),
        inode: u64::from(port),
        cgroup: group.map(Into::into),
        pids: Vec::new(),
        waiting: 0,
        backlog: 5,
    }
}

fn listening(mut case: Case, list: Vec<Socket>) -> Case {
    case.host().ports.see(Sockets { list, ..Sockets::default() }, NOW);
    case
}

/// `api` declares 3444 with that bind, and listens on that address.
fn api(bind: Option<Bind>, address: Ipv4Addr) -> Case {
    let mut case = Case::promising(promise(3444, bind));
    case.unit().control_group = API.into();
    listening(case, vec![socket(address, 3444, Some(API))])
}

/// `api` declares 3444 and has it, and something of that group listens on another port.
fn beside(address: Ipv4Addr, port: u16, group: &str) -> Case {
    let own = socket(SELF, 3444, Some(API));
    listening(api(None, SELF), vec![own, socket(address, port, Some(group))])
}

fn proves(found: &Finding, line: &str) {
    assert!(found.evidence.iter().any(|proof| proof.text.contains(line)), "{found:#?}");
}

#[test]
fn two_services_of_one_port_are_found_and_of_two_addresses_are_not() {
    let both = |bind: fn(&str) -> Option<Bind>| {
        let case = Case::of(&[("h", &["api", "web"])], |name| promise(3444, bind(name)));
        listening(case, Vec::new()).found(Rule::PortConflict)
    };
    let found = both(|_| None).unwrap();
    assert_eq!(found.severity, Severity::Critical);
    assert!(found.summary.starts_with("api and web all declare port 3444/tcp"), "{found:#?}");
    proves(&found, "web declares 3444");
    let apart =
        both(|name| Some(Bind::Address(IpAddr::V4(if name == "api" { SELF } else { INNER }))));
    assert_eq!(apart, None);
}

#[test]
fn what_listens_wider_than_declared_is_found_and_what_does_not_is_not() {
    let at = |address: Ipv4Addr| Some(Bind::Address(address.into()));
    let found = api(Some(Bind::Loopback), ALL).found(Rule::ExposedPort).unwrap();
    assert_eq!(found.summary, "port 3444 of api is declared for its own host and listens for all");
    proves(&found, "tcp 0.0.0.0:3444");
    let found = api(at(INNER), ALL).found(Rule::ExposedPort).unwrap();
    assert_eq!(found.summary, "port 3444 of api is declared for 10.0.0.5 and listens for all");
    proves(&found, "bind = \"10.0.0.5\"");
    let found = api(Some(Bind::Loopback), INNER).found(Rule::ExposedPort).unwrap();
    assert!(found.summary.ends_with("listens on other addresses"), "{found:#?}");
    for (bind, address) in
        [(None, ALL), (Some(Bind::Any), ALL), (Some(Bind::Loopback), SELF), (at(INNER), INNER)]
    {
        assert_eq!(api(bind, address).found(Rule::ExposedPort), None, "{bind:?} {address}");
    }
}

#[test]
fn who_runs_and_does_not_listen_is_found_and_who_began_just_now_is_not() {
    let silent = |since: u64| {
        let mut case = Case::promising(promise(3444, None));
        case.unit().started = Some(monotonic(since));
        case.unit().activated = Some(monotonic(since));
        listening(case, Vec::new())
    };
    let found = silent(3600).found(Rule::PortNotListening).unwrap();
    assert_eq!(found.severity, Severity::Critical);
    assert!(found.summary.contains("without listening on port 3444"), "{found:#?}");
    proves(&found, "no socket on 3444/tcp");
    assert_eq!(silent(5).found(Rule::PortNotListening), None);
    assert_eq!(api(None, SELF).found(Rule::PortNotListening), None);
    // Declared for others, and only its own host can reach it.
    let found = api(Some(Bind::Any), SELF).found(Rule::PortNotListening).unwrap();
    assert!(found.summary.ends_with("on the loopback address only"), "{found:#?}");
}

#[test]
fn what_is_open_and_not_declared_is_found_and_what_is_not_open_is_not() {
    let found = beside(ALL, 9090, OTHER).found(Rule::UndeclaredPort).unwrap();
    assert!(
        found.summary.starts_with("other.service listens on 9090/tcp for other hosts"),
        "{found:#?}"
    );
    proves(&found, OTHER);
    assert_eq!(beside(SELF, 9090, OTHER).found(Rule::UndeclaredPort), None);
    let ssh = beside(ALL, 22, "/system.slice/ssh.service");
    assert_eq!(ssh.found(Rule::UndeclaredPort), None);
}

#[test]
fn what_the_environment_does_not_allow_is_found_and_what_it_allows_is_not() {
    let range = |first, last| PortRange { first, last };
    let found = |address, ranges: &[PortRange]| {
        beside(address, 9090, OTHER).allowing(ranges).found(Rule::PortOutOfRange)
    };
    let outside = found(ALL, &[range(80, 80), range(3444, 3445)]).unwrap();
    assert!(outside.summary.ends_with("9090/tcp, which production does not allow"), "{outside:#?}");
    proves(&outside, "80, 3444-3445");
    assert_eq!(found(ALL, &[range(3444, 3444), range(9000, 9100)]), None);
    assert_eq!(found(SELF, &[range(3444, 3444)]), None, "nobody else reaches it");
    assert_eq!(found(ALL, &[]), None, "any may listen");
}

#[test]
fn a_port_of_nobody_knows_whom_is_found_while_its_service_is_down() {
    let held = |runs: bool| {
        let mut case = Case::promising(promise(3444, None));
        if !runs {
            case.unit().active = ActiveState::Inactive;
            case.unit().sub = "dead".into();
            case.unit().main_pid = None;
        }
        listening(case, vec![socket(SELF, 3444, None)])
    };
    let found = held(false).found(Rule::PortOwnerUnknown).unwrap();
    assert_eq!(found.severity, Severity::Unknown);
    proves(&found, "tcp 127.0.0.1:3444");
    assert_eq!(held(true).found(Rule::PortOwnerUnknown), None, "most likely its own");
    assert_eq!(held(false).found(Rule::ForeignPortOwner), None, "not knowing is no proof");
}

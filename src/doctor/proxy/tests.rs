//! Each rule fires on what it is for, and not on what looks alike.

use std::sync::Arc;
use std::time::Duration;

use crate::doctor::examine;
use crate::model::finding::{Finding, Subject};
use crate::model::fleet::Fleet;
use crate::model::host::{HostFacts, Link};
use crate::model::ids::{HostId, UnitName};
use crate::model::limits::Limits;
use crate::model::port::{PortSpec, Protocol, Socket, Sockets};
use crate::model::proxy::{ConfigTest, ProxyFacts, Reached, Target};
use crate::model::rule::Rule;
use crate::model::severity::Severity;
use crate::model::spec::{
    ConsoleSpec, EnvSpec, FleetSpec, HostSpec, Kind, Promises, Reach, ServiceSpec, Sudo, Tier,
};
use crate::model::time::Timestamp;
use crate::model::unit::{ActiveState, LoadState, UnitFacts};
use crate::probe::nginx::parse_conf;

const NOW: i64 = 1_000_000;

fn now() -> Timestamp {
    Timestamp::from_secs(NOW)
}

fn id(host: &str) -> HostId {
    HostId { env: "e".into(), host: host.into() }
}

fn service(name: &str, host: &str, port: u16) -> ServiceSpec {
    let port = PortSpec { port, protocol: Protocol::Tcp, name: None, bind: None };
    ServiceSpec {
        name: name.into(),
        hosts: vec![host.into()],
        kind: Kind::Unit(UnitName::new(format!("{name}.service"))),
        promises: Arc::new(Promises { ports: vec![port], ..Promises::default() }),
    }
}

fn socket(address: &str, port: u16) -> Socket {
    Socket {
        protocol: Protocol::Tcp,
        address: address.parse().unwrap(),
        port,
        uid: None,
        inode: 1,
        cgroup: None,
        pids: Vec::new(),
        waiting: 0,
        backlog: 0,
    }
}

/// Two hosts, `lb` (10.0.0.1) with the proxy and `app` (10.0.0.2).
struct Ward {
    fleet: Fleet,
    proxy: ProxyFacts,
}

impl Ward {
    fn new(conf: &str, services: Vec<ServiceSpec>, listening: &[(&str, u16)]) -> Self {
        let host = |name: &str| HostSpec {
            name: name.into(),
            reach: Reach::Ssh(name.to_owned()),
            sudo: Sudo::Auto,
            limits: Limits::default(),
        };
        let spec = FleetSpec {
            console: ConsoleSpec::default(),
            envs: vec![EnvSpec {
                name: "e".into(),
                tier: Tier::Staging,
                protected: false,
                hosts: vec![host("lb"), host("app")],
                services,
                ports: Vec::new(),
                backups: Arc::default(),
                syncs: Arc::default(),
                windows: Arc::default(),
                silences: Vec::new(),
            }],
            ..FleetSpec::default()
        };
        let mut fleet = Fleet::new(&spec);
        let boot = Timestamp::from_secs(NOW - 10_000);
        for name in ["lb", "app"] {
            let host = fleet.host_mut(&id(name)).unwrap();
            host.link = Link::Connected;
            host.facts.see(HostFacts { boot, started: boot, ..HostFacts::default() }, now());
            let address = if name == "lb" { "10.0.0.1" } else { "10.0.0.2" };
            let addresses = vec![address.parse().unwrap()];
            host.proxy.see(ProxyFacts { addresses, ..ProxyFacts::default() }, now());
            let sockets = if name == "lb" { listening } else { &[] };
            let list = sockets.iter().map(|(address, port)| socket(address, *port)).collect();
            host.ports.see(Sockets { list, ..Sockets::default() }, now());
        }
        let mut proxy = parse_conf(&format!("# configuration file /etc/nginx/site:\n{conf}"));
        proxy.present = true;
        proxy.master = Some(1);
        proxy.addresses = vec!["10.0.0.1".parse().unwrap()];
        Self { fleet, proxy }
    }

    fn reached(mut self, host: &str, port: u16, reached: Reached) -> Self {
        self.proxy.reached.insert(Target::Tcp(host.into(), port), reached);
        self
    }

    /// What the rule finds on the proxy's host.
    fn findings(&mut self, rule: Rule) -> Vec<Finding> {
        let proxy = self.proxy.clone();
        self.fleet.host_mut(&id("lb")).unwrap().proxy.see(proxy, now());
        self.found(rule, now())
    }

    fn found(&self, rule: Rule, at: Timestamp) -> Vec<Finding> {
        let env = &self.fleet.envs[0];
        let host = self.fleet.host(&id("lb")).unwrap();
        let all = examine(&crate::doctor::Patient::new(&self.fleet, env, host, at));
        all.into_iter().filter(|finding| finding.key.rule == rule).collect()
    }
}

const SITE: &str =
    "server {\n server_name a.example;\n location /mcp { proxy_pass http://localhost:3444; }\n}\n";

#[test]
fn a_dead_local_upstream_is_told_with_its_line_and_what_it_hits() {
    let found = Ward::new(SITE, vec![], &[("10.0.0.1", 3444)]).findings(Rule::DeadUpstream);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].severity, Severity::Critical);
    assert_eq!(found[0].key.subject, Subject::Upstream("localhost:3444".into()));
    assert_eq!(
        found[0].summary,
        "nginx sends requests for a.example /mcp to localhost:3444, and nobody listens there"
    );
    let proof: Vec<_> = found[0].evidence.iter().map(|e| (&*e.source, e.text.as_str())).collect();
    assert_eq!(
        proof,
        [
            ("/etc/nginx/site:3", "proxy_pass http://localhost:3444;"),
            ("listening sockets", "no socket takes localhost:3444"),
        ]
    );
}

#[test]
fn a_living_upstream_is_nothing_in_whatever_form_it_listens() {
    for address in ["127.0.0.1", "::1", "0.0.0.0", "::"] {
        let found = Ward::new(SITE, vec![], &[(address, 3444)]).findings(Rule::DeadUpstream);
        assert_eq!(found, [], "{address}");
    }
    // Forwarded by the kernel to a container.
    let mut ward = Ward::new(SITE, vec![], &[]).reached("localhost", 3444, Reached::Answered);
    assert_eq!(ward.findings(Rule::DeadUpstream), []);
}

#[test]
fn a_socket_s_path_is_dead_as_a_port_is_and_alive_or_unseen_is_nothing() {
    let site = SITE.replace("http://localhost:3444", "http://unix:/run/a.sock:/x");
    let found = |reached: Option<Reached>| {
        let mut ward = Ward::new(&site, vec![], &[]);
        if let Some(reached) = reached {
            ward.proxy.reached.insert(Target::Unix("/run/a.sock".into()), reached);
        }
        ward.findings(Rule::DeadUpstream)
    };
    for (reached, why) in
        [(Reached::Refused, "nobody listens there"), (Reached::Missing, "the socket is not there")]
    {
        let found = found(Some(reached));
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].severity, Severity::Critical);
        assert_eq!(
            found[0].summary,
            format!("nginx sends requests for a.example /mcp to unix:/run/a.sock, and {why}")
        );
        assert!(found[0].fix.iter().any(|step| step.command == "ls -l /run/a.sock"), "{found:?}");
    }
    assert_eq!(found(Some(Reached::Answered)), []);
    assert_eq!(found(Some(Reached::Unknown("not ours".into()))), []);
    assert_eq!(found(None), []);
}

#[test]
fn what_is_not_known_is_no_dead_upstream() {
    let variable = SITE.replace("localhost:3444", "$backend");
    assert_eq!(Ward::new(&variable, vec![], &[]).findings(Rule::DeadUpstream), []);
    let remote = SITE.replace("localhost", "10.0.0.9");
    assert_eq!(Ward::new(&remote, vec![], &[]).findings(Rule::DeadUpstream), []);
    // A configuration by which nobody works.
    let mut idle = Ward::new(SITE, vec![], &[]);
    idle.proxy.master = None;
    assert_eq!(idle.findings(Rule::DeadUpstream), []);
    let unknown = Reached::Unknown("neither bash, nc nor curl".into());
    let mut ward = Ward::new(&remote, vec![], &[]).reached("10.0.0.9", 3444, unknown);
    assert_eq!(ward.findings(Rule::DeadUpstream), []);
    // Readings that are too old prove nothing.
    let mut ward = Ward::new(SITE, vec![], &[]);
    assert_eq!(ward.findings(Rule::DeadUpstream).len(), 1);
    assert_eq!(ward.found(Rule::DeadUpstream, now() + Duration::from_secs(120)), []);
}

#[test]
fn a_remote_upstream_is_judged_by_a_connection_and_names_its_service() {
    let conf = SITE.replace("localhost", "10.0.0.2");
    let services = || vec![service("mcp", "app", 3444)];
    for (reached, dead) in
        [(Reached::Refused, true), (Reached::Silent, true), (Reached::Answered, false)]
    {
        let mut ward = Ward::new(&conf, services(), &[]).reached("10.0.0.2", 3444, reached);
        let found = ward.findings(Rule::DeadUpstream);
        assert_eq!(found.len(), usize::from(dead));
        if let Some(found) = found.first() {
            assert!(found.summary.contains("10.0.0.2:3444 (mcp on app)"), "{}", found.summary);
            assert!(found.fix[1].note.starts_with("on app: "), "{:?}", found.fix);
        }
    }
}

#[test]
fn a_pool_is_as_bad_as_what_is_left_of_it() {
    let pool = |members: &str| {
        format!("upstream p {{ {members} }} server {{ location / {{ proxy_pass http://p; }} }}")
    };
    for (members, expected) in [
        ("server 127.0.0.1:1;", vec![Severity::Critical]),
        ("server 127.0.0.1:1; server 127.0.0.1:2;", vec![Severity::Warning]),
        ("server 127.0.0.1:1 down; server 127.0.0.1:2;", vec![]),
        ("server 127.0.0.1:1 backup; server 127.0.0.1:2;", vec![Severity::Info]),
    ] {
        let found =
            Ward::new(&pool(members), vec![], &[("0.0.0.0", 2)]).findings(Rule::DeadUpstream);
        let severities: Vec<_> = found.iter().map(|finding| finding.severity).collect();
        assert_eq!(severities, expected, "{members}");
    }
}

#[test]
fn a_dead_upstream_follows_from_what_is_wrong_with_its_service() {
    let mut ward = Ward::new(SITE, vec![service("mcp", "lb", 3444)], &[]);
    let host = ward.fleet.host_mut(&id("lb")).unwrap();
    let facts = UnitFacts {
        load: LoadState::Loaded,
        active: ActiveState::Active,
        sub: "running".into(),
        main_pid: Some(7),
        started: Some(1_000_000),
        ..UnitFacts::default()
    };
    host.instances.get_mut(&"mcp".into()).unwrap().facts.see(facts, now());
    let found = ward.findings(Rule::DeadUpstream);
    let cause = found[0].because.as_ref().unwrap();
    assert_eq!(
        (cause.rule, &cause.subject),
        (Rule::PortNotListening, &Subject::Service("mcp".into()))
    );
}

/// Seed 002: a pool whose members are two different services.
#[test]
fn a_pool_of_different_services_is_told_and_one_of_equals_is_not() {
    let conf = "upstream ai {\n server 10.0.0.1:8000; # vector_search\n server 10.0.0.2:8001;\n}\n\
        server { listen 80; location /ai/ { proxy_pass http://ai/; } }\n";
    let pool = |a: &str, b: &str| vec![service(a, "lb", 8000), service(b, "app", 8001)];
    let found =
        Ward::new(conf, pool("vector_search", "real_time_chat"), &[]).findings(Rule::MixedUpstream);
    assert_eq!(found.len(), 1);
    assert_eq!(
        found[0].summary,
        "nginx sends requests for :80 /ai/ by turns to different services, as pool ai mixes \
         real_time_chat and vector_search"
    );
    assert!(found[0].evidence.iter().any(|proof| {
        *proof.source == *"/etc/nginx/site:2"
            && proof.text == "server 10.0.0.1:8000;  is vector_search on lb"
    }));
    for (a, b) in [("web", "web2"), ("web-1", "web-2")] {
        assert_eq!(Ward::new(conf, pool(a, b), &[]).findings(Rule::MixedUpstream), []);
    }
    let one_known = vec![service("vector_search", "lb", 8000)];
    assert_eq!(Ward::new(conf, one_known, &[]).findings(Rule::MixedUpstream), []);
}

#[test]
fn an_edit_that_nginx_has_not_read_is_told() {
    // The host has been up for 10,000 s; the worker began 5,000 s ago.
    let mut ward = Ward::new(SITE, vec![], &[("::", 3444)]);
    ward.proxy.oldest_worker = Some(5_000 * 1_000_000);
    for (changed, told) in [
        (NOW - 4_000, true),
        // Before the worker began; just now, by somebody who will reload next; in the future.
        (NOW - 6_000, false),
        (NOW - 5, false),
        (NOW + 60, false),
    ] {
        ward.proxy.files[0].modified = Some(changed);
        let found = ward.findings(Rule::ProxyNotReloaded);
        assert_eq!(found.len(), usize::from(told), "{changed}");
        assert!(found.iter().all(|f| f.key.subject == Subject::Path("/etc/nginx/site".into())));
    }
    // Not running: another rule's matter.
    ward.proxy.files[0].modified = Some(NOW - 4_000);
    ward.proxy.oldest_worker = None;
    assert_eq!(ward.findings(Rule::ProxyNotReloaded), []);
}

#[test]
fn a_configuration_that_nginx_refuses_is_told_in_its_words() {
    let mut ward = Ward::new(SITE, vec![], &[("::", 3444)]);
    assert_eq!(ward.findings(Rule::ProxyConfigInvalid), [], "never asked");
    ward.proxy.test = Some(ConfigTest { valid: true, said: vec![] });
    assert_eq!(ward.findings(Rule::ProxyConfigInvalid), []);
    let said = "[emerg] unknown directive \"foo\" in /etc/nginx/conf.d/x.conf:1";
    ward.proxy.test = Some(ConfigTest { valid: false, said: vec![said.into()] });
    let found = ward.findings(Rule::ProxyConfigInvalid);
    assert_eq!(found[0].evidence[0].text, said);
}

use std::sync::Arc;

use super::*;
use crate::model::fault::{Fault, FaultKind};
use crate::model::finding::{Finding, Subject};
use crate::model::fleet::Fleet;
use crate::model::host::Link;
use crate::model::ids::HostId;
use crate::model::limits::Limits;
use crate::model::rule::Rule;
use crate::model::spec::{EnvSpec, FleetSpec, HostSpec, Reach, Sudo, Tier};

/// What somebody writes who wants to own the report.
const HOSTILE: &str = "x | y |\n# owned <script>alert(1)</script> [c](http://evil) ```\x1b[2J";

fn model() -> Model {
    let host = |name: &str| HostSpec {
        name: name.into(),
        reach: Reach::Ssh(name.to_owned()),
        sudo: Sudo::Auto,
        limits: Limits::default(),
    };
    let spec = FleetSpec {
        envs: vec![EnvSpec {
            name: "production".into(),
            tier: Tier::Production,
            protected: true,
            hosts: vec![host("coord"), host("web")],
            services: Vec::new(),
            ports: Vec::new(),
            backups: Arc::default(),
            syncs: Arc::default(),
            windows: Arc::default(),
            silences: Vec::new(),
        }],
        ..FleetSpec::default()
    };
    let now = Timestamp::from_secs(1_795_230_000);
    Model { now, fleet: Fleet::new(&Arc::new(spec)), ..Model::default() }
}

fn event(model: &Model, kind: EventKind, said: &str) -> Event {
    let host = Some(HostId::new("production", "coord"));
    Event::new(model.now, kind, host, Severity::Critical, said)
}

fn report() -> String {
    let mut model = model();
    let id = HostId::new("production", "coord");
    let host = model.fleet.host_mut(&id).unwrap();
    host.link = Link::Connected;
    let finding = Finding::new(
        Rule::ForeignPortOwner,
        Subject::Service("mcp".into()),
        Severity::Critical,
        HOSTILE,
    );
    host.findings.push(Tracked {
        finding: finding.proof("ss", HOSTILE).step("kill -TERM 68", HOSTILE),
        since: Timestamp::from_secs(0),
        open: true,
        gone_since: None,
        flapping: false,
        silenced: None,
        acknowledged: None,
    });
    let web = model.fleet.host_mut(&HostId::new("production", "web")).unwrap();
    let fault = Fault::new(FaultKind::Unreachable, "connect to web", HOSTILE);
    web.link = Link::failed(fault, Timestamp::from_secs(0));
    let events = [
        event(&model, EventKind::State, HOSTILE).about(HOSTILE, ""),
        event(&model, EventKind::FindingOpened, "s").about("mcp", "foreign-port-owner"),
        event(&model, EventKind::Acknowledged, HOSTILE),
    ];
    write(&model, &events, Timestamp::from_secs(1_795_222_800), false)
}

#[test]
fn hostile_text_breaks_nothing() {
    let report = report();
    assert!(!report.contains('\x1b'), "{report}");
    let mut fenced = None;
    for line in report.lines() {
        if let Some(fence) = &fenced {
            if line == *fence {
                fenced = None;
            }
            continue;
        }
        if line.starts_with("```") {
            fenced = Some(line.trim_end_matches("sh").to_owned());
            continue;
        }
        // Code within a line is text; outside of it nothing may be live.
        let prose = line.split("```` ").next().unwrap_or(line).replace("\\<", "");
        let prose = prose.replace("\\[", "");
        for live in ["<", "[", "http://"] {
            assert!(!prose.contains(live), "{live} in {line}");
        }
        let known = [
            "# Incident report: production",
            "## Summary",
            "## State now",
            "## Not known",
            "## Findings",
            "## Findings of that time, closed since",
            "## Timeline",
            "## Actions taken",
        ];
        let ours = known.contains(&line) || line.starts_with("### critical: ");
        assert!(!line.starts_with('#') || ours, "a heading of somebody else: {line}");
    }
    assert_eq!(fenced, None, "{report}");
    // Each row of the timeline has its five cells.
    let rows: Vec<&str> = report.lines().filter(|line| line.contains("| state |")).collect();
    let cells = rows[0].replace("\\|", "").matches('|').count();
    assert_eq!(cells, 6, "{}", rows[0]);
}

#[test]
fn it_has_all_parts() {
    let report = report();
    for part in [
        "Now: **critical**. 1 of 2 hosts answer, 1 findings, 3 events.",
        "- production/web: unreachable: connect to web: ",
        "### critical: production/coord/mcp (foreign-port-owner)",
        "kill -TERM 68  # ",
        "## Actions taken",
    ] {
        assert!(report.contains(part), "{part} in {report}");
    }
    assert!(report.contains(&format!("Found {}.", local(Timestamp::from_secs(1_795_230_000)))));
}

#[test]
fn what_is_over_is_told_with_its_times_and_its_cause_comes_first() {
    let model = model();
    let at = |secs: i64, kind: EventKind, severity: Severity, said: &str| {
        let host = Some(HostId::new("production", "coord"));
        Event::new(Timestamp::from_secs(1_795_226_400 + secs), kind, host, severity, said)
    };
    let critical = Severity::Critical;
    let events = [
        at(0, EventKind::FindingOpened, critical, "it loops")
            .about("mcp", "crash-loop")
            .proved(["because: read-only-data mcp", "systemctl show: restarts"]),
        at(1, EventKind::FindingOpened, critical, "it may not write")
            .about("mcp", "read-only-data")
            .proved(["journal: Errno 30"]),
        at(1801, EventKind::FindingClosed, Severity::Ok, "gone")
            .about("mcp", "read-only-data")
            .turned("critical", "closed")
            .proved(["journal: Errno 30", "journal: it gave up"]),
        at(1860, EventKind::FindingClosed, Severity::Ok, "gone").about("mcp", "crash-loop"),
        at(1900, EventKind::FindingClosed, Severity::Ok, "it is gone")
            .about("web", "disk-full")
            .turned("warning", "closed"),
    ];
    let report = write(&model, &events, Timestamp::from_secs(1_795_222_800), false);
    let begun = local(Timestamp::from_secs(1_795_226_401));
    let ended = local(Timestamp::from_secs(1_795_228_201));
    let times = format!("(from {begun} to {ended}, 30 min)");
    let cause = format!("- Over: **critical** production/coord/mcp: it may not write {times}");
    let places = [
        cause.as_str(),
        "- Over: **critical** production/coord/mcp: it loops (from ",
        "- Over: **warning** production/coord/web: it is gone (from before this time to ",
        "## Findings of that time, closed since",
        "journal: Errno 30",
        "And before it was closed:\n\n- ` journal: it gave up `\n\n#",
        "Followed from read-only-data mcp.",
        "## Timeline",
    ];
    let mut rest = report.as_str();
    for place in places {
        let Some((_, after)) = rest.split_once(place) else {
            panic!("{place} in order in {report}");
        };
        rest = after;
    }
}

#[test]
fn without_actions_nothing_is_said_of_them() {
    let model = model();
    let quiet = write(&model, &[], model.now, false);
    assert!(!quiet.contains("Actions"), "{quiet}");
    assert!(quiet.contains("No console has recorded anything"), "{quiet}");
}

//! Health checks from readings to the verdict, the findings and the screen's word.

use std::sync::Arc;
use std::time::Duration;

use quarterdeck::doctor;
use quarterdeck::model::Model;
use quarterdeck::model::answered::not_by_it;
use quarterdeck::model::check::{CheckSpec, Origin, Target};
use quarterdeck::model::event::EventKind;
use quarterdeck::model::finding::Finding;
use quarterdeck::model::health::{CheckReading, CheckState, Outcome, Why};
use quarterdeck::model::ids::{HostId, InstanceId};
use quarterdeck::model::instance::ServiceState;
use quarterdeck::model::rule::Rule;
use quarterdeck::model::severity::Severity;
use quarterdeck::model::spec::{Promises, Tier};
use quarterdeck::model::unit::ActiveState;
use quarterdeck::msg::{Checked, HostEvent, Msg};
use quarterdeck::update::update;

use crate::fixtures::{NOW, ago, env, id, instance, monotonic, well};

fn spec() -> CheckSpec {
    CheckSpec::new(Target::Http("http://127.0.0.1:3444/health".into()))
}

fn watched(specs: Vec<CheckSpec>) -> Model {
    let mut model = well(vec![env("production", Tier::Production, &["a"], &[("api", &["a"])])]);
    let promises = Promises { checks: specs, ..Promises::default() };
    instance(&mut model, "production", "a", "api").promise(Arc::new(promises));
    model
}

fn reading(outcome: Outcome, ms: u64, detail: &str) -> CheckReading {
    CheckReading {
        outcome,
        latency: Some(Duration::from_millis(ms)),
        detail: detail.into(),
        excerpt: "database: down".into(),
    }
}

/// Tries of the check in that place, so many seconds ago each.
fn tried(model: &mut Model, place: usize, readings: &[(u64, CheckReading)]) {
    let instance = instance(model, "production", "a", "api");
    let specs = instance.promises.checks.clone();
    for (secs, reading) in readings {
        instance.checks[place].push(&specs[place], reading.clone(), ago(*secs));
    }
}

fn api() -> InstanceId {
    id("production", "a", "api")
}

fn findings(model: &Model) -> Vec<Finding> {
    let env = &model.fleet.envs[0];
    let host = model.fleet.host(&HostId::new("production", "a")).unwrap();
    doctor::examine(&doctor::Patient::new(&model.fleet, env, host, NOW))
}

fn found(model: &Model, rule: Rule) -> Option<Finding> {
    findings(model).into_iter().find(|finding| finding.key.rule == rule)
}

const ILL: Outcome = Outcome::Failed(Why::Status);

#[test]
fn what_runs_and_does_not_answer_well_is_critical_and_still_running() {
    let mut model = watched(vec![spec()]);
    let row = model.fleet.row(&api(), NOW).unwrap();
    assert_eq!(
        (row.verdict.severity, row.verdict.health),
        (Severity::Info, Some(CheckState::Pending))
    );
    let checked = |outcome| Msg::Host {
        host: HostId::new("production", "a"),
        generation: 0,
        event: HostEvent::Checked(vec![Checked {
            service: "api".into(),
            place: 0,
            spec: spec(),
            reading: reading(outcome, 3, "503 instead of 2xx"),
            certificate: None,
        }]),
    };
    update(&mut model, checked(Outcome::Passed), NOW);
    assert_eq!(model.fleet.row(&api(), NOW).unwrap().verdict.severity, Severity::Ok);
    update(&mut model, checked(ILL), NOW);
    update(&mut model, checked(ILL), NOW);
    let checks: Vec<_> = model.timeline.iter().filter(|e| e.kind == EventKind::Check).collect();
    assert_eq!(checks.len(), 1, "{checks:?}");
    assert_eq!((&*checks[0].from, &*checks[0].to), ("passing", "failing"));
    let verdict = model.fleet.row(&api(), NOW).unwrap().verdict;
    assert_eq!(verdict.state, ServiceState::Running);
    assert_eq!((verdict.severity, verdict.health), (Severity::Critical, Some(CheckState::Failing)));
    let found = found(&model, Rule::HealthFailing).unwrap();
    assert_eq!(
        found.summary,
        "api is running but not healthy: http://127.0.0.1:3444/health says 503 instead of 2xx"
    );
    assert!(found.evidence.iter().any(|line| line.text == "database: down"));
    assert!(found.fix.iter().any(|step| step.command.contains("'http://127.0.0.1:3444/health'")));
}

/// Seed 001: the unit is down, and what somebody started by hand answers on its port.
#[test]
fn what_passes_while_the_service_is_down_is_no_good_news_of_it() {
    let mut model = watched(vec![spec()]);
    tried(&mut model, 0, &[(3, reading(Outcome::Passed, 1, "200"))]);
    let why = |model: &Model| {
        let row = model.fleet.row(&api(), NOW).unwrap();
        let check = row.instance.checks().next().unwrap();
        not_by_it(&row, check, Duration::from_secs(5), NOW)
    };
    assert_eq!(why(&model), None);
    let facts = instance(&mut model, "production", "a", "api").facts.value_mut().unwrap();
    facts.active = ActiveState::Failed;
    facts.main_pid = None;
    facts.changed = Some(monotonic(60));
    assert_eq!(why(&model).unwrap(), "passing although the service does not run");
    // It went down after that answer, which was its own.
    let facts = instance(&mut model, "production", "a", "api").facts.value_mut().unwrap();
    facts.changed = Some(monotonic(1));
    assert_eq!(why(&model), None);
}

#[test]
fn tries_around_a_stop_make_no_service_flaky() {
    let mut model = watched(vec![spec()]);
    let passed = reading(Outcome::Passed, 1, "200");
    let passes: Vec<_> = (10..40).rev().map(|n| (n * 10, passed.clone())).collect();
    tried(&mut model, 0, &passes);
    let failed = |model: &mut Model| {
        let checked = Checked {
            service: "api".into(),
            place: 0,
            spec: spec(),
            reading: reading(ILL, 1, "refused"),
            certificate: None,
        };
        let host = HostId::new("production", "a");
        let event = HostEvent::Checked(vec![checked]);
        for _ in 0..4 {
            update(
                model,
                Msg::Host { host: host.clone(), generation: 0, event: event.clone() },
                NOW,
            );
        }
        instance(model, "production", "a", "api").checks[0].failed_tries(NOW)
    };
    let mut running = model.clone();
    assert_eq!(failed(&mut running), Some((4, 34)));
    let facts = instance(&mut model, "production", "a", "api").facts.value_mut().unwrap();
    facts.active = ActiveState::Inactive;
    assert_eq!(failed(&mut model), Some((0, 30)));
}

#[test]
fn an_answer_to_what_the_config_does_not_ask_any_more_is_dropped() {
    let mut model = watched(vec![CheckSpec { expect: Some(204), ..spec() }]);
    let event = HostEvent::Checked(vec![Checked {
        service: "api".into(),
        place: 0,
        spec: spec(),
        reading: reading(Outcome::Passed, 3, "200"),
        certificate: None,
    }]);
    let host = HostId::new("production", "a");
    update(&mut model, Msg::Host { host, generation: 0, event }, NOW);
    let instance = instance(&mut model, "production", "a", "api");
    assert_eq!(instance.checks[0].last(), None);
}

#[test]
fn checks_that_stay_keep_what_is_known_of_them() {
    let other = CheckSpec::new(Target::Tcp("127.0.0.1".into(), 5432));
    let mut model = watched(vec![spec(), other.clone()]);
    tried(&mut model, 1, &[(5, reading(Outcome::Passed, 1, "connected"))]);
    let instance = instance(&mut model, "production", "a", "api");
    let promises = Promises { checks: vec![other], ..Promises::default() };
    instance.promise(Arc::new(promises));
    assert_eq!(instance.checks.len(), 1);
    assert_eq!(&*instance.checks[0].last().unwrap().1.detail, "connected");
}

#[test]
fn a_check_that_passes_or_failed_once_is_no_finding() {
    let mut model = watched(vec![spec()]);
    tried(&mut model, 0, &[(20, reading(Outcome::Passed, 3, "200"))]);
    assert_eq!(found(&model, Rule::HealthFailing), None);
    tried(&mut model, 0, &[(10, reading(ILL, 3, "503 instead of 2xx"))]);
    assert_eq!(found(&model, Rule::HealthFailing), None);
    assert_eq!(model.fleet.row(&api(), NOW).unwrap().verdict.severity, Severity::Info);
}

#[test]
fn why_is_read_from_how_it_fails() {
    let public = CheckSpec {
        from: Origin::Console,
        ..CheckSpec::new(Target::Http("https://app.example/".into()))
    };
    for (specs, passing, failing, outcome, detail, words) in [
        (vec![spec()], None, 0, Why::Refused, "connection refused", "nobody listens there"),
        (vec![spec()], None, 0, Why::TimedOut, "no answer in time", "does not answer in time"),
        (
            vec![spec(), public.clone()],
            Some(0),
            1,
            Why::Status,
            "502 instead of 2xx",
            "the proxy in front",
        ),
        (vec![spec(), public], Some(0), 1, Why::TimedOut, "no answer in time", "a firewall"),
    ] {
        let mut model = watched(specs);
        if let Some(place) = passing {
            tried(&mut model, place, &[(9, reading(Outcome::Passed, 3, "200"))]);
        }
        let ill = reading(Outcome::Failed(outcome), 3, detail);
        tried(&mut model, failing, &[(9, ill.clone()), (5, ill)]);
        let found = found(&model, Rule::HealthFailing).unwrap();
        assert!(found.summary.contains(words), "{}", found.summary);
    }
}

#[test]
fn what_cannot_be_asked_is_unknown_not_well() {
    let mut model = watched(vec![spec()]);
    tried(&mut model, 0, &[(5, CheckReading::unknown("neither curl nor wget is there"))]);
    let verdict = model.fleet.row(&api(), NOW).unwrap().verdict;
    assert_eq!((verdict.state, verdict.severity), (ServiceState::Running, Severity::Unknown));
    assert_eq!(found(&model, Rule::HealthFailing), None);
}

#[test]
fn slow_is_left_later_than_it_is_entered() {
    let limited = CheckSpec { latency: Some(Duration::from_millis(100)), ..spec() };
    let slow = |ms| {
        let mut model = watched(vec![limited.clone()]);
        let tries: Vec<_> =
            (1..=30).map(|n| (310 - n * 10, reading(Outcome::Passed, ms, "200"))).collect();
        tried(&mut model, 0, &tries);
        model
    };
    assert_eq!(found(&slow(90), Rule::HealthSlow), None);
    let finding = found(&slow(120), Rule::HealthSlow).unwrap();
    assert_eq!(finding.severity, Severity::Warning);
    let mut model = slow(90);
    let host = model.fleet.host_mut(&HostId::new("production", "a")).unwrap();
    quarterdeck::model::finding::track(&mut host.findings, vec![finding], NOW);
    assert!(found(&model, Rule::HealthSlow).is_some(), "above 80 % of the limit it stays");
    let findings = model.fleet.host(&HostId::new("production", "a")).unwrap().findings.clone();
    let mut model = slow(79);
    model.fleet.host_mut(&HostId::new("production", "a")).unwrap().findings = findings;
    assert_eq!(found(&model, Rule::HealthSlow), None);
}

#[test]
fn one_in_twenty_is_borne_and_more_is_flaky() {
    let flaky = |failed: u64| {
        let mut model = watched(vec![spec()]);
        let tries: Vec<_> = (1..=60_u64)
            .map(|n| {
                let ill = n % 10 == 0 && n / 10 <= failed && n < 60;
                (605 - n * 10, reading(if ill { ILL } else { Outcome::Passed }, 3, "x"))
            })
            .collect();
        tried(&mut model, 0, &tries);
        model
    };
    assert_eq!(found(&flaky(3), Rule::HealthFlaky), None);
    assert_eq!(found(&flaky(4), Rule::HealthFlaky).unwrap().severity, Severity::Warning);
    let open = found(&flaky(4), Rule::HealthFlaky).unwrap();
    for (failed, stays) in [(2, true), (1, false)] {
        let mut model = flaky(failed);
        let host = model.fleet.host_mut(&HostId::new("production", "a")).unwrap();
        quarterdeck::model::finding::track(&mut host.findings, vec![open.clone()], NOW);
        assert_eq!(found(&model, Rule::HealthFlaky).is_some(), stays, "{failed} of 60");
    }
}

#[test]
fn a_certificate_is_told_before_it_ends() {
    let day = Duration::from_secs(86_400);
    let secure = CheckSpec {
        certificate: Some(day * 21),
        ..CheckSpec::new(Target::Http("https://127.0.0.1:8443/".into()))
    };
    for (days, severity) in
        [(22, None), (20, Some(Severity::Warning)), (6, Some(Severity::Critical))]
    {
        let mut model = watched(vec![secure.clone()]);
        tried(&mut model, 0, &[(5, reading(Outcome::Passed, 3, "200"))]);
        instance(&mut model, "production", "a", "api").checks[0].certify(NOW + day * days, NOW);
        let found = found(&model, Rule::CertificateExpires);
        assert_eq!(found.as_ref().map(|finding| finding.severity), severity, "{days} days");
    }
    let mut model = watched(vec![secure]);
    instance(&mut model, "production", "a", "api").checks[0].certify(ago(60), NOW);
    let found = found(&model, Rule::CertificateExpires).unwrap();
    assert!(found.summary.contains("has ended"), "{}", found.summary);
}

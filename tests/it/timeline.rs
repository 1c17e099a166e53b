//! What is told of what happens: once, when it happened, and nothing that did not.

use std::sync::Arc;

use quarterdeck::effect::Effect;
use quarterdeck::model::Model;
use quarterdeck::model::acknowledged::{AckId, Acknowledged};
use quarterdeck::model::command::Command;
use quarterdeck::model::event::{Event, EventKind};
use quarterdeck::model::fault::{Fault, FaultKind};
use quarterdeck::model::finding::Tracked;
use quarterdeck::model::host::{HostFacts, Link, Part};
use quarterdeck::model::operation::Claim;
use quarterdeck::model::port::Sockets;
use quarterdeck::model::rows;
use quarterdeck::model::rule::Rule;
use quarterdeck::model::screen::{Overlay, Pane};
use quarterdeck::model::severity::Severity;
use quarterdeck::model::spec::Silence;
use quarterdeck::model::unit::{ActiveState, UnitFacts};
use quarterdeck::model::window::{Purpose, Span, Window};
use quarterdeck::msg::{Edit, HostEvent, Msg};
use quarterdeck::update::{start, unsaved};

use crate::reducers::{Story, at, crashed, facts, mono, running, spec};

const UNIT: &str = "mcp.service";

fn failed(n: u32, began: u64, ended: u64) -> UnitFacts {
    UnitFacts { active: ActiveState::Failed, sub: "failed".into(), ..crashed(n, began, ended) }
}

fn of_doctor(event: &Event) -> bool {
    use EventKind::{FindingClosed, FindingOpened, FindingRaised};
    matches!(event.kind, FindingOpened | FindingRaised | FindingClosed)
}

/// What the timeline says beside findings: kind, subject, and to which word.
fn told(story: &Story) -> Vec<(EventKind, String, String)> {
    let tell = |event: &Event| (event.kind, event.subject.to_string(), event.to.to_string());
    story.model.timeline.iter().filter(|event| !of_doctor(event)).map(tell).collect()
}

/// What kinds of events the timeline has beside findings.
fn kinds(story: &Story) -> Vec<EventKind> {
    story.model.timeline.iter().filter(|event| !of_doctor(event)).map(|event| event.kind).collect()
}

fn lost() -> HostEvent {
    let fault = Fault::new(FaultKind::Unreachable, "connect to coord", "connection refused");
    HostEvent::Link(Link::failed(fault, at(1000)))
}

/// Everything was read once.
fn settle(story: &mut Story) {
    story.host("coord", HostEvent::Recalled(None));
    story.host("coord", HostEvent::Ports(Ok(Sockets::default())));
    for part in Part::ALL {
        story.host("coord", HostEvent::Part(part));
    }
}

/// A host of which everything was read, and all is well.
fn well() -> Story {
    let mut story = Story::with_host("coord");
    story.read("coord", UNIT, running(0, 0));
    story.read("coord", "nginx.service", running(0, 0));
    settle(&mut story);
    story
}

/// The console is started again with what it had kept.
fn next_run(story: &mut Story) -> Story {
    let events: Vec<Event> = story.model.timeline.iter().cloned().collect();
    let mut kept = Vec::new();
    for effect in unsaved(&mut story.model) {
        if let Effect::SaveTold(told) = effect {
            kept = told;
        }
    }
    let mut model = Model::default();
    let effects = start(&mut model, &spec(), story.now);
    let mut next = Story { model, effects, now: story.now };
    next.send(Msg::TimelineRead(kept, events));
    next
}

#[test]
fn a_first_look_is_no_change_and_a_crash_is_one() {
    let mut story = Story::with_host("coord");
    story.read("coord", UNIT, running(0, 0));
    assert_eq!(told(&story), []);
    story.wait(30).read("coord", UNIT, failed(0, 0, 30));
    let state = (EventKind::State, "mcp".to_owned(), "failed".to_owned());
    assert_eq!(told(&story), [state]);
    let event = story.model.timeline.iter().next().unwrap();
    assert_eq!((event.at, event.severity), (at(30), Severity::Critical));
    assert_eq!(&*event.from, "running");
    assert!(event.text.contains("exit-code"), "{}", event.text);
    assert!(event.detail[0].contains("Result=exit-code"), "{:?}", event.detail);
    // It goes to the store at once, and once.
    let recorded = |story: &Story| {
        story.effects.iter().filter(|effect| matches!(effect, Effect::Record(_))).count()
    };
    assert_eq!(recorded(&story), 1);
    story.read("coord", UNIT, failed(0, 0, 30));
    assert_eq!(recorded(&story), 0);
    assert_eq!(told(&story).len(), 1);
}

#[test]
fn a_restart_by_hand_is_a_restart_and_no_change_of_state() {
    let mut story = Story::with_host("coord");
    story.read("coord", UNIT, running(0, 0));
    let stopping = UnitFacts { active: ActiveState::Deactivating, ..running(0, 0) };
    story.wait(100).read("coord", UNIT, stopping);
    story.read("coord", UNIT, running(0, 100));
    assert_eq!(kinds(&story), [EventKind::Restart]);
    assert_eq!(story.model.timeline.iter().next().unwrap().severity, Severity::Info);
}

#[test]
fn what_takes_long_to_start_is_told_when_it_has_taken_long() {
    let mut story = Story::with_host("coord");
    story.read("coord", UNIT, running(0, 0));
    let starting = UnitFacts { active: ActiveState::Activating, ..running(0, 0) };
    story.wait(5).read("coord", UNIT, starting);
    story.wait(5);
    story.host("coord", HostEvent::Alive { latency: std::time::Duration::ZERO, units: true });
    assert_eq!(kinds(&story), []);
    story.wait(6);
    assert_eq!(kinds(&story), [EventKind::State]);
}

#[test]
fn a_crash_loop_is_one_change_and_a_restart_a_minute() {
    let mut story = Story::with_host("coord");
    story.read("coord", UNIT, running(0, 0));
    for n in 0..40_u32 {
        let t = u64::from(n) * 10;
        story.read("coord", UNIT, crashed(n, t, t + 1));
        story.wait(9).read("coord", UNIT, running(n + 1, t + 10));
        story.wait(1);
    }
    let events = told(&story);
    let of = |kind| events.iter().filter(|(k, ..)| *k == kind).collect::<Vec<_>>();
    assert_eq!(of(EventKind::State).len(), 1, "{events:#?}");
    assert_eq!(of(EventKind::State)[0].2, "crash-looping");
    let restarts = of(EventKind::Restart);
    assert!((6..=8).contains(&restarts.len()), "{restarts:#?}");
    story.wait(61);
    let n: u64 = told(&story)
        .iter()
        .filter(|(kind, ..)| *kind == EventKind::Restart)
        .map(|(_, _, n)| n.parse::<u64>().unwrap())
        .sum();
    assert_eq!(n, 40);
}

#[test]
fn a_connection_lost_and_back_is_two_events_and_says_nothing_of_services() {
    let mut story = Story::with_host("coord");
    story.read("coord", UNIT, running(0, 0));
    story.wait(10).host("coord", lost());
    story.host("coord", HostEvent::Link(Link::Connecting));
    story.wait(5).host("coord", lost());
    assert_eq!(told(&story), [(EventKind::Link, String::new(), "unreachable".to_owned())]);
    assert!(story.model.timeline.iter().next().unwrap().text.contains("connection refused"));
    story.wait(60).host("coord", HostEvent::Link(Link::Connected));
    story.read("coord", UNIT, running(0, 0));
    assert_eq!(kinds(&story), [EventKind::Link, EventKind::Link]);
    assert_eq!(story.model.timeline.iter().last().unwrap().text, "connected again after 65 s");
}

#[test]
fn another_boot_is_a_reboot() {
    let mut story = Story::with_host("coord");
    story.wait(10).host("coord", HostEvent::Facts(Box::new(facts())));
    assert_eq!(kinds(&story), []);
    let boot = HostFacts { boot_id: "boot-2".into(), started: at(7), ..facts() };
    story.host("coord", HostEvent::Facts(Box::new(boot)));
    assert_eq!(told(&story), [(EventKind::Reboot, String::new(), "boot-2".to_owned())]);
    assert_eq!(story.model.timeline.iter().next().unwrap().at, at(7));
}

fn looping(story: &mut Story) {
    for n in 0..4 {
        let t = u64::from(n) * 10;
        story.read("coord", UNIT, crashed(n, t, t + 1));
        story.wait(9).read("coord", UNIT, running(n + 1, t + 10));
        story.wait(1);
    }
}

fn findings(story: &Story) -> Vec<EventKind> {
    story.model.timeline.iter().filter(|event| of_doctor(event)).map(|event| event.kind).collect()
}

#[test]
fn a_finding_is_opened_once_and_closed_only_by_proof() {
    let mut story = well();
    looping(&mut story);
    assert_eq!(findings(&story), [EventKind::FindingOpened]);
    let opened = story.model.timeline.iter().find(|e| e.kind == EventKind::FindingOpened).unwrap();
    assert_eq!((&*opened.subject, &*opened.topic), ("mcp", "crash-loop"));
    assert!(!opened.detail.is_empty());
    // A host that does not answer proves nothing.
    story.host("coord", lost());
    story.wait(60);
    assert_eq!(findings(&story), [EventKind::FindingOpened]);
    let kept = |story: &Story| {
        let host = story.model.fleet.host(&Story::id("coord")).unwrap();
        host.findings.iter().any(|one| one.finding.key.rule == Rule::CrashLoop && one.counts())
    };
    assert!(kept(&story), "it is shown as it was");
    // Neither does one of which not all is read again.
    story.host("coord", HostEvent::Link(Link::Connected));
    story.host("coord", HostEvent::Facts(Box::new(facts())));
    assert_eq!(findings(&story), [EventKind::FindingOpened]);
    story.wait(5);
    assert!(kept(&story));
    let quiet = UnitFacts { active: ActiveState::Inactive, main_pid: None, ..running(4, 40) };
    story.wait(700).read("coord", UNIT, quiet);
    settle(&mut story);
    story.wait(10);
    assert_eq!(findings(&story), [EventKind::FindingOpened, EventKind::FindingClosed]);
    let closed = story.model.timeline.iter().find(|e| e.kind == EventKind::FindingClosed).unwrap();
    assert!(!closed.detail.is_empty(), "what it was last");
}

/// A command that acts watches only what it acts on: backups and neighbors that it does not know are
/// neither missing nor mended.
#[test]
fn what_watches_a_part_only_tells_nothing_of_it() {
    let mut story = Story::with_host("coord");
    story.model.only_acts = true;
    story.read("coord", UNIT, running(0, 0));
    settle(&mut story);
    looping(&mut story);
    story.host("coord", lost());
    story.wait(60);
    assert_eq!(story.model.timeline.iter().count(), 0);
}

#[test]
fn a_silenced_finding_is_kept_with_its_reason_and_told_to_nobody() {
    let mut spec = spec();
    spec.envs[0].silences.push(Silence {
        rule: Rule::CrashLoop,
        subject: Some("coord/mcp".into()),
        reason: "known since spring".into(),
    });
    let mut model = Model::default();
    let effects = start(&mut model, &spec, at(0));
    let mut story = Story { model, effects, now: at(0) };
    story.host("coord", HostEvent::Link(Link::Connected));
    story.host("coord", HostEvent::Facts(Box::new(facts())));
    story.host("coord", HostEvent::Pushed(true));
    for service in [UNIT, "nginx.service"] {
        story.read("coord", service, running(0, 0));
    }
    settle(&mut story);
    looping(&mut story);
    assert_eq!(findings(&story), []);
    let host = story.model.fleet.host(&Story::id("coord")).unwrap();
    let [tracked] = host.findings.as_slice() else { panic!("{:#?}", host.findings) };
    assert_eq!(tracked.silenced.as_deref(), Some("known since spring"));
    assert!(tracked.open && !tracked.counts());
    let rows = rows::findings(&story.model.fleet, &story.model.screen.view);
    assert_eq!((rows.rows.len(), rows.hidden), (0, 1));
}

#[test]
fn the_next_console_tells_what_changed_while_none_ran() {
    let mut story = Story::with_host("coord");
    story.read("coord", UNIT, running(0, 0));
    story.read("coord", "nginx.service", running(0, 0));
    story.wait(10).read("coord", UNIT, failed(0, 0, 5));
    let mut next = next_run(&mut story);
    assert_eq!(kinds(&next), [EventKind::State]);
    next.wait(100);
    next.host("coord", HostEvent::Link(Link::Connected));
    next.host("coord", HostEvent::Facts(Box::new(facts())));
    next.host("coord", HostEvent::Pushed(true));
    next.read("coord", UNIT, failed(0, 0, 5));
    assert_eq!(kinds(&next), [EventKind::State]);
    next.read("coord", "nginx.service", failed(0, 0, 60));
    assert_eq!(kinds(&next), [EventKind::State, EventKind::State]);
    // When it happened, not when we came.
    let last = next.model.timeline.iter().rfind(|event| !of_doctor(event));
    assert_eq!(last.unwrap().at, at(60));
    assert_eq!(
        mono(60),
        next.model.fleet.host(&Story::id("coord")).unwrap().instances[&"nginx".into()]
            .facts
            .value()
            .unwrap()
            .changed
            .unwrap()
    );
}

#[test]
fn an_event_that_was_written_wins_over_what_was_saved_before_it() {
    let mut story = Story::with_host("coord");
    story.read("coord", UNIT, running(0, 0));
    let early = unsaved(&mut story.model);
    let Some(Effect::SaveTold(kept)) =
        early.into_iter().find(|effect| matches!(effect, Effect::SaveTold(_)))
    else {
        panic!("nothing to keep")
    };
    story.wait(10).read("coord", UNIT, failed(0, 0, 10));
    // Killed here: the event is in the store, what was told is from before it.
    let events: Vec<Event> = story.model.timeline.iter().cloned().collect();
    let mut model = Model::default();
    let effects = start(&mut model, &spec(), story.now);
    let mut next = Story { model, effects, now: story.now };
    next.send(Msg::TimelineRead(kept, events));
    next.host("coord", HostEvent::Link(Link::Connected));
    next.host("coord", HostEvent::Facts(Box::new(facts())));
    next.read("coord", UNIT, failed(0, 0, 10));
    assert_eq!(kinds(&next), [EventKind::State]);
}

fn type_in(story: &mut Story, text: &str) {
    for c in text.chars() {
        story.send(Msg::Typed(Edit::Insert(c)));
    }
}

/// A loop on coord whose finding is selected.
fn with_finding() -> Story {
    let mut story = well();
    story.model.operator = "ada@desk".into();
    looping(&mut story);
    story.model.screen.view.focus = Pane::Findings;
    story
}

fn finding(story: &Story) -> &Tracked {
    &story.model.fleet.host(&Story::id("coord")).unwrap().findings[0]
}

fn saved_acks(story: &Story) -> Vec<bool> {
    let acks = story.effects.iter().filter_map(|effect| match effect {
        Effect::SaveAck(_, ack) => Some(ack.is_some()),
        _ => None,
    });
    acks.collect()
}

#[test]
fn a_finding_is_acknowledged_for_a_while_and_says_so() {
    let mut story = with_finding();
    story.command(Command::Acknowledge);
    type_in(&mut story, "on it q");
    story.send(Msg::Typed(Edit::Down)).send(Msg::Typed(Edit::Clear));
    type_in(&mut story, "soon");
    story.send(Msg::Typed(Edit::Accept));
    // A wrong span keeps the prompt.
    assert!(matches!(story.model.screen.overlays.last(), Some(Overlay::Acknowledge { .. })));
    story.send(Msg::Typed(Edit::Clear));
    type_in(&mut story, "10m");
    story.send(Msg::Typed(Edit::Accept));
    assert_eq!(story.model.screen.overlays, []);
    assert_eq!(saved_acks(&story), [true]);
    let ack = finding(&story).acknowledged.clone().unwrap();
    assert_eq!((&*ack.by, &*ack.note, ack.mute), ("ada@desk", "on it q", false));
    // It counts as bad as before.
    assert!(finding(&story).counts());
    assert_eq!(story.model.timeline.iter().last().unwrap().kind, EventKind::Acknowledged);
    // Its time is over.
    story.wait(601);
    assert_eq!(finding(&story).acknowledged, None);
    assert_eq!(saved_acks(&story), [false]);
    assert_eq!(&*story.model.timeline.iter().last().unwrap().to, "ended");
}

#[test]
fn an_acknowledgment_is_taken_back_by_zero_and_by_escape_nothing_happens() {
    let mut story = with_finding();
    story.command(Command::Acknowledge).send(Msg::Typed(Edit::Cancel));
    assert_eq!(finding(&story).acknowledged, None);
    story.command(Command::Acknowledge).send(Msg::Typed(Edit::Accept));
    assert!(finding(&story).acknowledged.is_some());
    story.command(Command::Acknowledge);
    story.send(Msg::Typed(Edit::Down)).send(Msg::Typed(Edit::Clear));
    type_in(&mut story, "0s");
    story.send(Msg::Typed(Edit::Accept));
    assert_eq!(finding(&story).acknowledged, None);
    assert_eq!(saved_acks(&story), [false]);
}

#[test]
fn an_acknowledgment_ends_when_it_gets_worse_and_a_mute_does_not() {
    let at_warning = |mute| Acknowledged {
        by: "ada@desk".into(),
        note: "".into(),
        at: at(0),
        until: at(3600),
        severity: Severity::Warning,
        mute,
    };
    for mute in [false, true] {
        let mut story = with_finding();
        assert_eq!(finding(&story).finding.severity, Severity::Critical);
        let id = AckId::new(&Story::id("coord"), &finding(&story).finding.key);
        story.send(Msg::AcksRead(vec![(id, at_warning(mute))]));
        story.read("coord", UNIT, crashed(4, 40, 41));
        assert_eq!(finding(&story).acknowledged.is_some(), mute);
        assert_eq!(saved_acks(&story), if mute { vec![] } else { vec![false] });
    }
}

#[test]
fn the_same_finding_later_is_another_incident() {
    let mut story = with_finding();
    story.command(Command::Acknowledge).send(Msg::Typed(Edit::Accept));
    let quiet = UnitFacts { active: ActiveState::Inactive, main_pid: None, ..running(4, 40) };
    story.wait(700).read("coord", UNIT, quiet.clone());
    story.wait(5).read("coord", UNIT, quiet);
    assert_eq!(findings(&story).last(), Some(&EventKind::FindingClosed));
    assert!(story.model.acks.is_empty());
}

fn called_out(story: &Story) -> usize {
    story.effects.iter().filter(|effect| matches!(effect, Effect::Alarm(_))).count()
}

#[test]
fn a_crash_is_called_out_once_and_what_a_first_look_finds_is_not() {
    let mut story = Story::with_host("coord");
    story.read("coord", UNIT, running(0, 0));
    story.read("coord", "nginx.service", failed(0, 0, 0));
    settle(&mut story);
    story.wait(5).read("coord", "redis.service", failed(0, 0, 5));
    assert_eq!(called_out(&story), 0);
    story.wait(60).read("coord", UNIT, failed(0, 0, 65));
    assert_eq!(called_out(&story), 1);
    story.read("coord", UNIT, running(0, 66));
    story.wait(20).read("coord", UNIT, failed(0, 66, 86));
    assert_eq!(called_out(&story), 0);
}

#[test]
fn what_goes_down_while_a_colleague_is_at_it_calls_when_he_is_done() {
    let mut story = well();
    let claim = Claim { subject: UNIT.into(), at: at(60).as_secs(), ..Claim::default() };
    story.wait(60).host("coord", HostEvent::Claims(vec![claim.clone()], Vec::new(), Vec::new()));
    story.read("coord", UNIT, failed(0, 0, 60));
    assert_eq!(called_out(&story), 0);
    assert_eq!(story.verdict("coord", "mcp").1, Severity::Warning, "he looks at it");
    let host = story.model.fleet.host(&Story::id("coord")).unwrap();
    assert!(host.findings.iter().all(|one| one.finding.severity != Severity::Critical));
    // Of another service he has said nothing.
    story.read("coord", "nginx.service", failed(0, 0, 60));
    assert_eq!(called_out(&story), 1);
    assert_eq!(story.verdict("coord", "nginx").1, Severity::Critical);
    // He is done, and it is down.
    story.wait(5).host("coord", HostEvent::Claims(Vec::new(), Vec::new(), Vec::new()));
    story.read("coord", UNIT, failed(0, 0, 60));
    assert_eq!(story.verdict("coord", "mcp").1, Severity::Critical);
    // Nobody is at it for ever.
    story.host("coord", HostEvent::Claims(vec![claim], Vec::new(), Vec::new()));
    assert_eq!(story.verdict("coord", "mcp").1, Severity::Warning);
    story.wait(900).read("coord", UNIT, failed(0, 0, 60));
    assert_eq!(story.verdict("coord", "mcp").1, Severity::Critical);
}

#[test]
fn a_maintenance_calls_nobody_until_it_is_over() {
    let mut spec = spec();
    spec.envs[0].windows = Arc::new([Window {
        purpose: Purpose::Maintenance,
        span: Span::Once(at(30), at(300)),
        reason: "hosts are upgraded".into(),
    }]);
    let mut story = Story::of(&spec);
    story.host("coord", HostEvent::Link(Link::Connected));
    story.host("coord", HostEvent::Facts(Box::new(facts())));
    story.host("coord", HostEvent::Pushed(true));
    story.read("coord", UNIT, running(0, 0));
    story.read("coord", "nginx.service", running(0, 0));
    settle(&mut story);
    story.wait(60).read("coord", UNIT, failed(0, 0, 60));
    story.read("coord", "nginx.service", failed(0, 0, 60));
    assert_eq!(called_out(&story), 0);
    assert!(kinds(&story).contains(&EventKind::State), "it is written down");
    assert!(findings(&story).contains(&EventKind::FindingOpened), "and found");
    story.wait(200).read("coord", "nginx.service", running(0, 270));
    story.wait(10);
    let mut calls = Vec::new();
    for _ in 0..6 {
        story.read("coord", UNIT, failed(0, 0, 60));
        story.read("coord", "nginx.service", running(0, 270));
        story.wait(10);
        calls.extend(story.effects.iter().filter_map(|effect| match effect {
            Effect::Alarm(event) => Some((event.subject.to_string(), event.text.clone())),
            _ => None,
        }));
    }
    assert_eq!(calls.len(), 1, "what was mended meanwhile calls nobody: {calls:?}");
    assert_eq!(calls[0].0, "mcp");
    assert!(calls[0].1.starts_with("still so after the maintenance: "), "{calls:?}");
    let again = |event: &Event| event.text.starts_with("still so");
    assert!(!story.model.timeline.iter().any(again), "it was told when it happened");
    // It is over: the next one calls at once.
    story.read("coord", "nginx.service", failed(0, 270, 340));
    assert_eq!(called_out(&story), 1);
}

#[test]
fn changed_packages_are_told_when_they_were_changed_and_a_first_look_is_none() {
    let mut story = Story::with_host("coord");
    let line = |text: &str| vec![Box::<str>::from(text)];
    let wall = at(0).as_secs();
    story.host("coord", HostEvent::Packages(wall - 500, line("upgrade tzdata 1 2")));
    assert_eq!(kinds(&story), []);
    story.wait(60).host("coord", HostEvent::Packages(wall + 40, line("upgrade libssl3 1 2")));
    assert_eq!(kinds(&story), [EventKind::Package]);
    let event = story.model.timeline.iter().last().unwrap();
    assert_eq!(event.at, at(40));
    assert!(event.text.contains("libssl3"), "{}", event.text);
    story.host("coord", HostEvent::Packages(wall + 40, line("upgrade libssl3 1 2")));
    assert_eq!(kinds(&story), [EventKind::Package]);
}

#[test]
fn what_a_colleague_restarts_is_no_crash_loop() {
    let loops = |claimed: bool| {
        let mut story = well();
        if claimed {
            let claim = Claim { subject: UNIT.into(), at: at(60).as_secs(), ..Claim::default() };
            story.wait(60).host("coord", HostEvent::Claims(vec![claim], Vec::new(), Vec::new()));
        } else {
            story.wait(60);
        }
        for n in 1..8 {
            story.wait(10).read("coord", UNIT, running(0, 60 + n * 10));
        }
        story.state("coord", "mcp").name() == "crash-looping"
    };
    assert!(!loops(true));
    assert!(loops(false), "of whom nobody knows it is one");
}

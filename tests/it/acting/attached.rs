//! Operations that were not begun here, followed.

use quarterdeck::model::operation::{OpId, Verdict};

use super::interventions::{asked, crashed, foreign, listed, op};
use super::*;

fn alive() -> RunState {
    RunState { alive: true, ..crashed() }
}

fn progress(state: RunState, events: (u64, &str), log: (u64, &[u8])) -> HostEvent {
    let (from, events) = events;
    let (at, log) = log;
    let steps = vec![(20, "stop it".into()), (30, "start it".into())];
    let progress = Progress {
        state,
        log: (at, at + log.len() as u64, log.to_vec()),
        events: (from, events.to_owned()),
        steps: if from == 0 { steps } else { Vec::new() },
    };
    HostEvent::Acted(Acted::Progress(op().run(0), Ok(Box::new(progress))))
}

/// What is asked when stage says that.
fn hears(story: &mut Story, event: HostEvent) -> Vec<Effect> {
    story.host("stage", event);
    story.effects.clone()
}

/// From which bytes of events and log on it is asked.
fn from(effects: &[Effect]) -> Option<(u64, u64)> {
    effects.iter().find_map(|effect| match effect {
        Effect::Act(_, Ask::Follow { events, log, .. }) => Some((*events, *log)),
        _ => None,
    })
}

#[test]
fn what_a_colleague_began_is_followed_from_its_first_byte_and_by_looking_alone() {
    let mut story = listed(foreign(alive()));
    let effects = keys(&mut story, "<enter>");
    assert_eq!((asked(&effects), top(&story)), (vec!["stage Follow".to_owned()], "attached"));
    assert_eq!(from(&effects), Some((0, 0)));
    let events = "10.0 - begin\n10.1 20 start\n";
    let effects = hears(&mut story, progress(alive(), (0, events), (0, b"one\x1b[2J\ntwo\n")));
    // It is asked again from there.
    assert_eq!(from(&effects), Some((events.len() as u64, 12)));
    look("acting_attached", &story.model, &chrome(), BIG);
    // Who looks away is not told any more, and changes nothing.
    let effects = keys(&mut story, "<esc>");
    assert!(asked(&effects).is_empty());
    assert_eq!(top(&story), "operations");
    let effects = hears(&mut story, progress(alive(), (events.len() as u64, ""), (12, b"three\n")));
    assert!(from(&effects).is_none() && story.model.acting.attached.is_none());
}

#[test]
fn a_lost_link_is_told_and_it_is_followed_again_where_it_was() {
    let mut story = listed(foreign(alive()));
    keys(&mut story, "<enter>");
    story.host("stage", progress(alive(), (0, "10.1 20 start\n"), (0, b"one\n")));
    let fault = Fault::new(FaultKind::TimedOut, "hear from the host", "no answer for 6 s");
    let lost = Link::Unreachable { fault, retry_at: crate::reducers::at(9) };
    let effects = hears(&mut story, HostEvent::Link(lost));
    assert!(from(&effects).is_none());
    look("acting_attached_lost", &story.model, &chrome(), &[(80, 24)]);
    let effects = hears(&mut story, HostEvent::Link(Link::Connected));
    assert_eq!(from(&effects), Some((14, 4)));
}

#[test]
fn a_dead_runner_is_taken_over_from_what_it_printed() {
    let mut story = listed(foreign(alive()));
    keys(&mut story, "<enter>");
    story.host("stage", progress(alive(), (0, "10.1 20 start\n"), (0, b"one\n")));
    keys(&mut story, "B");
    assert!(said(&story).contains("its runner lives"), "{}", said(&story));
    let effects = hears(&mut story, progress(crashed(), (14, ""), (4, b"")));
    assert!(from(&effects).is_none(), "a dead one says nothing more");
    story.host("stage", HostEvent::Acted(Acted::Listed(Ok(foreign(crashed())))));
    look("acting_attached_crashed", &story.model, &chrome(), &[(80, 24)]);
    let effects = keys(&mut story, &format!("B{}<enter>", op().suffix()));
    assert_eq!(asked(&effects), ["stage Revert", "stage List"]);
    assert_eq!(top(&story), "attached");
    // What takes it back is followed too.
    let effects = hears(&mut story, HostEvent::Acted(Acted::Listed(Ok(foreign(alive())))));
    assert_eq!(from(&effects), Some((14, 4)));
    let over = RunState { result: Some("undone crash 0".into()), ..crashed() };
    story.host("stage", progress(over, (14, "20.0 20 undo\n21.0 20 undone 0\n"), (4, b"")));
    let attached = story.model.acting.attached.as_ref().unwrap();
    assert_eq!(attached.parts[0].run.phase.name(), "undone");
}

#[test]
fn what_is_not_begun_there_is_not_asked_and_begins_later() {
    let claimed = RunState { began_in: None, ..crashed() };
    let mut story = listed(foreign(claimed));
    assert_eq!(foreign(RunState::default()).runs[0].verdict(), Verdict::Claimed);
    assert!(asked(&keys(&mut story, "<enter>")).is_empty());
    assert_eq!(top(&story), "attached");
    let effects = hears(&mut story, HostEvent::Acted(Acted::Listed(Ok(foreign(alive())))));
    assert_eq!(from(&effects), Some((0, 0)));
    // Another operation's words are not its own.
    let other = OpId::new(crate::reducers::at(-60), 8).run(0);
    let said = Acted::Progress(other, Ok(Box::default()));
    assert!(from(&hears(&mut story, HostEvent::Acted(said))).is_none());
}

#[test]
fn what_is_not_known_of_ones_own_is_what_its_host_says() {
    let mut story = story();
    under_way(&mut story);
    let run = story.model.acting.operations[0].id.run(0);
    let over = Progress { state: crashed(), ..Progress::default() };
    story.host("stage", HostEvent::Acted(Acted::Progress(run.clone(), Ok(Box::new(over)))));
    assert_eq!(story.model.acting.operations[0].outcome(), Some(Outcome::Unknown));
    keys(&mut story, "<esc>o");
    let mut seen = foreign(crashed());
    seen.runs[0].run = run;
    story.host("stage", HostEvent::Acted(Acted::Listed(Ok(seen))));
    look("acting_own_crashed", &story.model, &chrome(), &[(80, 24)]);
    keys(&mut story, "B");
    assert_eq!(top(&story), "other", "{}", said(&story));
}

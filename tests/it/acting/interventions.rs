//! What is done about freezes, and about operations that were not begun here.

use quarterdeck::model::operation::{Foreign, OpId};

use super::*;

pub(super) fn op() -> OpId {
    OpId::new(crate::reducers::at(-60), 7)
}

/// A colleague's operation on a host, on that evidence.
pub(super) fn foreign(state: RunState) -> Seen {
    let foreign = Foreign {
        run: op().run(0),
        subject: "mcp.service".into(),
        what: "restart mcp".into(),
        operator: "bo@desk".into(),
        hosts: vec!["stage".into()],
        state,
        claims: true,
    };
    Seen { runs: vec![foreign], freezes: Vec::new() }
}

/// The list of operations, with what stage tells.
pub(super) fn listed(seen: Seen) -> Story {
    let mut story = story();
    keys(&mut story, "o");
    story.host("stage", HostEvent::Acted(Acted::Listed(Ok(seen))));
    story
}

pub(super) fn crashed() -> RunState {
    RunState { boot: "b".into(), began_in: Some("b".into()), ..RunState::default() }
}

pub(super) fn asked(effects: &[Effect]) -> Vec<String> {
    let word = |ask: &Ask| format!("{ask:?}").split([' ', '(']).next().unwrap_or("").to_owned();
    asks(effects).into_iter().map(|(host, ask)| format!("{host} {}", word(ask))).collect()
}

#[test]
fn what_a_dead_runner_began_is_taken_back_only_when_its_name_is_typed() {
    let mut story = listed(foreign(crashed()));
    assert!(asked(&keys(&mut story, "B")).is_empty());
    look("acting_undo", &story.model, &chrome(), &[(80, 24)]);
    assert!(asked(&keys(&mut story, "<enter>")).is_empty());
    assert!(asked(&keys(&mut story, "y<enter>")).is_empty());
    let phrase = op().suffix().to_owned();
    assert_eq!(said(&story), format!("type {phrase}, or esc leaves it as it is"));
    assert!(asked(&keys(&mut story, "<esc>")).is_empty());
    assert_eq!(top(&story), "operations");
    // Small letters do as well.
    let effects = keys(&mut story, &format!("B{}<enter>", phrase.to_lowercase()));
    assert_eq!(asked(&effects), ["stage Revert", "stage List"]);
    assert_eq!(top(&story), "operations");
}

#[test]
fn what_still_runs_of_a_dead_runner_is_ended_before_its_claim_is_given_back() {
    let phrase = op().suffix().to_owned();
    let mut story = listed(foreign(RunState { members: 2, ..crashed() }));
    let effects = keys(&mut story, &format!("E{phrase}<enter>"));
    assert_eq!(asked(&effects), ["stage End", "stage Break", "stage List"]);
    let mut story = listed(foreign(crashed()));
    let effects = keys(&mut story, &format!("E{phrase}<enter>"));
    assert_eq!(asked(&effects), ["stage Break", "stage List"]);
}

#[test]
fn whose_runner_lives_can_only_be_cancelled() {
    let mut story = listed(foreign(RunState { alive: true, ..crashed() }));
    for key in ["B", "E"] {
        assert!(asked(&keys(&mut story, key)).is_empty());
        assert!(said(&story).contains("its runner lives"), "{}", said(&story));
        assert_eq!(top(&story), "operations");
    }
    let effects = keys(&mut story, &format!("X{}<enter>", op().suffix()));
    assert_eq!(asked(&effects), ["stage Cancel", "stage List"]);
    // What is over holds nothing.
    let mut seen = foreign(RunState { result: Some("succeeded - 0".into()), ..crashed() });
    seen.runs[0].claims = false;
    let mut story = listed(seen);
    for key in ["B", "E", "X"] {
        assert!(asked(&keys(&mut story, key)).is_empty());
        assert_eq!(top(&story), "operations", "{key}: {}", said(&story));
    }
}

#[test]
fn a_service_is_frozen_with_a_reason_and_thawed_by_the_word() {
    let mut story = story();
    select(&mut story, "stage", "mcp");
    assert!(asked(&keys(&mut story, "F<enter>")).is_empty());
    assert_eq!(said(&story), "a freeze needs a reason: others have to know why");
    let effects = keys(&mut story, "audit<enter>");
    assert_eq!(asked(&effects), ["stage Freeze", "stage List"]);
    let Some((_, Ask::Freeze { subject, reason, operator, .. })) =
        asks(&effects).into_iter().next()
    else {
        panic!("{effects:?}")
    };
    assert_eq!((&**subject, &**reason, &**operator), ("mcp.service", "audit", "ana@laptop-3"));

    let freeze =
        Freeze { subject: "mcp.service".into(), reason: "audit".into(), by: "ana".into(), at: 0 };
    let mut story = listed(Seen { runs: Vec::new(), freezes: vec![freeze] });
    assert!(asked(&keys(&mut story, "<enter><enter>")).is_empty());
    assert_eq!(asked(&keys(&mut story, "thaw<enter>")), ["stage Thaw", "stage List"]);
}

#[test]
fn what_is_locked_or_only_read_is_left_alone() {
    let mut story = story();
    select(&mut story, "coord", "mcp");
    assert!(asked(&keys(&mut story, "F")).is_empty());
    assert_eq!(top(&story), "panes");
    unlock(&mut story);
    select(&mut story, "coord", "mcp");
    let effects = keys(&mut story, "Fdisk<enter>");
    assert_eq!(asked(&effects), ["coord Freeze", "coord List"]);
    let mut story = listed(foreign(crashed()));
    story.model.acting.permits = Permits::read_only();
    keys(&mut story, "B");
    assert_eq!(top(&story), "operations");
}

#[test]
fn a_link_that_is_lost_meanwhile_is_told() {
    let mut story = listed(foreign(crashed()));
    let effects = keys(&mut story, &format!("E{}<enter>", op().suffix()));
    assert_eq!((asked(&effects).len(), said(&story)), (2, "its hosts are asked"));
    let lost = || {
        let fault = Fault::new(FaultKind::TimedOut, "hear from the host", "no answer for 6 s");
        HostEvent::Link(Link::Unreachable { fault, retry_at: crate::reducers::at(9) })
    };
    story.host("stage", lost());
    assert!(said(&story).starts_with("stage: not known whether it was done"), "{}", said(&story));
    // What was answered is not asked about again.
    let mut story = listed(foreign(crashed()));
    keys(&mut story, &format!("E{}<enter>", op().suffix()));
    story.host("stage", HostEvent::Acted(Acted::Done("take the claim away".into(), Ok(()))));
    story.host("stage", lost());
    assert!(!said(&story).contains("not known whether"), "{}", said(&story));
}

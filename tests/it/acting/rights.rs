//! Hosts that give no rights without a password.

use super::*;

fn denied() -> Fault {
    Fault::new(FaultKind::Denied, "act on the host", "sudo: a password is required")
}

/// A plan that a host without rights keeps from being made.
fn refused() -> Story {
    let mut story = story();
    select(&mut story, "stage", "mcp");
    let effects = keys(&mut story, "R");
    let Some((_, Ask::Look { asked, instance, .. })) = asks(&effects).pop() else {
        panic!("nobody is looked at");
    };
    let (asked, instance) = (*asked, instance.clone());
    let look = Err(denied());
    story.host("stage", HostEvent::Acted(Acted::Looked { asked, instance, look }));
    assert!(matches!(story.model.acting.planning.as_ref().unwrap().made, Some(Err(_))));
    story
}

#[test]
fn sudo_is_lent_the_terminal_and_what_was_wanted_is_planned_anew() {
    let mut story = refused();
    let asked = story.model.acting.asked;
    assert_eq!(keys(&mut story, "p"), [Effect::LetIn(Story::id("stage"))]);
    // Who is not let in changes nothing.
    story.host("stage", HostEvent::Acted(Acted::LetIn(Err(denied()))));
    assert_eq!((top(&story), story.model.acting.asked), ("plan", asked));
    assert!(said(&story).contains("a password is required"), "{}", said(&story));
    story.host("stage", HostEvent::Acted(Acted::LetIn(Ok(()))));
    assert!(matches!(asks(&story.effects).as_slice(), [(_, Ask::Look { .. })]));
    assert!(story.model.acting.asked > asked);
    // Elsewhere it is only told.
    keys(&mut story, "<esc>");
    story.host("stage", HostEvent::Acted(Acted::LetIn(Ok(()))));
    assert!(asks(&story.effects).is_empty());
}

#[test]
fn nobody_is_asked_for_a_password_without_need() {
    let mut story = refused();
    story.model.acting.permits = Permits::read_only();
    assert!(keys(&mut story, "p").is_empty());
    assert!(said(&story).contains("only reads"), "{}", said(&story));
    let mut story = story_with_rights();
    assert!(keys(&mut story, "a").is_empty());
    assert!(said(&story).contains("nobody asks for a password there"), "{}", said(&story));
}

fn story_with_rights() -> Story {
    let mut story = story();
    let facts = HostFacts { sudo: true, ..crate::reducers::facts() };
    story.host("stage", HostEvent::Facts(Box::new(facts)));
    select(&mut story, "stage", "mcp");
    story
}

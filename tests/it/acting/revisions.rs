//! Another revision than the config's, chosen in the plan of a deploy.

use quarterdeck::model::deploy::{DeployLook, DeploySpec, Deployed, Release, Strategy, Then};

use super::*;
use crate::frames::{frame, text};

/// A service of a host that nothing protects, deployed by git; it is selected.
fn deployed() -> Story {
    let mut story = story();
    let host = story.model.fleet.host_mut(&Story::id("stage")).unwrap();
    let instance = host.instances.get_mut(&"mcp".into()).unwrap();
    let mut promises = (*instance.promises).clone();
    promises.directory = Some("/srv/mcp".into());
    promises.deploy = Some(Arc::new(DeploySpec {
        strategy: Strategy::Git {
            remote: "origin".into(),
            reference: "main".into(),
            built: Vec::new(),
        },
        build: None,
        user: None,
        verify: None,
        migration: None,
        then: Then::Restart,
        timeout: Duration::from_secs(60),
        free: 1,
        after: None,
        backup: None,
        rollback_within: None,
    }));
    instance.promises = Arc::new(promises);
    select(&mut story, "stage", "mcp");
    story
}

/// What the host was asked for.
fn wanted(effects: &[Effect]) -> Vec<String> {
    let all = asks(effects).into_iter().filter_map(|(_, ask)| match ask {
        Ask::Look { more, .. } => Some(more.deploy.as_ref()?.wanted.to_string()),
        _ => None,
    });
    all.collect()
}

#[test]
fn another_revision_is_typed_in_the_plan_and_is_another_plan() {
    let mut story = deployed();
    assert_eq!(wanted(&keys(&mut story, "D")), ["main"]);
    assert!(wanted(&keys(&mut story, "v")).is_empty());
    assert_eq!(top(&story), "typing");
    // The letters are text, and no commands.
    let asked = keys(&mut story, "fix/yR<enter>");
    assert_eq!((wanted(&asked), top(&story)), (vec!["fix/yR".to_owned()], "plan"));
    // It stands there to be changed, and esc leaves the plan as it is.
    keys(&mut story, "v");
    let Some(Overlay::Plan { typed: Some((_, input)), .. }) = story.model.screen.overlays.last()
    else {
        panic!("nothing is typed");
    };
    assert_eq!(input.text, "fix/yR");
    assert!(wanted(&keys(&mut story, "<esc>")).is_empty());
    assert_eq!(top(&story), "plan");
    // What is no name is not asked for.
    keys(&mut story, "v");
    assert!(wanted(&keys(&mut story, "..x<enter>")).is_empty());
    assert!(said(&story).contains("is no name of a branch"), "{}", said(&story));
    keys(&mut story, "<esc>");
    // Only a deploy has one.
    keys(&mut story, "<esc>");
    keys(&mut story, "Rv");
    assert_eq!((top(&story), said(&story)), ("plan", "only a deploy has another revision"));
}

#[test]
fn how_far_it_is_behind_stays_once_a_plan_has_found_out() {
    let mut story = deployed();
    let unit = story.model.fleet.host(&Story::id("stage")).unwrap();
    let subject = unit.instances.get(&"mcp".into()).unwrap().kind.subject();
    let has = |story: &mut Story, revision: &str| {
        let release = Release { revision: revision.into(), ..Release::default() };
        let deployed = Deployed { subject: subject.clone(), release };
        story.host("stage", HostEvent::Claims(Vec::new(), vec![deployed], Vec::new()));
    };
    let shown = |story: &Story| text(&frame(&story.model, &chrome(), 160, 40).0);
    has(&mut story, "aaaa1111");
    let asked = keys(&mut story, "D");
    for (host, ask) in asks(&asked) {
        let Ask::Look { asked, instance, unit, .. } = ask else { continue };
        let deploy = DeployLook {
            owner: "root".into(),
            current: "aaaa1111".into(),
            wanted: "bbbb2222".into(),
            ahead: Some(2),
            ..DeployLook::default()
        };
        let look = Look { deploy: Some(Box::new(deploy)), ..seen(unit.as_ref().unwrap().as_str()) };
        let (asked, instance, look) = (*asked, instance.clone(), Ok(Box::new(look)));
        story.host(&host, HostEvent::Acted(Acted::Looked { asked, instance, look }));
    }
    keys(&mut story, "<esc>");
    assert!(shown(&story).contains("aaaa1111 -2"), "{}", shown(&story));
    // What came is the newest; of anything else nothing is known.
    has(&mut story, "bbbb2222");
    assert!(shown(&story).contains("bbbb2222 ") && !shown(&story).contains("bbbb2222 -"));
    has(&mut story, "cccc3333");
    assert!(shown(&story).contains("cccc3333 ") && !shown(&story).contains("cccc3333 -"));
}

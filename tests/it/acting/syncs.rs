//! Data that comes down from production, by keys.

use quarterdeck::model::restore::{BackupLook, SourceLook};
use quarterdeck::model::spec::Promises;
use quarterdeck::model::sync::{Scrub, SyncFrom, SyncLook, SyncSource, SyncSpec};

use super::*;

/// A service of staging whose data may be replaced by what is on a host of production.
fn with_sync(from: &str) -> Story {
    let mut story = story();
    let sync = SyncSpec {
        name: "data".into(),
        host: "stage".into(),
        to: "/srv/data".into(),
        from: SyncFrom { env: from.into(), host: Some("coord".into()), path: "/srv/above".into() },
        scrub: Scrub::Script("rm mail".into()),
    };
    let env = story.model.fleet.envs.iter_mut().find(|env| env.name.as_str() == "staging").unwrap();
    env.syncs = Arc::new([sync]);
    let host = env.hosts.values_mut().next().unwrap();
    let instance = host.instances.get_mut(&"mcp".into()).unwrap();
    instance.promises =
        Arc::new(Promises { data: vec!["/srv/data/db".into()], ..Promises::default() });
    select(&mut story, "stage", "mcp");
    story
}

fn source() -> SyncSource {
    SyncSource {
        machine: "m1".into(),
        real: "/srv/above".into(),
        at: "1:2".into(),
        place: "8:1 /srv/above".into(),
        size: Some(100),
        files: Some(3),
        faults: Vec::new(),
    }
}

/// Opens the menu, goes to the sync, and chooses it.
fn choose(story: &mut Story) -> Vec<Effect> {
    keys(story, "x");
    for _ in 0..30 {
        let chosen = match story.model.screen.overlays.last() {
            Some(Overlay::Actions { chosen, .. }) => format!("{chosen:?}"),
            other => panic!("{other:?}"),
        };
        if chosen.starts_with("Sync") {
            return keys(story, "<enter>");
        }
        press(story, KeyCode::Down);
    }
    panic!("it is not offered");
}

/// As far as the plan.
fn planned(story: &mut Story) {
    let effects = choose(story);
    let asked = asks(&effects);
    let [(host, Ask::Source { asked, instance, directory })] = asked.as_slice() else {
        panic!("{asked:?}");
    };
    assert_eq!((host.as_str(), &**directory), ("coord", "/srv/above"));
    let acted = Acted::Sourced {
        asked: *asked,
        instance: instance.clone(),
        source: Ok(Box::new(source())),
    };
    story.host("coord", HostEvent::Acted(acted));
    let effects = std::mem::take(&mut story.effects);
    let asked = asks(&effects);
    let [(host, Ask::Look { asked, instance, more, .. })] = asked.as_slice() else {
        panic!("{asked:?}");
    };
    let ask = more.sync.as_deref().unwrap();
    assert_eq!((host.as_str(), ask.env.as_str(), ask.units.len()), ("stage", "staging", 1));
    assert_eq!(ask.source, source());
    let there = BackupLook {
        source: SourceLook {
            kind: "directory".into(),
            at: "1:7".into(),
            real: "/srv/data".into(),
            size: Some(100),
            free: Some(1_000_000),
            ..SourceLook::default()
        },
        gnu: true,
        ..BackupLook::default()
    };
    let sync = SyncLook {
        source: source(),
        owner: "app".into(),
        admits: true,
        there,
        ..SyncLook::default()
    };
    let look = Look { sync: Some(Box::new(sync)), ..seen("mcp.service") };
    let look = Ok(Box::new(look));
    let acted = Acted::Looked { asked: *asked, instance: instance.clone(), look };
    story.host("stage", HostEvent::Acted(acted));
    story.wait(1);
    let made = &story.model.acting.planning.as_ref().unwrap().made;
    assert!(matches!(made, Some(Ok(_))), "{made:?}");
}

#[test]
fn it_is_in_the_menu_of_what_uses_the_data_and_wants_host_and_path_typed() {
    let mut story = with_sync("production");
    planned(&mut story);
    assert!(keys(&mut story, "y").is_empty());
    assert_eq!(top(&story), "typing");
    let effects = keys(&mut story, "stage:/srv/data<enter>");
    assert!(matches!(asks(&effects).as_slice(), [(host, Ask::Claim(_))] if host == "stage"));
    let sends = effects.iter().any(|effect| format!("{effect:?}").contains("Source"));
    assert!(!sends, "nothing more is asked of production");
}

#[test]
fn a_console_that_only_reads_brings_nothing_down() {
    let mut story = with_sync("production");
    planned(&mut story);
    story.model.acting.permits = Permits::read_only();
    keys(&mut story, "y");
    let effects = keys(&mut story, "stage:/srv/data<enter>");
    assert!(changing(&effects).is_empty(), "{effects:?}");
}

#[test]
fn what_would_go_up_or_across_asks_nobody() {
    for from in ["staging", "nowhere"] {
        let mut story = with_sync(from);
        assert!(asks(&choose(&mut story)).is_empty(), "{from}");
    }
    // Its tier is another one since the menu was opened.
    let mut story = with_sync("production");
    for env in &mut story.model.fleet.envs {
        env.tier = quarterdeck::model::spec::Tier::Production;
    }
    assert!(asks(&choose(&mut story)).is_empty());
    assert!(said(&story).contains("data never goes there"), "{}", said(&story));
}

#[test]
fn a_source_that_is_not_reached_is_no_plan() {
    let mut story = with_sync("production");
    let effects = choose(&mut story);
    let asked = asks(&effects);
    let [(_, Ask::Source { asked, instance, .. })] = asked.as_slice() else { panic!("{asked:?}") };
    let fault = Fault::new(FaultKind::Unreachable, "ask the host", "it is not connected");
    let acted = Acted::Sourced { asked: *asked, instance: instance.clone(), source: Err(fault) };
    story.host("coord", HostEvent::Acted(acted));
    story.wait(1);
    let made = &story.model.acting.planning.as_ref().unwrap().made;
    assert!(matches!(made, Some(Err(_))), "{made:?}");
}

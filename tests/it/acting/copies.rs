//! What is done about backups, by keys.

use quarterdeck::model::backup::{
    BackupFacts, BackupSpec, Checked, Comparison, Copy, Identity, Integrity, TimeFrom, Way,
};
use quarterdeck::model::restore::{BackupLook, Proof, SourceLook, Sum};
use quarterdeck::model::screen::BackupId;

use super::*;

/// A host that nothing protects, with two backups, of which one is selected.
fn with_backup(name: &str) -> Story {
    let mut story = story();
    let spec = |name: &str, way: Way| BackupSpec {
        name: name.into(),
        host: "stage".into(),
        source: Some("/srv/data".into()),
        database: None,
        way,
        every: Duration::from_secs(21_600),
        grace: Duration::ZERO,
        keep: None,
        restore_within: None,
        min_size: None,
        time_from: TimeFrom::Mtime,
        job: None,
        make: None,
    };
    let files = Way::Files {
        directory: "/srv/backups".into(),
        pattern: "data-*.tar.gz".into(),
        folders: false,
    };
    let env = story.model.fleet.envs.iter_mut().find(|env| env.name.as_str() == "staging");
    env.unwrap().backups =
        Arc::new([spec("data", files), spec("work", Way::Git { directory: "/srv/x".into() })]);
    story.model.screen.view.focus = Pane::Backups;
    story.model.screen.selection.backup =
        Some(BackupId { host: Story::id("stage"), name: name.into() });
    story
}

/// A host with one good copy.
fn sound() -> Look {
    let identity = Identity { place: (1, 2), size: 9000, changed: 1_790_000_000 };
    let copy = Copy {
        name: "data-1.tar.gz".into(),
        at: 1_790_000_000,
        size: Some(9000),
        identity: identity.clone(),
    };
    let proof = Proof {
        path: "/srv/backups/data-1.tar.gz".into(),
        folder: false,
        state: "1:2 9000 1790000000".into(),
        sum: Sum::None,
        checked: Checked {
            identity,
            at: 1_790_000_000,
            kind: "gzip, tar".into(),
            integrity: Integrity::Good,
            comparison: Ok(Comparison::default()),
            size: None,
            twins: Vec::new(),
        },
        copy: copy.clone(),
    };
    let backup = BackupLook {
        facts: BackupFacts { taken: 1_790_003_600, copies: vec![copy], ..BackupFacts::default() },
        place: "1:9".into(),
        place_free: Some(1_000_000),
        source: SourceLook {
            kind: "directory".into(),
            at: "1:7".into(),
            real: "/srv/data".into(),
            size: Some(100),
            free: Some(1_000_000),
            ..SourceLook::default()
        },
        gnu: true,
        proofs: vec![proof],
        ..BackupLook::default()
    };
    Look { units: Vec::new(), backup: Some(Box::new(backup)), ..seen("x") }
}

fn planned(story: &mut Story, keys_of: &str) {
    let effects = keys(story, keys_of);
    let asked = asks(&effects);
    let [(host, Ask::Look { asked, instance, more, .. })] = asked.as_slice() else {
        panic!("{asked:?}");
    };
    assert!(more.backup.is_some() && host == "stage");
    let look = Ok(Box::new(sound()));
    let acted = Acted::Looked { asked: *asked, instance: instance.clone(), look };
    story.host("stage", HostEvent::Acted(acted));
    story.wait(1);
    let made = &story.model.acting.planning.as_ref().unwrap().made;
    assert!(matches!(made, Some(Ok(_))), "{made:?}");
}

#[test]
fn a_copy_is_made_by_the_menu_of_a_backup() {
    let mut story = with_backup("data");
    planned(&mut story, "x<enter>");
    let effects = keys(&mut story, "y");
    assert!(matches!(asks(&effects).as_slice(), [(host, Ask::Claim(_))] if host == "stage"));
}

#[test]
fn data_is_replaced_only_with_host_and_path_typed_where_nothing_is_protected() {
    let mut story = with_backup("data");
    planned(&mut story, "x<down><enter>");
    assert!(keys(&mut story, "y").is_empty());
    assert_eq!(top(&story), "typing");
    let effects = keys(&mut story, "data<enter>");
    assert!(changing(&effects).is_empty());
    assert_eq!(said(&story), "type `stage:/srv/data` to confirm");
    for _ in 0..4 {
        press(&mut story, KeyCode::Backspace);
    }
    let effects = keys(&mut story, "stage:/srv/data<enter>");
    assert!(matches!(asks(&effects).as_slice(), [(host, Ask::Claim(_))] if host == "stage"));
}

#[test]
fn what_is_not_possible_says_why_and_asks_nobody() {
    let mut story = with_backup("work");
    assert!(asks(&keys(&mut story, "x<enter>")).is_empty());
    assert!(said(&story).contains("it is made by git"), "{}", said(&story));
    story.model.screen.board = true;
    story.model.screen.overlays.clear();
    assert!(asks(&keys(&mut story, "x<enter>")).is_empty());
    assert_eq!(top(&story), "panes");
}

#[test]
fn another_copy_is_chosen_in_the_plan_and_none_beyond_the_oldest() {
    let mut story = with_backup("data");
    planned(&mut story, "x<down><enter>");
    keys(&mut story, "[");
    assert_eq!(said(&story), "no older copy is there");
    let older = {
        let planning = story.model.acting.planning.as_mut().unwrap();
        let look = planning.looks.values_mut().next().unwrap().as_mut().unwrap().as_mut().unwrap();
        let copies = &mut look.0.backup.as_mut().unwrap().facts.copies;
        let mut older = copies[0].clone();
        older.name = "data-0.tar.gz".into();
        older.at -= 86_400;
        copies.push(older);
        "data-0.tar.gz"
    };
    let wanted = |effects: &[Effect]| match asks(effects).as_slice() {
        [(_, Ask::Look { more, .. })] => more.backup.as_ref().unwrap().from.clone(),
        other => panic!("{other:?}"),
    };
    assert_eq!(wanted(&keys(&mut story, "[")).as_deref(), Some(older));
    // What has to be typed stays the same: it names what is replaced.
    assert_eq!(top(&story), "plan");
    let intent = &story.model.acting.planning.as_ref().unwrap().intent;
    assert!(matches!(&intent.input, Input::Restore { phrase, .. } if phrase == "stage:/srv/data"));
}

//! Of plans that bring another revision.

use super::super::tests::{deployed, fitting, is_read, planned, release, target, unit};
use crate::model::deploy::copy::{CopyLook, CopySpec, DELETIONS, Origin};
use crate::model::deploy::{DeployLook, DeploySpec, Release, Strategy};
use crate::model::plan::{Input, OnFail, Undo};
use crate::model::verb::Verb;

/// Three strategies.
fn strategies() -> Vec<Strategy> {
    let git = Strategy::Git {
        remote: "origin".into(),
        reference: "main".into(),
        built: vec!["it's built".into()],
    };
    let undo = Some("echo it\\'s undone".into());
    let script = Strategy::Script { run: "echo it\\'s done".into(), undo, revision: None };
    vec![release(), git, script]
}

#[test]
fn every_script_of_every_strategy_is_one_that_a_shell_reads() {
    for strategy in strategies() {
        for verb in [Verb::Deploy, Verb::Rollback] {
            let mut target = target(unit(&[]));
            deployed(&mut target, strategy.clone());
            let host = planned(verb, Input::None, &target).unwrap().hosts[0].clone();
            let undone = host.steps.iter().filter_map(|step| match &step.undo {
                Undo::Script(script) => Some(script),
                Undo::NotNeeded | Undo::NotPossible(_) => None,
            });
            for script in
                host.steps.iter().map(|step| &step.script).chain(undone).chain([&host.common])
            {
                is_read(script, &format!("{strategy:?} {verb:?}"));
            }
        }
    }
}

#[test]
fn what_differs_goes_alone_where_what_is_there_is_kept_and_nothing_is_made_of_it() {
    let spec = || CopySpec {
        from: Origin::Directory("/it's/dist".into()),
        paths: Vec::new(),
        exclude: vec!["it's".into()],
        built: Vec::new(),
        deletions: DELETIONS,
        served: false,
    };
    let sent = |change: &dyn Fn(&mut DeploySpec, &mut DeployLook)| {
        let mut target = target(unit(&[]));
        deployed(&mut target, Strategy::Rsync(spec()));
        let look = target.look.deploy.as_mut().unwrap();
        look.changed.clear();
        (look.store, look.tree) = ("/srv/.quarterdeck-api".into(), "2".repeat(64).into());
        let base = look.releases.iter().find(|one| one.kept).unwrap().id.clone();
        look.sums = vec![(base, look.tree.clone())];
        let list = |bytes: u32| format!("-rw-r--r-- {bytes} 2026/11/22 01:42:47 it's\n");
        let copy = crate::probe::act::copy::changes(list(2).as_bytes(), list(1).as_bytes());
        look.copy = Some(CopyLook { items: 1, list: "3".repeat(64).into(), ..copy });
        let promises = std::sync::Arc::make_mut(&mut target.promises);
        let promised = std::sync::Arc::make_mut(promises.deploy.as_mut().unwrap());
        (promised.build, promised.migration) = (None, None);
        change(promised, look);
        let host = planned(Verb::Deploy, Input::None, &target).unwrap().hosts[0].clone();
        for step in &host.steps {
            is_read(&step.script, &step.title);
            if let Undo::Script(script) = &step.undo {
                is_read(script, &step.title);
            }
        }
        is_read(&host.common, "common");
        host.load.unwrap()
    };
    let names = |load: &super::super::Load| load.moves.as_ref().map(|moves| moves.names.len());
    let load = sent(&|_, _| ());
    assert_eq!(names(&load), Some(1));
    assert!(load.directory.starts_with("/srv/.quarterdeck-api/trees/"), "{}", load.directory);
    assert_eq!(names(&sent(&|spec, _| spec.build = Some("make".into()))), None);
    let load = sent(&|_, look| look.sums[0].1 = "4".repeat(64).into());
    assert_eq!(names(&load), None, "what is there is no release that is kept");
    assert!(!load.links, "what is kept is not linked with what is used");
    let load = sent(&|_, look| {
        look.sums.clear();
        look.copy.as_mut().unwrap().total = 1 << 40;
    });
    assert!(load.links, "there is no room for a copy");
}

#[test]
fn what_would_be_lost_or_cannot_fit_is_refused() {
    let refused = |change: &dyn Fn(&mut DeployLook)| {
        let mut target = fitting(Verb::Deploy);
        change(target.look.deploy.as_mut().unwrap());
        planned(Verb::Deploy, Input::None, &target).unwrap_err()
    };
    assert!(refused(&|look| look.changed = vec![" M app.py".into()]).contains("M app.py"));
    assert!(refused(&|look| look.free = Some(9)).contains("9 MiB"));
    assert!(refused(&|look| look.faults = vec!["git says no".into()]).contains("git says no"));
    assert!(refused(&|look| look.wanted = Box::default()).contains("which commit"));
    let older = refused(&|look| (look.ahead, look.behind) = (Some(0), Some(2)));
    assert!(older.contains("rollback"), "{older}");
}

#[test]
fn one_goes_back_to_what_was_healthy_and_never_to_where_one_came_from() {
    let to = |input: Input, change: &dyn Fn(&mut DeployLook)| {
        let mut target = fitting(Verb::Rollback);
        change(target.look.deploy.as_mut().unwrap());
        planned(Verb::Rollback, input, &target).map(|plan| {
            assert_eq!(plan.hosts[0].on_fail, OnFail::Halt);
            plan.hosts[0].brings[0].clone()
        })
    };
    let same = |_: &mut DeployLook| {};
    assert_eq!(to(Input::Revision(None), &same).unwrap(), "from 2222 to 1111");
    let back = |look: &mut DeployLook| {
        look.current = "1111".into();
        look.link = "releases/A".into();
    };
    let none = to(Input::None, &back).unwrap_err();
    assert!(
        none.contains("nothing to go back to") && none.ends_with("another one: 2222"),
        "{none}"
    );
    let named = |name: &str| Input::Revision(Some(name.to_owned()));
    assert_eq!(to(named("2222"), &back).unwrap(), "from 1111 to 2222");
    assert!(to(named("2223"), &same).unwrap_err().contains("never healthy"));
    assert!(to(named("9999"), &same).unwrap_err().contains("2222, 1111"));
    assert!(to(named("2222"), &same).unwrap_err().contains("is what is there"));
    let gone = |look: &mut DeployLook| look.releases[2].kept = false;
    assert!(to(named("1111"), &gone).unwrap_err().contains("tidied up"));
}

#[test]
fn what_was_taken_back_there_is_told_before_it_is_tried_again() {
    let warned = |wanted: &str| {
        let mut target = fitting(Verb::Deploy);
        target.look.deploy.as_mut().unwrap().wanted = wanted.into();
        let plan = planned(Verb::Deploy, Input::None, &target).unwrap();
        plan.hosts[0].warnings.iter().any(|line| line.contains("and was taken back"))
    };
    let look = fitting(Verb::Deploy).look.deploy.unwrap();
    let of = |healthy: bool| look.releases.iter().find(|one| one.healthy == healthy).unwrap();
    assert!(warned(&of(false).revision));
    assert!(!warned(&of(true).revision));
    assert!(!warned("7777"));
}

#[test]
fn when_one_went_back_there_last_is_told_before_a_deploy() {
    let told = |lines: &[&str]| {
        let mut target = fitting(Verb::Deploy);
        let look = target.look.deploy.as_mut().unwrap();
        look.releases = lines.iter().rev().filter_map(|line| Release::parse(line)).collect();
        let plan = planned(Verb::Deploy, Input::None, &target).unwrap();
        let brings = plan.hosts[0].brings.clone();
        brings
            .into_iter()
            .find(|line| line.contains("go back there") || line.contains("gone back there"))
    };
    let first = "100 A healthy 1111 ana";
    let second = "200 B healthy 2222 ana";
    let never = "nobody has ever gone back there: that it works is not proved";
    assert_eq!(told(&[first, second]).as_deref(), Some(never));
    // The same once more is no way back.
    assert_eq!(told(&[first, "150 C healthy 1111 ana", second]).as_deref(), Some(never));
    let by_hand = told(&[first, second, "300 A healthy 1111 bo", "400 D healthy 3333 ana"]);
    assert!(by_hand.as_deref().is_some_and(|line| line.ends_with("by bo")), "{by_hand:?}");
    let alone = told(&[first, "300 E reverted 2222 cleo", "400 F healthy 2222 ana"]);
    assert!(alone.as_deref().is_some_and(|line| line.ends_with("by cleo")), "{alone:?}");
}

//! Deploys on real hosts: another revision is staged, started, proved; else the host takes it back.

mod drills;
mod few;
mod health;
mod hostile;
mod ladder;
mod migrations;
mod policies;
mod returns;
mod rolling;
mod rsync;
mod scene;
mod static_files;
mod ten;
mod unit_files;

use self::scene::{Yard, orphan};
use crate::poll::secs;

#[test]
fn a_release_is_deployed_and_one_goes_back_by_moving_a_link() {
    let yard = Yard::new("dp-release");
    let said = yard.desk.act(&["deploy", "rel"]);
    assert_eq!(said.code, 0, "{said:?}");
    assert_eq!(yard.answer("rel"), "one");
    let first = yard.host.sh("readlink /srv/rel/current");
    yard.push("two", "echo two >version");
    assert_eq!(yard.desk.act(&["deploy", "rel"]).code, 0);
    assert_eq!(yard.answer("rel"), "two");
    assert_eq!(yard.host.sh("cat /srv/rel/current/built.txt"), yard.commit());
    // What is asked for again is told to be there, and is no fault.
    let plan = yard.desk.page(&["deploy", "rel"]);
    assert!(plan.contains("is what is there already"), "{plan}");

    assert_eq!(yard.desk.act(&["rollback", "rel"]).code, 0);
    assert_eq!(yard.answer("rel"), "one");
    assert_eq!(yard.host.sh("readlink /srv/rel/current"), first);
    let said = yard.desk.run(&["rollback", "rel", "--plan"]);
    assert!(said.err.contains("nothing to go back to"), "{said:?}");
    yard.is_clean();
}

#[test]
fn what_dies_in_its_soak_is_taken_back_by_the_host_though_the_console_is_dead() {
    let yard = Yard::new("dp-soak");
    for service in ["rel", "tree"] {
        assert_eq!(yard.desk.act(&["deploy", service]).code, 0);
    }
    yard.push("bad", &Yard::dies());
    for (service, folder) in [("rel", "rel/current"), ("tree", "tree")] {
        let console = yard.desk.begin(&["deploy", service, "--soak", "120s"]);
        let bad = format!("grep -c os._exit /srv/{folder}/server.py || :");
        let log = orphan(&yard.host, console, || {
            assert_eq!(yard.host.sh(&bad), "1", "the bad one is there for now");
        });
        assert!(log.contains(", after it was healthy"), "{log}");
        assert_eq!(yard.answer(service), "one");
        assert_eq!(yard.host.sh(&bad), "0");
    }
    let record = yard.host.sh("cat /var/lib/quarterdeck/subjects/*/releases");
    assert_eq!(record.matches(" reverted ").count(), 2, "{record}");
    yard.is_clean();
}

#[test]
fn a_build_that_fails_never_touches_what_runs() {
    let yard = Yard::new("dp-build");
    for service in ["rel", "tree"] {
        assert_eq!(yard.desk.act(&["deploy", service]).code, 0);
    }
    let runs = ["rel", "tree"].map(|unit| yard.run_of(unit));
    yard.push("broken", "touch broken; echo two >version");
    for service in ["rel", "tree"] {
        let said = yard.desk.act(&["deploy", service]);
        assert_eq!(said.code, 1, "{said:?}");
        assert!(said.json.to_string().contains("the build failed"), "{said:?}");
        assert_eq!(yard.answer(service), "one");
    }
    assert_eq!(["rel", "tree"].map(|unit| yard.run_of(unit)), runs, "nothing was started again");
    let left = yard
        .host
        .sh("ls /srv/rel/releases /srv/tree/.git/worktrees 2>/dev/null | grep -c '^0' || :");
    assert_eq!(left, "1", "only the release that runs is there");
    yard.is_clean();
}

#[test]
fn a_work_tree_goes_to_a_commit_and_back_with_what_was_built() {
    let yard = Yard::new("dp-tree");
    assert_eq!(yard.desk.act(&["deploy", "tree"]).code, 0);
    let one = yard.commit();
    yard.push("two", "echo two >version");
    assert_eq!(yard.desk.act(&["deploy", "tree"]).code, 0);
    assert_eq!(yard.answer("tree"), "two");
    assert_eq!(yard.host.sh("cat /srv/tree/out/built"), yard.commit());
    // Going back builds nothing: the remote is gone, and so is the compiler.
    yard.host.sh("mv /srv/git.d /srv/gone; cp /srv/tree/out/built /tmp/built; touch /srv/nobuild");
    let said = yard.desk.act(&["rollback", "tree", "--to", one.get(..12).unwrap()]);
    assert_eq!(said.code, 0, "{said:?}");
    assert_eq!(yard.answer("tree"), "one");
    assert_eq!(yard.host.sh("cat /srv/tree/out/built"), one);
    yard.host.sh("mv /srv/gone /srv/git.d");

    // What somebody changed by hand on the host is not lost.
    yard.host.sh("echo hotfix >>/srv/tree/version");
    let said = yard.desk.run(&["deploy", "tree", "--plan"]);
    assert!(said.err.contains("changed by hand") && said.err.contains("version"), "{said:?}");
    yard.is_clean();
}

#[test]
fn a_plan_whose_tree_has_changed_meanwhile_is_stale() {
    let yard = Yard::new("dp-stale");
    yard.push("two", "echo two >version");
    let hash = yard.desk.hash(&["deploy", "tree"]);
    yard.host.sh("echo hotfix >>/srv/tree/version");
    let said = yard.desk.run(&["deploy", "tree", "--confirm", &hash]);
    assert_ne!(said.code, 0, "{said:?}");
    assert_eq!(yard.host.sh("tail -n 1 /srv/tree/version"), "hotfix");
    // The branch moves between the look and the confirmation: that is another plan.
    yard.host.sh("sudo -u app git -C /srv/tree checkout -q version");
    let hash = yard.desk.hash(&["deploy", "tree"]);
    yard.push("three", "echo three >version");
    let said = yard.desk.run(&["deploy", "tree", "--confirm", &hash]);
    assert_eq!(said.code, 75, "{said:?}");
    assert_eq!(yard.answer("tree"), "one");
    yard.is_clean();
}

#[test]
fn what_did_not_run_well_in_the_environment_before_is_not_deployed() {
    let yard = Yard::new("dp-after");
    yard.add_production();
    let plan = ["deploy", "rel", "--env", "production"];
    let refused = |what: &str| {
        let said = yard.desk.run(&[&plan[..], &["--plan"]].concat());
        assert_eq!(said.code, 1, "{said:?}");
        assert!(said.err.contains(what), "{what}: {said:?}");
    };
    refused("rel on dp-after in lab is failed");
    assert_eq!(yard.desk.act(&["deploy", "rel", "--env", "lab"]).code, 0);
    refused("the backup data is missing");
    yard.host.sh("tar -czf /srv/data-1.tar.gz -C /srv data");
    let said = yard.desk.act(&plan);
    assert_eq!(said.code, 0, "{said:?}");
    // Another commit is not the one that was proved there.
    let proved = yard.commit();
    yard.push("two", "echo two >version");
    refused(&format!("has {}, not", proved.get(..10).unwrap()));
    // What is proved is deployed by its name.
    yard.host.sh("systemctl kill -s STOP rel");
    let named = [&plan[..], &["--revision", &proved]].concat();
    let said = yard.desk.run(&[&named[..], &["--plan"]].concat());
    assert!(said.code == 1 && said.err.contains("rel on dp-after in lab is"), "{said:?}");
    let skipped = [&named[..], &["--skip", "after"]].concat();
    let said = yard.desk.run(&[&skipped[..], &["--plan"]].concat());
    assert!(said.code == 0 && said.out.contains("left out, `--skip after`"), "{said:?}");
    yard.host.sh("systemctl kill -s CONT rel");

    yard.freeze_production();
    refused("production is frozen for");
}

#[test]
fn what_is_deployed_is_seen_by_whoever_looks() {
    let yard = Yard::new("dp-seen");
    assert_eq!(yard.desk.act(&["deploy", "--all"]).code, 0);
    let said = yard.desk.run(&["status", "--json"]);
    let json: serde_json::Value = serde_json::from_str(&said.out).unwrap();
    let services = json["environments"][0]["services"].as_array().unwrap();
    let rel = services.iter().find(|one| one["name"] == "rel").unwrap();
    assert_eq!([yard.answer("rel"), yard.answer("tree")], ["one", "one"]);
    assert_eq!(rel["deployed"]["revision"], yard.commit().as_str(), "{rel:#}");
    let screen = crate::screen::Screen::console(&yard.desk, 160, 40);
    screen.wait_row(&["rel", yard.commit().get(..10).unwrap()], secs(20));
    screen.keys(&["q"]);
    screen.wait_shell();
}

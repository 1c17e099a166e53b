//! Acting by keys in a real terminal.

use rustix::process::Signal;

use super::scene::{Scene, WEB, yes};
use crate::poll::{self, secs};
use crate::screen::Screen;

/// A console that shows the web service alone.
pub(super) fn console(scene: &Scene) -> Screen {
    let screen = Screen::console(&scene.desk, 120, 40);
    screen.wait("it is connected", secs(20), |text| text.contains(" 1/1 hosts up"));
    // What an earlier console filtered by is kept.
    screen.keys(&["/", "C-u"]);
    screen.type_text(WEB);
    screen.keys(&["Enter"]);
    screen.wait_row(&["running", WEB], secs(20));
    screen
}

pub(super) fn wait(screen: &Screen, words: &str) -> String {
    screen.wait(words, secs(30), |text| text.contains(words))
}

#[test]
fn a_second_console_sees_is_refused_and_goes_on_when_the_first_is_killed() {
    let scene = Scene::new("sc-two");
    let run = scene.run_of(WEB);
    let (first, second) = (console(&scene), console(&scene));
    first.keys(&["R"]);
    wait(&first, "run it? y runs it");
    assert_eq!(scene.run_of(WEB), run);
    yes(&first);
    // The plan names the steps too: only the operation says that it runs.
    wait(&first, "» running");
    second.keys(&["R"]);
    let refused = wait(&second, "there is no plan");
    assert!(refused.contains(" has it (restart web"), "{refused}");
    second.keys(&["Escape"]);
    second.keys(&["o"]);
    wait(&second, "» running");
    first.signal(Signal::KILL);
    poll::until("the host ends it alone", secs(40), || {
        second.keys(&["r"]);
        let text = second.text();
        if text.contains("✓ succeeded") { Ok(()) } else { Err(text) }
    });
    let run_then = scene.run_of(WEB);
    assert_ne!(run_then, run);
    second.keys(&["Escape"]);
    second.keys(&["R"]);
    wait(&second, "run it? y runs it");
    yes(&second);
    wait(&second, "✓ succeeded: everything was done and is healthy");
    assert_ne!(scene.run_of(WEB), run_then);
    drop((first, second));
    scene.nothing_is_left();
}

#[test]
fn a_second_console_attaches_to_what_the_first_began_and_takes_over_when_that_is_killed() {
    let scene = Scene::new("sc-attach");
    let child = scene.desk.begin(&["action", "slow", WEB]);
    scene.wait_running();
    scene.host.wait_for_log("middle");
    let second = console(&scene);
    second.keys(&["o"]);
    wait(&second, "ends it at a step's border");
    second.keys(&["Enter"]);
    let text = wait(&second, "middle");
    assert!(text.contains("followed here") && text.contains("was printed on sc-attach"), "{text}");
    second.keys(&["B"]);
    wait(&second, "its runner lives: it can be cancelled");
    // Its console dies first, then its runner.
    let pid = rustix::process::Pid::from_raw(i32::try_from(child.id()).unwrap()).unwrap();
    rustix::process::kill_process(pid, Signal::KILL).unwrap();
    drop(child.wait_with_output().unwrap());
    scene.host.sh(&format!("kill -9 {}", scene.host.runner()));
    wait(&second, "B takes it back, E leaves it so");
    let op = scene.newest()["operation"].as_str().unwrap().to_owned();
    second.keys(&["B"]);
    wait(&second, ">type ");
    second.type_line(op.get(op.len() - 6..).unwrap());
    poll::until("what takes it back is followed to its end", secs(30), || {
        let text = second.text();
        if text.contains("undone") && text.contains("it is over") { Ok(()) } else { Err(text) }
    });
    assert_eq!(scene.host.sh("cat /root/trace"), "began\nundone");
    drop(second);
    scene.nothing_is_left();
}

#[test]
fn production_is_unlocked_with_a_reason_and_its_service_is_named() {
    let scene = Scene::new("sc-named");
    let config = Scene::config(scene.host.name());
    scene.desk.configure(&config.replace("\"staging\"", "\"production\""));
    let run = scene.run_of(WEB);
    let screen = console(&scene);
    screen.keys(&["R"]);
    wait(&screen, "locked: W unlocks it");
    yes(&screen);
    wait(&screen, "lab is locked: unlock it first");
    screen.keys(&["W"]);
    screen.type_text("a lab's test");
    screen.keys(&["Enter"]);
    wait(&screen, "UNLOCKED 15m");
    screen.keys(&["y"]);
    screen.type_text("webb");
    screen.keys(&["Enter"]);
    wait(&screen, "type `web` to confirm");
    assert_eq!(scene.run_of(WEB), run, "a wrong name does nothing");
    screen.keys(&["BSpace", "Enter"]);
    wait(&screen, "✓ succeeded: everything was done and is healthy");
    assert_ne!(scene.run_of(WEB), run);
    screen.keys(&["W"]);
    wait(&screen, "lab is locked again");
    drop(screen);
    scene.nothing_is_left();
}

#[test]
fn what_a_colleague_does_is_seen_by_everybody_without_asking() {
    let scene = Scene::new("sc-others");
    let screen = console(&scene);
    let mut child = scene.desk.begin(&["action", "slow", WEB]);
    // By the same user from another console: it is not this one's.
    screen.wait_row(&["web", ": slow web"], secs(12));
    screen.wait_row(&["lab", "1 of colleagues"], secs(5));
    assert!(child.wait().unwrap().success());
    screen.wait("it is over", secs(12), |text| !text.contains("of colleagues"));
    screen.keys(&["q"]);
    screen.wait_shell();
    scene.nothing_is_left();
}

#[test]
fn a_shell_on_the_host_and_back_with_the_view_as_it_was() {
    let scene = Scene::new("sc-shell");
    let screen = console(&scene);
    screen.keys(&["s"]);
    wait(&screen, "a shell on lab/sc-shell");
    // Over the user's own ssh, as the user.
    screen.type_text("echo it is $(hostname) as $(id -un)");
    screen.keys(&["Enter"]);
    wait(&screen, "it is sc-shell as ops");
    screen.type_text("exit");
    screen.keys(&["Enter"]);
    screen.wait_row(&["running", WEB], secs(10));
    screen.keys(&["q"]);
    screen.wait_shell();
}

#[test]
fn what_others_left_is_taken_back_and_a_freeze_is_made_and_lifted_by_keys() {
    let scene = Scene::new("sc-mend");
    let child = scene.desk.begin(&["action", "slow", WEB]);
    let op = scene.wait_running();
    scene.host.wait_for_log("middle");
    let screen = console(&scene);
    screen.keys(&["o"]);
    wait(&screen, "ends it at a step's border");
    screen.keys(&["B"]);
    wait(&screen, "its runner lives: it can be cancelled");
    scene.host.sh(&format!("kill -9 {}", scene.host.runner()));
    drop(child.wait_with_output().unwrap());
    poll::until("its runner is seen to be dead", secs(30), || {
        screen.keys(&["r"]);
        let text = screen.text();
        if text.contains("crashed") { Ok(()) } else { Err(text) }
    });
    assert_eq!(scene.host.sh("cat /root/trace"), "began");
    screen.keys(&["B"]);
    wait(&screen, ">type ");
    // Another word takes nothing back.
    screen.type_line("WWWWWW");
    wait(&screen, "or esc leaves it as it is");
    assert_eq!(scene.host.sh("cat /root/trace"), "began");
    screen.keys(&["C-u"]);
    screen.type_line(op.get(op.len() - 6..).unwrap());
    poll::until("it is taken back", secs(30), || {
        let trace = scene.host.sh("cat /root/trace");
        if trace == "began\nundone" { Ok(()) } else { Err(trace) }
    });
    poll::until("and over", secs(30), || {
        screen.keys(&["r"]);
        let text = screen.text();
        if text.contains("undone") && !text.contains("crashed") { Ok(()) } else { Err(text) }
    });
    screen.keys(&["Escape"]);

    screen.keys(&["F"]);
    wait(&screen, ">reason");
    screen.type_line("an audit");
    wait(&screen, "freeze: done");
    screen.keys(&["R"]);
    wait(&screen, "an audit");
    screen.keys(&["Escape"]);
    screen.keys(&["o"]);
    wait(&screen, "! frozen");
    screen.keys(&["Home"]);
    screen.keys(&["Enter"]);
    wait(&screen, ">type thaw");
    screen.type_line("thaw");
    wait(&screen, "lift the freeze: done");
    screen.keys(&["Escape"]);
    let run = scene.run_of(WEB);
    screen.keys(&["R"]);
    wait(&screen, "run it? y runs it");
    yes(&screen);
    wait(&screen, "✓ succeeded: everything was done and is healthy");
    assert_ne!(scene.run_of(WEB), run);
    drop(screen);
    scene.nothing_is_left();
}

#[test]
fn two_marked_services_are_restarted_in_one_plan_and_the_third_is_left_alone() {
    let scene = Scene::new("sc-marks");
    let screen = Screen::console(&scene.desk, 120, 40);
    screen.wait("it is connected", secs(20), |text| text.contains(" 1/1 hosts up"));
    for unit in ["db", "worker"] {
        scene.host.unit(&format!("{unit}.service"), "[Service]\nExecStart=/bin/sleep inf");
    }
    scene.desk.append(
        "[[env.service]]\nname = \"db\"\nunit = \"db.service\"\n\
         [[env.service]]\nname = \"worker\"\nunit = \"worker.service\"\nneeds = [\"db\"]\n",
    );
    let services = ["db", "worker", WEB];
    for service in services {
        screen.wait_row(&["running", service], secs(20));
    }
    let runs = services.map(|service| scene.run_of(service));
    // What needs another is marked first, and done last.
    for service in ["worker", "db"] {
        screen.keys(&["/", "C-u"]);
        screen.type_text(service);
        screen.keys(&["Enter"]);
        screen.wait("it alone is shown", secs(5), |text| {
            services.iter().all(|one| (*one == service) == text.contains(&format!(" {one} ")))
        });
        screen.keys(&["Space"]);
        screen.wait_row(&["*running", service], secs(5));
    }
    screen.keys(&["R"]);
    wait(&screen, "run it? y runs it");
    let text = screen.text();
    assert!(text.contains("restart db, worker"), "{text}");
    yes(&screen);
    wait(&screen, "✓ succeeded: everything was done and is healthy");
    let then = services.map(|service| scene.run_of(service));
    assert_eq!(
        [runs[0] != then[0], runs[1] != then[1], runs[2] == then[2]],
        [true; 3],
        "{runs:?} {then:?}"
    );
    assert!(!screen.text().contains("marked"), "{}", screen.text());
    drop(screen);
    scene.nothing_is_left();
}

//! Acting by keys in a real terminal.

use rustix::process::Signal;

use super::scene::{Scene, WEB, yes};
use crate::poll::{self, secs};
use crate::screen::Screen;

/// A console that shows the web service alone.
fn console(scene: &Scene) -> Screen {
    let screen = Screen::console(&scene.desk, 120, 40);
    screen.wait("it is connected", secs(20), |text| text.contains(" 1/1 hosts up"));
    // What an earlier console filtered by is kept.
    screen.keys(&["/", "C-u"]);
    screen.type_text(WEB);
    screen.keys(&["Enter"]);
    screen.wait_row(&["running", WEB], secs(20));
    screen
}

fn wait(screen: &Screen, words: &str) -> String {
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

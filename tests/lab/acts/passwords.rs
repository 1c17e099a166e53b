//! Hosts whose sudo wants a password: it asks for it on the terminal, and nobody else sees it.

use super::console::{console, wait};
use super::scene::{Scene, WEB, yes};
use crate::desk::{Desk, config};
use crate::lab::Host;
use crate::poll::{self, secs};
use crate::screen::Screen;

const PASSWORD: &str = "s3cret-of-ops";

/// A scene where sudo asks.
fn scene(host: Host) -> Scene {
    host.unit("web.service", "[Service]\nExecStart=/bin/sleep inf");
    host.sh(&format!(
        "echo ops:{PASSWORD} | chpasswd && echo 'ops ALL=(ALL) PASSWD: ALL' >/etc/sudoers.d/ops"
    ));
    let desk = Desk::with(&config(&[host.name()], &[WEB]));
    Scene { host, desk }
}

/// Nothing of ours, of sudo's, and no pipe.
fn nothing_stays(scene: &Scene) {
    poll::until("nothing stays", secs(30), || {
        let left = scene
            .host
            .sh("ps -u ops,root -o pid,ppid,etimes,args --no-headers | grep -E ' (sudo|cat$|/bin/sh -s)' || :; \
             ls -d /tmp/.quarterdeck.* 2>/dev/null || :");
        if left.is_empty() { Ok(()) } else { Err(left) }
    });
    scene.nothing_is_left();
}

fn a_password_is_asked_for_once_on(host: Host) {
    let scene = scene(host);
    let run = scene.run_of(WEB);
    let screen = console(&scene);
    screen.keys(&["R"]);
    wait(&screen, "let sudo ask on a terminal");
    // Who does not know it is not let in, and all is as before.
    screen.keys(&["p"]);
    wait(&screen, "[sudo] password for ops on");
    screen.type_line("wrong");
    // What is pressed before it asks again is not for it.
    screen.wait("it asks again", secs(20), |text| text.matches("[sudo] password").count() == 2);
    screen.keys(&["C-c"]);
    // Who goes on typing presses no keys of the console.
    wait(&screen, "press enter to go back");
    screen.type_text("zRy");
    screen.keys(&["Enter"]);
    let text = wait(&screen, "sudo did not let in");
    assert!(text.contains("there is no plan") && !text.contains("zRy"), "{text}");
    nothing_stays_of_sudo(&scene);
    screen.keys(&["p"]);
    // What was asked before stands there still.
    screen.wait("it asks", secs(20), |text| text.matches("[sudo] password").count() == 3);
    screen.type_line(PASSWORD);
    // What could not be planned is planned anew.
    let text = wait(&screen, "run it? y runs it");
    assert!(!text.contains(PASSWORD), "{text}");
    yes(&screen);
    wait(&screen, "✓ succeeded: everything was done and is healthy");
    let then = scene.run_of(WEB);
    assert_ne!(then, run);
    // It is asked for once a connection.
    screen.keys(&["Escape"]);
    screen.keys(&["R"]);
    wait(&screen, "run it? y runs it");
    screen.keys(&["Escape"]);
    screen.keys(&["q"]);
    screen.wait_shell();
    drop(screen);
    nothing_stays(&scene);
    let told =
        scene.host.sh("grep -r s3cret /var/lib/quarterdeck /tmp 2>/dev/null || echo nothing");
    assert_eq!(told, "nothing");
}

/// While the console goes on.
fn nothing_stays_of_sudo(scene: &Scene) {
    poll::until("nothing stays of what was given up", secs(10), || {
        let left =
            scene.host.sh("ps -u ops,root -o args --no-headers | grep -E '^(sudo|cat$)' || :; \
             ls -d /tmp/.quarterdeck.* 2>/dev/null || :");
        if left.is_empty() { Ok(()) } else { Err(left) }
    });
}

#[test]
fn sudo_asks_for_its_password_on_the_terminal_and_what_was_wanted_is_planned() {
    a_password_is_asked_for_once_on(Host::boot("pw-bookworm"));
}

#[test]
fn an_older_sudo_asks_alike() {
    a_password_is_asked_for_once_on(Host::boot_as("pw-bullseye", &["--gen", "bullseye"]));
}

#[test]
fn a_later_sudo_asks_alike() {
    a_password_is_asked_for_once_on(Host::boot_as("pw-trixie", &["--gen", "trixie"]));
}

#[test]
fn a_console_that_is_killed_leaves_no_shell_with_all_rights() {
    let scene = scene(Host::boot("pw-killed"));
    let screen = console(&scene);
    screen.keys(&["R"]);
    wait(&screen, "let sudo ask on a");
    screen.keys(&["p"]);
    wait(&screen, "[sudo] password for ops on");
    screen.type_line(PASSWORD);
    wait(&screen, "run it? y runs it");
    screen.signal(rustix::process::Signal::KILL);
    nothing_stays(&scene);
    drop(screen);
    // And while it is asked for.
    let screen = console(&scene);
    screen.keys(&["R"]);
    wait(&screen, "let sudo ask on a");
    screen.keys(&["p"]);
    wait(&screen, "[sudo] password for ops on");
    screen.signal(rustix::process::Signal::KILL);
    nothing_stays(&scene);
}

#[test]
fn on_the_command_line_sudo_asks_where_there_is_a_terminal_and_else_it_is_refused() {
    let scene = scene(Host::boot("pw-plain"));
    let run = scene.run_of(WEB);
    let said = scene.desk.run(&["restart", WEB, "--plan"]);
    assert_ne!(said.code, 0, "{said:?}");
    assert!(said.err.contains("it needs root, and sudo: a password is required"), "{said:?}");
    assert_eq!(scene.run_of(WEB), run);
    let screen = Screen::shell(&scene.desk, 120, 40);
    screen.run("", &format!("restart {WEB}"));
    wait(&screen, "[sudo] password for ops on");
    screen.type_line(PASSWORD);
    wait(&screen, "Run it? [y/N]");
    screen.type_line("y");
    screen.wait_shell();
    assert_ne!(scene.run_of(WEB), run);
    nothing_stays(&scene);
}

#[test]
fn where_no_pipe_can_be_made_it_says_so() {
    let scene = scene(Host::boot("pw-nopipe"));
    scene.host.sh("chmod 755 /tmp");
    let screen = console(&scene);
    screen.keys(&["R"]);
    wait(&screen, "let sudo ask on a");
    screen.keys(&["p"]);
    wait(&screen, "press enter to go back");
    let pid = screen.console_pid();
    screen.keys(&["Enter"]);
    wait(&screen, "make a pipe in /tmp on the host");
    // Whose terminal goes away while it waits ends.
    screen.keys(&["p"]);
    screen.wait("it waits", secs(20), |text| text.matches("press enter").count() == 2);
    drop(screen);
    poll::until(
        "it ends with its terminal",
        secs(10),
        || match rustix::process::test_kill_process(pid) {
            Ok(()) => Err("it lives".to_owned()),
            Err(_) => Ok(()),
        },
    );
    nothing_stays_of_sudo(&scene);
}

#[test]
fn on_the_command_line_it_is_asked_for_again_when_the_link_was_lost() {
    let scene = scene(Host::boot("pw-again"));
    scene.desk.append(
        "[[action]]\nname = \"long\"\nscript = \"echo begin; sleep 20; echo end\"\ngate = false\n",
    );
    let screen = Screen::shell(&scene.desk, 120, 40);
    screen.run("", &format!("action long {WEB}"));
    wait(&screen, "[sudo] password for ops on");
    screen.type_line(PASSWORD);
    wait(&screen, "Run it? [y/N]");
    screen.type_line("y");
    scene.host.wait_for_log("begin");
    for pid in super::faults::ssh_pids(&scene) {
        super::faults::kill_nine(pid);
    }
    // The first question is gone from the screen: the plan is longer than that.
    wait(&screen, "[sudo] password for ops on");
    screen.type_line(PASSWORD);
    let text = screen.wait_shell();
    assert!(text.contains("succeeded"), "{text}");
    nothing_stays(&scene);
}

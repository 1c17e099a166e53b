//! However the console ends, nothing of it stays: neither here nor on the host, nor in the
//! terminal.

use rustix::process::Signal;

use crate::desk::{Desk, config};
use crate::lab::Host;
use crate::poll::{self, secs};
use crate::screen::Screen;

/// A host with a service, and a console that is connected to it.
fn watched(name: &str) -> (Host, Desk, Screen) {
    let host = Host::boot(name);
    let desk = Desk::with(&config(&[name], &["ssh"]));
    let screen = Screen::console(&desk, 80, 24);
    screen.wait_row(&["running", "ssh"], secs(10));
    assert!(!desk.ssh_processes().is_empty(), "the connection is an ssh of ours");
    assert!(host.ours().iter().any(|line| line.starts_with("systemd-stdio-bridge")));
    (host, desk, screen)
}

/// Nobody left at home, nobody left there.
fn nothing_is_left(host: &Host, desk: &Desk) {
    poll::until("no ssh of ours is left here", secs(5), || match desk.ssh_processes() {
        left if left.is_empty() => Ok(()),
        left => Err(left.join("\n")),
    });
    poll::until("nothing of ours is left on the host", secs(10), || match host.ours() {
        left if left.is_empty() => Ok(()),
        left => Err(left.join("\n")),
    });
}

/// The shell is back as it was, on a screen without remains; `exit` is how the console ended.
fn the_terminal_is_back(screen: &Screen, exit: i32) {
    let text = screen.wait_shell();
    assert!(text.contains(&format!("exit={exit}\n")), "{text}");
    assert!(!text.contains("Services"), "the screen before is back:\n{text}");
    assert_eq!(screen.ask("#{alternate_on} #{cursor_flag} #{mouse_any_flag}"), "0 1 0");
    screen.type_line(
        "stty -a | tr ' ;' '\\n\\n' | grep -xE -- '-?(echo|icanon|isig|icrnl)' | xargs echo",
    );
    screen.wait("the terminal's modes", secs(5), |text| {
        let words = |line: &str| {
            let mut words: Vec<_> = line.split_whitespace().collect();
            words.sort_unstable();
            words == ["echo", "icanon", "icrnl", "isig"]
        };
        text.lines().any(words)
    });
}

fn ended_by(name: &str, exit: i32, end: impl Fn(&Screen)) {
    let (host, desk, screen) = watched(name);
    end(&screen);
    the_terminal_is_back(&screen, exit);
    nothing_is_left(&host, &desk);
    assert_eq!(desk.runtime_files(), Vec::<std::path::PathBuf>::new());
}

#[test]
fn quit_leaves_nothing_behind() {
    ended_by("end-quit", 0, |screen| screen.keys(&["q"]));
}

#[test]
fn sigterm_leaves_nothing_behind() {
    ended_by("end-term", 143, |screen| screen.signal(Signal::TERM));
}

#[test]
fn sighup_leaves_nothing_behind() {
    ended_by("end-hup", 129, |screen| screen.signal(Signal::HUP));
}

#[test]
fn a_terminal_that_goes_away_ends_the_console_and_leaves_nothing_behind() {
    let (host, desk, screen) = watched("end-gone");
    let pid = screen.console_pid();
    drop(screen);
    poll::until("the console ends", secs(5), || match rustix::process::test_kill_process(pid) {
        Ok(()) => Err("it runs".to_owned()),
        Err(_gone) => Ok(()),
    });
    nothing_is_left(&host, &desk);
    assert_eq!(desk.runtime_files(), Vec::<std::path::PathBuf>::new());
}

#[test]
fn kill_9_leaves_no_process_behind_and_the_next_start_sweeps_the_rest() {
    let (host, desk, screen) = watched("end-kill");
    screen.signal(Signal::KILL);
    screen.wait("the shell goes on", secs(5), |text| text.contains("exit=137"));
    nothing_is_left(&host, &desk);
    let left = desk.runtime_files();
    assert_eq!(desk.status().host("end-kill")["state"], "connected");
    assert_eq!(desk.runtime_files(), Vec::<std::path::PathBuf>::new(), "before: {left:?}");
}

#[test]
fn a_panic_gives_the_terminal_back_with_the_message() {
    let desk = Desk::with(&config(&["not-asked"], &["ssh"]));
    let screen = Screen::shell(&desk, 80, 24);
    screen.start("QUARTERDECK_TEST_PANIC=1");
    let text = screen.wait("the message", secs(5), |text| text.contains("as the test asked"));
    assert!(text.contains("panicked"), "{text}");
    the_terminal_is_back(&screen, 101);
}

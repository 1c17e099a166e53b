//! What a host's owner chose for people must not change what we read: login shells, greetings,
//! languages.

use crate::desk::{Desk, config};
use crate::lab::Host;
use crate::poll::{self, secs};
use crate::screen::Screen;
use crate::states::{expected, read_zoo, zoo_desk};

fn same_as_ever(host: &Host) {
    let reading = read_zoo(&zoo_desk(host.name()));
    assert_eq!(reading.states(), expected());
    let read = reading.host(host.name());
    assert_eq!(read["state"], "connected");
    assert_eq!(read["pushed"], true);
    assert_eq!(read["rights"]["journal"], true);
    assert_eq!(read["fault"], serde_json::Value::Null);
    assert_eq!(reading.service("startlimit")["restarts"]["last_1h"], 5);
}

fn with_login_shell(shell: &str) {
    let host = Host::boot(&format!("shell-{shell}"));
    host.scenario("zoo", &[]);
    host.scenario("login-shell", &[shell]);
    same_as_ever(&host);
    // What runs there is ours and nothing in between.
    let desk = Desk::with(&config(&[host.name()], &["good"]));
    let screen = Screen::console(&desk, 80, 24);
    screen.wait_row(&["running", "good"], secs(10));
    // A session that begins just now, such as the journal's, has the login shell for a moment
    // until it becomes ours; it must not stay.
    poll::until("no login shell stays", secs(5), || {
        let processes = host.sh("ps -u ops -o args --no-headers");
        if processes.contains(&format!("{shell} -c")) { Err(processes) } else { Ok(()) }
    });
}

#[test]
fn fish_as_login_shell_changes_nothing() {
    with_login_shell("fish");
}

#[test]
fn tcsh_as_login_shell_changes_nothing() {
    with_login_shell("tcsh");
}

#[test]
fn dash_as_login_shell_changes_nothing() {
    with_login_shell("dash");
}

#[test]
fn bash_as_login_shell_changes_nothing() {
    with_login_shell("bash");
}

#[test]
fn a_noisy_login_changes_nothing() {
    let host = Host::boot("noisy");
    host.scenario("zoo", &[]);
    host.scenario("noisy-login", &[]);
    same_as_ever(&host);
    let desk = Desk::with(&config(&[host.name()], &["good"]));
    let screen = Screen::console(&desk, 80, 24);
    let text = screen.wait_row(&["running", "good"], secs(10));
    assert!(!text.contains("AUTHORIZED"), "{text}");
    assert!(!text.contains("motd"), "{text}");
}

#[test]
fn a_german_host_changes_nothing() {
    let host = Host::boot("german");
    host.scenario("zoo", &[]);
    host.scenario("locale", &[]);
    same_as_ever(&host);
}

#[test]
fn an_account_without_a_shell_is_named() {
    let host = Host::boot("nologin");
    host.scenario("login-shell", &["nologin"]);
    let desk = Desk::with(&config(&[host.name()], &["ssh"]));
    let reading = desk.status();
    let read = reading.host(host.name());
    assert_ne!(read["state"], "connected", "{read:#}");
    let fault = read["fault"].to_string();
    assert!(fault.contains("/bin/sh"), "{fault}");
    assert_eq!(reading.service("ssh")["state"], "unknown");
    assert!(reading.took < secs(10), "{:?}", reading.took);
}

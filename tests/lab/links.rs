//! Hosts that cannot be reached, or must not be: each with its state, its reason and what to do;
//! nothing ever asks, and no ssh is left.

use std::fmt::Write as _;
use std::time::Duration;

use rustix::process::Signal;

use crate::desk::{Desk, Reading, config};
use crate::lab::{Host, run_directory};
use crate::poll::{self, secs};
use crate::screen::Screen;

/// Whoever waited for an answer would be ended by then: ssh has so long to connect.
const DEADLINE: Duration = secs(20);

/// Reads a host that does not let us in.
fn refused(desk: &Desk, name: &str, state: &str, detail: &str, remedy: &str) -> Reading {
    // A host that is slow to answer, as on a busy machine, is unreachable until it answers.
    let reading = poll::until("it is refused", secs(60), || {
        let reading = desk.status();
        let host = reading.host(name);
        let is_told = host["fault"]["detail"].as_str().is_some_and(|said| said.contains(detail));
        if host["state"] == state && is_told { Ok(reading) } else { Err(format!("{host:#}")) }
    });
    let fault = &reading.host(name)["fault"];
    assert!(fault["remedy"].as_str().unwrap().contains(remedy), "{fault:#}");
    assert!(fault["tried"].as_str().unwrap().starts_with("connect to "), "{fault:#}");
    assert_eq!(reading.service("ssh")["state"], "unknown");
    assert_ne!(reading.code, 0);
    assert!(reading.took < DEADLINE, "{:?}", reading.took);
    assert_eq!(desk.ssh_processes(), Vec::<String>::new());
    assert_eq!(desk.runtime_files(), Vec::<std::path::PathBuf>::new());
    reading
}

/// The same in a terminal, where ssh might ask. Nothing but the table is there.
fn nobody_asks(desk: &Desk, state: &str) {
    let screen = Screen::shell(desk, 120, 40);
    let mut tries = 0;
    poll::until("it is told", secs(60), || {
        tries += 1;
        screen.type_line(&format!(
            "clear; {} status; echo \"exit-{tries}=$?\"",
            env!("CARGO_BIN_EXE_quarterdeck")
        ));
        let end = format!("\nexit-{tries}=");
        let text = screen.wait("it ends", secs(30), |text| text.contains(&end));
        assert!(!text.to_lowercase().contains("password:"), "{text}");
        assert!(!text.contains("yes/no"), "{text}");
        if text.contains(state) { Ok(()) } else { Err(text) }
    });
    // The console does not ask either, and says how it is.
    // In a terminal of its own: else what `status` has said would be taken for the console's words, and
    // the key would end it before it has shown anything.
    let screen = Screen::console(desk, 120, 40);
    screen.wait_row(&[state], secs(30));
    screen.keys(&["q"]);
    let text = screen.wait_shell();
    assert!(!text.contains("yes/no"), "{text}");
}

#[test]
fn an_unknown_alias_is_unreachable() {
    let desk = Desk::with(&config(&["no-such-alias"], &["ssh"]));
    desk.ssh_config("Host no-such-alias\n  HostName no-such-host.invalid");
    let reading = refused(
        &desk,
        "no-such-alias",
        "unreachable",
        "Could not resolve hostname",
        "check the name in the config and in ssh_config",
    );
    assert_eq!(reading.code, 2);
}

#[test]
fn a_closed_port_is_unreachable() {
    let host = Host::boot("closed");
    let desk = Desk::with(&config(&[host.name()], &["ssh"]));
    desk.ssh_config(&format!("Host {}\n  Port 2", host.name()));
    refused(&desk, host.name(), "unreachable", "Connection refused", "is sshd running there");
}

#[test]
fn a_wrong_key_is_refused_without_a_question() {
    let host = Host::boot("wrong-key");
    // Another name, since ssh tries the keys of all that matches.
    let desk = Desk::with(&config(&["locked-out"], &["ssh"]));
    let key = desk.path("other");
    let made = std::process::Command::new("ssh-keygen")
        .args(["-q", "-t", "ed25519", "-N", "", "-f"])
        .arg(&key)
        .status();
    assert!(made.unwrap().success());
    desk.ssh_config(&format!(
        "Host locked-out\n  HostName {}\n  User ops\n  IdentitiesOnly yes\n  IdentityFile {}\n  \
         UserKnownHostsFile {}\n",
        host.address(),
        key.display(),
        run_directory().join("known_hosts").display(),
    ));
    refused(&desk, "locked-out", "auth-failed", "Permission denied", "load the key into the agent");
    nobody_asks(&desk, "auth-failed");
}

#[test]
fn a_host_that_wants_a_password_is_not_asked_for_one() {
    let host = Host::boot("asks");
    host.sshd(
        "PubkeyAuthentication no\nPasswordAuthentication yes\nKbdInteractiveAuthentication yes",
    );
    let desk = Desk::with(&config(&[host.name()], &["ssh"]));
    let remedy = "or let ssh ask in the console: the command `login`";
    refused(&desk, host.name(), "auth-failed", "Permission denied", remedy);
    nobody_asks(&desk, "auth-failed");
}

#[test]
fn a_login_by_hand_lends_the_terminal_to_ssh_and_takes_it_back() {
    let host = Host::boot("by-hand");
    host.sh("echo ops:correct-horse | chpasswd");
    host.sshd("PubkeyAuthentication no\nPasswordAuthentication yes");
    let desk = Desk::with(&config(&[host.name()], &["ssh"]));
    let screen = Screen::console(&desk, 100, 24);
    screen.wait_row(&["auth-failed", host.name()], secs(20));
    screen.keys(&["a"]);
    screen.wait("ssh asks", secs(15), |text| text.contains("password:"));
    screen.keys(&["C-c"]);
    screen.wait("it waits", secs(15), |text| text.contains("press enter to go back"));
    screen.keys(&["Enter"]);
    screen.wait_row(&["unreachable", host.name()], secs(15));
    screen.keys(&["a"]);
    // The first question still stands above the second.
    let asked = |text: &str| text.matches("password:").count();
    screen.wait("ssh asks again", secs(15), |text| asked(text) == 2);
    screen.type_line("correct-horse");
    let text = screen.wait_row(&["connected", host.name()], secs(20));
    assert!(!text.contains("correct-horse"), "{text}");
    screen.keys(&["q"]);
    let text = screen.wait_shell();
    assert!(!text.contains("correct-horse"), "{text}");
    assert_eq!(desk.ssh_processes(), Vec::<String>::new());
}

#[test]
fn a_host_whose_key_is_not_known_is_not_connected_to() {
    let host = Host::boot("unknown-key");
    let desk = Desk::with(&config(&[host.name()], &["ssh"]));
    // `ask` is what a user's ssh does by default.
    let mut own = format!("Host {}\n  StrictHostKeyChecking ask\n", host.name());
    let _ok = writeln!(own, "  UserKnownHostsFile {}", desk.path("known_hosts").display());
    desk.ssh_config(&own);
    let remedy = "`login` in the console, and compare the fingerprint";
    refused(&desk, host.name(), "host-key-changed", "not known yet", remedy);
    nobody_asks(&desk, "host-key-changed");
    assert!(!desk.path("known_hosts").exists(), "no key was accepted");
}

#[test]
fn a_changed_host_key_is_critical_and_not_connected_to() {
    let host = Host::boot("rekeyed");
    let desk = Desk::with(&config(&[host.name()], &["ssh"]));
    assert_eq!(desk.status().host(host.name())["state"], "connected");
    host.lab("rekey", &[]);
    let remedy = "compare the key's fingerprint";
    let detail = "the host's key is not the one that we know; Offending";
    let reading = refused(&desk, host.name(), "host-key-changed", detail, remedy);
    assert_eq!(reading.code, 2);
    nobody_asks(&desk, "host-key-changed");
    // Once a person has checked it, all is well.
    host.lab("trust", &[]);
    assert_eq!(desk.status().host(host.name())["state"], "connected");
}

#[test]
fn a_host_behind_another_is_reached_and_nothing_of_the_way_stays() {
    let (jump, host) = (Host::boot("jump"), Host::boot("inside"));
    let desk = Desk::with(&config(&[host.name()], &["ssh"]));
    desk.ssh_config(&format!("Host {}\n  ProxyJump {}\n", host.name(), jump.name()));
    let reading = desk.status();
    assert_eq!(reading.host(host.name())["state"], "connected", "{:#}", reading.json);
    assert_eq!(reading.service("ssh")["state"], "running");
    let screen = Screen::console(&desk, 80, 24);
    screen.wait_row(&["running", "ssh"], secs(10));
    assert_eq!(desk.ssh_processes().len(), 2, "{:?}", desk.ssh_processes());
    screen.signal(Signal::KILL);
    poll::until("no ssh is left here", secs(5), || match desk.ssh_processes() {
        left if left.is_empty() => Ok(()),
        left => Err(left.join("\n")),
    });
    poll::until("nothing is left on the way", secs(10), || match jump.ours() {
        left if left.is_empty() => Ok(()),
        left => Err(left.join("\n")),
    });
}

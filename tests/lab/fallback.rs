//! Hosts that cannot push, or have no systemd, or give us few rights.

use crate::desk::{Desk, config};
use crate::lab::Host;
use crate::poll::{self, secs};
use crate::screen::Screen;
use crate::states::{expected, read_zoo, zoo_desk};

/// A config that polls each second.
fn each_second(config: &str) -> String {
    format!("[console]\ninterval = \"1s\"\n{config}")
}

#[test]
fn without_the_bridge_units_are_polled_and_told_the_same() {
    let host = Host::boot("polled");
    host.sh("mv /usr/bin/systemd-stdio-bridge /usr/bin/away");
    host.scenario("zoo", &[]);
    let reading = read_zoo(&zoo_desk(host.name()));
    assert_eq!(reading.states(), expected());
    let read = reading.host(host.name());
    assert_eq!(read["state"], "connected");
    assert_eq!(read["pushed"], false);
    assert_eq!(read["fault"], serde_json::Value::Null);
    assert_eq!(reading.service("good")["enabled"], false);

    let desk = Desk::with(&each_second(&config(&[host.name()], &["good"])));
    let said = desk.run(&["check"]);
    assert!(said.out.contains("polled: its bus cannot be reached"), "{said:?}");
    assert_eq!((said.err.as_str(), said.code), ("", 0));
    let screen = Screen::console(&desk, 80, 24);
    screen.wait_row(&["running", "good"], secs(10));
    host.sh("systemctl stop good");
    screen.wait_row(&["stopped", "good"], secs(5));
    host.sh("systemctl start good");
    screen.wait_row(&["running", "good"], secs(5));
    host.lab("crash", &["good"]);
    screen.wait_row(&["failed", "good", "9/KILL"], secs(5));
}

fn polled_it_is_told_the_same(name: &str, suite: &str) {
    let host = Host::boot_as(name, &["--gen", suite]);
    host.sh("mv /usr/bin/systemd-stdio-bridge /usr/bin/away");
    host.scenario("zoo", &[]);
    let reading = read_zoo(&zoo_desk(name));
    assert_eq!(reading.states(), expected());
    assert_eq!(reading.host(name)["pushed"], false);
    assert_eq!(reading.service("startlimit")["restarts"]["last_1h"], 5);
}

#[test]
fn polled_systemd_247_is_told_the_same() {
    polled_it_is_told_the_same("polled-247", "bullseye");
}

#[test]
fn polled_systemd_257_is_told_the_same() {
    polled_it_is_told_the_same("polled-257", "trixie");
}

#[test]
fn without_the_bridge_what_runs_is_found_out_too() {
    let host = Host::boot("polled-found");
    host.sh("mv /usr/bin/systemd-stdio-bridge /usr/bin/away");
    let desk = Desk::with(&config(&[host.name()], &[]));
    let reading = desk.status();
    assert_eq!(reading.service("ssh")["state"], "running");
    assert_eq!(reading.code, 0, "{:#}", reading.json);
}

fn has_no_systemd(kind: &str, name: &str) {
    let host = Host::boot_as(name, &["--kind", kind]);
    let desk = Desk::with(&config(&[name], &["ssh"]));
    let reading = desk.status();
    let read = reading.host(name);
    assert_eq!(read["state"], "connected", "{read:#}");
    assert_eq!(read["systemd"], serde_json::Value::Null);
    assert!(read["memory"]["total"].as_u64().unwrap() > 0);
    assert!(read["uptime_s"].as_u64().is_some());
    assert!(read["cpus"].as_u64().unwrap() > 0);
    assert_eq!(read["disks"][0]["mount"], "/", "{read:#}");
    assert_eq!(read["user"], "ops");
    let skew = read["clock_skew_ms"].as_i64().unwrap();
    // busybox's date has no fractions of a second.
    assert!(skew.abs() < 2_000, "{skew}");
    let ssh = reading.service("ssh");
    assert_eq!(ssh["state"], "unknown");
    assert_eq!(ssh["fault"]["detail"], "the host does not run systemd");
    assert_eq!(reading.code, 3);
    let said = desk.run(&["check"]);
    assert!(said.out.contains("the host does not run systemd"), "{said:?}");
    let screen = Screen::console(&desk, 120, 40);
    screen.wait_row(&["unknown", "ssh", "does not run systemd"], secs(10));
    screen.wait_row(&["connected", name], secs(5));
    drop(host);
}

#[test]
fn a_host_without_systemd_is_connected_and_its_services_unknown() {
    has_no_systemd("no-systemd", "no-systemd");
}

#[test]
fn a_host_of_busybox_is_connected_and_its_services_unknown() {
    has_no_systemd("busybox", "busybox");
}

#[test]
fn a_user_without_rights_sees_states_but_no_history_and_check_says_so() {
    let host = Host::boot_as("no-rights", &["--kind", "no-rights"]);
    host.scenario("zoo", &[]);
    let desk = zoo_desk(host.name());
    // That it loops, a single reading can tell by systemd's own counter.
    let reading = read_zoo(&desk);
    let mut states = reading.states();
    for (unit, _, exit) in &mut states {
        // How it ended last is forgotten while the next process runs, and only the journal,
        // which this user may not read, still has it.
        if unit == "crashloop" && exit == "-" {
            *exit = "3".to_owned();
        }
    }
    assert_eq!(states, expected());
    let read = reading.host(host.name());
    assert_eq!(read["rights"]["journal"], false);
    assert_eq!(read["rights"]["sudo"], false);
    assert_eq!(read["user"], "ops2");
    let restarts = &reading.service("startlimit")["restarts"];
    assert_eq!(restarts["at_least"], true);
    let said = desk.run(&["check"]);
    assert!(said.out.contains("journal: not readable"), "{said:?}");
    assert!(said.out.contains("add the user to the group systemd-journal"), "{said:?}");
    assert!(said.out.contains("sudo -n: no"), "{said:?}");
    assert!(said.out.contains("no such unit there: no-such-unit"), "{said:?}");
    // A right that is given is used at the next connection.
    host.sh("usermod --append --groups systemd-journal ops2");
    poll::until("the journal is read", secs(10), || {
        let reading = desk.status();
        let startlimit = &reading.service("startlimit")["restarts"];
        let is = startlimit["last_1h"] == 5 && startlimit["at_least"] == false;
        if is { Ok(()) } else { Err(format!("{:#}", reading.json)) }
    });
}

//! Hosts that fail while they are watched: noticed, named, and over when it is over.

use crate::desk::{Desk, config};
use crate::lab::Host;
use crate::poll::{self, secs};
use crate::screen::{Screen, row};

/// A host that hangs is noticed within 10 s; the rest is for a machine that is busy with tests.
const NOTICED: std::time::Duration = secs(15);
/// A try may just have failed, and the next one waits.
const BACK: std::time::Duration = secs(45);

fn watched(name: &str) -> (Host, Desk, Screen) {
    let host = Host::boot(name);
    let desk = Desk::with(&config(&[name], &["dbus"]));
    let screen = Screen::console(&desk, 120, 40);
    screen.wait_row(&["running", "dbus"], secs(10));
    (host, desk, screen)
}

/// The host's row in the pane of hosts.
fn host_row<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let hosts = text.lines().skip_while(|line| !line.contains(" Hosts "));
    hosts.into_iter().find(|line| line.contains(name))
}

fn wait_host(screen: &Screen, name: &str, words: &[&str], limit: std::time::Duration) -> String {
    screen.wait(&format!("the host's row with {words:?}"), limit, |text| {
        host_row(text, name).is_some_and(|line| words.iter().all(|word| line.contains(word)))
    })
}

fn lost(screen: &Screen, name: &str) {
    wait_host(screen, name, &["unreachable"], NOTICED);
    // What was true is still shown, as what it was.
    screen.wait_row(&["was running", "dbus"], secs(5));
    screen.wait_row(&["critical", "0/1 hosts up"], secs(5));
}

fn back(screen: &Screen, name: &str) {
    wait_host(screen, name, &["connected"], BACK);
    screen.wait("the service runs", secs(5), |text| {
        row(text, &[" running", "dbus"]).is_some() && row(text, &["1/1 hosts up"]).is_some()
    });
}

#[test]
fn a_cut_link_is_noticed_and_the_host_comes_back() {
    let (host, desk, screen) = watched("cut");
    host.lab("cut", &[]);
    lost(&screen, host.name());
    // A reading says so too, within the time that it gives ssh.
    let reading = desk.status();
    assert_eq!(reading.host(host.name())["state"], "unreachable");
    assert_eq!(reading.code, 2);
    assert!(reading.took < secs(10), "{:?}", reading.took);
    host.lab("heal", &[]);
    back(&screen, host.name());
}

#[test]
fn a_frozen_connection_is_noticed_and_replaced() {
    let (host, _desk, screen) = watched("freeze");
    host.lab("freeze", &[]);
    // The server itself takes new connections: a new one soon replaces the frozen one.
    screen.wait("the host does not answer", NOTICED, |text| {
        host_row(text, host.name()).is_some_and(|line| !line.contains("connected"))
    });
    back(&screen, host.name());
    host.lab("thaw", &[]);
    back(&screen, host.name());
}

#[test]
fn a_frozen_host_is_noticed_and_comes_back() {
    let (host, _desk, screen) = watched("freeze-all");
    host.lab("freeze", &["--listener"]);
    lost(&screen, host.name());
    host.lab("thaw", &[]);
    back(&screen, host.name());
}

#[test]
fn a_dead_sshd_is_noticed_and_the_host_comes_back() {
    let (host, _desk, screen) = watched("sshd-dead");
    host.sh("systemctl stop ssh && loginctl kill-user --signal=KILL ops");
    lost(&screen, host.name());
    host.sh("systemctl start ssh");
    back(&screen, host.name());
}

#[test]
fn a_silent_manager_degrades_the_host_and_it_recovers() {
    let (host, _desk, screen) = watched("pid1");
    host.lab("stop-pid1", &[]);
    let text = wait_host(&screen, host.name(), &["degraded", "systemd"], NOTICED);
    assert!(host_row(&text, host.name()).unwrap().contains("no answer within"), "{text}");
    screen.wait_row(&["was running", "dbus"], secs(5));
    host.lab("cont-pid1", &[]);
    back(&screen, host.name());
}

#[test]
fn a_systemctl_that_hangs_holds_up_nothing_else() {
    let host = Host::boot("hang");
    host.sh("mv /usr/bin/systemd-stdio-bridge /usr/bin/away");
    let desk = Desk::with(&config(&[host.name()], &["dbus"]));
    let screen = Screen::console(&desk, 120, 40);
    screen.wait_row(&["running", "dbus"], secs(10));
    host.lab("hang-systemctl", &[]);
    wait_host(&screen, host.name(), &["degraded", "systemctl did not answer"], secs(25));
    screen.wait_row(&["was running", "dbus"], secs(5));
    let reading = desk.status();
    let read = reading.host(host.name());
    assert_eq!(read["state"], "degraded");
    assert!(read["memory"]["total"].as_u64().unwrap() > 0, "other facts are read: {read:#}");
    assert_eq!(reading.service("dbus")["state"], "unknown");
    let fault = &reading.service("dbus")["fault"];
    assert!(fault["detail"].as_str().unwrap().contains("systemctl did not answer"), "{fault:#}");
    host.lab("unhang-systemctl", &[]);
    back(&screen, host.name());
}

#[test]
fn a_full_disk_is_critical_and_the_host_is_read_on() {
    let host = Host::boot("full");
    host.lab("fill", &[]);
    let desk = Desk::with(&config(&[host.name()], &["dbus"]));
    let reading = desk.status();
    let read = reading.host(host.name());
    assert_eq!(read["state"], "connected");
    assert_eq!(read["severity"], "critical");
    assert_eq!(read["disks"][0]["available"], 0);
    assert_eq!(reading.service("dbus")["state"], "running");
    assert_eq!(reading.code, 2);
    let screen = Screen::console(&desk, 120, 40);
    wait_host(&screen, host.name(), &["connected", "100%"], secs(10));
    screen.wait_row(&["running", "dbus"], secs(5));
    host.lab("unfill", &[]);
    poll::until("there is room again", secs(10), || {
        let reading = desk.status();
        if reading.code == 0 { Ok(()) } else { Err(format!("{:#}", reading.json)) }
    });
}

fn is_days_off(name: &str, offset: &str, seconds: i64) {
    let host = Host::boot(name);
    host.lab("clock", &[offset]);
    // It was never right: no entry is from before.
    host.sh("journalctl -q --rotate && rm -f /var/log/journal/*/*@*");
    host.unit(
        "api.service",
        "[Unit]\nStartLimitIntervalSec=0\n[Service]\nExecStart=/bin/sleep infinity\n\
         Restart=always\nRestartSec=50ms",
    );
    let desk = Desk::with(&config(&[name], &["api"]));
    for n in 1..=3 {
        host.lab("crash", &["api"]);
        poll::until("it is up again", secs(10), || {
            let shown = host.sh("systemctl show --value -p NRestarts,SubState api | xargs");
            let is = shown.contains(&n.to_string()) && shown.contains("running");
            if is { Ok(()) } else { Err(shown) }
        });
    }
    let reading = desk.status();
    let read = reading.host(name);
    assert_eq!(read["state"], "connected");
    let skew = read["clock_skew_ms"].as_i64().unwrap();
    assert!((skew - seconds * 1000).abs() < 2_000, "{skew}");
    let api = reading.service("api");
    // The journal's times are the host's, and what they tell is put right.
    assert_eq!(api["state"], "crash-looping", "{api:#}");
    assert_eq!(api["restarts"]["last_5m"], 3, "{api:#}");
    let at = reading.json["at"].as_str().unwrap();
    for field in [&api["since"], &api["started"], &api["last_exit"]["at"], &api["as_of"]] {
        let moment = field.as_str().unwrap();
        let age = seconds_of(at) - seconds_of(moment);
        assert!((0.0..120.0).contains(&age), "{moment} is {age} s before {at}");
    }
    let screen = Screen::console(&desk, 120, 40);
    wait_host(&screen, name, &["connected", "3d"], secs(10));
    // Somebody sets it while one looks on: that is seen with the next look at it.
    host.lab("clock", &["+5d"]);
    wait_host(&screen, name, &["connected", "5d"], secs(45));
}

/// Seconds since 1970 of an RFC 3339 moment.
fn seconds_of(moment: &str) -> f64 {
    let moment: jiff::Timestamp = moment.parse().unwrap();
    moment.as_microsecond() as f64 / 1e6
}

#[test]
fn a_clock_three_days_ahead_is_told_and_put_right() {
    is_days_off("clock-ahead", "+3d", 3 * 86_400);
}

#[test]
fn a_clock_three_days_behind_is_told_and_put_right() {
    is_days_off("clock-behind", "-3d", -3 * 86_400);
}

#[test]
fn a_bus_and_a_systemctl_that_both_hang_hold_up_nothing_else() {
    let host = Host::boot("hang-all");
    host.lab("hang-systemctl", &["--bus"]);
    let desk = Desk::with(&config(&[host.name()], &["dbus"]));
    let screen = Screen::console(&desk, 120, 40);
    // The host itself is there at once.
    wait_host(&screen, host.name(), &["connected", "ms"], secs(10));
    wait_host(&screen, host.name(), &["degraded", "did not answer"], secs(30));
    screen.wait_row(&["unknown", "dbus", "did not answer"], secs(5));
    // What hangs is given up one after the other, in 18 s on a quiet machine.
    let reading = desk.status_within("60");
    assert!(reading.host(host.name())["uptime_s"].as_u64().is_some());
    assert_eq!(reading.service("dbus")["state"], "unknown");
    assert_eq!(reading.code, 3);
    assert!(reading.took < secs(40), "{:?}", reading.took);
    host.lab("unhang-systemctl", &[]);
    wait_host(&screen, host.name(), &["connected"], BACK);
    screen.wait_row(&[" running", "dbus"], secs(5));
}

fn with_sessions(name: &str, allowed: u32) -> (Host, Desk) {
    let host = Host::boot(name);
    host.sshd(&format!("MaxSessions {allowed}"));
    let desk = Desk::with(&config(&[name], &["dbus"]));
    (host, desk)
}

#[test]
fn a_server_that_allows_two_sessions_is_watched_without_its_history() {
    let (host, desk) = with_sessions("two-sessions", 2);
    let reading = desk.status();
    let read = reading.host(host.name());
    assert_eq!(read["state"], "connected", "{read:#}");
    assert_eq!(read["pushed"], true);
    assert_eq!(reading.service("dbus")["state"], "running");
    let screen = Screen::console(&desk, 120, 40);
    screen.wait_row(&["running", "dbus"], secs(10));
    screen.keys(&["Enter"]);
    screen.wait_row(&["MaxSessions"], secs(10));
    screen.keys(&["Escape"]);
    wait_host(&screen, host.name(), &["connected"], secs(5));
}

#[test]
fn a_server_that_allows_one_session_says_what_to_raise() {
    let (host, desk) = with_sessions("one-session", 1);
    let reading = desk.status();
    let read = reading.host(host.name());
    // Whichever got the one session, the collector or the bus: the other says what is wrong.
    assert!(read["fault"].to_string().contains("MaxSessions"), "{read:#}");
    assert_eq!(reading.service("dbus")["state"], "unknown");
}

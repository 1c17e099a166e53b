//! What changes on a host changes on the screen, and what was counted stays counted.

use rustix::process::Signal;

use crate::desk::{Desk, config};
use crate::lab::Host;
use crate::poll::{self, secs};
use crate::screen::{Screen, row};

/// A unit that systemd starts again whenever it ends.
const RESTARTS: &str = "[Unit]\nStartLimitIntervalSec=0\n[Service]\nExecStart=/bin/sleep infinity\n\
                        Restart=always\nRestartSec=50ms";
const STAYS_DOWN: &str = "[Service]\nExecStart=/bin/sleep infinity";

#[test]
fn a_stop_and_a_start_on_the_host_reach_the_screen() {
    let host = Host::boot("change-stop");
    host.unit("api.service", STAYS_DOWN);
    let desk = Desk::with(&config(&[host.name()], &["api"]));
    let screen = Screen::console(&desk, 120, 40);
    screen.wait_row(&["running", "api"], secs(10));
    host.sh("systemctl stop api");
    screen.wait_row(&["stopped", "api"], secs(5));
    screen.wait_row(&["warning", "lab"], secs(5));
    host.sh("systemctl start api");
    screen.wait_row(&["running", "api"], secs(5));
    screen.wait_row(&["ok", "lab"], secs(5));
}

#[test]
fn a_crash_turns_the_row_and_names_the_signal() {
    let host = Host::boot("change-crash");
    host.unit("api.service", STAYS_DOWN);
    let desk = Desk::with(&config(&[host.name()], &["api"]));
    let screen = Screen::console(&desk, 80, 24);
    screen.wait_row(&["running", "api"], secs(10));
    host.lab("crash", &["api"]);
    screen.wait_row(&["failed", "api", "9/KILL"], secs(5));
    screen.wait_row(&["critical", "lab"], secs(5));
    host.sh("systemctl reset-failed api; systemctl start api");
    screen.wait_row(&["running", "api"], secs(5));
}

/// Crashes a unit and waits until it is up again.
fn crash(host: &Host, unit: &str) {
    let process = || host.sh(&format!("systemctl show --value -p MainPID {unit}"));
    let before = process();
    host.lab("crash", &[unit]);
    poll::until("it is up again", secs(10), || match process() {
        pid if pid != before && pid != "0" => Ok(()),
        pid => Err(pid),
    });
}

/// How many restarts the open page of a unit tells of in all.
fn wait_known_in_all(screen: &Screen, n: u64) {
    let is = |text: &str| {
        let Some(line) = row(text, &["restarts", "known in all"]) else { return false };
        let count = line.split(" known in all").next().and_then(|part| part.rsplit(' ').next());
        count.map(|count| count.trim_start_matches('≥')) == Some(n.to_string().as_str())
    };
    screen.wait(&format!("{n} restarts known in all"), secs(20), is);
}

/// The total that the store holds for a service.
fn kept(desk: &Desk) -> String {
    let path = desk.path("state/quarterdeck/state.db");
    let open = || {
        let flags = rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY;
        let store = rusqlite::Connection::open_with_flags(&path, flags)?;
        store.query_row("SELECT counters FROM counters WHERE service = 'api'", [], |row| row.get(0))
    };
    open().unwrap_or_else(|error| error.to_string())
}

// As a user who may not read the journal: what is known then was counted here.
#[test]
fn counters_survive_manual_restarts_lost_connections_and_the_console_itself() {
    let host = Host::boot_as("counters", &["--kind", "no-rights"]);
    host.unit("api.service", RESTARTS);
    let desk = Desk::with(&config(&[host.name()], &["api"]));
    let screen = Screen::console(&desk, 120, 40);
    screen.wait_row(&["running", "api"], secs(10));
    screen.keys(&["Enter"]);
    wait_known_in_all(&screen, 0);
    crash(&host, "api");
    crash(&host, "api");
    wait_known_in_all(&screen, 2);

    // systemd forgets its own counter here: NRestarts is 0 again.
    host.sh("systemctl restart api");
    host.sh("systemctl reset-failed api");
    wait_known_in_all(&screen, 3);
    crash(&host, "api");
    wait_known_in_all(&screen, 4);

    // A crash while the link is cut is seen afterwards.
    host.lab("cut", &[]);
    screen.wait("the link is lost", secs(15), |text| !text.contains("1/1 hosts up"));
    crash(&host, "api");
    host.lab("heal", &[]);
    wait_known_in_all(&screen, 5);

    screen.keys(&["Escape"]);
    screen.wait_row(&["Services"], secs(5));
    screen.keys(&["q"]);
    screen.wait_shell();
    screen.start("");
    screen.wait_row(&["api@counters"], secs(10));
    screen.keys(&["Enter"]);
    wait_known_in_all(&screen, 5);

    // A manual restart, so that the host's own counter does not tell either.
    let before = kept(&desk);
    crash(&host, "api");
    host.sh("systemctl restart api");
    wait_known_in_all(&screen, 7);
    poll::until("the counters are kept", secs(20), || match kept(&desk) {
        now if now == before => Err(now),
        _ => Ok(()),
    });
    screen.signal(Signal::KILL);
    screen.type_line("stty sane");
    screen.type_line("reset");
    screen.wait_shell();
    screen.start("");
    screen.wait_row(&["api@counters"], secs(10));
    screen.keys(&["Enter"]);
    wait_known_in_all(&screen, 7);
}

#[test]
fn two_consoles_at_once_show_the_same() {
    let host = Host::boot("two");
    host.unit("api.service", STAYS_DOWN);
    let desk = Desk::with(&config(&[host.name()], &["api"]));
    let one = Screen::console(&desk, 80, 24);
    let other = Screen::console(&desk, 120, 40);
    for screen in [&one, &other] {
        screen.wait_row(&["running", "api"], secs(10));
    }
    host.sh("systemctl stop api");
    for screen in [&one, &other] {
        screen.wait_row(&["stopped", "api"], secs(5));
    }
    // The one that goes takes nothing of the other's along.
    one.keys(&["q"]);
    one.wait_shell();
    host.sh("systemctl start api");
    other.wait_row(&["running", "api"], secs(5));
}

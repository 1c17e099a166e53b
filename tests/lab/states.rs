//! What units are, on each generation of systemd.

use crate::desk::{Desk, Reading, config};
use crate::lab::{Generation, Host, zoo};
use crate::poll::{self, secs};
use crate::screen::Screen;

const ZOO: [&str; 14] = [
    "chdirbad",
    "crashloop",
    "escape",
    "execbad",
    "good",
    "killed",
    "no-such-unit",
    "nsbad",
    "oneshot",
    "startlimit",
    "template@a\\x20b\\x2fc",
    "template@one",
    "tick.timer",
    "userbad",
];

/// Reads until the unit that loops has restarted often enough to be called so, and at a moment
/// in which the timer is not just doing its work.
pub(crate) fn read_zoo(desk: &Desk) -> Reading {
    poll::until("crashloop loops", secs(20), || {
        let reading = desk.status();
        let loops = reading.service("crashloop")["state"] == "crash-looping";
        let busy = reading.service("tick.timer")["sub_state"] == "running";
        if loops && !busy { Ok(reading) } else { Err(format!("{:#}", reading.json)) }
    })
}

/// The zoo as it must be told, whatever the host's systemd, shell or language.
pub(crate) fn expected() -> Vec<(String, String, String)> {
    [
        ("chdirbad", "failed", "200/CHDIR"),
        ("crashloop", "crash-looping", "3"),
        ("escape", "running", "-"),
        ("execbad", "failed", "203/EXEC"),
        ("good", "running", "-"),
        ("killed", "failed", "9/KILL"),
        ("no-such-unit", "missing", "-"),
        ("nsbad", "failed", "226/NAMESPACE"),
        ("oneshot", "completed", "0"),
        ("startlimit", "failed", "1"),
        ("template@a-x20b-x2fc", "running", "-"),
        ("template@one", "running", "-"),
        ("tick.timer", "waiting", "-"),
        ("userbad", "failed", "217/USER"),
    ]
    .map(|(name, state, exit)| (name.to_owned(), state.to_owned(), exit.to_owned()))
    .to_vec()
}

/// A desk that watches a host's zoo.
pub(crate) fn zoo_desk(host: &str) -> Desk {
    Desk::with(&config(&[host], &ZOO))
}

fn zoo_is_told_right(generation: Generation, version: &str) {
    let name = zoo(generation).name();
    let reading = read_zoo(&zoo_desk(name));
    assert_eq!(reading.states(), expected());
    assert_eq!(reading.code, 2, "failed units are critical");
    let host = reading.host(name);
    assert_eq!(host["state"], "connected");
    assert_eq!(host["pushed"], true);
    assert!(host["systemd"].as_str().unwrap().starts_with(version), "{host:#}");
    assert_eq!(host["disks"][0]["mount"], "/");
    let looping = reading.service("crashloop");
    assert!(looping["restarts"]["last_5m"].as_u64().unwrap() >= 3, "{looping:#}");
    assert_eq!(looping["severity"], "critical");
    // It has failed for good, and its restarts before that are known from the journal.
    assert_eq!(reading.service("startlimit")["restarts"]["total"], 5);
    let good = reading.service("good");
    assert!(good["pid"].as_u64().is_some(), "{good:#}");
    assert_eq!(good["enabled"], false);
    assert_eq!(
        reading.service("escape")["description"],
        r"red \x1b[31m title \x1b]0;gotcha\x07 bidi \u{202e}gnp.exe"
    );
}

#[test]
fn the_zoo_is_told_right_on_systemd_247() {
    zoo_is_told_right(Generation::V247, "247");
}

#[test]
fn the_zoo_is_told_right_on_systemd_252() {
    zoo_is_told_right(Generation::V252, "252");
}

#[test]
fn the_zoo_is_told_right_on_systemd_257() {
    zoo_is_told_right(Generation::V257, "257");
}

#[test]
fn without_a_config_this_machine_is_read_without_ssh() {
    let host = Host::boot_as("here", &["--gen", "trixie"]);
    host.scenario("zoo", &[]);
    host.install(env!("CARGO_BIN_EXE_quarterdeck"), "/usr/local/bin/quarterdeck");
    let json = host.sh("HOME=/nowhere quarterdeck status --json; [ $? = 2 ]");
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    let env = &json["environments"][0];
    assert_eq!(env["hosts"][0]["state"], "connected", "{json:#}");
    assert_eq!(env["hosts"][0]["pushed"], true);
    let state = |name: &str| {
        let services = env["services"].as_array().unwrap();
        let service = services.iter().find(|service| service["name"] == name);
        service.unwrap_or_else(|| panic!("no {name}: {json:#}"))["state"].clone()
    };
    assert_eq!(state("good"), "running");
    assert_eq!(state("execbad"), "failed");
    assert_eq!(state("ssh"), "running");
}

#[test]
fn escape_sequences_of_a_unit_and_of_its_log_do_not_reach_the_terminal() {
    let desk = Desk::with(&config(&[zoo(Generation::V252).name()], &["escape"]));
    let screen = Screen::console(&desk, 120, 40);
    screen.wait_row(&["running", "escape"], secs(10));
    let title = screen.ask("#{pane_title}");
    screen.keys(&["Enter"]);
    screen.wait_row(&["description", r"\x1b[31m title \x1b]0;gotcha\x07 bidi \u{202e}"], secs(10));
    screen.keys(&["Tab", "Tab"]);
    let text = screen.wait_row(&["log line"], secs(10));
    assert!(text.contains(r"\x1b[2J"), "{text}");
    assert_eq!(screen.ask("#{pane_title}"), title);
}

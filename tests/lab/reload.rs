//! The config is followed while the console runs.

use crate::desk::{Desk, config, declared};
use crate::lab::{Generation, zoo};
use crate::poll::secs;
use crate::screen::{Screen, row};

/// What the screen says of now: what happened to something stays among the events when it is gone.
fn present(text: &str) -> &str {
    text.split("─ Events").next().unwrap_or(text)
}

#[test]
fn an_edited_config_is_taken_up_and_a_broken_one_is_not() {
    let host = zoo(Generation::V252).name();
    let desk = Desk::with(&config(&[host], &["good"]));
    let screen = Screen::console(&desk, 120, 40);
    screen.wait_row(&["running", "good"], secs(10));

    desk.configure(&config(&[host], &["good", "execbad"]));
    screen.wait_row(&["failed", "execbad"], secs(5));
    screen.wait_row(&["running", "good"], secs(5));

    let broken = config(&[host], &["good"]) + "colour = \"red\"\n";
    let line = broken.lines().count();
    desk.configure(&broken);
    let text = screen.wait_row(&["config not taken", &format!(":{line}:"), "colour"], secs(12));
    assert!(row(&text, &["failed", "execbad"]).is_some(), "the old one holds:\n{text}");

    desk.configure(&config(&[host], &["good"]));
    screen.wait("the service that is not declared any more is gone", secs(5), |text| {
        row(present(text), &["execbad"]).is_none() && row(text, &["config not taken"]).is_none()
    });
    screen.wait_row(&["running", "good"], secs(5));
}

#[test]
fn an_included_file_is_read_and_followed() {
    let host = zoo(Generation::V252).name();
    let desk = Desk::new();
    std::fs::create_dir(desk.path("config/conf.d")).unwrap();
    let included = desk.path("config/conf.d/lab.toml");
    std::fs::write(&included, config(&[host], &["good"])).unwrap();
    desk.configure("include = [\"conf.d/*.toml\"]\n");
    assert_eq!(desk.status().service("good")["state"], "running");
    let screen = Screen::console(&desk, 80, 24);
    screen.wait_row(&["running", "good"], secs(10));
    // Written in place, as `echo >>` does.
    std::fs::write(&included, config(&[host], &["good"]) + &declared("killed")).unwrap();
    screen.wait_row(&["failed", "killed", "9/KILL"], secs(5));
    // A file more.
    let more = config(&[host], &["oneshot"]).replace("\"lab\"", "\"more\"");
    std::fs::write(desk.path("config/conf.d/more.toml"), more).unwrap();
    screen.wait_row(&["completed", "oneshot", "more"], secs(5));
}

#[test]
fn another_host_in_the_config_is_connected_and_one_that_went_is_left() {
    let (one, other) = (zoo(Generation::V252).name(), zoo(Generation::V247).name());
    let desk = Desk::with(&config(&[one], &["good"]));
    let screen = Screen::console(&desk, 120, 40);
    screen.wait_row(&["running", "good"], secs(10));
    desk.configure(&config(&[one, other], &["good"]));
    screen.wait_row(&["2/2 services ok", "2/2 hosts up"], secs(10));
    desk.configure(&config(&[other], &["good"]));
    screen.wait("only the other is there", secs(5), |text| {
        row(text, &["running", "good"]).is_some() && !present(text).contains(one)
    });
    crate::poll::until("its ssh is gone", secs(5), || match desk.ssh_processes().len() {
        1 => Ok(()),
        n => Err(format!("{n} ssh processes")),
    });
}

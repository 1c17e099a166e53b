//! What consoles have seen happen on real hosts: told within the reading, kept after the console
//! is gone, and told by the next one when it happened in between.

use serde_json::Value;

use crate::desk::{Desk, config};
use crate::lab::Host;
use crate::poll::{self, secs};
use crate::screen::Screen;

/// Every event of the store, oldest first.
fn events(desk: &Desk, more: &[&str]) -> Vec<Value> {
    let said = desk.run(&[&["events", "--json", "--since", "1h"], more].concat());
    assert_eq!(said.code, 0, "{said:?}");
    let list: Value = serde_json::from_str(&said.out).unwrap_or_else(|e| panic!("{e}: {said:?}"));
    list["events"].as_array().unwrap().clone()
}

/// Waits for an event of that kind to that word about that subject.
fn wait(desk: &Desk, kind: &str, subject: &str, to: &str) -> Value {
    poll::until(&format!("{kind} of `{subject}` to `{to}`"), secs(30), || {
        let all = events(desk, &["--kind", kind]);
        let found = all.iter().rev().find(|event| {
            event["subject"] == subject && event["to"].as_str().is_some_and(|w| w.starts_with(to))
        });
        found.cloned().ok_or_else(|| format!("{:#?}", events(desk, &[])))
    })
}

fn start(desk: &Desk, service: &str) -> Screen {
    let screen = Screen::console(desk, 120, 40);
    screen.wait_row(&["running", service], secs(15));
    screen
}

#[test]
fn what_happens_on_a_host_is_told_and_kept() {
    let host = Host::boot("t-story");
    host.unit("app.service", "[Service]\nExecStart=/bin/sleep infinity");
    // It listens when it is told to.
    host.unit(
        "late.service",
        "[Service]\nExecStart=/bin/sh -c 'until test -e /run/listen; do sleep 0.2; done; \
         exec python3 -m http.server --bind 127.0.0.1 8090'",
    );
    let text = config(&[host.name()], &["app"])
        + "[[env.service]]\nname = \"late\"\nunit = \"late.service\"\nports = [8090]\n";
    let desk = Desk::with(&text);
    let screen = start(&desk, "app");

    // A crash.
    host.sh("systemctl kill -s KILL app.service");
    let crash = wait(&desk, "state", "app", "failed");
    assert_eq!(crash["severity"], "critical", "{crash:#}");
    assert_eq!(crash["from"], "running");
    assert_eq!((&crash["env"], &crash["host"]), (&"lab".into(), &"t-story".into()));
    assert!(crash["text"].as_str().unwrap().contains("KILL"), "{crash:#}");
    host.sh("systemctl start app.service");
    wait(&desk, "state", "app", "running");

    // A finding opens and closes.
    let opened = wait(&desk, "finding-opened", "late", "critical");
    assert_eq!(opened["topic"], "port-not-listening", "{opened:#}");
    assert!(!opened["detail"].as_array().unwrap().is_empty());
    host.sh("touch /run/listen");
    wait(&desk, "finding-closed", "late", "closed");

    // A link lost and back: two events, and none of what stands behind it.
    let before = events(&desk, &[]).len();
    host.lab("cut", &[]);
    let lost = wait(&desk, "link", "", "unreachable");
    assert_eq!(lost["severity"], "critical", "{lost:#}");
    host.lab("heal", &[]);
    screen.keys(&["r"]);
    wait(&desk, "link", "", "connected");
    let after = events(&desk, &[]);
    let since: Vec<&Value> = after[before..].iter().collect();
    assert!(since.iter().all(|event| event["kind"] == "link"), "{since:#?}");

    // The console is killed; nothing is lost, and what happens now is told by the next one.
    let known = events(&desk, &[]);
    screen.signal(rustix::process::Signal::KILL);
    // It cannot give the terminal back: the prompt is somewhere on its last frame.
    screen.wait("the shell goes on", secs(5), |text| text.contains("exit=137"));
    assert_eq!(events(&desk, &[]), known);
    host.sh("systemctl stop app.service");
    let stopped = host.sh("date +%s").parse::<i64>().unwrap();
    let screen = Screen::console(&desk, 120, 40);
    let told = wait(&desk, "state", "app", "stopped");
    let at: jiff::Timestamp = told["at"].as_str().unwrap().parse().unwrap();
    assert!((at.as_second() - stopped).abs() <= 2, "{told:#} at {stopped}");
    // It told nothing twice.
    let again = events(&desk, &[]);
    assert_eq!(&again[..known.len()], &known[..]);
    assert_eq!(again.len(), known.len() + 1, "{:#?}", &again[known.len()..]);
    screen.keys(&["q"]);
    screen.wait_shell();

    // The report has it all, and what is wrong now.
    let report = desk.run(&["report", "--since", "1h"]);
    assert_eq!(report.code, 0, "{report:?}");
    for part in [
        "# Incident report: lab",
        "Now: **warning**. 1 of 1 hosts answer",
        "| lab | t-story | app | warning | stopped |",
        "| critical | state | lab/t-story/app | running → failed, signal, killed 9/KILL |",
        "| critical | finding-opened | lab/t-story/late |",
        "| critical | link | lab/t-story | unreachable: ",
    ] {
        assert!(report.out.contains(part), "{part} in {}", report.out);
    }
    assert!(!report.out.contains("Actions taken"), "{}", report.out);

    // One reading writes nothing.
    host.sh("systemctl start app.service");
    assert_eq!(desk.status().service("app")["state"], "running");
    assert_eq!(events(&desk, &[]), again);
}

#[test]
fn a_host_that_was_booted_is_told_so() {
    let host = Host::boot("t-boot");
    let desk = Desk::with(&config(&[host.name()], &["ssh"]));
    let screen = start(&desk, "ssh");
    // Its plug is pulled, and put in again.
    crate::lab::lab(&["down", host.name()]);
    wait(&desk, "link", "", "unreachable");
    crate::lab::lab(&["up", host.name()]);
    let booted = wait(&desk, "reboot", "", "");
    assert_ne!(booted["from"], booted["to"], "{booted:#}");
    assert_eq!(booted["severity"], "warning");
    screen.keys(&["q"]);
    screen.wait_shell();
}

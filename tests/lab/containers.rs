//! Logs of real containers: podman on a host of the lab.

use rustix::process::Signal;

use crate::desk::{Desk, config};
use crate::lab::Host;
use crate::logs::{Follower, nothing_is_left, numbers};
use crate::poll::{self, secs};

/// Says numbers on both streams, one more than the last of the container before.
fn start(host: &Host, begin: u64) {
    host.sh(&format!(
        "podman run -d --ulimit host --name app box:1 /bin/sh -c 'i={begin}; while :; do \
         echo number $i; i=$((i+1)); echo number $i >&2; i=$((i+1)); sleep 0.02; done' >/dev/null"
    ));
}

/// Stops it, and answers the last number that its log has.
fn stop(host: &Host) -> u64 {
    host.sh("podman stop -t 0 app >/dev/null 2>&1; sleep 1");
    let log = host.sh("podman logs app 2>&1 | tail -n 2");
    numbers(&log).into_iter().max().unwrap()
}

fn desk(host: &Host) -> Desk {
    let app = "[[env.service]]\nname = \"app\"\nprocess = \"none\"\n\
               logs = [{ container = \"app\" }]\n";
    Desk::with(&(config(&[host.name()], &[]) + app))
}

/// The numbers of lines. podman puts a moment into the middle of one that it took in two pieces.
fn said(text: &str) -> Vec<u64> {
    let mut left = text.as_bytes();
    let mut out = Vec::new();
    while let Some((first, rest)) = left.split_first() {
        let moment = left.get(..31).filter(|b| b[4] == b'-' && b[10] == b'T' && &b[29..] == b"Z ");
        if moment.is_some() {
            left = &left[31..];
        } else {
            out.push(*first);
            left = rest;
        }
    }
    numbers(&String::from_utf8(out).unwrap())
}

/// Each number once. Those of two streams may change places with their neighbors.
fn complete(mut here: Vec<u64>, last: u64) {
    here.sort_unstable();
    assert_eq!(here, (1..=last).collect::<Vec<_>>());
}

#[test]
fn a_container_is_followed_over_a_cut_link_a_restart_and_the_next_one_of_its_name() {
    let host = Host::boot("lg-podman");
    host.scenario("podman", &[]);
    let desk = desk(&host);
    let mut follower = Follower::start(&desk, &["app", "-f"]);
    poll::until("it says that there is none", secs(15), || {
        let said = follower.complaints();
        if said.contains("there is no container of this name") { Ok(()) } else { Err(said) }
    });
    start(&host, 1);
    follower.wait("lines come", secs(20), |text| numbers(text).len() > 50);
    host.lab("cut", &[]);
    host.sh("sleep 12");
    host.lab("heal", &[]);
    let before = follower.text().len();
    follower.wait("they come again", secs(60), |text| text.len() > before + 1000);
    let last = stop(&host);
    // Its numbers begin anew: the log of a container goes on over its restarts.
    follower.wait("its last line comes", secs(20), |text| {
        numbers(text).into_iter().max() == Some(last)
    });
    complete(numbers(&follower.text()), last);
    poll::until("it says that it does not run", secs(10), || {
        let said = follower.complaints();
        if said.contains("it does not run") { Ok(()) } else { Err(said) }
    });
    host.sh("podman rm app >/dev/null");
    start(&host, last + 1);
    follower.wait("lines of the next come", secs(30), |text| {
        numbers(text).into_iter().max() > Some(last + 50)
    });
    assert!(follower.text().contains("another container has its name now"), "it says so");
    let last = stop(&host);
    follower.wait("its last line comes", secs(20), |text| {
        numbers(text).into_iter().max() == Some(last)
    });
    complete(numbers(&follower.text()), last);
    // The same once more: nothing is read twice.
    host.sh("podman start app >/dev/null; sleep 4");
    let again = numbers(&follower.text()).len() as u64;
    assert!(again > last, "a container that runs again is followed: {again} of {last}");
    assert_eq!(follower.signal(Signal::KILL), None);
    nothing_is_left(&host, secs(10));
}

#[test]
fn history_of_a_container_is_complete_page_by_page() {
    let host = Host::boot("lg-podpast");
    host.scenario("podman", &[]);
    host.sh("podman run --ulimit host --name app box:1 /bin/sh -c \
             'for i in $(seq 1 60000); do echo number $i; done' >/dev/null");
    let desk = desk(&host);
    let all = desk.run(&["logs", "app", "--since", "2020-01-01"]);
    complete(said(&all.out), 60_000);
    let newest = desk.run(&["logs", "app", "-n", "50000"]);
    assert_eq!(said(&newest.out), (10_001..=60_000).collect::<Vec<_>>());
    assert_eq!((all.code, newest.code), (0, 0), "{}", all.err);
    let missing = desk.run(&["logs", "app", "-n", "1", "--grep", "number 7$"]);
    assert_eq!(numbers(&missing.out), [7], "{missing:?}");
}

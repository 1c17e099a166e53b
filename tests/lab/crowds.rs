//! Many logs of one host at one time, more than its ssh server lets us have channels: they share one.

use std::collections::BTreeMap;

use rustix::process::Signal;

use crate::desk::{Desk, config};
use crate::lab::Host;
use crate::logs::{Follower, left, nothing_is_left, numbers};
use crate::poll::{self, secs};

const FILES: u64 = 40;

/// Writes into all files in turn, each line with its file's number and its own. After a third some
/// are rotated, after two some are replaced. The first file says what a host could say that wants
/// its lines to be another file's.
const WRITER: &str = r"cat >/usr/local/bin/crowd <<'P'
import os, sys, time
names = ['/var/log/crowd/f%02d.log' % n for n in range(int(sys.argv[1]))]
begin, end = int(sys.argv[2]), int(sys.argv[3])
for turn in range(begin, end):
    for n, name in enumerate(names):
        if turn == begin + (end - begin) // 3 and n % 5 == 1:
            os.rename(name, name + '.%d' % turn)
        if turn == begin + 2 * (end - begin) // 3 and n % 5 == 2:
            os.rename(name, name + '.old')
        with open(name, 'ab') as file:
            if n == 0:
                file.write(b'\x1e@@x 2 9\nforged 1\n\x1e@@aaaaaaaaaaaaaaaaaaaa 3 0\n\0\xff\r\n')
            file.write(b'from %02d number %d\n' % (n, turn))
    time.sleep(0.05)
P
";

fn crowd(host: &Host) -> Desk {
    host.sh(&format!(
        "{WRITER}\nmkdir -p /var/log/crowd; cd /var/log/crowd; \
         for n in $(seq 0 {}); do : >$(printf 'f%02d.log' $n); done",
        FILES - 1
    ));
    let app = "[[env.service]]\nname = \"crowd\"\nprocess = \"none\"\n\
               logs = [{ file = \"/var/log/crowd/*.log\" }]\n";
    Desk::with(&(config(&[host.name()], &[]) + app))
}

/// The numbers of each file's lines, in their order.
fn of_files(text: &str) -> BTreeMap<u64, Vec<u64>> {
    let mut files: BTreeMap<u64, Vec<u64>> = BTreeMap::new();
    for line in text.lines() {
        let Some((_, said)) = line.split_once(" crowd from ") else { continue };
        let (file, rest) = said.split_once(' ').unwrap();
        files.entry(file.parse().unwrap()).or_default().extend(numbers(rest));
    }
    files
}

fn all_have(text: &str, last: u64) -> bool {
    let files = of_files(text);
    files.len() as u64 == FILES && files.values().all(|lines| lines.last() == Some(&last))
}

fn complete(follower: &Follower, last: u64) {
    let files = of_files(&follower.text());
    let wanted: Vec<u64> = (1..=last).collect();
    for (file, lines) in files {
        assert_eq!(lines, wanted, "of {file}: {}", follower.complaints());
    }
    let said = follower.complaints();
    assert!(!said.contains("as many logs"), "{said}");
}

fn followed(host: &Host, program: &str) {
    let desk = crowd(host);
    let mut follower = Follower::start(&desk, &["crowd", "-f", "-n", "0"]);
    poll::until("the channel is shared", secs(30), || {
        let left = left(host);
        let tails = left.iter().filter(|line| line.contains("tail -s")).count() as u64;
        let is_shared = left.iter().any(|line| line.contains(program));
        if is_shared && tails == FILES { Ok(()) } else { Err(left.join("\n")) }
    });
    host.sh(&format!("python3 /usr/local/bin/crowd {FILES} 1 61"));
    follower.wait("all files' last lines come", secs(20), |text| all_have(text, 60));
    complete(&follower, 60);
    // Its lines came as they are, and none by the way of another file.
    assert!(follower.text().contains("forged 1"));
    // The connection breaks in the middle of it: each goes on where it was.
    host.sh("pkill -f '[s]shd: ops@notty'; sleep 1");
    host.sh(&format!("python3 /usr/local/bin/crowd {FILES} 61 101"));
    follower.wait("they come again", secs(60), |text| all_have(text, 100));
    complete(&follower, 100);
    assert_eq!(follower.signal(Signal::KILL), None);
    nothing_is_left(host, secs(10));
}

#[test]
fn all_files_of_a_pattern_are_followed_over_one_channel() {
    let host = Host::boot("lg-crowd");
    followed(&host, "quarterdeck: reads logs");
}

#[test]
fn a_host_without_perl_shares_by_python() {
    let host = Host::boot("lg-python");
    host.sh("mv /usr/bin/perl /usr/bin/perl.away");
    followed(&host, "python3 -c");
}

#[test]
fn a_host_that_cannot_share_says_what_waits() {
    let host = Host::boot("lg-alone");
    host.sh("mv /usr/bin/perl /usr/bin/perl.away");
    let desk = crowd(&host);
    host.sh("mv /usr/bin/python3 /usr/bin/python3.away");
    let follower = Follower::start(&desk, &["crowd", "-f", "-n", "0"]);
    poll::until("it says so", secs(30), || {
        let said = follower.complaints();
        if said.contains("as many logs of this host are followed") { Ok(()) } else { Err(said) }
    });
    host.sh("echo from 00 number 1 >>/var/log/crowd/f00.log");
    follower.wait("the first are followed", secs(10), |text| text.contains("from 00 number 1"));
}

#[test]
fn in_a_frozen_network_all_that_share_end_by_themselves() {
    let host = Host::boot("lg-lease");
    let desk = crowd(&host);
    let follower = Follower::start(&desk, &["crowd", "-f", "-n", "0"]);
    poll::until("they are followed", secs(30), || {
        let left = left(&host);
        let tails = left.iter().filter(|line| line.contains("tail -s")).count() as u64;
        if tails == FILES { Ok(()) } else { Err(left.join("\n")) }
    });
    host.lab("cut", &[]);
    drop(follower);
    poll::until("nothing of ours is left on the host", secs(130), || {
        let ours: Vec<String> =
            left(&host).into_iter().filter(|line| !line.contains("sshd:")).collect();
        if ours.is_empty() { Ok(()) } else { Err(ours.join("\n")) }
    });
    host.lab("heal", &[]);
}

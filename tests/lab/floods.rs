//! A host whose log floods, a journal that is damaged, files that come later.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::desk::{Desk, config};
use crate::lab::Host;
use crate::poll::{self, secs};

const APP: &str = "/var/log/app/app.log";
/// Lines of the flood: about 44 MB.
const FLOOD: u64 = 2_000_000;
/// Memory that following takes at most, in kB: it does not depend on how much comes.
const MEMORY: u64 = 160_000;

/// What came so far.
#[derive(Default)]
struct Came {
    /// The number of the flood's last line, and how many followed another than the one before.
    last: u64,
    jumps: u64,
    /// How late the quiet host's lines were, in milliseconds, and whether the flood was there then.
    late: Vec<(i64, bool)>,
    others: Vec<String>,
}

impl Came {
    fn take(&mut self, line: &str) {
        if let Some((_, number)) = line.split_once(" flood number ") {
            let number = number.parse().unwrap();
            self.jumps += u64::from(number != self.last + 1);
            self.last = number;
        } else if let Some((_, at)) = line.split_once(" quiet said at ") {
            let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis() as i64;
            self.late.push((now - at.parse::<i64>().unwrap(), self.last > 0 && self.last < FLOOD));
        } else if self.others.len() < 20 {
            self.others.push(line.to_owned());
        }
    }
}

fn with_file(name: &str, service: &str, path: &str) -> String {
    format!(
        "[[env.service]]\nname = \"{service}\"\nprocess = \"none\"\nhosts = [\"{name}\"]\n\
         logs = [{{ file = \"{path}\" }}]\n"
    )
}

struct Ended(Child);

impl Drop for Ended {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

fn followed(desk: &Desk, arguments: &[&str]) -> (Ended, Arc<Mutex<Came>>) {
    let arguments = [&["logs"], arguments].concat();
    // What nobody reads would fill its pipe.
    let mut child = desk.command(&arguments).stderr(Stdio::null()).spawn().unwrap();
    let came = Arc::new(Mutex::new(Came::default()));
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let to = Arc::clone(&came);
    std::thread::spawn(move || {
        lines.map_while(Result::ok).for_each(|l| to.lock().unwrap().take(&l));
    });
    (Ended(child), came)
}

/// The most memory that a process ever took, in kB.
fn memory(child: &Child) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

#[test]
fn a_flood_starves_no_other_host_and_takes_no_memory() {
    let (flood, quiet) = (Host::boot("mo-flood"), Host::boot("mo-quiet"));
    for host in [&flood, &quiet] {
        host.sh(&format!("mkdir -p /var/log/app; : >{APP}"));
    }
    let services = with_file("mo-flood", "flood", APP) + &with_file("mo-quiet", "quiet", APP);
    let desk = Desk::with(&(config(&["mo-flood", "mo-quiet"], &[]) + &services));
    quiet.unit(
        "say.service",
        &format!(
            "[Service]\nExecStart=/bin/sh -c 'while sleep 0.1; do echo said at $$(date +%%s%%3N) >>{APP}; done'\n"
        ),
    );
    let (child, came) = followed(&desk, &["flood", "quiet", "-f", "-n", "0"]);
    poll::until("the quiet host is heard", secs(20), || {
        let said = came.lock().unwrap().late.len();
        if said > 10 { Ok(()) } else { Err(said.to_string()) }
    });
    flood.sh(&format!("seq 1 {FLOOD} | sed 's/^/number /' >>{APP}"));
    poll::until("all of the flood has come", secs(240), || {
        let last = came.lock().unwrap().last;
        if last == FLOOD { Ok(()) } else { Err(last.to_string()) }
    });
    let came = came.lock().unwrap();
    let mut late: Vec<i64> =
        came.late.iter().filter(|(_, meanwhile)| *meanwhile).map(|(late, _)| *late).collect();
    late.sort_unstable();
    eprintln!("meanwhile {} lines, the latest {:?} ms late", late.len(), late.last());
    eprintln!("{} kB of memory", memory(&child.0));
    // How late is told above; that they do not wait for the flood's end is what has to hold.
    assert!(late.len() > 5, "the quiet host was heard {} times during the flood", late.len());
    assert_eq!(came.jumps, 0, "nothing is lost or comes twice");
    assert_eq!(came.others, [""; 0], "nothing else is said");
    assert!(memory(&child.0) < MEMORY, "{} kB", memory(&child.0));
}

#[test]
fn a_damaged_journal_is_told_and_the_rest_is_read() {
    let host = Host::boot("mo-damage");
    let say = |from: u32, to: u32| {
        host.sh(&format!(
            "printf '[Service]\\nType=oneshot\\nExecStart=/usr/bin/seq -f \"number %%%%.0f\" {from} {to}\\n' \
             >/etc/systemd/system/speak.service; systemctl daemon-reload; systemctl start speak; \
             journalctl --sync; journalctl --rotate"
        ));
    };
    say(1, 3000);
    say(3001, 3500);
    let desk = Desk::with(&config(&[host.name()], &["speak"]));
    let whole = desk.run(&["logs", "speak", "-n", "10000"]);
    let numbers = |text: &str| -> Vec<u32> {
        let number = |line: &str| line.rsplit_once("number ")?.1.trim().parse().ok();
        text.lines().filter_map(number).collect()
    };
    assert_eq!(whole.code, 0, "{}", whole.err);
    assert_eq!(numbers(&whole.out), (1..=3500).collect::<Vec<_>>());
    // Where it hurts enough for journalctl to complain of it; else it leaves out what it cannot
    // read and says nothing.
    let told = host.sh(
        "f=$(ls -S /var/log/journal/*/system@*.journal | head -n 1); cp \"$f\" /root/whole; \
         s=$(stat -c %s \"$f\"); \
         for n in $(seq 97 -2 31); do \
         cp /root/whole \"$f\"; \
         head -c 65536 /dev/zero | tr '\\0' '\\377' | \
         dd of=\"$f\" bs=65536 seek=$((s * n / 100 / 65536)) conv=notrunc 2>/dev/null; \
         journalctl -q -u speak -n 2000 -o export >/dev/null || { echo $n; break; }; done",
    );
    assert_ne!(told, "", "no place where journalctl complains");
    let said = desk.run(&["logs", "speak", "-n", "2000"]);
    eprintln!("{told} %: {}", said.err);
    let all = said.out.clone() + &said.err;
    assert!(all.contains("journalctl says: "), "{}\n{}", said.err, said.code);
    let here = numbers(&said.out);
    assert!(here.is_sorted_by(|a, b| a < b), "{here:?}");
    assert!(here.len() >= 500 && here.ends_with(&(3001..=3500).collect::<Vec<_>>()), "{here:?}");
}

#[test]
fn files_that_come_later_are_followed_from_their_beginning() {
    let host = Host::boot("mo-later");
    host.sh("mkdir -p /var/log/app; cd /var/log/app; echo said at 1 >a.log");
    let services = with_file("mo-later", "quiet", "/var/log/app/*");
    let desk = Desk::with(&(config(&["mo-later"], &[]) + &services));
    let (_child, came) = followed(&desk, &["quiet", "-f"]);
    let until = |what: &str, many: usize| {
        poll::until(what, Duration::from_secs(20), || {
            let said = came.lock().unwrap().late.len();
            if said >= many { Ok(()) } else { Err(said.to_string()) }
        });
    };
    until("what was there", 1);
    host.sh("cd /var/log/app; seq -f 'said at %.0f' 2 10 >b.log");
    until("a new file", 10);
    // What it is rotated to is no other log.
    host.sh(
        "cd /var/log/app; mv b.log b.log.1; sleep 2; seq -f 'said at %.0f' 11 20 >b.log; sleep 8",
    );
    until("after its rotation", 20);
    host.sh("cd /var/log/app; gzip b.log.1; sleep 8; echo said at 21 >>b.log");
    until("what is appended", 21);
    let came = came.lock().unwrap();
    assert_eq!(came.late.len(), 21);
    assert!(came.others.iter().all(|line| line.contains(" -- ")), "{:?}", came.others);
}

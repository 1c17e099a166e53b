//! Logs that are followed: lines are counted on the host and here. Nothing is lost and nothing comes
//! twice, over cut links, restarts and rotation.

use std::fs::File;
use std::path::PathBuf;
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::desk::{Desk, config};
use crate::lab::Host;
use crate::poll::{self, secs};

mod history;

const APP: &str = "/var/log/app/app.log";

/// `quarterdeck logs` while it runs.
pub(crate) struct Follower {
    pub(crate) child: Child,
    out: PathBuf,
    err: PathBuf,
}

impl Follower {
    pub(crate) fn start(desk: &Desk, arguments: &[&str]) -> Self {
        let (out, err) = (desk.path("out"), desk.path("err"));
        let child = desk
            .command(&[&["logs"], arguments].concat())
            .stdout(File::create(&out).unwrap())
            .stderr(File::create(&err).unwrap())
            .spawn()
            .unwrap();
        Self { child, out, err }
    }

    pub(crate) fn text(&self) -> String {
        std::fs::read_to_string(&self.out).unwrap()
    }

    pub(crate) fn complaints(&self) -> String {
        std::fs::read_to_string(&self.err).unwrap()
    }

    /// The numbers of the lines, in their order.
    fn numbers(&self) -> Vec<u64> {
        numbers(&self.text())
    }

    pub(crate) fn wait(&self, what: &str, limit: Duration, is: impl Fn(&str) -> bool) {
        poll::until(what, limit, || {
            let text = self.text();
            let tail: Vec<&str> = text.lines().rev().take(5).collect();
            if is(&text) { Ok(()) } else { Err(format!("{tail:#?}\n{}", self.complaints())) }
        });
    }

    pub(crate) fn signal(&mut self, signal: Signal) -> Option<i32> {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
        self.child.wait().unwrap().code()
    }
}

impl Drop for Follower {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

pub(crate) fn numbers(text: &str) -> Vec<u64> {
    let number = |line: &str| line.rsplit_once("number ")?.1.trim().parse().ok();
    text.lines().filter_map(number).collect()
}

fn is_ascending(numbers: &[u64]) -> bool {
    numbers.is_sorted_by(|a, b| a < b)
}

/// Numbers that do not follow the one before.
fn jumps(numbers: &[u64]) -> Vec<(u64, u64)> {
    numbers.windows(2).filter(|two| two[1] != two[0] + 1).map(|two| (two[0], two[1])).collect()
}

/// A service that says numbers, over its restarts.
fn speaker(host: &Host) {
    host.sh("cat >/usr/local/bin/speak <<'P'\n\
         #!/usr/bin/python3\n\
         import sys, time\n\
         n = 0\n\
         try: n = int(open('/run/speak').read())\n\
         except (OSError, ValueError): pass\n\
         while True:\n\
         \x20   n += 1\n\
         \x20   open('/run/speak', 'w').write(str(n))\n\
         \x20   print('number', n, flush=True)\n\
         \x20   time.sleep(0.01)\n\
         P\n\
         chmod +x /usr/local/bin/speak");
    host.unit("speak.service", "[Service]\nExecStart=/usr/local/bin/speak\n");
}

/// The same into a file; it holds its breath while `/run/hold` is there.
fn writer(host: &Host) {
    host.sh("mkdir -p /var/log/app; cat >/usr/local/bin/write <<'P'\n\
         #!/usr/bin/python3\n\
         import os, time\n\
         n = 0\n\
         while True:\n\
         \x20   if os.path.exists('/run/hold'):\n\
         \x20       open('/run/held', 'w').close()\n\
         \x20       time.sleep(0.01)\n\
         \x20       continue\n\
         \x20   n += 1\n\
         \x20   open('/var/log/app/app.log', 'a').write('number %d\\n' % n)\n\
         \x20   time.sleep(0.005)\n\
         P\n\
         chmod +x /usr/local/bin/write");
    host.unit("write.service", "[Service]\nExecStart=/usr/local/bin/write\n");
}

/// Runs something on the host while nothing is written.
fn held(host: &Host, script: &str) {
    host.sh(&format!(
        "rm -f /run/held; touch /run/hold; until [ -e /run/held ]; do sleep 0.01; done; {script}; \
         rm /run/hold"
    ));
}

fn with_file(name: &str, path: &str) -> Desk {
    let service = format!(
        "[[env.service]]\nname = \"app\"\nprocess = \"write\"\nlogs = [{{ file = \"{path}\" }}]\n"
    );
    Desk::with(&(config(&[name], &[]) + &service))
}

/// What of the follower runs on the host.
pub(crate) fn left(host: &Host) -> Vec<String> {
    host.sh("ps -eo user,args --no-headers")
        .lines()
        .map(str::trim)
        .filter(|line| {
            let words = [
                "/bin/sh -s",
                "journalctl",
                "tail -s",
                "sleep 90",
                "sshd: ops",
                "quarterdeck:",
                "python3 -c",
            ];
            words.iter().any(|word| line.contains(word))
        })
        .map(str::to_owned)
        .collect()
}

pub(crate) fn nothing_is_left(host: &Host, limit: Duration) {
    poll::until("nothing of ours is left on the host", limit, || match left(host) {
        left if left.is_empty() => Ok(()),
        left => Err(left.join("\n")),
    });
}

#[test]
fn a_journal_is_followed_over_a_cut_link_restarts_and_rotation() {
    let host = Host::boot("tl-journal");
    let desk = Desk::with(&config(&[host.name()], &["speak"]));
    let follower = Follower::start(&desk, &["speak", "-f", "-n", "0"]);
    // Before the unit has ever said anything.
    std::thread::sleep(secs(2));
    speaker(&host);
    follower.wait("lines come", secs(15), |text| numbers(text).len() > 100);
    host.lab("cut", &[]);
    std::thread::sleep(secs(20));
    host.lab("heal", &[]);
    let before = follower.numbers().len();
    follower.wait("it goes on after the cut", secs(45), |text| numbers(text).len() > before + 100);
    host.sh("systemctl restart speak");
    host.sh("systemctl restart systemd-journald");
    host.sh("journalctl --rotate; journalctl --sync");
    // Its server's children of ours.
    host.sh("pkill -KILL -f '^sshd: ops'; sleep 1; systemctl restart ssh; sleep 1; \
             pkill -KILL journalctl || true");
    host.sh("sleep 2; systemctl stop speak");
    let there = numbers(&host.sh("journalctl -q -o cat -u speak | grep number"));
    let last = *there.last().unwrap();
    follower.wait("the last line comes", secs(60), |text| numbers(text).last() == Some(&last));
    let here = follower.numbers();
    assert_eq!(here.len(), there.len(), "{:?}", jumps(&here));
    assert_eq!(here, there);
    assert!(!follower.text().contains(" -- "), "no gap: {}", follower.complaints());
    // What systemd says of the unit as well.
    assert!(follower.text().contains("Stopped"), "{}", follower.text());
}

#[test]
fn a_vacuumed_journal_is_a_gap() {
    let host = Host::boot("tl-vacuum");
    speaker(&host);
    let desk = Desk::with(&config(&[host.name()], &["speak"]));
    let follower = Follower::start(&desk, &["speak", "-f"]);
    follower.wait("lines come", secs(15), |text| numbers(text).len() > 50);
    host.lab("cut", &[]);
    std::thread::sleep(secs(18));
    host.sh("journalctl --rotate; journalctl --vacuum-time=1s --vacuum-files=1; sleep 2");
    host.sh("journalctl --rotate; journalctl --vacuum-time=1s --vacuum-files=1");
    host.lab("heal", &[]);
    follower.wait("the gap is told", secs(45), |text| {
        text.contains("lines may be missing here: after")
            && text.contains("the journal does not have the entry any more")
    });
    let here = follower.numbers();
    assert!(is_ascending(&here), "{:?}", jumps(&here));
}

#[test]
fn a_file_is_followed_over_each_manner_of_rotation() {
    let host = Host::boot("tl-file");
    let desk = with_file(host.name(), APP);
    let follower = Follower::start(&desk, &["app", "-f"]);
    poll::until("it says that the file is missing", secs(15), || {
        let said = follower.complaints();
        if said.contains("there is no such file") { Ok(()) } else { Err(said) }
    });
    writer(&host);
    follower.wait("lines come", secs(15), |text| numbers(text).len() > 100);
    host.sh("cd /var/log/app; mv app.log app.log.1; sleep 4");
    host.sh("cd /var/log/app; mv app.log app.log-20261121; touch app.log; sleep 4");
    held(&host, "cd /var/log/app; cp app.log app.log.2; : >app.log");
    host.sh("sleep 3");
    host.sh("cd /var/log/app; rm app.log; sleep 4");
    host.sh("systemctl stop write");
    let last = numbers(&host.sh(&format!("tail -n 1 {APP}")))[0];
    follower.wait("the last line comes", secs(20), |text| numbers(text).last() == Some(&last));
    let here = follower.numbers();
    assert_eq!(jumps(&here), [], "{}", follower.complaints());
    assert_eq!((here[0], here.len() as u64), (1, last));
}

#[test]
fn a_file_that_is_rotated_while_the_link_is_cut_is_read_to_its_end() {
    let host = Host::boot("tl-cut");
    writer(&host);
    let desk = with_file(host.name(), APP);
    let follower = Follower::start(&desk, &["app", "-f", "-n", "1000000"]);
    let cut = |script: &str| {
        let before = follower.numbers().len();
        follower.wait("lines come", secs(60), |text| numbers(text).len() > before + 200);
        host.lab("cut", &[]);
        host.sh("sleep 1");
        held(&host, script);
        std::thread::sleep(secs(17));
        host.lab("heal", &[]);
        let before = follower.numbers().len();
        follower.wait("it goes on", secs(60), |text| numbers(text).len() > before + 1000);
    };
    cut("cd /var/log/app; mv app.log app.log.1");
    assert_eq!(jumps(&follower.numbers()), []);
    cut("cd /var/log/app; cp app.log app.log.2; : >app.log");
    assert_eq!(jumps(&follower.numbers()), []);
    // Twice: a whole file was there and is another one's now.
    cut(
        "cd /var/log/app; mv app.log app.log.4; rm /run/hold; sleep 2; mv app.log app.log.3; touch /run/hold",
    );
    assert_eq!(jumps(&follower.numbers()), []);
    assert!(!follower.text().contains("lines may be missing"), "{}", follower.text());
    cut("cd /var/log/app; rm app.log");
    let here = follower.numbers();
    assert_eq!(jumps(&here).len(), 1, "{:?}", jumps(&here));
    assert!(is_ascending(&here));
    assert!(follower.text().contains("lines may be missing here: after"));
    assert!(follower.text().contains("deleted or compressed"));
}

#[test]
fn no_process_stays_on_the_host_however_the_follower_ends() {
    let host = Host::boot("tl-ends");
    writer(&host);
    speaker(&host);
    let more = "[[env.service]]\nname = \"app\"\nprocess = \"write\"\n\
                logs = [{ file = \"/var/log/app/app.log\" }, { file = \"/var/log/secret.log\" }]\n";
    let desk = Desk::with(&(config(&[host.name()], &["speak"]) + more));
    host.sh("install -m 600 /dev/null /var/log/secret.log");
    for (signal, code) in
        [(Signal::KILL, None), (Signal::INT, Some(130)), (Signal::TERM, Some(143))]
    {
        let mut follower = Follower::start(&desk, &["app", "speak", "-f"]);
        follower.wait("lines come", secs(20), |text| {
            text.contains(" speak ") && text.contains(" app ")
        });
        host.sh("echo number 7 >>/var/log/secret.log");
        follower.wait("so does what root may read", secs(20), |text| text.contains("number 7\n"));
        assert!(
            left(&host).iter().any(|line| line.starts_with("root") && line.contains("tail -s"))
        );
        assert!(left(&host).iter().any(|line| line.contains("journalctl")));
        assert_eq!(follower.signal(signal), code);
        nothing_is_left(&host, secs(10));
    }
    // A pipe that is closed.
    let shell = format!(
        "{} logs app speak -f | head -n 20 | wc -l; echo \"${{PIPESTATUS[0]}}\"",
        env!("CARGO_BIN_EXE_quarterdeck")
    );
    let output = Command::new("bash")
        .args(["-c", &shell])
        .env_clear()
        .envs(desk.environment())
        .output()
        .unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stdout), "20\n0\n");
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    nothing_is_left(&host, secs(10));
}

#[test]
fn in_a_frozen_network_the_host_ends_it_by_itself() {
    let host = Host::boot("tl-lease");
    writer(&host);
    speaker(&host);
    let desk = Desk::with(
        &(config(&[host.name()], &["speak"])
            + "[[env.service]]\nname = \"app\"\nprocess = \"write\"\n\
               logs = [{ file = \"/var/log/app/app.log\" }]\n"),
    );
    let mut follower = Follower::start(&desk, &["app", "speak", "-f"]);
    follower
        .wait("lines come", secs(20), |text| text.contains(" speak ") && text.contains(" app "));
    host.lab("cut", &[]);
    follower.signal(Signal::KILL);
    let began = Instant::now();
    poll::until("no reader is left", secs(130), || {
        let left: Vec<String> =
            left(&host).into_iter().filter(|line| !line.contains("sshd: ops")).collect();
        if left.is_empty() { Ok(()) } else { Err(left.join("\n")) }
    });
    eprintln!("ended by itself after {:?}", began.elapsed());
    host.lab("heal", &[]);
}

#[test]
fn what_cannot_be_read_says_why_and_the_rest_is_read() {
    let host = Host::boot_as("tl-rights", &["--kind", "no-rights"]);
    speaker(&host);
    host.sh(
        "mkdir -p /var/log/app; echo number 1 >/var/log/app/app.log; mkfifo /var/log/app/pipe; \
             echo number 2 >/var/log/app/secret.log; chmod 600 /var/log/app/secret.log",
    );
    let file = |name: &str, path: &str| {
        format!(
            "[[env.service]]\nname = \"{name}\"\nprocess = \"writer\"\nlogs = [{{ file = \"{path}\" }}]\n"
        )
    };
    let desk = Desk::with(
        &(config(&[host.name()], &["speak"])
            + &file("app", "/var/log/app/*")
            + &file("secret", "/var/log/app/secret.log")
            + &file("pipe", "/var/log/app/pipe")
            + &file("folder", "/var/log/app")
            + &file("none", "/var/log/app/none.log")),
    );
    for (service, why) in [
        ("speak", "is not in the group systemd-journal or adm"),
        ("secret", "may not read it, and `sudo -n` is not possible"),
        ("pipe", "it is a named pipe"),
        ("folder", "it is a directory"),
        ("none", "there is no such file"),
    ] {
        let said = desk.run(&["logs", service]);
        assert!(said.err.contains(why), "{service}: {said:?}");
        assert_eq!((said.code, said.out.as_str()), (3, ""), "{said:?}");
    }
    let said = desk.run(&["logs", "app", "speak"]);
    assert_eq!(said.code, 3, "{said:?}");
    assert_eq!(numbers(&said.out), [1], "{said:?}");
    assert!(said.out.contains("tl-rights app "));
    let said = desk.run(&["logs", "speek"]);
    assert_eq!((said.code, said.out.as_str()), (64, ""));
    assert!(said.err.contains("did you mean `speak`?"), "{said:?}");
}

/// The newest files of a pattern are read, and it is said that others are not.
#[test]
fn of_many_files_those_written_last_are_read_and_the_rest_is_told() {
    let host = Host::boot("tl-many");
    host.sh("mkdir -p /var/log/app; cd /var/log/app; for n in $(seq 10 81); do \
             echo number $n >a-$n.log; touch -d \"2026-11-20 10:00:00 UTC -$n minutes\" a-$n.log; done; \
             mkdir /var/log/odd; echo number 1 >/var/log/odd/a.log; \
             echo number 2 >\"/var/log/odd/b$(printf '\\033')[2J.log\"");
    let odd = "[[env.service]]\nname = \"odd\"\nprocess = \"none\"\n\
               logs = [{ file = \"/var/log/odd/*.log\" }]\n";
    let app = "[[env.service]]\nname = \"app\"\nprocess = \"none\"\n\
               logs = [{ file = \"/var/log/app/*.log\" }]\n";
    let desk = Desk::with(&(config(&[host.name()], &[]) + app + odd));
    let said = desk.run(&["logs", "app"]);
    let mut read = numbers(&said.out);
    read.sort_unstable();
    assert_eq!(read, (10..=73).collect::<Vec<_>>(), "{said:?}");
    assert!(said.err.contains("8 of its files are not read"), "{said:?}");
    assert_eq!(said.code, 3);
    let said = desk.run(&["logs", "odd"]);
    assert_eq!(numbers(&said.out), [1], "{said:?}");
    assert!(said.err.contains("1 of its files are not read"), "{said:?}");
}

#[test]
fn last_words_come_before_journald_tells_them() {
    let host = Host::boot("tl-words");
    host.unit("dies.service", "[Service]\nExecStart=/bin/sh -c 'echo hello; exec sleep 1000'\n");
    let desk = Desk::with(&config(&[host.name()], &["dies"]));
    let follower = Follower::start(&desk, &["dies", "-f"]);
    follower.wait("it has begun", secs(10), |text| text.contains("hello"));
    // It listens to the bus a little later.
    std::thread::sleep(secs(2));
    let mut times = Vec::new();
    for n in 1..=12 {
        let unit = format!(
            "[Service]\nExecStart=/bin/sh -c 'echo number {n}; kill -9 $$$$'\nRestart=no\n"
        );
        host.sh(&format!(
            "cat >/run/systemd/system/dies.service.d.tmp <<'U'\n{unit}\nU\n\
             mv /run/systemd/system/dies.service.d.tmp /etc/systemd/system/dies.service; \
             systemctl daemon-reload; systemctl reset-failed dies; systemctl restart dies"
        ));
        let wanted = format!("number {n}\n");
        follower.wait("its last words come", secs(5), |text| text.contains(&wanted));
        let here = std::fs::metadata(&follower.out).unwrap().modified().unwrap();
        let at = host.sh("journalctl -q -o short-unix -u dies | grep number | tail -n 1");
        let at: f64 = at.split(' ').next().unwrap().parse().unwrap();
        let here = here.duration_since(std::time::UNIX_EPOCH).unwrap().as_secs_f64();
        times.push(((here - at) * 1000.0) as i64);
        std::thread::sleep(secs(1));
    }
    times.sort_unstable();
    eprintln!("last words: {times:?} ms");
    let here = follower.numbers();
    assert_eq!(here, (1..=12).collect::<Vec<_>>(), "{}", follower.text());
}

#[test]
fn latency_is_told() {
    let host = Host::boot("tl-fast");
    host.sh("mkdir -p /var/log/app; : >/var/log/app/app.log; chmod 644 /var/log/app/app.log");
    let desk = with_file(host.name(), APP);
    let follower = Follower::start(&desk, &["app", "-f"]);
    host.sh(&format!("sleep 2; echo number 0 >>{APP}"));
    follower.wait("the first line comes", secs(10), |text| text.contains("number 0"));
    let root =
        crate::lab::run_directory().join("hosts/tl-fast/root").join(APP.trim_start_matches('/'));
    let mut times = Vec::new();
    for n in 1..=100 {
        use std::io::Write as _;
        std::thread::sleep(Duration::from_millis(23 + n % 7));
        let began = Instant::now();
        let mut file = std::fs::OpenOptions::new().append(true).open(&root).unwrap();
        writeln!(file, "number {n}").unwrap();
        let wanted = format!("number {n}\n");
        while !follower.text().ends_with(&wanted) {
            assert!(began.elapsed() < secs(5), "{}", follower.text());
            std::thread::sleep(Duration::from_micros(500));
        }
        times.push(began.elapsed());
    }
    times.sort_unstable();
    eprintln!("file: p50 {:?} p99 {:?} (n = 100)", times[49], times[98]);
}

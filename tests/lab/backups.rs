//! Backups of real hosts: the incident's are punctual and of a stale directory.

use serde_json::Value;

use crate::desk::Desk;
use crate::lab::Host;
use crate::poll::{self, secs};
use crate::screen::Screen;

const HOME: &str = "/mnt/coordinaton_mcp_data";

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// A config with one backup of that host.
fn config(host: &str, backup: &str) -> String {
    format!(
        "[[env]]\nname = \"production\"\ntier = \"production\"\n\
         [[env.host]]\nname = \"coord\"\nssh = \"{host}\"\n\
         [[env.service]]\nname = \"cron\"\nunit = \"cron.service\"\n\
         [[env.backup]]\nname = \"data\"\nhost = \"coord\"\nevery = \"6h\"\n{backup}\n"
    )
}

fn backup(desk: &Desk) -> Value {
    desk.status().json["environments"][0]["backups"][0].clone()
}

fn verdict(desk: &Desk, verdict: &str) -> Value {
    let mut found = Value::Null;
    poll::until(&format!("it is {verdict}"), secs(30), || {
        found = backup(desk);
        if found["verdict"] == verdict { Ok(()) } else { Err(format!("{found:#}")) }
    });
    found
}

fn finding(desk: &Desk, rule: &str) -> Option<Value> {
    let said = desk.run(&["doctor", "--json"]);
    let json: Value = serde_json::from_str(&said.out).expect("JSON");
    let found = json["findings"].as_array().unwrap();
    found.iter().find(|finding| finding["id"] == rule).cloned()
}

fn evidence(finding: &Value) -> String {
    let lines = finding["evidence"].as_array().unwrap();
    lines.iter().map(text).collect::<Vec<_>>().join("\n")
}

#[test]
fn punctual_backups_of_the_stale_directory_are_critical_until_one_is_of_the_live_one() {
    let host = Host::boot("ba-seed");
    host.scenario("seed001", &[]);
    let desk = Desk::with(&config(
        host.name(),
        &format!(
            "source = \"{HOME}/production/data\"\ngrace = \"30m\"\n\
             files = \"{HOME}/production-data-backups/data-*.tar.gz\"\n"
        ),
    ));
    let found = verdict(&desk, "wrong-source");
    assert_eq!(found["severity"], "critical", "{found:#}");
    assert_eq!(found["integrity"], "good", "{found:#}");
    assert_eq!(found["count"], 12, "{found:#}");
    // It is in time: nothing but its content is wrong.
    assert!(found["age_s"].as_u64().unwrap() <= 21_600, "{found:#}");

    let wrong = finding(&desk, "backup-wrong-source").unwrap();
    assert_eq!(wrong["severity"], "critical", "{wrong:#}");
    let summary = text(&wrong["summary"]);
    for directory in [format!("{HOME}/production-data "), format!("{HOME}/production/data")] {
        assert!(summary.contains(&directory), "{summary}");
    }
    let script = format!("{HOME}/production/scripts/backup-production-data.sh");
    let proof = evidence(&wrong);
    for line in [
        format!("{script}:10: cp -r \"$SOURCE_DIR\"/* \"$BACKUP_DIR/\""),
        format!("reads {HOME}/production-data)"),
        format!("/var/spool/cron/crontabs/root:2: {script}"),
        format!("{HOME}/production-data: 231 files, last change 3 d ago; 230 of 231"),
        format!("{HOME}/production/data: 231 files, last change"),
        "names: 1 names are in".to_owned(),
        ".schema-version".to_owned(),
    ] {
        assert!(proof.contains(&line), "{line}\n{proof}");
    }

    // The seed's own fix. Until there is a new copy, nothing is mended.
    host.sh(&format!("sed -i 's|^SOURCE_DIR=.*|SOURCE_DIR=\"{HOME}/production/data\"|' {script}"));
    assert_ne!(backup(&desk)["verdict"], "fresh");
    host.sh(&script);
    let found = verdict(&desk, "fresh");
    assert_eq!(found["count"], 13, "{found:#}");
    assert_eq!(finding(&desk, "backup-wrong-source"), None);
}

/// A backup's table.
fn declared(name: &str, source: &str, files: &str) -> String {
    format!(
        "[[env.backup]]\nname = \"{name}\"\nhost = \"coord\"\n{source}\n{files}\nevery = \"6h\"\n"
    )
}

/// The config before its backups.
fn environment(host: &Host) -> String {
    format!(
        "[[env]]\nname = \"production\"\ntier = \"production\"\n\
         [[env.host]]\nname = \"coord\"\nssh = \"{}\"\n\
         [[env.service]]\nname = \"cron\"\nunit = \"cron.service\"\n",
        host.name()
    )
}

/// Its backups' rows by name.
fn rows(desk: &Desk) -> std::collections::BTreeMap<String, Value> {
    let reading = desk.status();
    let rows = reading.json["environments"][0]["backups"].as_array().unwrap().clone();
    rows.into_iter().map(|row| (text(&row["name"]).to_owned(), row)).collect()
}

#[test]
fn what_is_wrong_with_a_place_or_a_copy_is_told_and_hangs_nothing() {
    let host = Host::boot("ba-faults");
    host.sh("mkdir -p /b/empty /b/good /b/cut /b/pipe /b/names /b/many /b/secret /src; \
         cd /src; for n in 1 2 3 4 5 6 7 8 9; do echo $n >f$n; done; touch -d '2 hours ago' /src/*; \
         tar czf /b/good/x.tar.gz -C /src .; chmod 700 /b/secret; cp /b/good/x.tar.gz /b/secret/; \
         head -c 100 /b/good/x.tar.gz >/b/cut/x.tar.gz; \
         mkfifo /b/pipe/x.tar.gz; \
         cp /b/good/x.tar.gz \"$(printf '/b/names/a\\nb.tar.gz')\"; \
         cp /b/good/x.tar.gz \"$(printf '/b/names/e\\033[31m.tar.gz')\"; \
         touch /b/file; \
         cd /b/many; seq -f 'x-%06g.gz' 100000 | xargs touch; \
         find /b -type f -exec touch -d '10 minutes ago' {} +");
    let mut config = environment(&host);
    for (name, files) in [
        ("good", "/b/good/*.tar.gz"),
        ("secret", "/b/secret/*"),
        ("missing", "/b/none/*"),
        ("no directory", "/b/file/*"),
        ("empty", "/b/empty/*"),
        ("cut", "/b/cut/*"),
        ("pipe", "/b/pipe/*"),
        ("names", "/b/names/*"),
        ("many", "/b/many/*"),
    ] {
        let files = format!("files = \"{files}\"");
        config += &declared(name, "source = \"/src\"", &files);
    }
    let desk = Desk::with(&config);
    let found = rows(&desk);
    let verdict = |name: &str| (text(&found[name]["verdict"]), text(&found[name]["severity"]));
    for (name, expected) in [
        ("missing", ("missing", "critical")),
        ("no directory", ("missing", "critical")),
        ("empty", ("missing", "critical")),
        ("cut", ("corrupt", "critical")),
        // A pipe is no copy, and nobody waits for it.
        ("pipe", ("missing", "critical")),
    ] {
        assert_eq!(verdict(name), expected, "{:#}", found[name]);
    }
    for name in ["good", "secret"] {
        assert_eq!(found[name]["integrity"], "good", "{:#}", found[name]);
        assert_eq!(found[name]["compared"]["missing"], 0, "{:#}", found[name]);
    }
    // A name with a line feed is counted out, and an escape is written out.
    let names = &found["names"];
    assert_eq!(names["count"], 1, "{names:#}");
    assert!(names.to_string().contains("line feed"), "{names:#}");
    assert!(!text(&names["newest_name"]).contains('\u{1b}'), "{names:#}");
    assert_eq!(found["many"]["count"], 100_000, "{:#}", found["many"]);
    assert_eq!(found["many"]["verdict"], "corrupt", "none of them holds anything");
    // Without its tools nothing can be said, and nothing is called broken.
    host.sh("mv /usr/bin/gzip /usr/bin/gzip.off; mv /usr/bin/tar /usr/bin/tar.off");
    let found = rows(&desk);
    assert_eq!(found["good"]["verdict"], "unverified", "{:#}", found["good"]);
    assert!(found["good"].to_string().contains("there is no gzip"), "{:#}", found["good"]);
    host.sh("mv /usr/bin/gzip.off /usr/bin/gzip");
    let found = rows(&desk);
    assert_eq!(found["good"]["integrity"], "unknown", "{:#}", found["good"]);
    assert!(found["good"].to_string().contains("there is no tar"), "{:#}", found["good"]);
    nothing_is_left(&host);
}

/// No reader of ours is still there.
fn nothing_is_left(host: &Host) {
    poll::until("no reader is left", secs(20), || {
        let left = host.sh(
            "ps -eo user,args | grep 'gzip -dc\\|qd_\\|dd bs=\\|tar .*-tvf' | grep -v grep; true",
        );
        if left.is_empty() { Ok(()) } else { Err(left) }
    });
}

/// Readings until that backup's row is as it should be.
fn until(desk: &Desk, name: &str, is: impl Fn(&Value) -> bool) -> Value {
    let mut found = Value::Null;
    poll::until(&format!("{name} is as it should be"), secs(90), || {
        found = rows(desk).remove(name).unwrap_or_default();
        if is(&found) { Ok(()) } else { Err(format!("{found:#}")) }
    });
    found
}

#[test]
fn a_copy_that_grows_does_not_count_until_it_is_whole() {
    let host = Host::boot("ba-grow");
    host.sh("mkdir -p /b /b2 /src; cd /src; for n in 1 2 3 4 5; do echo $n >f$n; done; \
         touch -d '2 hours ago' /src/*; tar czf /b/before.tar.gz -C /src .; \
         touch -d '10 minutes ago' /b/before.tar.gz; cp -p /b/before.tar.gz /root/whole; \
         setsid sh -c 'while sleep 1; do head -c 65536 /dev/urandom; done >/b/x.tar.gz' \
           >/dev/null 2>&1 </dev/null & echo $! >/root/writer; \
         tar cf - -C /src . >/b2/x.tar; \
         setsid sh -c 'while sleep 1; do head -c 10240 /dev/zero; done >>/b2/x.tar' \
           >/dev/null 2>&1 </dev/null &");
    let mut config = environment(&host);
    config += &declared("first", "source = \"/src\"", "files = \"/b2/*\"");
    config += &declared("data", "source = \"/src\"", "files = \"/b/*\"");
    let desk = Desk::with(&config);
    let growing = |row: &Value| text(&row["detail"]).contains("is still being written");
    let found = until(&desk, "data", growing);
    assert_eq!(found["verdict"], "unverified", "{found:#}");
    assert!(text(&found["detail"]).starts_with("x.tar.gz is still"), "{found:#}");
    assert_eq!(found["newest_name"], "before.tar.gz", "{found:#}");
    assert_eq!(found["integrity"], "good", "{found:#}");
    assert!(found["age_s"].as_u64().unwrap() >= 600, "{found:#}");
    // What is there of it could be read to its end, and there is no other.
    let found = until(&desk, "first", growing);
    assert_eq!(found["verdict"], "unverified", "{found:#}");
    assert_eq!(found["integrity"], "unknown", "{found:#}");
    assert_eq!(found["age_s"], Value::Null, "{found:#}");
    // Once it is whole it counts.
    host.sh(
        "kill -- -$(cat /root/writer) || kill $(cat /root/writer); cat /root/whole >/b/x.tar.gz",
    );
    let found = until(&desk, "data", |row| row["newest_name"] == "x.tar.gz");
    assert_eq!((&found["verdict"], &found["integrity"]), (&"fresh".into(), &"good".into()));
    assert!(found["age_s"].as_u64().unwrap() < 120, "{found:#}");
}

#[test]
fn a_copy_that_comes_is_seen_long_before_the_minute_is_over() {
    let host = Host::boot("bg-soon");
    host.sh("mkdir -p /b /src; for n in 1 2 3 4 5; do echo $n >/src/f$n; done; \
         touch -d '3 days ago' /src/*; tar czf /b/a.tar.gz -C /src .; \
         cp -p /b/a.tar.gz /root/next; touch -d '2 days ago' /b/a.tar.gz; \
         touch -d '10 minutes ago' /root/next");
    let mut config = environment(&host);
    config += &declared("data", "source = \"/src\"", "files = \"/b/*.tar.gz\"");
    let desk = Desk::with(&config);
    let screen = Screen::console(&desk, 120, 40);
    screen.wait_row(&["late", "data"], secs(30));
    // The first list is made again once, when there is something to compare it with.
    std::thread::sleep(secs(75));
    host.sh("cp -p /root/next /b/b.tar.gz");
    // An interval of five seconds, reading what is in it, and a busy machine.
    screen.wait_row(&["fresh", "data"], secs(25));
}

/// Each second: how many unpack, how gently, and how much memory that takes (KiB).
const WATCH: &str = "while sleep 0.2; do for p in $(pgrep -x 'gzip|dd|cat'); do \
     i=$(ionice -p $p); echo \"$(pgrep -xc gzip) $(ps -o ni=,rss=,stat=,comm= -p $p) $i\"; \
     done; done";

#[test]
fn what_unpacks_without_end_is_left_in_time_gently_and_one_at_a_time() {
    let host = Host::boot("ba-bomb");
    host.sh(&format!(
        "mkdir -p /b1 /b2 /good /src; for n in 1 2 3; do echo $n >/src/f$n; done; \
         touch -d '2 hours ago' /src/*; tar czf /good/x.tar.gz -C /src .; \
         head -c 1G /dev/zero | gzip -9 >/root/g; \
         for n in 1 2 3 4 5 6 7 8 9 10; do cat /root/g; done >/b1/x.gz; cp /b1/x.gz /b2; rm /root/g; \
         touch -d '10 minutes ago' /b1/* /b2/* /good/*; touch /root/before; \
         setsid sh -c '{WATCH}' >/root/watched 2>/dev/null </dev/null &",
        WATCH = WATCH.replace('\'', "'\\''")
    ));
    let mut config = environment(&host);
    for (name, files) in [("one", "/b1/*"), ("two", "/b2/*"), ("good", "/good/*")] {
        config += &declared(name, "", &format!("files = \"{files}\""));
    }
    let desk = Desk::with(&config);
    let asked = std::time::Instant::now();
    let found = rows(&desk);
    // Ten gigabytes out of ten megabytes; nobody else waits for them.
    assert!(asked.elapsed() < secs(30), "{:?}", asked.elapsed());
    assert_eq!(found["good"]["verdict"], "fresh", "{:#}", found["good"]);
    let large = |row: &Value| text(&row["detail"]).contains("too large to check");
    let found = until(&desk, "one", large);
    assert_eq!(found["verdict"], "unverified", "{found:#}");
    assert_eq!(found["integrity"], "unknown", "{found:#}");
    nothing_is_left(&host);
    let watched = host.sh("cat /root/watched");
    let mut seen = std::collections::BTreeSet::new();
    for line in watched.lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        // One that ended meanwhile.
        let [many, nice, memory, state, name, class, ..] = words.as_slice() else { continue };
        // Other questions use cat as well.
        if !["gzip", "dd"].contains(name) || state.starts_with(['Z', 'X']) {
            continue;
        }
        assert!(*many == "0" || *many == "1", "more than one at a time: {line}");
        assert_eq!((*nice, *class), ("19", "idle"), "{line}");
        assert!(memory.parse::<u64>().unwrap() < 16_384, "{line}");
        seen.insert((*name).to_owned());
    }
    assert!(seen.contains("gzip") && seen.contains("dd"), "{watched}");
    let written = host.sh("find / -xdev -type f -newer /root/before -size +1000k \
         ! -path '/var/log/journal/*' ! -path '/proc/*'; true");
    assert_eq!(written, "", "nothing of it is kept");
}

/// A file system whose server answers that it is there and then never again: who asks waits in the
/// kernel, where not even KILL ends it.
const HUNG: &str = r#"
import ctypes, os, struct
fd = os.open("/dev/fuse", os.O_RDWR)
options = b"fd=%d,rootmode=40000,user_id=0,group_id=0,allow_other" % fd
if ctypes.CDLL(None).mount(b"hung", b"/b/hung", b"fuse", 0, options) != 0:
    raise OSError("mount")
(unique,) = struct.unpack("Q", os.read(fd, 1 << 20)[8:16])
os.write(fd, struct.pack("=IiQIIIIHHIIHHI7I", 80, 0, unique, 7, 31, 0, 0, 1, 1, 4096, 1, 1, 0, 0, *[0] * 7))
open("/root/mounted", "w").close()
while True:
    os.read(fd, 1 << 20)
"#;

#[test]
fn a_directory_that_hangs_keeps_no_other_from_being_read() {
    let host = Host::boot("ba-hung");
    host.sh(&format!(
        "mkdir -p /b/hung /b/good; echo x | gzip >/b/good/x.gz; touch -d '1 hour ago' /b/good/x.gz; \
         [ -e /dev/fuse ] || mknod /dev/fuse c 10 229; cat >/root/hung.py <<'END'\n{HUNG}\nEND\n\
         setsid python3 /root/hung.py >/dev/null 2>&1 </dev/null & \
         for n in 1 2 3 4 5 6 7 8 9 10; do [ -e /root/mounted ] && exit 0; sleep 0.5; done; exit 1"
    ));
    let mut config = environment(&host);
    config += &declared("hung", "", "files = \"/b/hung/*\"");
    config += &declared("good", "", "files = \"/b/good/*\"\nmin_size = 1");
    let desk = Desk::with(&config);
    let asked = std::time::Instant::now();
    let found = rows(&desk);
    assert!(asked.elapsed() < secs(30), "{:?}", asked.elapsed());
    assert_eq!(found["good"]["integrity"], "good", "{:#}", found["good"]);
    let hung = &found["hung"];
    assert_eq!((&hung["verdict"], &hung["severity"]), (&"unverified".into(), &"unknown".into()));
    assert!(text(&hung["detail"]).contains("does not answer"), "{hung:#}");
    // It is a real hang.
    assert!(
        host.sh("ps -eo stat,args").lines().any(|l| l.starts_with('D') && l.contains("/b/hung"))
    );
}

//! What was written before one looked.

use super::*;

#[test]
fn history_of_traces_and_of_lines_longer_than_a_page_is_complete() {
    let host = Host::boot("tl-trace");
    host.sh("mkdir -p /var/log/app; cd /var/log/app; \
             python3 - <<'P'\n\
             import datetime as d\n\
             t = d.datetime(2026, 11, 20, 3, 0, 0)\n\
             with open('app.log', 'w') as f:\n\
             \x20   for i in range(1, 10001):\n\
             \x20       at = t + d.timedelta(milliseconds=300 * i)\n\
             \x20       f.write('%sZ ERROR number %d\\n' % (at.isoformat(), i))\n\
             \x20       f.write(''.join('\\tat app.Class%d(File.java)\\n' % k for k in range(30)))\n\
             \x20       if i in (2000, 9000):\n\
             \x20           f.write('%sZ INFO %s\\n' % (at.isoformat(), 'x' * 3000000))\n\
             P");
    let desk = with_file(host.name(), APP);
    let long = std::cell::Cell::new(0);
    let run = |arguments: &[&str]| {
        let said = desk.run(&[&["logs", "app", "--json"], arguments].concat());
        assert_eq!((said.code, said.err.as_str()), (0, ""), "{arguments:?}");
        let mut found: Vec<u64> = Vec::new();
        long.set(0);
        for line in said.out.lines() {
            let json: serde_json::Value = serde_json::from_str(line).unwrap();
            let text = json["text"].as_str().unwrap();
            if text.contains("xx") {
                // It is one line with one count, at its own moment.
                assert!(text.contains("Z INFO x") && text.ends_with("x… 2.9 MB more"));
                let own = text.get(..16).unwrap();
                assert!(json["at"].as_str().unwrap().starts_with(own), "{}", json["at"]);
                long.set(long.get() + 1);
            }
            if let Some((own, number)) = text.split_once("Z ERROR number ") {
                // Its moment is the one that it says.
                let own = own.trim_end_matches('0').trim_end_matches('.');
                assert!(json["at"].as_str().unwrap().starts_with(own), "{json:#}");
                found.push(number.parse().unwrap());
            }
        }
        found
    };
    let to = |from: u64, until: u64| (from..=until).collect::<Vec<_>>();
    assert_eq!(run(&["--since", "2026-11-19T00:00:00Z"]), to(1, 10_000));
    assert_eq!(long.get(), 2);
    let span = ["--since", "2026-11-20T03:05:00Z", "--until", "2026-11-20T03:15:00Z"];
    assert_eq!(run(&span), to(1000, 3000));
    assert_eq!(long.get(), 1);
    assert_eq!(run(&["-n", "400000"]), to(1, 10_000));
    assert_eq!(long.get(), 2);
    assert_eq!(run(&["--grep", "number [159]000$"]), [1000, 5000, 9000]);
}

#[test]
fn history_is_merged_filtered_and_complete() {
    let host = Host::boot("tl-past");
    host.sh("mkdir -p /var/log/app; cd /var/log/app; \
             python3 - <<'P'\n\
             import datetime as d\n\
             t = d.datetime(2026, 11, 20, 3, 0, 0)\n\
             for n, name in enumerate(['app.log.2', 'app.log.1', 'app.log']):\n\
             \x20   with open(name, 'w') as f:\n\
             \x20       for i in range(n * 100000 + 1, n * 100000 + 100001):\n\
             \x20           at = t + d.timedelta(milliseconds=100 * i)\n\
             \x20           level = 'ERROR' if i % 1000 == 0 else 'INFO'\n\
             \x20           f.write('%sZ %s number %d\\n' % (at.isoformat(), level, i))\n\
             P\n\
             gzip app.log.2");
    let desk = with_file(host.name(), APP);
    let run = |arguments: &[&str]| {
        let said = desk.run(&[&["logs", "app"], arguments].concat());
        assert_eq!((said.code, said.err.as_str()), (0, ""), "{arguments:?}");
        numbers(&said.out)
    };
    let to = |from: u64, until: u64| (from..=until).collect::<Vec<_>>();
    assert_eq!(run(&[]), to(299_801, 300_000));
    assert_eq!(run(&["-n", "5"]), to(299_996, 300_000));
    // Into the file that was rotated.
    assert_eq!(run(&["-n", "150000"]), to(150_001, 300_000));
    // From a moment in the middle of it: line n is from n tenths of a second after three o'clock.
    assert_eq!(run(&["--since", "2026-11-20T08:00:00Z"]), to(180_000, 300_000));
    let span = ["--since", "2026-11-20T05:46:41Z", "--until", "2026-11-20T05:46:50Z"];
    assert_eq!(run(&span), to(100_010, 100_100));
    // Into the one that is compressed, and to where all begins.
    assert_eq!(run(&["--since", "2026-11-20T05:00:00Z"]), to(72_000, 300_000));
    assert_eq!(run(&["--since", "2026-11-19T00:00:00Z"]), to(1, 300_000));
    assert_eq!(run(&["-n", "1000000"]), to(1, 300_000));
    let span = ["--since", "2026-11-20T03:50:00Z", "--until", "2026-11-20T03:50:09Z"];
    assert_eq!(run(&span), to(30_000, 30_090));
    let errors = run(&["--level", "error", "-n", "3"]);
    assert_eq!(errors, [298_000, 299_000, 300_000]);
    assert_eq!(run(&["--grep", "number 29999[0-9]$"]), to(299_990, 299_999));
    let said = desk.run(&["logs", "app", "-n", "1", "--json"]);
    let json: serde_json::Value = serde_json::from_str(&said.out).unwrap();
    assert_eq!(json["at"], "2026-11-20T11:20:00.000000Z", "{json:#}");
    assert_eq!((json["service"].as_str(), json["host"].as_str()), (Some("app"), Some("tl-past")));
    assert_eq!(json["source"], APP);
    assert_eq!(json["level"], "error");

    // What can hold no line is said, and where lines could not go.
    let said = desk.run(&["logs", "app", "--since", "-1h", "--until", "-2h"]);
    assert_eq!(said.code, 64, "{}", said.err);
    assert!(
        said.err.contains("nothing is between `--since -1h` and `--until -2h`"),
        "{}",
        said.err
    );
    let said = desk.run(&["logs", "app", "--grep", "never"]);
    let none = "quarterdeck: no line that matches `never` is there\n";
    assert_eq!((said.code, said.out.as_str(), said.err.as_str()), (0, "", none));
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let said = desk.command(&["logs", "app"]).stdout(full).output().unwrap();
    let err = String::from_utf8_lossy(&said.stderr);
    assert_eq!(said.status.code(), Some(74), "{err}");
    assert!(err.contains("cannot write to standard output: No space left on device"), "{err}");
}

#[test]
fn last_words_without_a_moment_are_there_when_they_were_said() {
    let host = Host::boot("tl-killed");
    host.sh("mkdir -p /var/log/app; cd /var/log/app; \
             at=$(date -u -d '-2 hours' +%FT%TZ); echo \"$at ERROR number 1\" >app.log; \
             printf '\\tat app.Class(File.java)\\n' >>app.log; \
             echo 'number 2: Killed' >>app.log");
    let desk = with_file(host.name(), APP);
    let ago = |json: &serde_json::Value| {
        let at: jiff::Timestamp = json["at"].as_str().unwrap().parse().unwrap();
        jiff::Timestamp::now().duration_since(at).as_secs()
    };
    let read = |arguments: &[&str]| -> Vec<(i64, String)> {
        let said = desk.run(&[&["logs", "app", "--json"], arguments].concat());
        assert_eq!((said.code, said.err.as_str()), (0, ""), "{arguments:?}");
        let lines = said.out.lines().map(|line| serde_json::from_str(line).unwrap());
        lines.map(|json| (ago(&json), json["text"].as_str().unwrap().trim().to_owned())).collect()
    };
    // They were said when the file was written to, and what belongs to a dated line is as old as that.
    let all = read(&[]);
    let old: Vec<bool> = all.iter().map(|(ago, _)| *ago > 7000).collect();
    assert_eq!(old, [true, true, false], "{all:?}");
    let late = read(&["--since", "-5m"]);
    assert_eq!(late.len(), 1, "{late:?}");
    assert!(late[0].0 < 120 && late[0].1.ends_with("number 2: Killed"), "{late:?}");
    assert_eq!(read(&["--until", "-5m"]).len(), 2);

    // And while one follows, when they come.
    let follower = Follower::start(&desk, &["app", "-f", "--since", "-5m", "--json"]);
    follower.wait("what was there comes", secs(15), |text| text.contains("number 2"));
    host.sh("sleep 3; echo 'number 3: Killed' >>/var/log/app/app.log");
    follower.wait("what is written comes", secs(15), |text| text.contains("number 3"));
    let text = follower.text();
    let line = text.lines().find(|line| line.contains("number 3")).unwrap();
    assert!(ago(&serde_json::from_str(line).unwrap()) < 10, "{line}");
}

#[test]
fn lines_longer_than_what_is_looked_at_are_found_by_their_moment() {
    let host = Host::boot("tl-long");
    host.sh("mkdir -p /var/log/app; cd /var/log/app; \
             python3 - <<'P'\n\
             with open('app.log.1', 'w') as f:\n\
             \x20   f.write('2026-11-20T02:00:00Z INFO GZ0\\n')\n\
             \x20   f.write('2026-11-20T02:00:05Z INFO GZ1 %s\\n' % ('x' * 21000000))\n\
             \x20   f.write('2026-11-20T02:00:10Z INFO GZ2\\n')\n\
             with open('app.log', 'w') as f:\n\
             \x20   for i in range(30):\n\
             \x20       f.write('2026-11-20T03:00:%02dZ INFO ROW%d %s\\n' % (i, i, 'x' * (1048576 + 17)))\n\
             \x20   f.write('2026-11-20T03:01:00Z INFO PRE\\n')\n\
             \x20   f.write('UNDATED %s\\n' % ('x' * 1200000))\n\
             \x20   f.write('2026-11-20T03:02:00Z INFO POST\\n')\n\
             P\n\
             gzip app.log.1");
    let desk = with_file(host.name(), APP);
    // Which lines come: each is one, with one count, at its own moment.
    let run = |arguments: &[&str]| -> Vec<String> {
        let said = desk.run(&[&["logs", "app", "--json"], arguments].concat());
        assert_eq!((said.code, said.err.as_str()), (0, ""), "{arguments:?}");
        let name = |line: &str| {
            let json: serde_json::Value = serde_json::from_str(line).unwrap();
            let (text, at) = (json["text"].as_str().unwrap(), json["at"].as_str().unwrap());
            let words: Vec<&str> = text.split(' ').take(3).collect();
            let (own, name) = match words.as_slice() {
                [own, "INFO", name] => (own.trim_end_matches('Z'), *name),
                _ => ("2026-11-20T03:01:00", words[0]),
            };
            assert!(at.starts_with(own), "{arguments:?}: {at} {words:?}");
            let more = match name.get(..3).unwrap() {
                "ROW" => "… 983.0 kB more",
                "UND" => "… 1.1 MB more",
                "GZ1" => "… 20.9 MB more",
                _ => name,
            };
            assert!(text.ends_with(more), "{arguments:?}: {at} {:?}", text.get(text.len() - 40..));
            name.to_owned()
        };
        said.out.lines().map(name).collect()
    };
    let rows = |from: usize, until: usize| -> Vec<String> {
        (from..=until).map(|n| format!("ROW{n}")).collect()
    };
    let end = || ["PRE", "UNDATED", "POST"].map(str::to_owned).to_vec();
    let all = [["GZ0", "GZ1", "GZ2"].map(str::to_owned).to_vec(), rows(0, 29), end()].concat();
    assert_eq!(run(&["-n", "500"]), all);
    assert_eq!(run(&["--since", "2026-11-19T00:00:00Z"]), all);
    assert_eq!(run(&["-n", "2"]), ["UNDATED", "POST"]);
    let at = |second: &str| format!("2026-11-20T03:{second}Z");
    let until = run(&["--until", &at("00:15.5"), "-n", "500"]);
    assert_eq!(until, [all[..3].to_vec(), rows(0, 15)].concat());
    let until = run(&["--until", &at("01:30"), "-n", "3"]);
    assert_eq!(until, ["ROW29", "PRE", "UNDATED"]);
    assert_eq!(run(&["--since", &at("00:05"), "--until", &at("00:14.5")]), rows(5, 14));
    assert_eq!(run(&["--since", &at("00:20")]), [rows(20, 29), end()].concat());
    assert_eq!(run(&["--since", &at("00:29.5")]), end());
    let gz = ["--since", "2026-11-20T02:00:03Z", "--until", "2026-11-20T02:30:00Z"];
    assert_eq!(run(&gz), ["GZ1", "GZ2"]);
    assert_eq!(run(&["--until", "2026-11-20T02:00:07Z", "-n", "9"]), ["GZ0", "GZ1"]);
}

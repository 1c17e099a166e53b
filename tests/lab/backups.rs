//! Backups of real hosts: the incident's are punctual and of a stale directory.

use serde_json::Value;

use crate::desk::Desk;
use crate::lab::Host;
use crate::poll::{self, secs};

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

/// Its backups' rows by name.
fn rows(desk: &Desk) -> std::collections::BTreeMap<String, Value> {
    let reading = desk.status();
    let rows = reading.json["environments"][0]["backups"].as_array().unwrap().clone();
    rows.into_iter().map(|row| (text(&row["name"]).to_owned(), row)).collect()
}

#[test]
fn what_is_wrong_with_a_place_or_a_copy_is_told_and_hangs_nothing() {
    let host = Host::boot("ba-faults");
    host.sh("mkdir -p /b/empty /b/good /b/cut /b/pipe /b/names /b/bomb /b/grow /b/many /b/secret /src; \
         cd /src; for n in 1 2 3 4 5 6 7 8 9; do echo $n >f$n; done; touch -d '2 hours ago' /src/*; \
         tar czf /b/good/x.tar.gz -C /src .; chmod 700 /b/secret; cp /b/good/x.tar.gz /b/secret/; \
         head -c 100 /b/good/x.tar.gz >/b/cut/x.tar.gz; \
         mkfifo /b/pipe/x.tar.gz; \
         cp /b/good/x.tar.gz \"$(printf '/b/names/a\\nb.tar.gz')\"; \
         cp /b/good/x.tar.gz \"$(printf '/b/names/e\\033[31m.tar.gz')\"; \
         head -c 1G /dev/zero | gzip -9 >/tmp/g; \
         for n in 1 2 3 4 5 6 7 8 9 10; do cat /tmp/g; done >/b/bomb/x.gz; rm /tmp/g; \
         touch /b/file; \
         cd /b/many; seq -f 'x-%06g.gz' 100000 | xargs touch; \
         cp /b/good/x.tar.gz /b/grow/before.tar.gz; \
         find /b -type f -exec touch -d '10 minutes ago' {} +; \
         setsid sh -c 'while sleep 1; do head -c 65536 /dev/urandom; done >/b/grow/x.tar' \
           >/dev/null 2>&1 </dev/null &");
    let mut config = format!(
        "[[env]]\nname = \"production\"\ntier = \"production\"\n\
         [[env.host]]\nname = \"coord\"\nssh = \"{}\"\n\
         [[env.service]]\nname = \"cron\"\nunit = \"cron.service\"\n",
        host.name()
    );
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
        // What takes long comes last: a single reading does not wait for all of it.
        ("bomb", "/b/bomb/*"),
        ("grow", "/b/grow/*"),
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
    // Ten gigabytes out of ten megabytes: neither good nor broken, and nothing is full of it.
    let bomb = &found["bomb"];
    assert_eq!(bomb["verdict"], "unverified", "{bomb:#}");
    assert_eq!(bomb["integrity"], "unknown", "{bomb:#}");
    assert!(text(&bomb["detail"]).contains("too large to check"), "{bomb:#}");
    // One that is being written has no end yet: the one before it counts.
    let grow = &found["grow"];
    assert_eq!(grow["verdict"], "unverified", "{grow:#}");
    assert!(text(&grow["detail"]).contains("x.tar is still being written"), "{grow:#}");
    assert_eq!(grow["newest_name"], "before.tar.gz", "{grow:#}");
    assert_eq!(grow["integrity"], "good", "{grow:#}");
    assert!(grow["age_s"].as_u64().unwrap() >= 600, "{grow:#}");
    // Without its tools nothing can be said, and nothing is called broken.
    host.sh("mv /usr/bin/gzip /usr/bin/gzip.off; mv /usr/bin/tar /usr/bin/tar.off");
    let found = rows(&desk);
    assert_eq!(found["good"]["verdict"], "unverified", "{:#}", found["good"]);
    assert!(found["good"].to_string().contains("there is no gzip"), "{:#}", found["good"]);
    host.sh("mv /usr/bin/gzip.off /usr/bin/gzip");
    let found = rows(&desk);
    assert_eq!(found["good"]["integrity"], "unknown", "{:#}", found["good"]);
    assert!(found["good"].to_string().contains("there is no tar"), "{:#}", found["good"]);
    // Nothing of us is still there.
    poll::until("no reader is left", secs(20), || {
        let left = host
            .sh("ps -eo user,args | grep '^ops.*\\(gzip\\|qd_\\|dd bs\\)' | grep -v grep; true");
        if left.is_empty() { Ok(()) } else { Err(left) }
    });
}

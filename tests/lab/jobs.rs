//! Timers, cron, processes and commands on real hosts.

use std::fmt::Write as _;

use serde_json::Value;

use crate::desk::{Desk, Reading, config};
use crate::lab::Host;
use crate::poll::{self, secs};

/// A config whose services are of other kinds than units.
fn planned(host: &str, services: &[(&str, &str)]) -> String {
    let mut text = config(&[host], &[]);
    for (name, lines) in services {
        let _ok = write!(text, "[[env.service]]\nname = '{name}'\n{lines}\n");
    }
    text
}

/// What the doctor found, by rule and by the end of its subject.
fn found(desk: &Desk, rule: &str, subject: &str) -> Option<Value> {
    let said = desk.run(&["doctor", "--json"]);
    let report: Value = serde_json::from_str(&said.out)
        .unwrap_or_else(|error| panic!("no JSON ({error}): {said:?}"));
    let all = ["findings", "unknown"].map(|name| report[name].as_array().unwrap().clone());
    all.concat().into_iter().find(|finding| {
        finding["id"] == rule && finding["subject"].as_str().unwrap().ends_with(subject)
    })
}

fn is(reading: &Reading, service: &str, state: &str, severity: &str) {
    let service = reading.service(service);
    assert_eq!(
        (service["state"].as_str().unwrap(), service["severity"].as_str().unwrap()),
        (state, severity),
        "{service:#}"
    );
}

fn file(host: &Host, path: &str, text: &str) {
    host.sh(&format!("cat >{path} <<'TEXT'\n{text}\nTEXT"));
}

fn timer(host: &Host, name: &str, command: &str, schedule: &str) {
    let folder = "/etc/systemd/system";
    let service = format!("[Service]\nType=oneshot\nTimeoutStartSec=infinity\nExecStart={command}");
    file(host, &format!("{folder}/{name}.service"), &service);
    file(host, &format!("{folder}/{name}.timer"), &format!("[Timer]\nAccuracySec=1us\n{schedule}"));
}

#[test]
fn a_timer_that_failed_never_ran_or_is_late_is_found_with_its_reason() {
    let host = Host::boot("jo-timers");
    timer(&host, "well", "/bin/true", "OnActiveSec=1");
    timer(&host, "bad", "/bin/sh -c 'exit 3'", "OnActiveSec=1");
    timer(&host, "hangs", "/bin/sleep infinity", "OnCalendar=*:*:*");
    timer(&host, "asleep", "/bin/true", "OnCalendar=hourly");
    host.sh("systemctl daemon-reload; systemctl start well.timer bad.timer hangs.timer");
    let names = ["well", "bad", "hangs", "asleep", "gone"];
    let services = names.map(|name| {
        let every = if name == "hangs" { "every = '1m'\n" } else { "" };
        (name, format!("timer = '{name}.timer'\n{every}grace = '2s'"))
    });
    let services: Vec<(&str, &str)> = services.iter().map(|(n, lines)| (*n, &**lines)).collect();
    let desk = Desk::with(&planned(host.name(), &services));
    let reading = poll::until("the one that hangs is late", secs(90), || {
        let reading = desk.status();
        let late = reading.service("hangs")["severity"] == "critical";
        let ran =
            ["well", "bad"].iter().all(|name| !reading.service(name)["job"]["last"].is_null());
        if late && ran { Ok(reading) } else { Err(format!("{:#}", reading.json)) }
    });
    is(&reading, "bad", "failed", "critical");
    is(&reading, "gone", "missing", "critical");
    let bad = &reading.service("bad")["job"];
    assert_eq!(bad["last"]["detail"], "it ended with 3", "{bad:#}");
    assert_eq!(bad["activates"], "bad.service");
    assert_eq!(reading.service("asleep")["state"], "stopped");
    let well = &reading.service("well")["job"];
    assert_eq!(well["last"]["result"], "succeeded", "{well:#}");

    let failed = found(&desk, "job-failed", "/bad").unwrap();
    assert_eq!(failed["summary"], "the last run of bad failed: it ended with 3");
    assert_eq!(failed["severity"], "critical");
    let late = found(&desk, "job-overdue", "/hangs").unwrap();
    assert_eq!(late["summary"], "hangs is overdue: its run before is not over", "{late:#}");
    let never = found(&desk, "job-never-ran", "/asleep").unwrap();
    assert!(never["summary"].as_str().unwrap().contains("not active"), "{never:#}");
    assert_eq!(never["fix"][0], "systemctl enable --now asleep.timer");
    for name in ["well", "gone"] {
        assert_eq!(found(&desk, "job-failed", name), None);
        assert_eq!(found(&desk, "job-overdue", name).filter(|_| name == "gone"), None);
    }
    // What it proposes ends it.
    host.sh("systemctl enable --now asleep.timer");
    let waits = desk.status();
    is(&waits, "asleep", "waiting", "ok");
    let next = waits.service("asleep")["job"]["next"].as_str().unwrap().to_owned();
    assert!(next.contains(":00:00"), "{next}");
}

#[test]
fn jobs_of_cron_are_known_with_their_last_and_next_runs() {
    let host = Host::boot("jo-cron");
    // Half an hour off the full one, and not that of this machine.
    host.sh("ln -sf /usr/share/zoneinfo/Asia/Kolkata /etc/localtime");
    // Failures are told too (cron(8), -L).
    host.sh("sed -i 's/^#*EXTRA_OPTS=.*/EXTRA_OPTS=\"-L 5\"/' /etc/default/cron; \
         grep -q '^EXTRA_OPTS' /etc/default/cron || echo 'EXTRA_OPTS=\"-L 5\"' >>/etc/default/cron");
    file(
        &host,
        "/etc/cron.d/app",
        "# comment\nMAILTO=\"\"\n* * * * * root /bin/true often\n* * * * * ops /bin/sh -c 'exit 4' 100\\% bad%input\n\
         15 3 * * * root /bin/true nightly\n0 0 31 2 * root /bin/true impossible",
    );
    file(&host, "/etc/cron.d/app.sh", "* * * * * root /bin/true dotted");
    file(&host, "/etc/cron.hourly/rotate", "#!/bin/sh\ntrue");
    host.sh(
        "chmod +x /etc/cron.hourly/rotate; printf '@daily /bin/true own\\n' | crontab -u ops -",
    );
    host.sh("printf '0 1 * * * /bin/true of-root\\n' | crontab -u root -; systemctl restart cron");
    let texts = [
        ("often", "/bin/true often"),
        ("bad", "100% bad"),
        ("nightly", "nightly"),
        ("impossible", "impossible"),
        ("dotted", "dotted"),
        ("rotate", "/etc/cron.hourly/rotate"),
        ("own", "true own"),
        ("of-root", "of-root"),
        ("nowhere", "/srv/nowhere"),
    ];
    let services = texts.map(|(name, text)| (name, format!("cron = '{text}'\ngrace = '20s'")));
    let services: Vec<(&str, &str)> = services.iter().map(|(n, lines)| (*n, &**lines)).collect();
    let desk = Desk::with(&planned(host.name(), &services));
    // A look may come while a job runs, or between its start and what cron says of its end.
    let ended = |reading: &Reading, service: &str, state: &str, severity: &str| {
        let service = reading.service(service);
        !service["job"]["last"].is_null()
            && (&service["state"], &service["severity"]) == (&state.into(), &severity.into())
    };
    let reading = poll::until("its minute comes, and cron tells of its end", secs(150), || {
        let reading = desk.status();
        let both = ended(&reading, "often", "waiting", "ok")
            // Failures only this daemon tells.
            && ended(&reading, "bad", "failed", "critical");
        if both { Ok(reading) } else { Err(format!("{:#}", reading.json)) }
    });
    let often = &reading.service("often")["job"];
    assert_eq!(often["place"], "/etc/cron.d/app:3", "{often:#}");
    assert_eq!(often["user"], "root");
    assert_eq!(reading.service("bad")["job"]["last"]["detail"], "it ended with 4");
    let failed = poll::until("the doctor finds it", secs(60), || {
        found(&desk, "job-failed", "/bad").ok_or_else(|| format!("{:#}", desk.status().json))
    });
    assert_eq!(failed["severity"], "critical");
    // In the host's own zone: 3:15 there is 21:45 in UTC.
    let nightly = reading.service("nightly")["job"]["next"].as_str().unwrap().to_owned();
    assert!(nightly.contains("T21:4"), "{nightly}");
    let by_date = host.sh("t=$(date -d '03:15' +%s); [ $t -gt $(date +%s) ] || t=$(date -d 'tomorrow 03:15' +%s); date -u -d @$t +%FT%H:%M");
    assert!(minutes_apart(&nightly, &by_date) <= 1, "{nightly} {by_date}");
    assert!(reading.service("impossible")["job"]["next"].is_null());
    // crontab(1) puts three lines before it.
    assert_eq!(reading.service("own")["job"]["place"], "/var/spool/cron/crontabs/ops:4");
    assert_eq!(reading.service("of-root")["job"]["user"], "root");
    assert_eq!(reading.service("rotate")["job"]["schedule"], "17 * * * *");
    is(&reading, "nowhere", "missing", "critical");
    let dotted = found(&desk, "job-never-ran", "/dotted").unwrap();
    assert!(dotted["summary"].as_str().unwrap().contains("is left alone"), "{dotted:#}");
    assert!(found(&desk, "job-never-ran", "/nowhere").is_some());
    // Without its daemon nothing of it runs any more.
    host.sh("systemctl stop cron");
    let late = poll::until("the missed minute is late", secs(180), || {
        found(&desk, "job-overdue", "/often")
            .filter(|late| late["severity"] == "critical")
            .ok_or_else(|| format!("{:#}", desk.status().json))
    });
    assert_eq!(late["summary"], "often is overdue: no daemon of cron runs", "{late:#}");
    host.sh("systemctl start cron");
}

/// How far two moments are from each other, in minutes of the same hour.
fn minutes_apart(one: &str, other: &str) -> u64 {
    let hour = |text: &str| text.get(..13).unwrap().to_owned();
    assert_eq!(hour(one), hour(other));
    let minute = |text: &str| text.get(14..16).unwrap().parse::<u64>().unwrap();
    minute(one).abs_diff(minute(other))
}

#[test]
fn without_rights_a_job_of_another_user_is_unknown_and_not_missing() {
    let host = Host::boot_as("jo-blind", &["--kind", "no-rights"]);
    host.sh("printf '0 1 * * * /srv/secret.sh\\n' | crontab -u root -; systemctl start cron");
    host.sh("printf '0 2 * * * /srv/mine.sh\\n' | crontab -u ops2 -");
    let services = [("secret", "cron = '/srv/secret.sh'"), ("mine", "cron = '/srv/mine.sh'")];
    let desk = Desk::with(&planned(host.name(), &services));
    let reading = desk.status();
    is(&reading, "secret", "unknown", "unknown");
    // The own table may be read; whether its job ran is in a journal that may not.
    is(&reading, "mine", "waiting", "unknown");
    assert_eq!(reading.service("mine")["job"]["place"], "crontab -l:1");
    assert!(!reading.service("mine")["job"]["next"].is_null());
    let blind = found(&desk, "blind", "").unwrap();
    let evidence = format!("{:#}", blind["evidence"]);
    assert!(evidence.contains("may not read /var/spool/cron"), "{blind:#}");
    assert_eq!(found(&desk, "job-never-ran", "/secret"), None);
}

#[test]
fn processes_are_counted_and_commands_are_run() {
    let host = Host::boot("jo-processes");
    host.sh("mkdir -p /opt/mcp; printf 'import time\\ntime.sleep(9999)\\n' >/opt/mcp/scanner_server.py; \
         cp /opt/mcp/scanner_server.py /opt/mcp/priority_server.py; cp /opt/mcp/scanner_server.py \"/opt/mcp/it's.py\"");
    host.sh("cd /opt/mcp; for f in scanner_server priority_server priority_server; do \
         setsid python3 /opt/mcp/$f.py </dev/null >/dev/null 2>&1 & done; \
         setsid python3 \"/opt/mcp/it's.py\" \"$(printf 'a\\nproc 1\\n\\033[2J')\" </dev/null >/dev/null 2>&1 & \
         setsid tail -f /opt/mcp/lost_server.py /opt/mcp/scanner_server.py </dev/null >/dev/null 2>&1 & sleep 1");
    host.sh(
        "printf '#!/bin/sh\\necho 3 rows differ\\nexit 2\\n' >/opt/verify; chmod +x /opt/verify",
    );
    let services = [
        ("scanner", "process = 'mcp/scanner_server.py'\ncount = 1"),
        ("priority", "process = 'priority_server.py'\ncount = 1"),
        ("lost", "process = 'lost_server.py'"),
        ("maybe", "process = 'lost_server.py'\ncount = '0-1'"),
        ("quoted", "process = \"it's.py\""),
        ("verify", "command = ['/opt/verify', \"it's; $(true)\"]\nevery = '1h'"),
        ("fine", "command = ['/bin/true']\nevery = '5s'"),
        ("by-hand", "command = ['/bin/touch', '/opt/touched']"),
    ];
    let desk = Desk::with(&planned(host.name(), &services));
    let reading = desk.status();
    is(&reading, "scanner", "running", "ok");
    is(&reading, "priority", "running", "warning");
    is(&reading, "lost", "missing", "critical");
    is(&reading, "maybe", "stopped", "ok");
    is(&reading, "quoted", "running", "ok");
    is(&reading, "verify", "failed", "critical");
    is(&reading, "fine", "completed", "ok");
    is(&reading, "by-hand", "waiting", "ok");
    let processes = reading.service("scanner")["processes"].as_array().unwrap();
    assert_eq!(processes.len(), 1);
    let pid = processes[0]["pid"].to_string();
    let said = host.sh(&format!("tr '\\0' ' ' </proc/{pid}/cmdline"));
    assert_eq!(processes[0]["command"], said.trim());
    assert!(!processes[0]["started"].is_null());
    let hostile = &reading.service("quoted")["processes"][0]["command"];
    assert!(!hostile.as_str().unwrap().contains('\u{1b}'), "{hostile}");
    let verify = found(&desk, "command-failing", "/verify").unwrap();
    assert!(format!("{:#}", verify["evidence"]).contains("3 rows differ"), "{verify:#}");
    assert_eq!(found(&desk, "process-missing", "/priority").unwrap()["severity"], "warning");
    assert_eq!(found(&desk, "process-missing", "/lost").unwrap()["severity"], "critical");
    assert_eq!(found(&desk, "process-missing", "/maybe"), None);
    // Nothing was run that nobody asked for, and the end of a process is seen.
    assert!(host.sh("ls /opt/touched 2>&1 || true").contains("No such"));
    host.sh(&format!("kill {pid}"));
    is(&desk.status(), "scanner", "missing", "critical");
}

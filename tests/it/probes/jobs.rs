//! Jobs and processes: the functions on this machine, in each shell that is here, and hostile text.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::process::{Command, Stdio};

use proptest::prelude::*;
use quarterdeck::model::job::JobFacts;
use quarterdeck::model::text::is_hostile;
use quarterdeck::model::time::Timestamp;
use quarterdeck::probe::jobs::cron_jobs;
use quarterdeck::probe::jobs::runs::{Runs, Start};
use quarterdeck::probe::jobs::tables::parse_tables;
use quarterdeck::probe::jobs::timers::{Clocks, parse_timers};
use quarterdeck::probe::processes::{argv, parse_processes};

use super::shell::{Session, shells};

#[test]
fn a_process_is_found_by_its_words_and_the_search_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let name = format!("scan $(id) it's-{}.sh", std::process::id());
    let path = folder.path().join(&name);
    fs::write(&path, "read line\n").unwrap();
    let mut child = Command::new("sh")
        .args([path.as_os_str(), "--deep\nproc 1".as_ref()])
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    let last = name.rsplit(' ').next().unwrap().to_owned();
    // A whole word of a name with spaces is no whole argument.
    let patterns: [Box<str>; 3] = [
        format!("{}/scan", folder.path().display()).into(),
        "no-such-process-here".into(),
        "*".into(),
    ];
    for shell in shells() {
        let mut session = Session::start(shell, &[]);
        let text = session.text(&["qd_processes", "plain", &last]);
        let lines: BTreeSet<&str> = text.lines().filter(|l| l.starts_with("proc ")).collect();
        assert!(lines.contains(&*format!("proc {}", child.id())), "{shell:?}\n{text}");
        let found = parse_processes(&session.text(&argv("plain", &patterns)), &patterns);
        // Nothing is a pattern of a shell; another test's process may have an asterisk.
        let pids = |name: &str| found.found[name].iter().map(|p| p.pid).collect::<Vec<_>>();
        assert!(pids(&patterns[0]).is_empty() && pids(&patterns[1]).is_empty(), "{found:?}");
        assert!(!pids("*").contains(&child.id()), "{shell:?} {found:?}");
        let whole: [Box<str>; 1] = ["sh".into()];
        let found = parse_processes(&text, &whole);
        let own = found.found["sh"].iter().find(|process| process.pid == child.id()).unwrap();
        assert!(own.started.is_some() && own.command.contains("--deep proc 1"), "{own:?}");
    }
    child.kill().unwrap();
    child.wait().unwrap();
}

/// Lines of cron 3.0pl1-162 on Debian bookworm, and some that look nearly so.
const JOURNAL: &str = "1795274587.908972 h systemd[1]: Started cron.service.\n\
    1795274600.000001 h CRON[71]: (root) CMD (   cd / && run-parts --report /etc/cron.hourly)\n\
    1795274661.000001 h CRON[72]: (ops) CMD (echo [x]: y)\n\
    1795274662.000001 h CRON[70]: (CRON) error (grandchild #72 failed with exit status 4)\n\
    1795274721.000001 h CRON[75]: (ops) CMD (echo [x]: y)\n\
    1795274722.000001 h cron[9]: run 1 2 (root) CMD (forged)\n\
    1795274723.000001 h CRON[76]: (root) CMD (\n";

/// What `logger -t CRON` writes for anybody: the journal leaves it out where root's words are asked.
const FORGED: &str = "1795274900.000001 h CRON[99]: (ops) CMD (echo [x]: y)\n";

#[test]
fn the_last_run_of_each_job_is_taken_from_the_journal() {
    let folder = tempfile::tempdir().unwrap();
    let tool = folder.path().join("journalctl");
    fs::write(&tool,
        format!(
            "#!/bin/sh\ncat <<'LINES'\n{JOURNAL}LINES\n\
             case \" $* \" in *' _UID=0 '* | *' short-unix ') ;; *) cat <<'LINES'\n{FORGED}LINES\n;; esac\n"
        ),
    )
    .unwrap();
    fs::set_permissions(&tool, fs::Permissions::from_mode(0o755)).unwrap();
    let path = format!("{}:{}", folder.path().display(), std::env::var("PATH").unwrap());
    for shell in shells() {
        let mut session = Session::start(shell, &[("PATH", &path)]);
        let text = session.text(&["qd_cron_runs", "plain", "-"]);
        let mut runs = Runs::default();
        runs.take(&text);
        assert_eq!(runs.since, Some(1_795_274_587_908_972), "{shell:?}\n{text}");
        let echo = runs.of("ops", "echo [x]: y");
        assert_eq!(echo, Some(Start { at: 1_795_274_721_000_001, pid: 75 }), "{text}");
        // It was the run before that failed.
        assert_eq!(runs.failure(echo.unwrap()), None);
        assert!(runs.of("root", "cd / && run-parts --report /etc/cron.hourly").is_some());
        assert_eq!(runs.of("root", "forged"), None, "{text}");
    }
}

#[test]
fn tables_and_zones_of_this_machine_are_read() {
    let folder = tempfile::tempdir().unwrap();
    let zone = folder.path().join("a b");
    fs::write(&zone, b"TZif\x00\x0a\xff").unwrap();
    let zone = zone.to_str().unwrap();
    for shell in shells() {
        let mut session = Session::start(shell, &[]);
        let text = session.text(&["qd_zones", zone, "/none"]);
        assert_eq!(text, format!("tz {zone} 545a6966000aff\n"), "{shell:?}");
        let tables = parse_tables(&session.text(&["qd_tables", "plain"]));
        assert!(tables.lines.len() < 1000);
        let (status, _text) = session.ask(&["qd_timers", "none.timer"]);
        assert_eq!(status, 0, "{shell:?}");
    }
}

fn harmless(job: &JobFacts) -> bool {
    let texts = [&*job.user, &*job.command, &*job.schedule, &*job.label()].concat();
    !texts.chars().any(is_hostile)
}

proptest! {
    #[test]
    fn any_text_gives_harmless_jobs(
        text in r"((table /etc/cron.d/|own |part x |tz /etc/localtime |run 1.000000 2 |Id=a.timer\n|proc 1\n)(\PC|[\x00-\x1f*/,: 0-9]){0,60}\n?){0,12}",
    ) {
        let tables = parse_tables(&format!("cron 1\n{text}"));
        let mut runs = Runs::default();
        runs.take(&format!("first 1.000000\n{text}"));
        let clocks = Clocks::default();
        let jobs = cron_jobs(&tables, Some(&runs), &clocks, Timestamp::from_secs(1_795_274_721));
        prop_assert!(jobs.iter().chain(&parse_timers(&text, &clocks)).all(harmless));
        let patterns: [Box<str>; 1] = ["a".into()];
        let found = parse_processes(&text, &patterns);
        let mut commands = found.found.values().flatten().map(|process| &process.command);
        prop_assert!(commands.all(|command| !command.chars().any(is_hostile)));
    }
}

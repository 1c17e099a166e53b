//! The parsers on recorded outputs of six versions of systemd; see the README beside them.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;

use quarterdeck::model::ids::UnitName;
use quarterdeck::model::unit::{ActiveState, ExitCode, LoadState, UnitFacts};
use quarterdeck::probe::detail::{PROPERTIES, parse_detail};
use quarterdeck::probe::facts::parse_facts;
use quarterdeck::probe::history::parse_history;
use quarterdeck::probe::journal::{parse_export, parse_json};
use quarterdeck::probe::tick::parse_tick;
use quarterdeck::probe::units::{parse_services, parse_units};

const VERSIONS: [&str; 6] = ["229", "237", "245", "247", "252", "257"];

fn recorded(tool: &str, version: &str, file: &str) -> String {
    let path = format!("tests/fixtures/probe/{tool}/{version}/{file}");
    let bytes = fs::read(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    String::from_utf8_lossy(&bytes).into_owned()
}

fn units(version: &str) -> BTreeMap<String, UnitFacts> {
    let (units, warnings) = parse_units(&recorded("systemctl-show", version, "units.txt"));
    assert_eq!(warnings, Vec::<String>::new(), "{version}");
    assert_eq!(units.len(), 14, "{version}");
    units.into_iter().map(|(unit, facts)| (unit.as_str().replace(".service", ""), facts)).collect()
}

#[test]
fn units_are_read_alike_from_every_systemd() {
    for version in VERSIONS {
        let units = units(version);
        let good = &units["good"];
        assert_eq!((good.load, good.active), (LoadState::Loaded, ActiveState::Active), "{version}");
        assert_eq!((&*good.sub, &*good.result), ("running", "success"), "{version}");
        assert!(good.main_pid.is_some() && good.exit.is_none(), "{version}");
        assert!(good.started.unwrap() <= good.changed.unwrap(), "{version}");
        assert_eq!(&*good.control_group, "/system.slice/good.service", "{version}");
        assert_eq!(good.enabled(), Some(true), "{version}");
        assert!(!good.restarts_itself() && !good.need_daemon_reload, "{version}");
        assert_eq!(good.restart_usec, Some(100_000), "{version}");
        assert_eq!(good.load_error, "", "{version}");

        let looping = &units["crashloop"];
        assert_eq!(&*looping.sub, "auto-restart", "{version}");
        assert_eq!(looping.active, ActiveState::Activating, "{version}");
        assert_eq!((looping.main_pid, looping.restarts_itself()), (None, true), "{version}");
        let exit = looping.exit.unwrap();
        assert_eq!((exit.code, exit.status), (ExitCode::Exited, 3), "{version}");
        assert!(exit.at > looping.started && exit.at <= looping.changed, "{version}");
        // systemd counts since 235, and names each run since 232.
        assert_eq!(looping.n_restarts.is_some(), version != "229", "{version}");
        assert_eq!(looping.invocation.len(), if version == "229" { 0 } else { 32 }, "{version}");

        assert!(units["cond"].exit.is_none() && units["cond"].main_pid.is_none(), "{version}");
        // 229 had forgotten it by then.
        let given_up = if version == "229" { ActiveState::Inactive } else { ActiveState::Failed };
        assert_eq!(units["startlimit"].active, given_up, "{version}");
        assert!(units["bk"].exit.is_some_and(|exit| exit.is_clean()), "{version}");
        assert_eq!(units["bk"].triggered_by, ["bk.timer".into()], "{version}");

        let nosuch = &units["nosuch"];
        assert_eq!(nosuch.load, LoadState::NotFound, "{version}");
        assert_eq!((nosuch.started, nosuch.changed, nosuch.exit), (None, None, None), "{version}");
        let words = match version {
            "229" | "237" => "No such file or directory",
            _ => "Unit nosuch.service not found.",
        };
        assert_eq!(nosuch.load_error, words, "{version}");
    }
}

#[test]
fn how_a_unit_failed_has_systemds_name() {
    for version in VERSIONS {
        let units = units(version);
        for (unit, label) in [
            ("execbad", "203/EXEC"),
            ("userbad", "217/USER"),
            ("nsbad", "226/NAMESPACE"),
            ("chdirbad", "200/CHDIR"),
            ("bkfail", "1"),
            ("oom", "9/KILL"),
        ] {
            let facts = &units[unit];
            assert_eq!(
                facts.exit.map(|exit| exit.label()).as_deref(),
                Some(label),
                "{version} {unit}"
            );
            // With cgroup v1, as these had until 245, systemd does not see the OOM killer.
            let result = match (unit, version) {
                ("oom", "229" | "237" | "245") => "signal",
                ("oom", _) => "oom-kill",
                _ => "exit-code",
            };
            assert_eq!(&*facts.result, result, "{version} {unit}");
        }
    }
}

#[test]
fn what_is_not_set_is_absent() {
    for version in VERSIONS {
        let text = recorded("systemctl-show", version, "units.txt");
        let unset = if version == "229" { "=18446744073709551615\n" } else { "=[not set]\n" };
        assert!(text.contains(&format!("MemoryCurrent{unset}")), "{version}");
        let units = units(version);
        assert_eq!(units["nosuch"].memory, None, "{version}");
        assert_eq!(units["nosuch"].cpu_nsec, None, "{version}");
    }
    // These machines account for memory.
    assert_eq!(units("252")["good"].memory, Some(9_965_568));
    assert_eq!(units("252")["good"].cpu_nsec, Some(1_845_692_000));
}

#[test]
fn a_list_of_services_is_read_with_and_without_padding() {
    for version in ["229", "237"] {
        let text = recorded("systemctl-list-units", version, "plain.txt");
        let services = parse_services(&text);
        let names: Vec<&str> = services.iter().map(UnitName::as_str).collect();
        assert!(names.contains(&"crashloop.service") && names.contains(&"cron.service"));
        assert_eq!(names.len(), text.lines().filter(|line| !line.trim().is_empty()).count());
    }
}

/// As the scripts put a word before each line.
fn prefixed(word: &str, text: &str) -> String {
    text.lines().fold(String::new(), |mut all, line| {
        writeln!(all, "{word} {line}").expect("a string");
        all
    })
}

#[test]
fn facts_are_read_from_what_the_tools_print() {
    for (version, long) in [
        ("229", "229"),
        ("237", "237"),
        ("245", "245.4-4ubuntu3"),
        ("247", "247.3-7+deb11u5"),
        ("252", "252.39-1~deb12u2"),
        ("257", "257.13-1~deb13u1"),
    ] {
        let said = recorded("systemctl-version", version, "version.txt");
        let text = format!(
            "up {}systemd {}\n{}{}",
            recorded("proc", version, "uptime"),
            said.lines().next().unwrap(),
            prefixed("df", &recorded("df", version, "k.txt")),
            prefixed("di", &recorded("df", version, "i.txt")),
        );
        let facts = parse_facts(&text);
        assert_eq!(facts.systemd.as_deref(), Some(long));
        let disks = facts.disks.unwrap();
        assert_eq!(disks.len(), 1, "{version}: memory is no disk: {disks:?}");
        assert_eq!((disks[0].mount.as_str(), disks[0].inodes), ("/", 196_608), "{version}");
        assert!(disks[0].available > 1 << 30 && disks[0].available < disks[0].size, "{version}");
        assert!(disks[0].inodes_available > 0, "{version}");
    }
}

#[test]
fn a_heartbeat_is_read_from_what_the_kernel_prints() {
    for version in VERSIONS {
        // As the script takes them apart.
        let meminfo = recorded("proc", version, "meminfo");
        let memory = |name: &str| {
            let line = meminfo.lines().find(|line| line.starts_with(name)).unwrap();
            line.split_ascii_whitespace().nth(1).unwrap().to_owned()
        };
        let load = recorded("proc", version, "loadavg");
        let three: Vec<&str> = load.split(' ').take(3).collect();
        let pressure = recorded("proc", version, "pressure-memory");
        let text = format!(
            "up {}load {}\ntotal {}\navailable {}\npsi memory {}\n",
            recorded("proc", version, "uptime")
                .split(' ')
                .next()
                .map(|up| format!("{up}\n"))
                .unwrap(),
            three.join(" "),
            memory("MemTotal:"),
            memory("MemAvailable:"),
            pressure.lines().next().unwrap(),
        );
        let tick = parse_tick(&text, 0);
        assert!((100_000_000..400_000_000).contains(&tick.uptime.unwrap()), "{version}");
        assert!(tick.load.unwrap()[0] > 0.0, "{version}");
        assert!(tick.memory_available < tick.memory_total, "{version}");
        assert!(tick.pressure.memory.is_some() && tick.pressure.io.is_none(), "{version}");
    }
}

#[test]
fn a_journal_is_read() {
    for version in VERSIONS {
        let text = recorded("journalctl", version, "json.txt");
        let lines = parse_json(&text);
        assert_eq!(lines.len(), 8, "{version}");
        assert!(lines.is_sorted_by_key(|line| line.at), "{version}");
        assert!(lines.iter().all(|line| line.from == "systemd[1]"), "{version}");
        let exit = "crashloop.service: Main process exited, code=exited, status=3/NOTIMPLEMENTED";
        let exited = lines.iter().find(|line| line.text == exit).unwrap();
        assert_eq!(exited.priority, Some(5), "{version}");

        let text = recorded("journalctl", version, "export.txt");
        let entries = parse_export(&text);
        let unit = entries.iter().flatten().find(|(name, _)| *name == "UNIT").unwrap();
        assert_eq!(unit.1, "rofs.service", "{version}");
    }
}

#[test]
fn restarts_are_recalled_in_each_systemds_words() {
    for version in VERSIONS {
        // The messages as recorded, in lines as `-o short-unix` has them.
        let mut text = "first 1795230000.000001\n".to_owned();
        for line in parse_json(&recorded("journalctl", version, "json.txt")) {
            let restarts = match version {
                "229" => line.text.ends_with("scheduling restart."),
                _ => line.text.contains("Scheduled restart job"),
            };
            if restarts {
                let (secs, micros) = (line.at / 1_000_000, line.at % 1_000_000);
                writeln!(text, "restart {secs}.{micros:06} vm {}: {}", line.from, line.text)
                    .expect("a string");
            }
        }
        let recalled = parse_history(&(text + "exits\n"));
        assert!(!recalled.restarts.is_empty(), "{version}");
        for (unit, at) in recalled.restarts {
            assert_eq!(unit.as_str(), "crashloop.service", "{version}");
            assert!(at > recalled.first.unwrap(), "{version}");
        }
    }
}

#[test]
fn a_unit_is_described_in_systemds_words() {
    for version in VERSIONS {
        let text = recorded("systemctl-show", version, "units.txt");
        let record = text.split("\n\n").find(|record| record.contains("Id=rofs.service")).unwrap();
        // The recording asked for more than a description does.
        let asked = record.lines().filter(|line| {
            line.split_once('=').is_some_and(|(name, _)| PROPERTIES.contains(&name))
        });
        let asked = asked.collect::<Vec<_>>().join("\n");
        let journal = recorded("journalctl", version, "json.txt");
        let detail = parse_detail(&asked, "", &journal);
        assert_eq!(detail.warnings, Vec::<String>::new(), "{version}");
        assert_eq!(detail.journal.len(), 8, "{version}");
        let value = |name: &str| {
            detail.properties.iter().find(|(known, _)| known == name).map(|(_, value)| &**value)
        };
        // `strict` came with 232; 229 refuses it and goes on without.
        let protect = if version == "229" { "no" } else { "strict" };
        assert_eq!(value("ProtectSystem"), Some(protect), "{version}");
        assert_eq!(value("FragmentPath"), Some("/etc/systemd/system/rofs.service"), "{version}");
        assert!(detail.properties.iter().all(|(_, value)| !value.contains("not set")));
        let written = detail.properties.iter().map(|(name, _)| name);
        let order = PROPERTIES.iter().filter(|name| value(name).is_some());
        assert!(written.eq(order), "{version}: in reading order");
    }
}

#[test]
fn files_are_told_apart_by_their_paths() {
    let text = "# /etc/systemd/system/a.service\n[Service]\n# a remark\nExecStart=/bin/a\n\n\
                # /etc/systemd/system/a.service.d/o.conf\n[Service]\nRestart=always\n";
    let files = parse_detail("", text, "").files;
    let paths: Vec<&str> = files.iter().map(|(path, _)| path.as_str()).collect();
    assert_eq!(paths, ["/etc/systemd/system/a.service", "/etc/systemd/system/a.service.d/o.conf"]);
    assert_eq!(files[1].1, "[Service]\nRestart=always\n");
    let none = parse_detail("", "No files found for b.service.\n", "");
    assert_eq!(none.warnings, ["No files found for b.service."]);
}

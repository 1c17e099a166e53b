//! Answers of the collector's functions, as the scripts of [`crate::probe`] print them.

use std::fmt::Write as _;

use super::acts;
use super::journal;
use super::noise;
use super::properties::{file, shown};
use super::scenario::{DiskPart, State};
use super::site::Site;
use super::sockets;
use super::told;

/// What the tools say on a host that systemd did not start.
const NOT_BOOTED: &str = "System has not been booted with systemd as init system (PID 1). \
    Can't operate.\nFailed to connect to bus: Host is down\n";

/// Exit status and output of a function at `t`.
pub(super) fn answer(site: &Site, argv: &[String], t: i64) -> (u8, String) {
    let (function, arguments) = match argv {
        [function, arguments @ ..] => (function.as_str(), arguments),
        [] => ("", argv),
    };
    let systemd = site.part.systemd != "none";
    let asks_systemd = matches!(function, "qd_units" | "qd_services" | "qd_properties" | "qd_cat");
    if asks_systemd && !systemd {
        return (1, NOT_BOOTED.to_owned());
    }
    if asks_systemd && function != "qd_cat" && site.state(t) == State::Silent {
        return (124, String::new());
    }
    if let Some(text) = told::answer(site, function, arguments, t) {
        return (0, text);
    }
    // Nobody else acts on simulated hosts, but things are deployed there.
    if function.starts_with("qd_act_") || function == "qd_now_claims" {
        return acts::answer(site, function, arguments, t);
    }
    match (function, arguments) {
        ("qd_facts", _) => (0, facts(site, t)),
        ("qd_disks", _) => (0, disks(site)),
        ("qd_now_tick", groups) => (0, tick(site, groups, t)),
        ("qd_units", [names, units @ ..]) => {
            let records = units.iter().map(|unit| shown(site, unit, t, names));
            (0, records.collect::<Vec<_>>().join("\n"))
        }
        ("qd_services", _) => (0, services(site, t)),
        ("qd_properties", [names, unit]) => (0, shown(site, unit, t, names)),
        ("qd_cat", [unit]) => match site.service(unit) {
            Some(service) => (0, file(service)),
            None => (1, format!("No files found for {unit}.\n")),
        },
        ("qd_history", [how, units @ ..]) if readable(site, how) => {
            (0, journal::history(site, units, t))
        }
        ("qd_history", [..]) => (0, "first \nexits\n".to_owned()),
        ("qd_last", [how, unit]) if readable(site, how) => (0, journal::last(site, unit, t, 80)),
        ("qd_words", [how, _, units @ ..]) if readable(site, how) => {
            let units = units.chunks(2).filter_map(<[String]>::first);
            let words =
                units.map(|unit| format!("unit {unit} -\n{}\n", journal::last(site, unit, t, 20)));
            (0, words.collect())
        }
        ("qd_paths", [_, paths @ ..]) => (0, stat(site, paths)),
        ("qd_ports" | "qd_marks" | "qd_now_alive" | "qd_now_count", _) => {
            (0, sockets::listening(site, t))
        }
        ("qd_backup_list", _) => (0, "place read\ncount 0\nend 0\n".to_owned()),
        ("qd_backup_source", _) => (0, "place missing\n".to_owned()),
        ("qd_nginx", _) => (0, addresses(site)),
        ("qd_owners", _) => (0, sockets::owners(site, t)),
        ("qd_survey_units", _) => (
            0,
            services(site, t)
                .lines()
                .fold(String::new(), |all, line| all + "loaded " + line + "\n"),
        ),
        // Nothing that `init` asks of files, HTTP and containers is simulated.
        (name, _) if name.starts_with("qd_survey_") => (0, String::new()),
        (
            "qd_checks" | "qd_packages" | "qd_ping" | "qd_words" | "qd_trees" | "qd_nginx_conf"
            | "qd_processes" | "qd_reach" | "qd_starters" | "qd_scripts" | "qd_backup_check"
            | "qd_backup_restic" | "qd_backup_borg" | "qd_backup_git" | "qd_backup_command"
            | "qd_stamps" | "qd_tables" | "qd_zones" | "qd_cron_runs" | "qd_timers",
            _,
        )
        | ("qd_last", [..]) => (0, String::new()),
        _ => (127, String::new()),
    }
}

/// A host without any proxy.
fn addresses(site: &Site) -> String {
    let own = site.part.address.parse::<core::net::IpAddr>().ok();
    let own = own.map_or_else(String::new, |own| format!("address {own}\n"));
    format!("address 127.0.0.1\naddress ::1\n{own}")
}

fn readable(site: &Site, how: &str) -> bool {
    site.part.journal || site.part.user == "root" || (how == "sudo" && site.part.sudo)
}

/// All paths are there, and were before it booted; nobody waits for a reboot.
fn stat(site: &Site, paths: &[String]) -> String {
    let changed = site.wall(-site.part.up).div_euclid(1_000_000) - 40 * 86_400;
    let mut text = String::new();
    for (place, path) in paths.iter().enumerate().filter(|(_, path)| !path.starts_with("/run/")) {
        let is_file =
            path.starts_with("/etc/") || path.starts_with("/lib/") || path.starts_with("/usr/");
        let mode = if is_file { "81a4" } else { "41ed" };
        // Writing to a String does not fail.
        let _ok = writeln!(text, "stat 2049 {} {changed} {mode} {path}", place + 100);
    }
    text
}

fn facts(site: &Site, t: i64) -> String {
    let part = &site.part;
    let wall = site.wall(t);
    let mut text = format!(
        "wall {}.{:06}000\nup {}\nboot {}\nkernel {}\nos \"{}\"\nuser {}\ncpus {}\n",
        wall.div_euclid(1_000_000),
        wall.rem_euclid(1_000_000),
        uptime(site, t),
        boot_id(site),
        part.kernel,
        part.os,
        part.user,
        part.cpus,
    );
    if part.systemd != "none" {
        // Writing to a String does not fail.
        let _ok = writeln!(text, "systemd systemd {}", part.systemd);
    }
    if part.journal {
        text.push_str("journal 1\n");
    }
    let _ok = writeln!(text, "sudo {}", u8::from(part.sudo));
    text.push_str(&disks(site));
    text
}

fn disks(site: &Site) -> String {
    let memory = site.part.memory_mib * 1024;
    let root = DiskPart {
        device: "/dev/vda1".to_owned(),
        mount: "/".to_owned(),
        gib: 40,
        used: 0.31,
        inodes_used: 0.06,
    };
    let has_root = site.part.disks.iter().any(|disk| disk.mount == "/");
    let disks: Vec<&DiskPart> =
        (!has_root).then_some(&root).into_iter().chain(&site.part.disks).collect();
    let mut text = String::new();
    // Writing to a String does not fail.
    let _ok = writeln!(
        text,
        "df Filesystem     1024-blocks     Used Available Capacity Mounted on\n\
         df {}",
        row("tmpfs", memory / 10, 316, "/run")
    );
    for disk in &disks {
        let _ok = writeln!(text, "df {}", sized(disk, disk.gib << 20, disk.used));
    }
    let _ok = writeln!(
        text,
        "di Filesystem       Inodes    IUsed     IFree IUse% Mounted on\ndi {}",
        row("tmpfs", memory / 8, 361, "/run")
    );
    for disk in &disks {
        let _ok = writeln!(text, "di {}", sized(disk, disk.gib << 16, disk.inodes_used));
    }
    text
}

fn sized(disk: &DiskPart, all: u64, share: f64) -> String {
    row(&disk.device, all, (all as f64 * share.clamp(0.0, 1.0)) as u64, &disk.mount)
}

fn row(device: &str, all: u64, used: u64, mount: &str) -> String {
    let percent = (used * 100).div_ceil(all.max(1));
    let free = all.saturating_sub(used);
    format!("{device:<14} {all:>11} {used:>8} {free:>9} {percent:>7}% {mount}")
}

fn tick(site: &Site, groups: &[String], t: i64) -> String {
    let part = &site.part;
    let wave = |seconds: f64| {
        let turn = t as f64 / (seconds * 1e6) + noise::share(site.seed, 2) * 6.0;
        1.0 + turn.sin() * 0.25
    };
    let total = part.memory_mib * 1024;
    let free = 1.0 - (part.memory_used * wave(47.0).mul_add(0.2, 0.8)).clamp(0.01, 0.99);
    let mut text = format!(
        "up {}\nload {:.2} {:.2} {:.2}\ntotal {total}\navailable {}\n",
        uptime(site, t),
        part.load * wave(13.0),
        part.load * wave(31.0),
        part.load * wave(97.0),
        (total as f64 * free) as u64,
    );
    let busy = (part.load / f64::from(part.cpus.max(1))).clamp(0.0, 2.0);
    for (what, share) in [("cpu", busy * 6.0), ("memory", 0.0), ("io", busy * 0.8)] {
        let share = share * wave(11.0);
        // Writing to a String does not fail.
        let _ok = writeln!(
            text,
            "psi {what} some avg10={share:.2} avg60={share:.2} avg300={share:.2} total={}",
            part.up / 1000
        );
    }
    for (place, group) in groups.iter().enumerate() {
        let unit = group.rsplit('/').next().unwrap_or_default();
        let moment = site.service(unit).map(|s| site.moment(s, t));
        let word = |value: Option<u64>| value.map_or_else(|| "-".to_owned(), |v| v.to_string());
        let _ok = writeln!(
            text,
            "cg {place} {} {}",
            word(moment.and_then(|moment| moment.memory)),
            word(moment.and_then(|moment| moment.cpu)),
        );
    }
    text
}

fn services(site: &Site, t: i64) -> String {
    let mut text = String::new();
    for service in site.services.iter() {
        let moment = site.moment(service, t);
        if moment.active != "inactive" && service.unit.as_str().ends_with(".service") {
            // Writing to a String does not fail.
            let _ok = writeln!(
                text,
                "{} {} {} {} {}",
                service.unit, moment.load, moment.active, moment.sub, service.part.description
            );
        }
    }
    text
}

fn uptime(site: &Site, t: i64) -> String {
    let hundredths = site.monotonic(t) / 10_000;
    format!("{}.{:02}", hundredths / 100, hundredths % 100)
}

pub(super) fn boot_id(site: &Site) -> String {
    let all = format!("{:016x}{:016x}", site.seed, noise::draw(site.seed, 4));
    let mut rest = all.as_str();
    let parts = [8, 4, 4, 4, 12].map(|length| {
        let (part, tail) = rest.split_at_checked(length).unwrap_or((rest, ""));
        rest = tail;
        part
    });
    parts.join("-")
}

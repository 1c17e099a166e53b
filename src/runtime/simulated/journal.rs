//! The journal of a simulated host.

use std::fmt::Write as _;

use serde_json::json;

use super::noise;
use super::scenario::Course;
use super::site::{Service, Site};
use crate::model::unit::{Exit, ExitCode};

const HOUR: i64 = 3_600_000_000;
/// A well service prints all its lines once in so long.
const ROUND: i64 = 60_000_000;

struct Entry {
    at: i64,
    priority: u8,
    from: String,
    pid: u32,
    message: String,
}

/// An answer of `qd_history` for these units.
pub(super) fn history(site: &Site, units: &[String], t: i64) -> String {
    let first = site.wall(-site.part.up);
    let mut text = format!("first {}\n", seconds(first));
    let mut restarts = Vec::new();
    for service in units.iter().filter_map(|unit| site.service(unit)) {
        let seed = site.seed_of(service);
        let within = service.life.restarts_within(seed, t - HOUR, t);
        restarts.extend(within.into_iter().map(|(at, counter)| (at, counter, service)));
    }
    restarts.sort_by_key(|(at, ..)| *at);
    for (at, counter, service) in &restarts {
        // Writing to a String does not fail.
        let _ok = writeln!(
            text,
            "restart {} {} systemd[1]: {}: Scheduled restart job, restart counter is at {counter}.",
            seconds(site.wall(*at)),
            site.name,
            service.unit
        );
    }
    text.push_str("exits\n");
    let skipped = restarts.len().saturating_sub(200);
    for (at, _, service) in restarts.iter().skip(skipped) {
        let exit = service.life.exit();
        let at = service.life.ended_before(*at);
        let _ok = write!(
            text,
            "__CURSOR=s=simulated;i={:x}\n__REALTIME_TIMESTAMP={}\n__MONOTONIC_TIMESTAMP={}\n\
             _BOOT_ID={:032x}\nUNIT={}\nCOMMAND=ExecStart\nEXIT_CODE={}\nEXIT_STATUS={}\n\n",
            at.cast_unsigned(),
            site.wall(at),
            site.monotonic(at),
            site.seed,
            service.unit,
            exit.code.name(),
            status(exit),
        );
    }
    text
}

/// An entry as `journalctl -o export` prints it.
pub(super) struct Said {
    pub(super) wall: i64,
    pub(super) cursor: String,
    pub(super) text: String,
}

/// The last entries of a unit.
pub(super) fn said(site: &Site, unit: &str, t: i64, limit: usize) -> Vec<Said> {
    let entries = entries(site, unit, t, limit).into_iter().map(|entry| {
        let wall = site.wall(entry.at);
        let content = noise::seed(&[unit, &entry.message]);
        let (boot, monotonic) = (format!("{:032x}", site.seed), site.monotonic(entry.at));
        let cursor =
            format!("s={boot};i={monotonic:x};b={boot};m={monotonic:x};t={wall:x};x={content:x}");
        let text = format!(
            "__CURSOR={cursor}\n__REALTIME_TIMESTAMP={wall}\n__MONOTONIC_TIMESTAMP={monotonic}\n\
             _BOOT_ID={boot}\nPRIORITY={}\nSYSLOG_IDENTIFIER={}\n_PID={}\nUNIT={unit}\n\
             MESSAGE={}\n\n",
            entry.priority, entry.from, entry.pid, entry.message
        );
        Said { wall, cursor, text }
    });
    entries.collect()
}

/// An answer of `qd_last`: the last lines of a unit.
pub(super) fn last(site: &Site, unit: &str, t: i64, limit: usize) -> String {
    let mut text = String::new();
    for entry in entries(site, unit, t, limit) {
        let line = json!({
            "__REALTIME_TIMESTAMP": site.wall(entry.at).to_string(),
            "__MONOTONIC_TIMESTAMP": site.monotonic(entry.at).to_string(),
            "_BOOT_ID": format!("{:032x}", site.seed),
            "_HOSTNAME": site.name,
            "PRIORITY": entry.priority.to_string(),
            "SYSLOG_IDENTIFIER": entry.from,
            "_PID": entry.pid.to_string(),
            "UNIT": unit,
            "MESSAGE": entry.message,
        });
        let _ok = writeln!(text, "{line}");
    }
    text
}

fn entries(site: &Site, unit: &str, t: i64, limit: usize) -> Vec<Entry> {
    let Some(service) = site.service(unit) else { return Vec::new() };
    let seed = site.seed_of(service);
    let mut entries = match service.life.course(t) {
        Course::CrashLoop => looped(service, seed, t, limit),
        Course::Running | Course::Churn => steady(service, seed, t, limit),
        Course::Failed => ended(service, seed),
        Course::Stopped => vec![
            by_systemd(service.life.came() - 90_000, 6, format!("Stopping {}...", name(service))),
            by_systemd(service.life.came(), 6, format!("Stopped {}.", name(service))),
        ],
        Course::Completed => {
            let mut entries = ended(service, seed);
            entries.truncate(service.part.says.len() + 1);
            entries.push(by_systemd(
                service.life.came(),
                6,
                format!("{}: Deactivated successfully.", service.unit),
            ));
            entries
        }
        Course::Starting => {
            vec![by_systemd(-service.life.since, 6, format!("Starting {}...", name(service)))]
        }
        Course::Waiting | Course::Missing | Course::BadSetting => Vec::new(),
    };
    entries.retain(|entry| entry.at <= t);
    let surplus = entries.len().saturating_sub(limit);
    entries.drain(..surplus);
    entries
}

fn looped(service: &Service, seed: u64, t: i64, limit: usize) -> Vec<Entry> {
    let life = &service.life;
    let runs = i64::try_from(limit).unwrap_or(i64::MAX / HOUR) / 5 + 2;
    let mut entries = Vec::new();
    for (start, counter) in life.restarts_within(seed, t - runs * life.every, t) {
        let unit = &service.unit;
        entries.push(by_systemd(
            start - 40_000,
            6,
            format!("{unit}: Scheduled restart job, restart counter is at {counter}."),
        ));
        entries.push(by_systemd(start - 30_000, 6, format!("Stopped {}.", name(service))));
        entries.push(by_systemd(start, 6, format!("Started {}.", name(service))));
        let pid = life.at(seed, start).pid;
        entries.extend(spoken(service, &service.part.says, pid, start, life.runs));
        entries.extend(end(service, start + life.runs));
    }
    entries
}

fn ended(service: &Service, seed: u64) -> Vec<Entry> {
    let life = &service.life;
    let start = life.last_start();
    let mut entries = vec![by_systemd(start, 6, format!("Started {}.", name(service)))];
    let pid = 300 + (noise::draw(seed, 0) % 450_000) as u32;
    entries.extend(spoken(service, &service.part.says, pid, life.came() - life.runs, life.runs));
    entries.extend(end(service, life.came()));
    entries
}

fn steady(service: &Service, seed: u64, t: i64, limit: usize) -> Vec<Entry> {
    let moment = service.life.at(seed, t);
    let start = moment.started.unwrap_or(t);
    let mut entries = vec![by_systemd(start, 6, format!("Started {}.", name(service)))];
    let part = &service.part;
    let lines = if part.hums.is_empty() { &part.says } else { &part.hums };
    let per_round = lines.len().max(1);
    let rounds = i64::try_from(limit / per_round + 2).unwrap_or(2);
    let this = t.div_euclid(ROUND);
    for round in this - rounds..=this {
        let spoken = spoken(service, lines, moment.pid, round * ROUND, ROUND);
        entries.extend(spoken.filter(|entry| entry.at > start));
    }
    entries
}

/// What its process prints, spread over a span.
fn spoken<'s>(
    service: &'s Service,
    says: &'s [String],
    pid: u32,
    start: i64,
    span: i64,
) -> impl Iterator<Item = Entry> + 's {
    let step = span / (says.len() as i64 + 1);
    let program = service.part.command.split(' ').next().unwrap_or_default();
    let from = program.rsplit('/').next().unwrap_or_default();
    says.iter().zip(1..).map(move |(line, n): (_, i64)| Entry {
        at: start + step * n,
        priority: if line.contains("rror") { 3 } else { 6 },
        from: from.to_owned(),
        pid,
        message: line.clone(),
    })
}

/// systemd's words about the end of a run.
fn end(service: &Service, at: i64) -> [Entry; 2] {
    let exit = service.life.exit();
    let code = exit.code.name();
    // In systemd's own messages 1 has a name, which `systemctl status` does not show.
    let label = match exit {
        Exit { code: ExitCode::Exited, status: 1, .. } => "1/FAILURE".to_owned(),
        other => other.label(),
    };
    let unit = &service.unit;
    [
        by_systemd(at, 5, format!("{unit}: Main process exited, code={code}, status={label}")),
        by_systemd(at + 500, 4, format!("{unit}: Failed with result '{}'.", service.life.result())),
    ]
}

fn by_systemd(at: i64, priority: u8, message: String) -> Entry {
    Entry { at, priority, from: "systemd".to_owned(), pid: 1, message }
}

/// As systemd names it in its messages: `unit - description` since version 247.
fn name(service: &Service) -> String {
    format!("{} - {}", service.unit, service.part.description)
}

/// `EXIT_STATUS=` is a number, or the signal's name.
fn status(exit: Exit) -> String {
    match exit.code {
        ExitCode::Exited => exit.status.to_string(),
        ExitCode::Killed | ExitCode::Dumped => {
            crate::model::exit_status::signal_name(exit.status).unwrap_or("0").to_owned()
        }
    }
}

fn seconds(micros: i64) -> String {
    format!("{}.{:06}", micros.div_euclid(1_000_000), micros.rem_euclid(1_000_000))
}

//! Tables of cron (crontab(5)), and what else of cron a host tells.

use jiff::tz::TimeZone;

use super::runs::as_logged;
use super::schedule::Schedule;
use crate::model::text::clean;

/// As many jobs of a host are kept.
pub const MOST: usize = 1024;
/// As much of the tables a host tells; see `qd_tables`.
const MOST_BYTES: usize = 524_288;
/// As much of its user's own table.
const MOST_OWN_BYTES: usize = 262_144;
/// As many time zones of a host are asked for.
const MOST_ZONES: usize = 8;

/// A job in a table.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CronLine {
    /// The table's path, or `crontab -l`.
    pub table: Box<str>,
    /// Its line, from 1.
    pub line: u32,
    /// Who runs it.
    pub user: Box<str>,
    /// Its fields, as written.
    pub fields: Box<str>,
    /// What they mean; none for what cron would refuse.
    pub schedule: Option<Schedule>,
    /// The command, without what is its input.
    pub command: String,
    /// The same as the journal has it, see [`as_logged`](super::runs::as_logged).
    pub logged: Box<str>,
    /// `CRON_TZ=` above it, which only cronie goes by.
    pub zone: Option<Box<str>>,
}

impl CronLine {
    /// Its place.
    pub fn label(&self) -> String {
        format!("{}:{}", self.table, self.line)
    }
}

/// What a host tells of its cron.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Tables {
    /// Jobs, in the order of the tables.
    pub lines: Vec<CronLine>,
    /// Files in the directories of run-parts(8), and whether each may be executed.
    pub parts: Vec<(Box<str>, bool)>,
    /// What may not be read.
    pub denied: Vec<String>,
    /// A daemon runs.
    pub runs: bool,
    /// The daemon is cronie.
    pub cronie: bool,
    /// anacron(8) is there: daily, weekly and monthly directories are left to it.
    pub anacron: bool,
    /// The host's time zone; none where it has no `/etc/localtime`, which means UTC.
    pub zone: Option<TimeZone>,
    /// Zones that lines name.
    pub zones: Vec<(Box<str>, TimeZone)>,
    /// Why not all of the tables was read: a job that is not found may be in the rest.
    pub cut: Option<String>,
    /// What was not understood.
    pub warnings: Vec<String>,
}

impl Tables {
    /// Zones that lines name and that are still to be asked for, as arguments of `qd_zones`.
    pub fn wanted(&self) -> Vec<String> {
        let mut wanted: Vec<String> = Vec::new();
        for zone in self.lines.iter().filter_map(|line| line.zone.as_deref()) {
            let path = format!("/usr/share/zoneinfo/{zone}");
            let is_plain = !zone.contains("..")
                && zone.bytes().all(|b| b.is_ascii_alphanumeric() || b"/_+-".contains(&b));
            if self.cronie && is_plain && !wanted.contains(&path) && wanted.len() < MOST_ZONES {
                wanted.push(path);
            }
        }
        wanted
    }

    /// Takes an answer of `qd_zones`.
    pub fn take_zones(&mut self, text: &str) {
        for line in text.lines() {
            let Some((path, zone)) = line.strip_prefix("tz ").and_then(zone) else { continue };
            match path.strip_prefix("/usr/share/zoneinfo/") {
                Some(name) if self.zones.len() < MOST_ZONES => self.zones.push((name.into(), zone)),
                Some(_) | None => {}
            }
        }
    }

    /// The zone by which a line's schedule goes; none where it names one that is not known.
    pub fn zone_of(&self, line: &CronLine) -> Option<TimeZone> {
        match line.zone.as_deref().filter(|_| self.cronie) {
            Some(name) => {
                self.zones.iter().find(|(known, _)| **known == *name).map(|(_, zone)| zone.clone())
            }
            None => Some(self.zone.clone().unwrap_or(TimeZone::UTC)),
        }
    }
}

/// Reads an answer of `qd_tables`.
pub fn parse_tables(text: &str) -> Tables {
    let mut tables = Tables::default();
    let mut current = String::new();
    let mut zone: Option<Box<str>> = None;
    let mut more = 0_usize;
    // Of the tables of the system, and of the own one.
    let (mut of_system, mut own) = (0_usize, 0_usize);
    for line in text.lines() {
        let (kind, rest) = line.split_once(' ').unwrap_or((line, ""));
        match kind {
            "table" => of_system += rest.len() + 1,
            "own" => own += rest.split_once(':').map_or(0, |(_, line)| line.len() + 1),
            _ => {}
        }
        match kind {
            "table" | "own" => {
                let Some((table, number, text)) = place(rest) else { continue };
                if current != table {
                    table.clone_into(&mut current);
                    zone = None;
                }
                let Some(user) = user_of(kind, table) else { continue };
                if let Some((name, value)) = assignment(text) {
                    if name == "CRON_TZ" {
                        zone = Some(clean(value.trim_matches(['"', '\'']), 64).into());
                    }
                    continue;
                }
                let Some(mut job) = job(user, text) else {
                    tables.warnings.push(format!("{}:{number}: not understood", clean(table, 512)));
                    tables.warnings.truncate(16);
                    continue;
                };
                if tables.lines.len() >= MOST {
                    more += 1;
                    continue;
                }
                job.table =
                    if kind == "own" { "crontab -l".into() } else { clean(table, 512).into() };
                job.line = number;
                job.zone.clone_from(&zone);
                tables.lines.push(job);
            }
            "denied" => {
                tables.denied.push(clean(rest, 512));
                tables.denied.truncate(16);
            }
            "part" => {
                if let Some((mode, path)) = rest.split_once(' ')
                    && tables.parts.len() < MOST
                {
                    tables.parts.push((clean(path, 512).into(), mode == "x"));
                }
            }
            "cron" => tables.runs = true,
            "cronie" => tables.cronie = true,
            "anacron" => tables.anacron = true,
            "tz" => {
                if let Some((path, zone)) = self::zone(rest)
                    && path == "/etc/localtime"
                {
                    tables.zone = Some(zone);
                }
            }
            _ => {}
        }
    }
    if more > 0 {
        tables.cut = Some(format!("its tables of cron have {more} more jobs than we read"));
    } else if of_system >= MOST_BYTES || own >= MOST_OWN_BYTES {
        tables.cut = Some("its tables of cron are longer than what we read of them".to_owned());
    }
    if let Some(cut) = &tables.cut {
        tables.warnings.push(cut.clone());
    }
    tables
}

/// `PATH:LINE:TEXT`.
fn place(rest: &str) -> Option<(&str, u32, &str)> {
    let (path, rest) = rest.split_once(':')?;
    let (number, text) = rest.split_once(':')?;
    let number = number.parse().ok().filter(|number| *number > 0)?;
    Some((path, number, text.trim()))
}

/// Whose table it is; empty where each line says that; none for what is no table.
fn user_of<'t>(kind: &str, table: &'t str) -> Option<&'t str> {
    if kind == "own" {
        return Some(table);
    }
    if let Some(name) = table.strip_prefix("/etc/cron.d/") {
        return (!name.contains('/')).then_some("");
    }
    // busybox's crond, as on Alpine.
    if let Some(user) = table.strip_prefix("/etc/crontabs/") {
        return Some(user);
    }
    if table.starts_with("/etc/") {
        return Some("");
    }
    // at(1) keeps its jobs beside the tables on some systems.
    let (folder, user) = table.rsplit_once('/')?;
    (!folder.ends_with("/atjobs") && !folder.ends_with("/atspool")).then_some(user)
}

/// `NAME = value`; the fields of a time never begin with a letter.
fn assignment(text: &str) -> Option<(&str, &str)> {
    let first = text.chars().next()?;
    if !(first.is_ascii_alphabetic() || "_\"'".contains(first)) {
        return None;
    }
    let (name, value) = text.split_once('=')?;
    Some((name.trim().trim_matches(['"', '\'']), value.trim()))
}

/// A job. `user`: whose table it is; empty where the line says who runs it.
fn job(user: &str, text: &str) -> Option<CronLine> {
    let count = if text.starts_with('@') { 1 } else { 5 };
    let mut rest = text;
    let mut fields = Vec::new();
    for _ in 0..count {
        let (word, after) = rest.split_once([' ', '\t'])?;
        fields.push(word);
        rest = after.trim_start();
    }
    let mut who = user;
    if user.is_empty() {
        let (word, after) = rest.split_once([' ', '\t'])?;
        who = word;
        rest = after.trim_start();
    }
    let raw = command(rest);
    let command = clean(&raw, 4096);
    if command.is_empty() {
        return None;
    }
    Some(CronLine {
        table: Box::default(),
        line: 0,
        user: clean(who, 64).into(),
        fields: clean(&fields.join(" "), 256).into(),
        schedule: Schedule::parse(&fields),
        command,
        logged: as_logged(&raw).into(),
        zone: None,
    })
}

/// An unescaped percent sign ends the command; what follows is its input.
fn command(text: &str) -> String {
    let mut command = String::new();
    let mut escaped = false;
    for c in text.chars().take(4096) {
        if c == '%' && !escaped {
            break;
        }
        if c == '%' {
            command.pop();
        }
        command.push(c);
        escaped = c == '\\';
    }
    command.trim_end().to_owned()
}

/// `PATH HEX`: a file of tzfile(5).
fn zone(rest: &str) -> Option<(&str, TimeZone)> {
    let (path, hex) = rest.split_once(' ')?;
    let digit = |b: u8| char::from(b).to_digit(16).and_then(|d| u8::try_from(d).ok());
    let mut bytes = Vec::with_capacity(hex.len() / 2);
    for pair in hex.as_bytes().chunks(2) {
        let [high, low] = pair else { return None };
        bytes.push(digit(*high)? << 4 | digit(*low)?);
    }
    Some((path, TimeZone::tzif("host", &bytes).ok()?))
}

#[cfg(test)]
mod tests;

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
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<(String, String, String, String, bool)> {
        let lines = parse_tables(text).lines;
        lines
            .into_iter()
            .map(|l| {
                let known = l.schedule.is_some();
                (l.label(), l.user.into(), l.fields.into(), l.command, known)
            })
            .collect()
    }

    fn own(
        label: &str,
        user: &str,
        fields: &str,
        command: &str,
    ) -> (String, String, String, String, bool) {
        (label.into(), user.into(), fields.into(), command.into(), true)
    }

    /// cron 3.0pl1-162 on Debian bookworm.
    #[test]
    fn tables_of_the_system_and_of_users_are_read() {
        let text = "table /etc/crontab:7:SHELL=/bin/sh\n\
            table /etc/crontab:18:17 *\t* * *\troot\tcd / && run-parts --report /etc/cron.hourly\n\
            table /etc/cron.d/x:2:@daily app /opt/app/nightly.sh >/dev/null 2>&1\n\
            table /etc/cron.d/deep/x:2:@daily app /opt/no\n\
            table /var/spool/cron/crontabs/root:2:0 */6 * * * /mnt/p/scripts/backup.sh\n\
            table /var/spool/cron/atjobs/a0001:2:0 */6 * * * /mnt/p/scripts/backup.sh\n\
            table /var/spool/cron/carol:1:MAILTO = \"\"\n\
            own ops:3:0 1 * * * cd /srv/app && ./dump.sh > a-$(date +\\%F).gz%input\n\
            denied /var/spool/cron\ncron 1\npart x /etc/cron.daily/logrotate\npart - /etc/cron.daily/README\n";
        assert_eq!(
            read(text),
            [
                own(
                    "/etc/crontab:18",
                    "root",
                    "17 * * * *",
                    "cd / && run-parts --report /etc/cron.hourly"
                ),
                own("/etc/cron.d/x:2", "app", "@daily", "/opt/app/nightly.sh >/dev/null 2>&1"),
                own(
                    "/var/spool/cron/crontabs/root:2",
                    "root",
                    "0 */6 * * *",
                    "/mnt/p/scripts/backup.sh"
                ),
                own(
                    "crontab -l:3",
                    "ops",
                    "0 1 * * *",
                    "cd /srv/app && ./dump.sh > a-$(date +%F).gz"
                ),
            ]
        );
        let tables = parse_tables(text);
        assert_eq!(tables.denied, ["/var/spool/cron"]);
        assert!(tables.runs && !tables.cronie);
        assert_eq!(
            tables.parts,
            [("/etc/cron.daily/logrotate".into(), true), ("/etc/cron.daily/README".into(), false)]
        );
    }

    #[test]
    fn hostile_tables_do_no_harm() {
        for line in [
            "",
            "table",
            "own a:b:* * * * * x",
            "own a:1:",
            "own a:0:* * * * * x",
            "table /etc/crontab:1:* * *",
            "table /etc/crontab:1:* * * * * root",
            "tz",
            "tz /etc/localtime 5",
            "tz /etc/localtime zz",
            "part",
            "denied",
        ] {
            let tables = parse_tables(line);
            assert_eq!(tables.lines, [], "{line}");
            assert_eq!(tables.zone, None);
        }
        let text = "own ops:1:* * * * * \u{1b}[31mred\u{7} \u{202e}x\nown ops:2:61 * * * * late\n";
        let tables = parse_tables(text);
        assert!(!tables.lines[0].command.contains(['\u{1b}', '\u{7}', '\u{202e}']));
        assert_eq!(tables.lines[1].schedule, None);
    }

    #[test]
    fn ten_thousand_lines_are_bounded() {
        let lines: Vec<String> =
            (1..=10_000).map(|n| format!("own ops:{n}:* * * * * job {n}\n")).collect();
        let text = lines.concat();
        let tables = parse_tables(&text);
        assert_eq!(tables.lines.len(), MOST);
        let cut = format!("its tables of cron have {} more jobs than we read", 10_000 - MOST);
        assert_eq!(tables.cut.as_ref(), Some(&cut));
        assert_eq!(tables.warnings, [cut]);
        let lines: Vec<String> =
            (1..=10_000).map(|n| format!("own ops:{n}:bad\ndenied {n}\n")).collect();
        let text = lines.concat();
        let tables = parse_tables(&text);
        assert!(tables.warnings.len() <= 16 && tables.denied.len() <= 16);
    }

    /// The host cuts them, in the middle of a line.
    #[test]
    fn what_the_host_cut_is_known_to_be_cut() {
        assert_eq!(
            parse_tables("own ops:1:* * * * * a\ntable /etc/crontab:1:x\ncron 1\n").cut,
            None
        );
        for (head, most) in [("table /etc/crontab:", MOST_BYTES), ("own ops:", MOST_OWN_BYTES)] {
            let line = |n: usize| format!("{head}{n}:* * * * * root job\n");
            let text = (1..=MOST).map(line).collect::<Vec<_>>().concat();
            assert_eq!(parse_tables(&text).cut, None);
            let text = text + head + "7:X=" + &"x".repeat(most) + "\n\ncron 1\n";
            assert!(parse_tables(&text).cut.is_some(), "{head}");
        }
    }

    #[test]
    fn a_zone_of_a_table_is_asked_for_where_cron_goes_by_it() {
        let text = "table /etc/cron.d/x:1:CRON_TZ=Asia/Tokyo\ntable /etc/cron.d/x:2:0 1 * * * root a\n\
            table /etc/cron.d/y:2:0 1 * * * root b\ntable /etc/cron.d/z:1:CRON_TZ=../../etc/shadow\n\
            table /etc/cron.d/z:2:0 1 * * * root c\n";
        assert_eq!(parse_tables(text).wanted(), [""; 0]);
        let mut tables = parse_tables(&format!("cronie 1\n{text}"));
        assert_eq!(tables.wanted(), ["/usr/share/zoneinfo/Asia/Tokyo"]);
        assert_eq!(tables.zone_of(&tables.lines[0]), None);
        assert_eq!(tables.zone_of(&tables.lines[1]), Some(TimeZone::UTC));
        // The smallest file of version 2 that is one: a footer with the rule alone.
        let head = |version: &str| {
            format!(
                "545a6966{version}{}{}",
                "00".repeat(15),
                "00000000".repeat(4) + "00000001" + "00000004"
            )
        };
        let body = format!("000000000000{}", hex("UTC\0"));
        let file = format!("{0}{body}{0}{body}{1}", head("32"), hex("\nJST-9\n"));
        tables.take_zones(&format!("tz /usr/share/zoneinfo/Asia/Tokyo {file}\n"));
        let zone = tables.zone_of(&tables.lines[0]).unwrap();
        assert_eq!(zone.to_offset(jiff::Timestamp::UNIX_EPOCH).seconds(), 9 * 3600);
    }

    fn hex(text: &str) -> String {
        text.bytes().map(|b| format!("{b:02x}")).collect::<Vec<_>>().concat()
    }
}

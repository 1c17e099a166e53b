//! Commands that start scripts: cron jobs (crontab(5)) and units.

use crate::model::text::clean;
use crate::probe::jobs::tables::CronLine;

/// A command that is started unwatched.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Starter {
    /// The table of cron jobs, or the unit.
    pub path: Box<str>,
    /// Its line in the table, from 1; 0 for a unit.
    pub line: u32,
    /// The command.
    pub command: String,
    /// Files among its words that may be scripts.
    pub scripts: Vec<String>,
}

impl Starter {
    /// Whether cron starts it.
    pub const fn is_cron(&self) -> bool {
        self.line > 0
    }

    /// In a few words: `/etc/crontab:7`, or the unit.
    pub fn label(&self) -> String {
        if self.is_cron() { format!("{}:{}", self.path, self.line) } else { self.path.to_string() }
    }
}

/// As many are kept.
const MOST: usize = 512;

/// The commands of jobs of cron, and those of units in an answer of `qd_starters`.
pub fn starters(jobs: &[CronLine], text: &str) -> Vec<Starter> {
    let mut all: Vec<Starter> = jobs
        .iter()
        .take(MOST / 2)
        .map(|job| Starter {
            path: job.table.clone(),
            line: job.line,
            scripts: scripts(&job.command),
            command: job.command.clone(),
        })
        .collect();
    // `systemctl show` gives a unit's properties in an order of its own, and an empty line after.
    let mut commands: Vec<&str> = Vec::new();
    let mut unit = "";
    for line in text.lines().chain(["unit "]) {
        if all.len() >= MOST {
            break;
        }
        let (kind, rest) = line.split_once(' ').unwrap_or((line, ""));
        match kind {
            "unit" if rest.is_empty() => {
                for command in commands.drain(..).take(16) {
                    all.push(Starter {
                        path: clean(unit, 256).into(),
                        line: 0,
                        command: clean(command, 4096),
                        scripts: scripts(command),
                    });
                }
                unit = "";
            }
            "unit" => {
                if let Some(id) = rest.strip_prefix("Id=") {
                    unit = id;
                } else if let Some(command) = rest
                    .split_once("argv[]=")
                    .and_then(|(_, rest)| Some(rest.split_once(" ; ignore_errors=")?.0))
                {
                    commands.push(command);
                }
            }
            _ => {}
        }
    }
    all
}

/// Words that may be scripts: whole paths outside of where a distribution keeps its programs, and
/// those relative to a `cd` before.
fn scripts(command: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let mut folder: Option<&str> = None;
    let mut after_cd = false;
    let cuts = |c: char| c.is_ascii_whitespace() || ";|&()<>\"'`".contains(c);
    for word in command.split(cuts).filter(|word| !word.is_empty()) {
        if std::mem::take(&mut after_cd) {
            folder = Some(word).filter(|word| word.starts_with('/'));
            continue;
        }
        after_cd = word == "cd";
        let path = match (word.strip_prefix("./"), folder) {
            (Some(rest), Some(folder)) => format!("{}/{rest}", folder.trim_end_matches('/')),
            _ => word.to_owned(),
        };
        let system = [
            "/bin/",
            "/sbin/",
            "/usr/bin/",
            "/usr/sbin/",
            "/usr/lib/",
            "/lib/",
            "/dev/",
            "/proc/",
            "/sys/",
        ];
        let plain = path.starts_with('/')
            && !path.contains(['$', '*', '?', '\n'])
            && !path.contains("/../")
            && path.len() < 1024;
        if plain && !system.iter().any(|root| path.starts_with(root)) && !found.contains(&path) {
            found.push(path);
        }
    }
    found.truncate(8);
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    /// cron 3.0pl1 and systemd 252 on Debian bookworm.
    #[test]
    fn commands_are_found_in_tables_and_units() {
        let tables = "table /etc/crontab:7:SHELL=/bin/sh\n\
            table /etc/crontab:18:17 *\t* * *\troot\tcd / && run-parts --report /etc/cron.hourly\n\
            table /etc/cron.d/x:2:@daily app /opt/app/nightly.sh >/dev/null 2>&1\n\
            table /var/spool/cron/crontabs/root:2:0 */6 * * * /mnt/p/scripts/backup.sh\n\
            own ops:3:0 1 * * * cd /srv/app && ./dump.sh > a-$(date +\\%F).gz%input\n";
        let tables = crate::probe::jobs::tables::parse_tables(tables);
        let text = "\
            unit ExecStartPre={ path=/usr/sbin/sshd ; argv[]=/usr/sbin/sshd -t ; ignore_errors=no ; pid=0 }\n\
            unit ExecStart={ path=/bin/bash ; argv[]=/bin/bash /opt/app/run.sh --x ; ignore_errors=no ; pid=0 }\n\
            unit Id=app.service\nunit \n";
        let read: Vec<_> = starters(&tables.lines, text)
            .into_iter()
            .map(|s| (s.label(), s.command, s.scripts))
            .collect();
        let own = |label: &str, command: &str, scripts: &[&str]| {
            let scripts = scripts.iter().map(|s| (*s).to_owned()).collect::<Vec<_>>();
            (label.to_owned(), command.to_owned(), scripts)
        };
        assert_eq!(
            read,
            [
                own(
                    "/etc/crontab:18",
                    "cd / && run-parts --report /etc/cron.hourly",
                    &["/etc/cron.hourly"]
                ),
                own(
                    "/etc/cron.d/x:2",
                    "/opt/app/nightly.sh >/dev/null 2>&1",
                    &["/opt/app/nightly.sh"]
                ),
                own(
                    "/var/spool/cron/crontabs/root:2",
                    "/mnt/p/scripts/backup.sh",
                    &["/mnt/p/scripts/backup.sh"]
                ),
                own(
                    "crontab -l:3",
                    "cd /srv/app && ./dump.sh > a-$(date +%F).gz",
                    &["/srv/app/dump.sh"]
                ),
                own("app.service", "/usr/sbin/sshd -t", &[]),
                own("app.service", "/bin/bash /opt/app/run.sh --x", &["/opt/app/run.sh"]),
            ]
        );
    }
}

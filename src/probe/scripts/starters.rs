//! Commands that start scripts: cron jobs (crontab(5)) and units.

use crate::model::text::clean;

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

/// Reads an answer of `qd_starters`.
pub fn parse_starters(text: &str) -> Vec<Starter> {
    let mut all: Vec<Starter> = Vec::new();
    // `systemctl show` gives a unit's properties in an order of its own, and an empty line after.
    let mut commands: Vec<&str> = Vec::new();
    let mut unit = "";
    for line in text.lines().chain(["unit "]) {
        if all.len() >= MOST {
            break;
        }
        let (kind, rest) = line.split_once(' ').unwrap_or((line, ""));
        match kind {
            "system" => all.extend(cron(rest, true)),
            "user" => all.extend(cron(rest, false)),
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

/// A line of a table, as `PATH:LINE:TEXT`. Tables of the system name a user before the command.
fn cron(line: &str, system: bool) -> Option<Starter> {
    let (path, rest) = line.split_once(':')?;
    let (number, text) = rest.split_once(':')?;
    let text = text.trim_start();
    if text.starts_with('#') {
        return None;
    }
    let mut rest = text;
    let fields = if text.starts_with('@') { 1 } else { 5 } + usize::from(system);
    for field in 0..fields {
        let (word, after) = rest.split_once([' ', '\t'])?;
        // An assignment begins with a name, a time with none of its letters.
        if field == 0 && word.contains('=') {
            return None;
        }
        rest = after.trim_start();
    }
    // An unescaped percent sign ends the command; what follows is its input.
    let mut command = String::new();
    let mut escaped = false;
    for c in rest.chars().take(4096) {
        if c == '%' && !escaped {
            break;
        }
        if c == '%' {
            command.pop();
        }
        command.push(c);
        escaped = c == '\\';
    }
    let command = clean(command.trim_end(), 4096);
    Some(Starter {
        path: clean(path, 512).into(),
        line: number.parse().ok().filter(|number| *number > 0)?,
        scripts: scripts(&command),
        command,
    })
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
        let text = "system /etc/crontab:7:SHELL=/bin/sh\n\
            system /etc/crontab:18:17 *\t* * *\troot\tcd / && run-parts --report /etc/cron.hourly\n\
            system /etc/cron.d/x:2:@daily app /opt/app/nightly.sh >/dev/null 2>&1\n\
            user /var/spool/cron/crontabs/root:1:# Backup production data every 6 hours\n\
            user /var/spool/cron/crontabs/root:2:0 */6 * * * /mnt/p/scripts/backup.sh\n\
            user crontab -l:3:0 1 * * * cd /srv/app && ./dump.sh > a-$(date +\\%F).gz%input\n\
            unit ExecStartPre={ path=/usr/sbin/sshd ; argv[]=/usr/sbin/sshd -t ; ignore_errors=no ; pid=0 }\n\
            unit ExecStart={ path=/bin/bash ; argv[]=/bin/bash /opt/app/run.sh --x ; ignore_errors=no ; pid=0 }\n\
            unit Id=app.service\nunit \n";
        let read: Vec<_> =
            parse_starters(text).into_iter().map(|s| (s.label(), s.command, s.scripts)).collect();
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

    #[test]
    fn nonsense_is_no_command() {
        for line in [
            "",
            "system",
            "user a:b:* * * * * x",
            "user a:1:",
            "user a:0:* * * * * x",
            "system /a:1:* * *",
        ] {
            assert_eq!(parse_starters(line), [], "{line}");
        }
    }
}

//! Tables of cron (crontab(5)): jobs, and how long the pause between two runs may be.

use std::time::Duration;

use crate::model::text::clean;

/// A job.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Job {
    /// The table, such as `/etc/cron.d/app`.
    pub place: String,
    /// When, as written.
    pub schedule: String,
    /// What runs, for a shell.
    pub command: String,
}

/// Jobs and variables of all tables together are at most these.
const MOST: usize = 500;

/// Reads an answer of `qd_survey_cron`.
pub fn parse_jobs(text: &str) -> Vec<Job> {
    let mut jobs = Vec::new();
    let mut place = String::new();
    let mut has_user = false;
    for line in text.lines() {
        if jobs.len() >= MOST {
            break;
        }
        if let Some(table) = line.strip_prefix("table ") {
            place = clean(table, 300);
            // Tables of a user have no column for the user.
            has_user = !table.contains("/spool/") && !table.contains("crontab of");
        } else if let Some((when, path)) =
            line.strip_prefix("script ").and_then(|rest| rest.split_once(' '))
        {
            jobs.push(Job {
                place: clean(path, 300),
                schedule: format!("@{}", clean(when, 10)),
                command: clean(path, 300),
            });
        } else if let Some(line) = line.strip_prefix(' ') {
            jobs.extend(job(line.trim(), &place, has_user));
        }
    }
    jobs
}

fn job(line: &str, place: &str, has_user: bool) -> Option<Job> {
    if line.is_empty() || line.starts_with('#') || line.len() > 8192 {
        return None;
    }
    let fields = if line.starts_with('@') { 1 } else { 5 };
    let mut rest = line;
    let mut words = Vec::new();
    for _ in 0..fields + usize::from(has_user) {
        let (word, after) = rest.split_once([' ', '\t'])?;
        words.push(word);
        rest = after.trim_start();
    }
    let schedule = words.get(..fields)?.join(" ");
    // `NAME = value` is a variable.
    let plain = |c: char| c.is_ascii_alphanumeric() || "*/,-@ ".contains(c);
    if !schedule.chars().all(plain) || rest.is_empty() {
        return None;
    }
    // The rest after a `%` is the command's input, and `\%` a percent sign.
    let mut command = String::new();
    let mut escaped = false;
    for c in rest.chars() {
        match c {
            '%' if !escaped => break,
            '%' => {
                command.pop();
                command.push('%');
            }
            _ => command.push(c),
        }
        escaped = c == '\\';
    }
    Some(Job { place: place.to_owned(), schedule, command: clean(&command, 8192) })
}

/// The longest pause between two runs; none for what is no schedule of time.
pub fn longest_pause(schedule: &str) -> Option<Duration> {
    const MINUTE: u64 = 60;
    const DAY: u64 = 86_400;
    let named = match schedule {
        "@hourly" => Some(3600),
        "@daily" | "@midnight" => Some(DAY),
        "@weekly" => Some(7 * DAY),
        "@monthly" => Some(31 * DAY),
        "@yearly" | "@annually" => Some(366 * DAY),
        _ => None,
    };
    if let Some(seconds) = named {
        return Some(Duration::from_secs(seconds));
    }
    let fields: Vec<&str> = schedule.split(' ').collect();
    let [minute, hour, day, month, weekday] = fields.as_slice() else { return None };
    let minutes = values(minute, 0, 59)?;
    let hours = values(hour, 0, 23)?;
    let times: Vec<u64> = hours
        .iter()
        .flat_map(|hour| minutes.iter().map(move |minute| hour * 60 + minute))
        .collect();
    let (first, last) = (*times.first()?, *times.last()?);
    let within = pauses(&times).max().unwrap_or(0);
    // From the last run of a day to the first of the next day that it runs on.
    let over_night = |days: u64| days * 1440 + first - last;
    let days = match (*day, *month, *weekday) {
        ("*", "*", "*") => 1,
        ("*", "*", _) => {
            let mut on: Vec<u64> =
                values(&names(weekday), 0, 7)?.into_iter().map(|day| day % 7).collect();
            on.sort_unstable();
            on.dedup();
            let around = 7 + on.first()? - on.last()?;
            pauses(&on).max().unwrap_or(0).max(around)
        }
        (_, "*", "*") => {
            let on = values(day, 1, 31)?;
            pauses(&on).max().unwrap_or(0).max(31 + on.first()? - on.last()?)
        }
        _ => 366,
    };
    Some(Duration::from_secs(within.max(over_night(days)) * MINUTE))
}

fn pauses(sorted: &[u64]) -> impl Iterator<Item = u64> + '_ {
    sorted.iter().zip(sorted.iter().skip(1)).map(|(a, b)| b - a)
}

fn names(weekdays: &str) -> String {
    let mut text = weekdays.to_ascii_lowercase();
    for (number, name) in ["sun", "mon", "tue", "wed", "thu", "fri", "sat"].iter().enumerate() {
        text = text.replace(name, &number.to_string());
    }
    text
}

/// The values of a field, in order: `*`, `*/6`, `1,15`, `8-18/2`.
fn values(field: &str, least: u64, most: u64) -> Option<Vec<u64>> {
    let mut all = Vec::new();
    for part in field.split(',') {
        let (range, step) = part.split_once('/').map_or((part, "1"), |(range, step)| (range, step));
        let step: usize = step.parse().ok().filter(|step| *step > 0)?;
        let (from, to) = match (range, range.split_once('-')) {
            ("*", _) => (least, most),
            (_, Some((from, to))) => (from.parse().ok()?, to.parse().ok()?),
            (one, None) => {
                let one = one.parse().ok()?;
                (one, if part.contains('/') { most } else { one })
            }
        };
        if from < least || to > most || from > to {
            return None;
        }
        all.extend((from..=to).step_by(step));
    }
    all.sort_unstable();
    all.dedup();
    Some(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_read() {
        let text = "table /var/spool/cron/crontabs/root\n # c\n MAILTO=a b c d e f\n \
            0 */6 * * * /srv/backup.sh --all\n @daily tar cf /b/$(date +\\%F).tar /srv%in\n\
            table /etc/cron.d/app\n 17 3 * * 1-5 backup /usr/local/bin/dump\n broken\n\
            script daily /etc/cron.daily/own\n0 0 * * * /not/prefixed\n";
        let jobs = parse_jobs(text);
        let read: Vec<_> =
            jobs.iter().map(|job| (job.schedule.as_str(), job.command.as_str())).collect();
        assert_eq!(
            read,
            [
                ("0 */6 * * *", "/srv/backup.sh --all"),
                ("@daily", "tar cf /b/$(date +%F).tar /srv"),
                ("17 3 * * 1-5", "/usr/local/bin/dump"),
                ("@daily", "/etc/cron.daily/own"),
            ]
        );
    }

    #[test]
    fn the_longest_pause_is_over_night_weekend_or_month() {
        let hours = |schedule| longest_pause(schedule).map(|pause| pause.as_secs() / 3600);
        for (schedule, pause) in [
            ("0 */6 * * *", Some(6)),
            ("30 2 * * *", Some(24)),
            ("0 8-18 * * *", Some(14)),
            ("0 3 * * 1-5", Some(72)),
            ("0 3 * * sun", Some(168)),
            ("0 3 * * 7", Some(168)),
            ("0 3 1,15 * *", Some(408)),
            ("0 3 1 1 *", Some(366 * 24)),
            ("@weekly", Some(168)),
            ("@reboot", None),
            ("61 * * * *", None),
            ("*/0 * * * *", None),
        ] {
            assert_eq!(hours(schedule), pause, "{schedule}");
        }
    }
}

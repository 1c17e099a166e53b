//! Jobs of cron (crontab(5)) as `init` takes them, and how long the pause between two runs may be.

use std::time::Duration;

use crate::probe::jobs::tables::Tables;

/// Jobs beyond this are left out.
const MOST: usize = 500;

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

/// The jobs of a host's tables, and what run-parts(8) starts.
pub fn jobs(tables: &Tables) -> Vec<Job> {
    let lines = tables.lines.iter().filter(|line| line.schedule.is_some()).map(|line| Job {
        place: line.table.to_string(),
        schedule: line.fields.to_string(),
        command: line.command.clone(),
    });
    let parts =
        tables.parts.iter().filter(|(_, executable)| *executable).filter_map(|(path, _)| {
            let (when, _) = path.strip_prefix("/etc/cron.")?.split_once('/')?;
            let schedule = format!("@{when}");
            Some(Job { place: path.to_string(), schedule, command: path.to_string() })
        });
    lines.chain(parts).take(MOST).collect()
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
    use crate::probe::jobs::tables::parse_tables;

    #[test]
    fn tables_are_read() {
        let text = "table /var/spool/cron/crontabs/root:2:MAILTO=a b c d e f\n\
            table /var/spool/cron/crontabs/root:3:0 */6 * * * /srv/backup.sh --all\n\
            table /var/spool/cron/crontabs/root:4:@daily tar cf /b/$(date +\\%F).tar /srv%in\n\
            table /etc/cron.d/app:1:17 3 * * 1-5 backup /usr/local/bin/dump\n\
            table /etc/cron.d/app:2:broken\ntable /etc/cron.d/app:3:61 3 * * * backup /no\n\
            part x /etc/cron.daily/own\npart - /etc/cron.daily/README\n";
        let jobs = jobs(&parse_tables(text));
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
        assert_eq!(jobs[0].place, "/var/spool/cron/crontabs/root");
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

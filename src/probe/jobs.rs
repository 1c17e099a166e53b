//! What is scheduled on a host: timers of systemd, and jobs of cron with their last and next runs.
//! cron tells the journal that it starts a job, and nobody how that ended.

pub mod clock;
pub mod runs;
pub mod schedule;
pub mod tables;
pub mod timers;

use crate::model::job::{JobFacts, JobOrigin, LastRun, RunEnd};
use crate::model::time::Timestamp;

use runs::Runs;
use schedule::Schedule;
use tables::{CronLine, Tables};
use timers::Clocks;

/// Runs on the host.
pub const SCRIPT: &str = include_str!("jobs.sh");

/// cron starts a job within this after its minute began.
const SOON: i64 = 90;

/// The jobs of cron. `runs`: what the journal has; none where it may not be read. `now` is on our
/// clock.
pub fn cron_jobs(
    tables: &Tables,
    runs: Option<&Runs>,
    clocks: &Clocks,
    now: Timestamp,
) -> Vec<JobFacts> {
    let mut jobs = Vec::new();
    for line in &tables.lines {
        let job = cron_job(tables, line, runs, clocks, now);
        jobs.extend(parts(tables, line, &job));
        jobs.push(job);
    }
    jobs.truncate(tables::MOST * 2);
    jobs
}

fn cron_job(
    tables: &Tables,
    line: &CronLine,
    runs: Option<&Runs>,
    clocks: &Clocks,
    now: Timestamp,
) -> JobFacts {
    let mut job = JobFacts::new(JobOrigin::Cron { table: line.table.clone(), line: line.line });
    job.user.clone_from(&line.user);
    job.command = line.command.as_str().into();
    job.schedule.clone_from(&line.fields);
    let there = now.shifted(clocks.skew).as_secs();
    let here = |secs: i64| clocks.wall(secs.saturating_mul(1_000_000));
    let zone = tables.zone_of(line);
    let ignored = ignored(tables, &line.table);
    job.idle = match (&line.schedule, &zone) {
        _ if !tables.runs => Some("no daemon of cron runs".into()),
        _ if ignored => Some(NAME.into()),
        (None, _) => Some("its schedule is not understood".into()),
        (Some(_), None) => Some("its time zone is not known".into()),
        (Some(_), Some(_)) => None,
    };
    let mut is_own = |_at: i64| true;
    let mut of_times;
    let matcher: &mut dyn FnMut(i64) -> bool = match (&line.schedule, zone) {
        (Some(Schedule::At(times)), Some(zone)) => {
            if job.idle.is_none() {
                job.next = clock::next(times, &zone, there).map(here);
            }
            if !ignored {
                job.due = clock::before(times, &zone, there).map(here);
            }
            let times = *times;
            of_times =
                move |at: i64| clock::before(&times, &zone, at).is_some_and(|due| at - due <= SOON);
            &mut of_times
        }
        (Some(Schedule::Reboot) | None, _) | (Some(_), None) => &mut is_own,
    };
    let mut began = None;
    if let Some(runs) = runs {
        job.seen_since = runs.since.map(|at| clocks.wall(at));
        let twin = |other: &&CronLine| other.user == line.user && other.command == line.command;
        let alone = tables.lines.iter().filter(twin).nth(1).is_none();
        match runs.of(&line.user, &line.logged) {
            // Which of two lines with the same words it was is told by its time alone.
            Some(start) if alone || matcher(start.at.div_euclid(1_000_000)) => {
                let failed = runs.failure(start);
                let end = failed.map_or(RunEnd::Unknown, |status| {
                    RunEnd::Failed(format!("it ended with {status}").into())
                });
                job.last = Some(LastRun { at: clocks.wall(start.at), end });
                began = Some(start.at.div_euclid(1_000_000));
            }
            Some(_) => job.seen_since = None,
            None => {}
        }
        // cronie: not told to the log. Bytes that are no text are told as what they are, which is
        // lost by then.
        if line.fields.starts_with('-') || line.command.contains('\u{fffd}') && job.last.is_none() {
            job.seen_since = None;
        }
    }
    // The first moment that it has missed, if any: of a job of each minute the last one is never
    // late.
    if let (Some(began), Some(Schedule::At(times)), Some(zone), Some(_)) =
        (began, &line.schedule, tables.zone_of(line), job.due)
    {
        job.due = clock::next(times, &zone, began).map(here);
    }
    job
}

/// Why cron leaves a file alone: Debian's cron(8) and run-parts(8).
const NAME: &str =
    "a file is left alone whose name has other characters than letters, digits, - and _";

fn ignored(tables: &Tables, path: &str) -> bool {
    let named = path.strip_prefix("/etc/cron.").and_then(|rest| rest.split_once('/'));
    let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
    !tables.cronie && named.is_some_and(|(_, name)| !name.bytes().all(plain))
}

/// The programs of a directory that a line gives to run-parts(8).
fn parts(tables: &Tables, line: &CronLine, job: &JobFacts) -> Vec<JobFacts> {
    if !line.command.contains("run-parts") {
        return Vec::new();
    }
    let words = line.command.split(|c: char| c.is_ascii_whitespace() || ";|&(){}".contains(c));
    let Some(folder) = words.rev().find(|word| word.starts_with("/etc/")) else {
        return Vec::new();
    };
    let folder = folder.trim_end_matches('/');
    // The line is tried every day and leaves the directory to anacron.
    let by_anacron = tables.anacron && line.command.contains("anacron");
    let own = tables.parts.iter().filter(|(path, _)| {
        path.strip_prefix(folder)
            .and_then(|rest| rest.strip_prefix('/'))
            .is_some_and(|name| !name.contains('/'))
    });
    own.map(|(path, executable)| {
        let mut part = job.clone();
        part.origin =
            JobOrigin::Part { path: path.clone(), table: line.table.clone(), line: line.line };
        part.command.clone_from(path);
        // What its directory's line ended with is not what this one did.
        if let Some(last) = &mut part.last {
            last.end = RunEnd::Unknown;
        }
        if !executable {
            part.idle = Some("it may not be executed".into());
        } else if ignored(tables, path) {
            part.idle = Some(NAME.into());
        }
        if part.idle.is_some() || by_anacron {
            part.last = None;
            part.next = None;
            part.due = None;
        }
        if by_anacron {
            part.seen_since = None;
        }
        part
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::job::JobVerdict;
    use std::time::Duration;

    const NOW: Timestamp = Timestamp::from_secs(1_795_237_380); // 2026-11-21T05:03:00Z
    const CLOCKS: Clocks = Clocks {
        skew: 5_000_000,
        boot: Timestamp::from_secs(1_795_000_000),
        started: Timestamp::from_secs(1_795_000_000),
    };

    const TABLES: &str = "table /etc/crontab:18:17 * * * * root cd / && run-parts --report /etc/cron.hourly\n\
        table /etc/crontab:19:25 6 * * * root test -x /usr/sbin/anacron || { cd / && run-parts --report /etc/cron.daily; }\n\
        table /etc/cron.d/dump.sh:1:* * * * * root /srv/dump.sh\n\
        own ops:1:*/2 * * * * /srv/a\nown ops:2:0 5 * * * /srv/twice\nown ops:3:30 5 * * * /srv/twice\n\
        part x /etc/cron.hourly/good\npart - /etc/cron.hourly/plain\npart x /etc/cron.hourly/no.sh\n\
        part x /etc/cron.daily/later\ncron 1\n";

    fn of<'j>(jobs: &'j [JobFacts], label: &str) -> &'j JobFacts {
        jobs.iter().find(|job| job.label() == label).unwrap()
    }

    fn jobs(tables: &str) -> Vec<JobFacts> {
        let mut runs = Runs::default();
        runs.take(
            "first 1795000000.000000\n\
             run 1795236601.000000 7 (root) CMD (   cd / && run-parts --report /etc/cron.hourly)\n\
             run 1795237321.000000 8 (ops) CMD (/srv/a)\nrun 1795237201.000000 9 (ops) CMD (/srv/twice)\n\
             fail 1795237322.000000 8 4\n",
        );
        cron_jobs(&parse(tables), Some(&runs), &CLOCKS, NOW)
    }

    fn parse(text: &str) -> Tables {
        tables::parse_tables(text)
    }

    #[test]
    fn a_job_has_its_last_and_its_next_run_on_our_clock() {
        let all = jobs(TABLES);
        let a = of(&all, "crontab -l:1");
        assert_eq!(a.last.as_ref().unwrap().end, RunEnd::Failed("it ended with 4".into()));
        assert_eq!(a.last.as_ref().unwrap().at, Timestamp::from_secs(1_795_237_316));
        // It began after 5:02:00, so the next one is the first that it may miss.
        assert_eq!(a.due, Some(Timestamp::from_secs(1_795_237_440 - 5)));
        assert_eq!(a.next, Some(Timestamp::from_secs(1_795_237_440 - 5)));
        let judged = a.judge(None, Duration::from_secs(60), NOW);
        assert_eq!(judged, JobVerdict::Failed("it ended with 4".into()));
    }

    #[test]
    fn of_two_lines_with_the_same_words_the_time_tells() {
        let all = jobs(TABLES);
        assert!(of(&all, "crontab -l:2").last.is_some());
        let other = of(&all, "crontab -l:3");
        assert_eq!((&other.last, other.seen_since), (&None, None));
    }

    /// cron 3.0pl1-162 on Debian bookworm.
    #[test]
    fn a_job_with_other_letters_is_found_in_the_log() {
        let tables = parse(
            "own ops:1:* * * * * /bin/true --\u{fc}ml\u{20ac}\nown ops:2:* * * * * a\tb\u{1}c\n\
             own ops:3:* * * * * /bin/\u{fffd}\ncron 1\n",
        );
        let mut runs = Runs::default();
        runs.take(
            "first 1795000000.000000\n\
             run 1795237321.000000 8 (ops) CMD (/bin/true --\\303\\274ml\\342\\202\\254)\n\
             run 1795237321.000000 9 (ops) CMD (a^Ib^Ac)\n",
        );
        let all = cron_jobs(&tables, Some(&runs), &CLOCKS, NOW);
        for label in ["crontab -l:1", "crontab -l:2"] {
            let job = of(&all, label);
            assert!(job.last.is_some(), "{label}");
            assert_eq!(job.judge(None, Duration::from_secs(60), NOW), JobVerdict::OnTime);
        }
        let lost = of(&all, "crontab -l:3").judge(None, Duration::ZERO, NOW);
        assert_eq!(lost, JobVerdict::Unknown);
        // A daemon that writes it as it is.
        runs.take("run 1795237322.000000 10 (ops) CMD (/bin/true --\u{fc}ml\u{20ac})\n");
        let all = cron_jobs(&tables, Some(&runs), &CLOCKS, NOW);
        let last = of(&all, "crontab -l:1").last.as_ref().unwrap();
        assert_eq!(last.at, Timestamp::from_secs(1_795_237_317));
    }

    #[test]
    fn programs_of_a_directory_are_jobs_of_their_own() {
        let all = jobs(TABLES);
        let good = of(&all, "/etc/cron.hourly/good");
        assert_eq!(good.last.as_ref().unwrap().end, RunEnd::Unknown);
        assert_eq!(&*good.schedule, "17 * * * *");
        for path in ["/etc/cron.hourly/plain", "/etc/cron.hourly/no.sh", "/etc/cron.d/dump.sh:1"] {
            assert!(of(&all, path).idle.is_some(), "{path}");
            assert_eq!(of(&all, path).next, None);
        }
        assert!(of(&all, "/etc/cron.daily/later").next.is_some());
        let with = jobs(&format!("{TABLES}anacron 1\n"));
        let later = of(&with, "/etc/cron.daily/later");
        assert_eq!(later.judge(None, Duration::ZERO, NOW), JobVerdict::Unknown);
    }

    #[test]
    fn without_a_daemon_nothing_is_next_and_without_a_journal_nothing_is_known() {
        let stopped = parse(&TABLES.replace("cron 1\n", ""));
        let all = cron_jobs(&stopped, None, &CLOCKS, NOW);
        assert!(all.iter().all(|job| job.next.is_none() && job.idle.is_some()));
        let all = cron_jobs(&parse(TABLES), None, &CLOCKS, NOW);
        assert_eq!(of(&all, "crontab -l:1").judge(None, Duration::ZERO, NOW), JobVerdict::Unknown);
    }

    #[test]
    fn a_full_table_with_rare_days_is_no_work() {
        let lines: Vec<String> =
            (1..=10_000).map(|n| format!("own ops:{n}:* * 31 2 * job {n}\n")).collect();
        let text = lines.concat();
        let all = cron_jobs(&parse(&format!("{text}cron 1\n")), None, &CLOCKS, NOW);
        assert!(all.iter().all(|job| job.next.is_none()));
    }
}

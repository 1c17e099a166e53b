//! Timers of systemd and what they start, from `systemctl show` (systemd 229 to 257).

use std::collections::BTreeMap;

use crate::model::ids::UnitName;
use crate::model::job::{JobFacts, JobOrigin, LastRun, RunEnd};
use crate::model::text::clean;
use crate::model::time::Timestamp;
use crate::probe::properties::parse_span;
use crate::probe::survey::calendar::longest_pause;

/// As many timers are kept.
const MOST: usize = 256;

/// How a host's clocks stand to ours.
#[derive(Clone, Copy, Debug, Default)]
pub struct Clocks {
    /// The host's wall clock minus ours, in microseconds.
    pub skew: i64,
    /// When its monotonic clock was zero, on our clock.
    pub boot: Timestamp,
    /// When its PID 1 began, on our clock.
    pub started: Timestamp,
}

impl Clocks {
    /// A moment of the host's wall clock, in microseconds.
    pub fn wall(&self, micros: i64) -> Timestamp {
        Timestamp::from_micros(micros).shifted(self.skew.saturating_neg())
    }

    fn monotonic(&self, micros: u64) -> Timestamp {
        self.boot + std::time::Duration::from_micros(micros)
    }
}

/// Whether a unit's name is that of a timer.
pub fn is_timer(unit: &str) -> bool {
    unit.strip_suffix(".timer").is_some_and(|name| !name.is_empty())
}

/// A record's properties; those that stand there several times keep all their values.
type Record<'t> = BTreeMap<&'t str, Vec<&'t str>>;

/// Reads an answer of `qd_timers`.
pub fn parse_timers(text: &str, clocks: &Clocks) -> Vec<JobFacts> {
    let (timers, services) = text.split_once("\nservices\n").unwrap_or((text, ""));
    let services: Vec<Record<'_>> = services.split("\n\n").map(record).collect();
    let mut jobs: Vec<JobFacts> = Vec::new();
    for timer in timers.split("\n\n").map(record) {
        let Some(id) = one(&timer, "Id").filter(|id| is_timer(id)) else { continue };
        let unit = UnitName::new(clean(id, 256));
        let known = jobs.iter().any(|job| job.origin == JobOrigin::Timer(unit.clone()));
        // One that is asked for by name stands there twice where it is loaded.
        if known || one(&timer, "LoadState") == Some("not-found") || jobs.len() >= MOST {
            continue;
        }
        let name = one(&timer, "Unit").unwrap_or_default();
        let service = services.iter().find(|record| one(record, "Id") == Some(name));
        jobs.push(job(unit, &timer, service, clocks));
    }
    jobs
}

fn record(text: &str) -> Record<'_> {
    let mut record: Record<'_> = BTreeMap::new();
    for (name, value) in text.lines().filter_map(|line| line.split_once('=')) {
        record.entry(name).or_default().push(value);
    }
    record
}

fn one<'t>(record: &Record<'t>, name: &str) -> Option<&'t str> {
    record.get(name)?.first().copied().filter(|value| !value.is_empty())
}

fn job(
    unit: UnitName,
    timer: &Record<'_>,
    service: Option<&Record<'_>>,
    clocks: &Clocks,
) -> JobFacts {
    let mut job = JobFacts::new(JobOrigin::Timer(unit));
    job.activates = one(timer, "Unit").map(|name| UnitName::new(clean(name, 256)));
    job.schedule = schedule(timer).into();
    let active = one(timer, "ActiveState") == Some("active");
    let span = |record: &Record<'_>, name: &str| {
        one(record, name).and_then(moment).filter(|at| *at > 0 && *at < u64::MAX)
    };
    let since = span(timer, "ActiveEnterTimestampMonotonic").map(|at| clocks.monotonic(at));
    job.seen_since = Some(since.unwrap_or(clocks.started));
    let realtime = |name: &str| one(timer, name).and_then(date).map(|at| clocks.wall(at));
    if active {
        let relative = span(timer, "NextElapseUSecMonotonic").map(|at| clocks.monotonic(at));
        job.next = [realtime("NextElapseUSecRealtime"), relative].into_iter().flatten().min();
    }
    let triggered = span(timer, "LastTriggerUSecMonotonic")
        .map(|at| clocks.monotonic(at))
        .or_else(|| realtime("LastTriggerUSec"));
    job.idle = match (active, job.next, one(timer, "SubState")) {
        (true, Some(_), _) | (true, None, Some("running")) => None,
        // One that fires once after the boot, and has.
        (true, None, _) if triggered.is_some() => None,
        (true, None, _) => Some("the timer has no next moment".into()),
        (false, _, _) => Some("the timer is not active, so nothing starts it".into()),
    };
    let began = service.and_then(|s| span(s, "ExecMainStartTimestampMonotonic"));
    let began = began.map(|at| clocks.monotonic(at));
    if let Some(service) = service {
        job.user = one(service, "User").map(|user| clean(user, 64)).unwrap_or_default().into();
        let command = one(service, "ExecStart").and_then(|exec| {
            let (_, rest) = exec.split_once("argv[]=")?;
            Some(rest.split_once(" ; ignore_errors=")?.0)
        });
        job.command = command.map(|command| clean(command, 4096)).unwrap_or_default().into();
    }
    job.last = triggered.max(began).map(|at| LastRun {
        at,
        end: service.map_or(RunEnd::Unknown, |service| end(service, began.is_some())),
    });
    // One that waits knows when it comes. One that does not is due after its longest pause.
    let pause = longest_pause(&job.schedule.replace("OnCalendar=", ""));
    if let (None, Some(last), Some(pause)) = (job.next, &job.last, pause) {
        let spread = ["RandomizedDelayUSec", "AccuracyUSec"].map(|name| span(timer, name));
        let spread = spread.into_iter().flatten().fold(0_u64, u64::saturating_add);
        job.due = Some(last.at + pause + std::time::Duration::from_micros(spread));
    }
    job
}

/// How the last run ended. To be triggered is not to have worked.
fn end(service: &Record<'_>, began: bool) -> RunEnd {
    let result = one(service, "Result").unwrap_or("success");
    match one(service, "ActiveState") {
        Some("active" | "activating" | "reloading" | "deactivating" | "refreshing") => {
            RunEnd::Running
        }
        Some(_) if result != "success" => {
            let status = one(service, "ExecMainStatus").unwrap_or("0");
            let words = match one(service, "ExecMainCode") {
                Some("1") if result == "exit-code" => format!("it ended with {status}"),
                Some("2" | "3") if result == "signal" || result == "core-dump" => {
                    format!("signal {status} ended it")
                }
                _ => format!("its result is {result}"),
            };
            RunEnd::Failed(clean(&words, 128).into())
        }
        Some(_) if began => RunEnd::Succeeded,
        // Of an earlier boot nothing is kept.
        Some(_) | None => RunEnd::Unknown,
    }
}

/// `{ OnCalendar=*-*-* 06:00:00 ; next_elapse=… }`.
fn schedule(timer: &Record<'_>) -> String {
    let all = ["TimersCalendar", "TimersMonotonic"].into_iter().filter_map(|name| timer.get(name));
    let words = all.flatten().filter_map(|value| {
        let inner = value.trim_start_matches(['{', ' ']);
        let inner = inner.split_once(" ; ").map_or(inner, |(inner, _)| inner).trim();
        // `OnUnitActiveUSec` is written `OnUnitActiveSec=`.
        (!inner.is_empty()).then(|| inner.replacen("USec=", "Sec=", 1))
    });
    clean(&words.take(8).collect::<Vec<_>>().join(", "), 512)
}

/// A moment of the monotonic clock: a number, or a span as `systemctl show` writes it.
fn moment(text: &str) -> Option<u64> {
    text.parse().ok().or_else(|| parse_span(text))
}

/// `Sat 2026-11-21 05:06:00 UTC`, in microseconds since the epoch. systemd 229 writes a span there,
/// which is none.
fn date(text: &str) -> Option<i64> {
    let mut words = text.split(' ');
    let (_weekday, day, time, zone) = (words.next()?, words.next()?, words.next()?, words.next()?);
    let both: jiff::civil::DateTime = format!("{day}T{time}").parse().ok()?;
    if zone != "UTC" || words.next().is_some() {
        return None;
    }
    Some(both.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp().as_microsecond())
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOOT: Timestamp = Timestamp::from_secs(1_795_200_000);

    fn read(text: &str) -> Vec<JobFacts> {
        parse_timers(text, &Clocks { skew: 0, boot: BOOT, started: BOOT })
    }

    /// systemd 252, some properties left out.
    const FAILED: &str = "Unit=bk.service\nTimersCalendar={ OnCalendar=*-*-* *:*:00 ; next_elapse=Sat 2026-11-21 05:07:00 UTC }\n\
        NextElapseUSecRealtime=Sat 2026-11-21 05:07:00 UTC\nNextElapseUSecMonotonic=infinity\n\
        LastTriggerUSec=Sat 2026-11-21 05:06:00 UTC\nLastTriggerUSecMonotonic=1min 53.037621s\nId=bk.timer\n\
        LoadState=loaded\nActiveState=active\nSubState=waiting\nActiveEnterTimestampMonotonic=9000000\n\n\
        Unit=\nId=gone.timer\nLoadState=not-found\nActiveState=inactive\n\nservices\n\
        Type=oneshot\nResult=exit-code\nExecMainStartTimestampMonotonic=113038000\nExecMainExitTimestampMonotonic=113050000\n\
        ExecMainCode=1\nExecMainStatus=3\nExecStart={ path=/bin/bk ; argv[]=/bin/bk --all ; ignore_errors=no ; start_time=x }\n\
        Id=bk.service\nActiveState=failed\nSubState=failed\n";

    #[test]
    fn a_timer_and_how_its_service_ended() {
        let jobs = read(FAILED);
        assert_eq!(jobs.len(), 1);
        let job = &jobs[0];
        assert_eq!(job.label(), "bk.timer");
        assert_eq!(&*job.schedule, "OnCalendar=*-*-* *:*:00");
        assert_eq!(&*job.command, "/bin/bk --all");
        assert_eq!(job.activates, Some("bk.service".into()));
        assert_eq!(job.next, Some(Timestamp::from_secs(1_795_237_620)));
        let last = job.last.as_ref().unwrap();
        assert_eq!(last.at, Timestamp::from_micros(BOOT.as_micros() + 113_038_000));
        assert_eq!(last.end, RunEnd::Failed("it ended with 3".into()));
    }

    #[test]
    fn success_is_what_the_service_says_not_the_trigger() {
        let end = |text: &str| {
            read(&FAILED.replace("ActiveState=failed", text))[0].last.clone().unwrap().end
        };
        assert_eq!(end("ActiveState=activating"), RunEnd::Running);
        let well = FAILED.replace("Result=exit-code", "Result=success");
        let well = well.replace("ActiveState=failed", "ActiveState=inactive");
        assert_eq!(read(&well)[0].last.as_ref().unwrap().end, RunEnd::Succeeded);
        let lost = well.replace("ExecMainStartTimestampMonotonic=113038000\n", "");
        assert_eq!(read(&lost)[0].last.as_ref().unwrap().end, RunEnd::Unknown);
    }

    #[test]
    fn one_that_is_not_active_starts_nothing() {
        let stopped = FAILED.replace("ActiveState=active", "ActiveState=inactive");
        let job = &read(&stopped)[0];
        assert!(job.idle.is_some());
        assert_eq!(job.next, None);
    }

    #[test]
    fn one_that_waits_for_nothing_is_due_after_its_longest_pause() {
        let stopped = FAILED.replace("ActiveState=active", "ActiveState=inactive");
        let stopped = stopped.replace("*-*-* *:*:00 ;", "*-*-* 00/6:15:00 ;");
        let stopped = stopped.replace("Unit=bk", "RandomizedDelayUSec=30min\nUnit=bk");
        let job = &read(&stopped)[0];
        let pause = std::time::Duration::from_secs(6 * 3600 + 1800);
        assert_eq!(job.due, Some(job.last.as_ref().unwrap().at + pause));
        assert_eq!(read(FAILED)[0].due, None);
    }

    #[test]
    fn relative_moments_and_those_of_systemd_229_are_understood() {
        // systemd 252: systemd-tmpfiles-clean.timer.
        let text = "Unit=t.service\nTimersMonotonic={ OnUnitActiveUSec=1d ; next_elapse=0 }\n\
            TimersMonotonic={ OnBootUSec=15min ; next_elapse=6h 52min 56.482572s }\nNextElapseUSecRealtime=\n\
            NextElapseUSecMonotonic=6h 52min 56.482572s\nLastTriggerUSec=56y 10month 2w 5d 20h 12min 74.206ms\n\
            LastTriggerUSecMonotonic=3min 28.507396s\nId=t.timer\nLoadState=loaded\nActiveState=active\n";
        let job = &read(text)[0];
        assert_eq!(&*job.schedule, "OnUnitActiveSec=1d, OnBootSec=15min");
        assert_eq!(job.next, Some(Timestamp::from_micros(BOOT.as_micros() + 24_776_482_572)));
        let last = job.last.as_ref().unwrap();
        assert_eq!(last.at, Timestamp::from_micros(BOOT.as_micros() + 208_507_396));
    }

    #[test]
    fn nonsense_is_no_timer() {
        for text in [
            "",
            "none",
            "Id=",
            "Id=a.service\n",
            "services\nId=x.timer",
            "=\n=\n\n=",
            "Id=\u{1b}.timer\nNextElapseUSecRealtime=a b c UTC\n",
        ] {
            assert!(read(text).iter().all(|job| !job.label().contains('\u{1b}')), "{text}");
        }
        assert_eq!(date("Sat 2026-11-21 05:06:00 CET"), None);
        assert_eq!(date("Sat 9999999-11-21 05:06:00 UTC"), None);
    }
}

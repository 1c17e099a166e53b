//! What is scheduled on a host: timers of systemd and jobs of cron, when they ran last, how that
//! ended and when they run next.

use std::time::Duration;

use super::host::Host;
use super::ids::UnitName;
use super::time::Timestamp;

/// Between two readings of what ran.
pub const PACE: Duration = Duration::from_secs(30);

/// A job that is late by less than this is not late, where the config does not say.
pub const GRACE: Duration = Duration::from_secs(300);

/// Where a job stands.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum JobOrigin {
    /// A timer of systemd.
    Timer(UnitName),
    /// A line of a table of cron.
    Cron {
        /// The table: a path, or `crontab -l`.
        table: Box<str>,
        /// From 1.
        line: u32,
    },
    /// A file in a directory all of whose programs run-parts(8) starts.
    Part {
        /// The file.
        path: Box<str>,
        /// The table that starts the directory.
        table: Box<str>,
        /// Its line, from 1.
        line: u32,
    },
}

impl JobOrigin {
    /// In a few words: the unit, `/etc/crontab:7`, or the file.
    pub fn label(&self) -> String {
        match self {
            Self::Timer(unit) => unit.to_string(),
            Self::Cron { table, line } => format!("{table}:{line}"),
            Self::Part { path, .. } => path.to_string(),
        }
    }
}

/// How a run ended.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum RunEnd {
    /// It did what it should.
    Succeeded,
    /// It did not, in systemd's or cron's words.
    Failed(Box<str>),
    /// It is not over.
    Running,
    /// Nobody says: cron tells the end of a job to nobody.
    Unknown,
}

/// A run.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LastRun {
    /// When it began, on the console's clock.
    pub at: Timestamp,
    /// How it ended.
    pub end: RunEnd,
}

/// A job.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct JobFacts {
    /// Where it stands.
    pub origin: JobOrigin,
    /// Who runs it; empty for a timer, whose service says that.
    pub user: Box<str>,
    /// What it runs; of a timer the first command of what it starts, where that is known.
    pub command: Box<str>,
    /// When, as written: five fields, `@daily`, or `OnCalendar=…`.
    pub schedule: Box<str>,
    /// The unit that a timer starts.
    pub activates: Option<UnitName>,
    /// The run before now.
    pub last: Option<LastRun>,
    /// The run after now; none where there will be none, or nobody can say.
    pub next: Option<Timestamp>,
    /// The first moment after its last run at which it has to run by its schedule, over or to come;
    /// of a job of which no run is known, the last such moment.
    pub due: Option<Timestamp>,
    /// From when on a run would be known; none where runs cannot be seen.
    pub seen_since: Option<Timestamp>,
    /// Why nothing starts it, or why its schedule is not understood.
    pub idle: Option<Box<str>>,
}

/// The verdict on a job's runs.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum JobVerdict {
    /// It ran when it had to, as far as anybody says how it ended, or has not had to run yet.
    OnTime,
    /// It runs right now.
    Running,
    /// Its last run failed, in these words.
    Failed(Box<str>),
    /// It ran once, and nothing starts it any more, for that reason.
    Idle(Box<str>),
    /// It had to run then and has not.
    Overdue(Timestamp),
    /// It has never run, and should have.
    NeverRan,
    /// Its runs cannot be seen.
    Unknown,
}

impl JobFacts {
    /// A job of which only the place is known.
    pub fn new(origin: JobOrigin) -> Self {
        Self {
            origin,
            user: Box::default(),
            command: Box::default(),
            schedule: Box::default(),
            activates: None,
            last: None,
            next: None,
            due: None,
            seen_since: None,
            idle: None,
        }
    }

    /// Its table's line or its unit.
    pub fn label(&self) -> String {
        self.origin.label()
    }

    /// The verdict. `every`: at least so often it has to run, whatever its schedule says; `grace`:
    /// so much later is not late.
    pub fn judge(&self, every: Option<Duration>, grace: Duration, now: Timestamp) -> JobVerdict {
        let due = self.due_at(every, grace, now);
        let late = due.filter(|due| now.since(*due) > grace);
        match (&self.last, late) {
            (Some(last), Some(due)) if last.at < due => JobVerdict::Overdue(due),
            (Some(last), None | Some(_)) => match &last.end {
                RunEnd::Failed(how) => JobVerdict::Failed(how.clone()),
                RunEnd::Running => JobVerdict::Running,
                RunEnd::Succeeded | RunEnd::Unknown => match &self.idle {
                    Some(why) => JobVerdict::Idle(why.clone()),
                    None => JobVerdict::OnTime,
                },
            },
            (None, late) => match (self.seen_since, late) {
                // It had to run while a run would have been seen.
                (Some(since), Some(due)) if since <= due => JobVerdict::NeverRan,
                (Some(_), _) if self.idle.is_some() => JobVerdict::NeverRan,
                (Some(_), _) => JobVerdict::OnTime,
                (None, _) => JobVerdict::Unknown,
            },
        }
    }

    /// When it had to run last: by its schedule, or by what is asked of it where that is stricter.
    fn due_at(
        &self,
        every: Option<Duration>,
        grace: Duration,
        now: Timestamp,
    ) -> Option<Timestamp> {
        // What was next at the last reading may be over by now.
        let missed = self.next.filter(|next| *next <= now);
        let own = self.due.max(missed);
        let asked = every.and_then(|every| {
            let from = self.last.as_ref().map(|last| last.at).or(self.seen_since)?;
            let asked = from + every;
            (now.since(asked) > grace).then_some(asked)
        });
        own.max(asked)
    }
}

/// All jobs of a host.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Jobs {
    /// In no order of their own.
    pub list: Vec<JobFacts>,
    /// Whether a daemon of cron runs; none where nobody looked.
    pub cron_runs: Option<bool>,
    /// Tables that could not be read, and why: what is not found may be there.
    pub unseen: Vec<String>,
    /// Why the runs of cron's jobs are not seen.
    pub unheard: Option<String>,
    /// What was not understood.
    pub warnings: Vec<String>,
}

impl Host {
    /// The job of a timer, such as `backup.timer`.
    pub fn job_of_timer(&self, unit: &UnitName) -> Option<&JobFacts> {
        let all = &self.jobs.value()?.list;
        all.iter().find(|job| matches!(&job.origin, JobOrigin::Timer(own) if own == unit))
    }

    /// The job of cron whose command, or whose file where run-parts starts it, has that text. Of
    /// several the one that ran last.
    pub fn job_of_cron(&self, text: &str) -> Option<&JobFacts> {
        let is_meant = |job: &&JobFacts| match &job.origin {
            JobOrigin::Timer(_) => false,
            JobOrigin::Cron { .. } => job.command.contains(text),
            JobOrigin::Part { path, .. } => path.contains(text),
        };
        let all = self.jobs.value()?.list.iter().filter(is_meant);
        // The first of equals: what stands in a table before a file that it starts.
        all.rev().max_by_key(|job| job.last.as_ref().map(|last| last.at))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_secs(1_000_000);
    const MINUTE: Duration = Duration::from_secs(60);

    fn job() -> JobFacts {
        let mut job = JobFacts::new(JobOrigin::Cron { table: "/etc/crontab".into(), line: 3 });
        job.seen_since = Some(NOW - MINUTE * 600);
        job.due = Some(NOW - MINUTE * 20);
        job
    }

    fn ran(minutes_ago: u32, end: RunEnd) -> JobFacts {
        let mut job = job();
        job.last = Some(LastRun { at: NOW - MINUTE * minutes_ago, end });
        job
    }

    #[test]
    fn a_job_is_late_only_after_its_grace() {
        let late = ran(80, RunEnd::Unknown);
        let overdue = JobVerdict::Overdue(NOW - MINUTE * 20);
        assert_eq!(late.judge(None, MINUTE * 5, NOW), overdue);
        assert_eq!(late.judge(None, MINUTE * 20, NOW), JobVerdict::OnTime);
        assert_eq!(ran(20, RunEnd::Unknown).judge(None, MINUTE, NOW), JobVerdict::OnTime);
    }

    #[test]
    fn what_was_next_and_is_over_is_due() {
        let mut job = ran(20, RunEnd::Succeeded);
        job.next = Some(NOW - MINUTE * 10);
        assert_eq!(job.judge(None, MINUTE, NOW), JobVerdict::Overdue(NOW - MINUTE * 10));
        job.next = Some(NOW + MINUTE);
        assert_eq!(job.judge(None, MINUTE, NOW), JobVerdict::OnTime);
    }

    #[test]
    fn a_job_that_never_ran_is_known_only_where_a_run_would_have_been_seen() {
        let mut job = job();
        assert_eq!(job.judge(None, MINUTE, NOW), JobVerdict::NeverRan);
        job.seen_since = Some(NOW - MINUTE);
        assert_eq!(job.judge(None, MINUTE, NOW), JobVerdict::OnTime);
        job.seen_since = None;
        assert_eq!(job.judge(None, MINUTE, NOW), JobVerdict::Unknown);
    }

    #[test]
    fn what_is_asked_counts_where_it_is_stricter() {
        let mut job = ran(20, RunEnd::Failed("exit-code".into()));
        assert_eq!(job.judge(None, MINUTE, NOW), JobVerdict::Failed("exit-code".into()));
        let late = job.judge(Some(MINUTE * 10), MINUTE, NOW);
        assert_eq!(late, JobVerdict::Overdue(NOW - MINUTE * 10));
        job.due = None;
        assert_eq!(
            job.judge(Some(MINUTE * 19), MINUTE * 2, NOW),
            JobVerdict::Failed("exit-code".into())
        );
    }
}

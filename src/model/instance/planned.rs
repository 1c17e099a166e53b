//! The verdict on services that are no unit of their own: jobs, processes and commands.

use std::time::Duration;

use super::{Instance, ServiceState, Verdict};
use crate::model::fault::Fault;
use crate::model::health::CheckState;
use crate::model::host::Host;
use crate::model::job::{self, JobFacts, JobVerdict};
use crate::model::process::FoundProcess;
use crate::model::severity::Severity;
use crate::model::spec::Kind;
use crate::model::time::Timestamp;

/// With some patience: the reading itself takes a while.
const JOBS: Duration = Duration::from_secs(45);

const UNKNOWN: Verdict = Verdict {
    state: ServiceState::Unknown,
    severity: Severity::Unknown,
    since: None,
    stale: true,
    health: None,
};

impl Instance {
    /// The job that it is, where it is one and the host has it.
    pub fn job<'h>(&self, host: &'h Host) -> Option<&'h JobFacts> {
        match &self.kind {
            Kind::Timer(unit) => host.job_of_timer(unit),
            Kind::Cron(text) => host.job_of_cron(text),
            Kind::Unit(_) | Kind::Process(_) | Kind::Command(_) => None,
        }
    }

    /// The verdict on the job that it is.
    pub fn job_verdict(&self, host: &Host, now: Timestamp) -> Option<JobVerdict> {
        let promises = &self.promises;
        Some(self.job(host)?.judge(promises.every, promises.grace.unwrap_or(job::GRACE), now))
    }

    /// The processes that it is, where it is some and they were looked for; the oldest first.
    pub fn processes<'h>(&self, host: &'h Host) -> Option<&'h [FoundProcess]> {
        let Kind::Process(pattern) = &self.kind else { return None };
        host.processes.value()?.found.get(pattern).map(Vec::as_slice)
    }

    /// When what is known of it was true.
    pub fn as_of(&self, host: &Host) -> Option<Timestamp> {
        match &self.kind {
            Kind::Unit(_) | Kind::Timer(_) => self.facts.as_of(),
            Kind::Cron(_) => host.jobs.as_of(),
            Kind::Process(_) => host.processes.as_of(),
            // Of one that is never run by itself nothing gets old.
            Kind::Command(_) => match self.checks.first() {
                Some(log) => log.last().map(|(at, _)| at),
                None => host.facts.as_of(),
            },
        }
    }

    /// Why there is nothing newer, the connection aside.
    pub fn fault<'h>(&'h self, host: &'h Host) -> Option<&'h Fault> {
        match &self.kind {
            Kind::Unit(_) | Kind::Timer(_) => self.facts.fault().or(host.units_fault.as_ref()),
            Kind::Cron(_) => host.jobs.fault(),
            Kind::Process(_) => host.processes.fault(),
            Kind::Command(_) => None,
        }
    }

    /// Why it is not known, where its reading is well: what may not be seen.
    pub fn unseen(&self, host: &Host) -> Option<String> {
        match &self.kind {
            Kind::Unit(_) | Kind::Timer(_) | Kind::Command(_) => None,
            Kind::Cron(_) => {
                let jobs = host.jobs.value()?;
                match self.job(host) {
                    None => jobs.unseen.first().cloned(),
                    Some(_) => jobs.unheard.clone(),
                }
            }
            Kind::Process(_) => {
                let hidden = host.processes.value()?.hidden;
                hidden.then(|| "processes of others are hidden (hidepid)".to_owned())
            }
        }
    }

    /// A timer: what systemd says of it, and how what it starts fared.
    pub(super) fn judge_timer(&self, unit: Verdict, host: &Host, now: Timestamp) -> Verdict {
        if unit.stale {
            return unit;
        }
        match self.job_verdict(host, now) {
            Some(job) if !host.jobs.is_stale(now, JOBS) => {
                with_job(unit, &job, self.job(host), false)
            }
            // There is no such timer, and systemd says so.
            None if unit.state == ServiceState::Missing => unit,
            Some(_) | None => Verdict { severity: unit.severity.max(Severity::Unknown), ..unit },
        }
    }

    /// A job of cron.
    pub(super) fn judge_cron(&self, host: &Host, now: Timestamp) -> Verdict {
        let Some(jobs) = host.jobs.value() else { return UNKNOWN };
        let stale = !host.link.is_up() || host.jobs.is_stale(now, JOBS);
        let waits = Verdict {
            state: ServiceState::Waiting,
            severity: Severity::Ok,
            since: None,
            stale,
            health: None,
        };
        let verdict = match self.job_verdict(host, now) {
            Some(job) => with_job(waits, &job, self.job(host), true),
            // It may stand in a table that may not be read.
            None if !jobs.unseen.is_empty() => Verdict { stale, ..UNKNOWN },
            None => Verdict { state: ServiceState::Missing, severity: Severity::Critical, ..waits },
        };
        if stale { Verdict { severity: Severity::Unknown, ..verdict } } else { verdict }
    }

    /// Processes.
    pub(super) fn judge_processes(
        &self,
        host: &Host,
        interval: Duration,
        now: Timestamp,
    ) -> Verdict {
        let (Some(all), Some(found)) = (host.processes.value(), self.processes(host)) else {
            return UNKNOWN;
        };
        let stale = !host.link.is_up() || host.processes.is_stale(now, interval);
        let count = self.promises.count.unwrap_or_default();
        let n = u32::try_from(found.len()).unwrap_or(u32::MAX);
        let (state, severity) = match n {
            _ if n < count.min && all.hidden => (ServiceState::Unknown, Severity::Unknown),
            0 if count.min > 0 => (ServiceState::Missing, Severity::Critical),
            0 => (ServiceState::Stopped, Severity::Ok),
            _ if n < count.min => (ServiceState::Running, Severity::Critical),
            _ if n > count.max => (ServiceState::Running, Severity::Warning),
            _ => (ServiceState::Running, Severity::Ok),
        };
        let oldest = found.iter().filter_map(|process| process.started).min();
        Verdict {
            state,
            severity: if stale { Severity::Unknown } else { severity },
            since: oldest.and_then(|at| host.at(at)),
            stale,
            health: None,
        }
    }

    /// A command: what it said last. Its check is the first of its promises; without one it is
    /// never run by itself.
    pub(super) fn judge_command(&self, host: &Host, now: Timestamp) -> Verdict {
        let stale = !host.link.is_up();
        let Some((spec, log)) = self.checks().next() else {
            let severity = if stale { Severity::Unknown } else { Severity::Ok };
            let state = ServiceState::Waiting;
            return Verdict { state, severity, since: None, stale, health: None };
        };
        let (state, severity) = match log.state(spec, now) {
            CheckState::Passing => (ServiceState::Completed, Severity::Ok),
            CheckState::Failing => (ServiceState::Failed, Severity::Critical),
            CheckState::Pending | CheckState::Unknown => (ServiceState::Unknown, Severity::Unknown),
        };
        let severity = if stale { Severity::Unknown } else { severity };
        Verdict { state, severity, since: log.since(), stale, health: None }
    }
}

/// What its runs add to the verdict. `by_runs`: nothing but its runs tells how it is.
fn with_job(unit: Verdict, job: &JobVerdict, facts: Option<&JobFacts>, by_runs: bool) -> Verdict {
    let last = facts.and_then(|job| job.last.as_ref()).map(|last| last.at);
    let at = |state, severity: Severity| Verdict {
        state,
        severity: severity.max(unit.severity),
        since: last.or(unit.since),
        ..unit
    };
    match job {
        JobVerdict::OnTime => at(unit.state, Severity::Ok),
        JobVerdict::Running => at(ServiceState::Running, Severity::Ok),
        JobVerdict::Failed(_) => at(ServiceState::Failed, Severity::Critical),
        JobVerdict::Overdue(_) => at(unit.state, Severity::Critical),
        JobVerdict::Idle(_) if by_runs => at(ServiceState::Stopped, Severity::Warning),
        JobVerdict::NeverRan | JobVerdict::Idle(_) => at(unit.state, Severity::Warning),
        JobVerdict::Unknown => at(unit.state, Severity::Unknown),
    }
}

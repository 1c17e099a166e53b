//! A service on one host, and the verdict on it. Every view takes its words from here.

mod planned;

use std::sync::Arc;
use std::time::Duration;

use super::check::CheckSpec;
use super::deploy::Behind;
use super::health::{CheckLog, CheckState};
use super::host::Host;
use super::observed::Observed;
use super::restarts::RestartLog;
use super::severity::Severity;
use super::spec::{Kind, Promises};
use super::time::Timestamp;
use super::unit::{ActiveState, Exit, JournalLine, LoadState, UnitFacts};

/// A service's state, as in `status --json`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Hash)]
pub enum ServiceState {
    /// Up.
    Running,
    /// On its way up.
    Starting,
    /// Up, reading its configuration again.
    Reloading,
    /// On its way down.
    Stopping,
    /// Down by somebody's wish, or never started.
    Stopped,
    /// Down against everybody's wish.
    Failed,
    /// Started again and again; between two crashes it looks as if it ran.
    CrashLooping,
    /// Did its work and ended.
    Completed,
    /// A timer, socket or path unit that waits for its moment.
    Waiting,
    /// Paused by somebody.
    Paused,
    /// There is no such unit on the host.
    Missing,
    /// Not known, for the reason in the instance's fault.
    Unknown,
}

impl ServiceState {
    /// All of them.
    pub const ALL: [Self; 12] = [
        Self::Running,
        Self::Starting,
        Self::Reloading,
        Self::Stopping,
        Self::Stopped,
        Self::Failed,
        Self::CrashLooping,
        Self::Completed,
        Self::Waiting,
        Self::Paused,
        Self::Missing,
        Self::Unknown,
    ];

    /// The word in JSON and on the screen.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Starting => "starting",
            Self::Reloading => "reloading",
            Self::Stopping => "stopping",
            Self::Stopped => "stopped",
            Self::Failed => "failed",
            Self::CrashLooping => "crash-looping",
            Self::Completed => "completed",
            Self::Waiting => "waiting",
            Self::Paused => "paused",
            Self::Missing => "missing",
            Self::Unknown => "unknown",
        }
    }
}

/// Memory and processor of a unit, read between changes.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct Usage {
    /// Bytes, of the whole unit.
    pub memory: Option<u64>,
    /// Percent of one processor since the reading before.
    pub cpu_percent: Option<f32>,
}

/// A service on one host.
#[derive(Clone, PartialEq, Debug)]
pub struct Instance {
    /// How it is run.
    pub kind: Kind,
    /// What it promises besides running.
    pub promises: Arc<Promises>,
    /// What its health checks said, in the order of the promises.
    pub checks: Vec<CheckLog>,
    /// What systemd says of it.
    pub facts: Observed<UnitFacts>,
    /// How often it was started again.
    pub restarts: RestartLog,
    /// How its main process ended last, kept while the next one runs.
    pub last_exit: Option<Exit>,
    /// What it costs.
    pub usage: Usage,
    /// The last lines of its last run, read when it went down or began to loop.
    pub words: Vec<JournalLine>,
    /// Found on the host, not declared: being down is nothing to report.
    pub discovered: bool,
    /// This console acts on it, as far as is known until then: what goes down meanwhile is being looked
    /// at.
    pub worked_on: Option<Timestamp>,
    /// The same of a colleague.
    pub claimed: Option<Timestamp>,
    /// How far what is deployed is behind what would come, where a plan's look has told.
    pub behind: Option<Behind>,
}

/// The verdict on an instance at one moment.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Verdict {
    /// What it does.
    pub state: ServiceState,
    /// How bad that is.
    pub severity: Severity,
    /// Since when it is in that state, on the console's clock.
    pub since: Option<Timestamp>,
    /// The reading is too old to be trusted.
    pub stale: bool,
    /// The worst that its health checks say, while it is up; none where it has none.
    pub health: Option<CheckState>,
}

/// As many automatic restarts within [`LOOP_WINDOW`] make a crash loop (doctor rule D01).
const LOOP_RESTARTS: u64 = 3;
/// See [`LOOP_RESTARTS`].
const LOOP_WINDOW: Duration = Duration::from_secs(600);
/// Started this often by something other than systemd is a loop too: a script that restarts.
const LOOP_BY_HAND: u64 = 6;
/// A unit that has been up for this long, and for three of its cycles, does not loop any more.
const QUIET: Duration = Duration::from_secs(60);

impl Instance {
    /// An instance of which nothing is known yet.
    pub fn new(kind: Kind, promises: Arc<Promises>) -> Self {
        Self {
            kind,
            checks: vec![CheckLog::default(); promises.checks.len()],
            promises,
            words: Vec::new(),
            facts: Observed::default(),
            restarts: RestartLog::default(),
            last_exit: None,
            usage: Usage::default(),
            discovered: false,
            worked_on: None,
            claimed: None,
            behind: None,
        }
    }

    /// Whether somebody acts on it.
    pub fn is_worked_on(&self, now: Timestamp) -> bool {
        self.worked_on.max(self.claimed).is_some_and(|until| now < until)
    }

    /// The verdict at `now`; `interval` is how often it should be read.
    pub fn judge(&self, host: &Host, interval: Duration, now: Timestamp) -> Verdict {
        let verdict = self.judge_alone(host, interval, now);
        // Who acts on it proves it, or takes it back.
        let is_calm = verdict.severity == Severity::Critical && self.is_worked_on(now);
        if is_calm { Verdict { severity: Severity::Warning, ..verdict } } else { verdict }
    }

    fn judge_alone(&self, host: &Host, interval: Duration, now: Timestamp) -> Verdict {
        match &self.kind {
            Kind::Unit(_) => self.judge_unit(host, interval, now),
            Kind::Timer(_) => self.judge_timer(self.judge_unit(host, interval, now), host, now),
            Kind::Cron(_) => self.judge_cron(host, now),
            Kind::Process(_) => self.judge_processes(host, interval, now),
            Kind::Command(_) => self.judge_command(host, now),
        }
    }

    fn judge_unit(&self, host: &Host, interval: Duration, now: Timestamp) -> Verdict {
        let Some(facts) = self.facts.value() else {
            return Verdict {
                state: ServiceState::Unknown,
                severity: Severity::Unknown,
                since: None,
                stale: true,
                health: None,
            };
        };
        let stale =
            !host.link.is_up() || host.units_fault.is_some() || self.facts.is_stale(now, interval);
        let state = self.state(facts, host, now);
        // A loop changes its state all the time; what counts is since when it loops.
        let since = if state == ServiceState::CrashLooping {
            self.restarts.began(LOOP_WINDOW, now)
        } else {
            facts.changed.and_then(|at| host.at(at))
        };
        let health = if stale { None } else { self.health(state, now) };
        let severity = if stale { Severity::Unknown } else { self.severity(facts, state) };
        let severity = health.map_or(severity, |health| severity.max(health.severity()));
        Verdict { state, severity, since, stale, health }
    }

    /// The worst that its checks say while it should answer; of one that is down its own state
    /// tells.
    fn health(&self, state: ServiceState, now: Timestamp) -> Option<CheckState> {
        match state {
            ServiceState::Running
            | ServiceState::Reloading
            | ServiceState::Completed
            | ServiceState::Waiting => {}
            ServiceState::Starting
            | ServiceState::Stopping
            | ServiceState::Stopped
            | ServiceState::Failed
            | ServiceState::CrashLooping
            | ServiceState::Paused
            | ServiceState::Missing
            | ServiceState::Unknown => return None,
        }
        let states = self.checks().map(|(spec, log)| log.state(spec, now));
        states.max_by_key(|state| state.severity().rank())
    }

    /// Its checks and what they said.
    pub fn checks(&self) -> impl Iterator<Item = (&CheckSpec, &CheckLog)> {
        self.promises.checks.iter().zip(&self.checks)
    }

    /// Takes over other promises; checks that stay the same keep what is known of them.
    pub fn promise(&mut self, promises: Arc<Promises>) {
        let known = std::mem::take(&mut self.checks);
        let known: Vec<_> = self.promises.checks.iter().zip(known).collect();
        let kept = |spec: &CheckSpec| known.iter().find(|(before, _)| *before == spec);
        let checks = promises.checks.iter();
        self.checks = checks
            .map(|spec| kept(spec).map_or_else(CheckLog::default, |(_, log)| log.clone()))
            .collect();
        self.promises = promises;
    }

    fn state(&self, facts: &UnitFacts, host: &Host, now: Timestamp) -> ServiceState {
        match facts.load {
            LoadState::NotFound => return ServiceState::Missing,
            LoadState::BadSetting | LoadState::Error if facts.active != ActiveState::Active => {
                return ServiceState::Failed;
            }
            LoadState::Loaded
            | LoadState::BadSetting
            | LoadState::Error
            | LoadState::Masked
            | LoadState::Other => {}
        }
        if self.loops(facts, host, now) {
            return ServiceState::CrashLooping;
        }
        match facts.active {
            ActiveState::Active => match &*facts.sub {
                "exited" => ServiceState::Completed,
                "waiting" | "listening" | "elapsed" => ServiceState::Waiting,
                _ => ServiceState::Running,
            },
            ActiveState::Reloading => ServiceState::Reloading,
            ActiveState::Activating => ServiceState::Starting,
            ActiveState::Deactivating => ServiceState::Stopping,
            ActiveState::Failed => ServiceState::Failed,
            ActiveState::Inactive => {
                let done = &*facts.unit_type == "oneshot" || !facts.triggered_by.is_empty();
                if done && facts.exit.is_some_and(|exit| exit.is_clean()) {
                    ServiceState::Completed
                } else {
                    ServiceState::Stopped
                }
            }
            ActiveState::Other => ServiceState::Unknown,
        }
    }

    /// A unit loops when it is up or on its way up, was restarted often, and has not been up for
    /// long enough since. `active (running)` between two crashes does not make it healthy.
    fn loops(&self, facts: &UnitFacts, host: &Host, now: Timestamp) -> bool {
        if matches!(facts.active, ActiveState::Inactive | ActiveState::Failed | ActiveState::Other)
        {
            return false;
        }
        let up_for = match facts.active {
            ActiveState::Active | ActiveState::Reloading => {
                facts.started.and_then(|at| host.at(at)).map_or(Duration::ZERO, |at| now.since(at))
            }
            _ => Duration::ZERO,
        };
        let all = self.restarts.within(LOOP_WINDOW, now);
        let automatic = self.restarts.automatic_within(LOOP_WINDOW, now);
        let by_hand = all.n.saturating_sub(automatic);
        // Whoever starts a unit by hand ends its loop, and resets systemd's counter: what was before
        // says nothing of the run that he began.
        let counted = facts.n_restarts.map_or(u64::MAX, u64::from);
        let automatic = automatic.min(counted);
        if automatic < LOOP_RESTARTS && by_hand < LOOP_BY_HAND {
            // We have not watched for long enough to know when its restarts were. systemd counted
            // several, and right now it is between two runs or has just begun one.
            return all.at_least
                && facts.restarts_itself()
                && facts.n_restarts.is_some_and(|n| u64::from(n) >= LOOP_RESTARTS)
                && up_for < QUIET;
        }
        let cycle = LOOP_WINDOW / u32::try_from(all.n.max(1)).unwrap_or(u32::MAX);
        up_for < (cycle * 3).clamp(QUIET, LOOP_WINDOW)
    }

    fn severity(&self, facts: &UnitFacts, state: ServiceState) -> Severity {
        match state {
            ServiceState::Running | ServiceState::Completed | ServiceState::Waiting => Severity::Ok,
            ServiceState::Starting if &*facts.sub == "auto-restart" => Severity::Warning,
            ServiceState::Starting | ServiceState::Reloading | ServiceState::Stopping => {
                Severity::Info
            }
            // A job that something else starts is meant to be down in between.
            ServiceState::Stopped if self.discovered || !facts.triggered_by.is_empty() => {
                Severity::Ok
            }
            ServiceState::Stopped | ServiceState::Paused => Severity::Warning,
            ServiceState::Failed | ServiceState::CrashLooping | ServiceState::Missing => {
                Severity::Critical
            }
            ServiceState::Unknown => Severity::Unknown,
        }
    }

    /// Whether a loop may have begun before the verdict says.
    pub fn looping_at_least(&self, now: Timestamp) -> bool {
        self.restarts.began_at_least(LOOP_WINDOW, now)
    }

    /// When its main process began, on the console's clock, while it runs.
    pub fn up_since(&self, host: &Host) -> Option<Timestamp> {
        let facts = self.facts.value()?;
        facts.main_pid?;
        facts.started.and_then(|at| host.at(at))
    }
}

//! What a rule sees: a host with its services and ports judged, and the environment around it.

use std::time::Duration;

use crate::model::backups::{self, BackupRow};
use crate::model::finding::{Key, Subject};
use crate::model::fleet::{Env, Fleet, Row};
use crate::model::host::Host;
use crate::model::ids::ServiceName;
use crate::model::path::PathFacts;
use crate::model::ports::{self, PortRow};
use crate::model::rule::Rule;
use crate::model::script::{self, Scripts};
use crate::model::span::words;
use crate::model::time::Timestamp;

/// How often paths are looked at, with some patience: see `runtime::host::paths`.
const PATHS: Duration = Duration::from_secs(40);

/// One host at one moment.
pub struct Patient<'a> {
    /// Everything that is watched.
    pub fleet: &'a Fleet,
    /// Where it stands.
    pub env: &'a Env,
    /// The host.
    pub host: &'a Host,
    /// Now.
    pub now: Timestamp,
    /// Its services with their verdicts; only those whose reading is fresh.
    pub rows: Vec<Row<'a>>,
    /// Its ports with their verdicts; none where the reading is not fresh.
    pub ports: Vec<PortRow<'a>>,
    /// Its backups with their verdicts, those that could not be read among them.
    pub backups: Vec<BackupRow<'a>>,
}

impl<'a> Patient<'a> {
    /// Judges what there is to judge.
    pub fn new(fleet: &'a Fleet, env: &'a Env, host: &'a Host, now: Timestamp) -> Self {
        let rows = fleet.rows_of(env, host, now).filter(|row| !row.verdict.stale).collect();
        let mut ports = ports::judge(env, host, fleet.interval, now);
        ports.retain(|port| !port.stale);
        let backups = backups::judge(env, host, now);
        Self { fleet, env, host, now, rows, ports, backups }
    }

    /// The row of a service.
    pub fn row(&self, name: &ServiceName) -> Option<&Row<'a>> {
        self.rows.iter().find(|row| row.service == name)
    }

    /// A path of the host, where it was looked at lately.
    pub fn path(&self, path: &str) -> Option<&'a PathFacts> {
        let paths = &self.host.paths;
        if paths.is_stale(self.now, PATHS) {
            return None;
        }
        paths.value()?.get(path)
    }

    /// What its scripts do, where they were read lately.
    pub fn scripts(&self) -> Option<&'a Scripts> {
        let scripts = &self.host.scripts;
        scripts.value().filter(|_| !scripts.is_stale(self.now, script::PACE))
    }

    /// A moment of the host's wall clock in seconds, on the console's clock.
    pub fn wall(&self, secs: i64) -> Option<Timestamp> {
        self.host.wall(secs.saturating_mul(1_000_000))
    }

    /// Whether a rule had found something before: thresholds are left later than they are entered.
    pub fn was_open(&self, rule: Rule, subject: &Subject) -> bool {
        self.host.findings.iter().any(|tracked| {
            let Key { rule: known, subject: about } = &tracked.finding.key;
            tracked.open && *known == rule && about == subject
        })
    }

    /// How long ago that was, in words.
    pub fn ago(&self, at: Timestamp) -> String {
        words(self.now.since(at))
    }
}

/// A setting's span in words: also less than seconds.
pub(super) fn setting(usec: u64) -> String {
    let span = Duration::from_micros(usec);
    if span < Duration::from_secs(2) && span.subsec_nanos() > 0 {
        return format!("{} ms", span.as_millis());
    }
    words(span)
}

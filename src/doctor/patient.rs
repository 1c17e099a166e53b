//! What a rule sees: a host with its services and ports judged, and the environment around it.

use std::time::Duration;

use crate::model::backups::{self, BackupRow};
use crate::model::finding::{Key, Subject};
use crate::model::fleet::{Env, Fleet, Row};
use crate::model::host::Host;
use crate::model::ids::ServiceName;
use crate::model::ports::{self, PortRow};
use crate::model::rule::Rule;
use crate::model::time::Timestamp;

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
    pub(super) fn new(fleet: &'a Fleet, env: &'a Env, host: &'a Host, now: Timestamp) -> Self {
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

/// A span in words of two units at most, such as `3 d 4 h`.
pub(super) fn words(span: Duration) -> String {
    let secs = span.as_secs();
    match secs {
        0..120 => format!("{secs} s"),
        120..7200 => format!("{} min", secs / 60),
        7200..172_800 => format!("{} h", secs / 3600),
        _ => format!("{} d", secs / 86_400),
    }
}

//! Rules on services: why one is down, and what will bring it down.

pub(super) mod condition_skipped;
pub(super) mod config_newer_than_process;
pub(super) mod daemon_reload_needed;
pub(super) mod exec_failed;
pub(super) mod namespace_path_missing;
pub(super) mod not_enabled;
pub(super) mod old_code;
pub(super) mod out_of_memory;
pub(super) mod read_only_data;
pub(super) mod service_failed;
pub(super) mod spawn_failed;
pub(super) mod stale_directory;
pub(super) mod start_limit_hit;
pub(super) mod start_limit_never_trips;
pub(super) mod stuck_unit;
pub(super) mod unit_missing;
pub(super) mod unit_not_loadable;
pub(super) mod user_missing;
pub(super) mod working_directory_missing;

use super::patient::Patient;
use crate::model::finding::{Finding, Subject};
use crate::model::fleet::Row;
use crate::model::ids::UnitName;
use crate::model::instance::ServiceState;
use crate::model::rule::Rule;
use crate::model::severity::Severity;
use crate::model::spec::Kind;
use crate::model::unit::{ActiveState, Exit, ExitCode, JournalLine, UnitFacts};
use crate::probe::quote::word;

/// Last lines shown as evidence.
const LINES: usize = 8;

/// A service with what systemd says of its unit.
#[derive(Clone, Copy)]
struct Service<'p, 'a> {
    row: &'p Row<'a>,
    unit: &'p UnitName,
    facts: &'p UnitFacts,
}

/// The host's services that are units.
fn all<'p, 'a>(patient: &'p Patient<'a>) -> impl Iterator<Item = Service<'p, 'a>> {
    patient.rows.iter().filter_map(|row| {
        let unit = row.instance.kind.unit()?;
        Some(Service { row, unit, facts: row.instance.facts.value()? })
    })
}

/// Those that are down against everybody's wish, or always about to be.
fn ailing<'p, 'a>(patient: &'p Patient<'a>) -> impl Iterator<Item = Service<'p, 'a>> {
    all(patient).filter(Service::ails)
}

impl Service<'_, '_> {
    fn ails(&self) -> bool {
        self.failed()
            || self.row.verdict.state == ServiceState::CrashLooping
            || self.facts.sub.starts_with("auto-restart")
    }

    /// It is down against everybody's wish. A timer whose last run failed is not: it goes on.
    fn failed(&self) -> bool {
        let own = self.facts.active == ActiveState::Failed
            || !matches!(self.row.instance.kind, Kind::Timer(_));
        own && self.row.verdict.state == ServiceState::Failed
    }

    fn runs(&self) -> bool {
        self.row.verdict.state == ServiceState::Running && self.facts.main_pid.is_some()
    }

    fn subject(&self) -> Subject {
        Subject::Service(self.row.service.clone())
    }

    fn finding(&self, rule: Rule, severity: Severity, summary: impl Into<String>) -> Finding {
        Finding::new(rule, self.subject(), severity, summary)
    }

    /// How its main process ended last.
    fn exit(&self) -> Option<Exit> {
        self.facts.exit.or(self.row.instance.last_exit)
    }

    /// The status with which systemd's own part before the program ended. A program may end with
    /// such a status itself; then systemd does not say that a step failed.
    fn spawn_status(&self) -> Option<i32> {
        let exit = self.exit().filter(|exit| exit.code == ExitCode::Exited)?;
        let words = &self.row.instance.words;
        let said = words.is_empty() || self.said(&["Failed at step", "Failed to "]).is_some();
        (self.ails() && said).then_some(exit.status)
    }

    /// The last line of its last run that has one of these signs.
    fn said(&self, signs: &[&str]) -> Option<&JournalLine> {
        let words = self.row.instance.words.iter().rev();
        words.into_iter().find(|line| signs.iter().any(|sign| line.text.contains(sign)))
    }

    /// With how it ended.
    fn exit_proof(&self, patient: &Patient<'_>, found: Finding) -> Finding {
        let Some(exit) = self.exit() else { return found };
        let at = exit.at.and_then(|at| patient.host.at(at));
        let text = format!("{}: main process ended with {}", self.unit, exit.label());
        found.proof_at("systemctl show", text, at)
    }

    /// With a line of the journal.
    fn line_proof(patient: &Patient<'_>, found: Finding, line: &JournalLine) -> Finding {
        found.proof_at("journal", line.text.clone(), patient.host.wall(line.at))
    }

    /// With its last words.
    fn words_proof(&self, patient: &Patient<'_>, mut found: Finding) -> Finding {
        let words = &self.row.instance.words;
        for line in words.iter().skip(words.len().saturating_sub(LINES)) {
            found = Self::line_proof(patient, found, line);
        }
        if words.is_empty() && !may_read_journal(patient) {
            found = found.proof("journal", "may not be read, so its last words are not known");
        }
        found
    }

    /// Its unit as a word of a command.
    fn quoted(&self) -> String {
        word(self.unit.as_str())
    }

    /// Of what is down: its last words, where to read more of them and what for, and its start.
    fn told_by_its_words(&self, patient: &Patient<'_>, found: Finding, why: &str) -> Finding {
        let quoted = self.quoted();
        let found = self.words_proof(patient, found);
        self.start(found.step(format!("journalctl -u {quoted} -n 50"), why))
    }

    /// The last step of every fix that ends with a start.
    fn start(&self, found: Finding) -> Finding {
        let quoted = self.quoted();
        let restarts = format!("systemctl reset-failed {quoted}; systemctl restart {quoted}");
        found.step(restarts, "starts it again")
    }
}

/// Whether the journal's last words can be had.
pub(super) fn may_read_journal(patient: &Patient<'_>) -> bool {
    let Some(facts) = patient.host.facts.value() else { return false };
    facts.journal || facts.sudo || facts.user == "root"
}

/// What follows a sign, up to an end: `Failed at step EXEC spawning PATH: reason`.
fn between<'t>(text: &'t str, sign: &str, end: &str) -> Option<&'t str> {
    let (_, rest) = text.split_once(sign)?;
    Some(rest.split_once(end).map_or(rest, |(inner, _)| inner))
}

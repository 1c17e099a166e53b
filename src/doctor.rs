//! What is wrong, why, and what mends it: a file a rule, from facts to findings. Pure: no clock,
//! no transport; nothing here changes the model or is drawn.
//!
//! A rule looks at one host and at what it shares with the others of its environment. It says
//! nothing about what it does not know: a stale reading proves nothing.

mod backups;
mod consequences;
mod crash_loop;
mod patient;
mod ports;

pub use patient::Patient;

use crate::model::finding::Finding;
use crate::model::fleet::{Env, Fleet};
use crate::model::host::Host;
use crate::model::rule::Rule;
use crate::model::time::Timestamp;

/// What a rule does: looks at a host and answers what it found.
type Check = fn(&Patient<'_>, &mut Vec<Finding>);

/// The rule's own file.
const fn check(rule: Rule) -> Check {
    match rule {
        Rule::CrashLoop => crash_loop::check,
        Rule::ForeignPortOwner => ports::foreign_owner::check,
        Rule::PortNotListening => ports::not_listening::check,
        Rule::UndeclaredPort => ports::undeclared::check,
        Rule::ExposedPort => ports::exposed::check,
        Rule::PortConflict => ports::conflict::check,
        Rule::PortOutOfRange => ports::out_of_range::check,
        Rule::PortOwnerUnknown => ports::owner_unknown::check,
        Rule::BackupWrongSource => backups::wrong_source::check,
        Rule::BackupCorrupt => backups::corrupt::check,
        Rule::BackupMissing => backups::missing::check,
        Rule::BackupNeverRan => backups::never_ran::check,
        Rule::BackupLate => backups::late::check,
        Rule::BackupTooSmall => backups::too_small::check,
        Rule::BackupShrunk => backups::shrunk::check,
        Rule::BackupThinRetention => backups::thin_retention::check,
        Rule::BackupSameDisk => backups::same_disk::check,
        Rule::BackupUnverified => backups::unverified::check,
        Rule::BackupUndefined => backups::undefined::check,
    }
}

/// Looks at one host with every rule. Findings come in no order of their own; those that follow
/// from others say so.
pub fn examine(fleet: &Fleet, env: &Env, host: &Host, now: Timestamp) -> Vec<Finding> {
    // What does not answer is a row of its own; what it said before proves nothing any more.
    if !host.link.is_up() {
        return Vec::new();
    }
    let patient = Patient::new(fleet, env, host, now);
    let mut findings = Vec::new();
    for rule in Rule::ALL {
        check(*rule)(&patient, &mut findings);
    }
    consequences::link(&patient, &mut findings);
    findings
}

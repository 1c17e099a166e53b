//! What is wrong, why, and what mends it: a file a rule, from facts to findings. Pure: no clock,
//! no transport; nothing here changes the model or is drawn.
//!
//! A rule looks at one host and at what it shares with the others of its environment. It says
//! nothing about what it does not know: a stale reading proves nothing.

mod backups;
#[cfg(test)]
mod case;
mod consequences;
mod crash_loop;
mod dated;
mod health;
mod hosts;
mod jobs;
mod patient;
mod ports;
mod proxy;
mod scripts;
mod services;

pub use patient::Patient;

use crate::model::finding::Finding;
use crate::model::rule::Rule;

/// What a rule does: looks at a host and answers what it found.
type Check = fn(&Patient<'_>, &mut Vec<Finding>);

/// The rule's own file.
const fn check(rule: Rule) -> Check {
    match rule {
        Rule::CrashLoop => crash_loop::check,
        Rule::UnitMissing => services::unit_missing::check,
        Rule::UnitNotLoadable => services::unit_not_loadable::check,
        Rule::ExecFailed => services::exec_failed::check,
        Rule::UserMissing => services::user_missing::check,
        Rule::WorkingDirectoryMissing => services::working_directory_missing::check,
        Rule::NamespacePathMissing => services::namespace_path_missing::check,
        Rule::SpawnFailed => services::spawn_failed::check,
        Rule::ReadOnlyData => services::read_only_data::check,
        Rule::OutOfMemory => services::out_of_memory::check,
        Rule::StartLimitHit => services::start_limit_hit::check,
        Rule::StartLimitNeverTrips => services::start_limit_never_trips::check,
        Rule::ServiceFailed => services::service_failed::check,
        Rule::StuckUnit => services::stuck_unit::check,
        Rule::ConditionSkipped => services::condition_skipped::check,
        Rule::NotEnabled => services::not_enabled::check,
        Rule::DaemonReloadNeeded => services::daemon_reload_needed::check,
        Rule::ConfigNewerThanProcess => services::config_newer_than_process::check,
        Rule::OldCode => services::old_code::check,
        Rule::StaleDirectory => services::stale_directory::check,
        Rule::JobFailed => jobs::failed::check,
        Rule::JobOverdue => jobs::overdue::check,
        Rule::JobNeverRan => jobs::never_ran::check,
        Rule::ProcessMissing => jobs::process::check,
        Rule::CommandFailing => jobs::command::check,
        Rule::DiskFull => hosts::disk_full::check,
        Rule::DiskReadOnly => hosts::disk_read_only::check,
        Rule::MemoryFull => hosts::memory_full::check,
        Rule::ClockSkew => hosts::clock_skew::check,
        Rule::RebootRequired => hosts::reboot_required::check,
        Rule::Blind => hosts::blind::check,
        Rule::HealthFailing => health::failing::check,
        Rule::HealthSlow => health::slow::check,
        Rule::HealthFlaky => health::flaky::check,
        Rule::CertificateExpires => health::certificate::check,
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
        Rule::ProxyConfigInvalid => proxy::invalid::check,
        Rule::ProxyNotReloaded => proxy::stale::check,
        Rule::MixedUpstream => proxy::mixed::check,
        Rule::DeadUpstream => proxy::dead::check,
        Rule::RestartScriptNoOp => scripts::no_op::check,
        Rule::BackupLossyCopy => scripts::lossy::check,
        Rule::DumpPipeHidesFailure => scripts::dump::check,
        Rule::PruneByAgeOnly => scripts::prune::check,
        Rule::OldContainerName => scripts::container_name::check,
    }
}

/// Looks at one host with every rule. Findings come in no order of their own; those that follow
/// from others say so.
pub fn examine(patient: &Patient<'_>) -> Vec<Finding> {
    // What does not answer is a row of its own; what it said before proves nothing any more.
    if !patient.host.link.is_up() {
        return Vec::new();
    }
    let mut findings = Vec::new();
    for rule in Rule::ALL {
        check(*rule)(patient, &mut findings);
    }
    consequences::link(patient, &mut findings);
    dated::date(patient, &mut findings);
    findings
}

//! When what proves a finding was read: evidence without a moment of its own is as old as its reading.

use super::Patient;
use crate::model::finding::{Finding, Subject};
use crate::model::rule::Rule;
use crate::model::time::Timestamp;

/// Dates all evidence. What stands in the config is true as long as that is.
pub(super) fn date(patient: &Patient<'_>, findings: &mut [Finding]) {
    for finding in findings {
        let own = read(patient, finding);
        for evidence in &mut finding.evidence {
            evidence.read = match &*evidence.source {
                "config" => None,
                source if source.starts_with("ss ") => patient.host.ports.as_of(),
                "stat" | "find" => patient.host.paths.as_of().or(own),
                _ => own,
            };
        }
    }
}

/// When that was read on which the finding's rule rests.
fn read(patient: &Patient<'_>, finding: &Finding) -> Option<Timestamp> {
    let host = patient.host;
    match finding.key.rule {
        Rule::RestartScriptNoOp
        | Rule::BackupLossyCopy
        | Rule::DumpPipeHidesFailure
        | Rule::PruneByAgeOnly
        | Rule::OldContainerName => return host.scripts.as_of(),
        Rule::ProxyConfigInvalid
        | Rule::ProxyNotReloaded
        | Rule::MixedUpstream
        | Rule::DeadUpstream => return host.proxy.as_of(),
        Rule::DiskFull | Rule::DiskReadOnly => return host.facts.as_of(),
        Rule::JobFailed | Rule::JobOverdue | Rule::JobNeverRan => return host.jobs.as_of(),
        _ => {}
    }
    match &finding.key.subject {
        Subject::Host => host.facts.as_of(),
        Subject::Service(name) => host.instances.get(name)?.as_of(host),
        Subject::Port(..) => host.ports.as_of(),
        Subject::Backup(name) => host.backups.get(name)?.as_of(),
        Subject::Path(_) => host.paths.as_of(),
        Subject::Upstream(_) => host.proxy.as_of(),
    }
}

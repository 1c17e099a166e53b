//! `spawn-failed`: systemd could not prepare the process, for a reason that has no rule of its own:
//! limits, capabilities, a directory it should make, credentials, …

use super::ailing;
use crate::doctor::patient::Patient;
use crate::model::exit_status::status_name;
use crate::model::finding::Finding;
use crate::model::rule::Rule;
use crate::model::severity::Severity;

pub(in crate::doctor) fn check(patient: &Patient<'_>, findings: &mut Vec<Finding>) {
    for service in ailing(patient) {
        let Some(status) = service.spawn_status() else { continue };
        // These have their own rules.
        if matches!(status, 200 | 203 | 216 | 217 | 226) {
            continue;
        }
        let Some(step) = status_name(status) else { continue };
        let said = service.said(&["Failed to set up", "Failed at step"]);
        let reason = match setting(status) {
            Some(setting) => format!("systemd failed at its {setting} ({status}/{step})"),
            None => format!("systemd failed at the step {step} ({status})"),
        };
        let summary = format!("{} cannot start: {reason}", service.row.service);
        let found =
            service.finding(Rule::SpawnFailed, Severity::Critical, summary).as_reason(reason);
        let found = service.exit_proof(patient, found);
        let found = match said {
            Some(line) => super::Service::line_proof(patient, found, line),
            None => service.words_proof(patient, found),
        };
        let found = found.step(
            format!("systemctl cat {quoted}", quoted = service.quoted()),
            "correct the setting that asks for it; systemd.exec(5) lists the exit codes",
        );
        findings.push(service.start(found));
    }
}

/// The setting behind a step (systemd.exec(5)).
const fn setting(status: i32) -> Option<&'static str> {
    Some(match status {
        205 => "limits (Limit*=)",
        208 => "StandardInput=",
        209 => "StandardOutput=",
        210 => "RootDirectory=",
        215 => "CPUAffinity=",
        218 => "capabilities (AmbientCapabilities=, CapabilityBoundingSet=)",
        222 => "StandardError=",
        224 => "PAMName=",
        225 => "PrivateNetwork=",
        228 => "SystemCallFilter=",
        229 => "SELinuxContext=",
        231 => "AppArmorProfile=",
        233 => "RuntimeDirectory=",
        238 => "StateDirectory=",
        239 => "CacheDirectory=",
        240 => "LogsDirectory=",
        241 => "ConfigurationDirectory=",
        243 => "credentials (LoadCredential=, SetCredential=)",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use crate::doctor::case::Case;
    use crate::model::rule::Rule;

    #[test]
    fn a_failed_step_names_its_setting() {
        let words = [
            "api.service: Failed to set up special execution directory in /var/lib: File exists",
            "api.service: Failed at step STATE_DIRECTORY spawning /bin/sleep: File exists",
        ];
        let found = Case::new().failed(238, &words).found(Rule::SpawnFailed).unwrap();
        assert!(
            found.summary.contains("StateDirectory= (238/STATE_DIRECTORY)"),
            "{}",
            found.summary
        );
    }

    #[test]
    fn what_has_its_own_rule_and_what_is_no_step_are_left_alone() {
        assert_eq!(Case::new().failed(203, &[]).found(Rule::SpawnFailed), None);
        assert_eq!(Case::new().failed(2, &[]).found(Rule::SpawnFailed), None);
    }
}

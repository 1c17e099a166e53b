//! `unit-not-loadable`: systemd refuses the unit's file, or an administrator has masked it.

use super::all;
use crate::doctor::patient::Patient;
use crate::model::finding::Finding;
use crate::model::rule::Rule;
use crate::model::severity::Severity;
use crate::model::unit::{ActiveState, LoadState};

pub(in crate::doctor) fn check(patient: &Patient<'_>, findings: &mut Vec<Finding>) {
    for service in all(patient) {
        let unit = service.unit;
        let quoted = service.quoted();
        let name = service.row.service;
        let runs = service.facts.active == ActiveState::Active;
        let (word, text) = match service.facts.load {
            LoadState::BadSetting => ("bad-setting", "systemd refuses a setting of its unit"),
            LoadState::Error => ("error", "systemd cannot read its unit"),
            LoadState::Masked if !service.row.instance.discovered => {
                ("masked", "its unit is masked, so that nothing can start it")
            }
            LoadState::Masked | LoadState::Loaded | LoadState::NotFound | LoadState::Other => {
                continue;
            }
        };
        // What runs goes on with what was read before, until it is to be started again.
        let severity = if runs { Severity::Warning } else { Severity::Critical };
        let until = if runs { "runs, but cannot be started again" } else { "cannot start" };
        let summary = format!("{name} {until}: {text}");
        let found = service
            .finding(Rule::UnitNotLoadable, severity, summary)
            .proof("systemctl show", format!("{unit}: LoadState={word}"))
            .as_reason(text);
        let found = match service.facts.load_error.as_str() {
            "" => found,
            error => found.proof("systemctl show", format!("LoadError={error}")),
        };
        findings.push(if service.facts.load == LoadState::Masked {
            found.step(
                format!("systemctl unmask {quoted} && systemctl start {quoted}"),
                "somebody masked it: ask why first",
            )
        } else {
            found
                .step(
                    format!("systemd-analyze verify {quoted}"),
                    "names the line; correct it there",
                )
                .step(format!("systemctl daemon-reload && systemctl start {quoted}"), "")
        });
    }
}

#[cfg(test)]
mod tests {
    use crate::doctor::case::Case;
    use crate::model::rule::Rule;
    use crate::model::severity::Severity;
    use crate::model::unit::{ActiveState, LoadState};

    #[test]
    fn a_refused_or_masked_unit_is_found_and_a_loaded_one_is_not() {
        let mut case = Case::new();
        assert_eq!(case.found(Rule::UnitNotLoadable), None);
        case.unit().load = LoadState::BadSetting;
        case.unit().load_error = "Unit api.service has a bad unit file setting.".to_owned();
        let found = case.found(Rule::UnitNotLoadable).unwrap();
        assert_eq!(found.severity, Severity::Warning, "it still runs");
        assert!(found.evidence[1].text.contains("bad unit file setting"));
        case.unit().active = ActiveState::Inactive;
        case.unit().load = LoadState::Masked;
        let found = case.found(Rule::UnitNotLoadable).unwrap();
        assert_eq!(found.severity, Severity::Critical);
        case.instance().discovered = true;
        assert_eq!(case.found(Rule::UnitNotLoadable), None, "nobody asked for it");
    }
}

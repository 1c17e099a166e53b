//! `user-missing`: the unit's user or group does not exist (217/USER, 216/GROUP).

use super::ailing;
use crate::doctor::patient::Patient;
use crate::model::finding::Finding;
use crate::model::rule::Rule;
use crate::model::severity::Severity;
use crate::probe::quote::quote;

/// systemd.exec(5), "Process Exit Codes".
const GROUP: i32 = 216;
/// See [`GROUP`].
const USER: i32 = 217;

pub(in crate::doctor) fn check(patient: &Patient<'_>, findings: &mut Vec<Finding>) {
    for service in ailing(patient) {
        let Some(status @ (GROUP | USER)) = service.spawn_status() else { continue };
        let user = &*service.facts.user;
        let reason = match (status, user) {
            (GROUP, _) => "its group does not exist".to_owned(),
            (_, "") => "its user does not exist".to_owned(),
            (_, user) => format!("its user {user} does not exist"),
        };
        let summary = format!("{} cannot start: {reason}", service.row.service);
        let found =
            service.finding(Rule::UserMissing, Severity::Critical, summary).as_reason(reason);
        let found = service.exit_proof(patient, found);
        let found = if user.is_empty() {
            found
        } else {
            found.proof("systemctl show", format!("User={user}"))
        };
        let found = service.words_proof(patient, found);
        let found = if status == USER && !user.is_empty() {
            let user = quote(user);
            found
                .step(
                    format!("getent passwd {user}"),
                    "nothing: it does not exist, or the directory service that knows it is down",
                )
                .step(
                    format!("useradd --system --no-create-home --shell /usr/sbin/nologin {user}"),
                    "or correct User= in the unit",
                )
        } else {
            found.step(
                format!("systemctl cat {quoted}", quoted = service.quoted()),
                "correct User= and Group=",
            )
        };
        findings.push(service.start(found));
    }
}

#[cfg(test)]
mod tests {
    use crate::doctor::case::Case;
    use crate::model::rule::Rule;

    #[test]
    fn a_user_that_does_not_exist_is_named_and_another_failure_is_not_taken_for_it() {
        let mut case = Case::new()
            .failed(217, &["api.service: Failed at step USER spawning /x: No such process"]);
        case.unit().user = "svc-api".into();
        let found = case.found(Rule::UserMissing).unwrap();
        assert!(found.summary.ends_with("its user svc-api does not exist"), "{}", found.summary);
        assert!(found.fix.iter().any(|step| step.command.contains("useradd")));
        assert_eq!(Case::new().failed(1, &[]).found(Rule::UserMissing), None);
    }
}

//! `proxy-not-reloaded`: the configuration was changed and nginx still works by the one before. It
//! comes into force by itself, and unwatched, with the next reload, such as that of a certificate.

use std::time::Duration;

use super::facts;
use crate::doctor::patient::Patient;
use crate::model::finding::{Finding, Subject};
use crate::model::rule::Rule;
use crate::model::severity::Severity;
use crate::model::span::words;

/// Whoever edits reloads a little later; files' times are whole seconds.
const EDITING: Duration = Duration::from_secs(20);

pub(in crate::doctor) fn check(patient: &Patient<'_>, findings: &mut Vec<Finding>) {
    let Some(facts) = facts(patient) else { return };
    // The oldest that takes requests: one that crashed is replaced by the master, from the
    // configuration that the master has.
    let Some(began) = facts.oldest_worker.and_then(|at| patient.host.at(at)) else { return };
    let Some((file, at)) = facts.newest_file() else { return };
    let Some(changed) = patient.host.wall(at.saturating_mul(1_000_000)) else { return };
    // A time in the future is a wrong clock and proves nothing.
    let later = changed > began + Duration::from_secs(2) && changed <= patient.now;
    if !later || patient.now.since(changed) < EDITING {
        return;
    }
    let invalid = facts.test.as_ref().is_some_and(|test| !test.valid);
    let mut found = Finding::new(
        Rule::ProxyNotReloaded,
        Subject::Path(file.into()),
        Severity::Warning,
        format!(
            "{file} was changed after nginx read it; nginx still works by what was there before"
        ),
    )
    .proof_at("stat", format!("{file} changed {} ago", patient.ago(changed)), Some(changed))
    .proof_at(
        "nginx: worker process",
        format!("began {} before that", words(changed.since(began))),
        Some(began),
    );
    if invalid {
        found = found.because(Rule::ProxyConfigInvalid, Subject::Path("/etc/nginx".into()));
    }
    findings.push(
        found
            .step("nginx -T | less", "read what will come into force")
            .step("nginx -t && systemctl reload nginx", "requests that run are finished"),
    );
}

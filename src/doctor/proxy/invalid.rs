//! `proxy-config-invalid`: nginx refuses its configuration. It goes on with the one it has, cannot
//! be reloaded, and will not come back after a restart or a reboot.

use super::facts;
use crate::doctor::patient::Patient;
use crate::model::finding::{Finding, Subject};
use crate::model::rule::Rule;
use crate::model::severity::Severity;

pub(in crate::doctor) fn check(patient: &Patient<'_>, findings: &mut Vec<Finding>) {
    let Some(test) = facts(patient).and_then(|facts| facts.test.as_ref()) else { return };
    if test.valid {
        return;
    }
    let mut found = Finding::new(
        Rule::ProxyConfigInvalid,
        Subject::Path("/etc/nginx".into()),
        Severity::Warning,
        "nginx refuses its configuration: it cannot be reloaded, and will not come back after a \
         restart",
    );
    for said in &test.said {
        found = found.proof("nginx -t", &**said);
    }
    findings.push(
        found
            .step("nginx -t", "names the file and the line; correct it")
            .step("nginx -t && systemctl reload nginx", "requests that run are finished"),
    );
}

//! `command-failing`: a command that is run at an interval did not succeed the last time.

use super::subject;
use crate::doctor::patient::Patient;
use crate::model::finding::Finding;
use crate::model::instance::ServiceState;
use crate::model::rule::Rule;
use crate::model::severity::Severity;
use crate::model::spec::Kind;
use crate::probe::quote::quote_all;

pub(in crate::doctor) fn check(patient: &Patient<'_>, findings: &mut Vec<Finding>) {
    for row in &patient.rows {
        let Kind::Command(argv) = &row.instance.kind else { continue };
        let last = row.instance.checks().next().and_then(|(_, log)| log.last());
        let Some((at, said)) = last.filter(|_| row.verdict.state == ServiceState::Failed) else {
            continue;
        };
        let command = quote_all(argv);
        let summary = format!("the command of {} fails: {}", row.service, said.detail);
        let mut found =
            Finding::new(Rule::CommandFailing, subject(row), Severity::Critical, summary).proof_at(
                &command,
                &*said.detail,
                Some(at),
            );
        if !said.excerpt.is_empty() {
            found = found.proof_at("what it said", &*said.excerpt, Some(at));
        }
        findings.push(found.step(command, "the same by hand; mend what it names"));
    }
}

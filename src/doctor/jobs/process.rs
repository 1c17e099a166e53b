//! `process-missing`: a service that is processes has too few of them, or too many.

use super::subject;
use crate::doctor::patient::Patient;
use crate::model::finding::Finding;
use crate::model::rule::Rule;
use crate::model::severity::Severity;
use crate::model::spec::Kind;
use crate::probe::quote::quote;

/// As many are shown as evidence.
const SHOWN: usize = 8;

pub(in crate::doctor) fn check(patient: &Patient<'_>, findings: &mut Vec<Finding>) {
    for row in &patient.rows {
        let Kind::Process(pattern) = &row.instance.kind else { continue };
        let Some(found) = row.instance.processes(row.host) else { continue };
        let count = row.instance.promises.count.unwrap_or_default();
        let n = u32::try_from(found.len()).unwrap_or(u32::MAX);
        // Not to see it is no proof; `blind` tells.
        if count.allows(n) || row.verdict.severity == Severity::Unknown {
            continue;
        }
        let name = row.service;
        let (severity, summary) = match n {
            0 => (Severity::Critical, format!("no process of {name} runs")),
            _ if n < count.min => {
                (Severity::Critical, format!("too few processes of {name} run: {n} of {count}"))
            }
            _ => (Severity::Warning, format!("too many processes of {name} run: {n} of {count}")),
        };
        let mut finding = Finding::new(Rule::ProcessMissing, subject(row), severity, summary);
        finding = finding.proof("config", format!("{count} with {}", quote(pattern)));
        for process in found.iter().take(SHOWN) {
            let began = process.started.and_then(|at| patient.host.at(at));
            let text = format!("pid {}: {}", process.pid, process.command);
            finding = finding.proof_at("/proc", text, began);
        }
        finding = finding.step(
            format!("pgrep -af -- {}", quote(pattern)),
            "what runs with these words, editors of its files too",
        );
        findings.push(if n < count.min {
            finding.step("", format!("start {name} as it is always started"))
        } else {
            let newest = found.last().map_or(0, |process| process.pid);
            finding.step(
                format!("kill -TERM {newest}"),
                "ends the newest; look first which of them its clients use",
            )
        });
    }
}

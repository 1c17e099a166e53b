//! `out-of-memory`: the kernel killed the service, or a part of it, for lack of memory.

use super::{Service, ailing};
use crate::doctor::patient::Patient;
use crate::model::finding::Finding;
use crate::model::rule::Rule;
use crate::model::severity::Severity;

/// systemd 247 and later, and 252's own `oom-kill` result in words.
const SIGNS: &[&str] = &["killed by the OOM killer", "result 'oom-kill'", "oom-kill:constraint="];

pub(in crate::doctor) fn check(patient: &Patient<'_>, findings: &mut Vec<Finding>) {
    for service in ailing(patient) {
        let said = service.said(SIGNS);
        if &*service.facts.result != "oom-kill" && said.is_none() {
            continue;
        }
        let (limit, which) = match service.facts.memory_max {
            Some(max) => (
                format!("MemoryMax={} MiB", max >> 20),
                "it needs more memory than its unit allows",
            ),
            None => ("no MemoryMax=".to_owned(), "the host ran out of memory"),
        };
        let reason = format!("the kernel killed it for lack of memory ({limit})");
        let summary = format!("{} was killed by the kernel: {which}", service.row.service);
        let found =
            service.finding(Rule::OutOfMemory, Severity::Critical, summary).as_reason(reason);
        let found = service.exit_proof(patient, found).proof("systemctl show", limit);
        let found = match said {
            Some(line) => Service::line_proof(patient, found, line),
            None => found.proof("systemctl show", format!("Result={}", service.facts.result)),
        };
        let quoted = service.quoted();
        let found = found.step(
            "journalctl -k -g 'oom-kill:|Out of memory' -n 20",
            "CONSTRAINT_MEMCG is the unit's own limit, CONSTRAINT_NONE the whole host",
        );
        let found = if service.facts.memory_max.is_some() {
            found.step(
                format!("systemctl edit {quoted}"),
                "raise MemoryMax=, after looking for a leak: the memory is the host's",
            )
        } else {
            found.step("ps -eo rss,pid,args --sort -rss | head", "who has the memory now")
        };
        findings.push(service.start(found));
    }
}

#[cfg(test)]
mod tests {
    use crate::doctor::case::Case;
    use crate::model::rule::Rule;

    #[test]
    fn the_kernels_kill_is_found_by_result_or_words() {
        let mut case = Case::new().failed(9, &[]);
        case.unit().result = "oom-kill".into();
        case.unit().memory_max = Some(64 << 20);
        let found = case.found(Rule::OutOfMemory).unwrap();
        assert!(found.summary.contains("more memory than its unit allows"), "{}", found.summary);
        // systemd 247 has the word, and the result of a signal.
        let case = Case::new()
            .failed(9, &["api.service: A process of this unit has been killed by the OOM killer."]);
        let found = case.found(Rule::OutOfMemory).unwrap();
        assert!(found.summary.contains("the host ran out of memory"), "{}", found.summary);
    }

    #[test]
    fn a_kill_by_hand_is_not_the_kernels() {
        let case = Case::new()
            .failed(9, &["api.service: Main process exited, code=killed, status=9/KILL"]);
        assert_eq!(case.found(Rule::OutOfMemory), None);
    }
}

//! `memory-full`: the host has had little memory left for minutes, or work waits for it.

use std::time::Duration;

use crate::doctor::patient::Patient;
use crate::model::finding::{Finding, Subject};
use crate::model::rule::Rule;
use crate::model::severity::Severity;

/// It is left when so much less is used, in percent of all.
const LEFT_AT: f64 = 5.0;
/// Share of time in which some work waited for memory, in percent: entered and left.
const WAITING: (f32, f32) = (10.0, 5.0);
/// It has to last.
const CONFIRM: Duration = Duration::from_secs(300);

pub(in crate::doctor) fn check(patient: &Patient<'_>, findings: &mut Vec<Finding>) {
    let Some(facts) = patient.host.facts.value() else { return };
    let open = patient.was_open(Rule::MemoryFull, &Subject::Host);
    let used = facts.memory_percent();
    let waiting = facts.pressure.memory;
    let is_full = used > patient.host.spec.limits.memory_used - if open { LEFT_AT } else { 0.0 };
    let waits = waiting.is_some_and(|share| share > if open { WAITING.1 } else { WAITING.0 });
    if !is_full && !waits {
        return;
    }
    let summary = match (is_full, waits) {
        (true, true) => "the host has little memory left, and work waits for it",
        (true, false) => "the host has had little memory left for minutes",
        (false, _) => "work has waited for memory for minutes",
    };
    let found = Finding::new(Rule::MemoryFull, Subject::Host, Severity::Warning, summary)
        .as_reason("the host has little memory left")
        .confirmed_after(CONFIRM)
        .proof(
            "/proc/meminfo",
            format!(
                "{used:.0} % used: {} MiB of {} MiB available",
                facts.memory_available >> 20,
                facts.memory_total >> 20
            ),
        );
    let found = match waiting {
        Some(share) => found.proof("/proc/pressure/memory", format!("some avg10={share:.1}")),
        None => found,
    };
    let mut biggest: Vec<_> = patient
        .rows
        .iter()
        .filter_map(|row| Some((row.instance.usage.memory?, row.service)))
        .collect();
    biggest.sort_unstable_by(|a, b| b.cmp(a));
    let found = biggest.iter().take(3).fold(found, |found, (memory, service)| {
        found.proof("control group", format!("{service} has {} MiB", memory >> 20))
    });
    findings.push(
        found
            .step("ps -eo rss,pid,args --sort -rss | head", "who has it")
            .step("journalctl -k -g 'oom-kill:|Out of memory' -n 20", "whom it has killed already"),
    );
}

#[cfg(test)]
mod tests {
    use crate::doctor::case::{Case, NOW};
    use crate::model::finding::track;
    use crate::model::rule::Rule;

    fn used(percent: u64) -> Case {
        let mut case = Case::new();
        case.facts().memory_total = 100 << 20;
        case.facts().memory_available = (100 - percent) << 20;
        case
    }

    #[test]
    fn a_full_memory_counts_after_minutes_and_is_left_later() {
        assert_eq!(used(88).found(Rule::MemoryFull), None);
        let mut known = Vec::new();
        assert!(track(&mut known, used(95).findings(), NOW).opened.is_empty());
        let later = NOW + super::CONFIRM;
        assert_eq!(track(&mut known, used(95).findings(), later).opened.len(), 1);
        let mut better = used(88);
        better.host().findings = known;
        assert!(better.found(Rule::MemoryFull).is_some());
    }

    #[test]
    fn waiting_for_memory_is_found_though_it_is_not_full() {
        let mut case = used(50);
        case.facts().pressure.memory = Some(2.0);
        assert_eq!(case.found(Rule::MemoryFull), None);
        case.facts().pressure.memory = Some(30.0);
        assert!(case.found(Rule::MemoryFull).is_some());
    }
}

//! `disk-full`: a file system has little room left, in bytes or in inodes.

use crate::doctor::patient::Patient;
use crate::model::finding::{Finding, Subject};
use crate::model::host::Disk;
use crate::model::rule::Rule;
use crate::model::severity::Severity;
use crate::probe::quote::quote;

/// It is left at more than it is entered with, lest it opens and closes with every file.
const LEFT_AT: f64 = 1.2;

pub(in crate::doctor) fn check(patient: &Patient<'_>, findings: &mut Vec<Finding>) {
    let Some(facts) = patient.host.facts.value() else { return };
    let limits = &patient.host.spec.limits;
    for disk in &facts.disks {
        let subject = Subject::Path(disk.mount.as_str().into());
        let severity = match disk.severity(limits) {
            Severity::Ok
                if disk.free_percent() < limits.disk_free * LEFT_AT
                    && patient.was_open(Rule::DiskFull, &subject) =>
            {
                Severity::Warning
            }
            Severity::Ok | Severity::Info | Severity::Unknown => continue,
            bad @ (Severity::Warning | Severity::Critical) => bad,
        };
        findings.push(found(disk, subject, severity));
    }
}

fn found(disk: &Disk, subject: Subject, severity: Severity) -> Finding {
    let mount = &disk.mount;
    let share =
        |free: u64, all: u64| if all == 0 { 100.0 } else { free as f64 * 100.0 / all as f64 };
    let bytes = share(disk.available, disk.size);
    let inodes = share(disk.inodes_available, disk.inodes);
    let (what, few) = if inodes < bytes { ("inodes", inodes) } else { ("bytes", bytes) };
    let left = if few < 1.0 {
        "almost none"
    } else if few < 5.0 {
        "less than 5 %"
    } else {
        "little"
    };
    let place = quote(mount);
    let found = Finding::new(
        Rule::DiskFull,
        subject,
        severity,
        format!("{mount} is full: {left} of its {what} are free"),
    )
    .as_reason(format!("{mount} is full"))
    .proof(
        "df -P",
        format!(
            "{mount}: {} MiB of {} MiB free ({bytes:.1} %)",
            disk.available >> 20,
            disk.size >> 20
        ),
    );
    let found = if disk.inodes > 0 {
        let text = format!(
            "{mount}: {} of {} inodes free ({inodes:.1} %)",
            disk.inodes_available, disk.inodes
        );
        found.proof("df -Pi", text)
    } else {
        found
    };
    let found = if what == "inodes" {
        found.step(
            format!("du --inodes -xd2 {place} | sort -n | tail -n 20"),
            "where the many small files are",
        )
    } else {
        found.step(format!("du -xmd2 {place} | sort -n | tail -n 20"), "what has the room")
    };
    found
        .step(
            "journalctl --disk-usage; journalctl --vacuum-size=500M",
            "the journal, where it is the one; its oldest lines are lost",
        )
        .step(
            format!("lsof +L1 {place}"),
            "deleted files that a process still holds: they go when it is restarted",
        )
}

#[cfg(test)]
mod tests {
    use crate::doctor::case::{Case, NOW};
    use crate::model::finding::{Tracked, track};
    use crate::model::host::Disk;
    use crate::model::rule::Rule;
    use crate::model::severity::Severity;

    fn case(free: u64, inodes: u64) -> Case {
        let mut case = Case::new();
        case.facts().disks = vec![Disk {
            mount: "/srv".to_owned(),
            size: 100 << 30,
            available: free << 30,
            inodes: 100,
            inodes_available: inodes,
            ..Disk::default()
        }];
        case
    }

    #[test]
    fn little_room_is_found_and_enough_is_not() {
        assert_eq!(case(9, 80).found(Rule::DiskFull).unwrap().severity, Severity::Warning);
        assert_eq!(case(4, 80).found(Rule::DiskFull).unwrap().severity, Severity::Critical);
        let found = case(50, 4).found(Rule::DiskFull).unwrap();
        assert!(found.summary.contains("inodes"), "{}", found.summary);
        assert_eq!(case(11, 80).found(Rule::DiskFull), None);
    }

    #[test]
    fn the_limit_is_the_operators() {
        let mut strict = case(25, 80);
        strict.host().spec.limits.disk_free = 30.0;
        assert_eq!(strict.found(Rule::DiskFull).unwrap().severity, Severity::Warning);
        let mut lenient = case(4, 80);
        lenient.host().spec.limits.disk_free = 3.0;
        assert_eq!(lenient.found(Rule::DiskFull), None);
    }

    #[test]
    fn it_is_left_later_than_it_is_entered() {
        let mut known: Vec<Tracked> = Vec::new();
        track(&mut known, case(9, 80).findings(), NOW);
        let mut better = case(11, 80);
        better.host().findings = known.clone();
        assert!(better.found(Rule::DiskFull).is_some());
        let mut well = case(13, 80);
        well.host().findings = known;
        assert_eq!(well.found(Rule::DiskFull), None);
    }
}

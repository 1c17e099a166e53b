//! `disk-read-only`: the kernel has found errors on a file system and lets nobody write any more.

use crate::doctor::patient::Patient;
use crate::model::finding::{Finding, Subject};
use crate::model::rule::Rule;
use crate::model::severity::Severity;
use crate::probe::quote::quote;

pub(in crate::doctor) fn check(patient: &Patient<'_>, findings: &mut Vec<Finding>) {
    let Some(facts) = patient.host.facts.value() else { return };
    for disk in facts.disks.iter().filter(|disk| disk.fallen_read_only) {
        let mount = &disk.mount;
        let found = Finding::new(
            Rule::DiskReadOnly,
            Subject::Path(mount.as_str().into()),
            Severity::Critical,
            format!("nobody can write to {mount}: the kernel made it read-only after errors"),
        );
        findings.push(
            found
                .as_reason(format!("{mount} is read-only after errors"))
                .proof("/proc/mounts", format!("{mount} ro, with errors=remount-ro"))
                .step("journalctl -k -g 'I/O error|EXT4-fs error|remount' -n 50", "which errors")
                .step(
                    format!("findmnt -T {}", quote(mount)),
                    "its device: look after the backups, then check it unmounted; mounting it \
                     writable again may destroy what is left",
                ),
        );
    }
}

#[cfg(test)]
mod tests {
    use crate::doctor::case::Case;
    use crate::model::host::Disk;
    use crate::model::rule::Rule;

    #[test]
    fn one_that_fell_is_found_and_a_writable_one_is_not() {
        let mut case = Case::new();
        case.facts().disks = vec![Disk { mount: "/".to_owned(), ..Disk::default() }];
        assert_eq!(case.found(Rule::DiskReadOnly), None);
        case.facts().disks[0].fallen_read_only = true;
        assert!(case.found(Rule::DiskReadOnly).is_some());
    }
}

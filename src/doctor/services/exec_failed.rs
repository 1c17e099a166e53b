//! `exec-failed`: systemd could not execute the program (203/EXEC): it is missing, or its
//! interpreter is, or it may not be executed.

use super::{Service, ailing, between};
use crate::doctor::patient::Patient;
use crate::model::finding::Finding;
use crate::model::rule::Rule;
use crate::model::severity::Severity;
use crate::probe::quote::quote;

/// systemd.exec(5), "Process Exit Codes".
const EXEC: i32 = 203;

pub(in crate::doctor) fn check(patient: &Patient<'_>, findings: &mut Vec<Finding>) {
    for service in ailing(patient).filter(|service| service.spawn_status() == Some(EXEC)) {
        findings.push(found(patient, service));
    }
}

fn found(patient: &Patient<'_>, service: Service<'_, '_>) -> Finding {
    let name = service.row.service;
    // systemd 229 to 257: "Failed at step EXEC spawning PATH: No such file or directory".
    let said = service.said(&["Failed at step EXEC spawning "]);
    let rest = said.and_then(|line| between(&line.text, "Failed at step EXEC spawning ", "\n"));
    let (program, why) = match rest.and_then(|rest| rest.rsplit_once(": ")) {
        Some((program, why)) => (Some(program), why),
        None => (None, ""),
    };
    let program_text = program.unwrap_or("its program");
    let reason = match why {
        "No such file or directory" => {
            format!("{program_text} is missing, or the interpreter in its first line is")
        }
        "Permission denied" => format!(
            "{program_text} may not be executed: no x bit, a noexec mount, or a security module"
        ),
        "Exec format error" => {
            format!("{program_text} is no program for this machine, or lacks its `#!` line")
        }
        "" => format!("systemd could not execute {program_text}"),
        other => format!("systemd could not execute {program_text}: {other}"),
    };
    let found = service
        .finding(Rule::ExecFailed, Severity::Critical, format!("{name} cannot start: {reason}"))
        .as_reason(reason);
    let found = service.exit_proof(patient, found);
    let found = match said {
        Some(line) => Service::line_proof(patient, found, line),
        None => service.words_proof(patient, found),
    };
    let found = found.step(
        format!("systemctl cat {quoted}", quoted = service.quoted()),
        "ExecStart= names the program",
    );
    let found = match program {
        Some(program) => {
            let program = quote(program);
            found.step(
                format!("ls -lL {program}; head -c 80 {program} | head -n 1; findmnt -T {program}"),
                "whether it is there, may be executed, and which interpreter it wants",
            )
        }
        None => found,
    };
    service.start(found)
}

#[cfg(test)]
mod tests {
    use crate::doctor::case::Case;
    use crate::model::rule::Rule;

    #[test]
    fn a_missing_program_is_named() {
        // systemd 252.
        let case = Case::new().failed(
            203,
            &[
                "api.service: Failed to locate executable /opt/api: No such file or directory",
                "api.service: Failed at step EXEC spawning /opt/api: No such file or directory",
                "api.service: Main process exited, code=exited, status=203/EXEC",
            ],
        );
        let found = case.found(Rule::ExecFailed).unwrap();
        assert!(found.summary.contains("/opt/api is missing"), "{}", found.summary);
        assert!(found.evidence.iter().any(|proof| proof.text.contains("Failed at step EXEC")));
        assert!(case.found(Rule::ServiceFailed).is_none(), "its cause is known");
    }

    #[test]
    fn a_program_that_ends_with_203_itself_is_another_matter() {
        let case = Case::new().failed(203, &["ready", "giving up"]);
        assert_eq!(case.found(Rule::ExecFailed), None);
        assert!(case.found(Rule::ServiceFailed).is_some());
    }
}

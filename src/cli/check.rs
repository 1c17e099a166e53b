//! `quarterdeck check`: the config, then each host's reach and rights.

use std::ffi::OsStr;
use std::fmt::Write as _;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::time::Duration;

use super::args::Fleet;
use super::{Outcome, block_on, read_config, reading};
use crate::keymap::Keymap;
use crate::model::host::Host;
use crate::model::idle::idle;
use crate::model::severity::Severity;
use crate::model::spec::FleetSpec;

/// As long as the slowest ssh may take, and a little.
const LIMIT: Duration = Duration::from_secs(25);

pub(super) fn run(fleet: &Fleet) -> Outcome {
    let asked = read_config(fleet)?;
    let mut out = std::io::stdout().lock();
    match &asked.origin {
        Some((path, sources)) => {
            writeln!(out, "config: {} ({} files), no faults", path.display(), sources.files.len())?;
        }
        None => writeln!(out, "config: none found, this machine is shown")?,
    }
    let advice = advice(&asked.spec);
    for line in &advice {
        writeln!(out, "{line}")?;
    }
    let (_, clashes) = Keymap::new(&asked.spec.keys);
    for clash in &clashes {
        writeln!(out, "keys: {clash}")?;
    }
    out.flush()?;
    let model = block_on(reading::read_once(&asked.spec, None, LIMIT))??;
    let mut worst = if advice.is_empty() { Severity::Ok } else { Severity::Warning };
    for (env, host) in model.fleet.hosts() {
        let missing = model
            .fleet
            .rows_of(env, host, model.now)
            .filter(|row| row.verdict.state == crate::model::instance::ServiceState::Missing)
            .map(|row| row.service.to_string())
            .collect::<Vec<_>>();
        writeln!(out, "{}/{}: {}", env.name, host.spec.name, host.link.name())?;
        out.write_all(rights(host).as_bytes())?;
        if !missing.is_empty() {
            writeln!(out, "  no such unit there: {}", missing.join(", "))?;
            worst = worst.max(Severity::Critical);
        }
        worst = worst.max(host.link.severity());
    }
    out.flush()?;
    Ok(if clashes.is_empty() { worst.exit_code() } else { super::CONFIG })
}

/// What of the config comes to nothing, though it is no fault.
fn advice(spec: &FleetSpec) -> Vec<String> {
    let mut lines = Vec::new();
    for env in &spec.envs {
        for silence in &env.silences {
            if let Some(why) = idle(env, silence) {
                let subject = silence.subject.as_deref().unwrap_or("");
                lines.push(format!(
                    "silence: that of {} for {subject} matches nothing: {why}",
                    silence.rule.name()
                ));
            }
        }
    }
    if let Some(program) = spec.console.hook.first()
        && let Err(why) = runs(program, std::env::var_os("PATH").as_deref())
    {
        lines.push(format!("hook: {program} {why}"));
    }
    lines
}

/// Whether a program can be started by that name, looked for as execvp(3) does; else why not.
fn runs(program: &str, path: Option<&OsStr>) -> Result<(), &'static str> {
    let state = |path: &Path| {
        let metadata = path.metadata().map_err(|_missing| "does not exist")?;
        if !metadata.is_file() {
            return Err("is no program");
        }
        if metadata.permissions().mode() & 0o111 == 0 {
            return Err("is not executable: chmod +x");
        }
        Ok(())
    };
    if program.contains('/') {
        return state(Path::new(program));
    }
    let folders = path.map(std::env::split_paths).into_iter().flatten();
    let mut worst = Err("is not found in $PATH");
    for folder in folders {
        match state(&folder.join(program)) {
            Ok(()) => return Ok(()),
            Err("does not exist") => {}
            Err(why) => worst = Err(why),
        }
    }
    worst
}

fn rights(host: &Host) -> String {
    let mut out = String::new();
    // Writing to a String does not fail, so the results are not looked at.
    if let Some(fault) = host.link.fault() {
        let _ok = writeln!(out, "  {fault}");
    }
    let Some(facts) = host.facts.value() else { return out };
    let how = match (&facts.systemd, host.pushed, &host.units_fault) {
        (_, _, Some(fault)) => format!("units cannot be read: {fault}"),
        (Some(version), true, None) => format!("systemd {version}, changes are pushed by its bus"),
        (Some(version), false, None) => format!(
            "systemd {version}, polled: its bus cannot be reached (is systemd-stdio-bridge there?)"
        ),
        (None, _, None) => "no systemd".to_owned(),
    };
    let _ok = writeln!(out, "  {} as {}; {how}", facts.os, facts.user);
    let journal = match (facts.journal, facts.sudo) {
        (true, _) => "journal: readable",
        (false, true) => "journal: by sudo",
        (false, false) => {
            "journal: not readable (add the user to the group systemd-journal, or allow sudo -n); \
             restarts before we came are not known"
        }
    };
    let _ok = writeln!(out, "  {journal}; sudo -n: {}", if facts.sudo { "works" } else { "no" });
    for warning in &facts.warnings {
        let _ok = writeln!(out, "  {warning}");
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_that_cannot_be_started_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        std::fs::write(at("plain"), "").unwrap();
        std::fs::write(at("runs"), "").unwrap();
        std::fs::set_permissions(at("runs"), std::fs::Permissions::from_mode(0o755)).unwrap();
        let path = Some(folder.path().as_os_str());
        let whole = |name: &str| at(name).to_str().unwrap().to_owned();
        for (program, state) in [
            ("runs".to_owned(), Ok(())),
            (whole("runs"), Ok(())),
            ("plain".to_owned(), Err("is not executable: chmod +x")),
            (whole("plain"), Err("is not executable: chmod +x")),
            (whole("none"), Err("does not exist")),
            (whole("."), Err("is no program")),
            ("none".to_owned(), Err("is not found in $PATH")),
        ] {
            assert_eq!(runs(&program, path), state, "{program}");
        }
        assert_eq!(runs("runs", None), Err("is not found in $PATH"));
    }
}

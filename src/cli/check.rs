//! `quarterdeck check`: the config, then each host's reach and rights.

use std::fmt::Write as _;
use std::io::Write as _;
use std::time::Duration;

use super::args::Fleet;
use super::{Outcome, read_config, reading, tokio_runtime};
use crate::keymap::Keymap;
use crate::model::host::Host;
use crate::model::severity::Severity;

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
    let (_, clashes) = Keymap::new(&asked.spec.keys);
    for clash in &clashes {
        writeln!(out, "keys: {clash}")?;
    }
    out.flush()?;
    let runtime = tokio_runtime()?;
    let model = runtime.block_on(reading::read_once(&asked.spec, None, LIMIT))?;
    runtime.shutdown_timeout(Duration::from_millis(500));
    let mut worst = Severity::Ok;
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

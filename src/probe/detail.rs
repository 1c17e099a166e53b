//! One unit closely: properties in systemd's words, its files, its last lines.

use super::journal::parse_json;
use crate::model::text::clean;
use crate::model::unit::UnitDetail;

/// Runs on the host.
pub const SCRIPT: &str = include_str!("detail.sh");

/// Properties that matter to somebody on call, in reading order. `Environment=` is not among
/// them: it shows secrets.
pub const PROPERTIES: &[&str] = &[
    "Description",
    "LoadState",
    "LoadError",
    "ActiveState",
    "SubState",
    "Result",
    "Type",
    "Restart",
    "RestartUSec",
    "RestartUSecNext",
    "StartLimitBurst",
    "StartLimitIntervalUSec",
    "StartLimitInterval",
    "NRestarts",
    "MainPID",
    "ExecMainPID",
    "ExecMainCode",
    "ExecMainStatus",
    "ExecMainStartTimestamp",
    "ExecMainExitTimestamp",
    "ActiveEnterTimestamp",
    "InactiveEnterTimestamp",
    "StateChangeTimestamp",
    "ExecStart",
    "ExecReload",
    "User",
    "Group",
    "WorkingDirectory",
    "RootDirectory",
    "EnvironmentFiles",
    "ProtectSystem",
    "ProtectHome",
    "PrivateTmp",
    "ReadWritePaths",
    "ReadOnlyPaths",
    "InaccessiblePaths",
    "StateDirectory",
    "LogsDirectory",
    "RuntimeDirectory",
    "ControlGroup",
    "Slice",
    "MemoryCurrent",
    "MemoryPeak",
    "MemoryMax",
    "CPUUsageNSec",
    "TasksCurrent",
    "TasksMax",
    "LimitNOFILE",
    "UnitFileState",
    "UnitFilePreset",
    "FragmentPath",
    "DropInPaths",
    "NeedDaemonReload",
    "ConditionResult",
    "TriggeredBy",
    "Requires",
    "Wants",
    "WantedBy",
    "RequiredBy",
    "InvocationID",
];

/// Reads the three answers into one detail. What could not be read says so among the warnings.
pub fn parse_detail(properties: &str, files: &str, journal: &str) -> UnitDetail {
    let mut detail = UnitDetail::default();
    let mut found = Vec::new();
    for line in properties.lines().filter(|line| !line.is_empty()) {
        match line.split_once('=') {
            Some((name, value)) if PROPERTIES.contains(&name) => {
                if !value.is_empty() && value != "[not set]" && value != "18446744073709551615" {
                    found.push((name.to_owned(), clean(value, 2048)));
                }
            }
            _ => detail.warnings.push(clean(line, 512)),
        }
    }
    found.sort_by_key(|(name, _)| PROPERTIES.iter().position(|p| p == name));
    detail.properties = found;
    detail.files = parse_files(files);
    if detail.files.is_empty() && !files.trim().is_empty() {
        detail.warnings.push(clean(files.trim(), 512));
    }
    detail.journal = parse_json(journal);
    detail.warnings.truncate(20);
    detail
}

/// `systemctl cat`: each file begins with its path behind `# `.
fn parse_files(text: &str) -> Vec<(String, String)> {
    let mut files: Vec<(String, String)> = Vec::new();
    for line in text.lines() {
        if let Some(path) = line.strip_prefix("# /") {
            files.push((clean(&format!("/{path}"), 512), String::new()));
        } else if let Some((_, body)) = files.last_mut() {
            body.push_str(&clean(line, 2048));
            body.push('\n');
        }
    }
    files
}

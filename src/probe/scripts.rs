//! Scripts that run unwatched: what starts them, and the mistakes in them that cost backups.

mod lint;
mod starters;

use crate::model::script::Scripts;
use crate::model::text::clean;

pub use starters::{Starter, parse_starters};

/// Runs on the host.
pub const SCRIPT: &str = include_str!("scripts.sh");

/// As many scripts of a host are read.
pub const MOST: usize = 32;

/// Mistakes in the commands that start things, and in the scripts of an answer of `qd_scripts`.
pub fn examine(starters: &[Starter], scripts: &str) -> Scripts {
    let mut found = Scripts::default();
    for starter in starters {
        if starter.is_cron() {
            let lines = [(starter.line, starter.command.as_str())];
            found.lints.extend(lint::examine(&starter.path, &starter.label(), &lines));
        }
    }
    let mut path = "";
    let mut lines: Vec<(u32, &str)> = Vec::new();
    let mut finish = |path: &str, lines: &mut Vec<(u32, &str)>| {
        if !path.is_empty() {
            let by = starters.iter().find(|starter| starter.scripts.iter().any(|s| s == path));
            let by = by.map_or_else(String::new, Starter::label);
            found.read += 1;
            found.lints.extend(lint::examine(path, &by, lines));
        }
        lines.clear();
    };
    for line in scripts.lines() {
        if let Some(text) = line.strip_prefix('|') {
            lines.push((u32::try_from(lines.len()).unwrap_or(u32::MAX).saturating_add(1), text));
        } else if let Some(next) = line.strip_prefix("script ") {
            finish(path, &mut lines);
            path = next;
        }
    }
    finish(path, &mut lines);
    for path in scripts.lines().filter_map(|line| line.strip_prefix("unread ")).take(MOST) {
        found.warnings.push(format!("no right to read {}", clean(path, 512)));
    }
    found.lints.truncate(256);
    found
}

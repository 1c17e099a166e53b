//! Scripts that run unwatched: what starts them, and the mistakes in them that cost backups.

mod copies;
mod lint;
mod names;
mod shell;
mod starters;

use copies::About;

use crate::model::script::Scripts;
use crate::model::text::clean;

pub use names::renamed;
pub use starters::{Starter, starters};

/// Runs on the host.
pub const SCRIPT: &str = include_str!("scripts.sh");

/// As many scripts of a host are read.
pub const MOST: usize = 32;

/// Mistakes in the commands that start things, and in the scripts of an answer of `qd_scripts`;
/// what they copy, and what they take away.
pub fn examine(starters: &[Starter], scripts: &str) -> Scripts {
    let mut found = Scripts::default();
    for starter in starters {
        if starter.is_cron() {
            let lines = [(starter.line, starter.command.as_str())];
            let label = starter.label();
            let about = About {
                path: &starter.path,
                changed: None,
                started_by: &label,
                starter: &starter.command,
            };
            look(&about, &lines, &mut found);
        }
    }
    let mut script = ("", None);
    let mut lines: Vec<(u32, &str)> = Vec::new();
    let mut finish = |(path, changed): (&str, Option<i64>), lines: &mut Vec<(u32, &str)>| {
        if !path.is_empty() {
            let by = starters.iter().find(|starter| starter.scripts.iter().any(|s| s == path));
            let label = by.map_or_else(String::new, Starter::label);
            let starter = by.map_or("", |by| by.command.as_str());
            found.read += 1;
            look(&About { path, changed, started_by: &label, starter }, lines, &mut found);
        }
        lines.clear();
    };
    for line in scripts.lines() {
        if let Some(text) = line.strip_prefix('|') {
            lines.push((u32::try_from(lines.len()).unwrap_or(u32::MAX).saturating_add(1), text));
        } else if let Some(changed) = line.strip_prefix("changed ") {
            script.1 = changed.parse().ok();
        } else if let Some(next) = line.strip_prefix("script ") {
            finish(script, &mut lines);
            script = (next, None);
        }
    }
    finish(script, &mut lines);
    for path in scripts.lines().filter_map(|line| line.strip_prefix("unread ")).take(MOST) {
        found.warnings.push(format!("no right to read {}", clean(path, 512)));
    }
    found.lints.truncate(256);
    found.archived.truncate(256);
    found.prunes.truncate(256);
    found.mentions.truncate(1024);
    found
}

fn look(about: &About<'_>, lines: &[(u32, &str)], found: &mut Scripts) {
    let joined = lint::join(lines);
    found.lints.extend(lint::examine(about.path, about.started_by, &joined));
    let (archived, prunes) = copies::read(about, &joined);
    found.archived.extend(archived);
    found.prunes.extend(prunes);
    found.mentions.extend(names::read(about.path, lines));
}

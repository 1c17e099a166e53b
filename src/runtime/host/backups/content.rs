//! What is in the newest copy, and whether it is of its source.

use std::collections::BTreeMap;
use std::time::Duration;

use super::Reader;
use crate::model::backup::{
    BackupFacts, BackupSpec, Checked, Comparison, Copy, Identity, Integrity, Way,
};
use crate::model::backups::{began, is_doubtful, is_of, reads_other, twins};
use crate::model::path::PathKind;
use crate::probe::backups::{parse_check, parse_source};

/// For one copy; on the host reading ends earlier.
const DEADLINE: Duration = Duration::from_secs(600);
/// A copy that has not changed is read again after so many seconds: disks rot.
pub(super) const AGAIN: i64 = 86_400;
/// One that could not be read, after so many.
const SOON: i64 = 3600;
/// One that was still being written, after so many.
const SETTLING: i64 = 20;
/// Where the newest is broken, so many before it are looked at, to find one that is good.
const DEEP: usize = 3;
/// MiB that are read of one copy.
const MOST: &str = "65536";
/// As many other directories are compared with a copy: each costs reading it once more.
const TWINS: usize = 2;

impl Reader<'_> {
    /// Looks into copies as they come, for as long as the connection lives.
    pub(super) async fn look_for_ever(&self) {
        loop {
            self.desk.listed.notified().await;
            let (specs, mine) = self.specs();
            let mut mine: Vec<&BackupSpec> =
                mine.iter().filter_map(|place| specs.get(*place)).collect();
            // What takes long comes last: others are not to wait for it.
            mine.sort_by_cached_key(|spec| {
                let facts = self.desk.get(&spec.name);
                facts.and_then(|facts| facts.copies.first().and_then(|copy| copy.size))
            });
            for spec in mine {
                for _ in 0..DEEP {
                    let Some(facts) = self.desk.get(&spec.name) else { break };
                    let Some(copy) = due(spec, &facts) else { break };
                    if !self.look(spec, facts.clone(), copy).await {
                        break;
                    }
                }
            }
            self.desk.done.notify_one();
        }
    }

    /// Reads a copy; answers whether that said anything.
    async fn look(&self, spec: &BackupSpec, facts: BackupFacts, copy: &Copy) -> bool {
        let Way::Files { directory, .. } = &spec.way else {
            return self.check_tool(spec, facts, copy).await;
        };
        let file = format!("{}/{}", directory.trim_end_matches('/'), copy.name);
        let before = began(copy).to_string();
        let source = spec.source.as_deref().unwrap_or("-");
        let argv = ["qd_backup_check", self.shared.root(), &file, source, &before, MOST];
        let heavy = &self.shared.heavy;
        let Ok(answer) = heavy.ask(self.transport, &argv, DEADLINE).await else { return false };
        let mut checked =
            parse_check(&answer.text, answer.status, copy.identity.clone(), spec.source.is_some());
        if checked.at == 0 {
            checked.at = facts.taken;
        }
        if let Some(source) = spec.source.as_deref() {
            let doubts = checked.comparison.as_ref().is_ok_and(is_doubtful)
                || reads_other(&facts, copy, source);
            let readable = matches!(checked.integrity, Integrity::Good);
            if doubts && readable {
                checked.twins = self.twins(spec, &facts, &file, &before).await;
            }
        }
        self.note(spec, facts, checked).await;
        true
    }

    /// Keeps and reports what was found out about a copy.
    pub(super) async fn note(&self, spec: &BackupSpec, mut facts: BackupFacts, checked: Checked) {
        self.memory.keep(&spec.name, checked);
        // Another list may have come meanwhile.
        if let Some(newer) = self.desk.get(&spec.name) {
            facts = newer;
        }
        facts.checks = self.memory.of(&spec.name);
        self.desk.put(&spec.name, facts.clone());
        self.report(spec, Ok(facts)).await;
    }
}

impl Reader<'_> {
    /// The copy beside directories that are easily taken for its source, until it is of one.
    async fn twins(
        &self,
        spec: &BackupSpec,
        facts: &BackupFacts,
        file: &str,
        before: &str,
    ) -> Vec<(Box<str>, Comparison)> {
        let named: Vec<Box<str>> = {
            let units = self.shared.glances.subscribe();
            let units = units.borrow();
            units.iter().flat_map(BTreeMap::values).flat_map(|unit| unit.open.clone()).collect()
        };
        let mut compared = Vec::new();
        let source = facts.source.as_ref().and_then(|source| source.identity);
        for twin in twins(spec, facts, &named) {
            let argv = ["qd_backup_source", self.shared.root(), &*twin];
            let Ok(answer) = self.line.ask(self.transport, &argv, DEADLINE).await else { break };
            let found = parse_source(&answer.text);
            if found.kind != PathKind::Directory || found.identity == source {
                continue;
            }
            let argv = ["qd_backup_check", self.shared.root(), file, &twin, before, MOST];
            let heavy = &self.shared.heavy;
            let Ok(answer) = heavy.ask(self.transport, &argv, DEADLINE).await else { break };
            let read = parse_check(&answer.text, answer.status, Identity::default(), true);
            if let Ok(comparison) = read.comparison {
                let ends = is_of(&comparison);
                compared.push((twin, comparison));
                if ends || compared.len() >= TWINS {
                    break;
                }
            }
        }
        compared
    }
}

/// Whether there is something to be looked into.
const fn has_content(way: &Way) -> bool {
    match way {
        Way::Files { .. } | Way::Restic { .. } | Way::Borg { .. } => true,
        Way::Git { .. } | Way::Command(_) | Way::Nothing(_) => false,
    }
}

/// The copy that is to be looked into: the newest, or where that is broken the one before.
fn due<'a>(spec: &BackupSpec, facts: &'a BackupFacts) -> Option<&'a Copy> {
    if !has_content(&spec.way) {
        return None;
    }
    for copy in facts.copies.iter().take(DEEP) {
        let Some(check) = facts.check(copy) else { return Some(copy) };
        let age = facts.taken.saturating_sub(check.at);
        match &check.integrity {
            Integrity::Good => return (age > AGAIN).then_some(copy),
            Integrity::Unknown(_) => return (age > SOON).then_some(copy),
            // It is looked at again when it has not moved for a round; the one before it meanwhile.
            Integrity::Writing if age > SETTLING => return Some(copy),
            Integrity::Corrupt(_) | Integrity::Empty if age > AGAIN => return Some(copy),
            Integrity::Writing | Integrity::Corrupt(_) | Integrity::Empty => {}
        }
    }
    None
}

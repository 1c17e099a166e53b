//! Backups that a tool keeps: restic, borg, git, or a command of the config.

use std::time::Duration;

use super::Reader;
use super::listing::hangs;
use crate::model::backup::{BackupFacts, BackupSpec, Checked, Copy, Integrity, Way};
use crate::model::fault::{Fault, FaultKind};
use crate::probe::backups::{
    ToolCheck, parse_borg, parse_command, parse_git, parse_restic, parse_tool_check,
};

/// For a list; on the host each part of it ends earlier.
const DEADLINE: Duration = Duration::from_secs(200);
/// For a check; on the host it ends earlier.
const CHECK: Duration = Duration::from_secs(600);
/// A check that found something, or could not look, is made again after so many seconds.
const UNSURE: i64 = 6 * 3600;

impl Reader<'_> {
    /// What the tool says of its copies.
    pub(super) async fn tool(&self, spec: &BackupSpec) -> Result<BackupFacts, Fault> {
        let how = self.shared.root();
        let source = spec.source.as_deref();
        let file = |file: &Option<Box<str>>| file.clone().unwrap_or_else(|| "-".into());
        let told = match &spec.way {
            Way::Restic { repository, password_file } => {
                let file = file(password_file);
                let argv = ["qd_backup_restic", how, repository, &file, "list"];
                parse_restic(&self.told(&argv, repository).await?, source)
            }
            Way::Borg { repository, password_file } => {
                let file = file(password_file);
                let from = source.unwrap_or("-");
                let argv = ["qd_backup_borg", how, repository, &file, "list", from];
                parse_borg(&self.told(&argv, repository).await?, source)
            }
            Way::Git { directory } => {
                let argv = ["qd_backup_git", how, directory];
                Ok(parse_git(&self.told(&argv, directory).await?))
            }
            Way::Command(words) => {
                let mut argv = vec!["qd_backup_command"];
                argv.extend(words.iter().map(|word| &**word));
                parse_command(&self.ask(&argv).await?)
            }
            Way::Files { .. } | Way::Nothing(_) => Ok(BackupFacts::default()),
        };
        let mut facts = told.map_err(|why| {
            let tried = format!("ask {} for {}", spec.way.name(), spec.way.place());
            Fault::new(FaultKind::Failed, tried, why)
        })?;
        facts.checks = self.memory.of(&spec.name);
        self.source(spec, &mut facts).await?;
        Ok(facts)
    }

    /// The tool's own check, which is about all of its copies; answers whether that said anything.
    pub(super) async fn check_tool(
        &self,
        spec: &BackupSpec,
        facts: BackupFacts,
        copy: &Copy,
    ) -> bool {
        let (function, repository, password_file) = match &spec.way {
            Way::Restic { repository, password_file } => {
                ("qd_backup_restic", repository, password_file)
            }
            Way::Borg { repository, password_file } => {
                ("qd_backup_borg", repository, password_file)
            }
            Way::Files { .. } | Way::Git { .. } | Way::Command(_) | Way::Nothing(_) => {
                return false;
            }
        };
        // Each new snapshot is another copy, and the repository's check is heavy: the last one
        // holds for a day, whatever came since; a bad one less long, as somebody may mend it.
        let newest = facts.checks.values().max_by_key(|check| check.at);
        let holds = |check: &&Checked| {
            let good = check.integrity == Integrity::Good;
            facts.taken - check.at < if good { super::content::AGAIN } else { UNSURE }
        };
        let known = newest.filter(holds);
        let checked = if let Some(known) = known {
            Checked { identity: copy.identity.clone(), ..known.clone() }
        } else {
            let file = password_file.as_deref().unwrap_or("-");
            let how = self.shared.root();
            let argv = [function, how, &**repository, file, "check", "-"];
            let heavy = &self.shared.heavy;
            let Ok(answer) = heavy.ask(self.transport, &argv, CHECK).await else { return false };
            let ToolCheck { at, integrity, part } = parse_tool_check(&answer.text);
            let tool = spec.way.name();
            let kind = part.map_or_else(|| tool.into(), |part| format!("{tool}, data {part}"));
            Checked {
                identity: copy.identity.clone(),
                at: if at == 0 { facts.taken } else { at },
                kind: kind.into(),
                integrity,
                comparison: Err("its paths do not say of which directory it is".into()),
                size: None,
                twins: Vec::new(),
            }
        };
        self.note(spec, facts, checked).await;
        true
    }

    /// An answer about that place, unless it hangs.
    async fn told(&self, argv: &[&str], place: &str) -> Result<String, Fault> {
        let text = self.ask(argv).await?;
        if text.lines().any(|line| line == "place hung") {
            return Err(hangs(place));
        }
        Ok(text)
    }

    async fn ask(&self, argv: &[&str]) -> Result<String, Fault> {
        Ok(self.line.ask(self.transport, argv, DEADLINE).await?.text)
    }
}

//! Lists of copies, each minute.

use std::collections::BTreeMap;
use std::time::Duration;

use super::{PACE, Reader};
use crate::model::backup::{BackupFacts, BackupSpec, Way};
use crate::model::backups::{job, moving};
use crate::model::fault::{Fault, FaultKind};
use crate::model::ids::BackupName;
use crate::probe::backups::{parse_listing, parse_source};

/// For one list; on the host it ends earlier.
const DEADLINE: Duration = Duration::from_secs(45);
/// One that does not answer is asked again after this many minutes, and twice as many the next time.
const FIRST_PAUSE: u32 = 1;
/// At most.
const LONGEST_PAUSE: u32 = 16;
/// So long what makes them is waited for.
const SCRIPTS: Duration = Duration::from_secs(12);
/// As many of the paths that it reads are looked at.
const READS: usize = 8;

/// One that does not answer.
#[derive(Clone, Copy, Default)]
struct Silence {
    /// Rounds still to be left out.
    rounds: u32,
    /// How many were left out the last time.
    last: u32,
}

impl Reader<'_> {
    /// Lists all of them for as long as the connection lives.
    pub(super) async fn list_for_ever(&self) {
        let mut now = self.shared.now.subscribe();
        let mut watch = self.shared.watch.subscribe();
        let mut silent: BTreeMap<BackupName, Silence> = BTreeMap::new();
        let mut scripts = self.shared.scripts.subscribe();
        // What makes them is read at the same time, and says what they should be of.
        let first = scripts.wait_for(Option::is_some);
        let _read = tokio::time::timeout(SCRIPTS, first).await.is_ok();
        loop {
            let (specs, mine) = self.specs();
            for spec in mine.iter().filter_map(|place| specs.get(*place)) {
                let silence = silent.entry(spec.name.clone()).or_default();
                if silence.rounds > 0 {
                    silence.rounds -= 1;
                    continue;
                }
                let mut read = self.list(spec).await;
                let hangs = matches!(&read, Err(fault) if fault.kind == FaultKind::TimedOut);
                let next =
                    if hangs { (silence.last * 2).clamp(FIRST_PAUSE, LONGEST_PAUSE) } else { 0 };
                *silence = Silence { rounds: next, last: next };
                if let Ok(facts) = &mut read {
                    let newest =
                        |facts: &BackupFacts| facts.copies.first().map(|c| c.identity.clone());
                    let before = self.desk.get(&spec.name);
                    if before.as_ref().is_some_and(|before| newest(before) != newest(facts)) {
                        self.shared.rescript.notify_one();
                    }
                    self.memory.only(&spec.name, facts);
                    for moved in before.iter().flat_map(|before| moving(before, facts)) {
                        self.memory.keep(&spec.name, moved);
                    }
                    facts.checks = self.memory.of(&spec.name);
                    self.desk.put(&spec.name, facts.clone());
                }
                self.report(spec, read).await;
            }
            self.desk.listed.notify_one();
            tokio::select! {
                () = tokio::time::sleep(PACE) => {}
                _ = now.changed() => silent.clear(),
                _ = watch.changed() => silent.clear(),
                _ = scripts.changed() => {}
            }
        }
    }

    async fn list(&self, spec: &BackupSpec) -> Result<BackupFacts, Fault> {
        match &spec.way {
            Way::Files { directory, pattern, folders } => {
                let kind = if *folders { "d" } else { "f" };
                let argv = ["qd_backup_list", self.shared.root(), directory, pattern, kind];
                let answer = self.line.ask(self.transport, &argv, DEADLINE).await?;
                let listing = parse_listing(&answer.text, spec.time_from);
                if listing.hung {
                    return Err(hangs(directory));
                }
                let mut facts = BackupFacts {
                    taken: listing.taken,
                    place: listing.place,
                    device: listing.device,
                    copies: listing.copies,
                    count: listing.count,
                    warnings: listing.warnings,
                    checks: self.memory.of(&spec.name),
                    ..BackupFacts::default()
                };
                if *folders {
                    // A directory's own size says nothing; that of its files is read rarely.
                    for copy in &mut facts.copies {
                        copy.size = facts.checks.get(&copy.identity).and_then(|check| check.size);
                    }
                }
                self.source(spec, &mut facts).await?;
                self.job(spec, &mut facts).await?;
                Ok(facts)
            }
            Way::Restic { .. }
            | Way::Borg { .. }
            | Way::Git { .. }
            | Way::Command(_)
            | Way::Nothing(_) => self.tool(spec).await,
        }
    }

    /// The source beside it; what it holds is counted with the content.
    pub(super) async fn source(
        &self,
        spec: &BackupSpec,
        facts: &mut BackupFacts,
    ) -> Result<(), Fault> {
        let Some(source) = &spec.source else { return Ok(()) };
        let before = self.desk.get(&spec.name).and_then(|before| before.source);
        let argv = ["qd_backup_source", self.shared.root(), source];
        let answer = self.line.ask(self.transport, &argv, DEADLINE).await?;
        let read = parse_source(&answer.text);
        facts.source = Some(read).or(before);
        Ok(())
    }

    /// What makes it, and whether what that reads is there.
    async fn job(&self, spec: &BackupSpec, facts: &mut BackupFacts) -> Result<(), Fault> {
        let scripts = self.shared.scripts.borrow().clone();
        let Some(mut job) = scripts.and_then(|scripts| job(spec, &scripts)) else { return Ok(()) };
        for named in job.reads.iter_mut().filter(|named| named.path.starts_with('/')).take(READS) {
            let argv = ["qd_backup_source", self.shared.root(), &*named.path];
            let answer = self.line.ask(self.transport, &argv, DEADLINE).await?;
            named.identity = parse_source(&answer.text).identity;
        }
        facts.job = Some(job);
        Ok(())
    }
}

/// A dead network mount is no missing backup.
pub(super) fn hangs(directory: &str) -> Fault {
    Fault::new(
        FaultKind::TimedOut,
        format!("look into {directory}"),
        "it does not answer: is it a network mount whose server is gone?",
    )
    .remedy("look with `mount` and `dmesg` on the host")
}

//! Lists of copies: made again when their directory, the newest of them or their source is another,
//! else rarely; each minute where that cannot be told.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::time::Instant;

use super::super::stamps::Who;
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
/// As many of the newest copies are watched: what grows is being written.
const NEWEST: usize = 3;
/// Nothing is looked at more often.
const BREATH: Duration = Duration::from_millis(250);
/// As many of the paths that it reads are looked at.
const READS: usize = 8;

/// A list is made again after this also when nothing seems to have changed; one that takes long less
/// often, yet after [`LONGEST`].
const WHOLE: Duration = Duration::from_secs(900);
/// See [`WHOLE`].
const LONGEST: Duration = Duration::from_secs(7200);
/// A list that is made again although nothing has changed takes so little of the time.
const SELDOM: u32 = 4000;
/// A list that takes long is not made again before so many times as long: a directory may be large
/// and change all the time.
const REST: u32 = 40;

/// When a list was made, and what told at that time that it holds.
struct Made {
    at: Instant,
    took: Duration,
    /// The host's clock then, in seconds.
    moment: i64,
    stamp: Option<Vec<Box<str>>>,
}

impl Made {
    /// The host's clock of now, in seconds, by a list that was made then.
    fn taken(&self) -> i64 {
        self.moment.saturating_add(i64::try_from(self.at.elapsed().as_secs()).unwrap_or(0))
    }

    /// When it is to be made again, and until when it is not reported again, by the stamp of now.
    fn due(&self, stamp: Option<&Vec<Box<str>>>) -> Instant {
        match (&self.stamp, stamp) {
            (Some(then), Some(now)) if then == now => {
                self.at + (self.took * SELDOM).clamp(WHOLE, LONGEST)
            }
            (Some(_), Some(_)) => self.at + (self.took * REST).min(PACE),
            _ => self.at + PACE,
        }
    }
}

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
        let mut stamps = self.shared.stamps.subscribe();
        let mut made: BTreeMap<BackupName, Made> = BTreeMap::new();
        let mut round = None;
        loop {
            let (specs, mine) = self.specs();
            let begun = Instant::now();
            // The others are left as they are when only some of them may have changed.
            let whole = round.is_none_or(|at: Instant| at.elapsed() >= PACE);
            if whole {
                round = Some(begun);
            }
            let mut later = round.unwrap_or(begun) + PACE;
            let mut news = whole;
            for spec in mine.iter().filter_map(|place| specs.get(*place)) {
                let stamp = self.stamp(spec);
                let due = made.get(&spec.name).map_or(begun, |made| made.due(stamp.as_ref()));
                if due > begun {
                    later = later.min(due);
                    if whole && let Some(made) = made.get(&spec.name) {
                        self.again(spec, made).await;
                    }
                    continue;
                }
                let silence = silent.entry(spec.name.clone()).or_default();
                if silence.rounds > 0 {
                    silence.rounds -= u32::from(whole);
                    continue;
                }
                let asked = Instant::now();
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
                news = true;
                // A list that failed is made again with the next round.
                let stamp = stamp.filter(|_| read.is_ok());
                let moment = read.as_ref().map_or(0, |facts| facts.taken);
                let took = asked.elapsed();
                made.insert(spec.name.clone(), Made { at: asked, took, moment, stamp });
                self.report(spec, read).await;
            }
            self.shared.stamps.want(Who::Backups, self.marks(&specs, &mine));
            if news {
                self.desk.listed.notify_one();
            }
            let next = later.max(begun + BREATH);
            tokio::select! {
                () = tokio::time::sleep_until(next) => {}
                _ = stamps.changed() => {}
                _ = now.changed() => { silent.clear(); made.clear(); round = None; }
                _ = watch.changed() => { silent.clear(); made.clear(); round = None; }
                _ = scripts.changed() => { made.clear(); round = None; }
            }
        }
    }

    /// A list that still holds, as of now.
    async fn again(&self, spec: &BackupSpec, made: &Made) {
        let Some(mut facts) = self.desk.get(&spec.name) else { return };
        facts.taken = made.taken();
        facts.checks = self.memory.of(&spec.name);
        self.desk.put(&spec.name, facts.clone());
        self.report(spec, Ok(facts)).await;
    }

    /// Paths whose stamps tell whether lists still hold.
    fn marks(&self, specs: &[BackupSpec], mine: &[usize]) -> Vec<Box<str>> {
        let specs = mine.iter().filter_map(|place| specs.get(*place));
        specs.flat_map(|spec| self.paths(spec).into_iter().flatten()).collect()
    }

    /// The directory, the newest copies, the source, and what is read for them. None for what is
    /// not told by these, and before the first list.
    fn paths(&self, spec: &BackupSpec) -> Option<Vec<Box<str>>> {
        let Way::Files { directory, .. } = &spec.way else { return None };
        let facts = self.desk.get(&spec.name)?;
        let folder = directory.trim_end_matches('/');
        let copies = facts.copies.iter().take(NEWEST);
        let copies = copies.map(|copy| format!("{folder}/{}", copy.name).into_boxed_str());
        let reads = facts.job.iter().flat_map(|job| &job.reads).map(|named| named.path.clone());
        let whole = std::iter::once(directory.clone()).chain(copies);
        let source = spec.path().map(Into::into);
        Some(whole.chain(source).chain(reads.take(READS)).collect())
    }

    /// Stamps of these; none where one of the copies or their directory has none.
    fn stamp(&self, spec: &BackupSpec) -> Option<Vec<Box<str>>> {
        let paths = self.paths(spec)?;
        let seen = self.shared.stamps.last()?;
        let copies = self.desk.get(&spec.name)?.copies.len().min(NEWEST);
        let stamp = |path: &str| seen.get(path).cloned();
        let whole: Option<Vec<Box<str>>> =
            paths.iter().take(copies + 1).map(|path| stamp(path)).collect();
        // A source that is not there has none, and that is its stamp.
        let beside = paths.iter().skip(copies + 1).map(|path| stamp(path).unwrap_or_default());
        whole.map(|whole| whole.into_iter().chain(beside).collect())
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
        let Some(source) = spec.path() else { return Ok(()) };
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

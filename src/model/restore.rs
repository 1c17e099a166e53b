//! A backup that is made now, and data that is brought back from one: what a host is asked before, what
//! it says, and which copy is taken.

use std::sync::Arc;
use std::time::Duration;

use super::backup::{BackupFacts, BackupSpec, Checked, Copy, Integrity};
use super::backups::{Source, by_content, counts, grace, median};
use super::database::{DatabaseLook, DatabaseSpec};
use super::host::Host;
use super::ids::{ServiceName, UnitName};
use super::span::words;
use super::spec::{Kind, Promises, safe_name};
use super::unit::is_below;

/// So many copies are looked into until one is good.
const TRIES: usize = 3;

/// What a host is asked about a backup before something is done about it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BackupAsk {
    /// What the config says.
    pub spec: Arc<BackupSpec>,
    /// Data is to be brought back.
    pub restores: bool,
    /// From this one: a name among the copies, or a path.
    pub from: Option<Box<str>>,
    /// Units of the services that write to the source.
    pub units: Vec<UnitName>,
}

/// What a host says of it.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct BackupLook {
    /// Copies that are there, and what was found out about them.
    pub facts: BackupFacts,
    /// The directory of the copies, as `device:inode`; empty where it is not there.
    pub place: Box<str>,
    /// KiB that are free there.
    pub place_free: Option<u64>,
    /// The source, or the file of a database.
    pub source: SourceLook,
    /// The database.
    pub database: DatabaseLook,
    /// The tar there is GNU's.
    pub gnu: bool,
    /// What else has a hold on those services: why nothing can be done.
    pub taken: Vec<Box<str>>,
    /// Processes that have files of the source open for writing: number, name, control group.
    pub writers: Vec<(u32, Box<str>, Box<str>)>,
    /// Copies that were looked into, in that order.
    pub proofs: Vec<Proof>,
    /// What could not be found out, and why.
    pub faults: Vec<Box<str>>,
}

/// The source of a backup, looked at before something is done.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct SourceLook {
    /// `directory`, `file`, `link`, `other`; empty where nothing is there.
    pub kind: Box<str>,
    /// Device and inode, as `device:inode`.
    pub at: Box<str>,
    /// Without links on the way.
    pub real: Box<str>,
    /// Another file system than what it lies in.
    pub mounted: bool,
    /// KiB in it.
    pub size: Option<u64>,
    /// Files in it.
    pub files: Option<u64>,
    /// KiB that are free beside it.
    pub free: Option<u64>,
}

/// Whether a copy is what its checksum beside it says.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Sum {
    /// It has none.
    #[default]
    None,
    /// It is.
    Good,
    /// It is not.
    Bad,
}

/// What was found out about a copy.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Proof {
    /// Which.
    pub copy: Copy,
    /// Where it is.
    pub path: Box<str>,
    /// It is a directory.
    pub folder: bool,
    /// `device:inode size mtime`.
    pub state: Box<str>,
    /// Its checksum.
    pub sum: Sum,
    /// What is in it.
    pub checked: Checked,
}

/// A service that writes to a source, and is stopped before that is replaced.
#[derive(Clone, PartialEq, Debug)]
pub struct Writer {
    /// Its name.
    pub name: ServiceName,
    /// What is stopped.
    pub unit: UnitName,
    /// What it promises: its checks prove it afterwards.
    pub promises: Arc<Promises>,
}

/// Whether a service of that name, with these promises, may write to the source of a backup.
pub fn writes_to(service: &ServiceName, promises: &Promises, spec: &BackupSpec) -> bool {
    if spec.database.as_ref().is_some_and(|database| database.writers.contains(service)) {
        return true;
    }
    let Some(source) = spec.path() else { return false };
    let mut paths = promises.data.iter().chain(&promises.directory);
    paths.any(|path| is_below(path, source) || is_below(source, path))
}

/// Services of a host that write to a source: their `data` or `directory` lies in it, or it in that.
/// Those that are units, and the names of all others.
pub fn writers(host: &Host, spec: &BackupSpec) -> (Vec<Writer>, Vec<ServiceName>) {
    let (mut writers, mut others) = (Vec::new(), Vec::new());
    for (name, instance) in &host.instances {
        let promises = &instance.promises;
        if !writes_to(name, promises, spec) {
            continue;
        }
        match &instance.kind {
            Kind::Unit(unit) => {
                if !writers.iter().any(|known: &Writer| known.unit == *unit) {
                    let promises = Arc::clone(promises);
                    writers.push(Writer { name: name.clone(), unit: unit.clone(), promises });
                }
            }
            Kind::Timer(_) | Kind::Cron(_) | Kind::Process(_) | Kind::Command(_) => {
                others.push(name.clone());
            }
        }
    }
    (writers, others)
}

/// What is locked on a host for what is done about a backup: by what is backed up, else by where its
/// copies are, since the config of somebody else may call it otherwise. Safe as a file's name.
pub fn subject(spec: &BackupSpec) -> Box<str> {
    let place = spec.source.as_deref().map(str::to_owned);
    let place = place.or_else(|| spec.database.as_ref().map(DatabaseSpec::place));
    let place = place.unwrap_or_else(|| spec.way.place());
    safe_name(&format!("backup{}", place.trim_end_matches('/').replace('/', ":")))
}

/// The copy that is to be looked into next; none when one is good, or enough were tried.
pub fn next(ask: &BackupAsk, look: &BackupLook) -> Option<Copy> {
    if ask.from.is_some() || !ask.restores || look.proofs.len() >= TRIES {
        return None;
    }
    let tried = |copy: &&Copy| look.proofs.iter().any(|proof| proof.copy.identity == copy.identity);
    if look.proofs.last().is_some_and(|proof| rejected(ask, look, proof).is_none()) {
        return None;
    }
    let mut copies: Vec<&Copy> = look.facts.copies.iter().collect();
    copies.sort_by_key(|copy| std::cmp::Reverse(copy.at));
    copies.into_iter().find(|copy| !tried(copy)).cloned()
}

/// The copy that is taken.
///
/// # Errors
/// Why none is: of each that was looked into.
pub fn chosen<'a>(ask: &BackupAsk, look: &'a BackupLook) -> Result<&'a Proof, String> {
    let mut reasons = Vec::new();
    for proof in &look.proofs {
        match rejected(ask, look, proof) {
            None => return Ok(proof),
            Some(why) => reasons.push(why),
        }
    }
    if reasons.is_empty() {
        return Err(format!("there is no copy at {}", ask.spec.way.place()));
    }
    let more = if ask.from.is_none() { "; `--from` names another one" } else { "" };
    Err(format!("{}{more}", reasons.join("; ")))
}

/// Why data is not brought back from that one. What somebody names is theirs to judge, unless it cannot
/// be read.
pub fn rejected(ask: &BackupAsk, look: &BackupLook, proof: &Proof) -> Option<String> {
    let name = &proof.copy.name;
    let broken = match &proof.checked.integrity {
        Integrity::Corrupt(why) => Some(format!("{name} cannot be read: {why}")),
        Integrity::Empty => Some(format!("{name} holds nothing")),
        // What a restore has left beside was written to until then.
        Integrity::Writing if proof.folder && ask.from.is_some() => None,
        Integrity::Writing => Some(format!("{name} is still being written")),
        Integrity::Good | Integrity::Unknown(_) => None,
    };
    if broken.is_some() {
        return broken;
    }
    if proof.sum == Sum::Bad {
        return Some(format!("{name} is not what its checksum says"));
    }
    if ask.from.is_some() { None } else { doubts(ask, look, proof).into_iter().next() }
}

/// What speaks against a copy that can be read.
pub fn doubts(ask: &BackupAsk, look: &BackupLook, proof: &Proof) -> Vec<String> {
    let (spec, name) = (&ask.spec, &proof.copy.name);
    let mut all = Vec::new();
    if let Ok(compared) = &proof.checked.comparison
        && let Source::Wrong(why) = by_content(compared)
    {
        all.push(format!("{name} may be of something else than the source: {why}"));
    }
    if matches!(proof.checked.integrity, Integrity::Writing) {
        all.push(format!("{name} was changed less than a minute ago"));
    }
    let age = age(look, proof);
    if age > spec.every.saturating_add(grace(spec)) {
        all.push(format!("{name} is {} old: it is not fresh", words(age)));
    }
    if !counts(spec, &look.facts, &proof.copy) && !proof.folder {
        all.push(format!("{name} does not count: it is too small, or from the future"));
    }
    let usual = median(spec, &look.facts, &proof.copy);
    if let (Some(size), Some(usual)) = (proof.copy.size, usual)
        && size < usual / 2
        && !proof.folder
    {
        all.push(format!("{name} has {size} bytes, and {usual} are usual"));
    }
    all
}

/// How old a copy is, by its host's clock.
pub fn age(look: &BackupLook, proof: &Proof) -> Duration {
    let since = look.facts.taken.saturating_sub(moment(proof));
    Duration::from_secs(u64::try_from(since).unwrap_or(0))
}

/// As of when its data is, in seconds on its host's clock: of a directory its newest file.
pub fn moment(proof: &Proof) -> i64 {
    let newest = proof.checked.comparison.as_ref().ok().and_then(|compared| compared.newest_copied);
    if proof.folder { newest.unwrap_or(proof.copy.at) } else { proof.copy.at }
}

/// What was written since a copy was made and is lost with it; none where nobody knows.
pub fn lost(proof: &Proof) -> Option<Duration> {
    let live = proof.checked.comparison.as_ref().ok()?.newest_live?;
    Some(Duration::from_secs(u64::try_from(live.saturating_sub(moment(proof))).unwrap_or(0)))
}

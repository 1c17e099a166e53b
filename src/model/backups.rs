//! The verdict on each backup of a host. A backup counts only if it is large enough and could be
//! read to its end; its age is that of the newest one that counts, on the host's own clock.

mod content;
mod glob;
mod job;
mod size;
mod verdict;
mod writing;

use std::time::Duration;

use super::backup::{BackupFacts, BackupSpec, Checked, Copy, Integrity, Keep, Place, Way};
use super::finding::Subject;
use super::fleet::Env;
use super::found::Found;
use super::host::Host;
use super::ids::BackupName;
use super::job::{JobFacts, JobVerdict};
use super::retention;
use super::screen::BackupId;
use super::script::Pruned;
use super::severity::Severity;
use super::span::words;
use super::time::Timestamp;

pub use content::{Source, began, by_content, is_doubtful, is_of, reads_other, source};
pub use job::{grace, job, twins};
pub use size::median;
pub use verdict::BackupVerdict;
pub use writing::{is_unsettled, moving};

/// How often copies are listed.
pub const PACE: Duration = Duration::from_secs(60);

/// Something that is wrong with a backup.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Problem {
    /// What.
    pub verdict: BackupVerdict,
    /// How bad.
    pub severity: Severity,
    /// A sentence, without a number that changes each second.
    pub detail: String,
}

/// A backup with its verdict.
#[derive(Clone, PartialEq, Debug)]
pub struct BackupRow<'a> {
    /// Where.
    pub env: &'a Env,
    /// Where.
    pub host: &'a Host,
    /// What is promised.
    pub spec: &'a BackupSpec,
    /// What is known; none before it was read once.
    pub facts: Option<&'a BackupFacts>,
    /// The newest copy, good or not, that is no longer being written; the first one may be.
    pub newest: Option<&'a Copy>,
    /// The newest copy that counts.
    pub good: Option<&'a Copy>,
    /// Age of the newest copy that counts.
    pub age: Option<Duration>,
    /// What runs it, where that is known.
    pub run: Option<&'a JobFacts>,
    /// All that is wrong, the worst first.
    pub problems: Vec<Problem>,
    /// The first of these, else fresh.
    pub verdict: BackupVerdict,
    /// How bad.
    pub severity: Severity,
    /// Why, in a sentence.
    pub detail: String,
    /// The reading is too old to be trusted.
    pub stale: bool,
    /// What the doctor found about it.
    pub found: Option<Found>,
}

impl<'a> BackupRow<'a> {
    /// The row's identity.
    pub fn id(&self) -> BackupId {
        BackupId { host: self.host.id(&self.env.name), name: self.spec.name.clone() }
    }

    /// The worse of the verdict and of what was found.
    pub const fn shown_severity(&self) -> Severity {
        Found::worse(self.found.as_ref(), self.severity)
    }

    /// What is known of the newest copy's content.
    pub fn check(&self) -> Option<&'a Checked> {
        self.facts?.check(self.newest?)
    }

    /// That problem, where it has it.
    pub fn problem(&self, verdict: BackupVerdict) -> Option<&Problem> {
        self.problems.iter().find(|problem| problem.verdict == verdict)
    }

    /// A moment of the host's wall clock, in seconds, on the console's clock.
    pub fn wall(&self, secs: i64) -> Option<Timestamp> {
        self.host.wall(secs.saturating_mul(1_000_000))
    }
}

/// All backups of an environment, as the config has them.
pub fn judge_env(env: &Env, now: Timestamp) -> impl Iterator<Item = BackupRow<'_>> {
    let on = env.backups.iter().filter_map(|spec| Some((env.hosts.get(&spec.host)?, spec)));
    on.map(move |(host, spec)| row(env, host, spec, now))
}

/// One backup, by its name.
pub fn judge_one<'a>(env: &'a Env, name: &BackupName, now: Timestamp) -> Option<BackupRow<'a>> {
    let spec = env.backups.iter().find(|spec| spec.name == *name)?;
    Some(row(env, env.hosts.get(&spec.host)?, spec, now))
}

/// All backups of a host.
pub fn judge<'a>(env: &'a Env, host: &'a Host, now: Timestamp) -> Vec<BackupRow<'a>> {
    env.backups
        .iter()
        .filter(|spec| spec.host == host.spec.name)
        .map(|spec| row(env, host, spec, now))
        .collect()
}

fn row<'a>(env: &'a Env, host: &'a Host, spec: &'a BackupSpec, now: Timestamp) -> BackupRow<'a> {
    let observed = host.backups.get(&spec.name);
    let facts = observed.and_then(super::observed::Observed::value);
    let stale = !matches!(spec.way, Way::Nothing(_))
        && (!host.link.is_up() || observed.is_none_or(|observed| observed.is_stale(now, PACE)));
    let mut row = BackupRow {
        env,
        host,
        spec,
        facts,
        newest: facts.and_then(|facts| writing::newest(spec, facts)),
        good: facts.and_then(|facts| facts.copies.iter().find(|copy| counts(spec, facts, copy))),
        age: None,
        run: job::run(host, spec, facts),
        problems: Vec::new(),
        verdict: BackupVerdict::Fresh,
        severity: Severity::Ok,
        detail: String::new(),
        stale,
        found: Found::about(
            &host.findings,
            |subject| matches!(subject, Subject::Backup(name) if *name == spec.name),
        ),
    };
    if let (Some(facts), Some(good)) = (facts, row.good) {
        // The host's clock goes on from when it was read.
        let since = observed.and_then(super::observed::Observed::as_of);
        let since = since.map_or(Duration::ZERO, |at| now.since(at));
        let then = u64::try_from(facts.taken.saturating_sub(good.at)).unwrap_or(0);
        row.age = Some(Duration::from_secs(then).saturating_add(since));
    }
    match (&spec.way, facts) {
        (Way::Nothing(reason), _) => row.problems.push(Problem {
            verdict: BackupVerdict::Missing,
            severity: Severity::Info,
            detail: format!("none, on purpose: {reason}"),
        }),
        (_, Some(facts)) => row.problems = problems(&row, facts, now),
        (_, None) => {}
    }
    row.problems.sort_by_key(|problem| std::cmp::Reverse(problem.severity.rank()));
    if let Some(worst) = row.problems.first() {
        row.verdict = worst.verdict;
        row.severity = worst.severity;
        row.detail.clone_from(&worst.detail);
    }
    if stale {
        let fault = observed.and_then(super::observed::Observed::fault);
        let fault = fault.or_else(|| host.link.fault());
        row.severity = Severity::Unknown;
        if facts.is_none() {
            row.verdict = BackupVerdict::Unverified;
            row.detail = fault.map_or_else(|| "not read yet".to_owned(), ToString::to_string);
        }
    }
    row
}

/// Whether a copy is worth anything, as far as is known.
pub fn counts(spec: &BackupSpec, facts: &BackupFacts, copy: &Copy) -> bool {
    !content::is_broken(spec, facts, copy)
        && !is_from_the_future(facts, copy)
        && !is_unsettled(spec, facts, copy)
        && size::too_small(spec, copy).is_none()
}

/// A host's clock may be set back a little between a copy and its reading.
const CLOCK: i64 = 300;

/// Whether a copy says that it is younger than now: nobody can tell how old it is.
fn is_from_the_future(facts: &BackupFacts, copy: &Copy) -> bool {
    copy.at.saturating_sub(facts.taken) > CLOCK
}

/// All that is wrong, by facts that are as they are.
fn problems(row: &BackupRow<'_>, facts: &BackupFacts, now: Timestamp) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut add = |verdict, severity, detail: String| {
        problems.push(Problem { verdict, severity, detail });
    };
    let place = row.spec.way.place();
    match facts.place {
        Place::Missing => {
            add(BackupVerdict::Missing, Severity::Critical, format!("{place}: no such directory"));
            return problems;
        }
        Place::NotDirectory => {
            add(BackupVerdict::Missing, Severity::Critical, format!("{place}: not a directory"));
            return problems;
        }
        Place::Denied => {
            let detail = format!("{place}: we may not look there");
            add(BackupVerdict::Unverified, Severity::Unknown, detail);
            return problems;
        }
        Place::Read => {}
    }
    let Some(newest) = row.newest else {
        let never = row.run.map(|run| run.judge(None, grace(row.spec), now));
        let (verdict, detail) = if never == Some(JobVerdict::NeverRan) {
            (BackupVerdict::NeverRan, "what makes it has never run".to_owned())
        } else {
            let why = facts.warnings.first().filter(|_| !matches!(row.spec.way, Way::Files { .. }));
            let why = why.map_or_else(|| "nothing matches".to_owned(), ToString::to_string);
            (BackupVerdict::Missing, format!("{place}: {why}"))
        };
        add(verdict, Severity::Critical, detail);
        return problems;
    };
    if let Some(why) = writing::unsettled(row.spec, facts) {
        add(BackupVerdict::Unverified, Severity::Info, why);
    }
    // It is the only one: there is nothing else to be said yet.
    if is_unsettled(row.spec, facts, newest) {
        return problems;
    }
    if is_from_the_future(facts, newest) {
        let detail = format!("{} is dated in the future: nobody can tell its age", newest.name);
        add(BackupVerdict::Unverified, Severity::Warning, detail);
    }
    if let Some(why) = content::broken(row.spec, facts, newest) {
        add(BackupVerdict::Corrupt, Severity::Critical, why);
    }
    match source(row) {
        Source::Wrong(why) => add(BackupVerdict::WrongSource, Severity::Critical, why),
        Source::Doubtful(why) => add(BackupVerdict::Unverified, Severity::Warning, why),
        Source::Unknown(why) => add(BackupVerdict::Unverified, Severity::Info, why),
        Source::Right | Source::None => {}
    }
    let limit = row.spec.every.saturating_add(row.spec.grace);
    match row.age {
        None => {
            let detail = "no copy is whole, large enough and of a known age".to_owned();
            add(BackupVerdict::Late, Severity::Critical, detail);
        }
        Some(age) if age > limit => {
            let (age, limit) = (words(age), words(limit));
            let detail = match row.spec.way {
                Way::Git { .. } => {
                    format!("{}: for {age}, and {limit} is the limit", facts.warnings.join(", "))
                }
                Way::Files { .. }
                | Way::Restic { .. }
                | Way::Borg { .. }
                | Way::Command(_)
                | Way::Nothing(_) => {
                    format!("the newest good one is {age} old, and {limit} is the limit")
                }
            };
            add(BackupVerdict::Late, Severity::Critical, detail);
        }
        Some(_) => {}
    }
    if let Some((severity, why)) = size::shrunk(row.spec, facts, newest) {
        add(BackupVerdict::Shrunk, severity, why);
    }
    if let Some(why) = thin(row.spec, facts) {
        add(BackupVerdict::ThinRetention, Severity::Warning, why);
    }
    // These have no content of their own.
    if matches!(row.spec.way, Way::Git { .. } | Way::Command(_) | Way::Nothing(_)) {
        return problems;
    }
    let unchecked = facts.check(newest).map(|check| &check.integrity);
    match unchecked {
        Some(Integrity::Unknown(why)) => {
            add(BackupVerdict::Unverified, Severity::Info, format!("not checked: {why}"));
        }
        None => add(BackupVerdict::Unverified, Severity::Info, "not checked yet".to_owned()),
        Some(Integrity::Good | Integrity::Writing | Integrity::Empty | Integrity::Corrupt(_)) => {}
    }
    problems
}

/// Why fewer are kept than should be, or can ever be.
fn thin(spec: &BackupSpec, facts: &BackupFacts) -> Option<String> {
    let keep = spec.keep?;
    if matches!(spec.way, Way::Git { .. } | Way::Command(_) | Way::Nothing(_)) {
        return None;
    }
    let wanted = retention::wanted(keep, spec.every);
    if let Some(kept) = facts.job.as_ref().and_then(|job| job.keeps.as_ref()) {
        let reach = match kept.keep {
            Pruned::Count(count) => retention::horizon(count, spec.every),
            Pruned::Days(days) => Duration::from_secs(u64::from(days) * 86_400),
        };
        if reach < wanted {
            return Some(format!(
                "it can never reach back {}: what makes it keeps {}, which is {}",
                words(wanted),
                match kept.keep {
                    Pruned::Count(count) => format!("{count} copies"),
                    Pruned::Days(days) => format!("{days} days"),
                },
                words(reach)
            ));
        }
    }
    let good: Vec<i64> =
        facts.copies.iter().filter(|copy| counts(spec, facts, copy)).map(|copy| copy.at).collect();
    match keep {
        Keep::Count(count) => {
            let oldest = good.iter().min()?;
            let span = u64::try_from(facts.taken.saturating_sub(*oldest)).unwrap_or(0);
            let limit = wanted.saturating_add(spec.grace);
            let there = good.len() as u64;
            // Fewer copies than that over a longer time: some are not there.
            let full = Duration::from_secs(span) > limit;
            (full && there < u64::from(count) && facts.count < u64::from(count))
                .then(|| format!("{there} good copies are there, and {count} should be"))
        }
        Keep::Gfs { daily, weekly, monthly } => {
            let all = retention::coverage(&good, (daily, weekly, monthly), facts.taken);
            let gaps: Vec<String> = all
                .iter()
                .filter(|kind| kind.met() < kind.covered.len())
                .map(|kind| format!("{} {} of {}", kind.name, kind.met(), kind.covered.len()))
                .collect();
            (!gaps.is_empty()).then(|| format!("gaps in what is kept: {}", gaps.join(", ")))
        }
    }
}

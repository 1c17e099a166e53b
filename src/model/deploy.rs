//! How a service comes by another revision of itself, and what a host says of the one it has.

mod behind;
pub mod copy;
mod reference;
pub mod template;

pub use behind::Behind;
pub use reference::is_reference;

use std::time::Duration;

use self::copy::{CopyAsk, CopyLook, CopySpec, Origin};
use self::template::TemplateSpec;
use super::ids::{BackupName, EnvName};
use super::text::clean;
use super::words::words;

/// `deploy` of a service.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DeploySpec {
    /// How.
    pub strategy: Strategy,
    /// POSIX sh that builds, beside what runs; it has `REVISION`.
    pub build: Option<Box<str>>,
    /// Whose rights all of it has besides the unit's own start; none is the directory's owner.
    pub user: Option<Box<str>>,
    /// POSIX sh, run as root, that has to succeed before anything is changed where something was deployed
    /// before, and again before the service is made to use what came: such as `nginx -t`.
    pub verify: Option<Box<str>>,
    /// What is done to its data before it is made the current one.
    pub migration: Option<Migration>,
    /// What makes the service use it.
    pub then: Then,
    /// A step of it is ended after so long.
    pub timeout: Duration,
    /// MiB that have to be free where it is put.
    pub free: u64,
    /// In this environment the same service has to run that very revision, and be well.
    pub after: Option<EnvName>,
    /// This backup of the environment has to be fresh.
    pub backup: Option<BackupName>,
    /// How long a rollback may take (RTO): what a drill measures stands beside it.
    pub rollback_within: Option<Duration>,
}

/// What makes data fit another revision.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Migration {
    /// POSIX sh, run in what was staged, with the rights of its owner; it has `REVISION`.
    pub run: Box<str>,
    /// Says what that would do, and that it can, and changes nothing.
    pub dry_run: Option<Box<str>>,
    /// Takes it back; without it what was there before has to work with the data as they are then.
    pub undo: Option<Box<str>>,
    /// It takes something away for good: what was there before does not work with the data any more.
    pub contract: bool,
}

/// As long as a step may take where the config does not say.
pub const TIMEOUT: Duration = Duration::from_secs(900);
/// MiB that have to be free where the config does not say.
pub const FREE: u64 = 256;

/// The way of a deploy.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Strategy {
    /// What the user wrote.
    Script {
        /// Does it; it has `REVISION` where one was named.
        run: Box<str>,
        /// Takes it back.
        undo: Option<Box<str>>,
        /// Prints what is there.
        revision: Option<Box<str>>,
    },
    /// A work tree of git, moved to another commit in place.
    Git {
        /// The remote's name or address.
        remote: Box<str>,
        /// A branch or a tag there.
        reference: Box<str>,
        /// What the build makes, by paths in the tree: taken over from where it was built.
        built: Vec<Box<str>>,
    },
    /// A directory for each release, and a link to the current one.
    Release {
        /// Where git fetches from.
        repository: Box<str>,
        /// A branch or a tag there.
        reference: Box<str>,
        /// Paths that all releases have in common.
        shared: Vec<Box<str>>,
        /// So many that were healthy are kept.
        keep: u16,
    },
    /// A directory that is copied into another one in place; by `static` one that a web server hands out.
    Rsync(CopySpec),
    /// Its unit file, made from a template.
    UnitTemplate(TemplateSpec),
}

impl Strategy {
    /// The word in the config.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Script { .. } => "script",
            Self::Git { .. } => "git",
            Self::Release { .. } => "release",
            Self::Rsync(spec) => {
                if spec.served {
                    "static"
                } else {
                    "rsync"
                }
            }
            Self::UnitTemplate(_) => "unit-template",
        }
    }

    /// The host's word for how it is looked at.
    const fn way(&self) -> &'static str {
        match self {
            Self::Rsync(_) => "rsync",
            Self::Script { .. }
            | Self::Git { .. }
            | Self::Release { .. }
            | Self::UnitTemplate(_) => self.name(),
        }
    }
}

words! {
    /// What is asked of a deploy besides what its hosts say, and may be left out by its name.
    Preflight;
    After "after" "the environment before has to run that revision, and be well";
    Backup "backup" "the backup has to be fresh";
    Freeze "freeze" "no freeze of the config is in force";
    Git "git" "what is copied from here is committed and pushed";
}

/// What makes a service use what was put there.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Then {
    /// It is stopped and started.
    Restart,
    /// It reads it by itself when it is told to.
    Reload,
    /// Nothing: it reads it each time.
    Nothing,
}

/// What a host is asked about a deploy before one is planned.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DeployAsk {
    /// The strategy's word.
    pub strategy: Box<str>,
    /// Where it lives.
    pub directory: Box<str>,
    /// Whose it is; empty is the directory's owner.
    pub user: Box<str>,
    /// Where git fetches from; empty where it does not.
    pub remote: Box<str>,
    /// A branch, a tag or a commit there; empty is none.
    pub wanted: Box<str>,
    /// A script that prints the revision, or the unit file that would come; empty is none.
    pub script: Box<str>,
    /// Of what is copied: what is taken of a directory.
    pub rules: Vec<Box<str>>,
    /// From where, where something is.
    pub copy: Option<CopyAsk>,
}

impl DeploySpec {
    /// The environment that it is copied from.
    pub const fn copies_from(&self) -> Option<&EnvName> {
        match &self.strategy {
            Strategy::Rsync(CopySpec { from: Origin::Env(env), .. }) => Some(env),
            _ => None,
        }
    }

    /// Whether a deploy rests on what that environment has.
    pub fn rests_on(&self, env: &EnvName) -> bool {
        self.after.as_ref() == Some(env) || self.copies_from() == Some(env)
    }

    /// What to ask of a host. `wanted` is a revision in place of the config's, or one that is gone back
    /// to, which is fetched from nowhere.
    pub fn ask(
        &self,
        directory: &str,
        data: &[Box<str>],
        wanted: Option<&str>,
        fetch: bool,
    ) -> DeployAsk {
        let (remote, reference) = match &self.strategy {
            Strategy::Script { .. } | Strategy::Rsync(_) | Strategy::UnitTemplate(_) => ("", ""),
            Strategy::Git { remote, reference, .. } => (&**remote, &**reference),
            Strategy::Release { repository, reference, .. } => (&**repository, &**reference),
        };
        let script = match &self.strategy {
            Strategy::Script { revision, .. } => revision.as_deref().unwrap_or_default(),
            Strategy::Git { .. }
            | Strategy::Release { .. }
            | Strategy::Rsync(_)
            | Strategy::UnitTemplate(_) => "",
        };
        let (rules, copy) = match &self.strategy {
            Strategy::Rsync(spec) => {
                let rules = spec.rules(directory, data, false);
                let from = match &spec.from {
                    Origin::Directory(from) => Some(from.clone()),
                    Origin::Env(_) => None,
                };
                let copy = from.map(|from| CopyAsk { from, rules: rules.clone() });
                (rules, copy.filter(|_| fetch))
            }
            Strategy::Script { .. }
            | Strategy::Git { .. }
            | Strategy::Release { .. }
            | Strategy::UnitTemplate(_) => (Vec::new(), None),
        };
        DeployAsk {
            strategy: self.strategy.way().into(),
            directory: directory.into(),
            user: self.user.clone().unwrap_or_default(),
            remote: if fetch { remote.into() } else { Box::default() },
            wanted: if fetch { wanted.unwrap_or(reference).into() } else { Box::default() },
            script: script.into(),
            rules,
            copy,
        }
    }
}

/// What a host says of what is deployed there.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct DeployLook {
    /// The user it belongs to.
    pub owner: Box<str>,
    /// The revision that is there; empty where none is.
    pub current: Box<str>,
    /// Of releases: where the link points to.
    pub link: Box<str>,
    /// There is nothing where it points to.
    pub gone: bool,
    /// The commit that is asked for.
    pub wanted: Box<str>,
    /// The address that it comes from.
    pub from: Box<str>,
    /// Files that were changed by hand, as `git status` writes them.
    pub changed: Vec<Box<str>>,
    /// A sum over all of that.
    pub tree: Box<str>,
    /// Commits that come, newest first: number and subject.
    pub commits: Vec<Box<str>>,
    /// How many come.
    pub ahead: Option<u32>,
    /// How many are there that are not in what comes.
    pub behind: Option<u32>,
    /// Files that differ, as `git diff --stat` has them in one line.
    pub stat: Box<str>,
    /// MiB that are free there.
    pub free: Option<u64>,
    /// What was deployed, the newest first.
    pub releases: Vec<Release>,
    /// How a unit file differs from the one that would come, as `diff -u` writes it.
    pub diff: Vec<Box<str>>,
    /// What could not be found out, and why.
    pub faults: Vec<Box<str>>,
    /// Of what is copied: where what is beside it is kept.
    pub store: Box<str>,
    /// Of what is kept there, by its name: the sum of its list.
    pub sums: Vec<(Box<str>, Box<str>)>,
    /// What a copy would change.
    pub copy: Option<CopyLook>,
}

impl DeployLook {
    /// Releases since data was migrated for good the last time, the newest first; and that migration,
    /// behind which nothing goes back.
    pub fn reachable(&self) -> (&[Release], Option<&Release>) {
        let at = self.releases.iter().position(|release| release.kind == ReleaseKind::Contract);
        let known = at.and_then(|at| self.releases.get(..at)).unwrap_or(&self.releases);
        (known, at.and_then(|at| self.releases.get(at)))
    }

    /// What one can go back to, the newest first: each revision once, without the one that is there.
    pub fn choices(&self) -> Vec<&Release> {
        let mut choices: Vec<&Release> = Vec::new();
        let known = self.reachable().0.iter();
        for release in known.filter(|release| release.healthy && release.kept) {
            let known = choices.iter().any(|one| one.revision == release.revision);
            if !known && release.revision != self.current {
                choices.push(release);
            }
        }
        choices
    }
}

/// What a line of a host's record is about.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum ReleaseKind {
    /// It was deployed.
    #[default]
    Deploy,
    /// Data was migrated for it, for good.
    Contract,
    /// It was deployed, and a drill had it fail.
    Drill,
}

/// Something that was deployed.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Release {
    /// Its name on the host: what `rollback --to` takes.
    pub id: Box<str>,
    /// Of what.
    pub revision: Box<str>,
    /// Whether it passed its gate once.
    pub healthy: bool,
    /// What the line is about.
    pub kind: ReleaseKind,
    /// It is there still, so that one can go back to it.
    pub kept: bool,
    /// When, in seconds since 1970 by the host's clock.
    pub at: i64,
    /// Who.
    pub by: Box<str>,
}

/// What is deployed of a service, as its host has written it down.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Deployed {
    /// Whose: what is locked there.
    pub subject: Box<str>,
    /// The newest.
    pub release: Release,
}

impl Release {
    /// Reads a line of the host's record: moment, name, word, revision, who.
    pub fn parse(line: &str) -> Option<Self> {
        let mut words = line.splitn(5, ' ');
        let at = words.next()?.parse().ok()?;
        let id = clean(words.next()?, 64);
        let word = words.next()?;
        let revision = clean(words.next()?, 80);
        let by = clean(words.next().unwrap_or_default(), 100);
        let release = Self {
            id: id.into(),
            revision: revision.into(),
            healthy: word == "healthy",
            kind: match word {
                "contract" => ReleaseKind::Contract,
                "drilled" => ReleaseKind::Drill,
                _ => ReleaseKind::Deploy,
            },
            kept: true,
            at,
            by: by.into(),
        };
        Some(release)
    }

    /// The revision as it is shown.
    pub fn short(&self) -> &str {
        short(&self.revision)
    }
}

/// A commit's number in short; any other revision as it is.
pub fn short(revision: &str) -> &str {
    let hex = revision.len() == 40 && revision.bytes().all(|b| b.is_ascii_hexdigit());
    if hex { revision.get(..10).unwrap_or(revision) } else { revision }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_the_record_is_read_and_a_bad_one_is_not() {
        let sha = "0123456789abcdef0123456789abcdef01234567";
        let line = format!("1790000000 01M809S3S193T96SBPYXPC1PMP healthy {sha} ana@desk (1000)");
        let release = Release::parse(&line).unwrap();
        assert_eq!((release.at, release.healthy), (1_790_000_000, true));
        assert_eq!((release.short(), &*release.by), ("0123456789", "ana@desk (1000)"));
        assert!(!Release::parse("1 A reverted x y").unwrap().healthy);
        for bad in ["", "x A healthy r b", "1 A healthy"] {
            assert_eq!(Release::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn only_a_commit_is_shortened() {
        assert_eq!(short("v1.2.3"), "v1.2.3");
        assert_eq!(short("zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz").len(), 40);
    }
}

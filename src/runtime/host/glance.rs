//! What of a host's units other parts of its reading go by: which are down, and on which paths
//! they rest.

use std::collections::{BTreeMap, BTreeSet};

use tokio::sync::watch;

use crate::model::ids::UnitName;
use crate::model::unit::{ActiveState, UnitFacts};

/// As many units are kept.
const MOST: usize = 1024;
/// So often started again is a loop, also while it runs (as `model::instance` has it).
const LOOPS: u32 = 3;

/// A unit that went down.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Down {
    /// The run that ended; empty where it is not known.
    pub(super) invocation: Box<str>,
    /// When, on the host's monotonic clock.
    pub(super) at: Option<u64>,
    /// The smaller, the worse.
    pub(super) rank: u8,
}

/// What matters of one unit.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Glance {
    /// It is down, or was before it was started again.
    pub(super) down: Option<Down>,
    /// Its files, and where it works.
    pub(super) paths: Vec<Box<str>>,
    /// What it may write, as `ReadWritePaths=` has it.
    pub(super) open: Vec<Box<str>>,
}

/// All units of a host, once they have been read.
pub(super) type Units = Option<BTreeMap<UnitName, Glance>>;

/// Tells whoever waits for it.
#[derive(Default)]
pub(super) struct Glances(watch::Sender<Units>);

impl Glances {
    /// Waits for news.
    pub(super) fn subscribe(&self) -> watch::Receiver<Units> {
        self.0.subscribe()
    }

    /// Takes readings.
    pub(super) fn take(&self, read: &[(UnitName, UnitFacts)]) {
        self.0.send_if_modified(|units| {
            let mut other = units.is_none();
            let units = units.get_or_insert_default();
            for (unit, facts) in read {
                let before = units.get(unit);
                let now = glance(facts, before);
                if before != Some(&now) && (before.is_some() || units.len() < MOST) {
                    units.insert(unit.clone(), now);
                    other = true;
                }
            }
            other
        });
    }
}

fn glance(facts: &UnitFacts, before: Option<&Glance>) -> Glance {
    let plain = |path: &str| path.trim_start_matches(['-', '+', '!']).to_owned();
    let rests = [&*facts.fragment, &*facts.directory].into_iter();
    let files = facts.drop_ins.iter().chain(&facts.env_files).map(|path| &**path);
    let paths: BTreeSet<String> =
        rests.chain(files).map(plain).filter(|path| path.starts_with('/')).collect();
    let open = facts.sandbox.read_write.iter().chain(&facts.sandbox.read_only);
    let open = open.map(|path| plain(path)).filter(|path| path.starts_with('/'));
    Glance {
        down: down(facts, before.and_then(|before| before.down.as_ref())),
        paths: paths.into_iter().map(String::into_boxed_str).collect(),
        open: open.map(String::into_boxed_str).collect(),
    }
}

fn down(facts: &UnitFacts, before: Option<&Down>) -> Option<Down> {
    let ended = |rank| {
        let at = facts.exit.and_then(|exit| exit.at).or(facts.changed);
        Some(Down { invocation: facts.invocation.clone(), at, rank })
    };
    match facts.active {
        ActiveState::Failed => ended(0),
        // `auto-restart`, and since systemd 254 `auto-restart-queued`.
        ActiveState::Activating if facts.sub.starts_with("auto-restart") => ended(1),
        ActiveState::Active
        | ActiveState::Reloading
        | ActiveState::Activating
        | ActiveState::Deactivating
        | ActiveState::Inactive
        | ActiveState::Other => {
            // This run has said nothing yet; the one before is what matters.
            let loops = facts.restarts_itself() && facts.n_restarts.is_some_and(|n| n >= LOOPS);
            let unseen = || loops.then(|| Down { rank: 2, ..Down::default() });
            before.cloned().or_else(unseen)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(active: ActiveState, sub: &str, invocation: &str) -> UnitFacts {
        UnitFacts {
            active,
            sub: sub.into(),
            invocation: invocation.into(),
            restart: "always".into(),
            ..UnitFacts::default()
        }
    }

    #[test]
    fn the_run_that_ended_is_asked_about_not_the_one_that_just_began() {
        let glances = Glances::default();
        let unit = UnitName::new("a.service");
        let down = |glances: &Glances| {
            glances
                .0
                .borrow()
                .as_ref()
                .and_then(|units| units.get(&UnitName::new("a.service"))?.down.clone())
        };
        glances.take(&[(unit.clone(), facts(ActiveState::Active, "running", "one"))]);
        assert_eq!(down(&glances), None);
        glances.take(&[(unit.clone(), facts(ActiveState::Activating, "auto-restart", "one"))]);
        assert_eq!(&*down(&glances).unwrap().invocation, "one");
        glances.take(&[(unit.clone(), facts(ActiveState::Active, "running", "two"))]);
        assert_eq!(&*down(&glances).unwrap().invocation, "one");
        glances.take(&[(unit, facts(ActiveState::Failed, "failed", "two"))]);
        assert_eq!(&*down(&glances).unwrap().invocation, "two");
    }

    #[test]
    fn a_loop_that_began_before_us_is_asked_about_without_its_run() {
        let mut running = facts(ActiveState::Active, "running", "nine");
        assert_eq!(glance(&running, None).down, None);
        running.n_restarts = Some(9);
        assert_eq!(glance(&running, None).down, Some(Down { rank: 2, ..Down::default() }));
    }
}

//! Stamps of files and directories that were read: looked at once an interval, all by one question,
//! so that what seldom changes is read again when it has, and not each time to find out.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::watch;

use super::serve::Shared;
use crate::model::fault::Fault;
use crate::probe::paths::parse_stamps;
use crate::runtime::transport::Transport;

/// For one look; on the host it ends earlier.
const DEADLINE: Duration = Duration::from_secs(12);
/// After one that hangs.
const PAUSE: Duration = Duration::from_secs(60);
/// As many paths of each are looked at.
const MOST: usize = 256;

/// Who wants to know.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Who {
    /// Directories of copies, the newest copies, and sources.
    Backups,
    /// Tables of cron.
    Tables,
    /// Scripts.
    Scripts,
    /// Directories of units' files.
    Units,
}

/// What one look saw: a stamp for each path that is there and may be seen.
pub(super) type Seen = Arc<BTreeMap<Box<str>, Box<str>>>;

/// See the module.
pub(super) struct Stamps {
    wanted: Mutex<BTreeMap<Who, BTreeSet<Box<str>>>>,
    seen: watch::Sender<Option<Seen>>,
}

impl Default for Stamps {
    fn default() -> Self {
        Self { wanted: Mutex::default(), seen: watch::Sender::new(None) }
    }
}

impl Stamps {
    /// Takes which paths somebody wants to know about, instead of those before.
    pub(super) fn want(&self, who: Who, paths: impl IntoIterator<Item = Box<str>>) {
        let fit = |path: &str| path.starts_with('/') && !path.contains(['\n', '\0']);
        let paths = paths.into_iter().filter(|path| fit(path)).take(MOST).collect();
        self.wanted.lock().unwrap_or_else(PoisonError::into_inner).insert(who, paths);
    }

    /// Told of each look that differs from the one before.
    pub(super) fn subscribe(&self) -> watch::Receiver<Option<Seen>> {
        self.seen.subscribe()
    }

    /// What the last look saw; none where nothing could be seen.
    pub(super) fn last(&self) -> Option<Seen> {
        self.seen.borrow().clone()
    }

    fn asked(&self) -> BTreeSet<Box<str>> {
        let wanted = self.wanted.lock().unwrap_or_else(PoisonError::into_inner);
        wanted.values().flatten().cloned().collect()
    }
}

/// Whether these paths have other stamps than at the last call; what cannot be seen is no change.
pub(super) fn others(
    seen: Option<&Seen>,
    paths: &BTreeSet<Box<str>>,
    before: &mut Option<Vec<Option<Box<str>>>>,
) -> bool {
    let Some(seen) = seen else { return false };
    // The first ones after other paths were asked for may not have been asked about them yet.
    if !paths.iter().any(|path| seen.contains_key(path)) {
        return false;
    }
    let now: Vec<Option<Box<str>>> = paths.iter().map(|path| seen.get(path).cloned()).collect();
    let other = before.as_ref().is_some_and(|before| *before != now);
    *before = Some(now);
    other
}

/// Looks until the connection is gone.
pub(super) async fn run(transport: &dyn Transport, shared: &Shared) -> Fault {
    let mut hung = false;
    loop {
        let interval = shared.watch.borrow().interval;
        tokio::time::sleep(interval).await;
        let paths = shared.stamps.asked();
        if paths.is_empty() {
            continue;
        }
        let own = shared.facts.borrow().as_ref().is_some_and(|facts| facts.own_disks);
        let how = if own && !hung { "own" } else { "any" };
        let head = ["qd_stamps", how].into_iter();
        let argv: Vec<&str> = head.chain(paths.iter().map(|path| &**path)).collect();
        let answer = shared.slow.ask(transport, &argv, DEADLINE).await;
        // What cannot be asked tells nothing, and is read at its own pace.
        let seen = answer.ok().filter(|answer| answer.status == 0);
        let seen = seen.map(|answer| Arc::new(parse_stamps(&answer.text)));
        let hangs = seen.is_none();
        shared.stamps.seen.send_if_modified(|before| {
            let other = *before != seen;
            if other {
                *before = seen;
            }
            other
        });
        if hangs {
            // Whatever it is that hangs, it does so on what was taken for the host's own.
            hung = true;
            tokio::time::sleep(PAUSE).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_another_stamp_of_ones_own_paths_is_news() {
        let seen = |text: &str| Arc::new(parse_stamps(text));
        let paths: BTreeSet<Box<str>> = ["/a".into(), "/b c".into()].into();
        let mut before = None;
        assert!(!others(None, &paths, &mut before));
        assert!(!others(Some(&seen("1:1 0 5 5 /z\n")), &paths, &mut before));
        assert!(!others(Some(&seen("1:2 0 5 5 /a\n1:3 0 5 5 /b c\n")), &paths, &mut before));
        let more = seen("1:2 0 5 5 /a\n1:3 0 5 5 /b c\n1:1 0 9 9 /z\n");
        assert!(!others(Some(&more), &paths, &mut before));
        assert!(!others(None, &paths, &mut before), "not knowing is no change");
        assert!(others(Some(&seen("1:2 0 5 5 /a\n1:3 9 6 6 /b c\n")), &paths, &mut before));
        assert!(others(Some(&seen("1:2 0 5 5 /a\n")), &paths, &mut before), "it is gone");
    }

    #[test]
    fn each_takes_its_own_paths_back() {
        let stamps = Stamps::default();
        stamps.want(Who::Tables, ["/a".into(), "/b".into(), "relative".into(), "/a\nb".into()]);
        stamps.want(Who::Scripts, ["/b".into()]);
        assert_eq!(stamps.asked().len(), 2);
        stamps.want(Who::Tables, []);
        assert_eq!(stamps.asked(), ["/b".into()].into());
    }
}

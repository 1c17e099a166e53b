//! Directories and files that services rest on: looked at when units change and twice a minute;
//! walked through rarely, since that costs the host something.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use tokio::time::Instant;

use super::packages;
use super::serve::Shared;
use super::units::is_unit_file;
use crate::model::alike::is_alike;
use crate::model::fault::{Fault, FaultKind};
use crate::model::host::Part;
use crate::model::path::{PathFacts, PathKind};
use crate::msg::HostEvent;
use crate::probe::packages::DATABASES;
use crate::probe::paths::{Tree, parse_paths, parse_trees};
use crate::runtime::transport::Transport;

/// How often paths are looked at.
const PACE: Duration = Duration::from_secs(30);
/// How often directories are walked through.
const WALK: Duration = Duration::from_secs(300);
/// A unit that loops changes all the time: paths are not looked at more often than this.
const REST: Duration = Duration::from_secs(5);
/// For one look.
const DEADLINE: Duration = Duration::from_secs(12);
/// For one walk: each is given up on the host after eight seconds.
const WALK_DEADLINE: Duration = Duration::from_secs(15);
/// As many paths are looked at.
const MOST: usize = 512;
/// As many directories are walked through.
const WALKS: usize = 24;
/// As many files of each are counted.
const FILES: &str = "200000";
/// What tells that the system wants to be booted anew (Debian, Ubuntu; deb-systemd, needrestart).
const REBOOT: &str = "/run/reboot-required";

/// What is looked at.
#[derive(Default, PartialEq, Eq)]
struct Wanted {
    paths: Vec<Box<str>>,
    code: Vec<Box<str>>,
    data: Vec<Box<str>>,
}

/// Looks until the connection is gone.
pub(super) async fn run(transport: &dyn Transport, shared: &Shared) -> Fault {
    let mut known = shared.facts.subscribe();
    let mut units = shared.glances.subscribe();
    let mut watches = shared.watch.subscribe();
    let mut asked_now = shared.now.subscribe();
    let mut scripts = shared.scripts.subscribe();
    if known.wait_for(Option::is_some).await.is_err()
        || units.wait_for(Option::is_some).await.is_err()
    {
        return std::future::pending().await;
    }
    let mut before = Wanted::default();
    let mut trees = BTreeMap::new();
    let mut elevated = BTreeMap::new();
    let mut walked = None;
    let mut package_mark = None;
    let mut files: BTreeMap<Box<str>, Option<i64>> = BTreeMap::new();
    loop {
        units.mark_unchanged();
        let scripts_known = scripts.borrow_and_update().is_some();
        let wanted = wanted(shared);
        if wanted.code != before.code || wanted.data != before.data {
            walked = None;
        }
        before = wanted;
        let began = Instant::now();
        let walks = walked.is_none_or(|at: Instant| at.elapsed() >= WALK);
        if walks {
            elevated.clear();
        }
        let mut looked = look(transport, shared, &before.paths, &mut elevated).await;
        if walks {
            trees = walk(transport, shared, &before).await;
            walked = Some(began);
        }
        if let Ok(paths) = &looked {
            let now: BTreeMap<Box<str>, Option<i64>> = paths
                .iter()
                .filter(|(path, _)| is_unit_file(path))
                .map(|(path, facts)| (path.clone(), facts.changed))
                .collect();
            let other = |(path, changed)| files.get(path).is_some_and(|before| before != changed);
            if now.iter().any(other) {
                shared.refiled.notify_one();
            }
            files = now;
            packages::follow(transport, shared, paths, &mut package_mark).await;
        }
        if let Ok(paths) = &mut looked {
            for (path, tree) in &trees {
                if let Some(facts) = paths.get_mut(path) {
                    join(facts, tree);
                }
            }
        }
        shared.reporter.say(HostEvent::Paths(looked)).await;
        // They may name directories that are to be looked at as well.
        if scripts_known {
            shared.reporter.say(HostEvent::Part(Part::Paths)).await;
        }
        loop {
            tokio::select! {
                () = tokio::time::sleep_until(began + PACE) => break,
                changed = units.changed() => {
                    if changed.is_err() {
                        return std::future::pending().await;
                    }
                    // Only other paths are news; states come and go.
                    if self::wanted(shared) != before {
                        tokio::time::sleep_until(began + REST).await;
                        break;
                    }
                }
                _ = watches.changed() => break,
                changed = scripts.changed() => {
                    if changed.is_err() {
                        return std::future::pending().await;
                    }
                    break;
                }
                _ = asked_now.changed() => { walked = None; break }
            }
        }
    }
}

fn wanted(shared: &Shared) -> Wanted {
    let watch = shared.watch.borrow().clone();
    let mut paths: BTreeSet<Box<str>> = watch.code.iter().chain(&*watch.data).cloned().collect();
    let mut data: BTreeSet<Box<str>> = watch.data.iter().cloned().collect();
    paths.insert(REBOOT.into());
    paths.extend(DATABASES.map(Into::into));
    // What a script takes for the data has to be looked at, whether or not a unit names it.
    if let Some(scripts) = shared.scripts.borrow().as_deref() {
        let twin = |path: &&str| watch.data.iter().any(|data| is_alike(data, path));
        let twins: BTreeSet<&str> = scripts.paths().filter(twin).take(WALKS).collect();
        paths.extend(twins.iter().map(|path| Box::from(*path)));
        data.extend(twins.iter().map(|path| Box::from(*path)));
    }
    let units = shared.glances.subscribe();
    let units = units.borrow();
    for glance in units.iter().flat_map(BTreeMap::values) {
        paths.extend(glance.paths.iter().chain(&glance.open).cloned());
        // Whoever declares data wants to know whether it is there that it changes.
        if !watch.data.is_empty() {
            data.extend(glance.open.iter().cloned());
        }
    }
    // What is declared was inserted first, yet stands in order: never cut away for units' files.
    let declared = watch.code.iter().chain(&*watch.data).cloned();
    let mut list: Vec<Box<str>> = declared.collect();
    list.push(REBOOT.into());
    list.extend(DATABASES.map(Into::into));
    let rest: Vec<Box<str>> = paths.into_iter().filter(|path| !list.contains(path)).collect();
    list.extend(rest);
    list.truncate(MOST);
    let mut data: Vec<Box<str>> = data.into_iter().collect();
    data.truncate(WALKS);
    let mut code = watch.code.to_vec();
    code.truncate(WALKS);
    Wanted { paths: list, code, data }
}

async fn look(
    transport: &dyn Transport,
    shared: &Shared,
    paths: &[Box<str>],
    elevated: &mut BTreeMap<Box<str>, PathFacts>,
) -> Result<BTreeMap<Box<str>, PathFacts>, Fault> {
    let mut found = ask(transport, shared, "plain", paths).await?;
    let denied: Vec<Box<str>> = found
        .iter()
        .filter(|(_, facts)| facts.kind == PathKind::Denied)
        .filter(|(path, _)| !elevated.contains_key(*path))
        .map(|(path, _)| path.clone())
        .collect();
    if !denied.is_empty() && shared.root() == "sudo" {
        elevated.extend(ask(transport, shared, "sudo", &denied).await?);
    }
    // What needs root is looked at as rarely as directories are walked through: each time is a
    // line in the host's log of authentications.
    for (path, facts) in elevated.iter() {
        if let Some(slot) = found.get_mut(path).filter(|slot| slot.kind == PathKind::Denied) {
            slot.clone_from(facts);
        }
    }
    Ok(found)
}

async fn ask(
    transport: &dyn Transport,
    shared: &Shared,
    how: &str,
    paths: &[Box<str>],
) -> Result<BTreeMap<Box<str>, PathFacts>, Fault> {
    let mut argv = vec!["qd_paths", how];
    argv.extend(paths.iter().map(|path| &**path));
    let answer = shared.quick.ask(transport, &argv, DEADLINE).await?;
    if answer.status != 0 {
        let said = format!("it ended with {}", answer.status);
        return Err(Fault::new(FaultKind::Missing, "run stat", said));
    }
    Ok(parse_paths(paths, &answer.text))
}

/// One directory a question, so that others may ask in between.
async fn walk(
    transport: &dyn Transport,
    shared: &Shared,
    wanted: &Wanted,
) -> BTreeMap<Box<str>, Tree> {
    let mut trees = BTreeMap::new();
    let code = wanted.code.iter().map(|path| ("code", path));
    for (kind, path) in code.chain(wanted.data.iter().map(|path| ("all", path))) {
        let argv = ["qd_trees", shared.root(), kind, FILES, path];
        match shared.slow.ask(transport, &argv, WALK_DEADLINE).await {
            Ok(answer) => trees.extend(parse_trees(&answer.text)),
            Err(fault) => tracing::warn!("{path}: {fault}"),
        }
    }
    trees
}

fn join(facts: &mut PathFacts, tree: &Tree) {
    if facts.kind != PathKind::Directory {
        return;
    }
    facts.newest = tree.newest;
    facts.newest_file.clone_from(&tree.newest_file);
    facts.files = Some(tree.files);
    facts.bytes = Some(tree.bytes);
    facts.partial = tree.partial;
}

//! Directories and files that services rest on: what they are, when they changed, how much is in
//! them.

use std::collections::BTreeMap;

use crate::model::path::{PathFacts, PathKind};
use crate::model::text::clean;

/// Runs on the host.
pub const SCRIPT: &str = include_str!("paths.sh");

/// What lies below a directory.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Tree {
    /// The newest change of a file, in seconds on the host's wall clock.
    pub newest: Option<i64>,
    /// Of which file.
    pub newest_file: Option<Box<str>>,
    /// Files.
    pub files: u64,
    /// Bytes of them.
    pub bytes: u64,
    /// There is more than was looked at.
    pub partial: bool,
}

/// Reads an answer of `qd_paths` about these paths; one that is not in it is not there.
pub fn parse_paths(asked: &[Box<str>], text: &str) -> BTreeMap<Box<str>, PathFacts> {
    let mut paths: BTreeMap<Box<str>, PathFacts> =
        asked.iter().map(|path| (path.clone(), PathFacts::default())).collect();
    for line in text.lines() {
        if let Some(path) = line.strip_prefix("denied ") {
            if let Some(facts) = paths.get_mut(path) {
                facts.kind = PathKind::Denied;
            }
        } else if let Some((path, read)) = line.strip_prefix("stat ").and_then(stat)
            && let Some(facts) = paths.get_mut(path)
        {
            *facts = read;
        }
    }
    paths
}

/// Device, inode, last change, mode in hex, path.
fn stat(line: &str) -> Option<(&str, PathFacts)> {
    let mut words = line.splitn(5, ' ');
    let device = words.next()?.parse().ok()?;
    let inode = words.next()?.parse().ok()?;
    let changed = words.next()?.parse().ok()?;
    let mode = u32::from_str_radix(words.next()?, 16).ok()?;
    let path = words.next()?;
    // The file's type, inode(7).
    let kind = match mode & 0o170_000 {
        0o040_000 => PathKind::Directory,
        0o100_000 => PathKind::File,
        _ => PathKind::Other,
    };
    let facts = PathFacts {
        kind,
        identity: Some((device, inode)),
        changed: Some(changed),
        ..PathFacts::default()
    };
    Some((path, facts))
}

/// Reads an answer of `qd_trees`.
pub fn parse_trees(text: &str) -> BTreeMap<Box<str>, Tree> {
    let mut trees: BTreeMap<Box<str>, Tree> = BTreeMap::new();
    let mut path: Option<Box<str>> = None;
    for line in text.lines() {
        if let Some(root) = line.strip_prefix("tree ") {
            path = Some(root.into());
        } else if let Some(numbers) = line.strip_prefix("sum ") {
            if let (Some(path), Some(tree)) = (&path, sum(numbers)) {
                trees.insert(path.clone(), tree);
            }
        } else if let Some(name) = line.strip_prefix("newest ")
            && let Some(tree) = path.as_ref().and_then(|path| trees.get_mut(path))
            && !name.is_empty()
        {
            tree.newest_file = Some(clean(name, 512).into());
        }
    }
    trees
}

/// Newest change, bytes, files, whether that is all.
fn sum(line: &str) -> Option<Tree> {
    let mut words = line.split(' ');
    let newest: i64 = words.next()?.parse().ok()?;
    let bytes = words.next()?.parse().ok()?;
    let files = words.next()?.parse().ok()?;
    let whole = words.next()? == "1";
    let newest = (files > 0).then_some(newest);
    Some(Tree { newest, newest_file: None, files, bytes, partial: !whole })
}

/// Reads an answer of `qd_stamps`: words that are only compared, by path.
pub fn parse_stamps(text: &str) -> BTreeMap<Box<str>, Box<str>> {
    // A path with a line feed was not asked for; a line that is cut names no path that was.
    let stamp = |line: &str| {
        let (at, _) = line.match_indices(' ').nth(3)?;
        let (stamp, path) = line.split_at_checked(at)?;
        Some((path.get(1..)?.into(), stamp.into()))
    };
    text.lines().take(4096).filter_map(stamp).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_answered_is_missing_unless_it_was_denied() {
        let asked = ["/srv/a b".into(), "/root/x".into(), "/none".into(), "/etc/passwd".into()];
        let text = "stat 2049 131 1795237326 41ed /srv/a b\ndenied /root/x\n\
            stat 2049 7 1795237000 81a4 /etc/passwd\nstat 1 1 1 41ed /not/asked\nstat x\n";
        let paths = parse_paths(&asked, text);
        assert_eq!(paths.len(), 4);
        assert_eq!(paths["/srv/a b"].kind, PathKind::Directory);
        assert_eq!(paths["/srv/a b"].identity, Some((2049, 131)));
        assert_eq!(paths["/etc/passwd"].changed, Some(1_795_237_000));
        assert_eq!(paths["/etc/passwd"].kind, PathKind::File);
        assert_eq!(paths["/root/x"].kind, PathKind::Denied);
        assert_eq!(paths["/none"].kind, PathKind::Missing);
    }

    #[test]
    fn a_tree_is_summed_up() {
        let text = "tree /srv/data\nsum 1795237326 4096 12 1\nnewest /srv/data/a b\x1b.json\n\
            tree /empty\nsum 0 0 0 1\nnewest \ntree /cut\nsum 17 1 200000 0\n";
        let trees = parse_trees(text);
        let data = &trees["/srv/data"];
        assert_eq!((data.newest, data.files, data.partial), (Some(1_795_237_326), 12, false));
        assert_eq!(data.newest_file.as_deref(), Some("/srv/data/a b\\x1b.json"));
        assert_eq!(trees["/empty"].newest, None);
        assert!(trees["/cut"].partial);
    }
}

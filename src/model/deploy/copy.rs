//! What a deploy copies from one directory to another, and what was said of that.

use std::time::Duration;

use crate::model::ids::EnvName;
use crate::model::sync::Far;

/// The strategies `rsync` and `static`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CopySpec {
    /// From where.
    pub from: Origin,
    /// Paths within it that are taken; none is all.
    pub paths: Vec<Box<str>>,
    /// Patterns of rsync(1) that are neither taken nor deleted.
    pub exclude: Vec<Box<str>>,
    /// What the build makes, by paths: it is not looked for in the source.
    pub built: Vec<Box<str>>,
    /// More than so many deletions are refused.
    pub deletions: u32,
    /// They are files that a web server hands out: `static`.
    pub served: bool,
}

/// Where it is copied from.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Origin {
    /// A directory of the machine that the console runs on.
    Directory(Box<str>),
    /// Where the same service lives in that environment.
    Env(EnvName),
}

/// Deletions that are too many where the config does not say.
pub const DELETIONS: u32 = 50;

impl CopySpec {
    /// What is taken, as filter rules of rsync(1), which also shield on the target what they leave out.
    /// `built` takes what the build makes as well.
    pub fn rules(&self, directory: &str, data: &[Box<str>], built: bool) -> Vec<Box<str>> {
        let mut rules: Vec<String> = vec!["- .git".to_owned(), "- /.quarterdeck-*".to_owned()];
        rules.extend(shields(directory, data).into_iter().map(String::from));
        rules.extend(self.exclude.iter().map(|pattern| format!("- {pattern}")));
        if !built {
            rules.extend(self.built.iter().map(|path| format!("- /{}", literal(path, false))));
        }
        if !self.paths.is_empty() {
            let built = self.built.iter().filter(|_| built);
            for path in self.paths.iter().chain(built) {
                for (at, _) in path.match_indices('/') {
                    let parent = path.get(..at).unwrap_or_default();
                    rules.push(format!("+ /{}/", literal(parent, false)));
                }
                rules.push(format!("+ /{}", literal(path, false)));
                rules.push(format!("+ /{}/***", literal(path, true)));
            }
            rules.push("- *".to_owned());
        }
        rules.into_iter().map(Into::into).collect()
    }
}

/// Rules that leave out data that is within a directory.
pub fn shields(directory: &str, data: &[Box<str>]) -> Vec<Box<str>> {
    let within = |path: &str| Some(path.strip_prefix(directory)?.strip_prefix('/')?.to_owned());
    let inside = data.iter().filter_map(|path| within(path));
    inside.map(|path| format!("- /{}", literal(&path, false)).into()).collect()
}

/// A path as a pattern that means nothing but it. A backslash escapes only in a pattern that has a
/// wildcard (rsync(1), "PATTERN MATCHING RULES").
fn literal(path: &str, wild: bool) -> String {
    if !wild && !path.contains(['*', '?', '[']) {
        return path.to_owned();
    }
    let mut text = String::new();
    for c in path.chars() {
        if matches!(c, '*' | '?' | '[' | '\\') {
            text.push('\\');
        }
        text.push(c);
    }
    text
}

/// What a plan is to know of a copy.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CopyAsk {
    /// A directory of the machine that the console runs on.
    pub from: Box<str>,
    /// What is taken.
    pub rules: Vec<Box<str>>,
}

/// What a copy would change.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct CopyLook {
    /// The directory of the machine that the console runs on.
    pub from: Box<str>,
    /// The sum of the source's list: names, kinds, modes, and of files their bytes and times.
    pub list: Box<str>,
    /// What the source has.
    pub items: u32,
    /// What is not there yet.
    pub added: u32,
    /// What differs.
    pub changed: u32,
    /// What is there and not in the source.
    pub deleted: u32,
    /// Bytes of files that are new or differ.
    pub bytes: u64,
    /// Names of the first of them, with a sign before each: `+`, `~`, `-`.
    pub names: Vec<Box<str>>,
    /// Names of the first that are deleted.
    pub gone: Vec<Box<str>>,
    /// Bytes of all that the source has.
    pub total: u64,
    /// What differs, name by name; none where that is much, or cannot be told apart by its words.
    pub moves: Option<Moves>,
    /// What git says of the directory; none where it is no work tree.
    pub tree: Option<WorkTree>,
}

/// What differs between two lists, where that is little. All of it is ASCII that can be shown: names are as
/// rsync(1) writes them in the locale C, with all else as `\#ooo`.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Moves {
    /// In the order of the names: `+` comes, `~` changes, `-` goes; `d` a directory, `f` anything else;
    /// the name.
    pub names: Vec<Box<str>>,
    /// What the source's list says of what comes or changes.
    pub lines: Vec<Box<str>>,
}

impl Moves {
    /// Names of what comes or changes, as the file system has them.
    pub fn sent(&self) -> impl Iterator<Item = Vec<u8>> {
        let words = self.names.iter().filter_map(|line| line.split_once(' '));
        words.filter(|(word, _)| !word.starts_with('-')).map(|(_, name)| plain(name))
    }
}

/// A name as the file system has it: `\#ooo` is a byte.
fn plain(name: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(name.len());
    let mut rest = name;
    while let Some((before, after)) = rest.split_once("\\#") {
        bytes.extend_from_slice(before.as_bytes());
        let byte = after.get(..3).and_then(|digits| u8::from_str_radix(digits, 8).ok());
        if let Some(byte) = byte {
            bytes.push(byte);
            rest = after.get(3..).unwrap_or_default();
        } else {
            bytes.extend_from_slice(b"\\#");
            rest = after;
        }
    }
    bytes.extend_from_slice(rest.as_bytes());
    bytes
}

/// A directory that git keeps.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct WorkTree {
    /// The commit that it is at.
    pub revision: Box<str>,
    /// Files in it that are as no commit has them; not those that git ignores.
    pub changed: u32,
    /// Commits that are on no remote that is known here.
    pub unpushed: u32,
}

/// What is sent to a host before its runner is started: to a place beside what runs.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Load {
    /// A directory of the machine that the console runs on; in words, where it is of another host.
    pub from: Box<str>,
    /// The other host's directory, which is read while it is sent.
    pub far: Option<Box<Far>>,
    /// A directory on the host that has most of it already.
    pub directory: Box<str>,
    /// Where all that is beside it is kept; what is sent goes to `incoming/OPERATION` below.
    pub store: Box<str>,
    /// Whose it is.
    pub owner: Box<str>,
    /// What is taken.
    pub rules: Vec<Box<str>>,
    /// What that has is linked, not copied: nothing is built in it.
    pub links: bool,
    /// What differs, where nothing else is sent.
    pub moves: Option<Moves>,
    /// It is given up after so long.
    pub limit: Duration,
}

impl Load {
    /// One line of it.
    pub fn title(&self) -> String {
        format!("send {} to {}/incoming, beside what runs", self.from, self.store)
    }
}

/// How far that has come.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Sent {
    /// Bytes of files that are there, those among them that did not have to travel.
    pub bytes: u64,
    /// Of a hundred.
    pub percent: u8,
    /// Seconds that it will take still, as far as that can be told.
    pub left: Option<u32>,
}

impl Sent {
    /// In words.
    pub fn text(&self) -> String {
        let left = self.left.map_or_else(String::new, |left| format!(", {left} s left"));
        format!("{} % sent, {}{left}", self.percent, size(self.bytes))
    }
}

/// Bytes for people.
pub fn size(bytes: u64) -> String {
    match bytes {
        0..10_000 => format!("{bytes} bytes"),
        10_000..10_000_000 => format!("{} kB", bytes / 1000),
        _ => format!("{} MB", bytes / 1_000_000),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spec(paths: &[&str]) -> CopySpec {
        CopySpec {
            from: Origin::Directory("/src".into()),
            paths: paths.iter().map(|path| (*path).into()).collect(),
            exclude: vec!["*.log".into()],
            built: vec!["out".into()],
            deletions: DELETIONS,
            served: false,
        }
    }

    #[test]
    fn data_is_shielded_and_so_is_what_is_built_until_it_is() {
        let data = ["/srv/api/var/data".into(), "/srv/api2/x".into(), "/elsewhere".into()];
        let rules = spec(&[]).rules("/srv/api", &data, false);
        let rules: Vec<&str> = rules.iter().map(|rule| &**rule).collect();
        assert_eq!(rules, ["- .git", "- /.quarterdeck-*", "- /var/data", "- *.log", "- /out"]);
        assert!(!spec(&[]).rules("/srv/api", &data, true).contains(&"- /out".into()));
    }

    #[test]
    fn paths_are_taken_with_what_leads_to_them_and_nothing_else() {
        let rules = spec(&["a/b", "c*d"]).rules("/srv/api", &[], false);
        let from = rules.iter().position(|rule| rule.starts_with('+')).unwrap();
        let rules: Vec<&str> = rules.iter().skip(from).map(|rule| &**rule).collect();
        assert_eq!(rules, ["+ /a/", "+ /a/b", "+ /a/b/***", r"+ /c\*d", r"+ /c\*d/***", "- *"]);
        let built = spec(&["a"]).rules("/srv/api", &[], true);
        assert!(built.contains(&"+ /out/***".into()));
    }
}

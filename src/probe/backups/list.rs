//! Copies of a directory, and the source beside them.

use crate::model::backup::{Copy, Identity, Place, TimeFrom};
use crate::model::calendar;
use crate::model::path::{PathFacts, PathKind};
use crate::model::text::clean;

/// Names are shown, at most so long.
const NAME: usize = 255;
/// As many copies are kept.
const MOST: usize = 2000;

/// An answer of `qd_backup_list`.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Listing {
    /// The host's wall clock, in seconds.
    pub taken: i64,
    /// Whether the place could be read.
    pub place: Place,
    /// It does not answer: a dead network mount.
    pub hung: bool,
    /// Its device.
    pub device: Option<u64>,
    /// Newest first.
    pub copies: Vec<Copy>,
    /// All.
    pub count: u64,
    /// What could not be read.
    pub warnings: Vec<Box<str>>,
}

/// Reads an answer of `qd_backup_list`.
pub fn parse_listing(text: &str, from: TimeFrom) -> Listing {
    let mut listing = Listing::default();
    let mut ended = false;
    for line in text.lines() {
        let (key, value) = line.split_once(' ').unwrap_or((line, ""));
        match key {
            "now" => listing.taken = value.parse().unwrap_or(0),
            "place" => {
                listing.hung = value == "hung";
                listing.place = place(value);
            }
            "device" => listing.device = value.parse().ok(),
            "copy" if listing.copies.len() < MOST => listing.copies.extend(copy(value, from)),
            "count" => listing.count = value.parse().unwrap_or(0),
            "end" => {
                ended = true;
                match value {
                    "0" => {}
                    "124" | "137" => listing.hung = true,
                    _ => listing.warnings.push("some names there could not be read".into()),
                }
            }
            "strange" if value != "0" && !value.is_empty() => listing
                .warnings
                .push(format!("{} names with a line feed are left out", clean(value, 20)).into()),
            _ => {}
        }
    }
    if !ended && listing.place == Place::Read {
        listing.warnings.push("the list of copies was cut".into());
    }
    // A name's time need not be in the order of changes.
    listing.copies.sort_by_key(|copy| std::cmp::Reverse(copy.at));
    listing
}

fn place(word: &str) -> Place {
    match word {
        "read" => Place::Read,
        "missing" => Place::Missing,
        "other" => Place::NotDirectory,
        // One that hangs is told by itself.
        _ => Place::Denied,
    }
}

/// `MTIME SIZE DEVICE:INODE NAME`
fn copy(value: &str, from: TimeFrom) -> Option<Copy> {
    let mut words = value.splitn(4, ' ');
    let changed: i64 = words.next()?.parse().ok()?;
    let size: u64 = words.next()?.parse().ok()?;
    let place = pair(words.next()?)?;
    let name = words.next()?;
    let at = match from {
        TimeFrom::Mtime => changed,
        TimeFrom::Name => calendar::moment(name)?,
    };
    let identity = Identity { place, size, changed };
    Some(Copy { name: clean(name, NAME).into(), at, size: Some(size), identity })
}

/// `DEVICE:INODE`
pub(super) fn pair(text: &str) -> Option<(u64, u64)> {
    let (device, inode) = text.split_once(':')?;
    Some((device.parse().ok()?, inode.parse().ok()?))
}

/// Reads an answer of `qd_backup_source`.
pub fn parse_source(text: &str) -> PathFacts {
    let mut facts = PathFacts::default();
    for line in text.lines() {
        match line.split_once(' ') {
            Some(("place", word)) => {
                facts.kind = match word {
                    "read" => PathKind::Directory,
                    "missing" => PathKind::Missing,
                    "other" => PathKind::File,
                    _ => PathKind::Denied,
                };
                facts.partial |= word == "hung";
            }
            Some(("self", rest)) => {
                let mut words = rest.split(' ');
                facts.identity = words.next().and_then(pair);
                facts.changed = words.next().and_then(|word| word.parse().ok());
                if facts.kind == PathKind::File {
                    facts.bytes = words.next().and_then(|word| word.parse().ok());
                    facts.newest = facts.changed;
                }
            }
            _ => {}
        }
    }
    facts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copies_are_read_newest_first() {
        let text = "now 1795240000\nplace read\ndevice 2049\n\
            copy 1795237326 4096 2049:77 data-20261121_030000.tar.gz\n\
            copy 1795237000 20 2049:78 a name \x1b[2J with spaces\n\
            copy broken\ncount 2\nend 0\nstrange 1\n";
        let listing = parse_listing(text, TimeFrom::Mtime);
        assert_eq!((listing.taken, listing.count, listing.device), (1_795_240_000, 2, Some(2049)));
        assert_eq!(listing.copies.len(), 2);
        assert_eq!(&*listing.copies[1].name, "a name \\x1b[2J with spaces");
        assert_eq!(listing.copies[0].identity.place, (2049, 77));
        assert_eq!(&*listing.warnings[0], "1 names with a line feed are left out");
        let named = parse_listing(text, TimeFrom::Name);
        assert_eq!(named.copies.len(), 1, "one without a date in its name has no time");
    }

    #[test]
    fn what_hangs_is_not_missing() {
        assert!(parse_listing("now 5\nplace hung\n", TimeFrom::Mtime).hung);
        assert!(parse_listing("now 5\nplace read\ncount 0\nend 137\n", TimeFrom::Mtime).hung);
        assert_eq!(parse_listing("place missing\n", TimeFrom::Mtime).place, Place::Missing);
    }

    #[test]
    fn a_source_is_read() {
        let facts = parse_source("place read\nself 2049:5 1795237326 4096\n");
        assert_eq!(facts.kind, PathKind::Directory);
        assert_eq!((facts.identity, facts.partial), (Some((2049, 5)), false));
        let file = parse_source("place other\nself 2049:6 1795237326 77\n");
        assert_eq!((file.kind, file.bytes), (PathKind::File, Some(77)));
    }
}

//! What is in a copy, read to its end, and beside it the live source.

use crate::model::backup::{Checked, Comparison, Difference, Identity, Integrity};
use crate::model::text::clean;

const LATE: &str = "it was not read to its end in time";

/// Whether a copy was changed lately.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
enum Change {
    #[default]
    None,
    /// Just before it was read.
    Before,
    /// While it was read.
    While,
}

/// What a copy's reading answered, not yet a verdict.
#[derive(Default)]
struct Answer {
    at: i64,
    pack: String,
    kind: String,
    /// A tool that the host does not have.
    tool: Option<String>,
    /// Why it was not read at all.
    unread: Option<&'static str>,
    unpack: Option<i64>,
    list: Option<i64>,
    /// Why it was not read to its end.
    cut: Option<&'static str>,
    change: Change,
    trailer: Option<bool>,
    bytes: Option<u64>,
    /// Bytes that it says it has.
    expected: Option<u64>,
    members: Option<u64>,
    said: Option<String>,
    place: Option<String>,
    live: bool,
    compared: bool,
    comparison: Comparison,
}

/// Reads an answer of `qd_backup_check` for a copy. `compares` when a source was asked for.
pub fn parse_check(text: &str, status: u8, identity: Identity, compares: bool) -> Checked {
    let mut answer = Answer::default();
    for line in text.lines() {
        take(line, &mut answer);
    }
    let kind = match (answer.pack.as_str(), answer.kind.as_str()) {
        ("" | "none", kind) => kind.to_owned(),
        (pack, "") => pack.to_owned(),
        (pack, kind) if pack == kind => kind.to_owned(),
        (pack, kind) => format!("{pack}, {kind}"),
    };
    let integrity = answer.integrity(status);
    let size = if answer.kind == "folder" { answer.bytes } else { None };
    Checked {
        identity,
        at: answer.at,
        kind: clean(&kind, 64).into(),
        comparison: answer.comparison(compares, &integrity),
        integrity,
        size,
        twins: Vec::new(),
    }
}

fn take(line: &str, answer: &mut Answer) {
    let (key, value) = line.split_once(' ').unwrap_or((line, ""));
    let number = |at: usize| value.split(' ').nth(at).and_then(|word| word.parse::<i64>().ok());
    let count = |at: usize| number(at).and_then(|n| u64::try_from(n).ok()).unwrap_or(0);
    match key {
        "now" => answer.at = number(0).unwrap_or(0),
        "pack" => value.clone_into(&mut answer.pack),
        "kind" => value.clone_into(&mut answer.kind),
        "tool" => answer.tool = Some(clean(value, 32)),
        "hung" => answer.unread = Some("its directory does not answer"),
        "denied" => answer.unread = Some("we may not read it"),
        "gone" => answer.unread = Some("it was taken away meanwhile"),
        "empty" => "nothing".clone_into(&mut answer.kind),
        "unpack" => answer.unpack = number(0),
        "list" => answer.list = number(0),
        "cut" | "over" => answer.cut = Some("it is larger than what we read of one"),
        "late" => answer.cut = Some(LATE),
        "swells" => {
            answer.cut = Some("too large to check: it unpacks to 100 times its size and more");
        }
        "moved" => answer.change = Change::While,
        "young" if answer.change == Change::None => answer.change = Change::Before,
        "trailer" => answer.trailer = Some(value == "1"),
        "bytes" => answer.bytes = number(0).and_then(|n| u64::try_from(n).ok()),
        "expected" => answer.expected = number(0).and_then(|n| u64::try_from(n).ok()),
        "place" => answer.place = Some(clean(value, 32)),
        "live" => {
            answer.live = true;
            answer.comparison.live_files = count(0);
            answer.comparison.newest_before = number(2).filter(|at| *at > 0);
            answer.comparison.newest_live = number(3).filter(|at| *at > 0);
        }
        "members" => {
            answer.members = Some(count(0));
            answer.comparison.copied_files = count(0);
            answer.comparison.newest_copied = number(1);
            answer.comparison.oldest_copied = number(2);
        }
        "compared" => {
            let small = |at| u32::try_from(count(at)).unwrap_or(u32::MAX);
            answer.compared = true;
            answer.comparison.sampled = small(0);
            answer.comparison.missing = small(1);
            answer.comparison.different = small(2);
        }
        "missing" | "different" if answer.comparison.examples.len() < 16 => {
            answer.comparison.examples.extend(difference(value, key == "different"));
        }
        "names" => {
            answer.comparison.only_live = Some(count(0));
            answer.comparison.only_copied = Some(count(1));
        }
        "lacks" if answer.comparison.lacks.len() < 8 => {
            answer.comparison.lacks.push(clean(value, 512).into());
        }
        "extra" if answer.comparison.extra.len() < 8 => {
            answer.comparison.extra.push(clean(value, 512).into());
        }
        "gzip:" | "zstd:" | "xz:" | "bzip2:" | "tar:" | "cat:" | "pg_restore:" => {
            answer.said.get_or_insert_with(|| clean(line, 200));
        }
        _ => {}
    }
}

/// `MTIME SIZE [SIZE-IN-COPY] PATH`
fn difference(value: &str, has_copy: bool) -> Option<Difference> {
    let mut words = value.splitn(if has_copy { 4 } else { 3 }, ' ');
    let changed = words.next()?.parse().ok()?;
    let live = words.next()?.parse().ok()?;
    let copied = if has_copy { Some(words.next()?.parse().ok()?) } else { None };
    Some(Difference { path: clean(words.next()?, 512).into(), live, changed, copied })
}

impl Answer {
    fn integrity(&self, status: u8) -> Integrity {
        let unknown = |why: &str| Integrity::Unknown(why.into());
        if let Some(why) = self.unread {
            return unknown(why);
        }
        if let Some(tool) = &self.tool {
            return unknown(&format!("there is no {tool} on the host"));
        }
        let read = self.read(status);
        let broken = matches!(read, Integrity::Corrupt(_) | Integrity::Empty);
        // What has no end yet looks like what was cut.
        match self.change {
            Change::While => Integrity::Writing,
            Change::Before if broken => Integrity::Writing,
            Change::Before | Change::None => read,
        }
    }

    /// What reading it came to, if it was whole when that began.
    fn read(&self, status: u8) -> Integrity {
        let unknown = |why: &str| Integrity::Unknown(why.into());
        if self.kind == "nothing" {
            return Integrity::Empty;
        }
        let said = |otherwise: &str| {
            let words = self.said.clone().unwrap_or_else(|| otherwise.to_owned());
            // zstd and xz refuse what would take too much of it.
            let refuses = ["much memory", "emory usage limit", "emory limit"];
            if refuses.iter().any(|refusal| words.contains(refusal)) {
                return unknown(&format!("too large to check: {words}"));
            }
            // It is of a newer PostgreSQL than the host's.
            if words.contains("unsupported version") {
                return unknown(&words);
            }
            Integrity::Corrupt(words.into())
        };
        if self.kind == "folder" {
            return if self.members == Some(0) { Integrity::Empty } else { Integrity::Good };
        }
        match (self.unpack, self.list) {
            // It was stopped by its limit, or by us.
            _ if self.cut.is_some() => return unknown(self.cut.unwrap_or_default()),
            (Some(124 | 137 | 141), _) | (_, Some(124 | 137)) => return unknown(LATE),
            (None, _) => return unknown(&format!("reading it ended with status {status}")),
            (Some(0), None | Some(0)) => {}
            (Some(0), Some(code)) => return said(&format!("listing it ended with status {code}")),
            (Some(code), _) => return said(&format!("unpacking it ended with status {code}")),
        }
        if self.trailer == Some(false) {
            return Integrity::Corrupt("the dump has no last line: it was cut".into());
        }
        if let (Some(bytes), Some(expected)) = (self.bytes, self.expected)
            && bytes < expected
        {
            let why = format!("it was cut: it has {bytes} of {expected} bytes");
            return Integrity::Corrupt(why.into());
        }
        if self.members == Some(0) || self.bytes == Some(0) {
            return Integrity::Empty;
        }
        Integrity::Good
    }

    fn comparison(&self, compares: bool, integrity: &Integrity) -> Result<Comparison, Box<str>> {
        if !compares {
            return Err("there is no source to compare with".into());
        }
        match self.place.as_deref() {
            Some("read") if self.live && self.compared => match integrity {
                Integrity::Good => Ok(self.comparison.clone()),
                Integrity::Writing => Err("it is still being written".into()),
                Integrity::Empty | Integrity::Corrupt(_) | Integrity::Unknown(_) => {
                    Err("it was not read to its end".into())
                }
            },
            Some("missing") => Err("the source is not there".into()),
            Some("denied") => Err("we may not look into the source".into()),
            Some("other") => Err("the source is not a directory".into()),
            Some("hung") => Err("the source does not answer".into()),
            Some(_) => Err("the answer was cut".into()),
            None => Err("it is not a list of files".into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str) -> Checked {
        parse_check(text, 0, Identity::default(), true)
    }

    #[test]
    fn a_good_archive_is_compared() {
        let text = "now 5\npack gzip\nkind tar\nplace read\nlive 231 200 99\nunpack 0\nlist 0\n\
            members 200 1795237000 1795237000\nmissing 1790000000 33 messages/a b.json\n\
            different 1790000001 40 30 instances.json\ncompared 200 31 3\n";
        let checked = check(text);
        assert_eq!((&*checked.kind, checked.integrity), ("gzip, tar", Integrity::Good));
        let compared = checked.comparison.unwrap();
        assert_eq!((compared.sampled, compared.missing, compared.different), (200, 31, 3));
        assert_eq!(&*compared.examples[0].path, "messages/a b.json");
        assert_eq!(compared.examples[1].copied, Some(30));
    }

    #[test]
    fn what_is_broken_is_said_in_the_tools_words() {
        let cut =
            check("pack gzip\nkind tar\ngzip: stdin: unexpected end of file\nunpack 1\nlist 2\n");
        let said = "gzip: stdin: unexpected end of file";
        assert_eq!(cut.integrity, Integrity::Corrupt(said.into()));
        assert_eq!(check("pack gzip\nkind nothing\n").integrity, Integrity::Empty);
        let dump = check("pack gzip\nkind pgsql\nunpack 0\ntrailer 0\n");
        assert!(matches!(dump.integrity, Integrity::Corrupt(_)));
        // PostgreSQL 15.20.
        let said = "pg_restore: error: could not read from input file: end of file";
        let dump = check(&format!("pack none\nkind pgdump\nunpack 0\nbytes 900\n{said}\nlist 1\n"));
        assert_eq!(dump.integrity, Integrity::Corrupt(said.into()));
        let newer = "pg_restore: error: unsupported version (1.16) in file header";
        let newer =
            check(&format!("pack none\nkind pgdump\nunpack 0\nbytes 900\n{newer}\nlist 1\n"));
        assert!(matches!(newer.integrity, Integrity::Unknown(_)), "{newer:?}");
        let short = check("pack none\nkind sqlite\nunpack 0\nbytes 20000\nexpected 57344\n");
        assert!(matches!(short.integrity, Integrity::Corrupt(_)), "{short:?}");
        let whole = check("pack none\nkind sqlite\nunpack 0\nbytes 57344\nexpected 57344\n");
        assert_eq!(whole.integrity, Integrity::Good);
    }

    #[test]
    fn what_is_still_being_written_is_neither_good_nor_broken() {
        for text in [
            "pack none\nkind tar\nunpack 0\nlist 0\nmembers 3 - -\nmoved\n",
            "pack gzip\nkind tar\ngzip: stdin: unexpected end of file\nunpack 1\nlist 2\nmoved\n",
            "young\npack gzip\nkind tar\nunpack 1\nlist 2\n",
            "young\nempty\n",
            "kind folder\nmembers 3 1 1\nmoved\n",
        ] {
            assert_eq!(check(text).integrity, Integrity::Writing, "{text}");
        }
        let done = check("young\npack none\nkind tar\nunpack 0\nlist 0\nmembers 3 - -\n");
        assert_eq!(done.integrity, Integrity::Good);
    }

    #[test]
    fn what_swells_or_takes_too_long_is_not_broken() {
        let text = "pack gzip\nkind tar\ngzip: stdin: unexpected end of file\nlate\nunpack 1\n";
        assert_eq!(check(text).integrity, Integrity::Unknown(LATE.into()));
        for text in [
            "pack gzip\nkind other\nswells\nunpack 141\nbytes 2147483648\n",
            "pack zstd\nkind other\nzstd: /*stdin*\\: Frame requires too much memory\nunpack 1\n",
        ] {
            let Integrity::Unknown(why) = check(text).integrity else { panic!("{text}") };
            assert!(why.starts_with("too large to check"), "{why}");
        }
    }

    #[test]
    fn what_could_not_be_read_is_unknown() {
        for text in
            ["", "hung\n", "denied\n", "pack zstd\ntool zstd\n", "kind tar\ncut\nunpack 141\n"]
        {
            assert!(matches!(check(text).integrity, Integrity::Unknown(_)), "{text}");
        }
        let none = check("pack gzip\nkind pgsql\nunpack 0\ntrailer 1\n");
        assert_eq!(none.integrity, Integrity::Good);
        assert!(none.comparison.is_err());
    }
}

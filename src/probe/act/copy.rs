//! The reading of what rsync(1) prints, in the locale C: of lists, and what differs between two; of its progress. The
//! sum of a list is made on hosts by `list.sh` beside this; both have to come to the same.

use std::collections::BTreeMap;

use crate::model::deploy::copy::{CopyLook, Moves, Sent};
use crate::model::digest::sha256;
use crate::model::text::clean;

/// Names that are told.
const NAMED: usize = 10;
/// Bytes of a name that is told.
const NAME: usize = 160;
/// What differs is little up to so many names
const MOVES: usize = 300;
/// and so many bytes of words: they are written into a script.
const WORDS: usize = 32 << 10;

/// The sum of `--list-only --no-h -rl`, and how many items there are. Names are in it as rsync writes
/// them, control characters and all beyond ASCII as `\#ooo`.
pub fn list(bytes: &[u8]) -> (String, u32) {
    let text = String::from_utf8_lossy(bytes);
    let mut lines: Vec<String> = text.lines().filter_map(item).collect();
    // By bytes, as `sort` does in the locale C.
    lines.sort_unstable();
    let count = u32::try_from(lines.len()).unwrap_or(u32::MAX);
    let mut all = lines.join("\n");
    if !all.is_empty() {
        all.push('\n');
    }
    (sha256(all.as_bytes()), count)
}

/// A line: mode, size, date, time, name; one space between two, but before the size.
fn item(line: &str) -> Option<String> {
    let (mode, rest) = line.split_once(' ')?;
    let rest = rest.trim_start_matches(' ');
    let name = || rest.splitn(4, ' ').nth(3);
    match mode.as_bytes().first()? {
        // A directory's size and time are its file system's affair.
        b'd' => name().filter(|name| *name != ".").map(|name| format!("{mode} {name}")),
        b'l' => name().map(|name| format!("l {name}")),
        _ => Some(format!("{mode} {rest}")),
    }
}

/// An item of a list, of which `line` is the whole.
struct Item {
    line: String,
    /// Where its name begins.
    at: usize,
    /// Where that ends: behind it stands where a symbolic link leads.
    end: usize,
    bytes: u64,
}

impl Item {
    fn of(line: &str) -> Option<Self> {
        let line = item(line)?;
        let mut words = line.splitn(5, ' ');
        let kind = line.as_bytes().first()?;
        let bytes = words.nth(1).and_then(|word| word.replace(',', "").parse().ok()).unwrap_or(0);
        let (name, bytes) = match kind {
            b'd' | b'l' => (line.split_once(' ')?.1, 0),
            _ => (words.nth(2)?, bytes),
        };
        let at = line.len() - name.len();
        let arrow = if *kind == b'l' { name.find(" -> ") } else { None };
        let end = at + arrow.unwrap_or(name.len());
        Some(Self { line, at, end, bytes })
    }

    fn name(&self) -> &str {
        self.line.get(self.at..self.end).unwrap_or_default()
    }

    fn is_directory(&self) -> bool {
        self.line.starts_with('d')
    }

    /// Its words say which it is, and its owner may change what is in it.
    fn is_plain(&self) -> bool {
        let is_link = self.line.starts_with('l');
        self.line.bytes().all(|byte| matches!(byte, b' '..=b'~'))
            && (!is_link || self.line.matches(" -> ").count() == 1)
            && (is_link || self.line.starts_with('-') || self.line.starts_with("drwx"))
    }
}

/// By name.
fn items(list: &[u8]) -> BTreeMap<String, Item> {
    let text = String::from_utf8_lossy(list);
    let items = text.lines().filter_map(Item::of);
    items.map(|item| (item.name().to_owned(), item)).collect()
}

/// What a copy of the source over the tree would change, by both lists.
pub fn changes(source: &[u8], tree: &[u8]) -> CopyLook {
    let (source, tree) = (items(source), items(tree));
    let mut look =
        CopyLook { total: source.values().map(|item| item.bytes).sum(), ..CopyLook::default() };
    let mut moves = Moves::default();
    let mut moved = |sign: char, item: &Item| {
        let kind = if item.is_directory() { 'd' } else { 'f' };
        moves.names.push(format!("{sign}{kind} {}", item.name()).into());
        if sign != '-' {
            moves.lines.push((&*item.line).into());
        }
    };
    let show = |item: &Item| {
        let behind = if item.is_directory() { "/" } else { "" };
        format!("{}{behind}", clean(item.name(), NAME))
    };
    // What is in a directory goes before it does.
    for (name, item) in tree.iter().rev() {
        let comes = source.get(name);
        if comes.is_some_and(|comes| comes.is_directory() == item.is_directory()) {
            continue;
        }
        moved('-', item);
        if comes.is_none() {
            look.deleted += 1;
            if look.gone.len() < NAMED {
                look.gone.push(show(item).into());
            }
        }
    }
    look.names.extend(look.gone.iter().map(|name| format!("- {name}").into()));
    for (name, item) in &source {
        let there = tree.get(name);
        if there.is_some_and(|there| there.line == item.line) {
            continue;
        }
        let is_same_kind = there.is_some_and(|there| there.is_directory() == item.is_directory());
        moved(if is_same_kind { '~' } else { '+' }, item);
        look.bytes += item.bytes;
        let sign = if there.is_some() {
            look.changed += 1;
            '~'
        } else {
            look.added += 1;
            '+'
        };
        if look.names.len() < NAMED {
            look.names.push(format!("{sign} {}", show(item)).into());
        }
    }
    let all = || source.values().chain(tree.values());
    let is_little = (1..=MOVES).contains(&moves.names.len())
        && moves.names.iter().chain(&moves.lines).map(|line| line.len()).sum::<usize>() <= WORDS;
    look.moves = (is_little && all().all(Item::is_plain)).then_some(moves);
    look
}

/// The newest of what `--info=progress2` prints: `1,238,099  42%  146.38kB/s    0:00:08 (xfr#5, …)`.
pub fn progress(text: &str) -> Option<Sent> {
    let newest = |line: &str| {
        let mut words = line.split_ascii_whitespace();
        let bytes = words.next()?.replace(',', "").parse().ok()?;
        let percent: u8 = words.next()?.strip_suffix('%')?.parse().ok()?;
        let clock = words.nth(1)?;
        // What it took is told in the place of what is left when it is over, with more behind it.
        let mut left = Some(0_u32);
        for part in clock.split(':') {
            let part: Option<u32> = part.parse().ok();
            left = left.zip(part).and_then(|(sum, part)| sum.checked_mul(60)?.checked_add(part));
        }
        let left = left.filter(|_| words.next().is_none());
        Some(Sent { bytes, percent: percent.min(100), left })
    };
    text.rsplit(['\r', '\n']).find_map(newest)
}

#[cfg(test)]
mod tests {
    use super::*;

    // rsync 3.5.0.
    const LIST: &str = "drwxr-xr-x        4096 2026/11/22 01:42:47 .\n\
        -rw-r--r--           1 2026/11/22 01:42:47 -q \"q\\#012n\n\
        -rw-------           3 2026/11/22 01:42:47 f\n\
        lrwxrwxrwx           1 2026/11/22 01:42:47 l -> f\n\
        -rw-r--r--           1 2026/11/22 01:42:47 \\#377\\#344\n\
        drwxr-xr-x        4096 2026/11/22 01:42:47 d\n";

    #[test]
    fn a_list_has_the_sum_that_a_host_makes_of_it() {
        let script = format!("{}qd_sum\n", crate::probe::act::LIST);
        let host = |text: &str| {
            use std::io::Write as _;
            let mut child = std::process::Command::new("sh")
                .args(["-c", &script])
                .stdin(std::process::Stdio::piped())
                .stdout(std::process::Stdio::piped())
                .spawn()
                .unwrap();
            child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
            let out = child.wait_with_output().unwrap().stdout;
            String::from_utf8(out).unwrap().trim().to_owned()
        };
        assert_eq!(list(LIST.as_bytes()), (host(LIST), 5));
        assert_eq!(list(b""), (host(""), 0));
        // A directory's own time is no change; a file's is, and so is a mode.
        let later = LIST.replace("4096 2026/11/22 01:42:47", "60 2027/01/01 00:00:00");
        assert_eq!(list(later.as_bytes()), list(LIST.as_bytes()));
        assert_eq!(host(&later), host(LIST));
        for other in
            [LIST.replace("01:42:47 f", "01:42:48 f"), LIST.replace("rw-------", "rwx------")]
        {
            assert_ne!(list(other.as_bytes()).0, list(LIST.as_bytes()).0);
            assert_eq!(list(other.as_bytes()).0, host(&other));
        }
    }

    fn line(mode: &str, bytes: u32, name: &str) -> String {
        format!("{mode} {bytes:>14} 2026/11/22 01:42:47 {name}\n")
    }

    #[test]
    fn what_would_change_is_counted_and_named_without_harm() {
        let file = |bytes, name: &str| line("-rw-r--r--", bytes, name);
        let directory = |name: &str| line("drwxr-xr-x", 4096, name);
        let same = [file(7, "same"), directory("."), directory("kept")].concat();
        let tree = [&same, &file(1, "f"), &directory("olddir"), &file(3, "olddir/z")];
        let tree = tree.map(String::as_str).concat() + &file(9, "kind") + &file(3, "g");
        let source = [&same, &file(1000, "f"), &line("-rwxr-xr-x", 3, "g"), &file(5, "\\#033[2J")];
        let source = source.map(String::as_str).concat()
            + &directory("kind")
            + &line("lrwxrwxrwx", 1, "l -> f");
        let look = changes(source.as_bytes(), tree.as_bytes());
        assert_eq!((look.added, look.changed, look.deleted), (2, 3, 2));
        assert_eq!((look.bytes, look.total), (1008, 1015));
        assert_eq!(look.gone, ["olddir/z".into(), "olddir/".into()]);
        assert!(look.names.iter().any(|name| &**name == "~ f"));
        assert!(look.names.iter().all(|name| !name.contains('\u{1b}')));
        let moves = look.moves.unwrap();
        assert_eq!(
            moves.names.iter().map(|name| &**name).collect::<Vec<_>>(),
            [
                "-f olddir/z",
                "-d olddir",
                "-f kind",
                "+f \\#033[2J",
                "~f f",
                "~f g",
                "+d kind",
                "+f l"
            ]
        );
        assert_eq!(moves.lines.len(), 5);
        assert_eq!(moves.sent().next().unwrap(), b"\x1b[2J");
        let none = changes(source.as_bytes(), source.as_bytes());
        assert_eq!((none.added, none.changed, none.deleted, none.moves), (0, 0, 0, None));
    }

    #[test]
    fn what_differs_is_not_told_name_by_name_where_words_do_not_tell_it() {
        let file = line("-rw-r--r--", 1, "f");
        for other in [
            line("lrwxrwxrwx", 1, "a -> b -> c"),
            line("dr-xr-xr-x", 1, "d"),
            line("srwxr-xr-x", 0, "socket"),
            (0..=MOVES).map(|number| line("-rw-r--r--", 1, &number.to_string())).collect(),
            line("-rw-r--r--", 1, &"x".repeat(WORDS)),
        ] {
            let tree = [&*file, &*other].concat();
            assert!(changes(file.as_bytes(), tree.as_bytes()).moves.is_none(), "{other}");
            assert!(changes(tree.as_bytes(), b"").moves.is_none(), "{other}");
        }
        assert!(changes(file.as_bytes(), b"").moves.is_some());
    }

    #[test]
    fn progress_is_the_newest_that_was_told() {
        let text = "\r      32,768   0%    0.00kB/s    0:00:00\r  1,238,099  42%  146.38kB/s    0:01:08\r 9";
        let sent = progress(text).unwrap();
        assert_eq!((sent.bytes, sent.percent, sent.left), (1_238_099, 42, Some(68)));
        let over = progress("\r 5,000  99%  1.0kB/s    0:00:09 (xfr#5, to-chk=0/396)\n").unwrap();
        assert_eq!((over.percent, over.left), (99, None));
        assert_eq!(progress("rsync: error\n"), None);
    }
}

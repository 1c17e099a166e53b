//! The reading of what rsync(1) prints, in the locale C: of a list, of a dry run, of its progress. The
//! sum of a list is made on hosts by `list.sh` beside this; both have to come to the same.

use crate::model::deploy::copy::{CopyLook, Sent};
use crate::model::digest::sha256;
use crate::model::text::clean;

/// Names that are told.
const NAMED: usize = 10;
/// Bytes of a name that is told.
const NAME: usize = 160;

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

/// What a dry run with `--out-format='%i %l %n%L'` would change.
pub fn changes(bytes: &[u8]) -> CopyLook {
    let mut look = CopyLook::default();
    for line in String::from_utf8_lossy(bytes).lines() {
        let (flags, rest) = if let Some(rest) = line.strip_prefix("*deleting") {
            ("*", rest.trim_start_matches(' '))
        } else {
            line.split_once(' ').unwrap_or_default()
        };
        let Some((size, name)) = rest.split_once(' ') else { continue };
        // The root's own mode and time stay as they are.
        if name == "./" {
            continue;
        }
        let sign = match flags.as_bytes() {
            [b'*'] => {
                look.deleted += 1;
                if look.gone.len() < NAMED {
                    look.gone.push(clean(name, NAME).into());
                }
                '-'
            }
            [b'<' | b'>' | b'c' | b'h' | b'.', kind, marks @ ..] => {
                if *kind == b'f' {
                    look.bytes += size.parse::<u64>().unwrap_or(0);
                }
                if marks.first() == Some(&b'+') {
                    look.added += 1;
                    '+'
                } else {
                    look.changed += 1;
                    '~'
                }
            }
            _ => continue,
        };
        if look.names.len() < NAMED {
            look.names.push(clean(&format!("{sign} {name}"), NAME).into());
        }
    }
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

    #[test]
    fn what_would_change_is_counted_and_named_without_harm() {
        let look = changes(
            b"*deleting   0 olddir/z\n*deleting   0 olddir/\n<f+++++++++ 1 -q \"q\\#012n\n\
              <f.st...... 1000 f\n.f...p..... 3 g\ncL+++++++++ 1 l -> f\ncd+++++++++ 4096 d/\n\
              .d...p..... 4096 ./\n<f+++++++++ 5 \x1b[2J\nnonsense\n\n",
        );
        assert_eq!((look.added, look.changed, look.deleted), (4, 2, 2));
        assert_eq!(look.bytes, 1009);
        assert_eq!(look.gone, ["olddir/z".into(), "olddir/".into()]);
        assert!(look.names.iter().any(|name| &**name == "~ f"));
        assert!(look.names.iter().all(|name| !name.contains('\u{1b}')));
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

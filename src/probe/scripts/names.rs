//! Which paths a script names as they stand, and the same line with another path. A longer name
//! that begins with a path, such as that of its backups, is another one.

use crate::model::script::Mention;
use crate::model::text::clean;

/// As many of a script are kept.
const MOST: usize = 128;
/// Longer lines are no lines that somebody wrote.
const LONGEST: usize = 4096;

/// Paths of two names at least in lines that are no comments.
pub(super) fn read(script: &str, lines: &[(u32, &str)]) -> Vec<Mention> {
    let mut found: Vec<Mention> = Vec::new();
    for (line, text) in lines {
        if text.trim_start().starts_with('#') || text.len() > LONGEST {
            continue;
        }
        for (start, end) in spans(text) {
            let Some(path) = text.get(start..end).filter(|path| path.matches('/').count() > 1)
            else {
                continue;
            };
            if found.len() >= MOST {
                return found;
            }
            found.push(Mention {
                script: clean(script, 1024).into(),
                line: *line,
                text: clean(text.trim(), 512).into(),
                path: clean(path, 1024).into(),
            });
        }
    }
    found
}

/// The line with `to` in each place where it names `from`; none where it does not.
pub fn renamed(text: &str, from: &str, to: &str) -> Option<String> {
    let mut out = String::new();
    let mut done = 0;
    for (start, end) in spans(text) {
        let Some(path) = text.get(start..end) else { continue };
        let Some(rest) = path.strip_prefix(from) else { continue };
        if !rest.is_empty() && !rest.starts_with('/') {
            continue;
        }
        out.push_str(text.get(done..start)?);
        out.push_str(to);
        out.push_str(rest);
        done = end;
    }
    if done == 0 {
        return None;
    }
    out.push_str(text.get(done..)?);
    Some(out)
}

/// Where whole paths stand, from byte to byte, without a slash at their end. A last name that goes
/// on with a variable or a pattern is not whole and left out.
fn spans(text: &str) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    let mut chars = text.char_indices().peekable();
    let mut before = ' ';
    while let Some((start, c)) = chars.next() {
        // `$HOME/x` and `host/x` begin with something else than a slash.
        if c != '/' || is_name(before) || matches!(before, '}' | ')' | ':') {
            before = c;
            continue;
        }
        let mut end = start + c.len_utf8();
        while let Some((place, c)) = chars.next_if(|(_, c)| is_name(*c)) {
            end = place + c.len_utf8();
            before = c;
        }
        let open =
            chars.peek().is_some_and(|(_, c)| matches!(c, '$' | '`' | '*' | '?' | '[' | '{'));
        let whole = text.get(start..end).unwrap_or("");
        let kept = if open { whole.rfind('/').unwrap_or(0) } else { whole.len() };
        let kept = whole.get(..kept).unwrap_or("").trim_end_matches(['/', '.', ',']);
        // `/srv/data/.` is `/srv/data`.
        if !kept.is_empty() {
            found.push((start, start + kept.len()));
        }
    }
    found
}

fn is_name(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '/' | '_' | '-' | '.' | '+' | '@' | '%' | ',' | '~' | '…')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(text: &str) -> Vec<String> {
        read("/s", &[(1, text)]).into_iter().map(|mention| mention.path.into()).collect()
    }

    #[test]
    fn whole_paths_are_named_and_longer_ones_are_others() {
        for (text, named) in [
            ("SOURCE_DIR=\"/mnt/c/production-data\"", &["/mnt/c/production-data"][..]),
            ("cp -r /srv/data/* /b/copy/", &["/srv/data", "/b/copy"]),
            ("tar cf /b/x-$(date).tar -C /srv/data .", &["/srv/data"]),
            ("ls /mnt/c/production-data-backups/data-*", &["/mnt/c/production-data-backups"]),
            ("rsync a:/srv/x \"$HOME/y/z\" ${D}/a/b; /bin", &[]),
            ("# cp /srv/data /b", &[]),
            ("cp /srv/data/. /b/x", &["/srv/data", "/b/x"]),
        ] {
            assert_eq!(paths(text), named, "{text}");
        }
    }

    #[test]
    fn only_the_whole_path_is_renamed() {
        let to = "/mnt/c/production/data";
        let renamed = |text: &str| renamed(text, "/mnt/c/production-data", to);
        assert_eq!(
            renamed("S=\"/mnt/c/production-data\"").unwrap(),
            "S=\"/mnt/c/production/data\""
        );
        assert_eq!(
            renamed("cp /mnt/c/production-data/a /mnt/c/production-data-backups/").unwrap(),
            "cp /mnt/c/production/data/a /mnt/c/production-data-backups/"
        );
        assert_eq!(renamed("B=/mnt/c/production-data-backups/x"), None);
        assert_eq!(renamed("é/…"), None);
    }
}

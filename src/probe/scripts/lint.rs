//! Mistakes in shell scripts that are known to have cost backups and restarts. No shell is parsed:
//! words of a line are looked at, so that what is not certain is not said.

use crate::model::script::{Lint, Slip};
use crate::model::text::clean;

/// Looks at a script's lines, each with its number.
pub(super) fn examine(path: &str, started_by: &str, joined: &[(u32, String)]) -> Vec<Lint> {
    let whole = joined.iter().map(|(_, text)| text.as_str()).collect::<Vec<_>>().join("\n");
    let about = format!("{path}\n{whole}").to_lowercase();
    let copies = ["backup", "dump", "archive", "snapshot"].iter().any(|word| about.contains(word));
    let pipefail = joined.iter().any(|(_, text)| text.contains("pipefail"));
    let ends_early = joined.iter().any(|(_, text)| sets_e(text));
    let mut found = Vec::new();
    for (line, text) in joined {
        let mut say = |slip: Slip, better: String| {
            found.push(Lint {
                slip,
                path: clean(path, 1024).into(),
                line: *line,
                text: clean(text.trim(), 512).into(),
                better: clean(&better, 512).into(),
                started_by: clean(started_by, 512).into(),
            });
        };
        if let Some(better) = matches_nothing(text) {
            say(Slip::MatchesNothing, better);
        }
        if let Some(better) = lossy_copy(text).filter(|_| copies) {
            say(Slip::LossyCopy, better);
        }
        if let Some(better) = hides_dump(text).filter(|_| !pipefail) {
            say(Slip::DumpHidden, better);
        }
        if let Some(better) = old_name(text) {
            say(Slip::OldContainerName, better);
        }
        // After a backup that must have succeeded there is a newer copy than what is deleted.
        let guarded = (ends_early && (pipefail || !whole.contains('|'))) || text.contains("&&");
        if let Some(better) = prunes_by_age(text).filter(|_| copies && !guarded) {
            say(Slip::PruneByAge, better);
        }
    }
    found.truncate(64);
    found
}

/// Lines without comments, those that go on with a backslash or a pipe put together.
pub(super) fn join(lines: &[(u32, &str)]) -> Vec<(u32, String)> {
    let mut joined: Vec<(u32, String)> = Vec::new();
    let mut goes_on = false;
    for (number, line) in lines {
        if line.trim_start().starts_with('#') {
            continue;
        }
        let open = line.ends_with('\\') || line.trim_end().ends_with('|');
        let text = line.trim_end_matches('\\');
        match joined.last_mut() {
            Some((_, last)) if goes_on && last.len() < 8192 => {
                last.push(' ');
                last.push_str(text.trim_start());
            }
            _ => joined.push((*number, text.to_owned())),
        }
        goes_on = open;
    }
    joined
}

fn sets_e(line: &str) -> bool {
    line.trim_start()
        .strip_prefix("set -")
        .and_then(|rest| rest.split_ascii_whitespace().next())
        .is_some_and(|flags| flags.contains('e'))
}

/// Words as they stand there, quotes and all; quoted blanks do not part them.
fn words(line: &str) -> Vec<&str> {
    let mut all = Vec::new();
    let mut start = None;
    let mut quote = None;
    for (at, c) in line.char_indices() {
        match (quote, c) {
            (Some(mark), c) if c == mark => quote = None,
            (None, '"' | '\'') => quote = Some(c),
            _ => {}
        }
        let parts = quote.is_none() && c.is_ascii_whitespace();
        match (parts, start) {
            (true, Some(from)) => {
                all.extend(line.get(from..at));
                start = None;
            }
            (false, None) => start = Some(at),
            (true, None) | (false, Some(_)) => {}
        }
    }
    all.extend(start.and_then(|from| line.get(from..)));
    all
}

fn bare(word: &str) -> &str {
    word.trim_matches(['"', '\''])
}

/// The name of a program, without its path or what opens a group before it.
fn is_program(word: &str, name: &str) -> bool {
    let word = bare(word.trim_start_matches(['(', '{', '`', '$', '!']));
    word.rsplit('/').next() == Some(name)
}

fn is_separator(word: &str) -> bool {
    matches!(word, "|" | "||" | "&&" | ";" | "&" | "|&") || word.ends_with(';')
}

/// Words of the command that begins with `name`, up to where it ends.
fn command<'a>(line: &'a str, names: &[&str]) -> Option<Vec<&'a str>> {
    let all = words(line);
    let at = all.iter().position(|word| names.iter().any(|name| is_program(word, name)))?;
    Some(all.into_iter().skip(at).take_while(|word| !is_separator(word)).collect())
}

fn has_flag(words: &[&str], letters: &[char]) -> bool {
    words.iter().any(|word| {
        word.strip_prefix('-').is_some_and(|rest| {
            !rest.starts_with('-')
                && rest.chars().all(|c| c.is_ascii_alphanumeric())
                && rest.contains(letters)
        })
    })
}

/// `pkill -f "HTTP_PORT=3446"`.
fn matches_nothing(line: &str) -> Option<String> {
    let words = command(line, &["pkill", "pgrep"])?;
    if !has_flag(&words, &['f']) {
        return None;
    }
    let pattern =
        words.iter().skip(1).map(|word| bare(word)).find(|word| !word.starts_with('-'))?;
    let (name, value) = pattern.split_once('=')?;
    let mut letters = name.chars();
    let assigns = letters.next().is_some_and(|c| c.is_ascii_uppercase() || c == '_')
        && letters.all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_');
    if !assigns {
        return None;
    }
    if name.ends_with("PORT") && !value.is_empty() && value.chars().all(|c| c.is_ascii_digit()) {
        return Some(format!("fuser -k -TERM {value}/tcp"));
    }
    Some("pkill -f with words that stand in the process's arguments, or systemctl restart of its unit".to_owned())
}

/// `cp -r "$SOURCE"/* "$TARGET/"`.
fn lossy_copy(line: &str) -> Option<String> {
    let words = command(line, &["cp"])?;
    if !has_flag(&words, &['r', 'R', 'a']) {
        return None;
    }
    // Within quotes the shell does not look for files.
    let source =
        words.iter().skip(1).find(|word| !word.starts_with('-') && word.ends_with("/*"))?;
    let whole = source.replacen("/*", "/.", 1);
    let rest: Vec<&str> = words
        .iter()
        .skip(1)
        .filter(|word| !word.starts_with('-') && *word != source)
        .copied()
        .collect();
    Some(format!("cp -a {whole} {}", rest.join(" ")))
}

const DUMPS: &[&str] = &["pg_dump", "pg_dumpall", "mysqldump", "mariadb-dump", "mongodump"];

/// `pg_dump … | gzip > file`.
fn hides_dump(line: &str) -> Option<String> {
    let all = words(line);
    let at = all.iter().position(|word| DUMPS.iter().any(|name| is_program(word, name)))?;
    let piped = all.iter().skip(at).take_while(|word| !matches!(**word, "&&" | "||" | ";"));
    let piped =
        piped.skip(1).any(|word| *word == "|" || word.ends_with('|') || word.starts_with('|'));
    piped.then(|| {
        "set -o pipefail before it, in bash; or the dump into a file of its own first, then gzip, each with its own status"
            .to_owned()
    })
}

/// `docker exec ai-cost-tracker_postgres_1 …`.
fn old_name(line: &str) -> Option<String> {
    let words = command(line, &["docker"])?;
    if words.get(1) != Some(&"exec") {
        return None;
    }
    let name = words.iter().skip(2).map(|word| bare(word)).find(|word| {
        let mut parts = word.rsplitn(3, '_');
        let number =
            parts.next().is_some_and(|n| !n.is_empty() && n.chars().all(|c| c.is_ascii_digit()));
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        number && parts.next().is_some() && parts.next().is_some() && word.chars().all(plain)
    })?;
    let service = name.rsplit('_').nth(1).unwrap_or(name);
    Some(format!(
        "docker compose exec -T {service} …, in the project's directory: it needs no container's name"
    ))
}

/// `find … -mtime +30 -delete`.
fn prunes_by_age(line: &str) -> Option<String> {
    let words = command(line, &["find"])?;
    let aged = words.windows(2).any(|pair| match pair {
        [test, age] => matches!(*test, "-mtime" | "-ctime" | "-mmin") && bare(age).starts_with('+'),
        _ => false,
    });
    let deletes = words.contains(&"-delete")
        || words
            .windows(2)
            .any(|pair| pair.first() == Some(&"-exec") && pair.get(1) == Some(&"rm"));
    let place = words.get(1).filter(|word| !word.starts_with('-'))?;
    let names = words.iter().position(|word| *word == "-name").and_then(|at| words.get(at + 1));
    let names = names.map_or("*", |word| bare(word));
    (aged && deletes).then(|| {
        format!("ls -1t {place}/{names} | tail -n +31 | xargs -r rm --   # by number: the newest 30 stay, whatever their age")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slips(text: &str) -> Vec<(Slip, u32)> {
        let lines: Vec<(u32, &str)> = (1..).zip(text.lines()).collect();
        examine("/opt/backup.sh", "", &join(&lines)).into_iter().map(|l| (l.slip, l.line)).collect()
    }

    #[test]
    fn each_mistake_is_seen() {
        for (line, slip) in [
            ("pkill -f \"HTTP_PORT=3446\"", Slip::MatchesNothing),
            ("  sudo pkill -9 -f NODE_ENV=production || true", Slip::MatchesNothing),
            ("cp -r \"$SOURCE_DIR\"/* \"$BACKUP_DIR/\"", Slip::LossyCopy),
            ("cp -a $SRC/* /b", Slip::LossyCopy),
            ("pg_dump app | gzip > /b/a.gz", Slip::DumpHidden),
            ("docker exec db mysqldump --all |gzip>/b/a.gz", Slip::DumpHidden),
            ("docker exec -t ai-cost-tracker_postgres_1 true", Slip::OldContainerName),
            ("find /b -name '*.gz' -mtime +30 -delete", Slip::PruneByAge),
            ("find /b -type f -mtime +7 -exec rm {} \\;", Slip::PruneByAge),
        ] {
            assert_eq!(slips(line), [(slip, 1)], "{line}");
        }
    }

    #[test]
    fn what_looks_alike_is_none() {
        for line in [
            "# pkill -f \"HTTP_PORT=3446\"",
            "pkill -f server.py",
            "pkill -f -- --port=3446",
            "pkill HTTP_PORT=3446",
            "cp -a \"$SOURCE_DIR\"/. \"$BACKUP_DIR/\"",
            "cp /a/* /b",
            "set -euo pipefail\npg_dump app | gzip > /b/a.gz",
            "pg_dump app > /b/a.sql && gzip /b/a.sql",
            "docker exec my_app true",
            "docker compose exec db true",
            "find /b -name '*.gz' -mtime +30 -print",
            "set -e\ntar czf /b/a.tgz /d\nfind /b -mtime +30 -delete",
            "/opt/backup.sh && find /b -mtime +30 -delete",
        ] {
            assert_eq!(slips(line), [], "{line}");
        }
    }

    #[test]
    fn a_line_that_goes_on_is_one_and_has_the_number_of_its_first() {
        assert_eq!(slips("#!/bin/sh\npg_dump \\\n  app |\n  gzip > a\n"), [(Slip::DumpHidden, 2)]);
    }

    #[test]
    fn the_better_line_keeps_what_the_line_means() {
        let better = |line: &str| examine("/backup", "", &join(&[(1, line)]))[0].better.to_string();
        assert_eq!(
            better("cp -r \"$SOURCE_DIR\"/* \"$BACKUP_DIR/\""),
            "cp -a \"$SOURCE_DIR\"/. \"$BACKUP_DIR/\""
        );
        assert_eq!(better("pkill -f \"HTTP_PORT=3446\""), "fuser -k -TERM 3446/tcp");
    }

    #[test]
    fn the_copy_that_is_no_backup_may_do_as_it_likes() {
        assert_eq!(examine("/opt/deploy.sh", "", &join(&[(1, "cp -r dist/* /srv/www/")])), []);
        assert_eq!(
            examine("/opt/clean.sh", "", &join(&[(1, "find /tmp/x -mtime +3 -delete")])),
            []
        );
    }
}

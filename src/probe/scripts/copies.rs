//! What a script copies, from where to where: the words of well-known programs, variables put in.
//! Nothing is run, so that what only a run knows stays unknown.

use super::shell::{Command, Shell, UNKNOWN};
use crate::model::script::{Archived, Prune, Pruned, Taken};
use crate::model::text::clean;

/// One command's copy.
struct Step {
    from: Vec<String>,
    /// Also of something that only a run knows.
    more: bool,
    into: String,
    line: u32,
    text: String,
}

/// Who starts a script.
pub(super) struct About<'a> {
    pub(super) path: &'a str,
    pub(super) changed: Option<i64>,
    pub(super) started_by: &'a str,
    pub(super) starter: &'a str,
}

/// As many copies of a script are kept.
const MOST: usize = 32;
/// A copy of a copy of a copy.
const DEEPEST: usize = 4;

/// Reads a script's lines, each with its number, those that go on put together.
pub(super) fn read(about: &About<'_>, lines: &[(u32, String)]) -> (Vec<Archived>, Vec<Prune>) {
    let mut shell = Shell::default();
    let mut steps: Vec<Step> = Vec::new();
    let mut prunes = Vec::new();
    let mut folder: Option<String> = None;
    for (line, text) in lines {
        let commands = shell.read(text);
        let mut pipes: Vec<Vec<&Command>> = vec![Vec::new()];
        for command in &commands {
            pipes.last_mut().into_iter().for_each(|pipe| pipe.push(command));
            if !command.piped {
                pipes.push(Vec::new());
            }
        }
        for pipe in pipes.iter().filter(|pipe| !pipe.is_empty()) {
            if let [Command { words, .. }] = pipe.as_slice()
                && let [cd, to] = words.as_slice()
                && cd == "cd"
            {
                folder = path(to, folder.as_deref());
                continue;
            }
            let seen = step(pipe, folder.as_deref());
            if let Some((from, more, into)) = seen.filter(|_| steps.len() < MOST) {
                let text = clean(text.trim(), 512);
                steps.push(Step { from, more, into, line: *line, text });
            }
            if let Some((of, keep)) = prune(pipe).filter(|_| prunes.len() < MOST) {
                prunes.push(Prune {
                    path: clean(about.path, 1024).into(),
                    of: clean(&of, 1024).into(),
                    keep,
                    text: clean(text.trim(), 512).into(),
                });
            }
        }
    }
    let archived = steps.iter().enumerate().map(|(place, step)| {
        let mut found = Archived {
            path: clean(about.path, 1024).into(),
            changed: about.changed,
            started_by: clean(about.started_by, 512).into(),
            starter: clean(about.starter, 512).into(),
            into: clean(&step.into, 1024).into(),
            of: Vec::new(),
            more: false,
        };
        trace(&steps, place, DEEPEST, &mut found);
        found
    });
    (archived.collect(), prunes)
}

/// Follows a copy back to what it is of.
fn trace(steps: &[Step], place: usize, deep: usize, found: &mut Archived) {
    let Some((step, before)) = steps.get(place).zip(steps.get(..place)) else { return };
    found.more |= step.more;
    for from in &step.from {
        let made = before
            .iter()
            .enumerate()
            .filter(|(_, other)| within(&other.into, from) || within(from, &other.into));
        let made: Vec<usize> = made.map(|(place, _)| place).collect();
        if !made.is_empty() && deep > 0 {
            for place in made {
                trace(steps, place, deep - 1, found);
            }
        } else if from.contains([UNKNOWN, '*', '?']) {
            found.more = true;
        } else if found.of.len() < MOST && !found.of.iter().any(|taken| *taken.what == **from) {
            found.of.push(Taken {
                what: clean(from, 1024).into(),
                line: step.line,
                text: step.text.as_str().into(),
            });
        }
    }
}

fn within(path: &str, above: &str) -> bool {
    path.strip_prefix(above).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// A path as it is from that directory; without its end, be it `/`, `/.` or `/*`.
fn path(word: &str, folder: Option<&str>) -> Option<String> {
    let word = word.strip_prefix("./").unwrap_or(word);
    let whole = match (word.starts_with('/'), folder) {
        (true, _) => word.to_owned(),
        (false, _) if word.contains(':') => return Some(word.to_owned()),
        (false, Some(folder)) if word == "." => folder.to_owned(),
        (false, Some(folder)) => format!("{folder}/{word}"),
        (false, None) => return None,
    };
    let mut whole = whole.as_str();
    while let Some(rest) = ["/*", "/.", "/"].iter().find_map(|end| whole.strip_suffix(end)) {
        whole = rest;
    }
    Some(if whole.is_empty() { "/".to_owned() } else { whole.to_owned() })
}

const DUMPS: &[&str] = &["pg_dump", "pg_dumpall", "mysqldump", "mariadb-dump", "mongodump"];
const PACKERS: &[(&str, &str)] =
    &[("gzip", ".gz"), ("pigz", ".gz"), ("xz", ".xz"), ("zstd", ".zst"), ("bzip2", ".bz2")];
/// These only speak of programs.
const TALKERS: &[&str] = &["echo", "printf", "rm", "ls", "which", "command", "test", "["];

/// Words from a program's name on.
fn program<'w>(words: &'w [String], names: &[&str]) -> Option<(&'w str, &'w [String])> {
    if words.first().is_some_and(|word| TALKERS.contains(&word.as_str())) {
        return None;
    }
    let at =
        words.iter().position(|word| names.contains(&word.rsplit('/').next().unwrap_or("")))?;
    let (name, rest) = words.get(at..)?.split_first()?;
    Some((name.rsplit('/').next().unwrap_or(""), rest))
}

/// What a pipe copies, whether of more, and where to.
fn step(pipe: &[&Command], folder: Option<&str>) -> Option<(Vec<String>, bool, String)> {
    let (first, last) = pipe.first().zip(pipe.last())?;
    let output = last.output.as_deref().and_then(|to| path(to, folder));
    let words = &first.words;
    if let Some((_, rest)) = program(words, &["tar"]) {
        let (from, more, file) = tar(rest, folder)?;
        return Some((from, more, file.or(output)?));
    }
    if let Some((_, rest)) = program(words, &["cp", "mv", "rsync"]) {
        return copy(rest, folder);
    }
    if let Some((_, rest)) = program(words, &["zip"]) {
        let mut plain = operands(rest, &["-x", "-i", "-b", "-P", "-t"]);
        let into = path(plain.next()?, folder)?;
        let from: Vec<String> = plain.filter_map(|word| path(word, folder)).collect();
        return Some((from, false, into));
    }
    if let Some((name, rest)) = program(words, DUMPS) {
        let valued = ["-h", "-p", "-U", "-u", "-F", "-n", "-t", "-j", "-Z", "-P", "-d", "-f"];
        let value = |short: &str, long: &str| option(rest, short, long);
        let base = value("-d", "--dbname").or_else(|| operands(rest, &valued).last());
        let into = value("-f", "--file").or_else(|| value("-r", "--result-file"));
        let into = into.and_then(|into| path(into, folder)).or(output)?;
        let what = match base {
            Some(base) if !base.contains(UNKNOWN) => format!("the database {base} ({name})"),
            _ => format!("databases ({name})"),
        };
        return Some((vec![what], false, into));
    }
    if let Some((_, [base, command, ..])) = program(words, &["sqlite3"]) {
        let into = command.trim().strip_prefix(".backup ")?.trim().trim_matches(['\'', '"']);
        return Some((vec![path(base, folder)?], false, path(into, folder)?));
    }
    let names: Vec<&str> = PACKERS.iter().map(|(name, _)| *name).collect();
    let (name, rest) = program(words, &names)?;
    let from = path(operands(rest, &[]).next()?, folder)?;
    let end = PACKERS.iter().find(|(known, _)| *known == name)?.1;
    let into = output.unwrap_or_else(|| format!("{from}{end}"));
    Some((vec![from], false, into))
}

/// Words that are no options; those of `valued` take the word after them.
fn operands<'w>(words: &'w [String], valued: &[&str]) -> impl Iterator<Item = &'w str> {
    let mut skip = false;
    words.iter().map(String::as_str).filter(move |word| {
        let skipped = std::mem::replace(&mut skip, valued.contains(word));
        !skipped && !word.starts_with('-')
    })
}

fn option<'w>(words: &'w [String], short: &str, long: &str) -> Option<&'w str> {
    let mut words = words.iter().map(String::as_str);
    while let Some(word) = words.next() {
        if word == short || word == long {
            return words.next();
        }
        if let Some(value) = word.strip_prefix(long).and_then(|rest| rest.strip_prefix('=')) {
            return Some(value);
        }
    }
    None
}

/// `tar -czf FILE -C DIRECTORY MEMBER…`; only where it creates one.
fn tar(words: &[String], folder: Option<&str>) -> Option<(Vec<String>, bool, Option<String>)> {
    let mut folder = folder.map(str::to_owned);
    let (mut from, mut more, mut into, mut creates) = (Vec::new(), false, None, false);
    let mut rest = words.iter().map(String::as_str).enumerate();
    while let Some((place, word)) = rest.next() {
        if let Some(long) = word.strip_prefix("--") {
            match long.split_once('=') {
                Some(("file", to)) => into = path(to, folder.as_deref()),
                Some(("directory", to)) => folder = path(to, folder.as_deref()),
                Some(("files-from", _)) => more = true,
                None if long == "create" => creates = true,
                Some(_) | None => {}
            }
        } else if let Some(letters) =
            word.strip_prefix('-').or_else(|| (place == 0).then_some(word))
        {
            let mut letters = letters.chars();
            while let Some(letter) = letters.next() {
                if letter == 'c' {
                    creates = true;
                }
                if "fCXTbg".contains(letter) {
                    // Its value is what is left of the word, else the next one.
                    let left = letters.as_str();
                    let value = if left.is_empty() { rest.next()?.1 } else { left };
                    match letter {
                        'f' if value != "-" => into = path(value, folder.as_deref()),
                        'C' => folder = path(value, folder.as_deref()),
                        'T' => more = true,
                        _ => {}
                    }
                    break;
                }
            }
        } else {
            match path(word, folder.as_deref()) {
                Some(path) => from.push(path),
                None => more = true,
            }
        }
    }
    creates.then_some((from, more, into))
}

fn copy(words: &[String], folder: Option<&str>) -> Option<(Vec<String>, bool, String)> {
    let valued = ["-e", "--exclude", "--include", "-f", "--filter", "-t", "--exclude-from", "-S"];
    let mut plain: Vec<&str> = operands(words, &valued).collect();
    let into = match option(words, "-t", "--target-directory") {
        Some(into) => into,
        None => plain.pop()?,
    };
    let into = path(into, folder)?;
    let from: Vec<Option<String>> = plain.iter().map(|word| path(word, folder)).collect();
    let more = from.iter().any(Option::is_none);
    Some((from.into_iter().flatten().collect(), more, into))
}

/// `ls -t … | tail -n +31 | xargs rm` and `find … -mtime +30 -delete`.
fn prune(pipe: &[&Command]) -> Option<(String, Pruned)> {
    let removes = |words: &[String]| words.iter().any(|word| word == "rm" || word == "-delete");
    if !pipe.iter().any(|command| removes(&command.words)) {
        return None;
    }
    let words = &pipe.first()?.words;
    if let Some(at) = words.iter().position(|word| word == "find") {
        let place = words.get(at + 1).filter(|word| !word.starts_with('-'))?;
        let names = option(words, "-name", "-name").unwrap_or("*");
        let days = option(words, "-mtime", "-mtime")?.strip_prefix('+')?.parse().ok()?;
        return Some((format!("{}/{names}", place.trim_end_matches('/')), Pruned::Days(days)));
    }
    let listed = words.first().is_some_and(|word| word == "ls")
        && words.iter().any(|word| word.starts_with('-') && word.contains('t'));
    let of = words.iter().skip(1).find(|word| word.starts_with('/')).filter(|_| listed)?;
    let count = pipe.iter().find_map(|command| match command.words.as_slice() {
        [tail, rest @ ..] if tail == "tail" => {
            let from =
                option(rest, "-n", "--lines").or_else(|| rest.first().map(String::as_str))?;
            let from: u32 = from.trim_start_matches("-n").strip_prefix('+')?.parse().ok()?;
            Some(from.saturating_sub(1))
        }
        [head, rest @ ..] if head == "head" => {
            option(rest, "-n", "--lines")?.strip_prefix('-')?.parse().ok()
        }
        _ => None,
    })?;
    Some((of.clone(), Pruned::Count(count)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ABOUT: About<'_> =
        About { path: "/opt/backup.sh", changed: Some(7), started_by: "cron", starter: "" };

    fn lines(text: &str) -> Vec<(u32, String)> {
        (1..).zip(text.lines().map(str::to_owned)).collect()
    }

    /// `what < into`, of the last copy.
    fn last(text: &str) -> String {
        let (archived, _) = read(&ABOUT, &lines(text));
        archived.last().map_or_else(String::new, |last| {
            let mut of: Vec<&str> = last.of.iter().map(|taken| &*taken.what).collect();
            if last.more {
                of.push("?");
            }
            format!("{} > {}", of.join(" "), last.into)
        })
    }

    /// tests/lab/payload/seed001/backup-production-data.sh
    #[test]
    fn the_incidents_script_reads_the_stale_directory() {
        let text = include_str!("../../../tests/lab/payload/seed001/backup-production-data.sh");
        let (archived, prunes) = read(&ABOUT, &lines(text));
        let made = archived.last().unwrap();
        let home = "/mnt/coordinaton_mcp_data";
        assert_eq!(*made.into, *format!("{home}/production-data-backups/data-….tar.gz"));
        assert_eq!(made.of.len(), 1);
        assert_eq!(*made.of[0].what, *format!("{home}/production-data"));
        assert_eq!((made.of[0].line, made.more), (10, false));
        assert_eq!(*made.of[0].text, *"cp -r \"$SOURCE_DIR\"/* \"$BACKUP_DIR/\"");
        assert_eq!(prunes.len(), 1);
        assert_eq!(prunes[0].keep, Pruned::Count(30));
        assert_eq!(*prunes[0].of, *format!("{home}/production-data-backups/data-*.tar.gz"));
    }

    #[test]
    fn each_program_says_where_it_reads() {
        for (text, says) in [
            ("tar czf /b/x.tgz -C /srv data etc", "/srv/data /srv/etc > /b/x.tgz"),
            ("tar --create --file=/b/x.tar --directory=/srv .", "/srv > /b/x.tar"),
            ("cd /srv/app && tar cz data | ssh h cat >/b/x", "/srv/app/data > /b/x"),
            ("tar -c /srv | zstd > /b/x.tar.zst", "/srv > /b/x.tar.zst"),
            ("sudo rsync -a -e 'ssh -p 2' --delete /srv/ /b/now/", "/srv > /b/now"),
            ("rsync -a web:/srv/ /b/now/", "web:/srv/ > /b/now"),
            (
                "docker exec db pg_dump -U app app | gzip > /b/a.gz",
                "the database app (pg_dump) > /b/a.gz",
            ),
            (
                "pg_dump -f /b/a.sql -d app\ngzip /b/a.sql",
                "the database app (pg_dump) > /b/a.sql.gz",
            ),
            ("sqlite3 /srv/a.db \".backup '/b/a.db'\"", "/srv/a.db > /b/a.db"),
            ("zip -r /b/x.zip /srv -x '*.log'", "/srv > /b/x.zip"),
            ("for d in a b; do tar czf /b/$d.tgz /srv/$d; done", "? > /b/….tgz"),
            ("tar czf /b/x.tgz data", "? > /b/x.tgz"),
            ("tar xzf /b/x.tgz -C /srv", ""),
            ("echo tar czf /b/x.tgz /srv", ""),
            (
                "cp -a /srv /tmp/s\ntar czf /b/y.tgz -C /tmp/s .\nmv /b/y.tgz /b/z.tgz",
                "/srv > /b/z.tgz",
            ),
        ] {
            assert_eq!(last(text), says, "{text}");
        }
    }

    #[test]
    fn what_stays_is_told() {
        for (text, keep) in [
            ("find /b -name 'x-*' -mtime +14 -delete", Some(Pruned::Days(14))),
            ("ls -1t /b/x-* | tail -n +8 | xargs -r rm --", Some(Pruned::Count(7))),
            ("ls -tr /b/x-* | head -n -5 | xargs rm", Some(Pruned::Count(5))),
            ("find /b -mtime +14", None),
            ("ls -t /b | tail -n +8", None),
        ] {
            let (_, prunes) = read(&ABOUT, &lines(text));
            assert_eq!(prunes.first().map(|prune| prune.keep), keep, "{text}");
        }
    }
}

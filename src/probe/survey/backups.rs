//! Jobs that look like backups: which of their commands archive something, what, and whereto.

use std::collections::BTreeMap;

use super::shell::{Command, Script, read};
use crate::model::survey::Tool;
use crate::model::text::clean;

/// What a job's commands archive.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Archive {
    /// How.
    pub tool: Tool,
    /// What.
    pub sources: Vec<Box<str>>,
    /// Whereto: files by a pattern, or a repository.
    pub target: Box<str>,
    /// As many are kept.
    pub keep: Option<u32>,
}

/// The longest way from a script's start to a program, such as `sudo nice -n 10 docker exec db`.
const PREFIX: usize = 10;

const DUMPS: &[&str] =
    &["pg_dump", "pg_dumpall", "pg_basebackup", "mysqldump", "mariadb-dump", "mongodump"];

/// Paths of scripts that a job's command runs.
pub fn scripts(command: &str) -> Vec<String> {
    let script = read(command);
    let mut base = String::new();
    let mut found: Vec<String> = Vec::new();
    for command in &script.commands {
        if let [cd, to] = command.words.as_slice()
            && cd == "cd"
        {
            base.clone_from(to);
            continue;
        }
        // Options are no scripts, and what the distribution brings is none of an administrator.
        let paths = command.words.iter().filter(|word| word.contains('/')).take(4);
        for path in paths.filter_map(|word| absolute(word, &base)) {
            let system = ["/bin/", "/sbin/", "/usr/bin/", "/usr/sbin/", "/dev/", "/proc/"];
            if !system.iter().any(|place| path.starts_with(place)) && !found.contains(&path) {
                found.push(path);
            }
        }
    }
    found.truncate(8);
    found
}

/// What a script archives.
pub fn archives(text: &str) -> Vec<Archive> {
    let script = read(text);
    let mut base = String::new();
    let mut copies: BTreeMap<String, Vec<Box<str>>> = BTreeMap::new();
    let mut found: Vec<Archive> = Vec::new();
    for (place, command) in script.commands.iter().enumerate() {
        let Some((program, arguments)) = program(&command.words) else { continue };
        let later = script.commands.get(place..).unwrap_or_default();
        let archive = match program {
            "cd" => {
                base = arguments.first().and_then(|to| absolute(to, &base)).unwrap_or_default();
                None
            }
            "cp" => {
                if let Some((sources, to)) = copy(arguments, &base) {
                    copies.entry(to).or_default().extend(sources);
                }
                None
            }
            "rsync" => copy(arguments, &base).and_then(|(sources, to)| {
                copies.entry(to.clone()).or_default().extend(sources.iter().cloned());
                let meant = ["backup", "bak", "snapshot", "mirror"];
                let lower = to.to_ascii_lowercase();
                meant
                    .iter()
                    .any(|word| lower.contains(word))
                    .then(|| archive(Tool::Rsync, sources, &to))
            }),
            "tar" => tar(arguments, later, &base),
            "restic" => restic(arguments, &script, &base),
            "borg" => borg(arguments, &script, &base),
            name if DUMPS.contains(&name) => dump(arguments, later, &base),
            _ => None,
        };
        found.extend(archive.filter(|archive| !archive.target.starts_with("/dev/")));
    }
    // What was copied aside first is archived from there.
    for archive in &mut found {
        let staged = archive.sources.iter().flat_map(|source| {
            copies.get(&**source).cloned().unwrap_or_else(|| vec![source.clone()])
        });
        archive.sources = staged.collect();
        archive.sources.dedup();
        archive.sources.truncate(16);
        archive.keep = kept(&script, &archive.target);
    }
    found.dedup_by(|a, b| a.target == b.target);
    found.truncate(8);
    found
}

fn archive(tool: Tool, sources: Vec<Box<str>>, target: &str) -> Archive {
    Archive { tool, sources, target: clean(target, 1024).into(), keep: None }
}

/// The program that a command runs at last, and its arguments.
fn program(words: &[String]) -> Option<(&str, &[String])> {
    const WRAPPERS: &[&str] = &[
        "sudo", "nice", "ionice", "timeout", "env", "exec", "nohup", "flock", "chronic", "docker",
    ];
    let name = |word: &'_ str| word.rsplit('/').next().unwrap_or(word).to_owned();
    let wrapped = WRAPPERS.contains(&name(words.first()?).as_str());
    let known = ["cd", "cp", "rsync", "tar", "restic", "borg", "ls", "tail", "head"];
    let most = if wrapped { PREFIX } else { 1 };
    let (at, word) = words.iter().take(most).enumerate().find(|(_, word)| {
        let name = name(word);
        known.contains(&name.as_str()) || DUMPS.contains(&name.as_str())
    })?;
    Some((word.rsplit('/').next()?, words.get(at + 1..)?))
}

/// A path from the root, without `.` at its end and without a slash there.
fn absolute(path: &str, base: &str) -> Option<String> {
    let path = path.strip_prefix("./").unwrap_or(path);
    let whole = if path.starts_with('/') {
        path.to_owned()
    } else if base.starts_with('/') && !path.starts_with('-') {
        format!("{}/{path}", base.trim_end_matches('/'))
    } else {
        return None;
    };
    let mut short = whole.as_str();
    while let Some(rest) =
        ["/", "/.", "/*"].iter().find_map(|end| short.strip_suffix(end)).filter(|r| !r.is_empty())
    {
        short = rest;
    }
    (!short.split('/').any(|part| part == "..") && short.len() > 1).then(|| clean(short, 1024))
}

fn copy(arguments: &[String], base: &str) -> Option<(Vec<Box<str>>, String)> {
    let paths: Vec<&String> = arguments.iter().filter(|word| !word.starts_with('-')).collect();
    let (to, from) = paths.split_last()?;
    let sources: Vec<Box<str>> =
        from.iter().filter_map(|path| absolute(path, base)).map(Into::into).collect();
    (!sources.is_empty()).then_some((sources, absolute(to, base)?))
}

/// The file to which a pipeline that begins here writes.
fn pipeline_out(later: &[Command]) -> Option<&str> {
    for command in later {
        if let Some(out) = &command.out {
            return Some(out);
        }
        if !command.piped {
            break;
        }
    }
    None
}

fn tar(arguments: &[String], later: &[Command], base: &str) -> Option<Archive> {
    let (mut create, mut file, mut at) = (false, None, base.to_owned());
    let mut sources = Vec::new();
    let mut words = arguments.iter().enumerate();
    while let Some((place, word)) = words.next() {
        // The first word may go without a dash.
        let bare = place == 0 && !word.contains('/') && !word.starts_with('-');
        let long = word.strip_prefix("--");
        if let Some(long) = long {
            match long.split_once('=').unwrap_or((long, "")) {
                ("create", _) => create = true,
                ("file", "") => file = words.next().map(|(_, word)| word.clone()),
                ("file", name) => file = Some(name.to_owned()),
                ("directory", "") => at = words.next().and_then(|(_, to)| absolute(to, &at))?,
                ("directory", to) => at = absolute(to, &at)?,
                ("exclude" | "exclude-from" | "use-compress-program", "") => {
                    words.next();
                }
                _ => {}
            }
        } else if bare || (word.starts_with('-') && word.len() > 1) {
            for flag in word.trim_start_matches('-').chars() {
                match flag {
                    'c' => create = true,
                    'f' => file = words.next().map(|(_, word)| word.clone()),
                    'C' => at = words.next().and_then(|(_, to)| absolute(to, &at))?,
                    'I' | 'T' | 'X' => {
                        words.next();
                    }
                    _ => {}
                }
            }
        } else {
            sources.extend(absolute(word, &at).map(Box::from));
        }
    }
    let target = match file.as_deref() {
        Some("-") | None => pipeline_out(later)?,
        Some(name) => name,
    };
    let target = absolute(target, base)?;
    create.then(|| archive(Tool::Tar, sources, &target))
}

fn dump(arguments: &[String], later: &[Command], base: &str) -> Option<Archive> {
    let mut file = None;
    let mut words = arguments.iter();
    while let Some(word) = words.next() {
        let names = ["--file", "--result-file", "--archive", "--out", "--pgdata"];
        match word.split_once('=') {
            Some((name, value)) if names.contains(&name) => file = Some(value),
            _ if word == "-f" || word == "-r" || word == "-D" || names.contains(&word.as_str()) => {
                file = words.next().map(String::as_str);
            }
            _ => {}
        }
    }
    let target = absolute(file.or_else(|| pipeline_out(later))?, base)?;
    Some(archive(Tool::Dump, Vec::new(), &target))
}

/// Words that are no options, after options with a value of their own were taken out.
fn operands<'a>(arguments: &'a [String], valued: &[&str]) -> Vec<&'a str> {
    let mut found = Vec::new();
    let mut words = arguments.iter();
    while let Some(word) = words.next() {
        if valued.contains(&word.as_str()) {
            words.next();
        } else if !word.starts_with('-') {
            found.push(word.as_str());
        }
    }
    found
}

fn valued<'a>(arguments: &'a [String], names: &[&str]) -> Option<&'a str> {
    arguments.iter().enumerate().find_map(|(place, word)| match word.split_once('=') {
        Some((name, value)) if names.contains(&name) => Some(value),
        _ if names.contains(&word.as_str()) => arguments.get(place + 1).map(String::as_str),
        _ => None,
    })
}

fn restic(arguments: &[String], script: &Script, base: &str) -> Option<Archive> {
    let with_value = [
        "-r",
        "--repo",
        "--tag",
        "--exclude",
        "-e",
        "--host",
        "-H",
        "-p",
        "--password-file",
        "--exclude-file",
        "--limit-upload",
    ];
    let words = operands(arguments, &with_value);
    let (first, paths) = words.split_first()?;
    let repository = valued(arguments, &["-r", "--repo"])
        .or_else(|| script.variables.get("RESTIC_REPOSITORY").map(String::as_str))?;
    let sources = paths.iter().filter_map(|path| absolute(path, base)).map(Into::into).collect();
    (*first == "backup").then(|| archive(Tool::Restic, sources, &without_secrets(repository)))
}

fn borg(arguments: &[String], script: &Script, base: &str) -> Option<Archive> {
    let with_value = ["-e", "--exclude", "-C", "--compression", "--exclude-from", "--comment"];
    let words = operands(arguments, &with_value);
    let ["create", place, paths @ ..] = words.as_slice() else { return None };
    let (repository, _) = place.split_once("::")?;
    let repository = match repository {
        "" => script.variables.get("BORG_REPO")?,
        named => named,
    };
    let sources = paths.iter().filter_map(|path| absolute(path, base)).map(Into::into).collect();
    Some(archive(Tool::Borg, sources, &without_secrets(repository)))
}

/// A repository's address without the password that may stand in it.
fn without_secrets(repository: &str) -> String {
    let Some((scheme, rest)) = repository.split_once("://") else { return repository.to_owned() };
    match rest.rsplit_once('@') {
        Some((user, host)) => {
            let user = user.split(':').next().unwrap_or("");
            format!("{scheme}://{user}@{host}")
        }
        None => repository.to_owned(),
    }
}

/// How many are kept, where the script counts them: `ls -t FILES | tail -n +31 | xargs rm`.
fn kept(script: &Script, target: &str) -> Option<u32> {
    script.commands.windows(2).find_map(|pair| {
        let [list, cut] = pair else { return None };
        let (name, arguments) = program(&cut.words)?;
        let about = list.piped && list.words.iter().any(|word| same_files(word, target));
        let number = arguments.iter().find_map(|word| match name {
            "tail" => word.trim_start_matches("-n").strip_prefix('+')?.parse::<u32>().ok(),
            // `head -30` is the first 30, `head -n -30` all but the last.
            "head" if arguments.iter().any(|word| word == "-n") => {
                word.strip_prefix('-')?.parse().ok()
            }
            _ => None,
        })?;
        about.then(|| if name == "tail" { number.saturating_sub(1) } else { number })
    })
}

/// Whether a listing is of those files or of their directory.
fn same_files(listed: &str, target: &str) -> bool {
    let directory = target.rsplit_once('/').map_or("", |(directory, _)| directory);
    let trimmed = listed.trim_end_matches(['*', '/']);
    listed == target || trimmed == directory || listed.starts_with(&format!("{directory}/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(text: &str) -> Archive {
        let found = archives(text);
        assert_eq!(found.len(), 1, "{text}: {found:?}");
        found.into_iter().next().unwrap()
    }

    #[test]
    fn an_archive_of_a_copy_is_an_archive_of_what_was_copied() {
        // The script of the incident.
        let found =
            one(include_str!("../../../tests/lab/payload/seed001/backup-production-data.sh"));
        assert_eq!(found.tool, Tool::Tar);
        assert_eq!(
            &*found.target,
            "/mnt/coordinaton_mcp_data/production-data-backups/data-*.tar.gz"
        );
        assert_eq!(found.sources, ["/mnt/coordinaton_mcp_data/production-data".into()]);
        assert_eq!(found.keep, Some(30));
    }

    #[test]
    fn commands_in_the_table_itself_are_read() {
        let found = one("cd /srv && tar czf /b/app-$(date +%F).tgz --exclude=tmp app data/");
        assert_eq!(&*found.target, "/b/app-*.tgz");
        assert_eq!(found.sources, ["/srv/app".into(), "/srv/data".into()]);
        let found = one("docker exec db_1 pg_dump -U app app | gzip > /b/db-$(date +%F).sql.gz");
        assert_eq!((found.tool, &*found.target), (Tool::Dump, "/b/db-*.sql.gz"));
        let found = one("restic -r /mnt/repo backup --tag x /home /etc");
        assert_eq!(
            (found.tool, &*found.target, found.sources.len()),
            (Tool::Restic, "/mnt/repo", 2)
        );
        let found = one("borg create -C zstd ssh://u:secret@h/./repo::{now} /srv/data");
        assert_eq!((found.tool, &*found.target), (Tool::Borg, "ssh://u@h/./repo"));
        let found = one("rsync -a --delete /srv/data/ /mnt/backup/data/");
        assert_eq!((found.tool, &*found.sources[0]), (Tool::Rsync, "/srv/data"));
    }

    #[test]
    fn what_is_no_backup_is_none() {
        for text in [
            "tar xzf /b/a.tgz -C /srv",
            "rsync -a /srv/a /srv/b",
            "echo pg_dump > /b/x",
            "tar czf - /srv | ssh h cat",
            "tar -tzf /b/x.tgz > /dev/null",
            "tar -cf",
            "restic",
        ] {
            assert_eq!(archives(text), [], "{text}");
        }
    }

    #[test]
    fn scripts_are_paths_that_an_administrator_wrote() {
        assert_eq!(
            scripts("cd /srv/app && /usr/bin/python3 ./bin/backup.py >> /var/log/b.log 2>&1"),
            ["/srv/app/bin/backup.py"]
        );
        assert_eq!(scripts("test -x /usr/sbin/anacron || run-parts x"), [] as [&str; 0]);
    }
}

//! The `Host` entries of the user's own `ssh_config(5)`, to choose from. Patterns name no host, and
//! `Match` blocks are conditions of their own: neither is listed.

use std::path::{Path, PathBuf};

/// As deep may files include each other; ssh itself takes 16.
const DEEP: usize = 16;
/// As many files are read.
const FILES: usize = 200;
/// As much of a file is read.
const BYTES: u64 = 1 << 20;
/// As many hosts are listed.
const HOSTS: usize = 10_000;

/// Hosts that a user's `~/.ssh/config` names, each once, in its order.
pub(super) fn hosts(home: &Path) -> Vec<String> {
    let mut reader =
        Reader { folder: home.join(".ssh"), home: home.to_owned(), files: 0, hosts: Vec::new() };
    reader.file(&home.join(".ssh/config"), 0);
    reader.hosts
}

struct Reader {
    folder: PathBuf,
    home: PathBuf,
    files: usize,
    hosts: Vec<String>,
}

impl Reader {
    fn file(&mut self, path: &Path, deep: usize) {
        self.files += 1;
        if deep > DEEP || self.files > FILES {
            return;
        }
        let Some(text) = read(path) else { return };
        for line in text.lines() {
            let Some((keyword, words)) = words(line) else { continue };
            match keyword.as_str() {
                "host" => {
                    // A negated word takes hosts out of the patterns beside it.
                    let plain = |word: &String| {
                        !word.contains(['*', '?', '!'])
                            && crate::config::check::destination(word).is_ok()
                    };
                    for word in words.into_iter().filter(plain) {
                        if !self.hosts.contains(&word) && self.hosts.len() < HOSTS {
                            self.hosts.push(word);
                        }
                    }
                }
                "include" => {
                    for word in &words {
                        for path in self.included(word) {
                            self.file(&path, deep + 1);
                        }
                    }
                }
                _ => {}
            }
        }
    }

    /// `ssh_config(5)`: relative to `~/.ssh`, with patterns of glob(7).
    fn included(&self, word: &str) -> Vec<PathBuf> {
        let path = match word.strip_prefix("~/") {
            Some(rest) => self.home.join(rest),
            None => self.folder.join(word),
        };
        let Ok(paths) = glob::glob(&path.to_string_lossy()) else { return Vec::new() };
        paths.flatten().take(FILES).collect()
    }
}

fn read(path: &Path) -> Option<String> {
    use std::io::Read as _;
    // Opening a pipe would wait for its writer.
    if !std::fs::metadata(path).ok()?.is_file() {
        return None;
    }
    let mut bytes = Vec::new();
    std::fs::File::open(path).ok()?.take(BYTES).read_to_end(&mut bytes).ok()?;
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

/// A line's keyword in small letters, and its arguments: parted by blanks or once by `=`, with
/// quotes around those that have blanks.
fn words(line: &str) -> Option<(String, Vec<String>)> {
    let line = line.trim();
    let end = line.find(|c: char| c.is_whitespace() || c == '=' || c == '"')?;
    let (keyword, rest) = line.split_at_checked(end)?;
    let rest = rest.trim_start();
    let rest = rest.strip_prefix('=').unwrap_or(rest);
    let mut words = Vec::new();
    let mut word = String::new();
    let (mut quoted, mut begun) = (false, false);
    for c in rest.chars() {
        match c {
            '"' => {
                quoted = !quoted;
                begun = true;
            }
            '#' if !quoted && !begun => break,
            c if c.is_whitespace() && !quoted => {
                if begun {
                    words.push(std::mem::take(&mut word));
                }
                begun = false;
            }
            c => {
                begun = true;
                word.push(c);
            }
        }
    }
    if begun {
        words.push(word);
    }
    (!keyword.starts_with('#')).then(|| (keyword.to_ascii_lowercase(), words))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn home(files: &[(&str, &str)]) -> tempfile::TempDir {
        let home = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = home.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        home
    }

    #[test]
    fn hosts_are_listed_and_patterns_are_not() {
        let home = home(&[
            (
                ".ssh/config",
                "# Host no\nInclude conf.d/* ~/more\nHost web1 web2 *.example !bad # Host c\n  \
                 HostName 10.0.0.1\nhost=\"db one\" db2\nMatch host m\n  User x\nHOST\tweb1 last\n\
                 Host -oProxyCommand=id $(id)\n",
            ),
            (".ssh/conf.d/a", "Host inner\nInclude conf.d/a\n"),
            ("more", "Host far\n"),
        ]);
        assert_eq!(hosts(home.path()), ["inner", "far", "web1", "web2", "db2", "last"]);
    }

    #[test]
    fn without_a_file_there_is_none() {
        assert_eq!(hosts(Path::new("/nowhere")), [] as [&str; 0]);
    }
}

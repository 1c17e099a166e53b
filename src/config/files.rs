//! The only IO of the config: reads the file and what it includes.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use glob::{MatchOptions, Pattern};

use super::fault::{ConfigFault, quoted};
use super::faults::Faults;
use super::locate::PLACES;
use super::parse::{include_patterns, parse_into};
use super::reader::{At, Table};
use super::source::Source;
use super::{FILE_MAX, INCLUDE_MAX, Loaded, schema, syntax};
use crate::model::spec::Sources;

/// Reads the config at `path` and all that it includes.
pub fn load(path: &Path) -> Result<Loaded, Vec<ConfigFault>> {
    let main = read_source(path).map_err(|fault| vec![fault])?;
    let mut faults = Faults::default();
    let included = included(&main, &mut faults);
    let mut files = vec![main];
    files.extend(included);
    let spec = parse_into(&files, &mut faults);
    if faults.count() > 0 {
        return Err(faults.sorted(&files));
    }
    let sources = Sources { files: files.iter().map(|source| source.path().to_owned()).collect() };
    Ok(Loaded { spec, sources })
}

/// Reads a file, at most [`FILE_MAX`] of it.
pub(crate) fn read_source(path: &Path) -> Result<Source, ConfigFault> {
    let bytes = read_bounded(path).map_err(|error| unreadable(path, &error))?;
    if bytes.len() as u64 > FILE_MAX {
        let message = format!("the file is larger than {} MiB", FILE_MAX / 1024 / 1024);
        let remedy = "check that it is a config; a large one can be split with `include`";
        return Err(ConfigFault::whole(path, message, remedy));
    }
    String::from_utf8(bytes).map(|text| Source::new(path, text)).map_err(|error| {
        let valid = error.utf8_error().valid_up_to();
        let text = String::from_utf8_lossy(error.as_bytes()).into_owned();
        Source::new(path, text).fault(
            &(valid..valid),
            "the file is not UTF-8",
            "save it as UTF-8; what stands here is of another encoding, or not text",
        )
    })
}

fn read_bounded(path: &Path) -> io::Result<Vec<u8>> {
    // Opening a pipe waits for somebody to write into it, perhaps for ever.
    let kind = fs::metadata(path)?.file_type();
    if !kind.is_file() && !kind.is_dir() {
        return Err(io::Error::other("it is no ordinary file"));
    }
    let mut bytes = Vec::new();
    File::open(path)?.take(FILE_MAX + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn unreadable(path: &Path, error: &io::Error) -> ConfigFault {
    let (message, remedy) = match error.kind() {
        io::ErrorKind::NotFound => (
            "there is no such file".to_owned(),
            format!(
                "a config is looked for at {PLACES}; `quarterdeck` without one shows this machine"
            ),
        ),
        io::ErrorKind::PermissionDenied => {
            ("you may not read this file".to_owned(), "look at its owner and mode".to_owned())
        }
        io::ErrorKind::IsADirectory => {
            ("this is a directory".to_owned(), "name the file in it".to_owned())
        }
        _ => (format!("cannot read this file: {error}"), "see whether `cat` can".to_owned()),
    };
    ConfigFault::whole(path, message, remedy)
}

/// The files that the main one includes, by name within a pattern, each once.
fn included(main: &Source, faults: &mut Faults) -> Vec<Source> {
    // Faults of the tree itself are found again, and told, when all files are parsed.
    let mut told_later = Faults::default();
    let Some(tree) = syntax::tree(main, &mut told_later) else { return Vec::new() };
    let root = Table::root(main, &tree, &schema::TOP);
    let mut seen: BTreeSet<PathBuf> = fs::canonicalize(main.path()).into_iter().collect();
    let mut sources = Vec::new();
    for pattern in include_patterns(&root, &mut told_later) {
        for path in matches(main, &pattern, faults) {
            if !seen.insert(fs::canonicalize(&path).unwrap_or_else(|_| path.clone())) {
                continue;
            }
            if seen.len() > INCLUDE_MAX {
                let message = format!("more than {INCLUDE_MAX} files are included");
                faults.at(main, &pattern.span(), message, "join them, or narrow the pattern");
                return sources;
            }
            match read_source(&path) {
                Ok(source) => sources.push(source),
                // Of the whole file: the line that asked for it is the one to mend.
                Err(fault) if fault.place.is_none() => {
                    let message = format!("{}: {}", quoted(&path.to_string_lossy()), fault.message);
                    faults.at(main, &pattern.span(), message, fault.remedy);
                }
                Err(fault) => faults.push(fault),
            }
        }
    }
    sources
}

/// The files that a pattern names, of which there must be one.
fn matches(main: &Source, pattern: &At<&str>, faults: &mut Faults) -> Vec<PathBuf> {
    let written = quoted(pattern.get_ref());
    let directory = main.path().parent().unwrap_or_else(|| Path::new(""));
    let directory = Pattern::escape(&directory.to_string_lossy());
    // An absolute pattern replaces the directory.
    let whole = Path::new(&directory).join(pattern.get_ref());
    let options = MatchOptions {
        // An editor's swap file is hidden.
        require_literal_leading_dot: true,
        require_literal_separator: true,
        case_sensitive: true,
    };
    let paths = match glob::glob_with(&whole.to_string_lossy(), options) {
        Ok(paths) => paths,
        Err(error) => {
            let message = format!("{written} is not a pattern: {}", error.msg);
            let remedy = "use `*`, `?`, `[abc]` and `**/`, such as `conf.d/*.toml`";
            faults.at(main, &pattern.span(), message, remedy);
            return Vec::new();
        }
    };
    let mut found = Vec::new();
    let before = faults.count();
    for path in paths.take(INCLUDE_MAX + 2) {
        match path {
            Ok(path) => found.push(path),
            Err(error) => faults.push(unreadable(error.path(), error.error())),
        }
    }
    if found.is_empty() && faults.count() == before {
        let message = format!("{written} matches no file");
        let remedy = format!(
            "patterns are relative to {}, and `~` is not expanded; remove it if there is none yet",
            quoted(&directory_name(main.path()))
        );
        faults.at(main, &pattern.span(), message, remedy);
    }
    found
}

fn directory_name(path: &Path) -> String {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent.display().to_string(),
        _ => ".".to_owned(),
    }
}

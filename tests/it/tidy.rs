//! Holds the code to the house: which layer may name which, how long a file may be, and that
//! every invariant of ARCHITECTURE.md names a test that exists.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// A layer, what of this crate it may use, and what it never names: all that stands in these lists.
struct Layer {
    name: &'static str,
    may_use: &'static [&'static str],
    never: &'static [&'static [&'static str]],
}

const IO: &[&str] = &[
    "tokio",
    "openssh",
    "zbus",
    "rusqlite",
    "notify",
    "std::fs",
    "std::process",
    "std::net",
    "SystemTime",
    "Instant",
];

/// What a layer without hosts, screen and clock never names.
const PURE: &[&str] = &[
    "tokio",
    "openssh",
    "zbus",
    "rusqlite",
    "ratatui",
    "crossterm",
    "std::fs",
    "std::process",
    "SystemTime",
    "Instant",
];

/// The table of ARCHITECTURE.md.
const LAYERS: &[Layer] = &[
    Layer { name: "model", may_use: &["model"], never: &[PURE, &["serde", "std::net"]] },
    Layer { name: "probe", may_use: &["model", "probe"], never: &[PURE] },
    Layer { name: "msg", may_use: &["model"], never: &[IO] },
    Layer { name: "effect", may_use: &["model"], never: &[IO] },
    Layer { name: "doctor", may_use: &["model", "probe", "doctor"], never: &[PURE, &["std::net"]] },
    Layer { name: "ops", may_use: &["model", "probe", "ops"], never: &[PURE] },
    Layer {
        name: "update",
        may_use: &["model", "msg", "effect", "update", "doctor", "ops", "probe"],
        never: &[PURE],
    },
    Layer {
        name: "config",
        may_use: &["model", "config", "keymap"],
        never: &[&["tokio", "openssh", "ratatui", "zbus", "rusqlite"]],
    },
    Layer {
        name: "keymap",
        may_use: &["model", "keymap"],
        never: &[&["tokio", "openssh", "ratatui", "zbus", "rusqlite", "std::fs"]],
    },
    Layer {
        name: "theme",
        may_use: &["config", "theme"],
        never: &[&["tokio", "openssh", "zbus", "rusqlite"]],
    },
    Layer {
        name: "ui",
        may_use: &["model", "keymap", "theme", "ui"],
        never: &[&[
            "tokio",
            "openssh",
            "zbus",
            "rusqlite",
            "std::fs",
            "std::process",
            "SystemTime",
            "Instant",
        ]],
    },
    Layer {
        name: "runtime",
        may_use: &["model", "msg", "effect", "ops", "probe", "config", "runtime"],
        never: &[&["ratatui", "crossterm"]],
    },
    Layer {
        name: "app",
        may_use: &[
            "app", "config", "effect", "keymap", "model", "msg", "runtime", "theme", "ui", "update",
        ],
        never: &[&["openssh", "zbus", "rusqlite"]],
    },
    Layer {
        name: "cli",
        may_use: &[
            "app", "cli", "config", "effect", "keymap", "model", "msg", "ops", "runtime", "theme",
            "ui", "update",
        ],
        never: &[&["openssh", "zbus", "rusqlite"]],
    },
];

/// Longest file, without its tests.
const LONGEST: usize = 400;
/// The median file.
const MEDIAN: usize = 150;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn files_below(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder of ours").flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(files_below(&path, ending));
        } else if path.extension().is_some_and(|e| e == ending) {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// A file's code without comments and without its test module.
fn code(path: &Path) -> String {
    let text = fs::read_to_string(path).expect("a file of ours");
    let text = text.split("\n#[cfg(test)]\nmod tests {").next().unwrap_or_default();
    text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

fn is_test(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name == "tests.rs")
}

/// Whether `word` stands in `text` as a path's first part or a name of its own.
fn names(text: &str, word: &str) -> bool {
    text.match_indices(word).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        let after = text[at + word.len()..].chars().next();
        let part = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
        // Within a text or a log filter it is a word, not a use.
        let word = matches!(before, Some('"' | '`')) || after == Some('=');
        !part(before) && !part(after) && !word
    })
}

#[test]
fn every_layer_keeps_to_the_table() {
    let source = root().join("src");
    let mut faults = Vec::new();
    let layers: Vec<&str> = LAYERS.iter().map(|layer| layer.name).collect();
    for layer in LAYERS {
        let mut files = vec![source.join(format!("{}.rs", layer.name))];
        let folder = source.join(layer.name);
        if folder.is_dir() {
            files.extend(files_below(&folder, "rs"));
        }
        for file in files.iter().filter(|file| !is_test(file)) {
            let code = code(file);
            for word in layer.never.concat().iter().filter(|word| names(&code, word)) {
                faults.push(format!("{}: `{}` never names `{word}`", file.display(), layer.name));
            }
            for other in layers.iter().filter(|other| !layer.may_use.contains(other)) {
                if names(&code, &format!("crate::{other}")) {
                    faults.push(format!(
                        "{}: `{}` may not use `{other}`",
                        file.display(),
                        layer.name
                    ));
                }
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn every_file_of_the_library_belongs_to_a_layer() {
    let source = root().join("src");
    let mut rooms: BTreeSet<String> = BTreeSet::new();
    for entry in fs::read_dir(source).expect("src").flatten() {
        let name = entry.path().file_stem().unwrap_or_default().to_string_lossy().into_owned();
        rooms.insert(name);
    }
    for outside in ["lib", "main"] {
        rooms.remove(outside);
    }
    let known: BTreeSet<String> = LAYERS.iter().map(|layer| layer.name.to_owned()).collect();
    assert_eq!(rooms, known);
}

#[test]
fn only_the_clock_reads_a_clock() {
    let source = root().join("src");
    for file in files_below(&source, "rs") {
        if !file.ends_with("runtime/clock.rs") {
            assert!(!names(&code(&file), "SystemTime::now"), "{}", file.display());
        }
    }
}

/// By which a value becomes a word.
const QUOTED: [&str; 5] =
    ["word(", "quote(", "crate::probe::quote::quote(", "service.quoted()", "self.quoted()"];

/// A unit's name may have a backslash (systemd-escape(1)), which a shell would take away.
#[test]
fn a_unit_in_a_command_of_a_fix_is_quoted() {
    let commands = ["systemctl ", "systemd-analyze ", "journalctl ", "grep -F ", "grep "];
    let mut seen = 0;
    for file in files_below(&root().join("src/doctor"), "rs") {
        let code = code(&file);
        for (at, command) in commands.iter().flat_map(|command| code.match_indices(command)) {
            let rest = &code[at + command.len()..];
            let rest = &rest[..rest.find(['"', ';', '&', '|', '\n']).unwrap_or(rest.len())];
            let values = rest.split('{').skip(1).map(|after| after.split('}').next());
            for value in values.map(Option::unwrap_or_default) {
                seen += 1;
                // Of a value without a name its own expression, which follows, tells.
                let next: String = code[at..].chars().take(160).collect();
                let is_quoted = match value {
                    "" => next.contains("quote("),
                    name => QUOTED.iter().any(|by| code.contains(&format!(" {name} = {by}"))),
                };
                assert!(is_quoted, "{}: {command}{rest}", file.display());
            }
        }
    }
    assert!(seen > 20, "{seen}");
}

#[test]
fn only_one_place_is_unsafe() {
    let with: Vec<PathBuf> = files_below(&root().join("src"), "rs")
        .into_iter()
        .filter(|file| names(&code(file), "unsafe"))
        .collect();
    assert_eq!(with, vec![root().join("src/runtime/ssh/spawn.rs")]);
}

#[test]
fn files_stay_small() {
    let mut sizes: Vec<(usize, PathBuf)> = files_below(&root().join("src"), "rs")
        .into_iter()
        .filter(|file| !is_test(file))
        .map(|file| {
            let text = fs::read_to_string(&file).expect("a file of ours");
            let text = text.split("\n#[cfg(test)]\nmod tests {").next().unwrap_or_default();
            (text.lines().count(), file)
        })
        .collect();
    sizes.sort();
    for (lines, file) in &sizes {
        assert!(*lines <= LONGEST, "{} has {lines} lines", file.display());
    }
    let median = sizes[sizes.len() / 2].0;
    assert!(median <= MEDIAN, "the median file has {median} lines");
}

#[test]
fn nothing_is_left_for_later() {
    for folder in ["src", "tests", "benches"] {
        for file in files_below(&root().join(folder), "rs") {
            if file.ends_with("tidy.rs") {
                continue;
            }
            let text = fs::read_to_string(&file).expect("a file of ours");
            for word in ["TODO", "FIXME", "XXX", "todo!(", "unimplemented!(", "#[ignore"] {
                assert!(!text.contains(word), "{}: {word}", file.display());
            }
        }
    }
}

#[test]
fn every_invariant_names_a_test_that_exists() {
    let text = fs::read_to_string(root().join("ARCHITECTURE.md")).expect("ARCHITECTURE.md");
    let mut sources = String::new();
    for folder in ["src", "tests"] {
        for file in files_below(&root().join(folder), "rs") {
            sources.push_str(&fs::read_to_string(&file).expect("a file of ours"));
        }
    }
    let mut invariants = 0;
    for line in text.lines().filter(|line| line.starts_with("**Invariant:**")) {
        invariants += 1;
        let (_, tests) = line.split_once("Held by ").unwrap_or_else(|| panic!("no test: {line}"));
        for test in tests.split('`').skip(1).step_by(2) {
            assert!(sources.contains(&format!("fn {test}(")), "no such test: {test}");
        }
    }
    assert!(invariants >= 8, "{invariants} invariants");
}

//! Each `tests/invalid_configs/NAME.toml` has one fault, and `NAME.expected` is what is said
//! about it. `BLESS=1` writes what is said now; read the difference before you commit it.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use quarterdeck::config;

const FOLDER: &str = "tests/invalid_configs";

fn names(extension: &str) -> BTreeSet<String> {
    let entries = fs::read_dir(FOLDER).expect("the folder is in the package");
    entries
        .map(|entry| entry.expect("a readable folder").path())
        .filter(|path| path.extension().is_some_and(|found| found == extension))
        .filter_map(|path| Some(path.file_stem()?.to_str()?.to_owned()))
        .collect()
}

#[test]
fn every_invalid_config_is_told_as_expected() {
    let mut differ = Vec::new();
    for name in names("toml") {
        let path = format!("{FOLDER}/{name}.toml");
        let faults = config::load(Path::new(&path)).expect_err(&path);
        let told = faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n") + "\n";
        assert_eq!(faults.len(), 1, "{path} has one fault:\n{told}");
        assert!(!faults[0].remedy.is_empty(), "{path} has a remedy");
        let expected = format!("{FOLDER}/{name}.expected");
        if std::env::var_os("BLESS").is_some() {
            fs::write(&expected, &told).expect("a writable folder");
        }
        if fs::read_to_string(&expected).unwrap_or_default() != told {
            differ.push(format!("{expected} differs from what is said:\n{told}"));
        }
    }
    assert!(differ.is_empty(), "{}", differ.join("\n"));
}

#[test]
fn every_expectation_has_its_config() {
    assert_eq!(names("expected"), names("toml"));
}

#[test]
fn messages_keep_to_the_style() {
    for name in names("toml") {
        let faults = config::load(Path::new(&format!("{FOLDER}/{name}.toml"))).expect_err(&name);
        for text in faults.iter().flat_map(|fault| [&fault.message, &fault.remedy]) {
            let first = text.chars().next().expect("a text");
            assert!(!first.is_uppercase(), "{name}: begins lower case: {text}");
            assert!(!text.ends_with('.'), "{name}: no full stop: {text}");
        }
    }
}

#[test]
fn all_faults_are_told_at_once_from_top_to_bottom() {
    let text = "[console]\ninterval = 5\ncolour = true\n[[env]]\nname = \"a/b\"\ntier = \"prod\"\n\
                [[env.host]]\nname = \"h\"\nssh = \"-v\"\n";
    let faults = config::parse(&[config::Source::new("c.toml", text)]).expect_err("faults");
    let lines: Vec<_> = faults.iter().map(|fault| fault.place.as_ref().unwrap().line).collect();
    assert_eq!(lines, [2, 3, 5, 6, 9]);
}

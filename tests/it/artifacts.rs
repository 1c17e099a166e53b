//! What is shipped besides the code agrees with the code.

use std::fs;
use std::path::Path;

use quarterdeck::config;
use quarterdeck::model::spec::{ConsoleSpec, Reach};

#[test]
fn the_example_config_loads_and_shows_the_defaults() {
    let loaded = config::load(Path::new("config.toml.example")).unwrap_or_else(|faults| {
        panic!("{}", faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
    });
    assert_eq!(loaded.spec.console, ConsoleSpec::default());
    assert!(loaded.spec.hosts().all(|(_, host)| host.reach == Reach::Local));
}

#[test]
fn the_example_config_shows_every_key() {
    let text = fs::read_to_string("config.toml.example").expect("the example");
    for section in config::KEYS {
        for key in section.keys {
            let shown = text.lines().any(|line| {
                let line = line.trim_start_matches("# ");
                line.starts_with(&format!("{} = ", key.name))
                    || line == key.example
                    // In a table on one line.
                    || line.contains(&format!("{{ {} = ", key.name))
                    || line.contains(&format!(", {} = ", key.name))
            });
            assert!(shown, "{} of {} is not in config.toml.example", key.name, section.header);
        }
    }
}

#[test]
fn the_readme_has_the_keys_of_the_command_list() {
    let text = fs::read_to_string("README.md").expect("the README");
    let (_, rest) = text.split_once("held by a test -->\n").expect("the table's beginning");
    let (table, _) = rest.split_once("<!-- end of keys -->").expect("the table's end");
    if std::env::var_os("BLESS").is_some() {
        let made = text.replace(table, &quarterdeck::keymap::key_table_markdown());
        fs::write("README.md", made).expect("the README is writable");
        return;
    }
    assert_eq!(table, quarterdeck::keymap::key_table_markdown());
}

#[test]
fn every_command_line_of_the_readme_is_one() {
    let text = fs::read_to_string("README.md").expect("the README");
    let command = quarterdeck::cli::command();
    let known: Vec<&str> = command.get_subcommands().map(clap::Command::get_name).collect();
    for name in ["status", "check", "init", "demo", "keys", "themes", "completions", "man"] {
        assert!(known.contains(&name), "{name}");
        assert!(
            text.contains(&format!("`quarterdeck {name}")) || text.contains(&format!("`{name}"))
        );
    }
}

#[test]
fn the_readme_s_config_loads() {
    let text = fs::read_to_string("README.md").expect("the README");
    let (_, rest) = text.split_once("```toml\n").expect("a config");
    let (toml, _) = rest.split_once("```").expect("its end");
    let source = config::Source::new("README.md", toml);
    let spec = config::parse(&[source]).expect("no faults");
    assert_eq!(spec.envs.len(), 1);
}

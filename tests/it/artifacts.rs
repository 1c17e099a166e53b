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
                line.starts_with(&format!("{} = ", key.name)) || line == key.example
            });
            assert!(shown, "{} of {} is not in config.toml.example", key.name, section.header);
        }
    }
}

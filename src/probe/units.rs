//! `systemctl show` as text: the way to a unit where systemd's bus cannot be reached.

use super::properties::{NAMES, Properties, Value};
use crate::model::ids::UnitName;
use crate::model::text::clean;
use crate::model::unit::UnitFacts;

/// Runs on the host.
pub const SCRIPT: &str = include_str!("units.sh");

/// The request for these units.
pub fn argv(units: &[UnitName]) -> Vec<String> {
    let mut argv = vec!["qd_units".to_owned(), NAMES.join(",")];
    argv.extend(units.iter().map(|unit| unit.as_str().to_owned()));
    argv
}

/// Reads an answer of `qd_units`: facts by unit, and lines that are no property.
///
/// Records are parted by an empty line; the order of properties is systemd's own and `Id` stands
/// in the middle, so a record is collected whole before it has a name. Properties that a version
/// does not know are left out by it.
pub fn parse_units(text: &str) -> (Vec<(UnitName, UnitFacts)>, Vec<String>) {
    let mut units = Vec::new();
    let mut warnings = Vec::new();
    for record in text.split("\n\n") {
        let mut properties = Properties::default();
        for line in record.lines().filter(|line| !line.is_empty()) {
            match line.split_once('=') {
                Some((name, value)) if name.bytes().all(|b| b.is_ascii_alphanumeric()) => {
                    properties.0.insert(name.to_owned(), Value::Text(value.to_owned()));
                }
                _ => warnings.push(clean(line, 512)),
            }
        }
        if let Some(Value::Text(id)) = properties.0.get("Id") {
            units.push((UnitName::new(clean(id, 256)), properties.facts()));
        }
    }
    warnings.truncate(20);
    (units, warnings)
}

/// Reads an answer of `qd_services`: the first word of each line that is a service.
pub fn parse_services(text: &str) -> Vec<UnitName> {
    text.lines()
        .filter_map(|line| {
            // systemd marks failed units with a dot before the name, even with --plain on 229.
            line.split_ascii_whitespace().find(|word| word.ends_with(".service"))
        })
        .map(|name| UnitName::new(clean(name, 256)))
        .collect()
}

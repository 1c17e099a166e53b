//! The README's table of keys.

use std::fmt::Write;

use super::Keymap;
use crate::model::command::Command;

/// All commands with their default keys, as a Markdown table.
pub fn key_table_markdown() -> String {
    let keymap = Keymap::default();
    let mut table = String::from("| keys | command | does |\n|---|---|---|\n");
    let mut group = None;
    for &command in Command::ALL {
        if group.replace(command.group()) != Some(command.group()) {
            row(&mut table, "", &format!("**{}**", command.group().title()), "");
        }
        let keys: Vec<_> =
            keymap.keys_of(command).iter().map(|key| format!("`{}`", escaped(key))).collect();
        row(&mut table, &keys.join(" "), &format!("`{}`", command.name()), &escaped(command.doc()));
    }
    table
}

fn row(table: &mut String, keys: &str, name: &str, doc: &str) {
    // Writing to a string cannot fail.
    let _written = writeln!(table, "| {keys} | {name} | {doc} |");
}

/// A bar would end the cell.
fn escaped(text: &str) -> String {
    text.replace('|', "\\|")
}

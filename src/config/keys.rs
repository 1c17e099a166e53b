//! `[keys]`: which keys replace a command's default ones. Whether two commands clash is the
//! keymap's business; a key that does not exist is refused here, where its line is known.

use std::collections::BTreeMap;

use toml::Spanned;
use toml::de::DeValue;

use super::fault::quoted;
use super::faults::Faults;
use super::reader::{Table, describe, nearest};
use super::source::Source;
use crate::keymap::Key;
use crate::model::command::Command;

/// Keys of all files.
#[derive(Default)]
pub(super) struct Keys {
    list: Vec<(String, Vec<String>)>,
    seen: BTreeMap<Command, String>,
}

impl Keys {
    /// Reads `[keys]` of one file.
    pub(super) fn read(&mut self, root: &Table<'_>, faults: &mut Faults) {
        let Some(table) = root.map("keys", faults) else { return };
        for (name, value) in Table::sorted(table) {
            let Some(command) = Command::from_name(name.get_ref()) else {
                let names = || Command::ALL.iter().map(|command| command.name());
                let remedy = nearest(name.get_ref(), names()).map_or_else(
                    || "`quarterdeck keys` lists the commands".to_owned(),
                    |near| format!("did you mean `{near}`?"),
                );
                let message = format!("there is no command {}", quoted(name.get_ref()));
                faults.at(root.source, &name.span(), message, remedy);
                continue;
            };
            let line = root.source.line(name.span().start);
            let place = format!("{}:{line}", root.source.path().display());
            if let Some(first) = self.seen.get(&command) {
                let message =
                    format!("`{command}` has keys already, at {first}", command = command.name());
                faults.at(root.source, &name.span(), message, "keep one of the two lines");
                continue;
            }
            self.seen.insert(command, place);
            self.list.push((command.name().to_owned(), texts(root.source, command, value, faults)));
        }
    }

    /// All of them, in the order of the files.
    pub(super) fn done(self) -> Vec<(String, Vec<String>)> {
        self.list
    }
}

fn texts(
    source: &Source,
    command: Command,
    value: &Spanned<DeValue<'_>>,
    faults: &mut Faults,
) -> Vec<String> {
    let one = std::slice::from_ref(value);
    let keys = value.get_ref().as_array().map_or(one, |keys| keys.as_ref());
    let mut texts = Vec::new();
    for key in keys {
        if let Some(text) = key.get_ref().as_str() {
            match text.parse::<Key>() {
                Ok(_) => texts.push(text.to_owned()),
                Err(error) => {
                    let (message, remedy) = error.parts();
                    faults.at(source, &key.span(), message, remedy);
                }
            }
        } else {
            let name = command.name();
            let message = format!(
                "`{name}` must be a key or an array of keys, but this is {}",
                describe(key)
            );
            let remedy = format!("write `{name} = \"x\"` or `{name} = [\"x\", \"f5\"]`");
            faults.at(source, &key.span(), message, remedy);
        }
    }
    texts
}

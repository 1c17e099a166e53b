//! Which key asks for which command. Made from the one list of commands and the config's
//! `[keys]`.
//!
//! Pure: reads no terminal. While text is being typed the keymap is not asked at all, so a
//! letter of a filter never fires a command.

mod fault;
mod key;
mod table;

use crossterm::event::{KeyEvent, KeyEventKind};

use crate::model::command::{Command, Group};

pub use fault::KeyFault;
pub use key::{Key, KeyError};
pub use table::key_table_markdown;

/// Where keys hold: everywhere, or in a place with commands of its own.
const PLACES: [Option<Group>; 3] = [None, Some(Group::Plan), Some(Group::Log)];

/// The keys in use, each with its command.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Keymap {
    bindings: Vec<(Key, Command)>,
}

impl Default for Keymap {
    fn default() -> Self {
        Self::new(&[]).0
    }
}

impl Keymap {
    /// The default keys, with those of the named commands replaced. What cannot be used is left
    /// out and reported; the rest holds.
    pub fn new(overrides: &[(String, Vec<String>)]) -> (Self, Vec<KeyFault>) {
        let mut faults = Vec::new();
        let mut wanted = Vec::new();
        for (name, keys) in overrides {
            match Command::from_name(name) {
                Some(command) => wanted.push((command, keys.iter().map(String::as_str).collect())),
                None => faults.push(KeyFault::UnknownCommand { name: name.clone() }),
            }
        }
        let mut keymap = Self { bindings: Vec::new() };
        let replaced = |command: Command| wanted.iter().any(|(other, _)| *other == command);
        for &command in Command::ALL.iter().filter(|command| !replaced(**command)) {
            keymap.bind(command, command.default_keys(), &mut faults);
        }
        // First the way out: no other override may take its key.
        let (quit, others): (Vec<_>, Vec<(Command, Vec<&str>)>) =
            wanted.into_iter().partition(|(command, _)| *command == Command::Quit);
        for (command, keys) in &quit {
            keymap.bind(*command, keys, &mut faults);
        }
        if keymap.keys(Command::Quit).next().is_none() {
            faults.push(KeyFault::NoWayOut);
            keymap.bind(Command::Quit, Command::Quit.default_keys(), &mut faults);
        }
        for (command, keys) in &others {
            keymap.bind(*command, keys, &mut faults);
        }
        (keymap, faults)
    }

    /// The command of a key that was pressed; in a place with commands of its own those come first. A
    /// release is none; a repeat is a press.
    pub fn lookup(&self, event: KeyEvent, place: Option<Group>) -> Option<Command> {
        if event.kind == KeyEventKind::Release {
            return None;
        }
        let key = Key::from(event);
        let own = place.and_then(|place| self.holder(key, Some(place)));
        own.or_else(|| self.holder(key, None))
    }

    /// The keys of a command, as they are written in the config; none if it has none.
    pub fn keys_of(&self, command: Command) -> Vec<String> {
        self.keys(command).map(|key| key.to_string()).collect()
    }

    fn keys(&self, command: Command) -> impl Iterator<Item = Key> {
        self.bindings.iter().filter(move |(_, other)| *other == command).map(|(key, _)| *key)
    }

    /// Who has a key: among the commands of a place, or among those of everywhere.
    fn holder(&self, key: Key, place: Option<Group>) -> Option<Command> {
        let held =
            |(other, command): &&(Key, Command)| *other == key && command.group().place() == place;
        self.bindings.iter().find(held).map(|(_, command)| *command)
    }

    /// Who else has a key, so that a command cannot have it. In a place its own commands come before
    /// others, but the way out stays.
    fn rival(&self, key: Key, command: Command) -> Option<Command> {
        let place = command.group().place();
        let out = |held: &Command| *held == Command::Quit || command == Command::Quit;
        let elsewhere = PLACES.iter().filter(|other| **other != place);
        self.holder(key, place)
            .or_else(|| elsewhere.filter_map(|other| self.holder(key, *other)).find(out))
    }

    fn bind(&mut self, command: Command, keys: &[&str], faults: &mut Vec<KeyFault>) {
        for text in keys {
            match text.parse::<Key>() {
                Err(error) => faults.push(KeyFault::BadKey { command, error }),
                Ok(key) => match self.rival(key, command) {
                    None => self.bindings.push((key, command)),
                    Some(holder) if holder == command => {}
                    Some(holder) => faults.push(KeyFault::Clash { key, command, holder }),
                },
            }
        }
    }
}

#[cfg(test)]
mod tests;

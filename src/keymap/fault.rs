//! What is wrong with a binding. Only that binding is left out: a whole keymap thrown away for
//! one clash would change keys under the user's fingers.

use super::key::{Key, KeyError};
use crate::model::command::Command;

/// A binding that is not used, and why.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum KeyFault {
    /// Keys for a command that does not exist.
    #[error("there is no command `{name}`: `quarterdeck keys` lists them")]
    UnknownCommand {
        /// As written.
        name: String,
    },
    /// Not a key, or not one that terminals can tell.
    #[error("`{}` has a bad key: {error}", .command.name())]
    BadKey {
        /// The command it was for.
        command: Command,
        /// Why.
        error: KeyError,
    },
    /// A key that another command has.
    #[error(
        "key `{key}` of `{}` is taken by `{}`: choose another, or give `{}` other keys in `[keys]`",
        .command.name(), .holder.name(), .holder.name()
    )]
    Clash {
        /// The key.
        key: Key,
        /// The command that does not get it.
        command: Command,
        /// The command that keeps it.
        holder: Command,
    },
    /// Nothing would be left to quit with.
    #[error("`quit` was left without a usable key, so it keeps its default ones")]
    NoWayOut,
}

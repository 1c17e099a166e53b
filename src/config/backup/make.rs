//! What makes a copy now.

use crate::config::action::script;
use crate::config::faults::Faults;
use crate::config::health::argv;
use crate::config::reader::Table;
use crate::model::action::Run;
use crate::model::backup::Way;

/// `make`: POSIX sh, or a program with its arguments.
pub(super) fn read(table: &Table<'_>, way: &Way, faults: &mut Faults) -> Option<Run> {
    if !table.has("make") {
        return None;
    }
    if !matches!(way, Way::Files { .. }) {
        let message = format!("a copy of `{}` is not made from here", way.name());
        let remedy = "leave `make` out; it is for `files`, whose newest is looked into afterwards";
        faults.at(table.source, &table.span_of("make"), message, remedy);
        return None;
    }
    if table.value_of("make").is_some_and(|value| value.get_ref().as_array().is_some()) {
        return argv(table, "make", faults).map(Run::Argv);
    }
    script(table, "make", faults).map(Run::Script)
}

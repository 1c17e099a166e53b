//! `migrate = { … }` of a deploy.

use crate::config::action::script;
use crate::config::fault::quoted;
use crate::config::faults::Faults;
use crate::config::reader::{Table, describe};
use crate::config::schema;
use crate::model::deploy::Migration;

pub(super) fn read(table: &Table<'_>, faults: &mut Faults) -> Option<Migration> {
    let value = table.value_of("migrate")?;
    let Some(inner) = table.inner_table(value, &schema::MIGRATE) else {
        let message = format!("`migrate` must be a table, but this is {}", describe(value));
        let remedy = "write such as `migrate = { run = \"npm run migrate\" }`";
        faults.at(table.source, &value.span(), message, remedy);
        return None;
    };
    inner.refuse_unknown(faults);
    inner.require("run", faults);
    let contract = inner.flag("contract", faults).unwrap_or(false);
    if contract && inner.has("undo") {
        let message = "what contracts is not taken back";
        let remedy = "leave out `undo`, or `contract = true`";
        faults.at(table.source, &inner.span_of("undo"), message, remedy);
    }
    if contract && !table.has("backup") {
        let message = format!("{} takes something away for good", quoted("contract = true"));
        let remedy = "name the backup of it that has to be fresh, such as `backup = \"data\"`";
        faults.at(table.source, &inner.span_of("contract"), message, remedy);
    }
    Some(Migration {
        run: script(&inner, "run", faults)?,
        dry_run: script(&inner, "dry_run", faults),
        undo: script(&inner, "undo", faults),
        contract,
    })
}

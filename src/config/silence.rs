//! `[[env.silence]]`.

use super::fault::quoted;
use super::faults::Faults;
use super::reader::{Table, nearest};
use super::schema;
use crate::model::rule::Rule;
use crate::model::spec::Silence;
use crate::model::text::clean;

/// Every silence of an environment.
pub(super) fn read_all(env: &Table<'_>, faults: &mut Faults) -> Vec<Silence> {
    let tables = env.tables("silence", &schema::SILENCE, faults);
    tables.iter().filter_map(|table| read(table, faults)).collect()
}

fn read(table: &Table<'_>, faults: &mut Faults) -> Option<Silence> {
    table.refuse_unknown(faults);
    table.require("rule", faults);
    table.require("reason", faults);
    let rule = table.text("rule", faults)?;
    let Some(known) = Rule::from_name(rule.get_ref()) else {
        let message = format!("there is no rule {}", quoted(rule.get_ref()));
        let remedy = nearest(rule.get_ref(), Rule::ALL.iter().map(|rule| rule.name())).map_or_else(
            || "`quarterdeck doctor --rules` lists them".to_owned(),
            |near| format!("did you mean `{near}`?"),
        );
        faults.at(table.source, &rule.span(), message, remedy);
        return None;
    };
    let subject = table.text("subject", faults);
    let reason = table.text("reason", faults)?;
    if reason.get_ref().trim().is_empty() {
        let remedy = "say why, for whoever wonders at night";
        faults.at(table.source, &reason.span(), "the reason is empty", remedy);
    }
    Some(Silence {
        rule: known,
        subject: subject.map(|text| clean(text.get_ref(), 256).into()),
        reason: clean(reason.get_ref(), 256).into(),
    })
}

//! `[[env.freeze]]` and `[[env.maintenance]]`.

use super::fault::{is_printable, quoted};
use super::faults::Faults;
use super::reader::Table;
use super::schema;
use crate::model::text::clean;
use crate::model::time::Timestamp;
use crate::model::window::{Purpose, Span, Window, minute_of_week};

/// Windows of one environment.
const MOST: usize = 64;

pub(super) fn read_all(env: &Table<'_>, faults: &mut Faults) -> Vec<Window> {
    let all = [(Purpose::Freeze, &schema::FREEZE), (Purpose::Maintenance, &schema::MAINTENANCE)];
    let mut windows = Vec::new();
    for (purpose, section) in all {
        let tables = env.tables(purpose.name(), section, faults);
        windows.extend(tables.iter().take(MOST).filter_map(|table| read(table, purpose, faults)));
    }
    windows
}

fn read(table: &Table<'_>, purpose: Purpose, faults: &mut Faults) -> Option<Window> {
    let what = purpose.name();
    table.refuse_unknown(faults);
    table.require("reason", faults);
    let reason = table.text("reason", faults)?;
    if reason.get_ref().trim().is_empty() || !reason.get_ref().chars().all(is_printable) {
        let remedy = format!("say why, such as `{}`", table.example("reason"));
        faults.at(table.source, &reason.span(), format!("this {what} says no reason"), remedy);
    }
    let span = match (table.text("weekly", faults), table.has("from") || table.has("to")) {
        (Some(weekly), false) => {
            let ends = weekly.get_ref().split_once(" - ");
            let minutes = ends.and_then(|(a, b)| Some((minute_of_week(a)?, minute_of_week(b)?)));
            let Some((from, to)) = minutes.filter(|(from, to)| from != to) else {
                let message = format!("{} is no span of a week", quoted(weekly.get_ref()));
                let remedy = "write such as `weekly = \"Fri 15:00 - Mon 07:00\"`, in UTC";
                faults.at(table.source, &weekly.span(), message, remedy);
                return None;
            };
            Span::Weekly(from, to)
        }
        (None, true) => {
            table.require("from", faults);
            table.require("to", faults);
            let (from, to) = (moment(table, "from", faults)?, moment(table, "to", faults)?);
            if to <= from {
                let remedy = "let `to` be later than `from`";
                faults.at(
                    table.source,
                    &table.span_of("to"),
                    format!("this {what} ends before it begins"),
                    remedy,
                );
                return None;
            }
            Span::Once(from, to)
        }
        (None, false) if table.has("weekly") => return None,
        (_, both) => {
            let message = if both {
                format!("a {what} is every week or once, but this has both")
            } else {
                format!("this {what} does not say when")
            };
            let remedy = format!("write `{}`, or `from` and `to`", table.example("weekly"));
            faults.at(table.source, &table.span(), message, remedy);
            return None;
        }
    };
    Some(Window { purpose, span, reason: clean(reason.get_ref(), 200).into() })
}

/// A moment with its zone (RFC 3339).
fn moment(table: &Table<'_>, key: &str, faults: &mut Faults) -> Option<Timestamp> {
    let text = table.text(key, faults)?;
    let Ok(moment) = text.get_ref().parse::<jiff::Timestamp>() else {
        let message = format!("{} is no moment", quoted(text.get_ref()));
        let remedy = format!("write such as `{}`", table.example(key));
        faults.at(table.source, &text.span(), message, remedy);
        return None;
    };
    Some(Timestamp::from_micros(moment.as_microsecond()))
}

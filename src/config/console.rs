//! `[console]`.

use std::time::Duration;

use jiff::fmt::friendly::SpanParser;

use super::backup::values::size;
use super::fault::quoted;
use super::faults::Faults;
use super::reader::{At, Table};
use super::{INTERVAL_MAX, INTERVAL_MIN};
use super::{check, env, health};
use crate::model::alarm::Notify;
use crate::model::spec::ConsoleSpec;

/// From room for some batches of lines of some hosts on.
const LOG_MEMORY: std::ops::RangeInclusive<usize> = (4 << 20)..=(64 << 30);

pub(super) fn read(table: &Table<'_>, faults: &mut Faults) -> ConsoleSpec {
    table.refuse_unknown(faults);
    let default = ConsoleSpec::default();
    let text = table.text("interval", faults);
    let interval = text.and_then(|text| interval(table, &text, faults));
    let theme = table.text("theme", faults);
    if let Some((theme, Err(refusal))) =
        theme.as_ref().map(|theme| (theme, check::name(theme.get_ref())))
    {
        table.refuse(&theme.span(), refusal, faults);
    }
    let notify = table.text("notify", faults).and_then(|word| {
        let words = Notify::ALL.map(|notify| (notify.name(), notify));
        env::one_of(table, "notify", &word, &words, faults)
    });
    ConsoleSpec {
        interval: interval.unwrap_or(default.interval),
        theme: theme.map_or(default.theme, |theme| (*theme.get_ref()).to_owned()),
        ascii: table.flag("ascii", faults).unwrap_or(default.ascii),
        mouse: table.flag("mouse", faults).unwrap_or(default.mouse),
        problems_only: table.flag("problems_only", faults).unwrap_or(default.problems_only),
        notify: notify.unwrap_or(default.notify),
        log_memory: log_memory(table, faults).unwrap_or(default.log_memory),
        hook: health::argv(table, "hook", faults)
            .unwrap_or_default()
            .into_iter()
            .map(Into::into)
            .collect(),
    }
}

/// What an open log may hold: enough for a screen and its surroundings, and within an address space.
fn log_memory(table: &Table<'_>, faults: &mut Faults) -> Option<usize> {
    let bytes = size(table, "log_memory", faults)?;
    let fits = usize::try_from(bytes).ok().filter(|bytes| LOG_MEMORY.contains(bytes));
    if fits.is_none()
        && let Some(value) = table.value_of("log_memory")
    {
        let message = "this is too little or too much for an open log";
        faults.at(table.source, &value.span(), message, "choose from `4MiB` to `64GiB`");
    }
    fits
}

fn interval(table: &Table<'_>, text: &At<&str>, faults: &mut Faults) -> Option<Duration> {
    let written = quoted(text.get_ref());
    let Ok(interval) = SpanParser::new().parse_unsigned_duration(text.get_ref()) else {
        let message = format!("{written} is not a duration");
        let remedy = "write a number and a unit, such as `5s`, `1m 30s` or `500ms`";
        faults.at(table.source, &text.span(), message, remedy);
        return None;
    };
    if !(INTERVAL_MIN..=INTERVAL_MAX).contains(&interval) {
        let message = format!("the interval {written} is out of range");
        faults.at(table.source, &text.span(), message, "choose one from `1s` to `10m`");
        return None;
    }
    Some(interval)
}

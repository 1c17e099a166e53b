//! How an `[[env.service]]` is run, and the keys that go with each kind.

use std::time::Duration;

use super::fault::{is_printable, quoted};
use super::faults::Faults;
use super::health::{argv, duration};
use super::reader::{At, Table, describe, integer};
use super::{check, schema};
use crate::model::check::{CheckSpec, TIMEOUT, Target};
use crate::model::ids::UnitName;
use crate::model::process::Count;
use crate::model::spec::{Kind, Promises};

/// The longest text to look for.
const LONGEST: usize = 512;

pub(super) fn unit(table: &Table<'_>, key: &str, faults: &mut Faults) -> Option<Kind> {
    let unit = table.text(key, faults)?;
    checked(table, &unit, faults).map(Kind::Unit)
}

pub(super) fn timer(table: &Table<'_>, key: &str, faults: &mut Faults) -> Option<Kind> {
    let text = table.text(key, faults)?;
    let unit = checked(table, &text, faults)?;
    if unit.as_str().strip_suffix(".timer").is_some() {
        return Some(Kind::Timer(unit));
    }
    let stem = text.get_ref().rsplit_once('.').map_or_else(|| *text.get_ref(), |(stem, _)| stem);
    let message = format!("the unit {} is no timer", quoted(text.get_ref()));
    let remedy = format!("write `{stem}.timer`, as `systemctl list-timers` has it");
    faults.at(table.source, &text.span(), message, remedy);
    None
}

fn checked(table: &Table<'_>, unit: &At<&str>, faults: &mut Faults) -> Option<UnitName> {
    match check::unit(unit.get_ref()) {
        Ok(()) => Some(UnitName::new(unit.get_ref())),
        Err(refusal) => {
            table.refuse(&unit.span(), refusal, faults);
            None
        }
    }
}

pub(super) fn cron(table: &Table<'_>, key: &str, faults: &mut Faults) -> Option<Kind> {
    let remedy = "write a part of the job's command that no other job has, such as its script";
    words(table, key, remedy, faults).map(Kind::Cron)
}

pub(super) fn process(table: &Table<'_>, key: &str, faults: &mut Faults) -> Option<Kind> {
    let remedy = "write words of its command line, such as `scanner_server.py` or `java -jar`";
    words(table, key, remedy, faults).map(Kind::Process)
}

fn words(table: &Table<'_>, key: &str, remedy: &str, faults: &mut Faults) -> Option<Box<str>> {
    let text = table.text(key, faults)?;
    let value = text.get_ref().trim();
    if value.len() < 2 || value.len() > LONGEST || value.chars().any(|c| !is_printable(c)) {
        let message = format!("`{key}` cannot look for {}", quoted(text.get_ref()));
        faults.at(table.source, &text.span(), message, remedy);
        return None;
    }
    Some(value.into())
}

pub(super) fn command(table: &Table<'_>, key: &str, faults: &mut Faults) -> Option<Kind> {
    argv(table, key, faults).map(Kind::Command)
}

/// What it promises by its kind.
pub(super) fn promises(
    table: &Table<'_>,
    kind: &Kind,
    promises: &mut Promises,
    faults: &mut Faults,
) {
    let is_job = matches!(kind, Kind::Timer(_) | Kind::Cron(_));
    let is_command = matches!(kind, Kind::Command(_));
    let is_process = matches!(kind, Kind::Process(_));
    for (key, with, fits) in [
        ("every", "`timer`, `cron` or `command`", is_job || is_command),
        ("grace", "`timer` or `cron`", is_job),
        ("count", "`process`", is_process),
        ("timeout", "`command`", is_command),
        ("health", "what runs", !is_command),
        ("ports", "what runs", !is_command && !matches!(kind, Kind::Cron(_))),
    ] {
        if !fits && table.has(key) {
            let message = format!("`{key}` goes with {with}, not with `{}`", kind.name());
            faults.at(table.source, &table.span_of(key), message, "remove it");
        }
    }
    if kind.unit().is_none() && promises.rollout.min_available.is_some_and(|s| s.of(1) > 0) {
        let span = table
            .value_of("rollout")
            .and_then(|value| table.inner_table(value, &schema::ROLLOUT))
            .map_or_else(|| table.span_of("rollout"), |inner| inner.span_of("min_available"));
        let name = kind.name();
        let message = format!("`min_available` goes with `unit` or `timer`, not with `{name}`");
        faults.at(table.source, &span, message, "remove it");
    }
    let day = Duration::from_secs(86_400);
    let second = Duration::from_secs(1);
    if is_job {
        let limits = Duration::from_secs(60)..=day * 400;
        promises.every = duration(table, "every", limits, "`1m` to `400d`", faults);
        promises.grace = duration(table, "grace", second..=day * 30, "`1s` to `30d`", faults);
    }
    if is_process && let Some(value) = table.value_of("count") {
        let text = value.get_ref().as_str();
        promises.count = text.map_or_else(|| integer(value).and_then(exactly), range);
        if promises.count.is_none() {
            let message = format!("`count` is no number of processes: {}", describe(value));
            let remedy = "write such as `1`, `\"2-4\"`, `\"1-\"` or `\"0-1\"`";
            faults.at(table.source, &value.span(), message, remedy);
        }
    }
    if let Kind::Command(argv) = kind {
        let every = duration(table, "every", second..=day, "`1s` to `24h`", faults);
        let limits = Duration::from_millis(100)..=Duration::from_secs(60);
        let timeout = duration(table, "timeout", limits, "`100ms` to `60s`", faults);
        promises.every = every;
        promises.checks.clear();
        // Without a pace nothing runs it but somebody's wish.
        promises.checks.extend(every.map(|every| CheckSpec {
            every,
            timeout: timeout.unwrap_or(TIMEOUT),
            retries: 1,
            ..CheckSpec::new(Target::Command(argv.clone()))
        }));
    }
}

fn exactly(n: i64) -> Option<Count> {
    let n = u32::try_from(n).ok().filter(|n| (1..=10_000).contains(n))?;
    Some(Count { min: n, max: n })
}

/// `2-4`, `1-`.
fn range(text: &str) -> Option<Count> {
    let Some((min, max)) = text.split_once('-') else { return exactly(text.trim().parse().ok()?) };
    let number = |text: &str| text.trim().parse::<u32>().ok().filter(|n| *n <= 10_000);
    let min = number(min)?;
    let max = if max.trim().is_empty() { u32::MAX } else { number(max)? };
    (min <= max && max > 0).then_some(Count { min, max })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_numbers_and_ranges() {
        for (text, count) in [
            ("2-4", Some((2, 4))),
            ("1-", Some((1, u32::MAX))),
            ("0-1", Some((0, 1))),
            (" 3 ", Some((3, 3))),
            ("4-2", None),
            ("0-0", None),
            ("-2", None),
            ("a", None),
            ("", None),
            ("99999-", None),
        ] {
            assert_eq!(range(text), count.map(|(min, max)| Count { min, max }), "{text}");
        }
        assert_eq!(exactly(0), None);
    }
}

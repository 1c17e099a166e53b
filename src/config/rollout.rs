//! `rollout` and `soak` of a service.

use std::time::Duration;

use super::faults::Faults;
use super::health::{duration, number};
use super::reader::{Table, describe, integer};
use super::schema;
use crate::model::plan::{Policy, Share, Wish};

const DAY: Duration = Duration::from_secs(86_400);

/// `rollout = { canary = 1, batch = "25%", max_failures = 0, min_available = "50%", wait = "10s" }`.
pub(super) fn read(table: &Table<'_>, faults: &mut Faults) -> Wish {
    let Some(value) = table.value_of("rollout") else { return Wish::default() };
    let Some(inner) = table.inner_table(value, &schema::ROLLOUT) else {
        let message = format!("`rollout` must be a table, but this is {}", describe(value));
        let remedy = "write such as `rollout = { canary = 1, batch = \"25%\" }`";
        faults.at(table.source, &value.span(), message, remedy);
        return Wish::default();
    };
    inner.refuse_unknown(faults);
    Wish {
        canary: number(&inner, "canary", 0..=1000, faults).map(usize::from),
        batch: share(&inner, "batch", 1, faults),
        max_failures: number(&inner, "max_failures", 0..=1000, faults).map(usize::from),
        wait: duration(&inner, "wait", Duration::ZERO..=DAY, "`0s` to `24h`", faults),
        min_available: share(&inner, "min_available", 0, faults),
        on_fail: on_fail(&inner, faults),
    }
}

/// `on_fail = "revert-fleet"`.
fn on_fail(table: &Table<'_>, faults: &mut Faults) -> Option<Policy> {
    let value = table.value_of("on_fail")?;
    let policy = value.get_ref().as_str().and_then(Policy::parse);
    if policy.is_none() {
        let names: Vec<String> =
            Policy::ALL.iter().map(|one| format!("`\"{}\"`", one.name())).collect();
        let message =
            format!("`on_fail` is one of {}, but this is {}", names.join(", "), describe(value));
        let remedy = "write such as `on_fail = \"revert-fleet\"`";
        faults.at(table.source, &value.span(), message, remedy);
    }
    policy
}

/// `soak = "5s"`.
pub(super) fn soak(table: &Table<'_>, faults: &mut Faults) -> Option<Duration> {
    duration(table, "soak", Duration::ZERO..=DAY, "`0s` to `24h`", faults)
}

/// A number of hosts, `least` or more, or a share of them.
fn share(table: &Table<'_>, key: &str, least: i64, faults: &mut Faults) -> Option<Share> {
    let value = table.value_of(key)?;
    let number = || integer(value).filter(|n| (least..=1000).contains(n));
    let share = match value.get_ref().as_str() {
        Some(text) => Share::parse(text).filter(|share| matches!(share, Share::Percent(_))),
        None => number().and_then(|n| usize::try_from(n).ok()).map(Share::Number),
    };
    if share.is_none() {
        let message = format!(
            "`{key}` is a number of hosts or a share of them, but this is {}",
            describe(value)
        );
        let remedy = format!("write such as `{key} = 1` or `{key} = \"25%\"`");
        faults.at(table.source, &value.span(), message, remedy);
    }
    share
}

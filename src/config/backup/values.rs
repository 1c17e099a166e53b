//! Durations, sizes and numbers of copies.

use std::time::Duration;

use jiff::fmt::friendly::SpanParser;

use crate::config::fault::quoted;
use crate::config::faults::Faults;
use crate::config::reader::{Table, describe, integer};
use crate::config::schema;
use crate::model::backup::Keep;

/// Ten years: nobody waits longer for a backup.
const LONGEST: Duration = Duration::from_secs(3650 * 86_400);

/// A duration such as `6h`, of at least a second unless it is nought.
pub(super) fn duration(table: &Table<'_>, key: &str, faults: &mut Faults) -> Option<Duration> {
    let text = table.text(key, faults)?;
    let parsed = SpanParser::new().parse_unsigned_duration(text.get_ref());
    match parsed {
        Ok(span) if span <= LONGEST && (key != "every" || span >= Duration::from_secs(60)) => {
            Some(span)
        }
        Ok(_) => {
            let message = format!("`{key}` is out of range");
            let remedy = "choose one from `1m` to `520w`";
            faults.at(table.source, &text.span(), message, remedy);
            None
        }
        Err(_) => {
            let message = format!("{} is not a duration", quoted(text.get_ref()));
            let remedy = "write a number and a unit, such as `30m`, `6h` or `24h`";
            faults.at(table.source, &text.span(), message, remedy);
            None
        }
    }
}

/// A number of bytes: an integer, or text with a unit.
pub(in crate::config) fn size(table: &Table<'_>, key: &str, faults: &mut Faults) -> Option<u64> {
    let value = table.value_of(key)?;
    let bytes = match value.get_ref().as_str() {
        Some(text) => bytes(text),
        None => integer(value).and_then(|number| u64::try_from(number).ok()),
    };
    if bytes.is_none() {
        let message = format!("`{key}` must be a size, but this is {}", describe(value));
        let remedy = "write bytes as a number, or text such as `\"10KiB\"` or `\"2GB\"`";
        faults.at(table.source, &value.span(), message, remedy);
    }
    bytes
}

fn bytes(text: &str) -> Option<u64> {
    let text = text.trim();
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at_checked(digits)?;
    let unit = match unit.trim() {
        "" | "B" => 1,
        "KB" | "kB" => 1000,
        "MB" => 1_000_000,
        "GB" => 1_000_000_000,
        "TB" => 1_000_000_000_000,
        "KiB" => 1 << 10,
        "MiB" => 1 << 20,
        "GiB" => 1 << 30,
        "TiB" => 1 << 40,
        _ => return None,
    };
    number.parse::<u64>().ok()?.checked_mul(unit)
}

/// `keep = 30` or `keep = { daily = 7, weekly = 4, monthly = 12 }`.
pub(super) fn keep(table: &Table<'_>, faults: &mut Faults) -> Option<Keep> {
    let value = table.value_of("keep")?;
    let Some(inner) = table.inner_table(value, &schema::KEEP) else {
        let count = integer(value).and_then(|n| u32::try_from(n).ok()).filter(|n| *n > 0);
        if count.is_none() {
            let message =
                format!("`keep` must be a number of copies, but this is {}", describe(value));
            let remedy = "write `keep = 30`, or `keep = { daily = 7, weekly = 4, monthly = 12 }`";
            faults.at(table.source, &value.span(), message, remedy);
        }
        return count.map(Keep::Count);
    };
    inner.refuse_unknown(faults);
    let mut part = |key: &str| -> Option<u32> {
        let Some(value) = inner.value_of(key) else { return Some(0) };
        let number = integer(value).and_then(|n| u32::try_from(n).ok()).filter(|n| *n <= 1000);
        if number.is_none() {
            let message =
                format!("`{key}` must be a number up to 1000, but this is {}", describe(value));
            faults.at(inner.source, &value.span(), message, "write it as a number, such as `7`");
        }
        number
    };
    let (daily, weekly, monthly) = (part("daily")?, part("weekly")?, part("monthly")?);
    if daily == 0 && weekly == 0 && monthly == 0 {
        let remedy = "write at least one of them, such as `keep = { daily = 7 }`";
        faults.at(table.source, &value.span(), "`keep` keeps nothing", remedy);
        return None;
    }
    Some(Keep::Gfs { daily, weekly, monthly })
}

#[cfg(test)]
mod tests {
    use super::bytes;

    #[test]
    fn sizes_are_read_with_their_unit() {
        assert_eq!(bytes("10KiB"), Some(10_240));
        assert_eq!(bytes("2 GB"), Some(2_000_000_000));
        assert_eq!(bytes("77"), Some(77));
        for bad in ["", "KiB", "1.5GB", "-1", "1XB", "99999999999TiB"] {
            assert_eq!(bytes(bad), None, "{bad}");
        }
    }
}

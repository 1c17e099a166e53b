//! Numbers and moments as words. Coarse on purpose: what stands on an idle screen must not
//! change each second, or each second bytes go over somebody's slow link.

use std::time::Duration;

use super::chrome::Glyphs;
use crate::model::restarts::Count;
use crate::model::time::Timestamp;

/// How long something lasts: `<1m`, `3m`, `2h05`, `4d`.
pub(super) fn age(of: Duration) -> String {
    let minutes = of.as_secs() / 60;
    match minutes {
        0 => "<1m".to_owned(),
        1..60 => format!("{minutes}m"),
        60..1440 => format!("{}h{:02}", minutes / 60, minutes % 60),
        _ => format!("{}d", minutes / 1440),
    }
}

/// How long until something: `5s`, `10s`, … in steps of five seconds, then in minutes.
pub(super) fn until(of: Duration) -> String {
    match of.as_millis().div_ceil(5000) * 5 {
        0 => "now".to_owned(),
        secs @ 1..60 => format!("in {secs}s"),
        secs => format!("in {}m", secs.div_ceil(60)),
    }
}

/// Bytes in four or five columns: `12K`, `340M`, `1.2G`.
pub(super) fn bytes(n: u64) -> String {
    let mut value = n as f64;
    for unit in ["B", "K", "M", "G", "T", "P"] {
        if value < 999.5 {
            let whole = value >= 9.95 || unit == "B" || unit == "K" || unit == "M";
            return if whole { format!("{value:.0}{unit}") } else { format!("{value:.1}{unit}") };
        }
        value /= 1024.0;
    }
    format!("{value:.0}E")
}

/// A number of restarts, marked where there may have been more.
pub(super) fn count(count: Count, glyphs: Glyphs) -> String {
    let mark = if count.at_least { glyphs.at_least() } else { "" };
    format!("{mark}{}", count.n)
}

/// Restarts in five minutes and in an hour, as one word.
pub(super) fn counts(five: Count, hour: Count, glyphs: Glyphs) -> String {
    if five == hour && hour.n == 0 {
        return count(hour, glyphs);
    }
    format!("{}/{}", count(five, glyphs), count(hour, glyphs))
}

/// A share of a processor.
pub(super) fn cpu(percent: f32) -> String {
    if percent < 1.0 { "<1%".to_owned() } else { format!("{percent:.0}%") }
}

/// The way there and back, in classes, since it is never twice the same.
pub(super) fn latency(of: Duration) -> String {
    const CLASSES: [u128; 7] = [10, 20, 50, 100, 200, 500, 1000];
    let millis = of.as_millis();
    CLASSES
        .iter()
        .find(|&&class| millis < class)
        .map_or_else(|| format!("{}s", millis / 1000), |class| format!("<{class}ms"))
}

/// Load beside the number of processors.
pub(super) fn load(load: f32, cpus: u32) -> String {
    if load < 1.0 { format!("<1/{cpus}") } else { format!("{load:.1}/{cpus}") }
}

/// A clock's difference with its sign.
pub(super) fn skew(micros: i64) -> String {
    let sign = if micros < 0 { '-' } else { '+' };
    // To the nearest: three days less a millisecond are three days.
    let secs = (micros.unsigned_abs() + 500_000) / 1_000_000;
    if secs < 60 {
        format!("{sign}{secs}s")
    } else {
        format!("{sign}{}", age(Duration::from_secs(secs)))
    }
}

/// The time of day: `03:07`.
pub(super) fn clock(at: Timestamp, offset: i32) -> String {
    let secs = (at.as_secs() + i64::from(offset)).rem_euclid(86_400);
    format!("{:02}:{:02}", secs / 3600, secs / 60 % 60)
}

/// Day and time of day to the second: `11-21 03:07:09`.
pub(super) fn moment(at: Timestamp, offset: i32) -> String {
    let local = at.as_secs().saturating_add(i64::from(offset));
    let (month, day) = month_and_day(local.div_euclid(86_400));
    let secs = local.rem_euclid(86_400);
    format!("{month:02}-{day:02} {:02}:{:02}:{:02}", secs / 3600, secs / 60 % 60, secs % 60)
}

/// From days since the Unix epoch (Howard Hinnant, "chrono-compatible low-level date algorithms").
const fn month_and_day(days: i64) -> (i64, i64) {
    let shifted = days + 719_468;
    let of_era = shifted.rem_euclid(146_097);
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let shifted_month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted_month + 2) / 5 + 1;
    (if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 }, day)
}

/// Restarts per minute, in four columns.
pub(super) fn rate(per_minute: f64) -> String {
    if per_minute < 99.95 { format!("{per_minute:.1}") } else { format!("{per_minute:.0}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_are_coarse() {
        let words =
            [59, 60, 3599, 3600, 7500, 86_400, 400_000].map(|secs| age(Duration::from_secs(secs)));
        assert_eq!(words, ["<1m", "1m", "59m", "1h00", "2h05", "1d", "4d"]);
    }

    #[test]
    fn countdowns_step_by_five_seconds() {
        let words = [0, 1, 5, 6, 55, 56, 61, 300].map(|secs| until(Duration::from_secs(secs)));
        assert_eq!(words, ["now", "in 5s", "in 5s", "in 10s", "in 55s", "in 1m", "in 2m", "in 5m"]);
    }

    #[test]
    fn bytes_are_short() {
        let words = [0, 900, 2048, 5 << 20, 1020 << 20, 3 << 30, 200 << 30].map(bytes);
        assert_eq!(words, ["0B", "900B", "2K", "5M", "1.0G", "3.0G", "200G"]);
    }

    #[test]
    fn moments_have_their_day() {
        let at = Timestamp::from_secs(1_795_230_429);
        assert_eq!(moment(at, 0), "11-21 03:07:09");
        assert_eq!(moment(at, 3600), "11-21 04:07:09");
        assert_eq!(moment(Timestamp::from_secs(951_782_400), 0), "02-29 00:00:00");
    }
}

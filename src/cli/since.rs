//! `--since`: how long ago, or a moment.

use jiff::civil;
use jiff::fmt::friendly::SpanParser;
use jiff::tz::TimeZone;

use super::{Failure, USAGE};
use crate::model::text::clean;
use crate::model::time::Timestamp;

/// The moment that is meant, before `now`; a moment without a zone is one of this machine's.
pub(super) fn parse(text: &str, now: Timestamp) -> Result<Timestamp, Failure> {
    parse_in(text, now, &TimeZone::system()).ok_or_else(|| Failure {
        code: USAGE,
        message: format!(
            "quarterdeck: `{}` is neither how long ago, such as `90m` or `2h 30m`, nor a moment, \
             such as `2026-11-21 03:00` or `2026-11-21T03:00:00Z`",
            clean(text, 64)
        ),
    })
}

fn parse_in(text: &str, now: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
    let text = text.trim();
    // A time of day, though `19:40:30` could be hours, minutes and seconds as well. One that is
    // yet to come was yesterday's.
    if let Ok(time) = text.parse::<civil::Time>()
        && text.contains(':')
    {
        let of = |day: civil::Date| day.to_datetime(time).to_zoned(zone.clone()).ok();
        let at = of(today(now, zone)).map(|at| at.timestamp().as_microsecond())?;
        let at = if at > now.as_micros() {
            of(today(now, zone).yesterday().ok()?)?.timestamp().as_microsecond()
        } else {
            at
        };
        return Some(Timestamp::from_micros(at));
    }
    if let Ok(ago) = SpanParser::new().parse_unsigned_duration(text) {
        return Some(now - ago);
    }
    if let Ok(at) = text.parse::<jiff::Timestamp>() {
        return Some(Timestamp::from_micros(at.as_microsecond()));
    }
    // The time of a day alone is today's.
    let civil = text
        .parse::<civil::DateTime>()
        .or_else(|_| text.parse::<civil::Time>().map(|time| today(now, zone).to_datetime(time)))
        .ok()?;
    let at = civil.to_zoned(zone.clone()).ok()?.timestamp();
    Some(Timestamp::from_micros(at.as_microsecond()))
}

fn today(now: Timestamp, zone: &TimeZone) -> civil::Date {
    let now = jiff::Timestamp::from_microsecond(now.as_micros()).unwrap_or_default();
    now.to_zoned(zone.clone()).date()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_and_moments() {
        // 2026-11-21 03:00:00 UTC.
        let now = Timestamp::from_secs(1_795_230_000);
        let zone = TimeZone::fixed(jiff::tz::offset(2));
        let secs = |text: &str| parse_in(text, now, &zone).map(|at| at.as_secs() - now.as_secs());
        assert_eq!(secs("90m"), Some(-5400));
        assert_eq!(secs("2h 30m"), Some(-9000));
        assert_eq!(secs("2026-11-21T02:00:00Z"), Some(-3600));
        assert_eq!(secs("2026-11-21T04:30:00+02:00"), Some(-1800));
        assert_eq!(secs("2026-11-21 04:00"), Some(-3600));
        assert_eq!(secs("2026-11-21"), Some(-18_000));
        assert_eq!(secs("04:59:30"), Some(-30));
        assert_eq!(secs("05:00:30"), Some(30 - 86_400));
        assert_eq!(secs("04:00"), Some(-3600));
        for wrong in ["", "soon", "-1h", "25:00", "1h\x1b"] {
            assert_eq!(secs(wrong), None, "{wrong}");
        }
    }
}

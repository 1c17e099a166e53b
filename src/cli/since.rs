//! `--since`: how long ago, or a moment.

use jiff::tz::TimeZone;

use super::{Failure, USAGE};
use crate::model::moment::{self, FORMS};
use crate::model::text::clean;
use crate::model::time::Timestamp;

/// The moment that is meant, before `now`; a moment without a zone is one of this machine's.
pub(super) fn parse(text: &str, now: Timestamp) -> Result<Timestamp, Failure> {
    parse_in(text, now, &TimeZone::system()).ok_or_else(|| Failure {
        code: USAGE,
        message: format!("quarterdeck: `{}` is no moment: write {FORMS}", clean(text, 64)),
    })
}

fn parse_in(text: &str, now: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
    moment::parse(text, now, |at| {
        let at = jiff::Timestamp::from_microsecond(at.as_micros()).unwrap_or_default();
        zone.to_offset(at).seconds()
    })
}

#[cfg(test)]
mod tests {
    use jiff::tz::{Offset, offset};

    use super::*;

    #[test]
    fn moments_are_those_of_this_machines_zone() {
        // 2026-11-21 03:00:00 UTC.
        let now = Timestamp::from_secs(1_795_230_000);
        let zone = TimeZone::fixed(offset(2));
        let secs = |text: &str| parse_in(text, now, &zone).map(|at| at.as_secs() - now.as_secs());
        assert_eq!(secs("04:00"), Some(-3600));
        assert_eq!(secs("2026-11-21T02:00:00Z"), Some(-3600));
        assert_eq!(secs("-1h"), Some(-3600));
        assert_eq!(secs("soon"), None);
    }

    #[test]
    fn also_where_the_clock_was_set() {
        let zone = TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").unwrap();
        let now = Timestamp::from_secs(1_795_230_000);
        for day in 1..365 {
            for minute in (0..1440).step_by(30) {
                let at = jiff::civil::date(2026, 1, 1)
                    .checked_add(jiff::Span::new().days(day))
                    .unwrap()
                    .at((minute / 60) as i8, (minute % 60) as i8, 0, 0);
                let known = at.to_zoned(zone.clone()).unwrap().timestamp().as_second();
                let read = parse_in(&at.to_string(), now, &zone).unwrap();
                assert_eq!(read.as_secs(), known, "{at}");
            }
        }
        assert_eq!(zone.to_offset(jiff::Timestamp::from_second(0).unwrap()), Offset::constant(1));
    }
}

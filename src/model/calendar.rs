//! Days, weeks and months as people count them, in UTC, and moments written as text.
//!
//! From days since the Unix epoch and back: Howard Hinnant, "chrono-compatible low-level date
//! algorithms".

/// Seconds of a day.
pub const DAY: i64 = 86_400;

/// A day: year, month from 1, day of the month from 1.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Date {
    /// The year.
    pub year: i64,
    /// From 1.
    pub month: i64,
    /// From 1.
    pub day: i64,
}

/// The date of a number of days since the Unix epoch.
pub const fn date(days: i64) -> Date {
    let shifted = days.saturating_add(719_468);
    let era = shifted.div_euclid(146_097);
    let of_era = shifted.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = year_of_era + era * 400;
    Date { year: if month <= 2 { year + 1 } else { year }, month, day }
}

/// Days from the Unix epoch to a date; none for one that no calendar has.
pub fn days(date: Date) -> Option<i64> {
    let Date { year, month, day } = date;
    let last = match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        _ => return None,
    };
    if !(1..=9999).contains(&year) || !(1..=last).contains(&day) {
        return None;
    }
    let shifted = if month <= 2 { year - 1 } else { year };
    let era = shifted.div_euclid(400);
    let year_of_era = shifted.rem_euclid(400);
    let month_shifted = if month > 2 { month - 3 } else { month + 9 };
    let of_year = (153 * month_shifted + 2) / 5 + day - 1;
    let of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + of_year;
    Some(era * 146_097 + of_era - 719_468)
}

/// The ISO week of a day, as a number that grows by one each Monday. The epoch was a Thursday.
pub const fn week(days: i64) -> i64 {
    (days + 3).div_euclid(7)
}

/// The month of a day, as a number that grows by one each month.
pub const fn month(days: i64) -> i64 {
    let date = date(days);
    date.year * 12 + date.month - 1
}

/// Seconds since the epoch of a moment in UTC.
pub fn seconds(date: Date, hour: i64, minute: i64, second: i64) -> Option<i64> {
    let fits = (0..24).contains(&hour) && (0..60).contains(&minute) && (0..61).contains(&second);
    if !fits {
        return None;
    }
    Some(days(date)? * DAY + hour * 3600 + minute * 60 + second)
}

/// The first moment that stands in a text as digits: `2026-11-21T03:00:00`, `2026-11-21 03:00:00`,
/// `20261121_030000`, `20261121-0300`, or a day alone, which is its midnight. As seconds since the
/// epoch, taken for UTC; a zone behind it is the caller's.
pub fn moment(text: &str) -> Option<i64> {
    let bytes = text.as_bytes();
    let digit = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
    let starts = (0..bytes.len()).filter(|at| digit(*at) && (*at == 0 || !digit(at - 1)));
    starts.into_iter().find_map(|at| moment_at(bytes, at))
}

fn moment_at(bytes: &[u8], at: usize) -> Option<i64> {
    let mut place = at;
    let year = number(bytes, &mut place, 4)?;
    if !(1970..=9999).contains(&year) {
        return None;
    }
    skip(bytes, &mut place, b"-_.");
    let month = number(bytes, &mut place, 2)?;
    skip(bytes, &mut place, b"-_.");
    let day = number(bytes, &mut place, 2)?;
    let date = Date { year, month, day };
    days(date)?;
    let mut after = place;
    skip(bytes, &mut after, b"-_T .");
    let clock = number(bytes, &mut after, 2).and_then(|hour| {
        skip(bytes, &mut after, b":-.");
        let minute = number(bytes, &mut after, 2)?;
        skip(bytes, &mut after, b":-.");
        let second = number(bytes, &mut after, 2).unwrap_or(0);
        seconds(date, hour, minute, second)
    });
    clock.or_else(|| seconds(date, 0, 0, 0))
}

fn number(bytes: &[u8], place: &mut usize, digits: usize) -> Option<i64> {
    let found = bytes.get(*place..place.checked_add(digits)?)?;
    if !found.iter().all(u8::is_ascii_digit) {
        return None;
    }
    *place += digits;
    Some(found.iter().fold(0, |n, digit| n * 10 + i64::from(digit - b'0')))
}

fn skip(bytes: &[u8], place: &mut usize, these: &[u8]) {
    if bytes.get(*place).is_some_and(|byte| these.contains(byte)) {
        *place += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_and_dates_are_each_others_inverse() {
        for day in (-200_000..200_000).step_by(37) {
            if (1..=9999).contains(&date(day).year) {
                assert_eq!(days(date(day)), Some(day));
            }
        }
        assert_eq!(days(Date { year: 2026, month: 11, day: 21 }), Some(20_778));
    }

    #[test]
    fn only_days_of_a_calendar_are_days() {
        for year in [1, 4, 100, 400, 1900, 1999, 2000, 2024, 2026, 2100, 9999] {
            for month in -1..=14 {
                for day in -1..=33 {
                    let asked = Date { year, month, day };
                    let real = days(asked).is_some_and(|found| date(found) == asked);
                    assert_eq!(days(asked).is_some(), real, "{asked:?}");
                    let next = Date { month: month + 1, day: 1, ..asked };
                    if (1..=28).contains(&day) && (1..=12).contains(&month) {
                        assert!(real, "{asked:?}");
                    } else if real && day > 28 && month < 12 {
                        assert!(days(asked) < days(next), "{asked:?}");
                    }
                }
            }
        }
        assert_eq!(days(Date { year: 2024, month: 2, day: 29 }), Some(19_782));
        assert_eq!(days(Date { year: 2026, month: 2, day: 29 }), None);
        assert_eq!(days(Date { year: 2026, month: 6, day: 31 }), None);
        assert_eq!(days(Date { year: 0, month: 1, day: 1 }), None);
    }

    #[test]
    fn weeks_begin_on_monday() {
        // 2026-11-16 was a Monday.
        let monday = days(Date { year: 2026, month: 11, day: 16 }).unwrap();
        assert_eq!(week(monday), week(monday + 6));
        assert_eq!(week(monday - 1) + 1, week(monday));
    }

    #[test]
    fn moments_are_read_as_scripts_write_them() {
        let three = 20_778 * DAY + 3 * 3600;
        for (text, read) in [
            ("data-20261121_030000.tar.gz", Some(three)),
            ("2026-11-21T03:00:00Z", Some(three)),
            ("Sat 2026-11-21 03:00:00 UTC", Some(three)),
            ("db-20261121-0300.sql.gz", Some(three)),
            ("db_2026-11-21.sql", Some(20_778 * DAY)),
            ("v1234-99999999", None),
            ("backup-20261399.tar", None),
            ("", None),
            ("日本2026", None),
        ] {
            assert_eq!(moment(text), read, "{text}");
        }
    }
}

//! Spans of time in which nothing is deployed or nobody is called, as a team agreed.

use super::time::Timestamp;

/// Minutes of a week.
const WEEK: i64 = 7 * 24 * 60;

/// When.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Span {
    /// Every week: minutes since Monday 00:00 UTC. The end may be in the week after.
    Weekly(i64, i64),
    /// Once.
    Once(Timestamp, Timestamp),
}

/// What a span is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Purpose {
    /// Nothing is deployed.
    Freeze,
    /// What goes wrong is written down and shown, and calls nobody before it is over.
    Maintenance,
}

impl Purpose {
    /// The key in the config, and the word in sentences.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Freeze => "freeze",
            Self::Maintenance => "maintenance",
        }
    }
}

/// `[[env.freeze]]` and `[[env.maintenance]]`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Window {
    /// What for.
    pub purpose: Purpose,
    /// When.
    pub span: Span,
    /// Why.
    pub reason: Box<str>,
}

impl Window {
    /// When it is over, where it is in force.
    pub fn until(&self, now: Timestamp) -> Option<Timestamp> {
        match self.span {
            Span::Once(from, to) => (from <= now && now < to).then_some(to),
            Span::Weekly(from, to) => {
                // 1970-01-01 was a Thursday.
                let minute = (now.as_secs().div_euclid(60) + 3 * 24 * 60).rem_euclid(WEEK);
                let long = (to - from).rem_euclid(WEEK);
                let gone = (minute - from).rem_euclid(WEEK);
                let began = now.as_secs().div_euclid(60) - gone;
                (gone < long).then(|| Timestamp::from_secs((began + long) * 60))
            }
        }
    }
}

/// Reads `Fri 15:00` as minutes since Monday.
pub fn minute_of_week(text: &str) -> Option<i64> {
    const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
    let (day, clock) = text.trim().split_once(' ')?;
    let day = day.to_ascii_lowercase();
    let day = DAYS.iter().position(|known| *known == day)?;
    let (hour, minute) = clock.trim().split_once(':')?;
    let digits = |text: &str| text.len() == 2 && text.bytes().all(|b| b.is_ascii_digit());
    if !digits(hour) || !digits(minute) {
        return None;
    }
    let (hour, minute): (i64, i64) = (hour.parse().ok()?, minute.parse().ok()?);
    let day = i64::try_from(day).ok()?;
    (hour < 24 && minute < 60).then_some((day * 24 + hour) * 60 + minute)
}

#[cfg(test)]
mod tests {
    use super::*;

    // 2026-11-20 was a Friday.
    const FRIDAY: i64 = 1_795_132_800;
    const HOUR: i64 = 3600;

    fn weekly(from: &str, to: &str) -> Window {
        let minute = |text| minute_of_week(text).unwrap();
        Window {
            purpose: Purpose::Freeze,
            span: Span::Weekly(minute(from), minute(to)),
            reason: "weekend".into(),
        }
    }

    #[test]
    fn a_window_goes_over_the_end_of_the_week() {
        let window = weekly("Fri 15:00", "Mon 07:00");
        let at = |hours: i64| Timestamp::from_secs(FRIDAY + hours * HOUR);
        let monday = at(3 * 24 + 7);
        for (hours, until) in
            [(14, None), (15, Some(monday)), (48, Some(monday)), (78, Some(monday)), (79, None)]
        {
            assert_eq!(window.until(at(hours)), until, "{hours} h after Friday began");
        }
        let night = weekly("Tue 22:00", "Wed 06:00");
        assert_eq!(night.until(at(15)), None);
    }

    #[test]
    fn once_is_from_its_beginning_to_its_end() {
        let span = Span::Once(Timestamp::from_secs(10), Timestamp::from_secs(20));
        let window = Window { purpose: Purpose::Freeze, span, reason: "fair".into() };
        let until = |at| window.until(Timestamp::from_secs(at)).map(Timestamp::as_secs);
        assert_eq!([until(9), until(10), until(19), until(20)], [None, Some(20), Some(20), None]);
    }

    #[test]
    fn a_moment_of_the_week_is_read_and_nothing_else() {
        assert_eq!(minute_of_week("Mon 00:00"), Some(0));
        assert_eq!(minute_of_week("sun 23:59"), Some(WEEK - 1));
        for bad in ["", "Fri", "Fri 24:00", "Fri 1:00", "Frx 10:00", "Fri 10:60", "Fri +1:00"] {
            assert_eq!(minute_of_week(bad), None, "{bad}");
        }
    }
}

//! When a job of cron runs, as crontab(5) has it: Debian's 3.0pl1 and cronie.

/// A schedule.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Schedule {
    /// Once when the daemon starts.
    Reboot,
    /// At moments of the wall clock.
    At(Times),
}

/// Moments of the wall clock, a bit each.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Times {
    minutes: u64,
    hours: u64,
    days: u64,
    months: u64,
    weekdays: u64,
    /// The day of the month or that of the week has an asterisk: both have to be met. Else either
    /// is enough.
    both: bool,
    /// Minute or hour has an asterisk: it follows the wall clock where that is changed. Else each
    /// of its moments comes once (cron(8)).
    pub wild: bool,
}

const MONTHS: [&str; 12] =
    ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const WEEKDAYS: [&str; 7] = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

impl Schedule {
    /// Reads `@daily`, or five fields; none for what cron would refuse.
    pub fn parse(fields: &[&str]) -> Option<Self> {
        let [minutes, hours, days, months, weekdays] = match fields {
            [word] => match *word {
                "@reboot" => return Some(Self::Reboot),
                "@yearly" | "@annually" => ["0", "0", "1", "1", "*"],
                "@monthly" => ["0", "0", "1", "*", "*"],
                "@weekly" => ["0", "0", "*", "*", "0"],
                "@daily" | "@midnight" => ["0", "0", "*", "*", "*"],
                "@hourly" => ["0", "*", "*", "*", "*"],
                _ => return None,
            },
            _ => *<&[&str; 5]>::try_from(fields).ok()?,
        };
        let mut weekday = field(weekdays, 0, 7, &WEEKDAYS, 0)?;
        // Both 0 and 7 are Sunday.
        if weekday & (1 << 7) != 0 {
            weekday |= 1;
        }
        // cronie: a leading hyphen keeps the job out of the log.
        let minutes = minutes.strip_prefix('-').unwrap_or(minutes);
        Some(Self::At(Times {
            minutes: field(minutes, 0, 59, &[], 0)?,
            hours: field(hours, 0, 23, &[], 0)?,
            days: field(days, 1, 31, &[], 0)?,
            months: field(months, 1, 12, &MONTHS, 1)?,
            weekdays: weekday & 0x7f,
            both: days.starts_with('*') || weekdays.starts_with('*'),
            wild: minutes.starts_with('*') || hours.starts_with('*'),
        }))
    }
}

impl Times {
    /// Whether it runs on that day. `weekday`: Sunday is 0.
    pub const fn on(&self, month: u8, day: u8, weekday: u8) -> bool {
        let monthly = self.days & (1 << day) != 0;
        let weekly = self.weekdays & (1 << weekday) != 0;
        let today = if self.both { monthly && weekly } else { monthly || weekly };
        today && self.months & (1 << month) != 0
    }

    /// Hours and minutes of a day on which it runs, in order.
    pub fn of_day(&self) -> impl Iterator<Item = (u8, u8)> {
        let (hours, minutes) = (self.hours, self.minutes);
        (0..24_u8).filter(move |hour| hours & (1 << hour) != 0).flat_map(move |hour| {
            (0..60_u8).filter(move |minute| minutes & (1 << minute) != 0).map(move |m| (hour, m))
        })
    }
}

/// A list of numbers, names, ranges and steps, as bits.
fn field(text: &str, low: u32, high: u32, names: &[&str], first: u32) -> Option<u64> {
    if text.len() > 512 {
        return None;
    }
    let number = |word: &str| {
        let named = names.iter().position(|name| word.eq_ignore_ascii_case(name));
        let named = named.and_then(|at| u32::try_from(at).ok()).map(|at| at + first);
        let digits = !word.is_empty() && word.bytes().all(|b| b.is_ascii_digit());
        named.or_else(|| if digits { word.parse().ok() } else { None })
    };
    let mut bits = 0_u64;
    for part in text.split(',') {
        let (range, step) = match part.split_once('/') {
            Some((range, step)) => (range, step.parse::<u32>().ok().filter(|step| *step > 0)?),
            None => (part, 1),
        };
        let (from, to) = if range == "*" {
            (low, high)
        } else if let Some((from, to)) = range.split_once('-') {
            (number(from)?, number(to)?)
        } else {
            let only = number(range)?;
            // `5/15` is refused by cron; a step needs a range.
            if part.contains('/') {
                return None;
            }
            (only, only)
        };
        if from < low || to > high || from > to {
            return None;
        }
        let mut at = from;
        while at <= to {
            bits |= 1 << at;
            at = at.checked_add(step)?;
        }
    }
    Some(bits)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn times(text: &str) -> Option<Times> {
        let fields: Vec<&str> = text.split(' ').collect();
        match Schedule::parse(&fields) {
            Some(Schedule::At(times)) => Some(times),
            Some(Schedule::Reboot) | None => None,
        }
    }

    #[test]
    fn fields_are_lists_ranges_steps_and_names() {
        let all: Vec<_> = times("5-45/20,7 0,12 * * *").unwrap().of_day().collect();
        let of = |hour| [(hour, 5), (hour, 7), (hour, 25), (hour, 45)];
        assert_eq!(all, [of(0), of(12)].concat());
        let named = times("0 0 * feb-APR mon-Fri").unwrap();
        assert!(named.on(2, 3, 1) && named.on(4, 3, 5));
        assert!(!named.on(2, 3, 0) && !named.on(5, 3, 1));
        assert!(times("0 0 * * 7").unwrap().on(1, 1, 0));
        assert!(times("0 0 * * fri-7").is_some_and(|t| t.on(1, 1, 0) && t.on(1, 1, 6)));
    }

    #[test]
    fn a_day_of_the_month_or_of_the_week() {
        let either = times("0 0 13 * 5").unwrap();
        assert!(either.on(1, 13, 2) && either.on(1, 2, 5) && !either.on(1, 2, 2));
        // An asterisk with a step is an asterisk too.
        let both = times("0 0 */2 * 5").unwrap();
        assert!(both.on(1, 13, 5) && !both.on(1, 13, 2) && !both.on(1, 2, 5));
    }

    #[test]
    fn what_cron_refuses_is_refused() {
        for text in [
            "60 * * * *",
            "* 24 * * *",
            "* * 0 * *",
            "* * 32 * *",
            "* * * 13 *",
            "* * * * 8",
            "5/15 * * * *",
            "*/0 * * * *",
            "9-5 * * * *",
            "a * * * *",
            "* * * *",
            "@never",
            "1,,2 * * * *",
            "+1 * * * *",
            "-1-2 * * * x",
            "99999999999 * * * *",
            "*/4294967295 * * * *x",
            "",
            "1-\u{1b}[31m * * * *",
        ] {
            assert_eq!(times(text), None, "{text}");
        }
        assert!(times("-*/15 * * * *").is_some());
        assert!(times("*/4294967295 * * * *").is_some());
        assert_eq!(Schedule::parse(&["@reboot"]), Some(Schedule::Reboot));
    }
}

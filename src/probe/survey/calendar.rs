//! When a timer runs, as systemd writes it: `systemd.time(7)`'s calendar events in their normalized
//! form (`systemctl show -p TimersCalendar`), and spans (`TimersMonotonic`).

use std::time::Duration;

use super::cron;
use crate::probe::properties::parse_span;

/// What stands before a span that goes from one run to the next.
pub(super) const AGAIN: &str = "OnUnitActiveSec=";

/// The longest pause between two runs of a timer with these lines, parted by `, `; none where they
/// tell none.
pub fn longest_pause(schedule: &str) -> Option<Duration> {
    // Several lines make pauses shorter only.
    schedule.split(", ").filter_map(one).min()
}

fn one(line: &str) -> Option<Duration> {
    if let Some(span) = line.strip_prefix(AGAIN) {
        return parse_span(span).map(Duration::from_micros);
    }
    let mut words = line.split(' ');
    let (weekdays, date) = match words.next()? {
        days if days.starts_with(|c: char| c.is_ascii_alphabetic()) => (days, words.next()?),
        date => ("*", date),
    };
    // A time zone may follow.
    let time = words.next()?;
    let mut date = date.splitn(3, '-');
    let (year, month, day) = (date.next()?, date.next()?, date.next()?);
    let mut time = time.split(':');
    let (hour, minute) = (time.next()?, time.next()?);
    if year != "*" {
        return None;
    }
    // Its ranges are `1..5`; the rest is as cron has it.
    let fields = [minute, hour, day, month, weekdays];
    cron::longest_pause(&fields.join(" ").replace("..", "-"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timers_pause_as_long_as_their_lines_say() {
        // `systemd-analyze calendar` of systemd 257 normalizes to these.
        for (schedule, hours) in [
            ("*-*-* 02:30:00", Some(24)),
            ("*-*-* 00/6:15:00", Some(6)),
            ("Mon..Fri *-*-* 03:00:00", Some(72)),
            ("Sat,Sun *-*-* 00:00:00", Some(144)),
            ("Mon *-*-* 00:00:00", Some(168)),
            ("*-*-01 00:00:00", Some(31 * 24)),
            ("*-*-01,15 04:00:00 Europe/Berlin", Some(408)),
            ("*-*-* 02:30:00, Mon *-*-* 00:00:00", Some(24)),
            ("OnUnitActiveSec=1d 12h", Some(36)),
            ("*-*~01 00:00:00", None),
            ("2026-*-* 03:00:00", None),
            ("OnBootSec=15min", None),
            ("Mon", None),
            ("", None),
            ("é é é", None),
        ] {
            let pause = longest_pause(schedule).map(|pause| pause.as_secs() / 3600);
            assert_eq!(pause, hours, "{schedule}");
        }
    }
}

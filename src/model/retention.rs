//! Which days, weeks and months have a copy, and whether a number of copies can ever reach back
//! as far as is asked.

use std::time::Duration;

use super::backup::Keep;
use super::calendar::{self, DAY};

/// One kind of bucket: how many there should be, and which are covered.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Coverage {
    /// `daily`, `weekly`, `monthly`.
    pub name: &'static str,
    /// From the newest complete one back in time: whether a copy of it is there.
    pub covered: Vec<bool>,
}

impl Coverage {
    /// How many are covered.
    pub fn met(&self) -> usize {
        self.covered.iter().filter(|covered| **covered).count()
    }
}

/// The bucket of a day, as a number.
type Bucket = fn(i64) -> i64;

/// Covered buckets of a grandfather-father-son plan, in UTC. `times` are copies that count, in any
/// order; `now` is on the same clock. A bucket before the oldest copy ever seen is not asked for:
/// nobody can have backed up before the first backup.
pub fn coverage(
    times: &[i64],
    (daily, weekly, monthly): (u32, u32, u32),
    now: i64,
) -> Vec<Coverage> {
    let days: Vec<i64> = times.iter().map(|at| at.div_euclid(DAY)).collect();
    let today = now.div_euclid(DAY);
    let kinds: [(&'static str, u32, Bucket); 3] = [
        ("daily", daily, |day| day),
        ("weekly", weekly, calendar::week),
        ("monthly", monthly, calendar::month),
    ];
    kinds
        .into_iter()
        .filter(|(_, asked, _)| *asked > 0)
        .map(|(name, asked, bucket)| {
            let current = bucket(today);
            let oldest = days.iter().map(|day| bucket(*day)).min().unwrap_or(current);
            // The current bucket is not over; what stands in it is not asked for yet.
            let covered = (1..=i64::from(asked.min(4096)))
                .map(|back| current - back)
                .take_while(|one| *one >= oldest)
                .map(|one| days.iter().any(|day| bucket(*day) == one));
            Coverage { name, covered: covered.collect() }
        })
        .collect()
}

/// How far back a number of copies reaches at most.
pub fn horizon(count: u32, every: Duration) -> Duration {
    every.saturating_mul(count)
}

/// How far back a plan wants to reach.
pub fn wanted(keep: Keep, every: Duration) -> Duration {
    let days = |n: u32, each: u64| Duration::from_secs(u64::from(n) * each * DAY.unsigned_abs());
    match keep {
        Keep::Count(count) => horizon(count, every),
        Keep::Gfs { daily, weekly, monthly } => {
            days(daily, 1).max(days(weekly, 7)).max(days(monthly, 30))
        }
    }
}

/// Places of the copies that a plan does not ask for. `times` are their moments, the newest first; the
/// newest one is always asked for.
pub fn surplus(keep: Keep, times: &[i64]) -> Vec<usize> {
    let (daily, weekly, monthly) = match keep {
        Keep::Count(count) => {
            let first = usize::try_from(count).unwrap_or(usize::MAX).max(1);
            return (first..times.len()).collect();
        }
        Keep::Gfs { daily, weekly, monthly } => (daily, weekly, monthly),
    };
    let kinds: [(u32, Bucket); 3] =
        [(daily, |day| day), (weekly, calendar::week), (monthly, calendar::month)];
    let mut stays = vec![false; times.len()];
    if let Some(newest) = stays.first_mut() {
        *newest = true;
    }
    for (asked, bucket) in kinds.into_iter().filter(|(asked, _)| *asked > 0) {
        let mut seen: Vec<i64> = Vec::new();
        for (at, stay) in times.iter().zip(&mut stays) {
            let one = bucket(at.div_euclid(DAY));
            // One more than is asked for: the current one is not over.
            if !seen.contains(&one) && seen.len() <= usize::try_from(asked).unwrap_or(usize::MAX) {
                seen.push(one);
                *stay = true;
            }
        }
    }
    stays.iter().enumerate().filter(|(_, stay)| !**stay).map(|(place, _)| place).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_weeks_and_months_are_counted_without_the_current_one() {
        let now = 20_778 * DAY + 3600; // 2026-11-21, a Saturday
        let daily: Vec<i64> = (0..10).map(|n| now - n * DAY).collect();
        let all = coverage(&daily, (7, 4, 12), now);
        assert_eq!(all[0].covered, [true; 7]);
        // Ten days reach into the week before; nothing earlier can be asked for.
        assert_eq!(all[1].covered, [true]);
        assert_eq!(all[2].covered, Vec::<bool>::new());
    }

    #[test]
    fn what_a_plan_does_not_ask_for_is_surplus_and_the_newest_never_is() {
        let now = 20_778 * DAY + 3600;
        let hourly: Vec<i64> = (0..100).map(|n| now - n * 3600).collect();
        assert_eq!(surplus(Keep::Count(98), &hourly), [98, 99]);
        assert_eq!(surplus(Keep::Count(0), &hourly[..2]), [1]);
        assert_eq!(surplus(Keep::Count(200), &hourly), Vec::<usize>::new());
        let gfs = |daily, weekly, monthly| Keep::Gfs { daily, weekly, monthly };
        // The newest of today and of each of two days before.
        let left: Vec<usize> = {
            let gone = surplus(gfs(2, 0, 0), &hourly);
            (0..100).filter(|place| !gone.contains(place)).collect()
        };
        assert_eq!(left, [0, 2, 26]);
        assert_eq!(surplus(gfs(0, 0, 0), &hourly[..3]), [1, 2]);
        assert_eq!(surplus(gfs(7, 4, 12), &[]), Vec::<usize>::new());
        let daily: Vec<i64> = (0..90).map(|n| now - n * DAY).collect();
        let left = 90 - surplus(gfs(7, 4, 2), &daily).len();
        assert!((11..=14).contains(&left), "{left}");
    }

    #[test]
    fn a_gap_shows() {
        let now = 20_778 * DAY;
        let times = [now - DAY, now - 3 * DAY, now - 40 * DAY];
        let all = coverage(&times, (4, 0, 2), now);
        assert_eq!(all[0].covered, [true, false, true, false]);
        assert_eq!(all[1].name, "monthly");
        assert_eq!(all[1].covered, [true], "October, in which the oldest was made");
        assert_eq!(all[0].met(), 2);
    }
}

//! How often a unit was started again, truthfully: systemd's own counter goes back to zero on a
//! manual restart, `reset-failed` or a reboot (which of them, differs by version), so the counter
//! is only ever read as a difference.

use std::collections::VecDeque;
use std::time::Duration;

use super::time::Timestamp;

/// Restarts within one bucket are not told apart.
const BUCKET: Duration = Duration::from_secs(10);
/// A process that begins this soon after systemd's counter went up is the one that was counted:
/// it takes milliseconds, and a reading a little longer to arrive.
const SOON: Duration = Duration::from_secs(3);
/// One hour of buckets.
const KEPT: u32 = 360;

/// What tells one run of a unit from the next.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Run {
    /// The host's boot, `/proc/sys/kernel/random/boot_id`; empty where not known.
    pub boot: Box<str>,
    /// systemd's counter of automatic restarts.
    pub n_restarts: Option<u32>,
    /// When the main process began, microseconds of the host's `CLOCK_MONOTONIC`.
    pub started: Option<u64>,
}

/// Restarts of one bucket.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Bucket {
    /// Ten-second spans since the epoch.
    pub index: u32,
    /// By systemd, since `Restart=` says so.
    pub automatic: u16,
    /// By somebody else: a person, a script, a deploy.
    pub by_hand: u16,
}

impl Bucket {
    fn all(self) -> u64 {
        u64::from(self.automatic) + u64::from(self.by_hand)
    }
}

/// A unit's restarts: the total that we know of, and when in the last hour.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct RestartLog {
    total: u64,
    buckets: VecDeque<Bucket>,
    complete_since: Option<Timestamp>,
    total_is_complete: bool,
    last: Option<Run>,
    /// When systemd's counter went up last.
    stepped: Option<Timestamp>,
    /// Until then a start by hand is one that was confirmed here, and no sign of trouble.
    expected: Option<Timestamp>,
    unsaved: bool,
}

/// A number of restarts, and whether there may have been more.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Count {
    /// As many are known.
    pub n: u64,
    /// There may have been more: the window begins before we know.
    pub at_least: bool,
}

impl RestartLog {
    /// Takes a reading of the unit at `now`. Answers how many restarts it shows that the one
    /// before did not. `continuous` says that nothing can have been missed since then; after a
    /// gap we know how many there were, not when, and the journal has to say ([`Self::recall`]).
    ///
    /// A counter that went down was reset: its new value is what happened since. A new main
    /// process without a step of the counter was started by somebody else and counts as one.
    pub fn observe(&mut self, run: Run, continuous: bool, now: Timestamp) -> u64 {
        let Some(last) = &self.last else {
            self.total = self.total.max(u64::from(run.n_restarts.unwrap_or(0)));
            self.complete_since = Some(now);
            self.last = Some(run);
            self.unsaved = true;
            return 0;
        };
        let rebooted = !run.boot.is_empty() && !last.boot.is_empty() && run.boot != last.boot;
        let restarted = run.started.is_some() && run.started != last.started;
        let automatic = match (last.n_restarts, run.n_restarts) {
            (Some(old), Some(new)) if !rebooted && new >= old => u64::from(new - old),
            (_, Some(new)) => u64::from(new),
            (_, None) => 0,
        };
        // A first start is no restart: there was no run before it. Neither is a boot.
        let by_hand = automatic == 0 && restarted && !rebooted && last.started.is_some();
        // systemd counts when it schedules the restart (`service_enter_restart()`), a moment
        // before the process begins. Readings in between, of which some may be skipped, must not
        // make two of one.
        let reset = run.n_restarts < last.n_restarts;
        let soon = self.stepped.is_some_and(|at| now.since(at) <= SOON);
        let by_hand = u64::from(by_hand && (reset || !soon));
        if automatic > 0 {
            self.stepped = Some(now);
        } else if reset {
            self.stepped = None;
        }
        let run = Run {
            // A first reading may come before the host has named its boot. What an earlier console
            // knew of it says nothing then, and must not make a reboot of the second reading.
            boot: if run.boot.is_empty() && continuous { last.boot.clone() } else { run.boot },
            n_restarts: run.n_restarts,
            started: run.started.or(last.started),
        };
        self.unsaved |= run != *last;
        self.last = Some(run);
        self.total = self.total.saturating_add(automatic + by_hand);
        if continuous {
            let meant = self.expected.is_some_and(|until| now <= until);
            self.add(automatic, if meant { 0 } else { by_hand }, now);
        } else {
            self.complete_since = Some(now);
        }
        automatic + by_hand
    }

    /// It is about to be started by hand, and that is meant.
    pub const fn expect(&mut self, until: Timestamp) {
        self.expected = Some(until);
    }

    /// systemd's counter as it was read last.
    pub fn counted(&self) -> Option<u32> {
        self.last.as_ref().and_then(|last| last.n_restarts)
    }

    /// Takes the journal's account of automatic restarts from `complete_since` to the moment from
    /// which our own is complete. It replaces what we had of that time.
    pub fn recall(&mut self, times: &[Timestamp], complete_since: Timestamp) {
        let until = self.complete_since.unwrap_or(complete_since);
        if until <= complete_since {
            return;
        }
        let (from, to) = (bucket(complete_since), bucket(until));
        for known in self.buckets.iter_mut().filter(|b| b.index >= from && b.index < to) {
            known.automatic = 0;
        }
        let mut in_last = 0;
        for &at in times.iter().filter(|&&at| at >= complete_since && at <= until) {
            if bucket(at) == to {
                in_last += 1;
            } else {
                self.add(1, 0, at);
            }
        }
        let have = self.buckets.iter().find(|b| b.index == to).map_or(0, |b| b.automatic.into());
        self.add(u64::saturating_sub(in_last, have), 0, until);
        self.buckets.retain(|b| b.all() > 0);
        self.total = self.total.max(self.buckets.iter().map(|b| b.all()).sum());
        self.complete_since = Some(complete_since);
        self.unsaved = true;
    }

    /// Says that the total is everything since the host booted.
    pub const fn total_is_complete(&mut self) {
        self.total_is_complete = true;
    }

    /// All restarts that we know of.
    pub const fn total(&self) -> Count {
        Count { n: self.total, at_least: !self.total_is_complete }
    }

    /// Restarts within `window` before `now`; at most an hour is kept.
    pub fn within(&self, window: Duration, now: Timestamp) -> Count {
        let n = self.sum(window, now, Bucket::all);
        let at_least = self.complete_since.is_none_or(|since| since > now - window);
        Count { n, at_least }
    }

    /// Restarts by systemd itself within `window` before `now`, as many as are known.
    pub fn automatic_within(&self, window: Duration, now: Timestamp) -> u64 {
        self.sum(window, now, |b| u64::from(b.automatic))
    }

    fn sum(&self, window: Duration, now: Timestamp, of: impl Fn(Bucket) -> u64) -> u64 {
        let from = bucket(now - window);
        self.buckets.iter().rev().take_while(|b| b.index > from).map(|b| of(*b)).sum()
    }

    /// Restarts per minute over the last five minutes, or over as much of them as is known.
    pub fn per_minute(&self, now: Timestamp) -> f64 {
        let known = self.complete_since.map_or(Duration::ZERO, |since| now.since(since));
        let span = known.clamp(BUCKET * 2, Duration::from_secs(300));
        self.within(span, now).n as f64 * 60.0 / span.as_secs_f64()
    }

    /// When the last known restart was, to ten seconds.
    pub fn last_at(&self) -> Option<Timestamp> {
        self.buckets
            .back()
            .map(|b| Timestamp::from_secs(i64::from(b.index) * BUCKET.as_secs().cast_signed()))
    }

    /// When the restarts began that go on until now, with at most `gap` between two of them, to
    /// ten seconds. It may have been earlier, see [`Self::began_at_least`].
    pub fn began(&self, gap: Duration, now: Timestamp) -> Option<Timestamp> {
        let gap = (gap.as_secs() / BUCKET.as_secs()) as u32;
        let mut first = bucket(now);
        for b in self.buckets.iter().rev() {
            if first.saturating_sub(b.index) > gap {
                break;
            }
            first = b.index;
        }
        (first < bucket(now) || self.buckets.back().is_some_and(|b| b.index == first))
            .then(|| Timestamp::from_secs(i64::from(first) * BUCKET.as_secs().cast_signed()))
    }

    /// Whether what [`Self::began`] answers may be too late: the account begins soon before it.
    pub fn began_at_least(&self, gap: Duration, now: Timestamp) -> bool {
        let hour = BUCKET * KEPT;
        self.began(gap, now).is_some_and(|began| {
            let seen = now.since(began).saturating_add(gap);
            seen >= hour || self.within(seen, now).at_least
        })
    }

    /// Restarts in `n` equal spans of `span` up to `now`, oldest first: the sparkline.
    pub fn series(&self, n: usize, span: Duration, now: Timestamp) -> Vec<u64> {
        let per = (span.as_secs() / BUCKET.as_secs()).max(1) as u32;
        let end = bucket(now);
        let mut out = vec![0; n];
        for b in &self.buckets {
            let back = (end.saturating_sub(b.index) / per) as usize;
            if let Some(slot) = n.checked_sub(back + 1).and_then(|i| out.get_mut(i)) {
                *slot += b.all();
            }
        }
        out
    }

    /// What a restart of the console needs to go on counting.
    pub fn save(&self) -> Saved {
        Saved {
            total: self.total,
            total_is_complete: self.total_is_complete,
            buckets: self.buckets.iter().copied().collect(),
            complete_since: self.complete_since,
            last: self.last.clone().unwrap_or_default(),
        }
    }

    /// What has to be kept, if something changed since it was last asked for.
    pub fn take_unsaved(&mut self) -> Option<Saved> {
        std::mem::take(&mut self.unsaved).then(|| self.save())
    }

    /// Goes on from what was saved. The next reading is not continuous with it.
    pub fn restore(saved: Saved, now: Timestamp) -> Self {
        let mut log = Self {
            total: saved.total,
            total_is_complete: saved.total_is_complete,
            buckets: saved.buckets.into(),
            complete_since: Some(now),
            last: Some(saved.last),
            expected: None,
            stepped: None,
            unsaved: false,
        };
        log.buckets.make_contiguous().sort_by_key(|b| b.index);
        log.forget_before(bucket(now).saturating_sub(KEPT));
        log
    }

    fn add(&mut self, automatic: u64, by_hand: u64, at: Timestamp) {
        if automatic + by_hand == 0 {
            return;
        }
        let narrow = |n: u64| u16::try_from(n).unwrap_or(u16::MAX);
        let (automatic, by_hand) = (narrow(automatic), narrow(by_hand));
        let index = bucket(at);
        let place = self.buckets.partition_point(|b| b.index < index);
        match self.buckets.get_mut(place) {
            Some(b) if b.index == index => {
                b.automatic = b.automatic.saturating_add(automatic);
                b.by_hand = b.by_hand.saturating_add(by_hand);
            }
            _ => self.buckets.insert(place, Bucket { index, automatic, by_hand }),
        }
        if let Some(newest) = self.buckets.back() {
            self.forget_before(newest.index.saturating_sub(KEPT));
        }
    }

    fn forget_before(&mut self, oldest: u32) {
        while self.buckets.front().is_some_and(|b| b.index < oldest) {
            self.buckets.pop_front();
        }
    }
}

/// A [`RestartLog`] outside of the program.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Saved {
    /// All that we knew of.
    pub total: u64,
    /// Whether that was everything.
    pub total_is_complete: bool,
    /// Buckets with restarts in them, oldest first.
    pub buckets: Vec<Bucket>,
    /// From when on the account was complete.
    pub complete_since: Option<Timestamp>,
    /// The last reading.
    pub last: Run,
}

fn bucket(at: Timestamp) -> u32 {
    u32::try_from(at.as_secs() / BUCKET.as_secs().cast_signed()).unwrap_or(0)
}

#[cfg(test)]
mod tests;

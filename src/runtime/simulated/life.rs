//! What a service does at a moment. Times are microseconds since the fleet was loaded, negative
//! before. Changes come at the same moments for whoever looks, and evenly spread over a fleet.

use super::noise;
use super::scenario::{Course, LifePart};
use crate::model::unit::{Exit, ExitCode};

/// A churning service repeats itself after so many changes.
const ROUND: i64 = 16;

/// How a unit stands.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Moment {
    pub(super) load: &'static str,
    pub(super) active: &'static str,
    pub(super) sub: &'static str,
    pub(super) result: &'static str,
    /// 0 when nothing runs.
    pub(super) pid: u32,
    pub(super) started: Option<i64>,
    /// How the last run ended, and when.
    pub(super) exit: Option<(Exit, i64)>,
    pub(super) changed: Option<i64>,
    pub(super) activated: Option<i64>,
    pub(super) restarts: u32,
    /// Numbers the runs.
    pub(super) run: i64,
    pub(super) memory: Option<u64>,
    /// Microseconds of processor in this run.
    pub(super) cpu: Option<u64>,
}

impl LifePart {
    /// What it does at `t`.
    pub(super) const fn course(&self, t: i64) -> Course {
        if t < self.begins || self.is_mended(t) { Course::Running } else { self.state }
    }

    const fn is_mended(&self, t: i64) -> bool {
        self.ends > 0 && t >= self.ends
    }

    /// When it came into its state.
    pub(super) const fn came(&self) -> i64 {
        if self.begins > 0 { self.begins } else { -self.since }
    }

    /// When the run began that ended with its state.
    pub(super) const fn last_start(&self) -> i64 {
        if self.begins > 0 { -self.since } else { -self.since - self.runs }
    }

    /// How it stands at `t`.
    pub(super) fn at(&self, seed: u64, t: i64) -> Moment {
        if self.is_mended(t) {
            // To start a unit by hand sets its counter to zero.
            return Moment { restarts: 0, ..self.up(seed, i64::MAX, self.ends, t) };
        }
        match self.course(t) {
            Course::Running => self.up(seed, 0, -self.since, t),
            Course::CrashLoop => self.looping(seed, t),
            Course::Churn => self.churning(seed, t),
            Course::Failed => self.down("failed", "failed", self.result()),
            Course::Stopped | Course::Completed => Moment {
                exit: Some((Exit { code: ExitCode::Exited, status: 0, at: None }, self.came())),
                ..self.down("inactive", "dead", "success")
            },
            Course::Waiting => Moment {
                sub: "waiting",
                pid: 0,
                memory: None,
                cpu: None,
                ..self.up(seed, 0, -self.since, t)
            },
            Course::Starting => Moment {
                active: "activating",
                sub: "start",
                activated: None,
                ..self.up(seed, 0, -self.since, t)
            },
            Course::Missing => Moment {
                load: "not-found",
                started: None,
                exit: None,
                changed: None,
                activated: None,
                ..self.down("inactive", "dead", "success")
            },
            Course::BadSetting => Moment {
                load: "bad-setting",
                started: None,
                exit: None,
                changed: None,
                activated: None,
                ..self.down("inactive", "dead", "success")
            },
        }
    }

    /// The first moment after `t` at which systemd would tell of a change.
    pub(super) fn next_change(&self, seed: u64, t: i64) -> Option<i64> {
        if t < self.begins {
            return Some(self.begins);
        }
        if self.is_mended(t) {
            return None;
        }
        let ends = (self.ends > 0).then_some(self.ends);
        self.next_of_state(seed, t).into_iter().chain(ends).min()
    }

    fn next_of_state(&self, seed: u64, t: i64) -> Option<i64> {
        match self.state {
            Course::CrashLoop => {
                let start = self.start_of(self.cycle(seed, t), seed);
                let end = start + self.runs;
                Some(if end > t { end } else { start + self.period() })
            }
            Course::Churn => Some(self.start_of(self.cycle(seed, t) + 1, seed)),
            Course::Running
            | Course::Failed
            | Course::Stopped
            | Course::Completed
            | Course::Waiting
            | Course::Starting
            | Course::Missing
            | Course::BadSetting => None,
        }
    }

    /// Starts of runs within `from..=to` by systemd itself, with the counter then, oldest first.
    pub(super) fn restarts_within(&self, seed: u64, from: i64, to: i64) -> Vec<(i64, u32)> {
        let restarts = match self.state {
            Course::CrashLoop => true,
            Course::Churn => churns_badly(seed),
            Course::Running
            | Course::Failed
            | Course::Stopped
            | Course::Completed
            | Course::Waiting
            | Course::Starting
            | Course::Missing
            | Course::BadSetting => false,
        };
        if !restarts {
            return Vec::new();
        }
        let starts = (self.cycle(seed, from)..=self.cycle(seed, to)).filter_map(|cycle| {
            let start = self.start_of(cycle, seed);
            let place = place(seed, cycle);
            if !(from..=to).contains(&start) || (self.state == Course::Churn && place != 1) {
                return None;
            }
            let counter = self.at(seed, start).restarts;
            (counter > 0).then_some((start, counter))
        });
        starts.collect()
    }

    /// When the run before a restart by systemd ended.
    pub(super) const fn ended_before(&self, restart: i64) -> i64 {
        match self.state {
            Course::CrashLoop => restart - self.every + self.runs,
            _ => restart - self.every,
        }
    }

    /// How each run ends.
    pub(super) fn exit(&self) -> Exit {
        match self.signal {
            0 => Exit { code: ExitCode::Exited, status: self.exit, at: None },
            signal => Exit { code: ExitCode::Killed, status: signal, at: None },
        }
    }

    /// The `Result=` of a run that ended so.
    pub(super) const fn result(&self) -> &'static str {
        match (self.signal, self.exit) {
            (0, 0) => "success",
            (0, _) => "exit-code",
            _ => "signal",
        }
    }

    pub(super) fn up(&self, seed: u64, run: i64, started: i64, t: i64) -> Moment {
        let ran = t.saturating_sub(started).max(0) as f64;
        // The share breathes: its sum has a wave on it, of which the slope stays positive.
        let turn = t as f64 / 20e6 + noise::share(seed, 1) * 6.0;
        let used = self.cpu / 100.0 * (ran + 20e6 * 0.4 * turn.sin()).max(0.0);
        let wave = (turn / 3.0).sin() * 0.03 + noise::share(seed, run) * 0.1;
        Moment {
            load: "loaded",
            active: "active",
            sub: "running",
            result: "success",
            pid: 300 + (noise::draw(seed, run) % 450_000) as u32,
            started: Some(started),
            exit: None,
            changed: Some(started),
            activated: Some(started),
            restarts: self.restarts,
            run,
            memory: Some(((self.memory_mib << 20) as f64 * (1.0 + wave)) as u64 & !0xfff),
            cpu: Some(used as u64),
        }
    }

    fn down(&self, active: &'static str, sub: &'static str, result: &'static str) -> Moment {
        Moment {
            load: "loaded",
            active,
            sub,
            result,
            pid: 0,
            started: Some(self.last_start()),
            exit: Some((self.exit(), self.came())),
            changed: Some(self.came()),
            activated: Some(self.last_start()),
            restarts: self.restarts,
            run: 0,
            memory: None,
            cpu: None,
        }
    }

    fn looping(&self, seed: u64, t: i64) -> Moment {
        let cycle = self.cycle(seed, t);
        let start = self.start_of(cycle, seed);
        let up =
            Moment { restarts: counted(self.restarts, cycle), ..self.up(seed, cycle, start, t) };
        let end = start + self.runs;
        if t < end {
            up
        } else if cycle == 0 && self.begins > 0 {
            // The run that went well for so long.
            self.ended(
                Moment { started: Some(-self.since), activated: Some(-self.since), ..up },
                end,
            )
        } else {
            self.ended(up, end)
        }
    }

    fn churning(&self, seed: u64, t: i64) -> Moment {
        let cycle = self.cycle(seed, t);
        let place = place(seed, cycle);
        let start = self.start_of(cycle, seed);
        // Reloads every fourth time; of those that end, the first place is the pause after it.
        let since = self.start_of(cycle - place % 4, seed);
        let mut up = self.up(seed, 0, -self.since, t);
        if churns_badly(seed) {
            let first = self.start_of(cycle - (place - 1).rem_euclid(ROUND), seed);
            // How often the first place was left behind, since cycle 0.
            let offset = (seed >> 32) as i64 % ROUND - 1;
            let run = (cycle + offset).div_euclid(ROUND) - offset.div_euclid(ROUND);
            let restarts = counted(self.restarts, run);
            up = Moment { restarts, ..self.up(seed, run, first, t) };
            if place == 0 {
                return self.ended(up, start);
            }
        }
        up.memory = up.memory.map(|memory| memory + (noise::draw(seed, cycle) % 2048) * 4096);
        if place % 4 == 3 {
            Moment { active: "reloading", sub: "reload", changed: Some(start), ..up }
        } else {
            Moment { changed: Some(since.max(up.started.unwrap_or(since))), ..up }
        }
    }

    /// Waiting for the next automatic restart since `end`.
    fn ended(&self, up: Moment, end: i64) -> Moment {
        Moment {
            active: "activating",
            sub: "auto-restart",
            result: self.result(),
            pid: 0,
            exit: Some((self.exit(), end)),
            changed: Some(end),
            memory: None,
            cpu: None,
            ..up
        }
    }

    fn period(&self) -> i64 {
        self.every.max(1_000)
    }

    /// Which cycle `t` is in; 0 began at most one period before the fleet was loaded.
    fn cycle(&self, seed: u64, t: i64) -> i64 {
        (t + self.phase(seed)).div_euclid(self.period())
    }

    fn start_of(&self, cycle: i64, seed: u64) -> i64 {
        cycle * self.period() - self.phase(seed)
    }

    fn phase(&self, seed: u64) -> i64 {
        if self.begins > 0 && self.state == Course::CrashLoop {
            // The first run ends as the loop begins.
            return self.runs - self.begins;
        }
        (noise::share(seed, 0) * self.period() as f64) as i64
    }
}

/// One of fifty churning services ends now and then.
fn churns_badly(seed: u64) -> bool {
    seed % 50 == 7
}

/// Where in its round a churning service is.
fn place(seed: u64, cycle: i64) -> i64 {
    cycle.wrapping_add((seed >> 32) as i64).rem_euclid(ROUND)
}

fn counted(before: u32, more: i64) -> u32 {
    u32::try_from(i64::from(before).saturating_add(more)).unwrap_or(0)
}

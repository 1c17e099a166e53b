//! A drill: what one will want of production one night is rehearsed on what is not production, and how it
//! went is written down on the hosts where it was, so that everybody who confirms the real one reads it.

mod confirmed;

pub use confirmed::{ConfirmedDrill, Drill};

use std::fmt::Write as _;
use std::time::Duration;

use super::fleet::Fleet;
use super::host::Host;
use super::ids::{BackupName, EnvName, ServiceName};
use super::restore::subject;
use super::span;
use super::spec::Tier;
use super::text::clean;
use super::time::Timestamp;
use super::words::words;

words! {
    /// What is rehearsed.
    Exercise;
    Deploy "deploy" "another revision, from its confirmation until it is proved";
    Link "link" "the connection, from when it is cut in the middle of a deploy until what runs is followed again";
    Gate "gate" "a gate that fails by order, from there until the host has taken all back and proved the old one";
    Rollback "rollback" "back to the release before, from its confirmation until that is proved";
    Restore "restore" "data from a copy, from its confirmation until what uses them is proved";
}

/// How the last drill of a service or of a backup went, as its host has written it down.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Drilled {
    /// Of what: what is locked there for it.
    pub subject: Box<str>,
    /// When it was over, in seconds since 1970 by the host's clock.
    pub at: i64,
    /// It was begun and has not told its end: what was there before, empty where nothing is known of that.
    pub open: Option<Box<str>>,
    /// What did not go as it has to; nothing more was rehearsed behind it.
    pub failed: Option<Exercise>,
    /// What was rehearsed, and how long each took.
    pub took: Vec<(Exercise, Duration)>,
    /// Who.
    pub by: Box<str>,
}

impl Drilled {
    /// Reads a line of a host: moment, `begun:REVISION`, `passed` or `failed:EXERCISE`,
    /// `EXERCISE=MILLISECONDS,…` or `-`, who.
    pub fn parse(of: &str, line: &str) -> Option<Self> {
        let mut words = line.splitn(4, ' ');
        let at = words.next()?.parse().ok()?;
        let end = words.next()?;
        let open = end.strip_prefix("begun:").map(|before| clean(before, 80).into());
        let failed = match end {
            "passed" => None,
            _ if open.is_some() => None,
            word => Some(Exercise::from_name(word.strip_prefix("failed:")?)?),
        };
        let one = |part: &str| {
            let (name, millis) = part.split_once('=')?;
            let took = Duration::from_millis(millis.parse().ok()?);
            Some((Exercise::from_name(name)?, took))
        };
        let took = words.next()?.split(',').filter_map(one).take(Exercise::ALL.len()).collect();
        let by = clean(words.next().unwrap_or_default(), 100);
        Some(Self { subject: clean(of, 200).into(), at, open, failed, took, by: by.into() })
    }

    /// What is written down before anything is done.
    pub fn begun(before: &str, by: &str) -> String {
        let before: String = before.chars().filter(|c| !c.is_whitespace()).collect();
        format!("begun:{before} - {}", clean(by, 100))
    }

    /// Whether all of it went as it has to.
    pub const fn passed(&self) -> bool {
        self.open.is_none() && self.failed.is_none()
    }

    /// That line, without its moment, which is the host's.
    pub fn line(failed: Option<Exercise>, took: &[(Exercise, Duration)], by: &str) -> String {
        let mut line =
            failed.map_or_else(|| "passed".to_owned(), |what| format!("failed:{}", what.name()));
        let all = took.iter().map(|(what, took)| format!("{}={}", what.name(), took.as_millis()));
        let all: Vec<String> = all.collect();
        let all = if all.is_empty() { "-".to_owned() } else { all.join(",") };
        let _infallible = write!(line, " {all} {}", clean(by, 100));
        line
    }

    /// How long that took, where it was rehearsed.
    pub fn took(&self, what: Exercise) -> Option<Duration> {
        self.took.iter().find(|(one, _)| *one == what).map(|(_, took)| *took)
    }

    /// How old it is.
    pub fn age(&self, now: Timestamp) -> Duration {
        now.since(Timestamp::from_secs(self.at))
    }

    /// How it went, in a line for whoever looks at it.
    pub fn brief(&self, now: Timestamp) -> String {
        let all = self.times(|_| None).0;
        let all = if all.is_empty() { String::new() } else { format!(": {all}") };
        format!("{} {}{all}", self.end(), self.whose(now))
    }

    /// How it ended.
    fn end(&self) -> String {
        match (&self.open, self.failed) {
            (Some(before), _) if before.is_empty() => "begun, and its end not told,".to_owned(),
            (Some(before), _) => format!("begun over {before}, and its end not told,"),
            (None, Some(what)) => format!("failed at {}", what.name()),
            (None, None) => "passed".to_owned(),
        }
    }

    /// How long ago, and by whom.
    fn whose(&self, now: Timestamp) -> String {
        let at = Timestamp::from_secs(self.at);
        // A minute is a clock's fault.
        let age = if at.since(now) > Duration::from_secs(60) {
            "at a moment that has not come yet".to_owned()
        } else {
            format!("{} ago", span::words(self.age(now)))
        };
        format!("{age}, by {}", self.by)
    }

    /// How long each took, beside what was promised, and whether that is too long.
    fn times(&self, promised: impl Fn(Exercise) -> Option<Duration>) -> (String, bool) {
        let mut late = false;
        let mut one = |(what, took): &(Exercise, Duration)| {
            let promise = promised(*what).map(|promise| {
                late |= *took > promise;
                format!(" (promised: {})", span::words(promise))
            });
            format!("{} {}{}", what.name(), tenths(*took), promise.unwrap_or_default())
        };
        let all: Vec<String> = self.took.iter().map(&mut one).collect();
        (all.join(", "), late)
    }

    /// One line of it for whoever confirms the real one, and whether it speaks for that. `promised` is how
    /// long an exercise may take.
    pub fn said(
        &self,
        env: &EnvName,
        now: Timestamp,
        promised: impl Fn(Exercise) -> Option<Duration>,
    ) -> Result<String, String> {
        let (times, late) = self.times(promised);
        let whose = self.whose(now);
        let times = if times.is_empty() { String::new() } else { format!(": {times}") };
        if !self.passed() {
            return Err(format!("the last drill in {env} {} {whose}{times}", self.end()));
        }
        let text = format!("drilled in {env} {whose}{times}");
        if late { Err(format!("{text}: longer than promised")) } else { Ok(text) }
    }
}

/// A measured span, in seconds with one digit behind the point.
pub fn tenths(span: Duration) -> String {
    format!("{:.1} s", span.as_secs_f64())
}

/// The newest drill of a service, and where that was. One of production there is none of.
pub fn of_service<'a>(
    fleet: &'a Fleet,
    service: &ServiceName,
) -> Option<(&'a EnvName, &'a Drilled)> {
    newest(fleet, |host| {
        let instance = host.instances.get(service)?;
        host.drilled(&instance.kind.subject())
    })
}

/// The same, of a backup.
pub fn of_backup<'a>(fleet: &'a Fleet, name: &BackupName) -> Option<(&'a EnvName, &'a Drilled)> {
    let specs = fleet.envs.iter().flat_map(|env| env.backups.iter());
    let subjects: Vec<_> = specs
        .filter(|spec| spec.name == *name)
        .map(|spec| (spec.host.clone(), subject(spec)))
        .collect();
    newest(fleet, |host| {
        let (_, subject) = subjects.iter().find(|(name, _)| *name == host.spec.name)?;
        host.drilled(subject)
    })
}

fn newest<'a>(
    fleet: &'a Fleet,
    of: impl Fn(&'a Host) -> Option<&'a Drilled>,
) -> Option<(&'a EnvName, &'a Drilled)> {
    let hosts = fleet.hosts().filter(|(env, _)| env.tier != Tier::Production);
    let all = hosts.filter_map(|(env, host)| Some((&env.name, of(host)?)));
    all.max_by_key(|(_, drilled)| drilled.at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_was_written_is_read_again_and_a_bad_one_is_not() {
        let took = [
            (Exercise::Deploy, Duration::from_millis(12_345)),
            (Exercise::Rollback, Duration::from_secs(61)),
        ];
        let line = format!("1790000000 {}", Drilled::line(None, &took, "ana@desk \u{1b}[2J"));
        let read = Drilled::parse("api.service", &line).unwrap();
        assert_eq!((read.at, read.failed, &*read.took), (1_790_000_000, None, &took[..]));
        assert!(read.by.starts_with("ana@desk") && !read.by.contains('\u{1b}'));
        let line = format!("5 {}", Drilled::line(Some(Exercise::Gate), &[], "bo"));
        let read = Drilled::parse("api.service", &line).unwrap();
        assert_eq!((read.failed, read.took.len(), &*read.by), (Some(Exercise::Gate), 0, "bo"));
        for bad in ["", "x passed - ana", "1 lost - ana", "1 failed:all - ana", "1 passed"] {
            assert_eq!(Drilled::parse("a", bad), None, "{bad}");
        }
    }

    #[test]
    fn what_took_longer_than_promised_or_failed_speaks_against_it() {
        let drilled = Drilled {
            took: vec![(Exercise::Rollback, Duration::from_millis(6_240))],
            by: "ana".into(),
            ..Drilled::default()
        };
        let now = Timestamp::from_secs(3 * 86_400);
        let said = |drilled: &Drilled, promise: u64| {
            let promised =
                move |what| (what == Exercise::Rollback).then_some(Duration::from_secs(promise));
            drilled.said(&"staging".into(), now, promised)
        };
        let good = "drilled in staging 3 d ago, by ana: rollback 6.2 s (promised: 60 s)";
        assert_eq!(said(&drilled, 60).as_deref(), Ok(good));
        assert!(said(&drilled, 6).unwrap_err().ends_with("longer than promised"));
        let failed = Drilled { failed: Some(Exercise::Gate), ..drilled };
        let bad = "the last drill in staging failed at gate 3 d ago, by ana: rollback 6.2 s (promised: 60 s)";
        assert_eq!(said(&failed, 60).unwrap_err(), bad);
        let line = format!("0 {}", Drilled::begun("5a38 efa834", "ana"));
        let open = Drilled::parse("a", &line).unwrap();
        let told = "the last drill in staging begun over 5a38efa834, and its end not told, 3 d ago, by ana";
        assert_eq!(said(&open, 60).unwrap_err(), told);
        let later = Drilled { at: 9_999_999_999, ..open };
        assert!(said(&later, 60).unwrap_err().contains("has not come yet"));
    }
}

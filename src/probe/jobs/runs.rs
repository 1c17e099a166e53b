//! The last runs of cron's jobs, from what its daemon says to the journal as root. Anybody on the
//! host may write such lines in its name (logger(1)), but only under his own user, which the journal
//! knows from the kernel.

use std::collections::BTreeMap;

use crate::model::text::clean;
use crate::probe::history::micros;

/// As many different jobs and failures are kept.
const MOST: usize = 4096;
/// As many entries are looked at first; see `qd_cron_runs`.
const LOOKED_AT: u64 = 20_000;

/// A start of a job, on the host's wall clock in microseconds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Start {
    /// When.
    pub at: i64,
    /// The process that began it.
    pub pid: u32,
}

/// What is known of runs.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Runs {
    /// From when on all are known.
    pub since: Option<i64>,
    /// Last starts, by user and command.
    starts: BTreeMap<(Box<str>, Box<str>), Start>,
    /// Exit statuses of those that failed, where the daemon tells (cron(8) of Debian, `-L 4`).
    fails: BTreeMap<u32, (i64, i32)>,
}

impl Runs {
    /// Takes an answer of `qd_cron_runs`.
    pub fn take(&mut self, text: &str) {
        let mut first = None;
        for line in text.lines() {
            let mut words = line.splitn(4, ' ');
            let (kind, at) = (words.next().unwrap_or(""), words.next().and_then(micros));
            match (kind, at, words.next(), words.next()) {
                ("first", Some(at), None, None) => first = Some(at),
                ("oldest", Some(at), Some(count), None) if first.is_some() => {
                    let cut = count.parse::<u64>().is_ok_and(|count| count >= LOOKED_AT);
                    first = if cut { Some(at) } else { first };
                }
                ("run", Some(at), Some(pid), Some(message)) => {
                    let Some((user, command)) = started(message) else { continue };
                    let key = (clean(user, 64).into(), as_logged(command).into());
                    let pid = pid.parse().unwrap_or(0);
                    if self.starts.len() < MOST || self.starts.contains_key(&key) {
                        let start = self.starts.entry(key).or_insert(Start { at, pid });
                        if start.at <= at {
                            *start = Start { at, pid };
                        }
                    }
                }
                ("fail", Some(at), Some(pid), Some(status)) => {
                    if let (Ok(pid), Ok(status)) = (pid.parse(), status.parse())
                        && self.fails.len() < MOST
                    {
                        self.fails.insert(pid, (at, status));
                    }
                }
                _ => {}
            }
        }
        self.since = self.since.or(first);
        // Failures of runs that are not the last of theirs any more are of no use.
        let live: std::collections::BTreeSet<u32> = self.starts.values().map(|s| s.pid).collect();
        self.fails.retain(|pid, _| live.contains(pid));
    }

    /// The last start of a command, [`as_logged`], by a user.
    pub fn of(&self, user: &str, command: &str) -> Option<Start> {
        self.starts.get(&(user.into(), command.into())).copied()
    }

    /// The exit status of a start, where it failed and the daemon told.
    pub fn failure(&self, start: Start) -> Option<i32> {
        let (at, status) = self.fails.get(&start.pid)?;
        (*at >= start.at).then_some(*status)
    }
}

/// A command as cron writes it to its log: control characters as `^I`, all beyond ASCII in octal,
/// byte by byte (`mkprint` in misc.c of Vixie's cron, Debian's 3.0pl1 and cronie). What is written so
/// already stays as it is, so that a daemon that does not is understood as well.
pub fn as_logged(command: &str) -> String {
    let mut out = String::with_capacity(command.len());
    for byte in command.bytes() {
        if out.len() >= 4096 {
            break;
        }
        match byte {
            0..0x20 => out.extend(['^', char::from(byte + b'@')]),
            0x7f => out.push_str("^?"),
            0x80.. => {
                out.push('\\');
                let digit = |shift: u8| char::from(b'0' + (byte >> shift & 7));
                out.extend([digit(6), digit(3), digit(0)]);
            }
            plain => out.push(char::from(plain)),
        }
    }
    // Blanks around it are told by some and not by others.
    let mut rest = out.trim();
    while let Some(shorter) = rest.strip_prefix("^I") {
        rest = shorter.trim_start();
    }
    while let Some(shorter) = rest.strip_suffix("^I") {
        rest = shorter.trim_end();
    }
    rest.to_owned()
}

/// `(root) CMD (   cd / && run-parts --report /etc/cron.hourly)`.
fn started(message: &str) -> Option<(&str, &str)> {
    let (user, rest) = message.strip_prefix('(')?.split_once(") CMD (")?;
    Some((user, rest.strip_suffix(')')?.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// cron 3.0pl1-162 on Debian bookworm.
    #[test]
    fn last_runs_and_failures_are_read() {
        let mut runs = Runs::default();
        runs.take(
            "first 1795230000.000001\noldest 1795230100.000000 3\n\
             run 1795237021.500000 812 (root) CMD (   cd / && run-parts --report /etc/cron.hourly)\n\
             run 1795237021.600000 813 (ops) CMD (/srv/a (b))\nfail 1795237022.000000 813 2\n",
        );
        assert_eq!(runs.since, Some(1_795_230_000_000_001));
        let hourly = runs.of("root", "cd / && run-parts --report /etc/cron.hourly").unwrap();
        assert_eq!(hourly, Start { at: 1_795_237_021_500_000, pid: 812 });
        assert_eq!(runs.failure(hourly), None);
        let failed = runs.of("ops", "/srv/a (b)").unwrap();
        assert_eq!(runs.failure(failed), Some(2));
        // A later answer, and an older line in it.
        runs.take("oldest 1795237000.0 9\nrun 1795237081.600000 900 (ops) CMD (/srv/a (b))\n\
                   run 1795237000.000000 1 (root) CMD (   cd / && run-parts --report /etc/cron.hourly)\n");
        assert_eq!(runs.of("root", "cd / && run-parts --report /etc/cron.hourly"), Some(hourly));
        assert_eq!(runs.failure(runs.of("ops", "/srv/a (b)").unwrap()), None);
        assert_eq!(runs.since, Some(1_795_230_000_000_001));
    }

    #[test]
    fn what_was_cut_is_known_only_from_there_on() {
        let mut runs = Runs::default();
        runs.take("first 1795230000.000001\noldest 1795230100.000000 20000\n");
        assert_eq!(runs.since, Some(1_795_230_100_000_000));
        let mut runs = Runs::default();
        runs.take("first \nrun x y z\nrun\nfail 1.000000 a b\nrun 1.000000 1 (a) CMD b\nrun 1.000000 2 CMD (a)\n");
        assert_eq!(runs, Runs::default());
    }
}

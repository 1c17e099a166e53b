//! The last words of what is down, asked for when it goes down, so that they stand beside it.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::time::Instant;

use super::glance::Down;
use super::serve::{Shared, journal_by};
use crate::model::fault::Fault;
use crate::model::host::Part;
use crate::model::ids::UnitName;
use crate::msg::HostEvent;
use crate::probe::words::{READ, parse_words};
use crate::runtime::transport::Transport;

/// systemd tells that a process has ended before journald has written what it said.
const SETTLE: Duration = Duration::from_millis(200);
/// A unit that loops is asked about so often at most.
const AGAIN: Duration = Duration::from_secs(10);
/// Units a question.
const AT_ONCE: usize = 8;
/// Questions before a single reading goes on without the rest.
const ROUNDS: usize = 5;
/// For one question: each journal is given up on the host after eight seconds.
const DEADLINE: Duration = Duration::from_secs(30);

/// Asks for as long as the host is connected.
pub(super) async fn run(transport: &dyn Transport, shared: &Shared) -> Fault {
    let mut known = shared.facts.subscribe();
    let mut units = shared.glances.subscribe();
    if known.wait_for(Option::is_some).await.is_err()
        || units.wait_for(Option::is_some).await.is_err()
    {
        return std::future::pending().await;
    }
    let mut asked = Asked::default();
    let mut rounds = 0;
    loop {
        let (due, next) = {
            let units = units.borrow_and_update();
            let all = units.iter().flatten();
            let downs = all.filter_map(|(unit, glance)| Some((unit, glance.down.as_ref()?)));
            asked.due(downs, Instant::now())
        };
        // Without the right to read it there is nothing to ask; the doctor says so.
        let how = journal_by(shared).filter(|_| !due.is_empty());
        if let Some(how) = how {
            ask(transport, shared, how, &due).await;
            asked.note(due, Instant::now());
            rounds += 1;
            if rounds < ROUNDS {
                continue;
            }
        }
        if rounds <= ROUNDS {
            rounds = ROUNDS + 1;
            shared.reporter.say(HostEvent::Part(Part::Words)).await;
        }
        tokio::select! {
            () = tokio::time::sleep_until(next) => {}
            changed = units.changed() => {
                if changed.is_err() {
                    return std::future::pending().await;
                }
                tokio::time::sleep(SETTLE).await;
            }
        }
    }
}

async fn ask(transport: &dyn Transport, shared: &Shared, how: &str, due: &[(UnitName, Down)]) {
    let lines = READ.to_string();
    let mut argv = vec!["qd_words", how, &lines];
    for (unit, down) in due {
        argv.push(unit.as_str());
        argv.push(if down.invocation.is_empty() { "-" } else { &down.invocation });
    }
    match shared.slow.ask(transport, &argv, DEADLINE).await {
        Ok(answer) => {
            for (unit, words) in parse_words(&answer.text) {
                if !words.is_empty() {
                    shared.reporter.say(HostEvent::Words(unit, words)).await;
                }
            }
        }
        Err(fault) => tracing::warn!("last words: {fault}"),
    }
}

/// What was asked about, and when.
#[derive(Default)]
struct Asked(BTreeMap<UnitName, (Down, Instant)>);

impl Asked {
    /// What is to be asked now, the worst first, and when to look again.
    fn due<'a>(
        &self,
        downs: impl Iterator<Item = (&'a UnitName, &'a Down)>,
        now: Instant,
    ) -> (Vec<(UnitName, Down)>, Instant) {
        let mut next = now + Duration::from_secs(3600);
        let mut due = Vec::new();
        for (unit, down) in downs {
            match self.0.get(unit) {
                Some((known, _)) if known == down => {}
                Some((_, at)) if *at + AGAIN > now => next = next.min(*at + AGAIN),
                Some(_) | None => due.push((unit.clone(), down.clone())),
            }
        }
        due.sort_by_key(|(_, down)| down.rank);
        due.truncate(AT_ONCE);
        (due, next)
    }

    fn note(&mut self, asked: Vec<(UnitName, Down)>, now: Instant) {
        self.0.extend(asked.into_iter().map(|(unit, down)| (unit, (down, now))));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_loop_is_asked_about_once_in_a_while_and_the_worst_first() {
        let down = |invocation: &str, rank| Down { invocation: invocation.into(), at: None, rank };
        let (a, b) = (UnitName::new("a.service"), UnitName::new("b.service"));
        let mut asked = Asked::default();
        let now = Instant::now();
        let (first, failed) = (down("1", 1), down("9", 0));
        let (due, _) = asked.due([(&a, &first), (&b, &failed)].into_iter(), now);
        let names: Vec<&str> = due.iter().map(|(unit, _)| unit.as_str()).collect();
        assert_eq!(names, ["b.service", "a.service"]);
        asked.note(due, now);
        let second = down("2", 1);
        let (due, next) = asked.due([(&a, &second), (&b, &failed)].into_iter(), now);
        assert!(due.is_empty());
        assert_eq!(next, now + AGAIN);
        let (due, _) = asked.due([(&a, &second), (&b, &failed)].into_iter(), now + AGAIN);
        assert_eq!(due, vec![(a, second)]);
    }
}

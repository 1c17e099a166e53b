//! An operation is followed to its end, and what goes back since it failed.

use std::collections::BTreeSet;
use std::time::Duration;

use tokio::time::Instant;

use super::super::tell::{tell, words_of_loss};
use super::Session;
use crate::effect::Effect;
use crate::model::Model;
use crate::model::acting::{Returning, goes_back};
use crate::model::audit::Entry;
use crate::model::host::Link;
use crate::model::ids::HostId;
use crate::model::operation::{OpId, Operation, Outcome, Phase};
use crate::runtime::clock;
use crate::update::operations;

/// Whoever did not give the password is asked again after so long.
const AGAIN: Duration = Duration::from_secs(30);

impl Session {
    /// Follows an operation to its end. Of hosts that are not reached any more it is not known.
    pub(in crate::cli::act) async fn follow(
        &mut self,
        id: &OpId,
        timeout: Duration,
        tells: bool,
    ) -> Outcome {
        let mut told = BTreeSet::new();
        let mut lost_since: Option<Instant> = None;
        let mut asked_at: Option<Instant> = None;
        let mut interrupts =
            tokio::signal::unix::signal(tokio::signal::unix::SignalKind::interrupt());
        loop {
            if let Some(operation) = self.operation(id) {
                if tells {
                    tell(operation, &mut told);
                }
                if let Some(outcome) = operation.outcome() {
                    self.drain(id, timeout).await;
                    return self.returned(id, outcome, timeout, tells).await;
                }
                let up = |id: &HostId| self.model.fleet.host(id).is_some_and(|it| it.link.is_up());
                let locked_out = operation.locked_out().filter(|host| up(host)).cloned();
                let lost = self.lost(operation);
                if tells && lost.is_empty() != lost_since.is_none() {
                    crate::cli::complain(&words_of_loss(&lost, timeout));
                }
                let since = lost_since.take().unwrap_or_else(Instant::now);
                lost_since = (!lost.is_empty()).then_some(since);
                // It was let in with a password, and the link was lost since.
                if let Some(host) =
                    locked_out.filter(|_| asked_at.is_none_or(|at| at.elapsed() > AGAIN))
                {
                    asked_at = Some(Instant::now());
                    self.ask_for_password(host).await;
                    continue;
                }
            }
            if lost_since.is_some_and(|since| since.elapsed() >= timeout) {
                self.leave(id);
                return Outcome::Unknown;
            }
            let interrupted = async {
                match &mut interrupts {
                    Ok(interrupts) => {
                        interrupts.recv().await;
                    }
                    Err(_) => std::future::pending().await,
                }
            };
            tokio::select! {
                () = interrupted => {
                    let effects = operations::leave(&mut self.model, id);
                    let held = !effects.is_empty();
                    self.perform(effects);
                    self.drain(id, Duration::from_millis(1500)).await;
                    if held {
                        crate::cli::complain(
                            "quarterdeck: no further batch begins; hosts that were not begun are free again",
                        );
                    }
                    let drains = self.operation(id).map_or(0, |one| one.plan().drains.len());
                    if drains > 0 {
                        crate::cli::complain(
                            "quarterdeck: what is drained is put back by its balancer once it misses this console",
                        );
                    }
                    self.leave(id);
                    crate::cli::complain(&format!(
                        "quarterdeck: detached; it goes on: `quarterdeck ops attach {id}`"
                    ));
                    return Outcome::Unknown;
                }
                () = self.turn() => {}
            }
        }
    }

    /// What goes back since that failed, as its policy says, is followed as well; what both come to.
    async fn returned(
        &mut self,
        id: &OpId,
        outcome: Outcome,
        timeout: Duration,
        tells: bool,
    ) -> Outcome {
        loop {
            match self.model.acting.return_of(id).map(|one| one.state.clone()) {
                None => return outcome,
                Some(Returning::Planning(_)) => self.turn().await,
                Some(Returning::Refused(refusals)) => {
                    for (id, why) in refusals {
                        crate::cli::complain(&format!("quarterdeck: {id} does not go back: {why}"));
                    }
                    return outcome;
                }
                Some(Returning::Begun(back)) => {
                    let back = Box::pin(self.follow(&back, timeout, tells)).await;
                    let all = self.operation(id).is_some_and(|one| {
                        goes_back(one).len() == one.renewed().count()
                            && !one.runs.iter().any(|run| {
                                matches!(
                                    run.phase,
                                    Phase::Lost(..)
                                        | Phase::Ended(Outcome::Failed | Outcome::Unknown)
                                )
                            })
                    });
                    // Every host has the old one again.
                    return match back {
                        Outcome::Succeeded if all => Outcome::Undone,
                        Outcome::Unknown => Outcome::Unknown,
                        _ => outcome,
                    };
                }
            }
        }
    }

    /// The name of what went back since that failed.
    pub(in crate::cli::act) fn back_of(&self, id: &OpId) -> Option<&Operation> {
        match &self.model.acting.return_of(id)?.state {
            Returning::Begun(back) => self.operation(back),
            Returning::Planning(_) | Returning::Refused(_) => None,
        }
    }

    /// Hosts of an operation that are not reached just now, and why.
    fn lost(&self, operation: &Operation) -> Vec<String> {
        let runs = operation.runs.iter().zip(&operation.plan().hosts);
        let words = runs.filter_map(|(run, plan)| {
            let link = self.model.fleet.host(&plan.host).map(|host| &host.link);
            let down = link.is_none_or(|link| !link.is_up());
            let told = match &run.phase {
                Phase::Lost(fault, _) => Some(fault),
                _ if down => None,
                _ => return None,
            };
            let why = link.filter(|_| down).and_then(Link::fault).or(told);
            let why = why.map(ToString::to_string).unwrap_or_default();
            Some(format!("{} ({why})", plan.host.host).replace(" ()", ""))
        });
        words.collect()
    }

    /// Writes down that it is not followed any more.
    fn leave(&mut self, id: &OpId) {
        let entry = self.operation(id).map(|operation| Entry::leave(operation, clock::now()));
        self.perform(entry.into_iter().map(|entry| Effect::Audit(Box::new(entry))).collect());
    }

    /// What is asked last, that what was sent is removed and claims are given back, is waited for.
    async fn drain(&mut self, id: &OpId, limit: Duration) {
        let until = Instant::now() + limit;
        let owes = |model: &Model| model.acting.operation(id).is_some_and(Operation::owes);
        while (self.removals > 0 || owes(&self.model)) && Instant::now() < until {
            self.turn().await;
        }
        for host in self.operation(id).into_iter().flat_map(Operation::keepers) {
            crate::cli::complain(&format!(
                "quarterdeck: {host} has the claim of it still: once it is reached, \
                 `quarterdeck ops recover {id} --release`"
            ));
        }
    }
}

//! What a drill does, and the way to run it: it is confirmed once, as a whole, and covers what it says and
//! nothing else. One of production cannot be made.

use std::sync::Arc;

use super::super::digest::sha256;
use super::super::ids::EnvName;
use super::super::plan::{Change, Confirmation, NotConfirmed, Permit, Plan};
use super::super::sync::Writable;
use super::super::verb::Verb;
use crate::model::fleet::Env;

/// What would be rehearsed.
#[derive(Clone, PartialEq, Debug)]
pub struct Drill {
    /// Where.
    place: Writable,
    /// The deploy, which is made, taken back and gone back from.
    deploy: Arc<Plan>,
    /// The restore; none where no backup was named.
    restore: Option<Arc<Plan>>,
    hash: String,
}

/// A drill that somebody confirmed: only by this its plans are run.
#[derive(Clone, PartialEq, Debug)]
pub struct ConfirmedDrill(Drill);

impl Drill {
    /// Of these plans, all of that environment.
    ///
    /// # Errors
    /// A sentence: it is production, or what is done there could not be taken back.
    pub fn new(env: &Env, deploy: Arc<Plan>, restore: Option<Arc<Plan>>) -> Result<Self, String> {
        let place = Writable::of(env).map_err(|why| format!("{why}, nor is anything rehearsed"))?;
        let of = |plan: &Plan| *plan.env() == env.name;
        if !of(&deploy) || restore.as_deref().is_some_and(|plan| !of(plan)) {
            return Err("its plans are of several environments".to_owned());
        }
        let lasting = deploy.hosts.iter().find_map(|host| {
            let step = host.steps.iter().find(|step| step.change == Change::Irreversible)?;
            Some(format!("{} on {}: {} {}", host.service, host.host, step.number, step.title))
        });
        if let Some(step) = lasting {
            return Err(format!(
                "what cannot be taken back cannot be rehearsed: {step}; deploy it first, and drill then"
            ));
        }
        let sums = [deploy.hash(), restore.as_deref().map_or("", Plan::hash)].join(" ");
        let hash = sha256(format!("drill {sums}").as_bytes()).chars().take(16).collect();
        Ok(Self { place, deploy, restore, hash })
    }

    /// Names this very drill.
    pub fn hash(&self) -> &str {
        &self.hash
    }

    /// Where.
    pub const fn env(&self) -> &EnvName {
        self.place.env()
    }

    /// The deploy that is rehearsed.
    pub const fn deploy(&self) -> &Arc<Plan> {
        &self.deploy
    }

    /// The restore that is rehearsed.
    pub const fn restore(&self) -> Option<&Arc<Plan>> {
        self.restore.as_ref()
    }

    /// What has to be typed: that of the restore, where data are replaced, else the environment's name,
    /// since what serves there is interrupted more than once.
    pub fn phrase(&self) -> &str {
        self.restore.as_deref().map_or_else(|| self.env().as_str(), Plan::phrase)
    }
}

impl ConfirmedDrill {
    /// Confirms a drill.
    ///
    /// # Errors
    /// When it is not this one that was confirmed, or not in the way that it asks for.
    pub fn new(drill: Drill, how: &Confirmation, permit: &Permit) -> Result<Self, NotConfirmed> {
        if permit.env() != drill.env() {
            return Err(NotConfirmed::OtherEnv);
        }
        match how {
            Confirmation::Typed(typed) if typed.trim() == drill.phrase() => Ok(Self(drill)),
            Confirmation::Hash(hash) if hash.trim() == drill.hash() => Ok(Self(drill)),
            Confirmation::Hash(_) => Err(NotConfirmed::Hash(drill.hash().to_owned())),
            Confirmation::Key
            | Confirmation::Typed(_)
            | Confirmation::Policy(_)
            | Confirmation::Drill(_) => Err(NotConfirmed::Phrase(drill.phrase().to_owned())),
        }
    }

    /// What was confirmed.
    pub const fn drill(&self) -> &Drill {
        &self.0
    }

    /// Whether a plan is one of those that it was confirmed for: a deploy or a rollback of that service on
    /// those hosts, or a restore of that source, there and nowhere else.
    pub fn covers(&self, plan: &Plan) -> bool {
        let drill = &self.0;
        let within = |of: &Plan| {
            let known =
                |host: &(_, _)| of.hosts.iter().any(|one| (&one.host, &one.subject) == *host);
            plan.hosts.iter().map(|host| (&host.host, &host.subject)).all(|host| known(&host))
        };
        plan.env() == drill.env()
            && match plan.intent.verb {
                Verb::Deploy | Verb::Rollback => within(&drill.deploy),
                Verb::Restore => drill.restore.as_deref().is_some_and(within),
                _ => false,
            }
    }
}

#[cfg(test)]
mod tests;

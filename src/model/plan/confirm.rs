//! The way from a plan to something that may be run: a permit for the environment, and a
//! confirmation of that very plan. Neither can be made in another way than here.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use super::Plan;
use crate::model::drill::ConfirmedDrill;
use crate::model::ids::EnvName;
use crate::model::time::Timestamp;

/// An environment that was unlocked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Unlocked {
    /// Why.
    pub reason: Box<str>,
    /// When it is locked again.
    pub until: Timestamp,
}

/// What may be done with this console.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Permits {
    /// Nothing.
    read_only: bool,
    unlocked: BTreeMap<EnvName, Unlocked>,
}

/// That something may be done in an environment.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Permit {
    env: EnvName,
    protected: bool,
}

/// Why nothing may be done.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Withheld {
    /// The console was started so.
    ReadOnly,
    /// The environment is protected and was not unlocked.
    Locked,
}

impl Withheld {
    /// A sentence.
    pub fn text(self, env: &EnvName) -> String {
        match self {
            Self::ReadOnly => "this console only reads (--read-only)".to_owned(),
            Self::Locked => format!("{env} is locked: unlock it first"),
        }
    }
}

impl Permits {
    /// Nothing may be done, and nothing changes that.
    pub fn read_only() -> Self {
        Self { read_only: true, unlocked: BTreeMap::new() }
    }

    /// Whether nothing may ever be done.
    pub const fn is_read_only(&self) -> bool {
        self.read_only
    }

    /// Unlocks an environment for a while.
    ///
    /// # Errors
    /// A console that only reads stays so.
    pub fn unlock(&mut self, env: EnvName, unlocked: Unlocked) -> Result<(), Withheld> {
        if self.read_only {
            return Err(Withheld::ReadOnly);
        }
        self.unlocked.insert(env, unlocked);
        Ok(())
    }

    /// Locks it again.
    pub fn lock(&mut self, env: &EnvName) {
        self.unlocked.remove(env);
    }

    /// Locks what was unlocked for a while that is over; which that is.
    pub fn expire(&mut self, now: Timestamp) -> Vec<EnvName> {
        let over = self.unlocked.iter().filter(|(_, unlocked)| unlocked.until <= now);
        let over: Vec<EnvName> = over.map(|(env, _)| env.clone()).collect();
        self.unlocked.retain(|_, unlocked| unlocked.until > now);
        over
    }

    /// What is known of an unlocked environment.
    pub fn unlocked(&self, env: &EnvName) -> Option<&Unlocked> {
        self.unlocked.get(env)
    }

    /// A permit for an environment.
    ///
    /// # Errors
    /// When the console only reads, or the environment is protected and locked.
    pub fn permit(
        &self,
        env: &EnvName,
        protected: bool,
        now: Timestamp,
    ) -> Result<Permit, Withheld> {
        if self.read_only {
            return Err(Withheld::ReadOnly);
        }
        let open = self.unlocked.get(env).is_some_and(|unlocked| unlocked.until > now);
        if protected && !open {
            return Err(Withheld::Locked);
        }
        Ok(Permit { env: env.clone(), protected })
    }
}

impl Permit {
    /// Where.
    pub const fn env(&self) -> &EnvName {
        &self.env
    }

    /// Whether that is a protected one.
    pub const fn is_protected(&self) -> bool {
        self.protected
    }
}

/// What somebody said to a plan.
#[derive(Clone, PartialEq, Debug)]
pub enum Confirmation {
    /// A key, on the plan that was shown.
    Key,
    /// The phrase, typed.
    Typed(String),
    /// The plan's hash, on the command line.
    Hash(String),
    /// Another plan, which was confirmed, says that this is done when that one fails.
    Policy(Arc<Plan>),
    /// A drill, which was confirmed, has it among what it rehearses.
    Drill(Arc<ConfirmedDrill>),
}

impl Confirmation {
    /// The word in the audit.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Key => "key",
            Self::Typed(_) => "typed",
            Self::Hash(_) => "hash",
            Self::Policy(_) => "policy",
            Self::Drill(_) => "drill",
        }
    }
}

/// Why a plan was not confirmed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum NotConfirmed {
    /// The permit is for another environment.
    OtherEnv,
    /// Another phrase has to be typed.
    Phrase(String),
    /// The hash is another plan's.
    Hash(String),
}

impl fmt::Display for NotConfirmed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OtherEnv => f.write_str("the permit is for another environment"),
            Self::Phrase(phrase) => write!(f, "type `{phrase}` to confirm"),
            Self::Hash(now) => {
                write!(f, "the plan is stale: its hash is {now} now; look at it again with --plan")
            }
        }
    }
}

/// A plan that somebody confirmed. Only this can be run.
#[derive(Clone, PartialEq, Debug)]
pub struct ConfirmedPlan {
    plan: Arc<Plan>,
    how: &'static str,
    permit: Permit,
}

impl ConfirmedPlan {
    /// Confirms a plan.
    ///
    /// # Errors
    /// When it is not this plan that was confirmed, or not in the way that it asks for.
    pub fn new(plan: Arc<Plan>, how: &Confirmation, permit: Permit) -> Result<Self, NotConfirmed> {
        if permit.env != *plan.env() {
            return Err(NotConfirmed::OtherEnv);
        }
        match how {
            Confirmation::Key if plan.is_typed() => {
                return Err(NotConfirmed::Phrase(plan.phrase().to_owned()));
            }
            Confirmation::Key => {}
            Confirmation::Typed(typed) if typed.trim() == plan.phrase() => {}
            Confirmation::Typed(_) => return Err(NotConfirmed::Phrase(plan.phrase().to_owned())),
            Confirmation::Hash(hash) if hash.trim() == plan.hash() => {}
            Confirmation::Hash(_) => return Err(NotConfirmed::Hash(plan.hash().to_owned())),
            Confirmation::Policy(of) if of.goes_back_by(&plan) => {}
            Confirmation::Drill(of) if of.covers(&plan) => {}
            Confirmation::Policy(_) | Confirmation::Drill(_) => {
                return Err(NotConfirmed::Phrase(plan.phrase().to_owned()));
            }
        }
        Ok(Self { plan, how: how.name(), permit })
    }

    /// The plan.
    pub const fn plan(&self) -> &Arc<Plan> {
        &self.plan
    }

    /// How it was confirmed, in the audit's word.
    pub const fn how(&self) -> &'static str {
        self.how
    }

    /// What its confirmation rested on.
    pub const fn permit(&self) -> &Permit {
        &self.permit
    }
}

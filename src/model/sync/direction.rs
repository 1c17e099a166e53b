//! Which way data may go: down, and never to where users depend on it. What may be written to is a value
//! that production has none of.

use crate::model::fleet::Env;
use crate::model::ids::EnvName;
use crate::model::spec::{EnvSpec, Tier};

/// Words by which production is called: an environment with one of them in its name is not written to,
/// whatever its tier, since names and tiers are mixed up more easily than hosts.
const PRODUCTION: [&str; 3] = ["production", "prod", "live"];

/// An environment whose data may be replaced by that of another one. It is none of tier production, and
/// none that is called so: there is no other way to make one than [`Writable::of`].
///
/// ```compile_fail,E0451
/// use quarterdeck::model::spec::Tier;
/// use quarterdeck::model::sync::Writable;
/// let forged = Writable { env: "production".into(), tier: Tier::Production };
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Writable {
    env: EnvName,
    tier: Tier,
}

/// An environment that is read and nothing else: nothing can be done with it but to name it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Reads {
    env: EnvName,
    tier: Tier,
}

/// From one down to the other.
///
/// ```compile_fail,E0451
/// use quarterdeck::model::sync::{Downward, Reads, Writable};
/// fn turned_around(from: Reads, to: Writable) -> Downward {
///     Downward { from, to }
/// }
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Downward {
    from: Reads,
    to: Writable,
}

impl Writable {
    /// That environment.
    ///
    /// # Errors
    /// When it is of tier production, or called so.
    pub fn of(env: &Env) -> Result<Self, String> {
        Self::new(&env.name, env.tier)
    }

    /// The same, of the config.
    ///
    /// # Errors
    /// As of [`Writable::of`].
    pub fn of_spec(env: &EnvSpec) -> Result<Self, String> {
        Self::new(&env.name, env.tier)
    }

    fn new(env: &EnvName, tier: Tier) -> Result<Self, String> {
        if tier == Tier::Production {
            return Err(format!("{env} is of tier production: data never goes there"));
        }
        let words = env.as_str().split(|c: char| !c.is_alphanumeric());
        if words.into_iter().any(|word| PRODUCTION.contains(&&*word.to_lowercase())) {
            return Err(format!(
                "{env} is called as production is, though its tier is {}: data never goes there",
                tier.name()
            ));
        }
        Ok(Self { env: env.clone(), tier })
    }

    /// Its name.
    pub const fn env(&self) -> &EnvName {
        &self.env
    }

    /// Its tier.
    pub const fn tier(&self) -> Tier {
        self.tier
    }
}

impl Reads {
    /// Its name.
    pub const fn env(&self) -> &EnvName {
        &self.env
    }
}

impl Downward {
    /// From one environment to the other.
    ///
    /// # Errors
    /// When the other is not to be written to, or is not below the one.
    pub fn new(from: &Env, to: &Env) -> Result<Self, String> {
        Self::between((&from.name, from.tier), Writable::of(to)?)
    }

    /// The same, of the config.
    ///
    /// # Errors
    /// As of [`Downward::new`].
    pub fn of_specs(from: &EnvSpec, to: &EnvSpec) -> Result<Self, String> {
        Self::between((&from.name, from.tier), Writable::of_spec(to)?)
    }

    fn between((from, tier): (&EnvName, Tier), to: Writable) -> Result<Self, String> {
        if tier.dearness() <= to.tier.dearness() {
            return Err(format!(
                "data goes down only, and {from} ({}) is not above {} ({})",
                tier.name(),
                to.env,
                to.tier.name()
            ));
        }
        Ok(Self { from: Reads { env: from.clone(), tier }, to })
    }

    /// What is read.
    pub const fn from(&self) -> &Reads {
        &self.from
    }

    /// What is written to.
    pub const fn to(&self) -> &Writable {
        &self.to
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn env(name: &str, tier: Tier) -> EnvSpec {
        EnvSpec::new(name, tier)
    }

    #[test]
    fn data_goes_down_and_never_up_across_or_to_production() {
        for (from, above) in Tier::ALL.iter().zip(0..) {
            for (to, below) in Tier::ALL.iter().zip(0..) {
                let way = Downward::of_specs(&env("one", *from), &env("other", *to));
                assert_eq!(way.is_ok(), above < below, "{from:?} {to:?}");
                assert_ne!(way.map(|way| way.to().tier()), Ok(Tier::Production));
            }
        }
    }

    #[test]
    fn what_is_called_production_is_not_written_to_whatever_its_tier() {
        for name in ["production", "prod-eu", "eu_PROD", "Live", "web.live"] {
            assert!(Writable::of_spec(&env(name, Tier::Development)).is_err(), "{name}");
        }
        for name in ["development", "product-staging", "olive", "delivery"] {
            assert!(Writable::of_spec(&env(name, Tier::Staging)).is_ok(), "{name}");
        }
    }
}

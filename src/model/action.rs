//! Actions that the config declares: what a team does by hand again and again.

use std::time::Duration;

use super::ids::ServiceName;

/// `[[action]]`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ActionSpec {
    /// Unique.
    pub name: Box<str>,
    /// One line of what it does.
    pub doc: Box<str>,
    /// What it runs.
    pub run: Run,
    /// POSIX sh that takes it back, where something does.
    pub undo: Option<Box<str>>,
    /// To these services only; empty is every service.
    pub services: Vec<ServiceName>,
    /// What is asked for before.
    pub inputs: Vec<InputSpec>,
    /// It changes nothing.
    pub safe: bool,
    /// Its service has to be healthy after it.
    pub gate: bool,
    /// Whose rights it has; none is root's.
    pub user: Option<Box<str>>,
    /// It is ended after so long.
    pub timeout: Duration,
}

/// As long as an action may take where the config does not say.
pub const TIMEOUT: Duration = Duration::from_secs(600);

/// What an action runs.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Run {
    /// A program and its arguments; `{name}` as a whole argument is an input.
    Argv(Vec<Box<str>>),
    /// POSIX sh; inputs are variables of the same name.
    Script(Box<str>),
}

/// A value that is asked for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct InputSpec {
    /// The variable.
    pub name: Box<str>,
    /// The value where none is given; without it one has to be.
    pub default: Option<Box<str>>,
    /// Values that are possible; empty is any.
    pub choices: Vec<Box<str>>,
}

impl ActionSpec {
    /// Whether it is meant for a service.
    pub fn is_for(&self, service: &ServiceName) -> bool {
        self.services.is_empty() || self.services.contains(service)
    }

    /// The values of all inputs, from those that were given.
    ///
    /// # Errors
    /// A sentence: one is missing, unknown, or not possible.
    pub fn values(&self, given: &[(String, String)]) -> Result<Vec<(String, String)>, String> {
        if let Some((name, _)) =
            given.iter().find(|(name, _)| self.inputs.iter().all(|input| *input.name != **name))
        {
            return Err(format!("{} has no input `{name}`", self.name));
        }
        let value = |input: &InputSpec| {
            let said = given.iter().find(|(name, _)| **name == *input.name);
            let value = said
                .map(|(_, value)| value.clone())
                .or_else(|| input.default.as_deref().map(str::to_owned))
                .ok_or_else(|| format!("{} needs a value for `{}`", self.name, input.name))?;
            if !input.choices.is_empty() && !input.choices.iter().any(|choice| **choice == *value) {
                let choices = input.choices.join(", ");
                return Err(format!("`{}` is one of: {choices}", input.name));
            }
            if value.len() > 4096 || value.contains('\0') {
                return Err(format!(
                    "the value of `{}` is too long, or has a NUL byte",
                    input.name
                ));
            }
            Ok((input.name.to_string(), value))
        };
        self.inputs.iter().map(value).collect()
    }
}

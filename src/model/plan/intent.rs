//! What somebody wants to be done, before anything was looked at.

use std::sync::Arc;
use std::time::Duration;

use super::rollout::Wish;
use crate::model::action::ActionSpec;
use crate::model::deploy::Preflight;
use crate::model::ids::{EnvName, HostName, InstanceId, ServiceName};
use crate::model::verb::{Signal, Verb};

/// What a verb needs besides.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub enum Input {
    /// Nothing.
    #[default]
    None,
    /// For `kill`.
    Signal(Signal),
    /// For `drop-in`: lines of a unit file.
    DropIn(String),
    /// For `deploy`: a branch, a tag or a commit in place of the config's; for `rollback`: a release in
    /// place of the one before.
    Revision(Option<String>),
    /// For `restore`: from which copy, none is the newest that is good; and what has to be typed.
    Restore {
        /// A name among the copies, or a path.
        from: Option<String>,
        /// Host and path of what is replaced.
        phrase: String,
    },
    /// For `sync`: from which environment; why the copy is not scrubbed, where it is not; and what has to be
    /// typed.
    Sync {
        /// It is only read.
        from: EnvName,
        /// The reason.
        waived: Option<Box<str>>,
        /// Host and path of what is replaced.
        phrase: String,
    },
    /// For `action`: which, and the values of its inputs.
    Action(Arc<ActionSpec>, Vec<(String, String)>),
}

/// What somebody wants.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Intent {
    /// What.
    pub verb: Verb,
    /// What it needs besides.
    pub input: Input,
    /// Where.
    pub env: EnvName,
    /// To which services, in the order in which it is done; or to which backup.
    pub services: Vec<ServiceName>,
    /// On these hosts only; empty is every host of the services.
    pub hosts: Vec<HostName>,
    /// Of these services on these hosts only these; empty is all of them.
    pub picked: Vec<InstanceId>,
    /// How it goes over hosts; what is left out the config says.
    pub rollout: Wish,
    /// How long it has to stay healthy; none is the default.
    pub soak: Option<Duration>,
    /// What is not asked before a deploy.
    pub skip: Vec<Preflight>,
    /// Balancers keep on sending requests there, whatever the config says.
    pub undrained: bool,
    /// Its gate fails once all of it was proved: so a drill rehearses that a host takes a deploy back.
    pub fails: bool,
}

impl Intent {
    /// To these services, or to that backup; everywhere where no host is named.
    pub fn of(verb: Verb, env: EnvName, services: Vec<ServiceName>, hosts: Vec<HostName>) -> Self {
        Self {
            verb,
            input: Input::None,
            env,
            services,
            hosts,
            picked: Vec::new(),
            rollout: Wish::default(),
            soak: None,
            skip: Vec::new(),
            undrained: false,
            fails: false,
        }
    }

    /// To these instances, all of one environment.
    pub fn new(verb: Verb, instances: &[InstanceId]) -> Option<Self> {
        let env = instances.first()?.host.env.clone();
        let mut services: Vec<ServiceName> = Vec::new();
        let mut hosts: Vec<HostName> = Vec::new();
        for id in instances.iter().filter(|id| id.host.env == env) {
            if !services.contains(&id.service) {
                services.push(id.service.clone());
            }
            if !hosts.contains(&id.host.host) {
                hosts.push(id.host.host.clone());
            }
        }
        hosts.sort();
        Some(Self::of(verb, env, services, hosts))
    }

    /// To these of which somebody has picked each; `all` is what runs of their services on their hosts.
    pub fn picked(verb: Verb, picked: &[InstanceId], all: &[InstanceId]) -> Option<Self> {
        let mut intent = Self::new(verb, picked)?;
        if all.iter().any(|one| !picked.contains(one)) {
            intent.picked = picked.to_vec();
        }
        Some(intent)
    }

    /// Whether it is meant.
    pub fn is_of(&self, id: &InstanceId) -> bool {
        (self.hosts.is_empty() || self.hosts.contains(&id.host.host))
            && (self.picked.is_empty() || self.picked.contains(id))
    }

    /// Whether it may be that what it is done to does not serve for a while.
    pub fn interrupts(&self) -> bool {
        match &self.input {
            Input::Action(spec, _) => !spec.safe,
            Input::None
            | Input::Signal(_)
            | Input::DropIn(_)
            | Input::Revision(_)
            | Input::Restore { .. }
            | Input::Sync { .. } => self.verb.interrupts(),
        }
    }

    /// Whether balancers are to send nothing there meanwhile: where it is healthy again afterwards or
    /// says that it is not.
    pub fn drains(&self) -> bool {
        let may = match (&self.input, self.verb) {
            (Input::Action(spec, _), _) => !spec.safe,
            (_, Verb::Restart | Verb::Adopt | Verb::Deploy | Verb::Rollback) => true,
            (
                Input::None
                | Input::Signal(_)
                | Input::DropIn(_)
                | Input::Revision(_)
                | Input::Restore { .. }
                | Input::Sync { .. },
                _,
            ) => false,
        };
        may && !self.undrained
    }

    /// One line of it.
    pub fn title(&self) -> String {
        let services: Vec<&str> = self.services.iter().map(ServiceName::as_str).collect();
        let hosts: Vec<&str> = self.hosts.iter().map(HostName::as_str).collect();
        let verb = match &self.input {
            Input::Signal(signal) => format!("{} -{}", self.verb.name(), signal.name()),
            Input::Action(spec, _) => spec.name.to_string(),
            Input::Revision(Some(to)) => format!("{} {to} of", self.verb.name()),
            Input::Revision(None) | Input::None if self.fails => {
                format!("{}, and fail by order,", self.verb.name())
            }
            Input::Sync { from, waived, .. } => {
                let how = waived
                    .as_ref()
                    .map_or_else(String::new, |why| format!(" without a scrub ({why})"));
                let names = services.join(", ");
                return format!(
                    "sync {names} from {from} to {} on {}{how}",
                    self.env,
                    hosts.join(", ")
                );
            }
            Input::None | Input::DropIn(_) | Input::Revision(None) | Input::Restore { .. } => {
                self.verb.name().to_owned()
            }
        };
        if !self.picked.is_empty() {
            let each = |id: &InstanceId| format!("{} on {}", id.service, id.host.host);
            let each: Vec<String> = self.picked.iter().map(each).collect();
            return format!("{verb} {}", each.join(", "));
        }
        let on = if hosts.is_empty() { String::new() } else { format!(" on {}", hosts.join(", ")) };
        format!("{verb} {}{on}", services.join(", "))
    }

    /// What the hash covers of it.
    pub(super) fn canonical(&self) -> String {
        let Self {
            verb,
            input,
            env,
            services,
            hosts,
            picked,
            rollout: _,
            soak,
            skip,
            undrained,
            fails,
        } = self;
        let undrained = if *undrained { " undrained" } else { "" };
        let fails = if *fails { " fails" } else { "" };
        let picked = if picked.is_empty() { String::new() } else { format!(" {picked:?}") };
        format!(
            "{verb:?} {input:?} {env:?} {services:?} {hosts:?} {soak:?} {skip:?}{undrained}{fails}{picked}"
        )
    }
}

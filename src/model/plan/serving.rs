//! How much of a service has to serve while something is done to parts of it.

use super::rollout::Share;
use crate::model::ids::{InstanceId, ServiceName, UnitName};

/// An instance that may serve while something is done to others.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Server {
    /// Which.
    pub id: InstanceId,
    /// What would be locked there for it.
    pub subject: Box<str>,
    /// The unit that says whether it serves.
    pub unit: Option<UnitName>,
}

/// So much of a service has to serve before a batch of it is begun, that batch not counted.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Serving {
    /// Of which.
    pub service: ServiceName,
    /// As it was asked for.
    pub share: Share,
    /// All of its instances, also those to which nothing is done.
    pub instances: Vec<Server>,
}

impl Serving {
    /// So many have to serve.
    pub fn need(&self) -> usize {
        self.share.of(self.instances.len())
    }
}

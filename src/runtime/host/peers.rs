//! Hosts that are connected now: for what goes from one of them to another by way of this machine.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use crate::effect::Watch;
use crate::model::ids::HostId;
use crate::model::spec::Sudo;
use crate::runtime::transport::Transport;

/// See the module. Nothing of it keeps a connection: each ends with its host's task.
#[derive(Default)]
pub struct Peers(Mutex<BTreeMap<HostId, Peer>>);

struct Peer {
    transport: Weak<dyn Transport>,
    sudo: bool,
}

impl Peers {
    /// A host is connected anew.
    pub(super) fn connected(&self, watch: &Watch, transport: &Arc<dyn Transport>) {
        let sudo = watch.spec.sudo != Sudo::Never;
        let mut peers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        peers.retain(|_, peer| peer.transport.strong_count() > 0);
        let transport = Arc::downgrade(transport);
        peers.insert(watch.host.clone(), Peer { transport, sudo });
    }

    /// The connection of a host, and whether `sudo` may be used there; none where there is none.
    pub(super) fn get(&self, host: &HostId) -> Option<(Arc<dyn Transport>, bool)> {
        let peers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let peer = peers.get(host)?;
        Some((peer.transport.upgrade()?, peer.sudo))
    }
}

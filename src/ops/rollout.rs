//! How a plan goes over its hosts: what is asked for, else what the config says, else what is usual.

use super::Target;
use crate::model::plan::{Intent, Policy, Rollout, Server, Serving, Wish};
use crate::model::verb::Verb;

/// What the config says of the way goes for what may fail on one host and not on another; what is only
/// written down for later needs no canary.
const fn is_risky(verb: Verb) -> bool {
    match verb {
        Verb::Start
        | Verb::Stop
        | Verb::Restart
        | Verb::Reload
        | Verb::Kill
        | Verb::Adopt
        | Verb::Action
        | Verb::DropIn
        | Verb::Deploy
        | Verb::Rollback
        | Verb::Restore
        | Verb::Sync => true,
        Verb::ResetFailed
        | Verb::Enable
        | Verb::Disable
        | Verb::DaemonReload
        | Verb::Run
        | Verb::Backup => false,
    }
}

/// What is wanted for a service's targets.
fn wish(intent: &Intent, target: &Target) -> Wish {
    let config = if is_risky(intent.verb) { target.promises.rollout } else { Wish::default() };
    intent.rollout.or(config)
}

/// What becomes of it when a host fails.
pub(super) fn policy(intent: &Intent, target: &Target) -> Policy {
    wish(intent, target).on_fail.unwrap_or_default()
}

/// One way for all services: the most careful one.
pub(super) fn way(intent: &Intent, protected: bool, targets: &[Target]) -> Rollout {
    // Whoever takes one out of a pool leaves the others in.
    let drains = intent.drains() && targets.iter().any(|one| !one.promises.drains.is_empty());
    let careful = drains || (protected && intent.interrupts());
    let usual = if careful { Rollout::ONE_BY_ONE } else { Rollout::ALL };
    targets
        .iter()
        .map(|target| wish(intent, target).over(usual))
        .reduce(|one, other| one.stricter(other, targets.len()))
        .unwrap_or(usual)
}

/// How much of each service has to serve, where what is done may interrupt it.
pub(super) fn serving(intent: &Intent, targets: &[Target], servers: &[Server]) -> Vec<Serving> {
    let mut all: Vec<Serving> = Vec::new();
    for target in targets.iter().filter(|_| intent.interrupts()) {
        let service = &target.id.service;
        let Some(share) = wish(intent, target).min_available else { continue };
        let instances: Vec<Server> =
            servers.iter().filter(|server| server.id.service == *service).cloned().collect();
        let serving = Serving { service: service.clone(), share, instances };
        if serving.need() > 0 && !all.iter().any(|known| known.service == *service) {
            all.push(serving);
        }
    }
    all
}

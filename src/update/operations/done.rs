//! What was asked beside operations: to cancel, to take back, to give back, to freeze, to thaw.

use crate::effect::Effect;
use crate::model::Model;
use crate::model::audit::{Deed, Entry};
use crate::model::fault::Fault;
use crate::model::ids::HostId;
use crate::model::severity::Severity;
use crate::update::say;

/// A host has answered.
pub(super) fn said(
    model: &mut Model,
    host: &HostId,
    what: &str,
    said: Result<(), Fault>,
) -> Vec<Effect> {
    let pending = &mut model.acting.pending;
    if let Some(at) = pending.iter().position(|one| one == host) {
        pending.remove(at);
    }
    answered(model, host, what, said.as_ref().err());
    match said {
        Ok(()) => say(model, Severity::Info, format!("{what}: done")),
        Err(fault) => say(model, Severity::Warning, format!("{what}: {fault}")),
    }
    Vec::new()
}

/// What a host said to what was asked beside operations.
fn answered(model: &mut Model, host: &HostId, what: &str, fault: Option<&Fault>) {
    let protected = model.fleet.env(&host.env).is_some_and(|env| env.protected);
    let mut entry = Entry::new(Deed::Answer, model.now, host.env.clone(), protected);
    let said = fault.map_or_else(|| "done".to_owned(), ToString::to_string);
    entry.hosts.push((host.clone(), said));
    entry.outcome = if fault.is_none() { "done" } else { "failed" }.into();
    what.clone_into(&mut entry.about);
    model.acting.unaudited.push(entry);
}

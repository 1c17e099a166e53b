//! The terminal for somebody else: ssh that asks, or a shell on a host.

use super::moves::selected;
use super::{say, sight};
use crate::effect::Effect;
use crate::model::Model;
use crate::model::ids::HostId;
use crate::model::severity::Severity;
use crate::model::spec::Reach;

/// The host of the page on top, else of what is selected.
fn host(model: &Model) -> Option<HostId> {
    let none_on_top = model.screen.overlays.is_empty();
    let of = sight::page(model).or_else(|| none_on_top.then(|| selected(model)).flatten())?;
    of.host().cloned()
}

/// Only a host that cannot be connected without a question is logged in to by hand.
pub(super) fn login(model: &mut Model) -> Vec<Effect> {
    let Some(id) = host(model) else { return Vec::new() };
    let Some(host) = model.fleet.host(&id) else { return Vec::new() };
    let text = match (&host.spec.reach, host.link.is_up()) {
        (Reach::Ssh(_), false) => return vec![Effect::Login(id)],
        (Reach::Ssh(_), true) => format!("{} is connected", id.host),
        (Reach::Local | Reach::Simulated(_), _) => format!("{} is not reached by ssh", id.host),
    };
    say(model, Severity::Info, text);
    Vec::new()
}

/// A shell can do anything: a console that only reads, or that everybody sees, gives none.
pub(super) fn shell(model: &mut Model) -> Vec<Effect> {
    if model.screen.board || model.acting.permits.is_read_only() {
        say(model, Severity::Info, "this console only reads: it gives no shell");
        return Vec::new();
    }
    let Some(id) = host(model) else {
        say(model, Severity::Info, "select something on a host for a shell there");
        return Vec::new();
    };
    let Some(host) = model.fleet.host(&id) else { return Vec::new() };
    match &host.spec.reach {
        Reach::Ssh(_) | Reach::Local => vec![Effect::Shell(id, host.spec.reach.clone())],
        Reach::Simulated(_) => {
            say(model, Severity::Info, format!("{} is simulated: it has no shell", id.host));
            Vec::new()
        }
    }
}

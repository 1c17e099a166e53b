//! The terminal for somebody else: ssh or sudo that asks, or a shell on a host.

use super::moves::selected;
use super::{acts, say, sight};
use crate::effect::Effect;
use crate::model::Model;
use crate::model::fault::Fault;
use crate::model::ids::HostId;
use crate::model::screen::Overlay;
use crate::model::severity::Severity;
use crate::model::spec::{Reach, Sudo};

/// The host of the page on top, else of what is selected.
fn host(model: &Model) -> Option<HostId> {
    let none_on_top = model.screen.overlays.is_empty();
    let of = sight::page(model).or_else(|| none_on_top.then(|| selected(model)).flatten())?;
    of.host().cloned()
}

/// A host that cannot be connected without a question is logged in to by hand; on one that is connected
/// sudo may ask for its password.
pub(super) fn login(model: &mut Model) -> Vec<Effect> {
    let Some(id) = refused(model).or_else(|| host(model)) else { return Vec::new() };
    let Some(host) = model.fleet.host(&id) else { return Vec::new() };
    let root = host.facts.value().is_some_and(|facts| facts.sudo || facts.user == "root");
    let text = match (&host.spec.reach, host.link.is_up()) {
        (Reach::Simulated(_), _) => format!("{} is simulated: it asks for nothing", id.host),
        (Reach::Ssh(_), false) => return vec![Effect::Login(id)],
        (Reach::Local, false) => format!("{} is not reached by ssh", id.host),
        (Reach::Ssh(_) | Reach::Local, true) if root => {
            format!("{} is connected, and nobody asks for a password there", id.host)
        }
        (Reach::Ssh(_) | Reach::Local, true) if host.spec.sudo == Sudo::Never => {
            format!("the config says `sudo = \"never\"` for {}", id.host)
        }
        (Reach::Ssh(_) | Reach::Local, true) if !gives_rights(model) => {
            "this console only reads: it needs no rights".to_owned()
        }
        (Reach::Ssh(_) | Reach::Local, true) => return vec![Effect::LetIn(id)],
    };
    say(model, Severity::Info, text);
    Vec::new()
}

/// Whether this console may do what rights are needed for, and nobody else sees it.
fn gives_rights(model: &Model) -> bool {
    !model.screen.board && !model.acting.permits.is_read_only()
}

/// The host without rights that keeps what lies on top from being planned.
fn refused(model: &Model) -> Option<HostId> {
    let asked = match model.screen.overlays.last()? {
        Overlay::Plan { asked, .. } => asked,
        Overlay::Operation { id, .. } => {
            return model.acting.operation(id)?.locked_out().cloned();
        }
        Overlay::Attached { .. } => {
            let mut parts = model.acting.attached.iter().flat_map(|attached| &attached.parts);
            return parts.find(|part| part.run.is_locked_out()).map(|part| part.host.clone());
        }
        _ => return None,
    };
    let planning = model.acting.planning.as_ref().filter(|planning| planning.asked == *asked)?;
    planning.lacks_rights().cloned()
}

/// sudo has asked: what it kept from being planned is planned anew.
pub(super) fn let_in(model: &mut Model, host: &HostId, let_in: Result<(), Fault>) -> Vec<Effect> {
    match let_in {
        Ok(()) => {
            let text = format!("{}: sudo lets in, as long as it stays connected", host.host);
            say(model, Severity::Info, text);
            let waits = refused(model).is_some_and(|one| one == *host);
            if waits { acts::again(model).unwrap_or_default() } else { Vec::new() }
        }
        Err(fault) => {
            say(model, Severity::Warning, format!("{}: {fault}", host.host));
            Vec::new()
        }
    }
}

/// A shell can do anything: a console that only reads, or that everybody sees, gives none.
pub(super) fn shell(model: &mut Model) -> Vec<Effect> {
    if !gives_rights(model) {
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

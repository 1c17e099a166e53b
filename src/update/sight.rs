//! What somebody looks at: the environment and the instance that a command is about.

use super::moves::{Selected, selected};
use crate::model::Model;
use crate::model::finding::Subject;
use crate::model::ids::{EnvName, HostId, InstanceId};
use crate::model::ports;
use crate::model::screen::{BackupId, FindingId, Overlay, PortId};

/// What the page on top is of; none where none lies there, or one that is of nothing in particular.
pub(super) fn page(model: &Model) -> Option<Selected> {
    Some(match model.screen.overlays.last()? {
        Overlay::Unit { id, .. } => Selected::Instance(id.clone()),
        Overlay::Host { id, .. } => Selected::Host(id.clone()),
        Overlay::Finding { id, .. } => Selected::Finding(id.clone()),
        Overlay::Backup { id, .. } => Selected::Backup(id.clone()),
        Overlay::Port { id, .. } => Selected::Port(id.clone()),
        Overlay::Event { id, .. } => Selected::Event(id.clone()),
        Overlay::Help { .. }
        | Overlay::Palette { .. }
        | Overlay::Needs { .. }
        | Overlay::PortTable { .. }
        | Overlay::Acknowledge { .. }
        | Overlay::Actions { .. }
        | Overlay::Copies { .. }
        | Overlay::Signals { .. }
        | Overlay::Plan { .. }
        | Overlay::Unlock { .. }
        | Overlay::Inputs { .. }
        | Overlay::Intervene { .. }
        | Overlay::Operation { .. }
        | Overlay::Attached { .. }
        | Overlay::Operations { .. }
        | Overlay::Logs
        | Overlay::OwnLog => return None,
    })
}

/// The environment of what lies on top, else of what is selected, else the one that is shown.
pub(super) fn env(model: &Model) -> Option<EnvName> {
    let of_plan = |asked: u32| {
        let planning = model.acting.planning.as_ref();
        planning.filter(|planning| planning.asked == asked).map(|it| it.intent.env.clone())
    };
    let of = |selected: Selected| selected.host().map(|host| host.env.clone());
    let env = match model.screen.overlays.last() {
        Some(Overlay::Needs { env, .. } | Overlay::Unlock { env, .. }) => Some(env.clone()),
        Some(
            Overlay::Actions { id, .. } | Overlay::Signals { id, .. } | Overlay::Inputs { id, .. },
        ) => Some(id.host.env.clone()),
        Some(Overlay::Acknowledge { id, .. }) => Some(id.host.env.clone()),
        Some(Overlay::Copies { id, .. }) => Some(id.host.env.clone()),
        Some(Overlay::Intervene { what, .. }) => Some(what.env().clone()),
        Some(Overlay::Plan { asked, .. }) => of_plan(*asked),
        Some(Overlay::Attached { .. }) => {
            model.acting.attached.as_ref().map(|attached| attached.env.clone())
        }
        Some(Overlay::Operation { id, .. }) => {
            model.acting.operation(id).map(|operation| operation.plan().env().clone())
        }
        _ => page(model).or_else(|| selected(model)).and_then(of),
    };
    env.or_else(|| model.screen.view.env.clone())
}

/// The instance of what lies on top, else of what is selected; none where that is about no service.
pub(super) fn instance(model: &Model) -> Option<InstanceId> {
    let of = match model.screen.overlays.last() {
        Some(Overlay::Actions { id, .. } | Overlay::Signals { id, .. }) => return Some(id.clone()),
        None => selected(model)?,
        // Whatever else lies on top hides the selection: nobody would see what is meant.
        Some(_) => page(model)?,
    };
    match of {
        Selected::Instance(id) => Some(id),
        Selected::Finding(id) => of_finding(model, &id),
        Selected::Port(id) => of_port(model, &id),
        Selected::Event(id) => named(model, id.host.as_ref()?, &id.subject),
        Selected::Host(_) | Selected::Backup(_) => None,
    }
}

/// The backup of what lies on top, else the one that is selected.
pub(super) fn backup(model: &Model) -> Option<BackupId> {
    let of = match model.screen.overlays.last() {
        Some(Overlay::Copies { id, .. }) => return Some(id.clone()),
        None => selected(model)?,
        Some(_) => page(model)?,
    };
    match of {
        Selected::Backup(id) => Some(id),
        Selected::Finding(FindingId { host, key }) => match key.subject {
            Subject::Backup(name) => Some(BackupId { host, name }),
            _ => None,
        },
        Selected::Instance(_) | Selected::Host(_) | Selected::Port(_) | Selected::Event(_) => None,
    }
}

/// The service of that name on a host.
pub(super) fn named(model: &Model, host: &HostId, name: &str) -> Option<InstanceId> {
    let instances = &model.fleet.host(host)?.instances;
    let (service, _) = instances.iter().find(|(service, _)| service.as_str() == name)?;
    Some(InstanceId { host: host.clone(), service: service.clone() })
}

fn of_finding(model: &Model, id: &FindingId) -> Option<InstanceId> {
    match &id.key.subject {
        Subject::Service(name) => named(model, &id.host, name.as_str()),
        Subject::Port(protocol, port) => {
            of_port(model, &PortId { host: id.host.clone(), protocol: *protocol, port: *port })
        }
        Subject::Host | Subject::Backup(_) | Subject::Path(_) | Subject::Upstream(_) => None,
    }
}

/// The service that declares it, where it is one.
fn of_port(model: &Model, id: &PortId) -> Option<InstanceId> {
    let env = model.fleet.env(&id.host.env)?;
    let host = env.hosts.get(&id.host.host)?;
    let port = (id.port, id.protocol);
    let row = ports::judge_one(env, host, port, model.fleet.interval, model.now)?;
    match row.declared.as_slice() {
        [(service, _)] => Some(InstanceId { host: id.host.clone(), service: (*service).clone() }),
        _ => None,
    }
}

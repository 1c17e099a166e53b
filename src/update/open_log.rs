//! Which log belongs to what is selected, and at which moment.

use super::logs::{Wanted, everywhere, open};
use super::moves::{Selected, selected};
use super::{say, sight};
use crate::effect::Effect;
use crate::model::Model;
use crate::model::finding::Subject;
use crate::model::ids::{HostId, InstanceId};
use crate::model::ports;
use crate::model::rows;
use crate::model::screen::{EventId, Overlay, Pane, PortId};
use crate::model::severity::Severity;
use crate::model::time::Timestamp;

/// What a log would be of.
enum About {
    Service(InstanceId, Option<Timestamp>),
    Host(HostId, Option<Timestamp>),
}

/// Opens the log of what is on top, else of what is selected.
pub(super) fn of_selected(model: &mut Model) -> Vec<Effect> {
    let about = match sight::page(model) {
        Some(of) => about(model, &of),
        // Also when something lies on top of it: it would be lost with its place and filter.
        None if model.logs.is_some() => {
            say(model, Severity::Info, "a log is open; esc leaves it");
            return Vec::new();
        }
        None if model.screen.overlays.last() == Some(&Overlay::Logs) => return Vec::new(),
        None => selected(model).and_then(|it| {
            let looping = model.screen.view.focus == Pane::CrashLoops;
            match it {
                Selected::Instance(id) if looping => {
                    let at = last_restart(model, &id);
                    Some(About::Service(id, at))
                }
                it => about(model, &it),
            }
        }),
    };
    match about {
        Some(About::Service(id, at)) => {
            let services = match model.fleet.env(&id.host.env) {
                // At a moment it is one instance's; the others' lines would stand between.
                Some(env) if at.is_none() => everywhere(env, &id),
                Some(_) | None => vec![id.clone()],
            };
            let title = match services.as_slice() {
                [one] => format!("{}/{} on {}", one.host.env, one.service, one.host.host),
                _ => format!("{}/{}", id.host.env, id.service),
            };
            open(model, Wanted { title, services, hosts: Vec::new(), at })
        }
        Some(About::Host(id, at)) => {
            let title = id.to_string();
            open(model, Wanted { title, services: Vec::new(), hosts: vec![id], at })
        }
        None => {
            say(model, Severity::Info, "nothing that has a log is selected");
            Vec::new()
        }
    }
}

/// Opens the logs of all services that are shown, merged.
pub(super) fn of_shown(model: &mut Model) -> Vec<Effect> {
    let (fleet, now) = model.shown();
    let shown = rows::services(fleet, &model.screen.view, now);
    let services: Vec<InstanceId> = shown.rows.iter().map(crate::model::fleet::Row::id).collect();
    let title = match &model.screen.view.env {
        Some(env) => format!("{env}, {} services", services.len()),
        None => format!("{} services", services.len()),
    };
    if services.is_empty() {
        say(model, Severity::Info, "no service is shown");
        return Vec::new();
    }
    open(model, Wanted { title, services, hosts: Vec::new(), at: None })
}

fn about(model: &Model, selected: &Selected) -> Option<About> {
    let service = |host: &HostId, name: &str| sight::named(model, host, name);
    match selected {
        Selected::Instance(id) => Some(About::Service(id.clone(), None)),
        Selected::Host(id) => Some(About::Host(id.clone(), None)),
        Selected::Backup(id) => Some(About::Host(id.host.clone(), None)),
        Selected::Finding(id) => Some(match &id.key.subject {
            Subject::Service(name) => service(&id.host, name.as_str())
                .map_or_else(|| About::Host(id.host.clone(), None), |id| About::Service(id, None)),
            _ => About::Host(id.host.clone(), None),
        }),
        Selected::Port(id) => Some(port(model, id)),
        Selected::Event(EventId { host: Some(host), subject, at, .. }) => {
            Some(match service(host, subject) {
                Some(id) => About::Service(id, Some(*at)),
                None => About::Host(host.clone(), Some(*at)),
            })
        }
        Selected::Event(_) => None,
    }
}

/// The service that declares a port, else the host.
fn port(model: &Model, id: &PortId) -> About {
    let row = model.fleet.env(&id.host.env).and_then(|env| {
        let host = env.hosts.get(&id.host.host)?;
        ports::judge_one(env, host, (id.port, id.protocol), model.fleet.interval, model.now)
    });
    match row.and_then(|row| row.declared.first().map(|(service, _)| (*service).clone())) {
        Some(service) => About::Service(InstanceId { host: id.host.clone(), service }, None),
        None => About::Host(id.host.clone(), None),
    }
}

/// When an instance was started again the last time.
fn last_restart(model: &Model, id: &InstanceId) -> Option<Timestamp> {
    let instance = model.fleet.host(&id.host)?.instances.get(&id.service)?;
    instance.restarts.last_at()
}

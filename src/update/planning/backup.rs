//! Plans about a backup: its name stands where a service's does.

use std::sync::Arc;

use crate::effect::LookMore;
use crate::model::acting::{Looked, Refusals};
use crate::model::backup::BackupSpec;
use crate::model::drill::{self, Exercise};
use crate::model::fleet::{Env, Fleet};
use crate::model::ids::{BackupName, InstanceId, ServiceName};
use crate::model::plan::{Input, Intent, Plan, Server};
use crate::model::restore::{BackupAsk, subject, writers};
use crate::model::screen::BackupId;
use crate::model::spec::Tier;
use crate::model::time::Timestamp;
use crate::model::verb::Verb;
use crate::ops::{self, BackupTarget};

/// What somebody wants to be done about a backup; none where the config has no such.
pub fn intent(fleet: &Fleet, id: &BackupId, verb: Verb, from: Option<String>) -> Option<Intent> {
    let env = fleet.env(&id.host.env)?;
    let spec = env.backups.iter().find(|spec| spec.name == id.name)?;
    let input = match verb {
        Verb::Restore => {
            let what = spec.title().unwrap_or_default();
            Input::Restore { from, phrase: format!("{}:{what}", spec.host) }
        }
        _ => Input::None,
    };
    let services = vec![ServiceName::new(id.name.as_str())];
    let intent = Intent::of(verb, env.name.clone(), services, vec![spec.host.clone()]);
    Some(Intent { input, ..intent })
}

/// The backup that an intent is about.
fn spec<'a>(env: &'a Env, intent: &Intent) -> Option<&'a BackupSpec> {
    let name = BackupName::new(intent.services.first()?.as_str());
    env.backups.iter().find(|spec| spec.name == name)
}

/// Which host is looked at.
pub(super) fn servers(env: &Env, intent: &Intent) -> Vec<Server> {
    let Some(spec) = spec(env, intent) else { return Vec::new() };
    let Some(host) = env.hosts.get(&spec.host) else { return Vec::new() };
    let service = ServiceName::new(spec.name.as_str());
    let id = InstanceId { host: host.id(&env.name), service };
    vec![Server { id, subject: subject(spec), unit: None }]
}

/// What is asked of it besides.
pub(super) fn more(env: &Env, intent: &Intent) -> LookMore {
    LookMore { backup: ask(env, intent).map(Box::new), ..LookMore::default() }
}

fn ask(env: &Env, intent: &Intent) -> Option<BackupAsk> {
    let spec = spec(env, intent)?;
    let host = env.hosts.get(&spec.host)?;
    let (restores, from) = match &intent.input {
        Input::Restore { from, .. } => (true, from.as_deref().map(Into::into)),
        _ => (false, None),
    };
    let stopped = if restores { writers(host, spec).0 } else { Vec::new() };
    let units = stopped.into_iter().map(|writer| writer.unit).collect();
    Some(BackupAsk { spec: Arc::new(spec.clone()), restores, from, units })
}

/// The plan of what the host said.
pub(super) fn made(
    fleet: &Fleet,
    env: &Env,
    intent: &Intent,
    looks: &[(InstanceId, Looked)],
) -> Result<Plan, Refusals> {
    let gone =
        |id: &InstanceId| Err(vec![(id.clone(), "it is not in the config any more".to_owned())]);
    let [(id, look)] = looks else { return Err(Refusals::new()) };
    let (look, seen) = match look {
        Ok(looked) => looked,
        Err(fault) => return Err(vec![(id.clone(), fault.to_string())]),
    };
    let Some(ask) = ask(env, intent) else { return gone(id) };
    let Some(host) = env.hosts.get(&ask.spec.host) else { return gone(id) };
    let (stopped, others) =
        if ask.restores { writers(host, &ask.spec) } else { Default::default() };
    let target = BackupTarget {
        id: id.clone(),
        ask,
        writers: stopped,
        others,
        look: look.clone(),
        seen: *seen,
        drilled: drilled(fleet, env, intent, *seen),
    };
    ops::plan_backup(intent.clone(), env.tier, env.protected, &target)
}

/// Whether bringing data back was rehearsed where it is not dear, how long ago, and how long it took.
fn drilled(
    fleet: &Fleet,
    env: &Env,
    intent: &Intent,
    now: Timestamp,
) -> Option<Result<String, String>> {
    let spec = spec(env, intent)?;
    if intent.verb != Verb::Restore || env.tier != Tier::Production {
        return None;
    }
    let (at, drilled) = drill::of_backup(fleet, &spec.name)?;
    let promised = |what| if what == Exercise::Restore { spec.restore_within } else { None };
    Some(drilled.said(at, now, promised))
}

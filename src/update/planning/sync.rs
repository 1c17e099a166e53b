//! Plans by which data comes down from a dearer environment: first its host is looked at, then the one whose
//! directory is replaced.

use crate::effect::{Ask, Effect, LookMore};
use crate::model::Model;
use crate::model::acting::{Looked, Refusals};
use crate::model::fault::Fault;
use crate::model::fleet::{Env, Fleet};
use crate::model::ids::{EnvName, HostId, HostName, InstanceId, ServiceName};
use crate::model::plan::{Input, Intent, Plan, Server};
use crate::model::restore::{subject, writers};
use crate::model::sync::{Downward, SyncAsk, SyncSource, SyncSpec};
use crate::model::verb::Verb;
use crate::ops::{self, SyncTarget};

/// What somebody wants.
///
/// # Errors
/// Why that is no way for data to go, or that the config has no such.
pub fn intent(
    fleet: &Fleet,
    name: &ServiceName,
    from: &EnvName,
    to: &EnvName,
) -> Result<Intent, String> {
    let env = |name: &EnvName| {
        fleet.env(name).ok_or_else(|| format!("the config has no environment {name}"))
    };
    let target = env(to)?;
    Downward::new(env(from)?, target)?;
    let spec = target.syncs.iter().find(|spec| spec.name == *name && spec.from.env == *from);
    let spec = spec.ok_or_else(|| format!("{to} has no `[[env.sync]]` {name} from {from}"))?;
    let input = Input::Sync {
        from: from.clone(),
        waived: spec.scrub.waived().map(Into::into),
        phrase: format!("{}:{}", spec.host, spec.to),
    };
    let (services, hosts) = (vec![name.clone()], vec![spec.host.clone()]);
    Ok(Intent { input, ..Intent::of(Verb::Sync, to.clone(), services, hosts) })
}

/// What of the config an intent is about.
fn spec<'a>(env: &'a Env, intent: &Intent) -> Option<&'a SyncSpec> {
    let Input::Sync { from, .. } = &intent.input else { return None };
    let name = intent.services.first()?;
    env.syncs.iter().find(|spec| spec.name == *name && spec.from.env == *from)
}

/// Which host is looked at.
pub(super) fn servers(env: &Env, intent: &Intent) -> Vec<Server> {
    let Some(spec) = spec(env, intent) else { return Vec::new() };
    let Some(host) = env.hosts.get(&spec.host) else { return Vec::new() };
    let id = InstanceId { host: host.id(&env.name), service: spec.name.clone() };
    vec![Server { id, subject: subject(&spec.replaced()), unit: None }]
}

/// The host that is read.
fn source(from: &Env, spec: &SyncSpec) -> Result<HostName, String> {
    let mut names = from.hosts.keys();
    match (&spec.from.host, names.next(), names.next()) {
        (Some(name), ..) if from.hosts.contains_key(name) => Ok(name.clone()),
        (Some(name), ..) => Err(format!("{} has no host {name}", from.name)),
        (None, Some(only), None) => Ok(only.clone()),
        (None, ..) => {
            Err(format!("{} has several hosts: say which in `from`, as `host`", from.name))
        }
    }
}

/// To look at what the data comes from, before its target is looked at.
pub(super) fn begin(
    model: &Model,
    intent: &Intent,
    id: &InstanceId,
    asked: u32,
) -> Option<Result<Effect, String>> {
    let env = model.fleet.env(&intent.env)?;
    let spec = spec(env, intent)?;
    let find = || {
        let from = model.fleet.env(&spec.from.env).ok_or("the config has no such environment")?;
        Downward::new(from, env)?;
        let host = HostId { env: from.name.clone(), host: source(from, spec)? };
        let (instance, directory) = (id.clone(), spec.from.path.clone());
        Ok(Effect::Act(host, Ask::Source { asked, instance, directory }))
    };
    Some(find())
}

/// What is asked of the host whose directory is replaced.
fn ask(fleet: &Fleet, intent: &Intent, seen: SyncSource) -> Option<SyncAsk> {
    let env = fleet.env(&intent.env)?;
    let spec = spec(env, intent)?;
    let from = source(fleet.env(&spec.from.env)?, spec).ok()?;
    let (stopped, _) = writers(env.hosts.get(&spec.host)?, &spec.replaced());
    let units = stopped.into_iter().map(|writer| writer.unit).collect();
    Some(SyncAsk { spec: spec.clone(), env: env.name.clone(), from, source: seen, units })
}

/// What the data comes from was looked at.
pub(in crate::update) fn sourced(
    model: &mut Model,
    asked: u32,
    id: &InstanceId,
    source: Result<Box<SyncSource>, Fault>,
) -> Vec<Effect> {
    let source = match source {
        Ok(source) => source,
        Err(fault) => {
            super::looked(model, asked, id, Err(fault));
            return Vec::new();
        }
    };
    let Some(planning) = model.acting.planning(asked) else { return Vec::new() };
    let intent = &planning.intent;
    let Some(ask) = ask(&model.fleet, intent, *source) else { return Vec::new() };
    let Some(env) = model.fleet.env(&intent.env) else { return Vec::new() };
    let servers = servers(env, intent);
    let Some(server) = servers.iter().find(|server| server.id == *id) else { return Vec::new() };
    let more = LookMore { sync: Some(Box::new(ask)), ..LookMore::default() };
    vec![Effect::Act(id.host.clone(), Ask::look(asked, server, more))]
}

/// The plan of what both hosts said.
pub(super) fn made(
    fleet: &Fleet,
    intent: &Intent,
    looks: &[(InstanceId, Looked)],
) -> Result<Plan, Refusals> {
    let [(id, look)] = looks else { return Err(Refusals::new()) };
    let refuse = |why: String| vec![(id.clone(), why)];
    let gone = || refuse("it is not in the config any more".to_owned());
    let (look, seen) = match look {
        Ok(looked) => looked,
        Err(fault) => return Err(refuse(fault.to_string())),
    };
    let env = fleet.env(&intent.env).ok_or_else(gone)?;
    let spec = spec(env, intent).ok_or_else(gone)?;
    let from = fleet.env(&spec.from.env).ok_or_else(gone)?;
    let down = Downward::new(from, env).map_err(refuse)?;
    let source = look.sync.as_deref().map(|sync| sync.source.clone()).unwrap_or_default();
    let ask = ask(fleet, intent, source).ok_or_else(gone)?;
    let host = env.hosts.get(&spec.host).ok_or_else(gone)?;
    let (stopped, others) = writers(host, &spec.replaced());
    let target = SyncTarget {
        id: id.clone(),
        ask,
        writers: stopped,
        others,
        look: look.clone(),
        seen: *seen,
    };
    ops::plan_sync(intent.clone(), &down, env.protected, &target)
}

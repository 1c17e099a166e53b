//! `sync`.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use super::{go, span, usage};
use crate::cli::args::{Fleet, Sync};
use crate::cli::{Outcome, block_on, read_config};
use crate::model::ids::{EnvName, ServiceName};
use crate::model::restore::writes_to;
use crate::model::spec::{EnvSpec, FleetSpec};
use crate::model::sync::SyncSpec;
use crate::model::text::clean;
use crate::update::planning;

/// Brings data down from one environment to the other.
pub(in crate::cli) fn run(fleet: &Fleet, asked: &Sync) -> Outcome {
    let config = read_config(fleet)?;
    let mut spec = config.spec;
    spec.envs.extend(config.others);
    let env = |name: &str| {
        let known = spec.envs.iter().find(|env| env.name.as_str() == name);
        known.map(|env| env.name.clone()).ok_or_else(|| {
            let names: Vec<&str> = spec.envs.iter().map(|env| env.name.as_str()).collect();
            let (name, names) = (clean(name, 64), names.join(", "));
            usage(format!("there is no environment `{name}`; there are: {names}"))
        })
    };
    let (from, to, name) = (env(&asked.from)?, env(&asked.to)?, ServiceName::new(&asked.name));
    let known = crate::model::fleet::Fleet::new(&spec);
    let intent = planning::sync::intent(&known, &name, &from, &to);
    let mut intent = intent.map_err(|why| usage(format!("{}{}", clean(&why, 500), all(&spec))))?;
    intent.soak = asked.how.soak.as_deref().map(|text| span("--soak", text)).transpose()?;
    let spec = narrow(spec, &name, &from, &to);
    let timeout = Duration::from_secs(asked.timeout.clamp(1, 86_400));
    block_on(go(&spec, intent, BTreeSet::new(), (&asked.how).into(), timeout))?
}

/// What the config has of the kind.
fn all(spec: &FleetSpec) -> String {
    let one = |env: &EnvSpec, sync: &SyncSpec| {
        format!("{} from {} to {}", sync.name, sync.from.env, env.name)
    };
    let envs = spec.envs.iter();
    let all: Vec<String> =
        envs.flat_map(|env| env.syncs.iter().map(move |sync| one(env, sync))).collect();
    if all.is_empty() { String::new() } else { format!("; there are: {}", all.join(", ")) }
}

/// Only the two hosts, and of the target's services those that write there.
fn narrow(mut spec: FleetSpec, name: &ServiceName, from: &EnvName, to: &EnvName) -> FleetSpec {
    let is_meant = |sync: &SyncSpec| sync.name == *name && sync.from.env == *from;
    let found = spec.envs.iter().find(|env| env.name == *to);
    let found = found.and_then(|env| env.syncs.iter().find(|sync| is_meant(sync))).cloned();
    let Some(sync) = found else { return spec };
    spec.envs.retain(|env| env.name == *from || env.name == *to);
    for env in &mut spec.envs {
        env.backups = Arc::default();
        if env.name == *to {
            env.services.retain(|service| {
                service.hosts.contains(&sync.host)
                    && writes_to(&service.name, &service.promises, &sync.replaced())
            });
            for service in &mut env.services {
                service.hosts.retain(|host| *host == sync.host);
            }
            env.hosts.retain(|host| host.name == sync.host);
            env.syncs = Arc::from([sync.clone()]);
        } else {
            env.services.clear();
            env.syncs = Arc::default();
            env.hosts.retain(|host| sync.from.host.as_ref().is_none_or(|name| host.name == *name));
        }
    }
    spec
}

//! Where a service is copied from, when that is another environment. Code goes up, from development by
//! staging to production; never down, where it would overwrite what is being worked on.

use crate::effect::{Ask, Effect};
use crate::model::Model;
use crate::model::deploy::Strategy;
use crate::model::deploy::copy::{Origin, shields};
use crate::model::ids::{HostId, InstanceId};
use crate::model::plan::Intent;
use crate::model::verb::Verb;

/// A directory on another host.
pub(super) struct Source {
    host: HostId,
    subject: Box<str>,
    directory: Box<str>,
    rules: Vec<Box<str>>,
}

impl Source {
    /// To take a copy of it.
    pub(super) fn ask(self, asked: u32, instance: &InstanceId) -> Effect {
        let Self { host, subject, directory, rules } = self;
        let instance = instance.clone();
        Effect::Act(host, Ask::Pull { asked, instance, subject, directory, rules })
    }
}

/// Where it is copied from; none where that is not another environment.
pub(super) fn wanted(
    model: &Model,
    intent: &Intent,
    id: &InstanceId,
) -> Option<Result<Source, String>> {
    if intent.verb != Verb::Deploy {
        return None;
    }
    let host = model.fleet.host(&id.host)?;
    let promises = &host.instances.get(&id.service)?.promises;
    let Strategy::Rsync(spec) = &promises.deploy.as_deref()?.strategy else { return None };
    let Origin::Env(from) = &spec.from else { return None };
    let tier = model.fleet.env(&id.host.env)?.tier;
    let directory = promises.directory.as_deref().unwrap_or_default();
    let find = || {
        if *from == id.host.env {
            return Err("`from` is its own environment".to_owned());
        }
        let env =
            model.fleet.env(from).ok_or_else(|| format!("the config has no environment {from}"))?;
        if env.tier.dearness() > tier.dearness() {
            return Err(format!(
                "{from} is {}: code goes up to it, never down from it to {}",
                env.tier.name(),
                tier.name()
            ));
        }
        let mut there = env.hosts.values();
        let (host, instance) = there
            .find_map(|host| Some((host, host.instances.get(&id.service)?)))
            .ok_or_else(|| format!("{from} has no service {}", id.service))?;
        let source = instance.promises.directory.as_deref().ok_or_else(|| {
            format!("the config does not say where {} lives in {from}: `directory`", id.service)
        })?;
        let mut rules = shields(source, &instance.promises.data);
        rules.extend(spec.rules(directory, &promises.data, false));
        Ok(Source {
            host: host.id(&env.name),
            subject: instance.kind.subject(),
            directory: source.into(),
            rules,
        })
    };
    Some(find())
}

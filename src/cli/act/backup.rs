//! `backup` and `restore`.

use std::sync::Arc;
use std::time::Duration;

use super::{Asked, go, span, usage};
use crate::cli::args::{ActOnBackup, Fleet};
use crate::cli::{Failure, Outcome, read_config, tokio_runtime};
use crate::model::backup::BackupSpec;
use crate::model::ids::{BackupName, HostId};
use crate::model::restore::writes_to;
use crate::model::screen::BackupId;
use crate::model::spec::{EnvSpec, FleetSpec};
use crate::model::text::clean;
use crate::model::verb::Verb;
use crate::update::planning;

/// Bytes of a name or a path.
const FROM: usize = 4096;

/// That verb, with the copy that was named.
pub(in crate::cli) fn run(
    fleet: &Fleet,
    asked: &ActOnBackup,
    verb: Verb,
    from: Option<&str>,
) -> Outcome {
    let config = read_config(fleet)?;
    let id = choose(&config.spec, &asked.name)?;
    let from = from.map(checked).transpose()?;
    let spec = narrow(config.spec, &id);
    let known = crate::model::fleet::Fleet::new(&spec);
    let intent = planning::backup::intent(&known, &id, verb, from);
    let Some(mut intent) = intent else {
        return Err(usage("there is no such backup"));
    };
    intent.soak = asked.soak.as_deref().map(|text| span("--soak", text)).transpose()?;
    let wish = Asked { plan: asked.plan, confirm: asked.confirm.as_deref(), json: asked.json };
    let timeout = Duration::from_secs(asked.timeout.clamp(1, 86_400));
    let runtime = tokio_runtime()?;
    let ended = runtime.block_on(go(&spec, intent, wish, timeout));
    runtime.shutdown_timeout(Duration::from_millis(500));
    ended
}

/// A name among the copies, or a path.
fn checked(from: &str) -> Result<String, Failure> {
    let from = if from.len() > 1 { from.trim_end_matches('/') } else { from };
    let plain = clean(from, FROM);
    let name = !from.contains('/') && !matches!(from, "" | "." | "..");
    let path = from.starts_with('/') && !from.split('/').any(|part| part == "..");
    if plain == from && (name || path) {
        return Ok(plain);
    }
    Err(usage(format!(
        "`{}` is neither the name of a copy nor a path of the host from `/` on",
        clean(from, 200)
    )))
}

/// The one backup of that name.
fn choose(spec: &FleetSpec, name: &str) -> Result<BackupId, Failure> {
    let of = |env: &EnvSpec, one: &BackupSpec| BackupId {
        host: HostId { env: env.name.clone(), host: one.host.clone() },
        name: one.name.clone(),
    };
    let all = || spec.envs.iter().flat_map(|env| env.backups.iter().map(move |one| (env, one)));
    let wanted = BackupName::new(name);
    let fits: Vec<BackupId> =
        all().filter(|(_, one)| one.name == wanted).map(|(env, one)| of(env, one)).collect();
    match fits.as_slice() {
        [one] => Ok(one.clone()),
        [] => {
            let mut known: Vec<&str> = all().map(|(_, one)| one.name.as_str()).collect();
            known.sort_unstable();
            known.dedup();
            let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
            Err(usage(format!("there is no backup `{}`; there are: {known}", clean(name, 64))))
        }
        several => {
            let names: Vec<&str> = several.iter().map(|id| id.host.env.as_str()).collect();
            let names = names.join(", ");
            Err(usage(format!("several environments have it: {names}; choose one with --env")))
        }
    }
}

/// Only its host, and the services that write to its source.
fn narrow(mut spec: FleetSpec, id: &BackupId) -> FleetSpec {
    spec.envs.retain(|env| env.name == id.host.env);
    for env in &mut spec.envs {
        let all: Vec<BackupSpec> =
            env.backups.iter().filter(|one| one.name == id.name).cloned().collect();
        env.services.retain(|service| {
            service.hosts.contains(&id.host.host)
                && all.iter().any(|one| writes_to(&service.name, &service.promises, one))
        });
        for service in &mut env.services {
            service.hosts.retain(|name| *name == id.host.host);
        }
        env.hosts.retain(|host| host.name == id.host.host);
        env.backups = Arc::from(all);
    }
    spec
}

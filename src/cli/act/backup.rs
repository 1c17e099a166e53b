//! `backup` and `restore`.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use super::{go, rehearsing, span, usage};
use crate::cli::args::{ActOnBackup, Fleet};
use crate::cli::{Failure, Outcome, block_on, read_config};
use crate::model::backup::BackupSpec;
use crate::model::ids::{BackupName, EnvName, HostId, HostName};
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
    let known = crate::model::fleet::Fleet::new(&config.spec);
    let intent = planning::backup::intent(&known, &id, verb, from);
    let Some(mut intent) = intent else {
        return Err(usage("there is no such backup"));
    };
    intent.soak = asked.how.soak.as_deref().map(|text| span("--soak", text)).transpose()?;
    let mut spec = config.spec;
    spec.envs.extend(config.others);
    let wish = (&asked.how).into();
    let beside = rehearsing(&spec, &intent, wish);
    let spec = narrow(spec, &id, &beside);
    let timeout = Duration::from_secs(asked.timeout.clamp(1, 86_400));
    block_on(go(&spec, intent, beside, wish, timeout))?
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

/// Only its host, and the services that write to its source; and where it may have been rehearsed.
pub(super) fn narrow(mut spec: FleetSpec, id: &BackupId, beside: &BTreeSet<EnvName>) -> FleetSpec {
    spec.envs.retain(|env| env.name == id.host.env || beside.contains(&env.name));
    for env in &mut spec.envs {
        let here = env.name == id.host.env;
        let all: Vec<BackupSpec> =
            env.backups.iter().filter(|one| one.name == id.name).cloned().collect();
        let is_of = |host: &HostName| all.iter().any(|one| one.host == *host);
        env.services.retain(|service| {
            here && service.hosts.iter().any(is_of)
                && all.iter().any(|one| writes_to(&service.name, &service.promises, one))
        });
        for service in &mut env.services {
            service.hosts.retain(is_of);
        }
        env.hosts.retain(|host| is_of(&host.name));
        env.backups = Arc::from(all);
    }
    spec
}

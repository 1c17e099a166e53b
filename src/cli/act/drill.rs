//! `drill`: what one will want of production one night, rehearsed where it is not dear.

mod course;
mod page;
mod report;

use std::collections::BTreeSet;
use std::io::Write as _;
use std::sync::Arc;
use std::time::Duration;

use self::course::Course;
use super::{Asked, Session, TAKEN, backup, choose, confirmed, narrow, rests_on_more, span, usage};
use crate::cli::args::{Drill as Args, Fleet};
use crate::cli::{Outcome, block_on, complain, read_config};
use crate::model::drill::{ConfirmedDrill, Drill};
use crate::model::ids::{BackupName, EnvName, HostId, HostName};
use crate::model::plan::{Confirmation, Input, Intent};
use crate::model::screen::BackupId;
use crate::model::spec::{EnvSpec, FleetSpec};
use crate::model::sync::Writable;
use crate::model::text::clean;
use crate::model::verb::Verb;
use crate::update::planning;

/// What is rehearsed.
#[derive(Clone)]
struct Wanted {
    deploy: Intent,
    restore: Option<Intent>,
}

pub(in crate::cli) fn run(fleet: &Fleet, asked: &Args) -> Outcome {
    if let Some(revision) = &asked.revision
        && !crate::model::deploy::is_reference(revision)
    {
        let text = clean(revision, 64);
        return Err(usage(format!("`{text}` is no name of a branch, a tag or a commit")));
    }
    let mut config = read_config(fleet)?;
    // One that is refused in any case is not asked about.
    if fleet.env.is_none() {
        let dear = |env: &mut EnvSpec| Writable::of_spec(env).is_err();
        let dear: Vec<EnvSpec> = config.spec.envs.extract_if(.., dear).collect();
        if config.spec.envs.is_empty() {
            config.spec.envs.clone_from(&dear);
        } else {
            config.others.extend(dear);
        }
    }
    let (env, services) = choose(&config.spec, std::slice::from_ref(&asked.service), &asked.host)?;
    let found = config.spec.envs.iter().find(|one| one.name == env);
    if let Some(Err(why)) = found.map(Writable::of_spec) {
        return Err(usage(format!("{why}, nor is anything rehearsed there")));
    }
    let hosts = asked.host.iter().map(HostName::new).collect();
    let soak = asked.how.soak.as_deref().map(|text| span("--soak", text)).transpose()?;
    let deploy = Intent {
        input: Input::Revision(asked.revision.clone()),
        soak,
        ..Intent::of(Verb::Deploy, env.clone(), services, hosts)
    };
    let named = asked.backup.as_deref();
    let id = named.map(|name| backup_of(&config.spec, &env, name)).transpose()?;
    let known = crate::model::fleet::Fleet::new(&config.spec);
    let restore = id.as_ref().and_then(|id| {
        Some(Intent { soak, ..planning::backup::intent(&known, id, Verb::Restore, None)? })
    });
    let wanted = Wanted { deploy, restore };
    let mut spec = config.spec;
    spec.envs.extend(config.others);
    let data = id.as_ref().map(|id| backup::narrow(spec.clone(), id, &BTreeSet::new()));
    let spec = joined(narrow(spec, &wanted.deploy, &BTreeSet::new()), data, &env);
    let timeout = Duration::from_secs(asked.timeout.clamp(1, 86_400));
    block_on(go(&spec, wanted, (&asked.how).into(), timeout))?
}

/// The backup of that name there.
fn backup_of(spec: &FleetSpec, env: &EnvName, name: &str) -> Result<BackupId, crate::cli::Failure> {
    let here = FleetSpec {
        envs: spec.envs.iter().filter(|one| one.name == *env).cloned().collect(),
        ..spec.clone()
    };
    let wanted = BackupName::new(name);
    let found = here.envs.iter().flat_map(|one| one.backups.iter()).find(|one| one.name == wanted);
    match found {
        Some(one) => {
            Ok(BackupId { host: HostId { env: env.clone(), host: one.host.clone() }, name: wanted })
        }
        None => Err(usage(format!("{env} has no backup `{}`", clean(name, 64)))),
    }
}

/// What the deploy needs, and what the restore does.
fn joined(mut spec: FleetSpec, data: Option<FleetSpec>, env: &EnvName) -> FleetSpec {
    let data = data.and_then(|data| data.envs.into_iter().find(|one| one.name == *env));
    let there = spec.envs.iter_mut().find(|one| one.name == *env);
    let (Some(there), Some(data)) = (there, data) else { return spec };
    for service in data.services {
        match there.services.iter_mut().find(|one| one.name == service.name) {
            Some(known) => {
                let more = service.hosts.into_iter().filter(|host| !known.hosts.contains(host));
                let more: Vec<HostName> = more.collect();
                known.hosts.extend(more);
            }
            None => there.services.push(service),
        }
    }
    for host in data.hosts {
        if !there.hosts.iter().any(|one| one.name == host.name) {
            there.hosts.push(host);
        }
    }
    let known: Vec<_> = there.backups.iter().map(|one| one.name.clone()).collect();
    let more = data.backups.iter().filter(|one| !known.contains(&one.name));
    there.backups = there.backups.iter().chain(more).cloned().collect();
    spec
}

async fn go(spec: &FleetSpec, wanted: Wanted, asked: Asked<'_>, timeout: Duration) -> Outcome {
    let mut session = Session::open(spec, !rests_on_more(spec, Verb::Deploy), BTreeSet::new())?;
    let drill = match planned(&mut session, &wanted, timeout).await {
        Ok(drill) => drill,
        Err((texts, taken)) => {
            session.close();
            for text in texts {
                complain(&format!("quarterdeck: {text}"));
            }
            return Ok(if taken { TAKEN } else { 1 });
        }
    };
    if asked.plan {
        let text = if asked.json { report::plan(&drill) } else { page::plan(&drill) };
        std::io::stdout().lock().write_all(text.as_bytes())?;
        session.close();
        return Ok(0);
    }
    let how = match asked.confirm {
        Some(hash) => Some(Confirmation::Hash(hash.to_owned())),
        None => confirmed(&page::asked(&drill), Some(drill.phrase()), drill.hash())?,
    };
    let Some(how) = how else {
        session.close();
        complain("quarterdeck: not confirmed; nothing was changed");
        return Ok(1);
    };
    let confirmed = session.permit(drill.env()).and_then(|permit| {
        ConfirmedDrill::new(drill, &how, &permit).map_err(|why| why.to_string())
    });
    let drill = match confirmed {
        Ok(drill) => Arc::new(drill),
        Err(why) => {
            session.close();
            complain(&format!("quarterdeck: {why}"));
            return Ok(if matches!(how, Confirmation::Hash(_)) { TAKEN } else { 1 });
        }
    };
    let mut course = Course::new(session, drill, wanted, timeout, !asked.json);
    course.run().await;
    let told = course.end().await;
    let text = if asked.json { report::told(&told) } else { page::told(&told) };
    std::io::stdout().lock().write_all(text.as_bytes())?;
    Ok(told.exit_code())
}

/// Plans what is rehearsed; the deploy last, since it is what is run first. Else why not, and whether
/// somebody else has it.
async fn planned(
    session: &mut Session,
    wanted: &Wanted,
    timeout: Duration,
) -> Result<Drill, (Vec<String>, bool)> {
    let mut plans = Vec::new();
    for intent in wanted.restore.iter().chain([&wanted.deploy]) {
        let made = session.plan(intent.clone(), timeout).await;
        plans.push(made.map_err(|refusals| {
            let taken = refusals.iter().any(|one| one.taken);
            (refusals.into_iter().map(|one| one.text).collect(), taken)
        })?);
    }
    let deploy = plans.pop().ok_or_else(|| (Vec::new(), false))?;
    session.drill(deploy, plans.pop()).map_err(|why| (vec![why], false))
}

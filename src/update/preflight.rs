//! What is asked before a deploy besides what its host says: the environment before, a backup, freezes,
//! and whether others have what is copied from here.

use std::time::Duration;

use crate::model::Model;
use crate::model::backups::{self, BackupVerdict};
use crate::model::deploy::{DeploySpec, Preflight, short};
use crate::model::drill::{self, Exercise};
use crate::model::fleet::Env;
use crate::model::ids::{EnvName, InstanceId, ServiceName};
use crate::model::instance::{Instance, ServiceState};
use crate::model::look::Look;
use crate::model::plan::{Input, Intent};
use crate::model::severity::Severity;
use crate::model::span::closely;
use crate::model::spec::Tier;
use crate::model::verb::Verb;

/// What was found.
#[derive(Default)]
pub(super) struct Found {
    /// It cannot be deployed.
    pub(super) refusals: Vec<String>,
    /// It speaks for it.
    pub(super) notes: Vec<String>,
    /// It was left out.
    pub(super) warnings: Vec<String>,
}

/// Asks all of it; what somebody leaves out by name becomes a warning.
pub(super) fn found(
    model: &Model,
    env: &Env,
    intent: &Intent,
    instance: &Instance,
    id: &InstanceId,
    look: &Look,
) -> Found {
    let mut found = Found::default();
    let Some(spec) = instance.promises.deploy.as_deref() else { return found };
    if matches!(intent.verb, Verb::Deploy | Verb::Rollback) {
        drilled(model, env, spec, id, &mut found);
    }
    if intent.verb != Verb::Deploy {
        return found;
    }
    let deploy = look.deploy.as_deref();
    let wanted = deploy.map_or("", |deploy| &deploy.wanted);
    // What cannot be found runs nowhere: that alone is said.
    let is_found = !wanted.is_empty() || deploy.is_none_or(|deploy| deploy.faults.is_empty());
    let mut refused: Vec<(Preflight, String)> = Vec::new();
    for what in Preflight::ALL {
        let said = match what {
            Preflight::After => {
                let env = spec.after.as_ref().filter(|_| is_found);
                env.map(|env| after(model, env, &id.service, wanted))
            }
            Preflight::Backup => backup(model, env, spec),
            Preflight::Freeze => env.frozen(model.now).map(|(window, until)| {
                // The last minute is one as well.
                let left = closely(until.since(model.now) + Duration::from_secs(59));
                Err(format!("{} is frozen for {left} more: {}", env.name, window.reason))
            }),
            Preflight::Git => committed(env.tier, spec, look),
        };
        match said {
            None => {}
            Some(Ok(note)) => found.notes.push(note),
            Some(Err(why)) if intent.skip.contains(what) => {
                found.warnings.push(format!("left out, `--skip {}`: {why}", what.name()));
            }
            Some(Err(why)) => refused.push((*what, why)),
        }
    }
    let way = all_the_same(intent, id, refused.iter().map(|(what, _)| *what));
    if let Some((_, last)) = refused.last_mut() {
        last.push_str("; ");
        last.push_str(&way);
    }
    found.refusals = refused.into_iter().map(|(_, why)| why).collect();
    found
}

/// The command that leaves all of that out.
fn all_the_same(intent: &Intent, id: &InstanceId, what: impl Iterator<Item = Preflight>) -> String {
    let mut way = format!("`quarterdeck deploy {} --env {}", id.service, id.host.env);
    if let Input::Revision(Some(revision)) = &intent.input {
        way.push_str(" --revision ");
        way.push_str(revision);
    }
    for one in intent.skip.iter().copied().chain(what) {
        way.push_str(" --skip ");
        way.push_str(one.name());
    }
    way + "` goes on all the same"
}

/// Whether it was rehearsed where it is not dear, how long ago, and how long it took.
fn drilled(model: &Model, env: &Env, spec: &DeploySpec, id: &InstanceId, found: &mut Found) {
    if env.tier != Tier::Production {
        return;
    }
    let promised = |what| if what == Exercise::Rollback { spec.rollback_within } else { None };
    match drill::of_service(&model.fleet, &id.service) {
        Some((where_it_was, drilled)) => match drilled.said(where_it_was, model.now, promised) {
            Ok(note) => found.notes.push(note),
            Err(doubt) => found.warnings.push(doubt),
        },
        None => found.notes.extend(never(model, id)),
    }
}

/// That nobody has rehearsed it, and where one could.
fn never(model: &Model, id: &InstanceId) -> Option<String> {
    let (env, _) = model.fleet.hosts().find(|(env, host)| {
        env.tier != Tier::Production && host.instances.contains_key(&id.service)
    })?;
    let (service, env) = (&id.service, &env.name);
    Some(format!("no drill of it is known: `quarterdeck drill {service} --env {env}` rehearses it"))
}

/// The same service in the environment before: that very revision, and well, everywhere.
fn after(
    model: &Model,
    before: &EnvName,
    service: &ServiceName,
    wanted: &str,
) -> Result<String, String> {
    let env = model.fleet.env(before).ok_or_else(|| {
        format!(
            "{before} has to come before, and is not looked at: the config has no such environment, or \
             `--env` leaves it out"
        )
    })?;
    let rows = env.hosts.values().filter_map(|host| Some((host, host.instances.get(service)?)));
    let mut instances = 0;
    for (host, instance) in rows {
        let place = format!("{service} on {} in {before}", host.spec.name);
        let verdict = instance.judge(host, model.fleet.interval, model.now);
        let well = verdict.state == ServiceState::Running && verdict.severity == Severity::Ok;
        if verdict.stale || !host.link.is_up() {
            return Err(format!("it is not known how {place} is"));
        }
        if !well {
            return Err(format!(
                "{place} is {}, {}",
                verdict.state.name(),
                verdict.severity.name()
            ));
        }
        match host.release(instance) {
            Some(release) if *release.revision == *wanted && !wanted.is_empty() => instances += 1,
            Some(release) => {
                return Err(format!("{place} has {}, not {}", release.short(), short(wanted)));
            }
            None => return Err(format!("it is not written down what {place} has")),
        }
    }
    if instances == 0 {
        return Err(format!("{before} has no service {service}"));
    }
    Ok(format!("{before} runs this very revision and is well, on {instances} of {instances}"))
}

/// What is copied from this machine, where git keeps it: production gets nothing that nobody else has.
fn committed(tier: Tier, spec: &DeploySpec, look: &Look) -> Option<Result<String, String>> {
    // Of a copy of another environment's directory git says nothing.
    if spec.copies_from().is_some() {
        return None;
    }
    let copy = look.deploy.as_deref()?.copy.as_ref()?;
    let tree = copy.tree.as_ref()?;
    let at = format!("{} is at {}", copy.from, short(&tree.revision));
    let says = match (tree.changed, tree.unpushed) {
        (0, 0) => return Some(Ok(format!("{at}: all of it is committed and pushed"))),
        (changed, 0) => format!("{at}, and {changed} files in it are in no commit"),
        (0, unpushed) => format!("{at}, and {unpushed} commits are on no remote"),
        (changed, unpushed) => format!(
            "{at}, {changed} files in it are in no commit, and {unpushed} commits are on no remote"
        ),
    };
    Some(if tier == Tier::Production { Err(says) } else { Ok(says) })
}

/// The environment's own freezes are by the clock; a backup is as the doctor knows it.
fn backup(model: &Model, env: &Env, spec: &DeploySpec) -> Option<Result<String, String>> {
    let name = spec.backup.as_ref()?;
    let Some(row) = backups::judge_one(env, name, model.now) else {
        return Some(Err(format!("{} has no backup {name} in the config", env.name)));
    };
    Some(if row.stale {
        Err(format!("it is not known how the backup {name} is"))
    } else {
        let says = format!("the backup {name} is {}", row.verdict.name());
        match row.verdict {
            // Young enough: what else is said of them is none of a deploy's.
            BackupVerdict::Fresh | BackupVerdict::ThinRetention => Ok(says),
            BackupVerdict::Unverified => {
                Ok(format!("{says}: nobody has read the newest copy to its end"))
            }
            BackupVerdict::Late
            | BackupVerdict::Missing
            | BackupVerdict::WrongSource
            | BackupVerdict::Shrunk
            | BackupVerdict::Corrupt
            | BackupVerdict::NeverRan => Err(says),
        }
    })
}

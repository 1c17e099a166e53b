//! Another revision, and back.

use super::{choose_env, run, run_without, usage};
use crate::cli::args::{Deploy, Fleet, Rollback};
use crate::cli::{Failure, Outcome, read_config};
use crate::model::deploy::Preflight;
use crate::model::plan::Input;
use crate::model::spec::EnvSpec;
use crate::model::text::clean;
use crate::model::verb::Verb;

pub(in crate::cli) fn deploy(fleet: &Fleet, asked: &Deploy) -> Outcome {
    if let Some(revision) = &asked.revision
        && !crate::model::deploy::is_reference(revision)
    {
        let text = clean(revision, 64);
        return Err(usage(format!("`{text}` is no name of a branch, a tag or a commit")));
    }
    let skip = |name: &String| {
        Preflight::from_name(name).ok_or_else(|| {
            let known: Vec<&str> = Preflight::ALL.iter().map(|one| one.name()).collect();
            let name = clean(name, 32);
            usage(format!(
                "--skip: there is no `{name}` to leave out; there are: {}",
                known.join(", ")
            ))
        })
    };
    let skip = asked.skip.iter().map(skip).collect::<Result<Vec<_>, _>>()?;
    let mut act = asked.act.clone();
    if asked.all {
        if !act.services.is_empty() {
            return Err(usage("--all is all services: leave out their names"));
        }
        act.services = deployable(fleet)?;
    }
    run_without(fleet, &act, Verb::Deploy, Input::Revision(asked.revision.clone()), skip)
}

pub(in crate::cli) fn rollback(fleet: &Fleet, asked: &Rollback) -> Outcome {
    let to = asked.to.as_deref().map(|to| clean(to, 100));
    run(fleet, &asked.act, Verb::Rollback, Input::Revision(to))
}

/// The services of the one environment that say how they are deployed.
fn deployable(fleet: &Fleet) -> Result<Vec<String>, Failure> {
    let config = read_config(fleet)?;
    let deploys = |env: &&EnvSpec| env.services.iter().any(|one| one.promises.deploy.is_some());
    let envs: Vec<&EnvSpec> = config.spec.envs.iter().filter(deploys).collect();
    match envs.as_slice() {
        [env] => {
            let services = env.services.iter().filter(|one| one.promises.deploy.is_some());
            Ok(services.map(|one| one.name.to_string()).collect())
        }
        [] => Err(usage("no service says how it is deployed: `deploy = { … }`")),
        several => Err(choose_env("are deployed to", several)),
    }
}

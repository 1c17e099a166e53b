//! Databases: what is the same of each engine.

use super::around::around;
use super::{Job, Made, postgres, services, sqlite};
use crate::model::backup::Integrity;
use crate::model::database::{DatabaseSpec, Engine};
use crate::model::plan::{Change, Input, Step, Undo};
use crate::model::restore::{Proof, Sum, age, chosen, doubts};
use crate::model::span::{closely, words};
use crate::ops::backup::LONG;
use crate::ops::script::QUICK;
use crate::probe::quote::quote;

/// Scripts of one engine.
pub(super) struct Scripts {
    pub(super) stage: &'static str,
    pub(super) stage_undo: &'static str,
    pub(super) swap: &'static str,
    pub(super) swap_undo: &'static str,
    pub(super) tidy: &'static str,
}

/// The plan of bringing one back.
pub(super) fn restore(job: &Job<'_>, database: &DatabaseSpec) -> Result<Made, String> {
    missing(job)?;
    match &database.engine {
        Engine::Sqlite { .. } => sqlite::refuse(job)?,
        Engine::Postgres { .. } => postgres::refuse(job)?,
    }
    let proof = chosen(&job.target.ask, job.look)?;
    let all = services::all(job)?;
    let parts = match &database.engine {
        Engine::Sqlite { .. } => sqlite::parts(job, proof, &all)?,
        Engine::Postgres { name, user, port } => {
            postgres::parts(job, proof, &all, &postgres::Server { name, user, port: *port })?
        }
    };
    Ok(around(job, &all, parts))
}

/// What has to be there whatever is done.
pub(super) fn missing(job: &Job<'_>) -> Result<(), String> {
    let look = &job.look.database;
    if let Some(tool) = &look.lacks {
        return Err(format!("the host has no {tool}, which this needs"));
    }
    look.fault.as_ref().map_or(Ok(()), |why| Err(format!("the database does not answer: {why}")))
}

/// The copy that is taken, for scripts: where it is, which file that was, and whether somebody chose it.
pub(super) fn copy(job: &Job<'_>, proof: &Proof) -> String {
    let chosen = if is_chosen(job) { "1" } else { "" };
    let kept = if proof.folder { &*proof.copy.name } else { "" };
    format!(
        "from={} stated={} kept={} chosen={chosen}\n",
        quote(&proof.path),
        quote(&proof.state),
        quote(kept)
    )
}

fn is_chosen(job: &Job<'_>) -> bool {
    matches!(job.intent.input, Input::Restore { from: Some(_), .. })
}

/// Steps before, at and after the change of places. `stop` are words that stop the services: after a crash
/// anything may have been started again meanwhile.
pub(super) fn steps(scripts: &Scripts, proof: &Proof, stop: &str) -> [Step; 3] {
    let stage = Step {
        number: 30,
        title: format!("restore {} beside what is there, and prove it", proof.copy.name),
        change: Change::Additive,
        script: scripts.stage.to_owned(),
        undo: Undo::Script(scripts.stage_undo.to_owned()),
        limit: LONG,
        idle: LONG,
    };
    let swap = Step {
        number: 50,
        title: "let both change places by their names; what is there now stays beside it"
            .to_owned(),
        change: Change::Reversible,
        script: scripts.swap.to_owned(),
        undo: Undo::Script(format!(". ./common\n{stop}{}", scripts.swap_undo)),
        limit: QUICK * 5,
        idle: QUICK * 5,
    };
    let tidy = Step {
        number: 90,
        title: "tidy up, and say where the data of before is".to_owned(),
        change: Change::Additive,
        script: scripts.tidy.to_owned(),
        undo: Undo::Script(":\n".to_owned()),
        limit: QUICK * 5,
        idle: QUICK * 5,
    };
    [stage, swap, tidy]
}

/// What is lost with what is there now; `otherwise` where the last write is not known.
pub(super) fn lost(job: &Job<'_>, proof: &Proof, otherwise: String) -> String {
    let Some(written) = job.look.database.written else { return otherwise };
    let span = |seconds: i64| std::time::Duration::from_secs(u64::try_from(seconds).unwrap_or(0));
    let lost = span(written.saturating_sub(proof.copy.at));
    if lost.is_zero() {
        return "nothing was written since the copy was made: nothing that is known is lost"
            .to_owned();
    }
    format!(
        "discards {} of writes: the last was {} ago, and the copy is {} old",
        closely(lost),
        words(span(job.look.facts.taken.saturating_sub(written))),
        closely(age(job.look, proof))
    )
}

/// What is not known of a copy, and what speaks against one that somebody chose all the same.
pub(super) fn judged(job: &Job<'_>, proof: &Proof) -> Vec<String> {
    if let Integrity::Unknown(why) = &proof.checked.integrity {
        return vec![format!("{why}: it is proved in step 30, before anything is stopped")];
    }
    // The time of what was put aside is that of its operation.
    if is_chosen(job) && !proof.folder {
        doubts(&job.target.ask, job.look, proof)
    } else {
        Vec::new()
    }
}

/// The copy in a line.
pub(super) fn copied(job: &Job<'_>, proof: &Proof) -> String {
    let mut of = vec![format!("{} old", closely(age(job.look, proof)))];
    if !proof.folder {
        of.extend(proof.copy.size.map(|bytes| super::size(bytes.div_ceil(1024))));
        of.push(
            match proof.sum {
                Sum::Good => "its checksum is right",
                Sum::None | Sum::Bad => "without a checksum",
            }
            .to_owned(),
        );
    }
    format!("from {}: {}", proof.path, of.join(", "))
}

/// What was promised.
pub(super) fn promised(job: &Job<'_>) -> Option<String> {
    job.spec.restore_within.map(|promised| format!("promised within {}", words(promised)))
}

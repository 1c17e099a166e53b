//! Databases of SQLite: a file, and beside it what belongs to it (`-wal`, `-shm`, `-journal`). The undo
//! knows the file of before by its inode.

use super::around::{Parts, besides, strangers};
use super::database::{Scripts, copied, copy, judged, lost, promised, steps};
use super::{Job, services, size};
use crate::model::restore::Proof;
use crate::ops::script::Read;
use crate::probe::act::WRITERS;
use crate::probe::quote::quote;

/// What all its scripts have in common.
const COMMON: &str = include_str!("sqlite/common.sh");
const SCRIPTS: Scripts = Scripts {
    stage: include_str!("sqlite/stage.sh"),
    stage_undo: ". ./common\n# Only what this operation made: the name is its own.\nrm -rf -- \"$beside\"\n",
    swap: include_str!("sqlite/swap.sh"),
    swap_undo: include_str!("sqlite/swap.undo.sh"),
    tidy: include_str!("sqlite/tidy.sh"),
};
/// Makes a copy.
pub(super) const MAKE: &str = include_str!("sqlite/make.sh");
/// Names of copies, and what is in them.
pub(super) const PACKED: [(&str, &str); 6] = [
    (".db", "plain"),
    (".sqlite", "plain"),
    (".sqlite3", "plain"),
    (".db.gz", "gzip"),
    (".sqlite.gz", "gzip"),
    (".sqlite3.gz", "gzip"),
];

/// What every script of it begins with.
pub(super) fn common(job: &Job<'_>) -> String {
    let inode = job.look.source.at.rsplit(':').next().unwrap_or_default();
    format!("{}{WRITERS}was={}\n{COMMON}", job.common(), quote(inode))
}

/// What stands in the way, whichever copy it is.
pub(super) fn refuse(job: &Job<'_>) -> Result<(), String> {
    place(job)?;
    let source = &job.look.source;
    let need = job.look.database.size.unwrap_or(0).saturating_mul(2);
    match source.free {
        Some(free) if free < need => Err(format!(
            "{} are free beside {}, and twice what is there ({}) has to be",
            size(free),
            job.source(),
            size(need)
        )),
        Some(_) => Ok(()),
        None => Err(format!("how much is free beside {} is not known", job.source())),
    }
}

/// What a file of SQLite has to be.
pub(super) fn place(job: &Job<'_>) -> Result<(), String> {
    let (source, path) = (&job.look.source, job.source());
    match &*source.kind {
        "file" | "" => {}
        "link" => {
            return Err(format!(
                "{path} is a symbolic link to {}: name that in the config",
                source.real
            ));
        }
        other => return Err(format!("{path} is no file but {other}")),
    }
    if *source.real != *path {
        return Err(format!("{path} is {} in truth: name that in the config", source.real));
    }
    if source.mounted {
        return Err(format!("{path} is mounted there: it cannot be renamed"));
    }
    Ok(())
}

/// Only what SQLite has made.
fn kind(proof: &Proof) -> Result<(), String> {
    let kind = &proof.checked.kind;
    // A dump as SQL has no beginning of its own; it is looked into before it is used.
    let known = |part: &str| matches!(part, "sqlite" | "other");
    if !proof.folder && (kind.is_empty() || kind.split(", ").any(known)) {
        return Ok(());
    }
    Err(format!("{} is {kind}: only files of SQLite are brought back", proof.copy.name))
}

pub(super) fn parts(
    job: &Job<'_>,
    proof: &Proof,
    all: &[services::Service<'_>],
) -> Result<Parts, String> {
    kind(proof)?;
    strangers(job)?;
    let mut reads = job.reads();
    let how = "stat -L -c '%d:%i %s %Y' -- \"$from\"";
    reads.push(Read { name: "copy", value: proof.state.to_string(), how });
    let [stage, swap, tidy] = steps(&SCRIPTS, proof, &services::stop_words(all));
    let mut warnings = Vec::new();
    if job.look.source.kind.is_empty() {
        warnings.push(format!("nothing is at {} now", job.source()));
    } else {
        warnings.push(lost(
            job,
            proof,
            "how much was written since the copy was made is not known: all of it is discarded"
                .to_owned(),
        ));
    }
    warnings.extend(judged(job, proof));
    warnings.extend(besides(job, proof, all));
    Ok(Parts {
        common: format!("{}{}", copy(job, proof), common(job)),
        reads,
        stage,
        swap,
        tidy,
        warnings,
        brings: brings(job, proof, all),
    })
}

fn brings(job: &Job<'_>, proof: &Proof, all: &[services::Service<'_>]) -> Vec<String> {
    let path = job.source();
    let mut lines = vec![
        copied(job, proof),
        if job.look.source.kind.is_empty() {
            format!("to {path}, where nothing is")
        } else {
            format!(
                "to the SQLite database {path}: {} there now, which stay as {path}.before-OPERATION",
                job.look.database.size.map_or_else(|| "?".to_owned(), size)
            )
        },
    ];
    if !all.is_empty() {
        lines.push(format!("stops {}, until it is in its place", services::names(all)));
    }
    lines.extend(promised(job));
    lines
}

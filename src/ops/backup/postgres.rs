//! Databases of PostgreSQL: restored into a database of its own, which then takes the name. Two renames in
//! one transaction; the undo knows both by their numbers (OIDs).

use super::around::{Parts, besides};
use super::database::{Scripts, copied, copy, judged, lost, promised, steps};
use super::{Job, services, size};
use crate::model::database::stem;
use crate::model::restore::{Proof, age};
use crate::model::span::closely;
use crate::ops::script::Read;
use crate::probe::quote::quote;

/// What all its scripts have in common.
const COMMON: &str = include_str!("postgres/common.sh");
const SCRIPTS: Scripts = Scripts {
    stage: include_str!("postgres/stage.sh"),
    stage_undo: include_str!("postgres/stage.undo.sh"),
    swap: include_str!("postgres/swap.sh"),
    swap_undo: include_str!("postgres/swap.undo.sh"),
    tidy: include_str!("postgres/tidy.sh"),
};
/// Makes a copy.
pub(super) const MAKE: &str = include_str!("postgres/make.sh");
/// Names of copies, and what is in them.
pub(super) const PACKED: [(&str, &str); 6] = [
    (".dump", "custom"),
    (".pgdump", "custom"),
    (".custom", "custom"),
    (".pgc", "custom"),
    (".sql", "plain"),
    (".sql.gz", "gzip"),
];

/// Where it is.
pub(super) struct Server<'a> {
    pub(super) name: &'a str,
    pub(super) user: &'a str,
    pub(super) port: Option<u16>,
}

/// What every script of it begins with.
pub(super) fn common(job: &Job<'_>, server: &Server<'_>) -> String {
    format!(
        "{}db={} stem={} pguser={} pgport={}\nstate={}\n{COMMON}",
        job.common(),
        quote(server.name),
        quote(stem(server.name)),
        quote(server.user),
        server.port.map_or_else(String::new, |port| port.to_string()),
        quote(&job.look.database.state),
    )
}

/// Whether it is the same one still.
pub(super) fn read(job: &Job<'_>) -> Read {
    Read { name: "database", value: job.look.database.state.to_string(), how: "identity" }
}

/// What stands in the way, whichever copy it is.
pub(super) fn refuse(job: &Job<'_>) -> Result<(), String> {
    let look = &job.look.database;
    if look.standby {
        return Err("its server follows another one: nothing can be written there".to_owned());
    }
    if !look.superuser {
        return Err(
            "the user that its server is asked as is no superuser there: owners could not \
                    be given back"
                .to_owned(),
        );
    }
    if look.bound > 0 {
        return Err(format!(
            "{} replication slots or subscriptions are bound to this very database: they would \
             stay with the one that is put aside",
            look.bound
        ));
    }
    let need = look.size.unwrap_or(0).saturating_mul(2);
    match look.free {
        Some(free) if free < need => Err(format!(
            "{} are free where its server writes, and twice what is there ({}) has to be",
            size(free),
            size(need)
        )),
        Some(_) => Ok(()),
        None => Err("how much is free where its server writes is not known".to_owned()),
    }
}

/// Only what its own tools have made.
fn kind(proof: &Proof) -> Result<(), String> {
    let kind = &proof.checked.kind;
    let known = |part: &str| matches!(part, "pgdump" | "pgsql");
    if proof.folder || kind.is_empty() || kind.split(", ").any(known) {
        return Ok(());
    }
    Err(format!(
        "{} is {kind}: only dumps of pg_dump are brought back, in its own format (-Fc) or as SQL",
        proof.copy.name
    ))
}

pub(super) fn parts(
    job: &Job<'_>,
    proof: &Proof,
    all: &[services::Service<'_>],
    server: &Server<'_>,
) -> Result<Parts, String> {
    kind(proof)?;
    let mut reads = job.reads();
    reads.push(read(job));
    let how = if proof.folder {
        "echo \"SELECT '0:' || oid || ' 0 0' FROM pg_database WHERE datname = :'name';\" | \
         sql postgres -v name=\"$kept\""
    } else {
        "stat -L -c '%d:%i %s %Y' -- \"$from\""
    };
    reads.push(Read { name: "copy", value: proof.state.to_string(), how });
    let [stage, swap, tidy] = steps(&SCRIPTS, proof, &services::stop_words(all));
    Ok(Parts {
        common: format!("{}{}", copy(job, proof), common(job, server)),
        reads,
        stage,
        swap,
        tidy,
        warnings: warnings(job, proof, all, server),
        brings: brings(job, proof, all, server),
    })
}

fn warnings(
    job: &Job<'_>,
    proof: &Proof,
    all: &[services::Service<'_>],
    server: &Server<'_>,
) -> Vec<String> {
    let look = &job.look.database;
    let mut lines = Vec::new();
    if look.state.is_empty() {
        lines.push(format!(
            "there is no database {} now: it will belong to {}, with the server's own collation",
            server.name, server.user
        ));
    } else {
        lines.push(lost(
            job,
            proof,
            format!(
                "discards what was written in the last {}, since the copy was made; when that was, \
                 its server does not say (track_commit_timestamp)",
                closely(age(job.look, proof))
            ),
        ));
        if look.written.is_some() {
            lines.push(
                "the last write that its server knows of is that of all its databases".to_owned(),
            );
        }
        lines.push(
            "rights, settings and comment of the database itself are carried over; labels of \
             security and what its server has counted (pg_stat) are not"
                .to_owned(),
        );
    }
    if !look.sessions.is_empty() {
        let shown: Vec<&str> = look.sessions.iter().take(5).map(|one| &**one).collect();
        lines.push(format!(
            "connected now: {}; who stays connected when services are stopped keeps it from being \
             replaced",
            shown.join("; ")
        ));
    }
    lines.push("a dump is a program: it is run with the rights of its server's user".to_owned());
    lines.extend(judged(job, proof));
    lines.extend(besides(job, proof, all));
    lines
}

fn brings(
    job: &Job<'_>,
    proof: &Proof,
    all: &[services::Service<'_>],
    server: &Server<'_>,
) -> Vec<String> {
    let look = &job.look.database;
    let mut lines = vec![copied(job, proof)];
    if look.state.is_empty() {
        lines.push(format!("to the PostgreSQL database {}, which is not there", server.name));
    } else {
        let port = server.port.map_or_else(String::new, |port| format!("-p {port} "));
        let old = format!("{}_before_OPERATION", stem(server.name));
        lines.push(format!(
            "to the PostgreSQL database {} ({}, of {}): {} there now, which stay as {old} until it \
             is dropped: `runuser -u {} -- dropdb {port}{old}`",
            server.name,
            look.coding,
            look.owner,
            look.size.map_or_else(|| "?".to_owned(), size),
            server.user
        ));
    }
    if !all.is_empty() {
        lines.push(format!("stops {}, until it is in its place", services::names(all)));
    }
    lines.extend(promised(job));
    lines
}

//! A copy of a database is made now, by its own tools. It counts only when it can be read to its end and
//! has the tables that there are.

use super::make::{DECLARE, let_go, named, newest_now};
use super::{Job, LONG, Made, database, first, postgres, size, sqlite};
use crate::model::database::{DatabaseSpec, Engine};
use crate::model::plan::{Change, Step, Undo};
use crate::model::unit::is_below;
use crate::probe::quote::quote;

pub(super) fn steps(job: &Job<'_>, database: &DatabaseSpec) -> Result<Made, String> {
    database::missing(job)?;
    let mut reads = job.reads();
    let there;
    let (common, script, packings) = match &database.engine {
        Engine::Sqlite { .. } => {
            sqlite::place(job)?;
            there = !job.look.source.kind.is_empty();
            (sqlite::common(job), sqlite::MAKE, sqlite::PACKED)
        }
        Engine::Postgres { name, user, port } => {
            let server = postgres::Server { name, user, port: *port };
            reads.push(postgres::read(job));
            there = !job.look.database.state.is_empty();
            (postgres::common(job, &server), postgres::MAKE, postgres::PACKED)
        }
    };
    if !there {
        return Err(format!("{} is not there", database.words()));
    }
    let (before, after) = named(job)?;
    let Some((_, packed)) = packings.iter().find(|(end, _)| after.ends_with(end)) else {
        let known: Vec<&str> = packings.iter().map(|(end, _)| *end).collect();
        return Err(format!(
            "`{}` does not end as a copy of it would ({}): {DECLARE}",
            job.pattern,
            known.join(", ")
        ));
    };
    if database.path().is_some_and(|path| is_below(path, job.place)) {
        let mine = database.path().and_then(|path| path.rsplit('/').next()).unwrap_or_default();
        if mine.starts_with(before) && mine.ends_with(after) {
            return Err(format!("the database itself would count as a copy: {DECLARE}"));
        }
    }
    let kib = job.look.database.size;
    match (job.look.place_free, kib) {
        (Some(free), Some(need)) if free <= need => {
            return Err(format!(
                "{} are free in {}, and the database has {}: a copy has to fit in any case",
                size(free),
                job.place,
                size(need)
            ));
        }
        (Some(_), Some(_)) => {}
        _ => return Err("how large it is and how much is free is not known".to_owned()),
    }
    let mut brings = vec![
        format!("of {}: {}", database.words(), kib.map_or_else(|| "?".to_owned(), size)),
        format!("to {}/{before}MOMENT{after}, with a checksum beside it", job.place),
    ];
    let given = format!(
        "before={} after={} pattern={} packed={packed}\n",
        quote(before),
        quote(after),
        quote(job.pattern)
    );
    let (again, facts) = first(&reads, "");
    let mut steps = vec![again, made(script)];
    steps.extend(let_go(job, &mut brings));
    brings.extend(newest_now(job));
    Ok(Made {
        facts,
        warnings: Vec::new(),
        steps,
        common: format!("{given}{common}"),
        brings,
        load: None,
        nothing: None,
    })
}

fn made(script: &str) -> Step {
    Step {
        number: 20,
        title: "dump it under another name, prove the copy, then give it its name".to_owned(),
        change: Change::Additive,
        script: script.to_owned(),
        undo: Undo::Script(
            ". ./common\n# What was finished is good and stays.\n\
             rm -rf -- \"$place/.quarterdeck-$op\" ${beside:+\"$beside\"}\n"
                .to_owned(),
        ),
        limit: LONG,
        idle: LONG,
    }
}

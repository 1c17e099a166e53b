//! The same of databases.

use super::*;
use crate::model::database::{DatabaseLook, DatabaseSpec, Engine};

fn postgres() -> Engine {
    Engine::Postgres { name: "app-db".into(), user: "postgres".into(), port: Some(5433) }
}

fn sqlite() -> Engine {
    Engine::Sqlite { path: "/srv/it's data/app.db".into() }
}

/// A database with one good copy.
fn of(engine: Engine, restores: bool) -> BackupTarget {
    let mut target = target(restores);
    let end = if matches!(engine, Engine::Sqlite { .. }) { "db.gz" } else { "dump" };
    let kind = if end == "dump" { "pgdump" } else { "gzip, sqlite" };
    target.ask.spec = Arc::new(BackupSpec {
        source: None,
        database: Some(DatabaseSpec { engine, writers: vec!["api".into()] }),
        way: Way::Files {
            directory: "/srv/it's backups".into(),
            pattern: format!("data-*.{end}").into(),
            folders: false,
        },
        ..spec()
    });
    let look = target.look.backup.as_mut().unwrap();
    look.source.kind = "file".into();
    look.source.real = "/srv/it's data/app.db".into();
    look.proofs[0].checked.kind = kind.into();
    look.proofs[0].checked.comparison = Err("it is not a list of files".into());
    look.database = DatabaseLook {
        version: "15.20".into(),
        state: "16386@77".into(),
        owner: "app".into(),
        coding: "UTF8, C.UTF-8".into(),
        size: Some(1000),
        free: Some(100_000),
        superuser: true,
        ..DatabaseLook::default()
    };
    target
}

fn refused(
    engine: Engine,
    restores: bool,
    change: impl FnOnce(&mut BackupTarget, &mut BackupLook),
) -> String {
    let mut target = of(engine, restores);
    let mut look = *target.look.backup.take().unwrap();
    change(&mut target, &mut look);
    target.look.backup = Some(Box::new(look));
    planned(&target).unwrap_err()
}

#[test]
fn every_script_of_a_database_is_one_that_shells_read() {
    for restores in [true, false] {
        for engine in [postgres(), sqlite()] {
            let mut target = of(engine, restores);
            reads(&planned(&target).unwrap());
            // And where nothing is there any more, of which no copy is made.
            let look = target.look.backup.as_mut().unwrap();
            look.database.state = Box::default();
            look.source = SourceLook {
                free: Some(100_000),
                real: look.source.real.clone(),
                ..SourceLook::default()
            };
            match planned(&target) {
                Ok(plan) => reads(&plan),
                Err(why) => assert!(!restores && why.contains("is not there"), "{why}"),
            }
        }
    }
}

#[test]
fn a_database_is_replaced_only_with_host_and_name_typed() {
    let plan = planned(&of(postgres(), true)).unwrap();
    assert!(plan.is_typed() && !planned(&of(postgres(), false)).unwrap().is_typed());
    let host = &plan.hosts[0];
    let numbers: Vec<u8> = host.steps.iter().map(|step| step.number).collect();
    assert_eq!(numbers, [10, 20, 30, 40, 50, 60, 61, 90]);
    assert!(host.warnings[0].contains("its server does not say"), "{:?}", host.warnings);
    assert!(host.brings[1].contains("dropdb -p 5433 app-db_before_OPERATION"), "{:?}", host.brings);
    // What was written last is known of a file, and of a server that keeps it.
    for (engine, written, words) in [
        (sqlite(), NOW - HOUR, "discards 1 h 0 min of writes: the last was 60 min ago"),
        (sqlite(), NOW - 9 * HOUR, "nothing was written since the copy was made"),
        (postgres(), NOW - HOUR, "discards 1 h 0 min of writes: the last was 60 min ago"),
    ] {
        let mut target = of(engine, true);
        target.look.backup.as_mut().unwrap().database.written = Some(written);
        let said = planned(&target).unwrap().hosts[0].warnings[0].clone();
        assert!(said.contains(words), "{words}: {said}");
    }
}

#[test]
fn a_database_that_cannot_be_brought_back_is_refused() {
    let look =
        |engine: Engine, change: fn(&mut BackupLook)| refused(engine, true, |_, look| change(look));
    for engine in [postgres(), sqlite()] {
        assert!(
            look(engine.clone(), |look| look.database.lacks = Some("x".into()))
                .contains("has no x")
        );
        assert!(
            look(engine.clone(), |look| look.proofs[0].checked.kind = "gzip, tar".into())
                .contains("is gzip, tar")
        );
        assert!(look(engine.clone(), |look| look.proofs[0].sum = Sum::Bad).contains("checksum"));
        let corrupt = |look: &mut BackupLook| {
            look.proofs[0].checked.integrity = Integrity::Corrupt("it was cut".into());
        };
        assert!(look(engine.clone(), corrupt).contains("it was cut"));
        assert!(look(engine, |look| look.proofs[0].copy.at -= 12 * HOUR).contains("not fresh"));
    }
    let postgres = |change: fn(&mut DatabaseLook)| look_of(postgres(), change);
    assert!(postgres(|look| look.fault = Some("no".into())).contains("does not answer: no"));
    assert!(postgres(|look| look.standby = true).contains("follows another one"));
    assert!(postgres(|look| look.superuser = false).contains("no superuser"));
    assert!(postgres(|look| look.bound = 1).contains("bound to this very database"));
    assert!(postgres(|look| look.free = Some(1999)).contains("twice what is there"));
    assert!(postgres(|look| look.free = None).contains("not known"));
    assert!(look(sqlite(), |look| look.source.kind = "link".into()).contains("symbolic link"));
    assert!(look(sqlite(), |look| look.source.kind = "directory".into()).contains("no file but"));
    assert!(look(sqlite(), |look| look.source.mounted = true).contains("mounted"));
    assert!(look(sqlite(), |look| look.source.free = Some(1999)).contains("twice what is there"));
    let stray = (68, "python3".into(), "/user.slice/session-1.scope".into());
    assert!(
        refused(sqlite(), true, |_, look| look.writers.push(stray)).contains("process 68 (python3")
    );
}

fn look_of(engine: Engine, change: fn(&mut DatabaseLook)) -> String {
    refused(engine, true, |_, look| change(&mut look.database))
}

#[test]
fn a_copy_of_a_database_is_made_only_where_its_name_says_how() {
    for pattern in ["*.dump", "data-*", "data-*.tar.gz", "data-*.db.xz", "data.dump"] {
        for engine in [postgres(), sqlite()] {
            let said = refused(engine, false, |target, _| {
                let way =
                    Way::Files { directory: "/b".into(), pattern: pattern.into(), folders: false };
                let spec = BackupSpec { way, ..(*target.ask.spec).clone() };
                target.ask.spec = Arc::new(spec);
            });
            assert!(said.contains("`make"), "{pattern}: {said}");
        }
    }
    assert!(
        refused(postgres(), false, |_, look| look.place_free = Some(1000)).contains("has to fit")
    );
    let itself = refused(sqlite(), false, |target, _| {
        let way = Way::Files {
            directory: "/srv/it's data".into(),
            pattern: "app*.db".into(),
            folders: false,
        };
        target.ask.spec = Arc::new(BackupSpec { way, ..(*target.ask.spec).clone() });
    });
    assert!(itself.contains("would count as a copy"), "{itself}");
    let made = planned(&of(postgres(), false)).unwrap();
    assert!(made.hosts[0].common.contains("packed=custom"), "{}", made.hosts[0].common);
}

#[test]
fn everybody_locks_the_same_database_whatever_they_call_it() {
    let locked = |engine: Engine| subject(&of(engine, true).ask.spec);
    let elsewhere = Engine::Postgres { name: "app-db".into(), user: "postgres".into(), port: None };
    assert_ne!(locked(postgres()), locked(elsewhere), "another server's");
    let other = Engine::Postgres { name: "app-db".into(), user: "admin".into(), port: Some(5433) };
    assert_eq!(locked(postgres()), locked(other));
    assert!(!locked(sqlite()).contains(['/', ' ', '\'']));
}

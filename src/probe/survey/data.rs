//! Where a unit's data may be.

use crate::model::survey::{FoundData, FoundUnit, Why};
use crate::model::unit::is_below;

/// What counts only where nothing nearer was found: in the incident that this tool is for, the
/// sandbox let a unit write to a directory that it did not use.
const ELSEWHERE: &str = "ReadWritePaths=, outside of its working directory";

/// What is written and is no data.
const PASSING: &[&str] = &["log", "logs", "tmp", "temp", "cache", "run", ".cache"];

/// Directories that a unit may write its data to, of which some may not be there: its
/// `StateDirectory=`, what its sandbox lets it write, `data` in its working directory, and for a
/// database the directory that its process works in.
pub fn candidates(unit: &FoundUnit) -> Vec<FoundData> {
    let sandbox = &unit.facts.sandbox;
    let mut found: Vec<FoundData> = Vec::new();
    let mut add = |path: &str, by| {
        let path = path.trim_end_matches('/');
        let known = found.iter().any(|data| is_below(path, &data.path));
        if path.starts_with('/') && !path.contains("/../") && !known && !is_passing(path) {
            found.push(FoundData { path: path.into(), by });
        }
    };
    for path in sandbox.own.iter().filter(|path| path.starts_with("/var/lib/")) {
        add(path, "StateDirectory=");
    }
    let home = unit.directory.as_deref();
    let writable = || sandbox.read_write.iter().map(|path| path.trim_start_matches(['-', '+']));
    if unit.why == Why::Own {
        for path in writable().filter(|path| home.is_some_and(|home| is_below(path, home))) {
            if home != Some(path) {
                add(path, "ReadWritePaths=");
            }
        }
        if let Some(home) = home {
            add(&format!("{home}/data"), "its name, in the working directory");
        }
        for path in writable() {
            add(path, ELSEWHERE);
        }
    } else {
        // As of redis; postgres and mysqld work in their data's directory.
        for path in writable().filter(|path| path.starts_with("/var/lib/")) {
            add(path, "ReadWritePaths=");
        }
        for path in home.iter().filter(|path| path.starts_with("/var/lib/")) {
            add(path, "what its process works in");
        }
    }
    found
}

/// Of directories that are there, those that count.
pub fn choose(found: &mut Vec<FoundData>) {
    if found.iter().any(|data| data.by != ELSEWHERE) {
        found.retain(|data| data.by != ELSEWHERE);
    }
}

fn is_passing(path: &str) -> bool {
    let system =
        ["/var/log", "/var/cache", "/var/tmp", "/tmp", "/run", "/var/run", "/dev", "/proc"];
    let last = path.rsplit('/').next().unwrap_or(path);
    path.len() < 2 || PASSING.contains(&last) || system.iter().any(|top| is_below(path, top))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::unit::{Sandbox, UnitFacts};

    fn unit(why: Why, directory: &str, read_write: &[&str], own: &[&str]) -> FoundUnit {
        let list = |all: &[&str]| all.iter().map(|path| (*path).into()).collect();
        let sandbox =
            Sandbox { read_write: list(read_write), own: list(own), ..Sandbox::default() };
        FoundUnit {
            unit: "api.service".into(),
            facts: UnitFacts { sandbox, ..UnitFacts::default() },
            why,
            ports: Vec::new(),
            directory: (!directory.is_empty()).then(|| directory.into()),
            data: Vec::new(),
            health: None,
            after: Vec::new(),
            starts: None,
        }
    }

    fn paths(unit: &FoundUnit, missing: &[&str]) -> Vec<String> {
        let mut found = candidates(unit);
        found.retain(|data| !missing.contains(&&*data.path));
        choose(&mut found);
        found.into_iter().map(|data| data.path.into()).collect()
    }

    #[test]
    fn data_is_where_the_unit_works_or_else_where_it_may_write() {
        let incident = unit(Why::Own, "/mnt/c/production", &["/mnt/c/production-data"], &[]);
        assert_eq!(paths(&incident, &[]), ["/mnt/c/production/data"]);
        assert_eq!(paths(&incident, &["/mnt/c/production/data"]), ["/mnt/c/production-data"]);
        let within = unit(Why::Own, "/srv/a", &["-/srv/a/var", "/srv/a/logs", "/srv/a"], &[]);
        assert_eq!(paths(&within, &["/srv/a/data"]), ["/srv/a/var"]);
        let state = unit(Why::Own, "", &["/var/log/a", "/"], &["/var/lib/a", "/run/a"]);
        assert_eq!(paths(&state, &[]), ["/var/lib/a"]);
    }

    #[test]
    fn of_the_distributions_own_it_is_what_they_keep_in_var_lib() {
        let redis =
            unit(Why::Listens, "/var/lib/redis", &["-/var/lib/redis", "-/var/log/redis"], &[]);
        assert_eq!(paths(&redis, &[]), ["/var/lib/redis"]);
        let postgres = unit(Why::Listens, "/var/lib/postgresql/15/main", &[], &[]);
        assert_eq!(paths(&postgres, &[]), ["/var/lib/postgresql/15/main"]);
        assert_eq!(
            paths(&unit(Why::Listens, "/srv/www", &["/srv/www/x"], &[]), &[]),
            [] as [&str; 0]
        );
    }
}

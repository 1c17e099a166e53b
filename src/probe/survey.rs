//! A close look at a host for `init`: units, their owners, ports, health, jobs and containers.

pub mod apps;
pub mod backups;
pub mod calendar;
pub mod cron;
pub mod data;
pub mod health;
pub mod shell;

use std::collections::{BTreeMap, BTreeSet};

use super::properties::{Properties, Value};
use crate::model::ids::UnitName;
use crate::model::survey::FoundContainer;
use crate::model::text::clean;

/// Runs on the host.
pub const SCRIPT: &str = include_str!("survey.sh");

/// As many units are looked at; what a host has beyond is told.
pub const MOST_UNITS: usize = 800;

/// Reads an answer of `qd_survey_units`: units that are loaded and not simply absent, and those
/// whose file says that they are to run. Templates have no state of their own.
pub fn parse_names(text: &str) -> BTreeSet<UnitName> {
    let mut names = BTreeSet::new();
    for line in text.lines() {
        let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
        let mut words = rest.split_ascii_whitespace().skip_while(|word| !is_unit(word));
        let (Some(name), Some(state)) = (words.next(), words.next()) else { continue };
        let wanted = match word {
            "loaded" => state == "loaded",
            "file" => state.starts_with("enabled") || state == "linked",
            _ => false,
        };
        if wanted && !name.contains("@.") && names.len() < MOST_UNITS {
            names.insert(UnitName::new(clean(name, 256)));
        }
    }
    names
}

fn is_unit(word: &str) -> bool {
    word.rsplit_once('.').is_some_and(|(_, kind)| kind == "service" || kind == "timer")
}

/// Which of some files belong to a package, by an answer of `qd_survey_owned`. None where nobody
/// can tell, as without a package manager that we know.
pub fn parse_owned(text: &str, asked: &[String]) -> Option<BTreeSet<String>> {
    let by = text.lines().next()?.strip_prefix("by ")?;
    let said: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("owned ")).collect();
    let owned = asked.iter().filter(|path| match by {
        // `nginx-common: /lib/systemd/system/nginx.service`
        "dpkg" => said.iter().any(|line| line.split_once(": ").is_some_and(|(_, p)| p == *path)),
        // `file /etc/x is not owned by any package`; of an owned one, its package's name.
        "rpm" => !said.iter().any(|line| {
            let rest = line.strip_prefix("file ").or_else(|| line.strip_prefix("error: file "));
            rest.and_then(|rest| rest.strip_prefix(path.as_str())).is_some_and(|rest| {
                rest.starts_with(" is not owned") || rest.starts_with(": No such file")
            })
        }),
        // `/usr/lib/systemd/system/x.service is owned by x 1.2-3`
        _ => said.iter().any(|line| {
            line.strip_prefix(path.as_str()).is_some_and(|rest| rest.starts_with(" is owned by "))
        }),
    });
    Some(owned.cloned().collect())
}

/// What more is asked of a unit than [`super::properties::NAMES`].
pub const MORE: &str =
    "Id,Requires,Requisite,BindsTo,After,ExecStart,Unit,TimersCalendar,TimersMonotonic";

/// What systemd says in answer to [`MORE`].
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct More {
    /// Units that it requires or is started after.
    pub after: Vec<UnitName>,
    /// Programs and scripts that it starts, with their arguments.
    pub commands: Vec<String>,
    /// For a timer, what it starts.
    pub starts: Option<UnitName>,
    /// For a timer, when, as `OnCalendar=` or `OnUnitActiveSec=` writes it.
    pub calendar: Vec<String>,
}

/// Reads records of `systemctl show`: each unit with what more is known of it.
pub fn parse_more(text: &str) -> Vec<(UnitName, More)> {
    let mut all = Vec::new();
    for record in text.split("\n\n") {
        let mut properties = Properties::default();
        let mut more = More::default();
        for (name, value) in record.lines().filter_map(|line| line.split_once('=')) {
            match name {
                // One line a command: `{ path=/bin/a ; argv[]=/bin/a b ; ignore_errors=no ; … }`.
                "ExecStart" => more.commands.extend(
                    value
                        .split_once("argv[]=")
                        .and_then(|(_, rest)| rest.split_once(" ; "))
                        .map(|(argv, _)| clean(argv, 4096)),
                ),
                // `{ OnCalendar=*-*-* 03:00:00 ; next_elapse=… }`
                "TimersCalendar" => more.calendar.extend(
                    value
                        .split_once("OnCalendar=")
                        .and_then(|(_, rest)| rest.split_once(" ; "))
                        .map(|(when, _)| clean(when, 200)),
                ),
                // `{ OnUnitActiveUSec=1d ; next_elapse=1d 6h }`; others run once.
                "TimersMonotonic" => more.calendar.extend(
                    value
                        .split_once("OnUnitActiveUSec=")
                        .and_then(|(_, rest)| rest.split_once(" ; "))
                        .map(|(span, _)| format!("{}{}", calendar::AGAIN, clean(span, 200))),
                ),
                _ => {
                    properties.0.insert(name.to_owned(), Value::Text(value.to_owned()));
                }
            }
        }
        let words = |name: &str| match properties.0.get(name) {
            Some(Value::Text(text)) => text.split(' ').map(|word| clean(word, 256)).collect(),
            _ => Vec::new(),
        };
        let after = ["Requires", "Requisite", "BindsTo", "After"].into_iter().flat_map(words);
        more.after = after
            .filter(|name| name.ends_with(".service"))
            .map(UnitName::new)
            .collect::<BTreeSet<_>>()
            .into_iter()
            .take(64)
            .collect();
        more.starts = words("Unit").into_iter().find(|unit| is_unit(unit)).map(UnitName::new);
        more.commands.truncate(16);
        more.calendar.truncate(16);
        if let Some(id) = words("Id").into_iter().find(|id| !id.is_empty()) {
            all.push((UnitName::new(id), more));
        }
    }
    all
}

/// Reads an answer of `qd_survey_paths`: for each path asked, whether it is a directory. None
/// where nobody said.
pub fn parse_paths(text: &str, asked: usize) -> Vec<Option<bool>> {
    let mut kinds = vec![None; asked];
    for (place, kind) in text.lines().filter_map(|line| line.split_once(' ')) {
        if let Some(slot) = place.parse().ok().and_then(|place: usize| kinds.get_mut(place)) {
            *slot = Some(kind == "directory");
        }
    }
    kinds
}

/// Reads an answer of `qd_survey_read`: texts by path.
pub fn parse_files(text: &str, asked: &[String]) -> BTreeMap<String, String> {
    let mut texts: BTreeMap<String, String> = BTreeMap::new();
    let mut path = None;
    for line in text.lines() {
        if let Some(place) = line.strip_prefix("file ") {
            path = place.parse().ok().and_then(|place: usize| asked.get(place));
        } else if let (Some(path), Some(line)) = (path, line.strip_prefix(' ')) {
            let text = texts.entry(path.clone()).or_default();
            text.push_str(line);
            text.push('\n');
        }
    }
    texts
}

/// Reads an answer of `qd_survey_docker`; where docker is there and does not say, why.
pub fn parse_containers(text: &str) -> Result<Vec<FoundContainer>, String> {
    if let Some(refusal) = text.lines().find_map(|line| line.strip_prefix("refused ")) {
        return Err(if refusal.to_ascii_lowercase().contains("permission denied") {
            "docker is there and may not be asked, so containers are missing here: add the user to \
             the group docker, or allow sudo -n"
                .to_owned()
        } else {
            format!("docker is there and does not answer: {}", clean(refusal, 300))
        });
    }
    let lines = text.lines().filter_map(|line| line.strip_prefix("container "));
    let found = lines.filter_map(|line| {
        let mut parts = line.splitn(5, '|').map(|part| clean(part, 256).into_boxed_str());
        let name = parts.next().filter(|name| !name.is_empty())?;
        Some(FoundContainer {
            name,
            image: parts.next()?,
            project: parts.next()?,
            service: parts.next()?,
            ports: parts.next()?,
        })
    });
    Ok(found.take(500).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_loaded_units_and_enabled_files() {
        // systemd 252; a failed unit has a dot before it on older ones.
        let text = "loaded   nginx.service loaded active running A web server\n\
            loaded ● gone.service not-found inactive dead gone.service\n\
            loaded ● bad.service loaded failed failed Bad\n\
            file api.service enabled enabled\nfile tmpl@.service enabled enabled\n\
            file off.service disabled enabled\nfile tick.timer enabled enabled\n";
        let names: Vec<String> = parse_names(text).iter().map(ToString::to_string).collect();
        assert_eq!(names, ["api.service", "bad.service", "nginx.service", "tick.timer"]);
    }

    #[test]
    fn each_package_manager_says_it_its_own_way() {
        let asked = ["/lib/a.service".to_owned(), "/lib/b.service".to_owned()];
        for text in [
            "by dpkg\nowned a-common, a: /lib/a.service\n",
            "by rpm\nowned a-1.0-1.x86_64\nowned file /lib/b.service is not owned by any package\n",
            "by pacman\nowned /lib/a.service is owned by a 1.0-1\n",
        ] {
            let owned = parse_owned(text, &asked).unwrap();
            assert!(owned.contains("/lib/a.service") && owned.len() == 1, "{text}: {owned:?}");
        }
        assert_eq!(parse_owned("", &asked), None);
    }

    #[test]
    fn more_of_a_unit() {
        let text = "Id=api.service\nRequires=system.slice postgresql.service\nAfter=network.target \
            redis.service\nExecStart={ path=/usr/bin/x ; argv[]=/usr/bin/x --a b ; ignore_errors=no }\n\
            \nId=t.timer\nUnit=t.service\nTimersCalendar={ OnCalendar=*-*-* 03:00:00 ; next_elapse=n/a }\n\
            TimersMonotonic={ OnUnitActiveUSec=1d ; next_elapse=1d 6h }\n";
        let more = parse_more(text);
        let after: Vec<&str> = more[0].1.after.iter().map(UnitName::as_str).collect();
        assert_eq!(after, ["postgresql.service", "redis.service"]);
        assert_eq!(more[0].1.commands, ["/usr/bin/x --a b"]);
        assert_eq!(more[1].1.starts, Some(UnitName::new("t.service")));
        assert_eq!(more[1].1.calendar, ["*-*-* 03:00:00", "OnUnitActiveSec=1d"]);
    }

    #[test]
    fn containers_are_read_or_denied() {
        // Docker 27.
        let denied =
            "refused permission denied while trying to connect to the Docker daemon socket\n";
        assert!(parse_containers(denied).unwrap_err().contains("group docker"));
        let down = "refused Cannot connect to the Docker daemon. Is the docker daemon running?\n";
        assert!(parse_containers(down).unwrap_err().contains("does not answer: Cannot connect"));
        let found = parse_containers("container db|postgres:15|shop|db|5432/tcp\ncontainer |x\n");
        assert_eq!(found.unwrap()[0].project.as_ref(), "shop");
    }
}

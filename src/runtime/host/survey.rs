//! A close look at a host for `init`: one connection, one channel, one question after the other.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use tokio::time::timeout;

use super::line::Line;
use super::{Connector, connect, ports};
use crate::model::fault::{Fault, FaultKind};
use crate::model::ids::UnitName;
use crate::model::port::Sockets;
use crate::model::spec::{HostSpec, Sudo};
use crate::model::survey::{FoundBackup, FoundData, FoundUnit, Survey, Why};
use crate::model::unit::UnitFacts;
use crate::probe::facts::parse_facts;
use crate::probe::jobs::tables::parse_tables;
use crate::probe::properties::NAMES;
use crate::probe::survey::{self as probe, More, apps, backups, calendar, cron, data, health};
use crate::probe::units::parse_units;
use crate::runtime::transport::Transport;

/// For one question; the collector's own limits end before it.
const DEADLINE: Duration = Duration::from_secs(30);
/// For asking an application for its health: seven paths of two seconds a port, most of which do
/// not need them.
const HEALTH_DEADLINE: Duration = Duration::from_secs(60);
/// For the whole look.
const WHOLE: Duration = Duration::from_secs(180);
/// As many units are asked about in one question.
const CHUNK: usize = 100;
/// As many ports are asked for their health.
const MOST_PORTS: usize = 64;
/// As many scripts are read.
const MOST_SCRIPTS: usize = 64;

/// Connects a host and looks at it.
pub async fn survey(spec: &HostSpec, connector: &Connector) -> Result<Survey, Fault> {
    let transport = connect(&spec.reach, connector, false, false).await?;
    let mut look = Look { transport: &*transport, line: Line::default(), how: "plain" };
    tokio::select! {
        fault = transport.lost() => Err(fault),
        found = timeout(WHOLE, look.whole(spec.sudo)) => found.unwrap_or_else(|_late| {
            Err(Fault::new(
                FaultKind::TimedOut,
                format!("look at {}", spec.name),
                format!("not done within {} s", WHOLE.as_secs()),
            ))
        }),
    }
}

struct Look<'a> {
    transport: &'a dyn Transport,
    line: Line,
    /// How what only root may see is seen.
    how: &'static str,
}

impl Look<'_> {
    async fn ask(&self, function: &str, arguments: &[String]) -> Result<String, Fault> {
        let mut argv = vec![function];
        argv.extend(arguments.iter().map(String::as_str));
        let deadline = if function == "qd_survey_http" { HEALTH_DEADLINE } else { DEADLINE };
        Ok(self.line.ask(self.transport, &argv, deadline).await?.text)
    }

    /// With how it may look as the first argument.
    async fn ask_as(&self, function: &str, arguments: &[String]) -> Result<String, Fault> {
        let how = std::iter::once(self.how.to_owned());
        let all: Vec<String> = how.chain(arguments.iter().cloned()).collect();
        self.ask(function, &all).await
    }

    async fn whole(&mut self, sudo: Sudo) -> Result<Survey, Fault> {
        let policy = if sudo == Sudo::Never { "never" } else { "auto" };
        let facts = parse_facts(&self.ask("qd_facts", &[policy.to_owned()]).await?);
        if facts.sudo && facts.user != "root" {
            self.how = "sudo";
        }
        let mut found =
            Survey { os: facts.os.clone(), systemd: facts.systemd.clone(), ..Survey::default() };
        if facts.systemd.is_none() {
            found.warnings.push("systemd does not run here, so no unit can be found".to_owned());
        }
        if facts.user != "root" && !facts.sudo {
            found.warnings.push(format!(
                "read as {}, without sudo: jobs of other users and owners of ports may be missing",
                facts.user
            ));
        }
        let mut owners = ports::Owners::default();
        let sockets = ports::look(self.transport, &self.line, self.how, &mut owners)
            .await
            .unwrap_or_else(|fault| {
                found.warnings.push(format!("ports: {fault}"));
                Sockets::default()
            });
        self.units(&sockets, &mut found).await?;
        self.jobs(&mut found).await?;
        self.health(&mut found).await?;
        let containers = self.ask_as("qd_survey_docker", &[]).await?;
        match probe::parse_containers(&containers) {
            Ok(containers) => found.containers = containers,
            Err(why) => found.warnings.push(why),
        }
        Ok(found)
    }

    /// Facts of all units that may be meant.
    async fn read_units(&self) -> Result<Vec<(UnitName, UnitFacts)>, Fault> {
        let names: Vec<String> = probe::parse_names(&self.ask("qd_survey_units", &[]).await?)
            .iter()
            .map(ToString::to_string)
            .collect();
        let mut units: BTreeMap<UnitName, UnitFacts> = BTreeMap::new();
        for chunk in names.chunks(CHUNK) {
            let properties = std::iter::once(NAMES.join(","));
            let arguments: Vec<String> = properties.chain(chunk.iter().cloned()).collect();
            // An alias answers with its unit's own name.
            units.extend(parse_units(&self.ask("qd_units", &arguments).await?).0);
        }
        Ok(units.into_iter().collect())
    }

    async fn owned(&self, files: &BTreeSet<String>) -> Result<Option<BTreeSet<String>>, Fault> {
        let asked: Vec<String> = files.iter().flat_map(|file| apps::spellings(file)).collect();
        if asked.is_empty() {
            return Ok(None);
        }
        Ok(probe::parse_owned(&self.ask("qd_survey_owned", &asked).await?, &asked))
    }

    async fn units(&self, sockets: &Sockets, found: &mut Survey) -> Result<(), Fault> {
        let units = self.read_units().await?;
        let files: BTreeSet<String> = units
            .iter()
            .map(|(_, facts)| facts.fragment.to_string())
            // To a package manager a backslash is no name.
            .filter(|file| file.starts_with('/') && !file.contains('\\'))
            .collect();
        let owned = self.owned(&files).await?;
        let sorted = apps::sort(sockets);
        for (unit, facts) in units {
            let ports = sorted.by_unit.get(&unit).cloned().unwrap_or_default();
            let is_owned =
                owned.as_ref().filter(|_| files.contains(&*facts.fragment)).map(|owned| {
                    apps::spellings(&facts.fragment).iter().any(|file| owned.contains(file))
                });
            match apps::why(&unit, &facts, is_owned, &ports) {
                Ok(why) => found.units.push(FoundUnit {
                    directory: apps::directory(&facts, sockets),
                    unit,
                    facts,
                    why,
                    ports,
                    data: Vec::new(),
                    health: None,
                    after: Vec::new(),
                    starts: None,
                }),
                Err(Some(reason)) => found.left_out.push((unit, reason)),
                Err(None) => {}
            }
        }
        strangers(&sorted.strangers, sockets, found);
        self.more(found).await?;
        self.data(found).await
    }

    /// What units are started after, what timers start, and backups among timers' jobs.
    async fn more(&self, found: &mut Survey) -> Result<(), Fault> {
        let mut mores: BTreeMap<UnitName, More> = BTreeMap::new();
        let names: Vec<String> = found.units.iter().map(|unit| unit.unit.to_string()).collect();
        for chunk in names.chunks(CHUNK) {
            let arguments: Vec<String> =
                std::iter::once(probe::MORE.to_owned()).chain(chunk.iter().cloned()).collect();
            mores.extend(probe::parse_more(&self.ask("qd_units", &arguments).await?));
        }
        let mut jobs = Vec::new();
        for unit in &mut found.units {
            let Some(more) = mores.get(&unit.unit) else { continue };
            unit.after.clone_from(&more.after);
            unit.starts.clone_from(&more.starts);
            let Some(started) = more.starts.as_ref().and_then(|unit| mores.get(unit)) else {
                continue;
            };
            for command in &started.commands {
                let schedule = more.calendar.join(", ");
                jobs.push(cron::Job {
                    place: unit.unit.to_string(),
                    schedule,
                    command: command.clone(),
                });
            }
        }
        self.archives(&jobs, found).await
    }

    /// Directories that units write to: those of them that are there.
    async fn data(&self, found: &mut Survey) -> Result<(), Fault> {
        let mut asked: Vec<(usize, FoundData)> = Vec::new();
        for (place, unit) in found.units.iter().enumerate() {
            let candidates = data::candidates(unit).into_iter();
            asked.extend(candidates.map(|candidate| (place, candidate)));
        }
        asked.truncate(1000);
        let paths: Vec<String> = asked.iter().map(|(_, data)| data.path.to_string()).collect();
        if paths.is_empty() {
            return Ok(());
        }
        let there = probe::parse_paths(&self.ask_as("qd_survey_paths", &paths).await?, paths.len());
        for ((place, data), there) in asked.into_iter().zip(there) {
            if let Some(unit) = found.units.get_mut(place).filter(|_| there == Some(true)) {
                unit.data.push(data);
            }
        }
        for unit in &mut found.units {
            data::choose(&mut unit.data);
        }
        Ok(())
    }

    /// Backups among the jobs of cron.
    async fn jobs(&self, found: &mut Survey) -> Result<(), Fault> {
        let mut jobs = cron::jobs(&parse_tables(&self.ask_as("qd_tables", &[]).await?));
        let files: BTreeSet<String> =
            jobs.iter().map(|job| job.place.clone()).filter(|p| p.starts_with("/etc/")).collect();
        if let Some(owned) = self.owned(&files).await? {
            jobs.retain(|job| job.place == "/etc/crontab" || !owned.contains(&job.place));
        }
        self.archives(&jobs, found).await
    }

    async fn archives(&self, jobs: &[cron::Job], found: &mut Survey) -> Result<(), Fault> {
        let mut scripts: Vec<String> =
            jobs.iter().flat_map(|job| backups::scripts(&job.command)).collect();
        scripts.sort();
        scripts.dedup();
        scripts.truncate(MOST_SCRIPTS);
        let texts = if scripts.is_empty() {
            BTreeMap::new()
        } else {
            probe::parse_files(&self.ask_as("qd_survey_read", &scripts).await?, &scripts)
        };
        for job in jobs {
            let own = (None, job.command.clone());
            let read = backups::scripts(&job.command).into_iter().filter_map(|path| {
                let text = texts.get(&path)?.clone();
                Some((Some(path.into_boxed_str()), text))
            });
            for (script, text) in std::iter::once(own).chain(read) {
                let archives = backups::archives(&text).into_iter();
                found.backups.extend(archives.map(|archive| {
                    FoundBackup {
                        place: job.place.clone(),
                        schedule: job.schedule.clone(),
                        every: cron::longest_pause(&job.schedule)
                            .or_else(|| calendar::longest_pause(&job.schedule)),
                        script: script.clone(),
                        tool: archive.tool,
                        sources: archive.sources,
                        target: archive.target,
                        keep: archive.keep,
                    }
                }));
            }
        }
        found.backups.truncate(100);
        Ok(())
    }

    /// Which ports say that they are healthy.
    async fn health(&self, found: &mut Survey) -> Result<(), Fault> {
        let asked: BTreeSet<String> = found
            .units
            .iter()
            .flat_map(|unit| &unit.ports)
            .filter(|port| apps::may_be_http(port))
            .filter_map(apps::own_address)
            .take(MOST_PORTS)
            .collect();
        if asked.is_empty() {
            return Ok(());
        }
        let asked: Vec<String> = asked.into_iter().collect();
        let answers = match self.ask("qd_survey_http", &asked).await {
            Ok(text) => health::parse(&text),
            Err(fault) => {
                found.warnings.push(format!("health: {fault}"));
                return Ok(());
            }
        };
        for unit in &mut found.units {
            unit.health = unit.ports.iter().filter_map(apps::own_address).find_map(|address| {
                let answer = answers.iter().find(|(asked, _)| *asked == address)?;
                Some(answer.1.clone())
            });
        }
        Ok(())
    }
}

/// Ports that no unit holds: of a process in a unit's own directory they are that unit's, started
/// by hand; others are told.
fn strangers(sockets: &[crate::model::port::Socket], all: &Sockets, found: &mut Survey) {
    let mut rest: BTreeMap<(u16, &str, String), Vec<String>> = BTreeMap::new();
    for socket in sockets {
        let directory = socket
            .pids
            .iter()
            .find_map(|pid| all.processes.get(pid)?.directory.as_deref())
            .filter(|directory| *directory != "/");
        let mut homes = found
            .units
            .iter_mut()
            .filter(|unit| unit.why == Why::Own && unit.directory.as_deref() == directory);
        let label = apps::label(socket, all);
        // Where several units share it, nobody knows whose it is.
        if let (Some(_), Some(home), None) = (directory, homes.next(), homes.next()) {
            apps::put(&mut home.ports, socket, Some(label.into()));
        } else {
            let same = rest.entry((socket.port, socket.protocol.name(), label)).or_default();
            same.push(socket.address.to_string());
        }
    }
    for ((port, protocol, label), addresses) in rest.into_iter().take(50) {
        let addresses = addresses.join(", ");
        found.strangers.push(format!("{protocol} {port} ({addresses}): {label}"));
    }
}

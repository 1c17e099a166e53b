//! The ports of several environments beside each other: for each purpose of a service, on which
//! port it is met in each environment, and from where.

use std::collections::BTreeMap;
use std::time::Duration;

use super::fleet::Env;
use super::ids::ServiceName;
use super::port::{PortSpec, PortVerdict, Protocol};
use super::ports::{self, PortRow};
use super::severity::Severity;
use super::spec::Tier;
use super::time::Timestamp;

/// What a line of the table is about.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Purpose<'a> {
    /// A port that services declare: the service without its environment's name, what the port is
    /// for, and which one of those without a name.
    Declared {
        /// `mcp` of `mcp-dev` in `dev`.
        service: &'a str,
        /// Such as `sse`; empty where the config does not say.
        name: &'a str,
        /// Counted from 0 among the service's ports of that name.
        nth: usize,
    },
    /// One that nobody declares, or that may not listen there.
    Undeclared(u16, Protocol),
}

/// A port of a purpose in one environment, on one or more hosts.
#[derive(Clone, Debug)]
pub struct Meeting<'a> {
    /// Who declares it; none for one that nobody does.
    pub declared: Option<(&'a ServiceName, &'a PortSpec)>,
    /// What was found on each host that was read.
    pub rows: Vec<PortRow<'a>>,
    /// Hosts whose ports were not read yet.
    pub unread: usize,
}

impl<'a> Meeting<'a> {
    /// What was found where it is worst.
    pub fn worst(&self) -> Option<&PortRow<'a>> {
        // Of equals the first, so that a frame is as the one before.
        self.rows.iter().rev().max_by_key(|row| row.severity.rank())
    }

    /// How bad it is; what was not read is not known.
    pub fn severity(&self) -> Severity {
        let unread = if self.unread > 0 { Severity::Unknown } else { Severity::Ok };
        self.worst().map_or(Severity::Unknown, |row| row.severity).max(unread)
    }
}

/// A line: what is met in each environment, in the order of [`PortTable::envs`].
#[derive(Clone, Debug)]
pub struct Line<'a> {
    /// What it is about.
    pub purpose: Purpose<'a>,
    /// Nothing where the environment has no such port.
    pub cells: Vec<Vec<Meeting<'a>>>,
}

/// The table.
#[derive(Clone, Debug)]
pub struct PortTable<'a> {
    /// Columns.
    pub envs: Vec<&'a Env>,
    /// By service, then by purpose; those that nobody declares at the end.
    pub lines: Vec<Line<'a>>,
    /// Listeners that nobody has to declare, such as ssh.
    pub kept: usize,
    /// Hosts whose ports were not read yet.
    pub unread: usize,
}

impl<'a> PortTable<'a> {
    /// Of these environments.
    pub fn new(envs: Vec<&'a Env>, interval: Duration, now: Timestamp) -> Self {
        let columns = envs.len();
        let mut filling = Filling { columns, ..Filling::default() };
        for (column, env) in envs.iter().copied().enumerate() {
            for host in env.hosts.values() {
                if host.ports.value().is_none() {
                    filling.unread += 1;
                }
                for (service, instance) in &host.instances {
                    let specs = &instance.promises.ports;
                    for (place, spec) in specs.iter().enumerate() {
                        let before = specs.iter().take(place);
                        let nth = before.filter(|other| other.name == spec.name).count();
                        let key = (spec.port, spec.protocol);
                        let found = ports::judge_one(env, host, key, interval, now);
                        let name = spec.name.as_deref().unwrap_or("");
                        let purpose =
                            Purpose::Declared { service: family(service.as_str(), env), name, nth };
                        filling.add(column, purpose, Some((service, spec)), found);
                    }
                }
                for row in ports::judge(env, host, interval, now) {
                    if row.declared.is_empty() && row.verdict == PortVerdict::Ok {
                        filling.kept += 1;
                    } else if row.declared.is_empty() {
                        let purpose = Purpose::Undeclared(row.port, row.protocol);
                        filling.add(column, purpose, None, Some(row));
                    }
                }
            }
        }
        let lines = filling.lines.into_iter();
        let lines = lines.map(|(purpose, cells)| Line { purpose, cells }).collect();
        Self { envs, lines, kept: filling.kept, unread: filling.unread }
    }
}

#[derive(Default)]
struct Filling<'a> {
    columns: usize,
    lines: BTreeMap<Purpose<'a>, Vec<Vec<Meeting<'a>>>>,
    kept: usize,
    unread: usize,
}

impl<'a> Filling<'a> {
    fn add(
        &mut self,
        column: usize,
        purpose: Purpose<'a>,
        declared: Option<(&'a ServiceName, &'a PortSpec)>,
        found: Option<PortRow<'a>>,
    ) {
        let columns = self.columns;
        let cells = self.lines.entry(purpose).or_insert_with(|| vec![Vec::new(); columns]);
        let Some(cell) = cells.get_mut(column) else { return };
        let unread = usize::from(found.is_none());
        match cell.iter_mut().find(|meeting| meeting.declared == declared) {
            Some(meeting) => {
                meeting.rows.extend(found);
                meeting.unread += unread;
            }
            None => cell.push(Meeting { declared, rows: found.into_iter().collect(), unread }),
        }
    }
}

/// A service's name without that of its environment: `mcp-dev` in a development environment is
/// what `mcp` is elsewhere.
fn family<'a>(service: &'a str, env: &Env) -> &'a str {
    let short: &[&str] = match env.tier {
        Tier::Production => &["production", "prod"],
        Tier::Staging => &["staging", "stage"],
        Tier::Development => &["development", "dev"],
        Tier::Local => &["local"],
    };
    let ends = short.iter().copied().chain([env.name.as_str()]);
    let cut = ends.filter_map(|end| service.strip_suffix(end)?.strip_suffix(['-', '_', '.', '@']));
    cut.filter(|rest| !rest.is_empty()).min_by_key(|rest| rest.len()).unwrap_or(service)
}

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

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::model::fleet::Fleet;
    use crate::model::host::Link;
    use crate::model::limits::Limits;
    use crate::model::port::{Socket, Sockets};
    use crate::model::spec::{
        ConsoleSpec, EnvSpec, FleetSpec, HostSpec, Kind, Promises, Reach, ServiceSpec, Sudo,
    };

    const NOW: Timestamp = Timestamp::from_secs(1_795_230_000);

    fn env(name: &str, tier: Tier, service: &str, ports: &[(u16, Option<&str>)]) -> EnvSpec {
        let spec = |(port, name): &(u16, Option<&str>)| PortSpec {
            port: *port,
            protocol: Protocol::Tcp,
            name: name.map(Into::into),
            bind: None,
        };
        let promises = Promises { ports: ports.iter().map(spec).collect(), ..Promises::default() };
        let host = |name: &str| HostSpec {
            name: name.into(),
            reach: Reach::Local,
            sudo: Sudo::Auto,
            limits: Limits::default(),
        };
        EnvSpec {
            name: name.into(),
            tier,
            protected: false,
            hosts: vec![host("a"), host("b")],
            services: vec![ServiceSpec {
                name: service.into(),
                hosts: vec!["a".into(), "b".into()],
                kind: Kind::Unit("x.service".into()),
                promises: Arc::new(promises),
            }],
            ports: Vec::new(),
            silences: Vec::new(),
            backups: Arc::default(),
            syncs: Arc::default(),
            windows: Arc::default(),
        }
    }

    fn fleet() -> Fleet {
        let envs = vec![
            env("live", Tier::Production, "mcp", &[(3444, Some("http")), (80, None), (81, None)]),
            env("dev-2", Tier::Development, "mcp-dev", &[(3446, Some("http")), (90, None)]),
        ];
        let spec = FleetSpec { console: ConsoleSpec::default(), envs, ..FleetSpec::default() };
        Fleet::new(&spec)
    }

    fn listen(fleet: &mut Fleet, env: usize, host: &str, ports: &[u16]) {
        let host = fleet.envs[env].hosts.get_mut(&host.into()).unwrap();
        let socket = |port: &u16| Socket {
            protocol: Protocol::Tcp,
            address: [0, 0, 0, 0].into(),
            port: *port,
            uid: None,
            inode: 1,
            cgroup: Some("/system.slice/x.service".into()),
            pids: vec![7],
            waiting: 0,
            backlog: 1,
        };
        host.link = Link::Connected;
        let list = ports.iter().map(socket).collect();
        host.ports.see(Sockets { list, ..Sockets::default() }, NOW);
    }

    fn table(fleet: &Fleet) -> PortTable<'_> {
        PortTable::new(fleet.envs.iter().collect(), Duration::from_secs(5), NOW)
    }

    #[test]
    fn the_same_purpose_is_one_line_in_all_environments() {
        let fleet = fleet();
        let table = table(&fleet);
        let ports = |line: &Line<'_>| -> Vec<Option<u16>> {
            let port = |cell: &Vec<Meeting<'_>>| cell.first().map(|m| m.declared.unwrap().1.port);
            line.cells.iter().map(port).collect()
        };
        let found: Vec<_> =
            table.lines.iter().map(|line| (line.purpose.clone(), ports(line))).collect();
        let of = |name, nth| Purpose::Declared { service: "mcp", name, nth };
        assert_eq!(
            found,
            [
                (of("", 0), vec![Some(80), Some(90)]),
                (of("", 1), vec![Some(81), None]),
                (of("http", 0), vec![Some(3444), Some(3446)]),
            ]
        );
    }

    #[test]
    fn what_was_not_read_is_not_known() {
        let mut fleet = fleet();
        listen(&mut fleet, 0, "a", &[80]);
        let table = table(&fleet);
        assert_eq!(table.unread, 3);
        let meeting = &table.lines[0].cells[0][0];
        assert_eq!((meeting.rows.len(), meeting.unread), (1, 1));
        assert_eq!(table.lines[0].cells[1][0].severity(), Severity::Unknown);
        assert!(table.lines[0].cells[0][0].severity().is_problem());
    }

    #[test]
    fn a_listener_that_nobody_declares_has_a_line_and_ssh_has_none() {
        let mut fleet = fleet();
        listen(&mut fleet, 1, "b", &[22, 9229]);
        let table = table(&fleet);
        let last = table.lines.last().unwrap();
        assert_eq!(last.purpose, Purpose::Undeclared(9229, Protocol::Tcp));
        assert!(last.cells[0].is_empty());
        assert_eq!(last.cells[1][0].worst().unwrap().verdict, PortVerdict::Undeclared);
        assert_eq!(table.kept, 1);
    }

    #[test]
    fn an_environments_name_is_no_part_of_the_family() {
        let fleet = fleet();
        let [live, dev] = [&fleet.envs[0], &fleet.envs[1]];
        assert_eq!(family("mcp-dev", dev), "mcp");
        assert_eq!(family("mcp-dev-2", dev), "mcp");
        assert_eq!(family("mcp-dev", live), "mcp-dev");
        assert_eq!(family("mcp_prod", live), "mcp");
        assert_eq!(family("dev", dev), "dev");
        assert_eq!(family("-dev", dev), "-dev");
    }
}

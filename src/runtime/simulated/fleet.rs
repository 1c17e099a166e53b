//! All hosts of a scenario.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::acts::Acts;
use super::declared;
use super::generate::{self, Size};
use super::scenario::{EnvPart, HostPart, Meant, Scenario, ServicePart};
use super::site::{Service, Site, stock};
use super::{Host, noise, scenarios};
use crate::model::fault::{Fault, FaultKind};
use crate::model::ids::{EnvName, HostId, HostName, ServiceName, UnitName};
use crate::model::limits::Limits;
use crate::model::port::{Bind, PortRange, PortSpec, Protocol};
use crate::model::spec::{
    ConsoleSpec, EnvSpec, FleetSpec, HostSpec, Kind, Promises, Reach, ServiceSpec, Sudo, Tier,
};
use crate::model::text::clean;
use crate::model::time::Timestamp;
use crate::probe::jobs::timers::is_timer;
use crate::runtime::clock;

/// The hosts of a scenario. Its time begins when it is made.
#[derive(Debug)]
pub struct Fleet {
    sites: BTreeMap<String, Arc<Site>>,
    spec: FleetSpec,
}

impl Fleet {
    /// A scenario that is built in; see [`scenarios`].
    pub fn named(name: &str) -> Result<Self, Fault> {
        let Some(scenario) = scenarios().iter().find(|scenario| scenario.name == name) else {
            let known: Vec<_> = scenarios().iter().map(|scenario| scenario.name).collect();
            return Err(fault(format!("there is no `{}`", clean(name, 64)))
                .remedy(format!("known are: {}", known.join(", "))));
        };
        Self::parse(scenario.text)
    }

    /// A scenario's text.
    pub fn parse(text: &str) -> Result<Self, Fault> {
        let scenario: Scenario = toml::from_str(text).map_err(|error| {
            let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
            let line = before.matches('\n').count() + 1;
            fault(format!("line {line}: {}", clean(error.message(), 300)))
        })?;
        let mut fleet = match scenario.fleet {
            Some(part) => Self::generated(&Size {
                hosts: part.hosts,
                services: part.services,
                every: std::time::Duration::from_micros(part.every.cast_unsigned()),
            }),
            None => Self { sites: BTreeMap::new(), spec: FleetSpec::default() },
        };
        for env in scenario.env {
            fleet.add(env)?;
        }
        Ok(fleet)
    }

    /// Many hosts, with the same services on each.
    pub fn generated(size: &Size) -> Self {
        let began = clock::now();
        let mut fleet = Self { sites: BTreeMap::new(), spec: FleetSpec::default() };
        let services = generate::services(size);
        let mut on_host: Vec<Service> = services
            .iter()
            .map(|part| Service {
                unit: UnitName::new(&part.unit),
                life: part.life.clone(),
                part: Arc::clone(part),
            })
            .collect();
        on_host.extend(stock());
        let on_host: Arc<[Service]> = on_host.into();
        for (env, tier, hosts) in generate::environments(size.hosts) {
            let hosts: Vec<HostPart> = hosts.collect();
            fleet.describe((env, tier, &[]), &hosts, &services);
            for part in hosts {
                fleet.place(env, Arc::new(part), Arc::clone(&on_host), began);
            }
        }
        fleet
    }

    /// What a config that names these hosts would say.
    pub fn spec(&self) -> FleetSpec {
        self.spec.clone()
    }

    /// Connects a host by the name in its [`Reach::Simulated`].
    pub fn host(&self, name: &str) -> Result<Host, Fault> {
        let Some(site) = self.sites.get(name) else {
            return Err(Fault::new(
                FaultKind::Missing,
                format!("find {}", clean(name, 64)),
                "the scenario has no such host",
            ));
        };
        match site.refusal(site.now()) {
            Some(fault) => Err(fault),
            None => Ok(Host(Arc::clone(site))),
        }
    }

    fn add(&mut self, env: EnvPart) -> Result<(), Fault> {
        let began = clock::now();
        let services: Vec<Arc<ServicePart>> = env
            .service
            .into_iter()
            .map(|mut part| {
                if part.unit.is_empty() {
                    part.unit = format!("{}.service", part.name);
                }
                if part.description.is_empty() {
                    part.description.clone_from(&part.name);
                }
                Arc::new(part)
            })
            .collect();
        for part in &services {
            let named = part.hosts.iter().chain(part.on.keys());
            for host in named {
                if !env.host.iter().any(|known| known.name == *host) {
                    let what = format!("{} runs on {host}, which {} has not", part.name, env.name);
                    return Err(fault(what));
                }
            }
        }
        let declared =
            declared::read(&env.name, &env.host, &services, &env.config).map_err(fault)?;
        self.describe((&env.name, env.tier, &env.ports), &env.host, &services);
        if let (Some(spec), Some(more)) = (self.spec.envs.last_mut(), declared) {
            spec.services.extend(more.services);
            spec.backups = more.backups;
            spec.silences = more.silences;
        }
        for mut host in env.host {
            if host.address.is_empty() {
                host.address.clone_from(&host.name);
            }
            let mut on_host: Vec<Service> = services
                .iter()
                .filter(|part| runs_on(part, &host.name))
                .map(|part| Service {
                    unit: UnitName::new(&part.unit),
                    life: part.on.get(&host.name).unwrap_or(&part.life).clone(),
                    part: Arc::clone(part),
                })
                .collect();
            let declared = |unit: &UnitName| on_host.iter().any(|known| known.unit == *unit);
            let more: Vec<_> = stock().into_iter().filter(|s| !declared(&s.unit)).collect();
            on_host.extend(more);
            self.place(&env.name, Arc::new(host), on_host.into(), began);
        }
        Ok(())
    }

    fn place(
        &mut self,
        env: &str,
        part: Arc<HostPart>,
        services: Arc<[Service]>,
        began: Timestamp,
    ) {
        let site = Site {
            name: part.name.clone(),
            seed: noise::seed(&[env, &part.name]),
            began,
            part,
            services,
            acts: Acts::default(),
        };
        self.sites.insert(reach(env, &site.name), Arc::new(site));
    }

    fn describe(
        &mut self,
        (env, tier, ports): (&str, Tier, &[u16]),
        hosts: &[HostPart],
        on: &[Arc<ServicePart>],
    ) {
        let names: Vec<HostName> = hosts.iter().map(|host| HostName::new(&host.name)).collect();
        self.spec.console = ConsoleSpec::default();
        self.spec.envs.push(EnvSpec {
            name: EnvName::new(env),
            tier,
            protected: tier == Tier::Production,
            hosts: hosts
                .iter()
                .zip(&names)
                .map(|(host, name)| HostSpec {
                    name: name.clone(),
                    reach: Reach::Simulated(reach(env, &host.name)),
                    sudo: Sudo::Auto,
                    limits: Limits::default(),
                })
                .collect(),
            services: on
                .iter()
                .map(|part| ServiceSpec {
                    name: ServiceName::new(&part.name),
                    hosts: names
                        .iter()
                        .filter(|name| runs_on(part, name.as_str()))
                        .cloned()
                        .collect(),
                    kind: if is_timer(&part.unit) {
                        Kind::Timer(UnitName::new(&part.unit))
                    } else {
                        Kind::Unit(UnitName::new(&part.unit))
                    },
                    promises: Arc::new(promises(part)),
                })
                .collect(),
            ports: ports.iter().map(|port| PortRange { first: *port, last: *port }).collect(),
            silences: Vec::new(),
            backups: Arc::default(),
            syncs: Arc::default(),
            windows: Arc::default(),
        });
    }
}

/// What a config would say of it.
fn promises(part: &ServicePart) -> Promises {
    let bind = match part.meant {
        Some(Meant::Loopback) => Some(Bind::Loopback),
        Some(Meant::All) => Some(Bind::Any),
        None => (part.bind == "127.0.0.1").then_some(Bind::Loopback),
    };
    let port = |(place, port): (usize, &u16)| PortSpec {
        port: *port,
        protocol: Protocol::Tcp,
        name: part.names.get(place).map(|name| name.as_str().into()),
        bind,
    };
    Promises {
        ports: part.ports.iter().enumerate().map(port).collect(),
        needs: part.needs.iter().map(ServiceName::new).collect(),
        directory: (!part.directory.is_empty()).then(|| part.directory.as_str().into()),
        data: part.data.iter().map(|path| path.as_str().into()).collect(),
        deploy: super::deploys::spec(part),
        ..Promises::default()
    }
}

fn runs_on(part: &ServicePart, host: &str) -> bool {
    part.hosts.is_empty() || part.hosts.iter().any(|name| name == host)
}

fn reach(env: &str, host: &str) -> String {
    HostId::new(env, host).to_string()
}

fn fault(detail: String) -> Fault {
    Fault::new(FaultKind::Failed, "read the scenario", detail)
}
